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
    means: "The runtime found its internal state corrupted and terminated the process without running deferred calls.",
    advice: &[
        "The usual cause is memory corruption: look for unsafe, cgo and data races (go test -race) first.",
        "If the program uses none of these, search the Go issue tracker for the message and your Go version.",
    ],
};

static KNOWN: &[FatalError] = &[
    FatalError {
        says: &["(the message is not in the text)"],
        rule: FATAL,
        means: "The runtime terminated the process; only the line \"fatal error: …\" above the stack says why.",
        advice: &["Include the lines above the stack."],
    },
    FatalError {
        says: &[" - deadlock!"],
        rule: DEADLOCK,
        means: "No goroutine was left that could run, so none of them can ever continue.",
        advice: &[
            "For each goroutine, find out who should have sent, received, unlocked or called Done.",
            "If main blocks forever on purpose, let it wait for a signal or a context: at least one goroutine must be able to run.",
        ],
    },
    FatalError {
        says: &["concurrent map"],
        rule: CONCURRENT_MAP,
        means: "One goroutine wrote to a map while another one was using it. The map may be corrupted, so the runtime terminates the program; recover does not help.",
        advice: &[
            "Protect every access to the map, including reads, with a sync.Mutex or sync.RWMutex, or use sync.Map.",
            "Run the tests with -race: the report shows both accesses.",
        ],
    },
    FatalError {
        says: &["stack overflow", "stack split at bad time", "morestack on g0"],
        rule: STACK_OVERFLOW,
        means: "A goroutine's stack exceeded its limit (1 GB on 64-bit systems), almost always because of infinite recursion.",
        advice: &[
            "Look at the frames that repeat and find the missing base case. Common causes: cyclic data, mutual recursion, and String, Error or MarshalJSON methods that format their own receiver.",
            "debug.SetMaxStack only raises the limit.",
        ],
    },
    FatalError {
        says: &["thread exhaustion"],
        rule: THREADS,
        means: "The runtime needed another thread beyond its own limit.",
        advice: &[
            "Each blocking system call or C call occupies a thread: see how many goroutines are in [syscall], and limit their number.",
            "The limit is 10,000 threads unless debug.SetMaxThreads sets another.",
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
        means: "A lock was unlocked that was not held. The runtime terminates the program; recover does not help.",
        advice: &[
            "Pair each Lock with exactly one Unlock (usually deferred), and each RLock with one RUnlock.",
            "Copying a struct copies its lock, and the copy is a different lock: go vet (copylocks) reports this.",
        ],
    },
    FatalError {
        says: &["checkptr:"],
        rule: BAD_POINTER,
        means: "The program was built with checkptr (-race turns it on), which found a conversion of unsafe.Pointer that breaks its rules: the result is misaligned, or points beyond the allocation. Nothing shows that memory is corrupted.",
        advice: &[
            "Mend the conversion in the frame that called checkptr; if it is in a dependency, update it: unmaintained ones have often a maintained fork.",
            "Until then, -gcflags=all=-d=checkptr=0 turns the check off.",
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
            "cgo result",
            "Go pointer",
            "freed user arena",
        ],
        rule: BAD_POINTER,
        means: "The garbage collector found an invalid pointer: memory was corrupted through unsafe, by C code, or by a data race.",
        advice: &[
            "Check every use of unsafe.Pointer, uintptr and cgo in this code path; build with -gcflags=all=-d=checkptr and run with -race.",
            "GODEBUG=invalidptr=0 only disables the check; the memory stays corrupted.",
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
        means: "The program accessed an unmapped address that is not near zero: not a nil pointer but a corrupt one, or a memory-mapped file that was truncated.",
        advice: &[
            "Check unsafe, cgo and mmap in this code path: truncating a file while it is mapped causes SIGBUS.",
            "For code that reads mapped files, debug.SetPanicOnFault turns the fault into a panic that can be recovered.",
        ],
    },
];
