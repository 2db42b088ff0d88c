//! Each rule of the catalog on small dumps: one input that makes it a finding,
//! and one with the same stack that does not.

use crate::detectors::testing::check;

/// Goroutines with one stack.
pub(super) struct Stack {
    /// What they wait in.
    pub state: &'static str,
    /// Function and line, innermost first.
    pub frames: &'static [(&'static str, u32)],
    /// Who started them.
    pub by: &'static str,
}

/// Path and text of a dump.
pub(super) type Dump = (&'static str, String);

pub(super) const PATHS: [&str; 3] = ["t0/goroutine.txt", "t1/goroutine.txt", "t2/goroutine.txt"];

/// Minutes between two dumps.
const STEP: u64 = 5;

/// What has waited for `minutes`; less than one is not printed.
pub(super) fn goroutine(stack: &Stack, goid: u64, minutes: u64, argument: u64) -> String {
    let wait = if minutes == 0 { String::new() } else { format!(", {minutes} minutes") };
    let frame =
        |(function, line): &(&str, u32)| format!("{function}(0x{argument:x})\n\t/src/file.go:{line} +0x1d\n");
    let frames: String = stack.frames.iter().map(frame).collect();
    let (state, by) = (stack.state, stack.by);
    format!(
        "goroutine {goid} [{state}{wait}]:\n{frames}created by {by} in goroutine 1\n\t/src/start.go:9 +0x1d\n\n"
    )
}

/// A dump of the process, with main.
pub(super) fn single(goroutines: &str) -> [(&'static str, String); 1] {
    let main = "goroutine 1 [select]:\nmain.main()\n\t/src/main.go:9 +0x1d\n\n";
    [("goroutine.txt", format!("{main}{goroutines}"))]
}

/// Three dumps, each with main and with what `members` says of its number.
pub(super) fn series(members: impl Fn(u64) -> Vec<String>) -> [Dump; 3] {
    let dump = |moment: u64| {
        let minutes = 3 + STEP * moment;
        let main = format!(
            "goroutine 1 [chan receive, {minutes} minutes]:\nmain.main()\n\t/src/main.go:9 +0x1d\n\n"
        );
        main + &members(moment).concat()
    };
    let [t0, t1, t2] = PATHS;
    [(t0, dump(0)), (t1, dump(1)), (t2, dump(2))]
}

/// Twelve, 24 and 36 of them: none ends, and all wait on.
pub(super) fn grown(stack: &Stack) -> [Dump; 3] {
    series(|moment| {
        let born = |index: u64| index / 12;
        let member = |index: u64| {
            goroutine(stack, 100 + 10 * index, 3 + STEP * (moment - born(index)), 0xc000 + index)
        };
        (0..12 * (moment + 1)).map(member).collect()
    })
}

/// As [`grown`], but something wakes them: no wait is long enough to be printed.
pub(super) fn kept_awake(stack: &Stack) -> [Dump; 3] {
    let member = |index: u64| goroutine(stack, 100 + 10 * index, 0, 0xc000 + index);
    series(|moment| (0..12 * (moment + 1)).map(member).collect())
}

/// Twelve at every moment, and none of them was there before: traffic.
fn renewed(stack: &Stack) -> [Dump; 3] {
    series(|moment| {
        let member = |index: u64| goroutine(stack, 100 + 1_000 * moment + 10 * index, 0, 0xc000 + index);
        (0..12).map(member).collect()
    })
}

/// The same one at every moment; what polls prints no wait.
fn stays(stack: &Stack) -> [Dump; 3] {
    series(|_| vec![goroutine(stack, 100, 0, 0xc000)])
}

/// With one more goroutine in each dump.
pub(super) fn with(dumps: &[Dump; 3], goroutine: &str) -> [Dump; 3] {
    dumps.clone().map(|(path, text)| (path, format!("{text}{goroutine}\n")))
}

#[test]
fn senders_that_nobody_receives_from_accumulate() {
    let stack = Stack { state: "chan send", frames: &[("main.(*job).run", 12)], by: "main.start" };
    check("goroutine", &grown(&stack), &["goroutine.chan-send-abandoned"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn receivers_that_nobody_sends_to_accumulate() {
    let stack = Stack { state: "chan receive", frames: &[("main.worker", 12)], by: "main.start" };
    check("goroutine", &grown(&stack), &["goroutine.chan-recv-unclosed"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn selects_without_an_end_accumulate() {
    let stack = Stack { state: "select", frames: &[("main.(*watcher).run", 12)], by: "main.start" };
    check("goroutine", &grown(&stack), &["goroutine.select-no-exit"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn a_ticker_wakes_them_so_that_no_wait_is_printed() {
    let stack = Stack { state: "chan receive", frames: &[("main.refresh", 12)], by: "main.start" };
    check("goroutine", &kept_awake(&stack), &["goroutine.ticker-loop-no-exit"]);
    check("goroutine", &renewed(&stack), &[]);
    check("goroutine.ticker-loop-no-exit", &grown(&stack), &[]);
}

#[test]
fn contexts_that_nobody_cancels_accumulate() {
    let stack = Stack {
        state: "select",
        frames: &[("context.(*cancelCtx).propagateCancel.func2", 510)],
        by: "context.(*cancelCtx).propagateCancel",
    };
    check("goroutine", &grown(&stack), &["goroutine.ctx-never-cancelled"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn wait_groups_that_stay_above_zero_accumulate() {
    let stack = Stack {
        state: "sync.WaitGroup.Wait",
        frames: &[("sync.(*WaitGroup).Wait", 118), ("main.fanOut", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.waitgroup-stuck"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn locks_that_stay_locked_gather_waiters() {
    let stack = Stack {
        state: "sync.Mutex.Lock",
        frames: &[("sync.(*Mutex).Lock", 46), ("main.(*Store).Get", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.lock-never-released"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn a_once_that_does_not_return_gathers_callers() {
    let stack = Stack {
        state: "sync.Mutex.Lock",
        frames: &[
            ("sync.(*Mutex).Lock", 46),
            ("sync.(*Once).doSlow", 73),
            ("sync.(*Once).Do", 69),
            ("main.load", 12),
        ],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.once-stuck"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn waiters_of_a_cond_accumulate() {
    let stack = Stack {
        state: "sync.Cond.Wait",
        frames: &[("sync.(*Cond).Wait", 71), ("main.(*Queue).Pop", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.cond-never-signalled"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn those_who_acquire_a_slot_accumulate() {
    let stack = Stack {
        state: "chan send",
        frames: &[("golang.org/x/sync/errgroup.(*Group).Go", 71), ("main.crawl", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.semaphore-exhausted"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn read_loops_whose_body_is_not_closed_accumulate() {
    let stack = Stack {
        state: "select",
        frames: &[("net/http.(*persistConn).readLoop", 2238)],
        by: "net/http.(*Transport).dialConn",
    };
    check("goroutine", &grown(&stack), &["goroutine.http-body-not-closed"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn calls_without_an_answer_accumulate() {
    let stack = Stack {
        state: "select",
        frames: &[("net/http.(*persistConn).roundTrip", 2712), ("main.fetch", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.http-client-no-timeout"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn connections_without_a_request_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[
            ("internal/poll.(*FD).Read", 165),
            ("net/http.(*conn).readRequest", 1023),
            ("net/http.(*conn).serve", 2027),
        ],
        by: "net/http.(*Server).Serve",
    };
    check("goroutine", &grown(&stack), &["goroutine.http-server-read-no-timeout"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn idle_connections_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[
            ("internal/poll.(*FD).Read", 165),
            ("bufio.(*Reader).Peek", 148),
            ("net/http.(*conn).serve", 2099),
        ],
        by: "net/http.(*Server).Serve",
    };
    check("goroutine", &grown(&stack), &["goroutine.http-server-idle"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn handlers_that_do_not_return_accumulate() {
    let stack = Stack {
        state: "chan receive",
        frames: &[("main.(*api).ServeHTTP", 12), ("net/http.(*conn).serve", 2092)],
        by: "net/http.(*Server).Serve",
    };
    check("goroutine", &grown(&stack), &["goroutine.http-handler-stuck"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn http2_connections_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Read", 165), ("net/http.(*http2serverConn).readFrames", 4766)],
        by: "net/http.(*http2serverConn).serve",
    };
    check("goroutine", &grown(&stack), &["goroutine.http2"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn the_same_shutdown_minutes_later_hangs() {
    let stack = Stack {
        state: "select",
        frames: &[("net/http.(*Server).Shutdown", 3180), ("main.stop", 12)],
        by: "main.start",
    };
    check("goroutine", &stays(&stack), &["goroutine.shutdown-hang"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn one_that_waits_for_a_connection_for_minutes_finds_the_pool_empty() {
    let stack = Stack {
        state: "select",
        frames: &[("database/sql.(*DB).conn", 1369), ("main.query", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.sql-pool-exhausted"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn rows_that_stay_open_accumulate() {
    let stack = Stack {
        state: "select",
        frames: &[("database/sql.(*Rows).awaitDone", 3000)],
        by: "database/sql.(*Rows).initContextClose",
    };
    check("goroutine", &grown(&stack), &["goroutine.sql-rows"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn transactions_that_stay_open_accumulate() {
    let stack = Stack {
        state: "select",
        frames: &[("database/sql.(*Tx).awaitDone", 2200)],
        by: "database/sql.(*DB).beginDC",
    };
    check("goroutine", &grown(&stack), &["goroutine.sql-tx"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn writers_of_a_pipe_without_a_reader_accumulate() {
    let stack =
        Stack { state: "select", frames: &[("io.(*pipe).write", 86), ("main.export", 12)], by: "main.start" };
    check("goroutine", &grown(&stack), &["goroutine.io-pipe-stuck"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn reads_from_silent_peers_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Read", 165), ("net.(*conn).Read", 194), ("main.(*peer).loop", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.net-read-no-deadline"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn reads_of_pipes_that_nobody_closes_are_no_network_reads() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Read", 165), ("os.(*File).Read", 124), ("main.readEvents", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.file-read"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn idle_connections_of_transports_that_nobody_uses_again_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Read", 165), ("net/http.(*persistConn).readLoop", 2276)],
        by: "net/http.(*Transport).dialConn",
    };
    let found = check("goroutine", &grown(&stack), &["goroutine.http-idle-conns"]);
    assert!(found[0].advice.iter().any(|line| line.contains("http.Transport")), "{:?}", found[0].advice);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn writes_to_peers_that_do_not_read_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Write", 387), ("net.(*conn).Write", 206), ("main.(*peer).send", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.write-blocked"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn listeners_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Accept", 620), ("main.listen", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.listener-leak"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn copiers_of_children_that_nobody_waits_for_accumulate() {
    let stack = Stack {
        state: "IO wait",
        frames: &[("internal/poll.(*FD).Read", 165), ("os/exec.(*Cmd).Start.func2", 773)],
        by: "os/exec.(*Cmd).Start",
    };
    check("goroutine", &grown(&stack), &["goroutine.exec-not-waited"]);
    check("goroutine", &renewed(&stack), &[]);
    let waited = with(
        &grown(&stack),
        "goroutine 3 [syscall]:\nsyscall.wait4(0x1)\n\t/go/src/syscall/z.go:9 +0x1d\nos/exec.(*Cmd).Wait(0x1)\n\t/go/src/os/exec/exec.go:9 +0x1d\n",
    );
    check("goroutine", &waited, &[]);
}

#[test]
fn remote_calls_without_a_reply_accumulate() {
    let stack = Stack {
        state: "chan receive",
        frames: &[("net/rpc.(*Client).Call", 320), ("main.ask", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.rpc-call-no-reply"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn iterators_that_are_not_stopped_accumulate() {
    let stack = Stack { state: "coroutine", frames: &[("main.numbers", 12)], by: "main.start" };
    check("goroutine", &grown(&stack), &["goroutine.iter-pull-not-stopped"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn polling_loops_accumulate() {
    let stack = Stack { state: "sleep", frames: &[("time.Sleep", 300), ("main.poll", 12)], by: "main.start" };
    check("goroutine", &grown(&stack), &["goroutine.sleep-loop"]);
    check("goroutine", &renewed(&stack), &[]);
}

#[test]
fn calls_that_the_kernel_does_not_answer_accumulate() {
    let stack = Stack {
        state: "syscall",
        frames: &[("syscall.Syscall", 70), ("main.readDevice", 12)],
        by: "main.start",
    };
    check("goroutine", &grown(&stack), &["goroutine.syscall-blocked"]);
    check("goroutine", &renewed(&stack), &[]);
}
