//! Loops of libraries: background by their whole shape, and stuck where
//! something else is on their stack.

use super::short::{dump, groups, told};
use super::tests::{PATHS, Stack, goroutine};
use crate::detectors::testing::{check, report};
use crate::report::Verdict;

const RAFT: &str = "github.com/hashicorp/raft.(*raftState).goFunc.func1() state.go:149\n";

#[test]
fn a_loop_that_blocks_in_a_send_is_no_background() {
    let raft = format!(
        "goroutine 61 [chan send, 58 minutes]
           github.com/hashicorp/raft.overrideNotifyBool(...) util.go:60
           github.com/hashicorp/raft.(*Raft).runLeader(0xc000300000) raft.go:386
           github.com/hashicorp/raft.(*Raft).run(0xc000300000) raft.go:159
           {RAFT}"
    );
    told(&raft, &["goroutine.chan-send-abandoned"], &["[chan send]", "overrideNotifyBool (util.go:60)"]);
    let processor = "goroutine 61 [chan send, 58 minutes]
           k8s.io/client-go/tools/cache.(*Reflector).watchHandler(0xc000300000) reflector.go:386
           k8s.io/apimachinery/pkg/util/wait.BackoffUntil(0xc000300000) backoff.go:255";
    told(processor, &["goroutine.chan-send-abandoned"], &[]);
    let lock = "goroutine 61 [sync.Mutex.Lock, 58 minutes]
           Mutex 0xc000300010
           github.com/IBM/sarama.(*Broker).responseReceiver(0xc000300000) broker.go:386";
    told(lock, &["goroutine.lock-never-released"], &[]);
}

#[test]
fn a_callback_that_does_not_return_stops_its_loop() {
    for (state, caller) in [
        ("chan receive", "github.com/hashicorp/raft.(*Raft).runFSM(0xc000300000) fsm.go:244"),
        ("select", "github.com/nats-io/nats.go.(*Conn).waitForMsgs(0xc000600008) nats.go:3360"),
        (
            "sync.WaitGroup.Wait",
            "k8s.io/client-go/tools/cache.ResourceEventHandlerFuncs.OnAdd(0xc000600008) controller.go:9",
        ),
    ] {
        let text = |minutes: u32| {
            format!(
                "goroutine 62 [{state}, {minutes} minutes]\n store.(*FSM).Apply(0xc000310000) fsm.go:52\n {caller}"
            )
        };
        told(&text(58), &["goroutine.callback-stuck"], &["store.(*FSM).Apply (fsm.go:52)"]);
        told(&text(2), &[], &[]);
    }
    let timer = |creator: &str| {
        let text = "goroutine 9 [chan receive, 58 minutes]:\nexample.com/shop/store.expire()\n\t/srv/app/store.go:9 +0x1\ncreated by CREATOR\n\t/usr/local/go/src/time/sleep.go:215 +0x2d\n";
        text.replace("CREATOR", creator)
    };
    check("goroutine", &[("dump.txt", timer("time.goFunc"))], &["goroutine.callback-stuck"]);
    check("goroutine", &[("dump.txt", timer("example.com/shop/store.New"))], &[]);
}

#[test]
fn loops_that_have_nothing_to_do_are_background() {
    for idle in [
        format!("goroutine 61 [select, 58 minutes]\n github.com/hashicorp/raft.(*Raft).runFollower(0xc000300000) raft.go:159\n github.com/hashicorp/raft.(*Raft).run(0xc000300000) raft.go:159\n {RAFT}"),
        "goroutine 61 [select, 58 minutes]\n github.com/nats-io/nats.go.(*Conn).flusher(0xc000600008) nats.go:3360".to_owned(),
        "goroutine 61 [IO wait, 58 minutes]\n golang.org/x/net/http2.(*Framer).ReadFrame(0xc000600008) frame.go:3\n google.golang.org/grpc/internal/transport.(*http2Client).reader(0xc000600008) c.go:3".to_owned(),
    ] {
        told(&idle, &[], &[]);
        let groups = groups(&idle);
        let background = groups.iter().find(|group| group.goids == [61]).expect("the loop");
        assert_eq!(background.verdict, Verdict::Benign, "{idle}");
    }
    let test = groups(
        "goroutine 8 [chan receive, 10 minutes]\n queue.(*Queue).process(0xc0002d08a0) queue.go:107\n testing.tRunner(0xc000232100) testing.go:2036",
    );
    assert!(test.iter().all(|group| group.verdict != Verdict::Benign));
}

/// What a goroutine is judged as that waits so in each of three dumps, with an id each.
fn judged(state: &'static str, ids: [u64; 3]) -> Verdict {
    let stack = Stack { state, frames: &[("main.(*Server).acceptLoop", 18)], by: "main.main" };
    let moment = |moment: usize| goroutine(&stack, ids[moment], 0, 0xc000);
    let dumps: Vec<(&str, String)> =
        PATHS.into_iter().enumerate().map(|(index, path)| (path, moment(index))).collect();
    let files: Vec<(&str, &[u8])> = dumps.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let groups = report(&files).goroutines.expect("dumps").groups;
    groups.iter().find(|group| group.state == state).expect("its group").verdict
}

