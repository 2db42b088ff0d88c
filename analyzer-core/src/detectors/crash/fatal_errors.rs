//! The runtime's fatal errors: what each means, and what to do.
//!
//! Words: `throw` and `fatal` of package runtime, internal/runtime/maps, sync
//! and internal/sync, Go 1.4 to 1.27. The first row that fits holds.

use super::fatal::{BAD_POINTER, CONCURRENT_MAP, DEADLOCK, FATAL, FAULT, LOCK, STACK_OVERFLOW, THREADS};
use crate::detectors::Rule;

/// A fatal error.
#[derive(Clone, Copy, Debug)]
pub(super) struct FatalError {
    /// Parts of the message: one of them is in it.
    pub says: &'static [&'static str],
    pub rule: Rule,
    pub means: &'static str,
    pub advice: &'static [&'static str],
}

/// What `mem.go.enomem` tells: the system refused memory.
const REFUSED: [&str; 3] = ["out of memory", "cannot allocate memory", "cannot map pages"];

/// True if the message says that the system refused memory.
pub(in crate::detectors) fn is_refused_memory(message: &str) -> bool {
    REFUSED.iter().any(|words| message.contains(words))
}

/// The row of a message.
pub(super) fn find(message: &str) -> &'static FatalError {
    KNOWN.iter().find(|known| known.says.iter().any(|words| message.contains(words))).unwrap_or(&OTHER)
}

static OTHER: FatalError = FatalError {
    says: &[],
    rule: FATAL,
    means: "The runtime found its own state broken and ended the program; no deferred call ran.",
    advice: &[
        "Most such errors follow from memory that was overwritten: look for unsafe, cgo and data races (go test -race) first.",
        "If the program uses none of these, look for the message among the issues of the Go project, with the Go version.",
    ],
};

static KNOWN: &[FatalError] = &[
    FatalError {
        says: &[" - deadlock!"],
        rule: DEADLOCK,
        means: "Every goroutine waits for another one, so nothing can ever go on.",
        advice: &[
            "Look at what each goroutine waits for: who should send, receive, unlock or call Done?",
            "A main that waits for ever on purpose needs a goroutine that is not asleep: wait for a signal or a context instead.",
        ],
    },
    FatalError {
        says: &["concurrent map"],
        rule: CONCURRENT_MAP,
        means: "One goroutine wrote a map while another one used it. The runtime ends the program, as the map may be broken; it cannot be recovered.",
        advice: &[
            "Guard the map with a sync.Mutex or sync.RWMutex at every access, reads included, or use sync.Map.",
            "Run the tests with -race: it prints both places.",
        ],
    },
    FatalError {
        says: &["stack overflow", "stack split at bad time", "morestack on g0"],
        rule: STACK_OVERFLOW,
        means: "A goroutine's stack grew over its limit (1 GB on 64-bit systems), nearly always by recursion without an end.",
        advice: &[
            "Look at the calls that repeat: which condition should end them? Cycles in data, String or Error or MarshalJSON methods that print themselves, and mutual calls are the usual ones.",
            "debug.SetMaxStack only moves the limit.",
        ],
    },
    FatalError {
        says: &["newosproc", "thread exhaustion", "pthread_create failed", "failed to create new OS thread"],
        rule: THREADS,
        means: "The runtime could not start another thread.",
        advice: &[
            "Blocking system calls and C calls hold one thread each: look at how many goroutines are in [syscall], and bound them.",
            "Look at pids.max of the control group and at ulimit -u; Go itself ends at 10,000 threads (debug.SetMaxThreads).",
        ],
    },
    FatalError {
        says: &[
            "unlock of unlocked",
            "Unlock of unlocked",
            "RUnlock of unlocked",
            "inconsistent mutex state",
            "sync: ",
        ],
        rule: LOCK,
        means: "A lock was released that was not held. The runtime cannot go on, and no recover helps.",
        advice: &[
            "Pair each Lock with one defer Unlock, and each RLock with RUnlock.",
            "A lock that was copied with its struct is another lock: go vet (copylocks) finds it.",
        ],
    },
    FatalError {
        says: &[
            "bad pointer",
            "pointer to free object",
            "pointer to unallocated span",
            "pointer to unused region",
            "invalid pointer found on stack",
            "pointer to unaligned",
            "checkptr:",
            "cgo result",
            "Go pointer",
            "freed user arena",
        ],
        rule: BAD_POINTER,
        means: "The collector met a pointer that cannot be one: memory was written through unsafe, by C code, or in a data race.",
        advice: &[
            "Look at every use of unsafe.Pointer, uintptr and cgo on the way; build with -gcflags=all=-d=checkptr, and run with -race.",
            "GODEBUG=invalidptr=0 hides the check, not the fault.",
        ],
    },
    FatalError {
        says: &[
            "fault",
            "unexpected signal during runtime execution",
            "unexpected signal value",
            "signal arrived on non-Go thread",
        ],
        rule: FAULT,
        means: "The program touched memory at an address that is none of its own, and not near zero: no nil pointer, but a broken one, or a mapped file that became shorter.",
        advice: &[
            "Look at unsafe, cgo and mmap on the way: a file that is cut while it is mapped gives SIGBUS.",
            "debug.SetPanicOnFault turns the fault into a panic that can be recovered, for code that reads mapped files.",
        ],
    },
];
