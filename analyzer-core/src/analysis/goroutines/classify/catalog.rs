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
        title: "Goroutines blocked in a channel send without a receiver",
        meaning: "A sender is blocked on a channel whose receiver has returned, timed out, or taken another result.",
        advice: &[
            "Buffer the channel for every sender (make(chan T, 1) for a single result), so that the send never blocks.",
            "Or send in a select with case <-ctx.Done(), so that the sender returns when the receiver has given up.",
        ],
        against: "A bounded pipeline under backpressure blocks its producers temporarily; they continue when the consumer does.",
    },
    Rule {
        code: "goroutine.chan-recv-unclosed",
        title: "Goroutines blocked in a channel receive without a sender",
        meaning: "A receiver waits on a channel that no goroutine will send to or close. A wait for ctx.Done() looks the same.",
        advice: &[
            "Close the channel after the last value is sent (defer close(ch) in the sender), so that range and receive return.",
            "Or receive in a select with case <-ctx.Done().",
            "If the channel belongs to a context, call its cancel function on every path (defer cancel()).",
        ],
        against: "Idle pool workers and subscribers wait like this on purpose, but their number does not grow.",
    },
    Rule {
        code: "goroutine.select-no-exit",
        title: "Goroutines in a select without an exit case",
        meaning: "A loop waits in a select that has no case to end it, and its owner is gone.",
        advice: &[
            "Add a case <-ctx.Done() (or a done channel) that returns, and cancel the context when the owner ends.",
            "Call the Stop or Close method of the type that started the goroutine.",
        ],
        against: "One loop per long-lived object is correct as long as the objects are released.",
    },
    Rule {
        code: "goroutine.nil-channel",
        title: "Goroutines blocked forever on a nil channel",
        meaning: "A send to or receive from a channel that was never created with make blocks forever.",
        advice: &[
            "Create the channel with make before it is used. The usual cause is a struct field that was never set.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.select-forever",
        title: "Goroutines blocked forever in an empty select",
        meaning: "More than one goroutine is blocked in select {}, which never returns.",
        advice: &[
            "Replace select {} with a wait for a context or a done channel. One in main is fine, one per call is a leak.",
        ],
        against: "A program may block one goroutine like this on purpose.",
    },
    Rule {
        code: "goroutine.ticker-loop-no-exit",
        title: "Ticker loops that never end",
        meaning: "A loop over a ticker or timer keeps waking up, and nothing ends it.",
        advice: &[
            "Add case <-ctx.Done() to the select and return. Stop alone does not end a loop over ticker.C because the channel is never closed.",
        ],
        against: "A fixed number of background loops is normal.",
    },
    Rule {
        code: "goroutine.ctx-never-cancelled",
        title: "Goroutines waiting for a context that is never canceled",
        meaning: "A child context watches a parent that is never canceled, and the child's own cancel function was not called.",
        advice: &[
            "Call the cancel function on every path (defer cancel()).",
            "Use context.AfterFunc instead of a goroutine that waits for Done.",
        ],
        against: "A single waiter on the root context is fine: it ends with the process.",
    },
    Rule {
        code: "goroutine.waitgroup-stuck",
        title: "Goroutines waiting for a WaitGroup that never reaches zero",
        meaning: "A worker never calls Done, so Wait never returns.",
        advice: &[
            "Defer the call to Done so that every path reaches it, or use WaitGroup.Go (Go 1.25).",
            "Check what the workers are waiting for: a blocked worker blocks its waiter.",
        ],
        against: "Waiting for long-running work is fine while the workers make progress.",
    },
    Rule {
        code: "goroutine.lock-never-released",
        title: "Goroutines waiting for a lock that is never released",
        meaning: "A lock is held forever: an Unlock is missing on some path, or two locks are taken in opposite orders.",
        advice: &[
            "Defer Unlock right after Lock, so that returns and panics release the lock.",
            "Always take multiple locks in the same order, and never take a read lock twice in the same goroutine.",
        ],
        against: "In a convoy behind a slow critical section, the goroutines change and do not wait longer and longer.",
    },
    Rule {
        code: "goroutine.blocked-holding-lock",
        title: "A goroutine blocks while holding a lock that others wait for",
        meaning: "Between Lock and Unlock, a goroutine waits for something else, and the other goroutines wait for that lock.",
        advice: &[
            "Copy what you need while holding the lock, unlock, and only then send, write or call other code.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.self-deadlock",
        title: "Self-deadlock",
        meaning: "A goroutine waits for a lock that it already holds, or for a group of goroutines that includes itself.",
        advice: &[
            "Go's locks are not reentrant: call a variant of the inner function that expects the lock to be held.",
            "Never take a read lock again while holding it: a writer that arrives in between blocks both.",
            "A worker must not wait for the WaitGroup, errgroup or singleflight call that it belongs to.",
        ],
        against: "If the outer function does not hold the lock, some function returned without unlocking it.",
    },
    Rule {
        code: "goroutine.lock-cycle",
        title: "Deadlock: goroutines wait for each other's locks",
        meaning: "Each goroutine holds a lock that the next one waits for.",
        advice: &[
            "Always take multiple locks in the same order, or release the first one before calling code that takes another.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.once-stuck",
        title: "A sync.Once function that does not return",
        meaning: "The function passed to sync.Once.Do blocks, and every later call to Do waits for it.",
        advice: &["Limit the initialization with a timeout or context: every caller of Do waits for it."],
        against: "A slow first initialization finishes eventually.",
    },
    Rule {
        code: "goroutine.cond-never-signalled",
        title: "Goroutines waiting on a sync.Cond that is never signaled",
        meaning: "A goroutine in sync.Cond.Wait is never woken because Signal or Broadcast is not called when the work is done.",
        advice: &[
            "Call Broadcast when the condition can no longer become true (on Close), and check for that in the loop.",
        ],
        against: "Queue consumers wait like this on purpose, but their number is constant.",
    },
    Rule {
        code: "goroutine.semaphore-exhausted",
        title: "Goroutines waiting for a semaphore that is not released",
        meaning: "All slots of a semaphore are taken and not released, and other goroutines wait for one.",
        advice: &["Defer the release right after acquiring the slot, and limit the wait with a context."],
        against: "Short waits are normal for a semaphore.",
    },
    Rule {
        code: "goroutine.http-body-not-closed",
        title: "HTTP client connections with an unclosed response body",
        meaning: "A response body was neither read to EOF nor closed, so the connection stays open.",
        advice: &[
            "Call defer resp.Body.Close() after the error check, on every path. Read the body to EOF so that the connection can be reused.",
        ],
        against: "A client that streams a response keeps its connection in this state while reading.",
    },
    Rule {
        code: "goroutine.http-client-no-timeout",
        title: "HTTP client calls without a timeout",
        meaning: "An HTTP call waits for a peer that does not respond, and no timeout ends the wait.",
        advice: &[
            "Set http.Client.Timeout, or give each request a context with a deadline (http.NewRequestWithContext).",
        ],
        against: "Long polls wait on purpose and end after their own timeout.",
    },
    Rule {
        code: "goroutine.http-server-read-no-timeout",
        title: "HTTP server connections that never send a request",
        meaning: "A client keeps a connection open without sending its request, and no read timeout ends it.",
        advice: &[
            "Set http.Server.ReadHeaderTimeout (and ReadTimeout): without them, a silent client occupies a goroutine forever.",
        ],
        against: "Incoming requests are in this state for a moment.",
    },
    Rule {
        code: "goroutine.http-server-idle",
        title: "Idle HTTP server connections accumulate",
        meaning: "Keep-alive connections stay open after a request, and no idle timeout closes them.",
        advice: &[
            "Set http.Server.IdleTimeout: without it (and without ReadTimeout), idle keep-alive connections stay open forever.",
        ],
        against: "A stable number of keep-alive connections is normal.",
    },
    Rule {
        code: "goroutine.http-handler-stuck",
        title: "HTTP handlers that do not return",
        meaning: "A handler waits for something that does not depend on the request's context, usually after the client has disconnected.",
        advice: &[
            "Use the request's context: add case <-r.Context().Done() to whatever the handler waits for.",
            "WriteTimeout does not stop a handler. http.TimeoutHandler sends a response, but does not stop the handler either.",
        ],
        against: "Long polls, event streams and WebSockets keep their handler running on purpose.",
    },
    Rule {
        code: "goroutine.http2",
        title: "HTTP/2 connections accumulate",
        meaning: "The number of HTTP/2 connections grows because they are not shared, usually because each call creates a client or transport.",
        advice: &[
            "Share one client; set IdleTimeout on the server, and ReadIdleTimeout on the client's transport.",
        ],
        against: "Idle HTTP/2 connections are kept on purpose, but their number is stable.",
    },
    Rule {
        code: "goroutine.shutdown-hang",
        title: "Graceful shutdown does not finish",
        meaning: "A stop waits for something that does not end: a handler of the server, or a goroutine of what is closed.",
        advice: &[
            "Call Shutdown with a context that has a deadline, then Close. Fix the handler that is still running.",
        ],
        against: "Within the grace period, this is normal.",
    },
    Rule {
        code: "goroutine.sql-pool-exhausted",
        title: "Goroutines waiting for a database connection",
        meaning: "Every connection of the pool is in use, and queries wait until a Rows or Tx returns one.",
        advice: &[
            "On every path, close every Rows, and commit or roll back every Tx. Then check SetMaxOpenConns.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.sql-rows",
        title: "Unclosed query results (sql.Rows)",
        meaning: "The Rows of a query were not closed, and each one occupies a connection of the pool.",
        advice: &["Call defer rows.Close() right after the query's error check."],
        against: "A long-running query keeps its Rows open.",
    },
    Rule {
        code: "goroutine.sql-tx",
        title: "Unfinished transactions (sql.Tx)",
        meaning: "A transaction was neither committed nor rolled back, and it occupies a connection of the pool.",
        advice: &["Call defer tx.Rollback() right after Begin: after Commit, it has no effect."],
        against: "A long-running transaction looks the same.",
    },
    Rule {
        code: "goroutine.io-pipe-stuck",
        title: "Goroutines blocked on an abandoned io.Pipe",
        meaning: "One end of an io.Pipe waits for the other end, whose user returned without closing it.",
        advice: &[
            "Close both ends on every path: CloseWithError on the side that gives up first unblocks the other.",
        ],
        against: "An active stream blocks only briefly.",
    },
    Rule {
        code: "goroutine.net-read-no-deadline",
        title: "Network reads without a deadline",
        meaning: "A read waits for a peer that no longer sends, and no deadline ends it.",
        advice: &[
            "Set a read deadline before each read (SetReadDeadline), and enable TCP keep-alive, so that dead peers are detected.",
        ],
        against: "Long-lived connections wait in reads on purpose, but their number is stable.",
    },
    Rule {
        code: "goroutine.file-read",
        title: "Reads from pipes or devices that never return",
        meaning: "A read from an os.File waits for a pipe, terminal or device that neither sends data nor closes.",
        advice: &[
            "Close the file when its data is no longer needed: Close unblocks a waiting Read. Close the write end of a pipe in the parent once the child has it.",
        ],
        against: "A watcher, or a reader of a long-lived child process, waits on purpose, but their number is stable.",
    },
    Rule {
        code: "goroutine.http-idle-conns",
        title: "Idle HTTP client connections accumulate",
        meaning: "Each call creates its own http.Transport, and its idle connections are kept open but never reused.",
        advice: &[
            "Share one http.Transport (or http.Client) in the process. Call CloseIdleConnections on one that is discarded.",
            "Set IdleConnTimeout and MaxConnsPerHost: without IdleConnTimeout, idle connections are kept forever.",
        ],
        against: "A pool grows to its maximum size and then stays there.",
    },
    Rule {
        code: "goroutine.write-blocked",
        title: "Writes to a peer that does not read",
        meaning: "The peer does not read: its receive window is full, and the write blocks.",
        advice: &["Set a write deadline (SetWriteDeadline), and drop peers that exceed it."],
        against: "",
    },
    Rule {
        code: "goroutine.listener-leak",
        title: "Listeners accumulate",
        meaning: "New listeners are opened repeatedly, and the old ones are not closed.",
        advice: &["Close the old listener when the configuration changes or the server is replaced."],
        against: "A fixed number of listeners is normal.",
    },
    Rule {
        code: "goroutine.exec-not-waited",
        title: "Child processes without Wait",
        meaning: "A child process was started, but Wait was not called: goroutines copy its output, and it stays a zombie after it exits.",
        advice: &[
            "Call Wait after Start (or use Run): it ends the copying goroutines and reaps the child process.",
        ],
        against: "Goroutines that copy the output of a running child process are normal.",
    },
    Rule {
        code: "goroutine.exec-pipe-inherited",
        title: "Child processes with inherited open pipes",
        meaning: "The child process has exited, but a process that it started keeps the output pipe open, and Wait waits for the pipe to close.",
        advice: &[
            "Set Cmd.WaitDelay, or kill the whole process group (SysProcAttr.Setpgid, then kill -PGID).",
            "Pass an *os.File instead of a writer, so that no goroutine has to copy.",
        ],
        against: "A child process that has just exited may still have output in the pipe.",
    },
    Rule {
        code: "goroutine.rpc-call-no-reply",
        title: "RPC calls without a reply",
        meaning: "A net/rpc call waits for a reply that does not arrive, and the call has no timeout.",
        advice: &[
            "Limit the call: use Client.Go with a select on a timer or context, and close the client on timeout.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.iter-pull-not-stopped",
        title: "iter.Pull iterators that are never stopped",
        meaning: "An iter.Pull iterator was neither drained nor stopped, and its goroutine waits for the next call.",
        advice: &[
            "Call defer stop() right after iter.Pull: without it, the iterator's goroutine waits forever.",
        ],
        against: "An iterator in use is in this state between two values.",
    },
    Rule {
        code: "goroutine.callback-stuck",
        title: "A callback blocks a library's event loop",
        meaning: "A library's event loop called the program's code, and the call does not return.",
        advice: &[
            "Never wait indefinitely in a callback: hand the work to another goroutine, or limit the wait with a context.",
        ],
        against: "A callback that does long work blocks the loop until it is done.",
    },
    Rule {
        code: "goroutine.left-by-test",
        title: "Goroutines leaked by a test",
        meaning: "A leak checker found them after the test: they should have exited with it.",
        advice: &[
            "Stop what the test started before it returns: cancel its context, close its channels, and wait for the goroutines.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.finalizer-stuck",
        title: "A finalizer or cleanup blocks",
        meaning: "The goroutine that runs finalizers or cleanups is blocked in one of them, and all others queue behind it.",
        advice: &[
            "Never block in a finalizer or cleanup: all of them run in one goroutine, and objects waiting for them are not freed.",
        ],
        against: "",
    },
    Rule {
        code: "goroutine.sleep-loop",
        title: "Polling loops that never end",
        meaning: "The number of loops around time.Sleep grows, and none of them ends.",
        advice: &["Replace time.Sleep with a select on a timer and ctx.Done(), and return on the latter."],
        against: "A fixed number of polling loops is normal.",
    },
    Rule {
        code: "goroutine.select-long-timer",
        title: "Goroutines in a select with a long timer",
        meaning: "A select waits for a long timer although its call is over. Only the timer ends it.",
        advice: &["Add case <-ctx.Done(), so that they end with the call that started them."],
        against: "They end when the timer fires.",
    },
    Rule {
        code: "goroutine.syscall-blocked",
        title: "Goroutines blocked in a system call",
        meaning: "System calls or C calls do not return, and each occupies an OS thread.",
        advice: &[
            "Use the netpoller (os.File, net.Conn with deadlines) instead of raw system calls: each blocked call occupies an OS thread.",
        ],
        against: "Waiting for a child process or a file lock is normal while it lasts.",
    },
    Rule {
        code: "goroutine.busy-loop",
        title: "Busy loop at one line",
        meaning: "The same goroutine is running at the same line of its own code in every dump: it spins instead of waiting.",
        advice: &[
            "Block on what the loop polls (a channel, sync.Cond, a timer) instead of polling.",
            "Take a CPU profile: it shows what the loop costs, and whether it does real work.",
        ],
        against: "CPU-bound work in a single line looks the same; a CPU profile shows the difference.",
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