#[test]
fn a_sender_that_is_there_in_every_dump_is_no_background() {
    for state in ["chan send", "sync.Mutex.Lock", "sync.RWMutex.RLock"] {
        assert_eq!(judged(state, [7, 7, 7]), Verdict::Unknown, "{state}");
        assert_eq!(judged(state, [7, 20, 33]), Verdict::Benign, "{state}: others come and go");
    }
    assert_eq!(judged("chan receive", [7, 7, 7]), Verdict::Benign);
}

#[test]
fn a_graceful_stop_that_waits_for_a_handler_is_told() {
    let stop = |minutes: u32| {
        format!(
            "goroutine 8 [sync.Cond.Wait, {minutes} minutes]
               sync.(*Cond).Wait(0xc000300010) cond.go:70
               google.golang.org/grpc.(*Server).GracefulStop(0xc000300000) server.go:1800
               app.(*App).Stop(0xc000400000) app.go:30"
        )
    };
    told(&stop(40), &["goroutine.shutdown-hang"], &["app.(*App).Stop (app.go:30)"]);
    told(&stop(1), &[], &[]);
}

#[test]
fn a_child_that_ended_and_left_its_pipe_to_another_is_told_and_a_live_one_is_not() {
    let wait = |state: &str, inner: &str| {
        format!(
            "goroutine 20 [{state}, 12 minutes]
               {inner}
               os/exec.(*Cmd).Wait(0xc00019a000) exec.go:930
               os/exec.(*Cmd).Run(0xc00019a000) exec.go:630
               job.run(0x1) job.go:9
             goroutine 21 [IO wait, 12 minutes]
               internal/poll.(*FD).Read(0xc000190000) fd_unix.go:165
               os/exec.(*Cmd).writerDescriptor.func1() exec.go:596
               os/exec.(*Cmd).Start.func2(0x1) exec.go:773
               started os/exec.(*Cmd).Start 20"
        )
    };
    let gone = wait("chan receive", "os/exec.(*Cmd).awaitGoroutines(0xc00019a000) exec.go:970");
    told(&gone, &["goroutine.exec-pipe-inherited"], &["job.run (job.go:9)", "1 more belongs to it"]);
    told(&wait("syscall", "syscall.wait4(0x1) zsyscall.go:9"), &[], &[]);
    check("goroutine", &[("dump.txt", dump(&gone))], &["goroutine.exec-pipe-inherited"]);
    check("goroutine", &[("dump.txt", dump(&wait("syscall", "syscall.wait4(0x1) zsyscall.go:9")))], &[]);
}

#[test]
fn who_waits_long_for_a_weighted_semaphore_finds_it_exhausted() {
    let acquire = |minutes: u32| {
        format!(
            "goroutine 20 [select, {minutes} minutes]
               golang.org/x/sync/semaphore.(*Weighted).Acquire(0xc000100000, {{0x1, 0x2}}, 0x1) semaphore.go:74
               job.run(0x1) job.go:9"
        )
    };
    told(&acquire(12), &["goroutine.semaphore-exhausted"], &["job.run (job.go:9)"]);
    told(&acquire(3), &[], &[]);
}

#[test]
fn a_lone_sender_is_told_unless_it_is_a_generator_whose_starter_lives() {
    let sender = |function: &str, creator: &str| {
        format!("goroutine 20 [chan send, 40 minutes]\n {function}() hub.go:44\n by {creator}\n")
    };
    told(&sender("hub.(*Hub).Broadcast", "hub.Start"), &["goroutine.chan-send-abandoned"], &[]);
    told(&sender("hub.numbers.func1", "hub.numbers"), &["goroutine.suspect"], &[]);
}

