//! How a process ended, as Go's runtime printed it before the goroutines
//! (runtime/panic.go, runtime/signal_unix.go).

use crate::base::intern::StrId;

/// What was printed of one end of a process, or of one panic that a handler logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrashRecord {
    /// Line of its first message in the source.
    pub line: u64,
    /// Panics in the order in which they were raised: what was raised while
    /// another one ran comes after it.
    pub panics: Vec<PanicValue>,
    /// `fatal error: …`: it cannot be recovered.
    pub fatal: Option<CrashMessage>,
    /// The signal that led to the panic or that ended the process.
    pub signal: Option<SignalRecord>,
    /// What the runtime says beside it (`runtime: goroutine stack exceeds …`).
    pub remarks: Vec<CrashMessage>,
    /// True if a handler recovered the panic and logged it: the process went on.
    pub is_recovered: bool,
    /// True if the program ended itself by a line of its log of the fatal level (klog, glog).
    pub is_logged_exit: bool,
    /// Calls on the printed stack by which the runtime asked for memory, the innermost first.
    pub requests: Vec<MemoryRequest>,
    /// Index of the goroutine that crashed in the dump's list; `None` if the text does not say.
    pub goroutine: Option<usize>,
    /// Printed arguments of its calls, with their parentheses, by the index of the frame from the innermost.
    pub arguments: Vec<(usize, StrId)>,
}

/// A call by which the runtime asks for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRequest {
    /// Bytes.
    pub bytes: u64,
    /// Where the runtime maps them; `None` of one object that the program allocates.
    pub address: Option<u64>,
    /// True if the addresses of the call are below 4 GiB.
    pub is_low: bool,
}

/// What the message begins with if a checker of locks ended the program, and not the runtime.
pub const LOCK_CHECKER: &str = "go-deadlock: ";

/// A line, or a few, of the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashMessage {
    /// The text without its mark (`fatal error: `).
    pub text: String,
    /// Line in the source.
    pub line: u64,
}

/// One panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanicValue {
    /// What was passed to `panic`, as printed, with all its lines.
    pub text: String,
    /// True if a deferred call had recovered it before the process ended.
    pub is_recovered: bool,
    /// True if the recovered value was raised again (Go 1.23 and later say).
    pub is_repanicked: bool,
    /// Line in the source.
    pub line: u64,
}

/// A signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalRecord {
    /// `SIGSEGV`; where the text has only a number, `signal 0xb`.
    pub name: String,
    /// `si_code`: 0 is a signal that a process sent, 0x80 one of the kernel's terminal,
    /// negative ones were raised by a library call (`SI_TKILL` is −6).
    pub code: Option<i64>,
    /// The address that could not be accessed.
    pub address: Option<u64>,
    /// Where the program was.
    pub pc: Option<u64>,
    /// True if it arrived while C code ran.
    pub is_in_cgo: bool,
    /// True if the signal itself ended the process; false if it became a panic or fatal error.
    pub is_fatal: bool,
    /// Line in the source.
    pub line: u64,
}

impl CrashRecord {
    /// True if nothing could run any more.
    pub fn is_deadlock(&self) -> bool {
        self.fatal.as_ref().is_some_and(|fatal| fatal.text.contains(" - deadlock!"))
    }

    /// True if `go test` ended the process because a test took too long.
    pub fn is_test_timeout(&self) -> bool {
        self.panics.first().is_some_and(|panic| panic.text.starts_with("test timed out"))
    }
}
