//! The rules by id: what each means and what to do. Ids are stable; findings
//! are named `goroutine.` and the id.

/// One rule, for people.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable code of the finding: `goroutine.` and the id.
    pub code: &'static str,
    /// A few words, for the head of a finding.
    pub title: &'static str,
    /// One line: what it means.
    pub meaning: &'static str,
    /// What to do.
    pub advice: &'static [&'static str],
    /// What would be harmless and looks alike.
    pub against: &'static str,
}

impl Rule {
    /// The id: the code without its family.
    pub fn id(&self) -> &'static str {
        self.code.strip_prefix("goroutine.").unwrap_or(self.code)
    }
}

/// The rule called `id`.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id() == id)
}

/// Every rule that a finding can name.
pub const RULES: &[Rule] = &[
    Rule {
        code: "goroutine.chan-send-abandoned",
        title: "Goroutines blocked in a channel send that nobody receives",
        meaning: "A sender waits in a channel send whose receiver returned, gave up, or took another answer.",
        advice: &[
            "Give the channel room for every sender (make(chan T, 1) for a single result), so that the send never blocks.",
            "Or send in a select with case <-ctx.Done(), so that the sender ends when the receiver gave up.",
        ],
        against: "A bounded pipeline under back-pressure blocks its producers for a while; they move on when the consumer does.",
    },
    Rule {
        code: "goroutine.chan-recv-unclosed",
        title: "Goroutines blocked in a receive from a channel that nobody sends to or closes",
        meaning: "A receiver waits for a value or a close that nobody owes it any more; a wait for ctx.Done() looks the same.",
        advice: &[
            "Close the channel where the last value is sent (defer close(ch) in the sender), so that range and receive end.",
            "Or receive in a select with case <-ctx.Done().",
            "If the channel is a context's: call its cancel function on every path (defer cancel()).",
        ],
        against: "Idle pool workers and subscribers wait like this on purpose; their number does not grow.",
    },
    Rule {
        code: "goroutine.select-no-exit",
        title: "Goroutines in a select without a case that ends them",
        meaning: "A loop waits in a select of which no case ends it, after its owner is gone.",
        advice: &[
            "Add a case <-ctx.Done() (or a done channel) that returns, and cancel it when the owner ends.",
            "Call the Stop or Close of the type that started the goroutine.",
        ],
        against: "One loop for each long-lived object is right as long as the objects are released.",
    },
    Rule {
        code: "goroutine.nil-channel",
        title: "Goroutines blocked forever on a nil channel",
        meaning: "A send to or receive from a channel that was never made blocks for ever.",
        advice: &[
            "Initialize the channel with make before it is used; a field that was never set is the usual cause.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.select-forever",
        title: "Goroutines parked forever in an empty select",
        meaning: "More than one goroutine parked itself in select {}, which never ends.",
        advice: &[
            "Replace select {} by waiting for a context or a done channel; one in main is fine, one for each call is a leak.",
        ],
        against: "A program may park one goroutine on purpose.",
    },
    Rule {
        code: "goroutine.ticker-loop-no-exit",
        title: "Ticker loops that never end",
        meaning: "A loop over a ticker or timer is woken again and again, and nothing ends it.",
        advice: &[
            "Select on ctx.Done() beside the ticker and return. Stop alone does not end a loop over ticker.C: the channel is never closed.",
        ],
        against: "A fixed number of background loops is normal.",
    },
    Rule {
        code: "goroutine.ctx-never-cancelled",
        title: "Goroutines waiting for a context that is never canceled",
        meaning: "A child context watches a parent that is never canceled: its own cancel function was not called.",
        advice: &[
            "Call the cancel function on every path (defer cancel()).",
            "Use context.AfterFunc instead of a goroutine that waits for Done.",
        ],
        against: "One waiter on the root context ends with the process, and is fine.",
    },
    Rule {
        code: "goroutine.waitgroup-stuck",
        title: "Goroutines waiting for a WaitGroup that never reaches zero",
        meaning: "Some worker never calls Done, so that Wait never returns.",
        advice: &[
            "Call Done in a defer, so that every path of the worker reaches it, or use WaitGroup.Go (Go 1.25).",
            "Look at what the workers themselves wait for: a worker that blocks holds its waiter.",
        ],
        against: "Waiting for long work is fine while the workers make progress.",
    },
    Rule {
        code: "goroutine.lock-never-released",
        title: "Goroutines waiting for a lock that is never released",
        meaning: "A lock is held for ever: an unlock is missing on some path, or two locks are taken in opposite orders.",
        advice: &[
            "Unlock in a defer right after Lock, so that returns and panics release it.",
            "Take several locks in one order everywhere; never take a read lock twice in one goroutine.",
        ],
        against: "A convoy behind a slow critical section moves: its ids change and nobody ages.",
    },
    Rule {
        code: "goroutine.blocked-holding-lock",
        title: "A goroutine blocks while it holds a lock that others wait for",
        meaning: "A goroutine waits for something else between Lock and Unlock, and everyone else waits for that lock.",
        advice: &["Copy what is needed under the lock, unlock, and only then send, write or call out."],
        against: "",
    },
    Rule {
        code: "goroutine.self-deadlock",
        title: "A goroutine waits for itself",
        meaning: "It waits for a lock that it took further out on its own stack, or for a group of goroutines that it is one of.",
        advice: &[
            "Go's locks cannot be taken twice by one goroutine: give the inner function a variant that expects the lock to be held.",
            "Never take a read lock again while holding it: a writer that comes in between stops both.",
            "A worker must not wait for the WaitGroup, errgroup or singleflight call that it belongs to.",
        ],
        against: "If the outer function does not hold the lock, somebody returned without unlocking it.",
    },
    Rule {
        code: "goroutine.lock-cycle",
        title: "Goroutines that wait for each other's locks",
        meaning: "Each of them is in code of the object whose lock the next one waits for.",
        advice: &[
            "Take several locks in one order everywhere, or release the first before calling code that takes another.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.once-stuck",
        title: "A sync.Once body that does not return",
        meaning: "The function of a sync.Once blocks, and every later call of Do waits for it.",
        advice: &["Bound the initialization by a timeout or context; everyone who calls Do waits for it."],
        against: "A slow first initialization ends by itself.",
    },
    Rule {
        code: "goroutine.cond-never-signalled",
        title: "Goroutines waiting on a condition that nobody signals",
        meaning: "A waiter of a sync.Cond is not woken, because nobody signals when the work is over.",
        advice: &[
            "Broadcast when the condition can no longer come true (on Close), and check for that in the loop.",
        ],
        against: "Queue consumers wait like this on purpose; their number is constant.",
    },
    Rule {
        code: "goroutine.semaphore-exhausted",
        title: "Goroutines waiting for a semaphore whose slots are not given back",
        meaning: "All slots of a semaphore are taken and not given back; whoever needs one waits.",
        advice: &["Release the slot in a defer right after it was acquired; bound the wait by a context."],
        against: "Short waits are what a semaphore is for.",
    },
    Rule {
        code: "goroutine.http-body-not-closed",
        title: "HTTP client connections whose response body was not closed",
        meaning: "A response was received and its body neither read to the end nor closed; the connection stays open.",
        advice: &[
            "defer resp.Body.Close() after the error check, on every path; read the body to its end to reuse the connection.",
        ],
        against: "A client that streams a response keeps its connection in this state while it reads.",
    },
    Rule {
        code: "goroutine.http-client-no-timeout",
        title: "HTTP client calls without a timeout",
        meaning: "An HTTP call waits for a peer that does not answer, and nothing bounds the wait.",
        advice: &[
            "Set http.Client.Timeout, or give each request a context with a deadline (http.NewRequestWithContext).",
        ],
        against: "Long polls wait on purpose; they end within their own period.",
    },
    Rule {
        code: "goroutine.http-server-read-no-timeout",
        title: "HTTP server connections that never send their request",
        meaning: "A client keeps a connection open without sending its request, and no read timeout ends it.",
        advice: &[
            "Set http.Server.ReadHeaderTimeout (and ReadTimeout): without them a silent client holds a goroutine for ever.",
        ],
        against: "Requests on their way are in this state for moments.",
    },
    Rule {
        code: "goroutine.http-server-idle",
        title: "Idle HTTP server connections pile up",
        meaning: "Keep-alive connections stay open after their request, and no idle timeout closes them.",
        advice: &[
            "Set http.Server.IdleTimeout: without it (and without ReadTimeout) idle keep-alive connections stay for ever.",
        ],
        against: "A stable number of keep-alive connections is normal.",
    },
    Rule {
        code: "goroutine.http-handler-stuck",
        title: "HTTP handlers that do not return",
        meaning: "A handler waits for something that its request cannot end, mostly after the client has gone.",
        advice: &[
            "Wait with the request's context: select on r.Context().Done() beside whatever the handler waits for.",
            "WriteTimeout does not end a handler; http.TimeoutHandler answers for it but does not end it either.",
        ],
        against: "Long polls, event streams and WebSockets hold their handler on purpose.",
    },
    Rule {
        code: "goroutine.http2",
        title: "HTTP/2 connections pile up",
        meaning: "HTTP/2 connections become more and are not shared: mostly a client or transport for each call.",
        advice: &[
            "Share one client; set IdleTimeout on the server, and ReadIdleTimeout on the client's transport.",
        ],
        against: "Idle HTTP/2 connections are kept on purpose; their number is stable.",
    },
    Rule {
        code: "goroutine.shutdown-hang",
        title: "A graceful shutdown that does not end",
        meaning: "Shutdown waits for a connection whose handler does not return.",
        advice: &[
            "Give Shutdown a context with a deadline, then Close; fix the handler that is still running.",
        ],
        against: "Within the grace period this is what Shutdown does.",
    },
    Rule {
        code: "goroutine.sql-pool-exhausted",
        title: "Goroutines waiting for a database connection",
        meaning: "Every connection of the pool is taken; queries wait until a Rows or Tx gives one back.",
        advice: &[
            "Close every Rows, Commit or Rollback every Tx, on every path; then look at SetMaxOpenConns.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.sql-rows",
        title: "Query results that are never closed",
        meaning: "Rows of a query were not closed; each keeps a connection of the pool.",
        advice: &["defer rows.Close() right after the query's error check."],
        against: "A long query keeps its Rows open.",
    },
    Rule {
        code: "goroutine.sql-tx",
        title: "Transactions that are never finished",
        meaning: "A transaction was neither committed nor rolled back; it keeps a connection of the pool.",
        advice: &["defer tx.Rollback() right after Begin: it does nothing after a Commit."],
        against: "A long transaction is open for its whole length.",
    },
    Rule {
        code: "goroutine.io-pipe-stuck",
        title: "Goroutines stuck in an io.Pipe whose other end is gone",
        meaning: "One end of an io.Pipe waits for the other, which returned without closing it.",
        advice: &[
            "Close both ends on every path: CloseWithError on the side that gives up first wakes the other.",
        ],
        against: "A moving stream blocks only for moments.",
    },
    Rule {
        code: "goroutine.net-read-no-deadline",
        title: "Network reads without a deadline",
        meaning: "A read waits for a peer that has gone silent, and no deadline ends it.",
        advice: &[
            "Set a read deadline before each read (SetReadDeadline), and TCP keep-alive, so that silent peers end.",
        ],
        against: "Steady peers wait in reads on purpose; their number is stable.",
    },
    Rule {
        code: "goroutine.file-read",
        title: "Reads of pipes or devices that never end",
        meaning: "A read through os.File waits for a pipe, terminal or device that neither says anything nor ends.",
        advice: &[
            "Close the file when nobody wants its data any more: Close wakes a waiting Read. Close the writing end of a pipe in the parent once the child has it.",
        ],
        against: "A watcher or a reader of a long-lived child waits on purpose; their number is stable.",
    },
    Rule {
        code: "goroutine.http-idle-conns",
        title: "Idle HTTP connections pile up",
        meaning: "Connections of HTTP clients are kept for calls that never come: each call makes a Transport of its own, and nobody uses its connections again.",
        advice: &[
            "Make one http.Transport (or http.Client) for the process and share it; one that is thrown away needs CloseIdleConnections.",
            "Set IdleConnTimeout and MaxConnsPerHost: without the first, idle connections are kept for ever.",
        ],
        against: "A pool fills up to its size and then stays.",
    },
    Rule {
        code: "goroutine.write-blocked",
        title: "Writes to a peer that does not read",
        meaning: "The peer does not read: its window is full, and the write waits.",
        advice: &["Set a write deadline (SetWriteDeadline) and drop peers that miss it."],
        against: "",
    },
    Rule {
        code: "goroutine.listener-leak",
        title: "Listeners pile up",
        meaning: "Listeners are opened again and again, and the old ones keep accepting.",
        advice: &["Close the old listener when the configuration changes or the server is replaced."],
        against: "A fixed number of listeners is normal.",
    },
    Rule {
        code: "goroutine.exec-not-waited",
        title: "Child processes that nobody waits for",
        meaning: "A child process was started and Wait not called: goroutines copy its output, and it stays a zombie.",
        advice: &["Call Wait after Start (or use Run): it ends the copying goroutines and reaps the child."],
        against: "Goroutines that copy a running child's output are right while it runs.",
    },
    Rule {
        code: "goroutine.exec-pipe-inherited",
        title: "Child processes whose pipes are still open",
        meaning: "The child has ended, and a process that it started keeps its output open: Wait waits for the end of the pipe.",
        advice: &[
            "Set Cmd.WaitDelay, or end the whole process group (SysProcAttr.Setpgid, then kill -PGID).",
            "Give the child a file instead of a writer: then nothing has to be copied.",
        ],
        against: "A child that ended a moment ago may have output on its way.",
    },
    Rule {
        code: "goroutine.rpc-call-no-reply",
        title: "Remote calls that get no reply",
        meaning: "A net/rpc call waits for a reply that does not come; the call has no timeout.",
        advice: &[
            "Bound the call: use Client.Go with a select on a timer or context, and close the client on a timeout.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.iter-pull-not-stopped",
        title: "Pulled iterators that are never stopped",
        meaning: "An iterator of iter.Pull was neither drained nor stopped; its goroutine waits for the next call.",
        advice: &["defer stop() right after iter.Pull: without it the iterator's goroutine waits for ever."],
        against: "An iterator in use is in this state between two values.",
    },
    Rule {
        code: "goroutine.callback-stuck",
        title: "A library's loop waits in the program's own code",
        meaning: "A loop of a library called the program for an event, and the call does not return.",
        advice: &[
            "Never wait without a limit in a callback: hand the work to a goroutine of your own, or bound the wait by a context.",
        ],
        against: "A callback that takes part in long work holds the loop for its length.",
    },
    Rule {
        code: "goroutine.left-by-test",
        title: "Goroutines that a test left behind",
        meaning: "A leak checker printed them after the test: they should have ended with it.",
        advice: &[
            "End what the test started before it returns: cancel its context, close its channels, and wait for the goroutines.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.finalizer-stuck",
        title: "A finalizer or cleanup blocks",
        meaning: "The goroutine that runs finalizers or cleanups waits in one of them; all others queue behind it.",
        advice: &[
            "Never block in a finalizer or cleanup: all of them run in one goroutine, and what waits for them is not freed.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.sleep-loop",
        title: "Polling loops that never end",
        meaning: "Loops around time.Sleep become more, and none of them ends.",
        advice: &["Replace time.Sleep by a select on a timer and ctx.Done(), and return on the latter."],
        against: "A fixed number of polling loops is normal.",
    },
    Rule {
        code: "goroutine.select-long-timer",
        title: "Goroutines in a select with a long timer",
        meaning: "A select waits for a long timer after its call is over; only the timer ends it.",
        advice: &["Add a case <-ctx.Done(), so that they end with the call that started them."],
        against: "They end when the timer fires.",
    },
    Rule {
        code: "goroutine.syscall-blocked",
        title: "Goroutines blocked in a system call",
        meaning: "System calls or C calls do not return; each holds an operating system thread.",
        advice: &[
            "Use the poller (os.File, net.Conn with deadlines) instead of raw calls: each blocked call holds an OS thread.",
        ],
        against: "Waiting for a child process or a file lock is fine for its length.",
    },
    Rule {
        code: "goroutine.busy-loop",
        title: "A goroutine runs without pause at one line",
        meaning: "The same goroutine runs at the same line of its own code in every dump: it spins instead of waiting.",
        advice: &[
            "Wait for what the loop asks for (a channel, sync.Cond, a timer) instead of asking again and again.",
            "Take a CPU profile: it shows what the loop costs, and whether it is work after all.",
        ],
        against: "Processor-bound work whose time goes to a single line looks the same; a CPU profile tells.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_explains_every_rule() {
        let guide = include_str!("../../../../../docs/goroutines.md");
        let sections: Vec<(&str, &str)> =
            guide.split("\n### ").skip(1).filter_map(|section| section.split_once('\n')).collect();
        for rule in RULES {
            let text = sections.iter().find(|(id, _)| *id == rule.id()).map(|(_, text)| *text);
            let text = text.unwrap_or_else(|| panic!("no section on {}", rule.id()));
            for part in ["**Evidence.**", "```go\n// leaks\n", "\n// fixed\n", "**Harmless.**"] {
                assert!(text.contains(part), "{}: {part}", rule.id());
            }
        }
        assert_eq!(sections.len(), RULES.len(), "a section on a rule that is not there");
    }

    #[test]
    fn ids_are_unique_kebab_case_and_every_rule_has_advice() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES[..index].iter().all(|other| other.id() != rule.id()), "{}", rule.id());
            assert!(rule.id().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            assert!(!rule.advice.is_empty(), "{}", rule.id());
        }
    }
}