#[test]
fn what_a_test_says_it_left_behind_is_left_behind() {
    let stack = |goid: u32| {
        format!(
            "goroutine {goid} [select]:\nexample.com/shop/rpc.NewStream.func1()\n\t/srv/app/rpc/stream.go:148 +0x257\ncreated by example.com/shop/rpc.NewStream\n\t/srv/app/rpc/stream.go:156 +0xa99\n"
        )
    };
    let indented =
        |text: String, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let own: String = [2738, 2750]
        .map(|goid| {
            let stack = stack(goid);
            let (first, rest) = stack.split_once('\n').expect("lines");
            format!(
                "    stream_test.go:1388: Leaked goroutine: {first}\n{}",
                indented(rest.to_owned(), "                ")
            )
        })
        .concat();
    let goleak = format!(
        "    leak_test.go:11: found unexpected goroutines:\n        [Goroutine 7 in state select, with example.com/shop/rpc.NewStream.func1 on top of the stack:\n{}        ]\n",
        indented(stack(7), "        ")
    );
    let leaktest = format!(
        "    leaktest.go:150: leaktest: leaked goroutine: {}",
        indented(stack(9), "        ").trim_start()
    );
    for (log, count) in [(own, 2), (goleak, 1), (leaktest, 1)] {
        let text = format!("--- FAIL: TestStream (7.02s)\n{log}FAIL\n");
        let found = report(&[("test.log", text.as_bytes())]).findings;
        let left = found.iter().find(|finding| finding.code == "goroutine.left-by-test");
        let claim = &left.unwrap_or_else(|| panic!("nothing in {text}: {found:#?}")).claim;
        check("goroutine", &[("test.log", &text)], &["goroutine.left-by-test"]);
        assert!(claim.contains("stream.go:148") && claim.contains(&format!("{count} of {count}")), "{claim}");
    }
    check("goroutine", &[("dump.txt", stack(7))], &[]);
}

#[test]
fn too_many_of_what_each_client_has_one_of_are_no_health() {
    let text = |count: u64, others: u64| {
        format!(
            "goroutine profile: total {}\n{count} @ 0x43a105 0x44a10f 0xa0c9f4 0x46f541\n#\t0xa0c9f3\tgoogle.golang.org/grpc.(*ccBalancerWrapper).watcher+0xd3\t/srv/vendor/google.golang.org/grpc/balancer_conn_wrappers.go:77\n\n{others} @ 0x43a105 0x4699b5 0x46f541\n#\t0x4699b4\ttime.Sleep+0x54\t/usr/local/go/src/runtime/time.go:193\n#\t0x73ba37\tmain.tick+0x57\t/srv/main.go:9\n",
            count + others
        )
    };
    let found = check("goroutine", &[("g.txt", text(179, 4))], &["goroutine.suspect"]);
    assert!(found[0].claim.contains("each client has one"), "{}", found[0].claim);
    for (count, others) in [(12, 1), (40, 70)] {
        check("goroutine", &[("g.txt", text(count, others))], &[]);
    }
}

#[test]
fn a_stream_that_nobody_reads_waits_for_its_context() {
    let watch = "goroutine 2630 [select, 11266 minutes]
           google.golang.org/grpc.newClientStream.func5(0xc000600008) stream.go:324";
    told(watch, &["goroutine.suspect"], &["context"]);
    let reader = "goroutine 2631 [select, 11266 minutes]
           google.golang.org/grpc/internal/transport.(*recvBufferReader).readClient(0xc000600008) t.go:3
           google.golang.org/grpc.(*clientStream).RecvMsg(0xc000600008) stream.go:900
           hub.follow(0xc000600008) hub.go:9";
    told(&format!("{watch}\n\n{reader}"), &[], &[]);
    told(&watch.replace("11266", "2"), &[], &[]);
    // What is said of four of which one is read is true of all of them.
    let four: String = (0..4).map(|number| watch.replace("2630", &format!("264{number}")) + "\n\n").collect();
    let groups = groups(&format!("{four}{reader}"));
    let reasons = groups.iter().flat_map(|group| &group.reasons).cloned().collect::<String>();
    assert!(reasons.contains("Each of the 4 ends with its own gRPC stream"), "{reasons}");
    assert!(reasons.contains("at least 3 streams are not being read"), "{reasons}");
}

#[test]
fn pipes_of_older_versions_are_pipes() {
    let text = |function: &str| {
        format!(
            "goroutine profile: total 905\n900 @ 0x433320 0x442e7b 0x4ad297 0x4615c1\n#\t0x4ad296\tio.(*pipe).{function}+0xe6\t/usr/local/go/src/io/pipe.go:50\n#\t0xb86e86\tmain.(*relay).copy.func2+0x86\t/srv/main.go:141\n\n5 @ 0x433320 0x442e7b 0x4ad299 0x4615c1\n#\t0x4ad298\tmain.serve+0x6\t/srv/main.go:50\n"
        )
    };
    for function in ["read", "Read", "Write"] {
        let found = check("goroutine", &[("g.txt", text(function))], &["goroutine.suspect"]);
        assert!(found[0].claim.contains("io.Pipe"), "{function}: {}", found[0].claim);
    }
}

#[test]
fn a_function_that_takes_a_lock_is_expected_back() {
    let lock = "goroutine 423 [chan receive, 2493 minutes]
           capture.(*Capture).lock(0xc0025cd790) capture.go:591
           capture.(*Manager).rotate(0xc000622400) manager.go:476";
    told(lock, &["goroutine.suspect"], &["lock (capture.go:591)"]);
    told(&lock.replace(".lock(", ".next("), &[], &[]);
    told(&lock.replace("2493", "2"), &[], &[]);
}
