//! What a goroutine waits in, whatever form and Go version says so.

/// Kinds of waiting, as far as the rules tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// `chan receive (nil chan)`: forever.
    NilReceive,
    /// `chan send (nil chan)`: forever.
    NilSend,
    /// `select (no cases)`: forever.
    SelectForever,
    /// `chan receive`.
    Receive,
    /// `chan send`.
    Send,
    /// A channel operation of unknown direction (counted text without an anchor).
    Channel,
    /// `select`.
    Select,
    /// `sync.Mutex.Lock`; a writer queued behind a writer prints it too.
    Mutex,
    /// `sync.RWMutex.RLock` and `.Lock`.
    RwMutex,
    /// `sync.Cond.Wait`.
    Cond,
    /// `sync.WaitGroup.Wait` (`semacquire` before Go 1.24).
    WaitGroup,
    /// Any other semaphore of the runtime.
    Semaphore,
    /// `IO wait`.
    Io,
    /// `sleep`.
    Sleep,
    /// `coroutine`: an `iter.Pull` between two values.
    Coroutine,
    /// `syscall`.
    Syscall,
    /// `running` or `runnable`: not waiting.
    Running,
    /// The runtime's own reasons: GC workers, finalizer, tracer.
    Runtime,
    /// Anything else.
    Other,
}

/// Reasons of the runtime's own goroutines (runtime/runtime2.go, Go 1.21 to 1.27).
const RUNTIME_REASONS: &[&str] = &[
    "GC assist marking",
    "GC assist wait",
    "GC sweep wait",
    "GC scavenge wait",
    "GC worker (idle)",
    "GC worker (active)",
    "GC mark termination",
    "garbage collection",
    "garbage collection scan",
    "wait for GC cycle",
    "finalizer wait",
    "force gc (idle)",
    "dumping heap",
    "panicwait",
    "trace reader (blocked)",
    "preempted",
    "debug call",
    "stopping the world",
    "flushing proc caches",
    "trace goroutine status",
    "trace proc status",
    "page trace flush",
    "GC weak to strong wait",
    "GOMAXPROCS updater (idle)",
    "cleanup wait",
    "idle",
    "GC background sweeper wait",
];

impl Wait {
    /// Waits in which healthy code only passes: who stays there may be stuck.
    pub const fn is_blocked(self) -> bool {
        matches!(
            self,
            Self::Send
                | Self::NilSend
                | Self::NilReceive
                | Self::Mutex
                | Self::RwMutex
                | Self::WaitGroup
                | Self::Semaphore
        )
    }

    /// The kind that a status or wait reason names. `semacquire` says too
    /// little: see [`Wait::refine`].
    pub fn from_reason(reason: &str) -> Self {
        match reason {
            "chan receive (nil chan)" => Self::NilReceive,
            "chan send (nil chan)" => Self::NilSend,
            "select (no cases)" => Self::SelectForever,
            "chan receive" => Self::Receive,
            "chan send" => Self::Send,
            "select" => Self::Select,
            "sync.Mutex.Lock" => Self::Mutex,
            "sync.RWMutex.RLock" | "sync.RWMutex.Lock" => Self::RwMutex,
            "sync.Cond.Wait" => Self::Cond,
            "sync.WaitGroup.Wait" => Self::WaitGroup,
            "semacquire" => Self::Semaphore,
            "IO wait" => Self::Io,
            "sleep" => Self::Sleep,
            "coroutine" => Self::Coroutine,
            "syscall" | "waiting for cgo callback" => Self::Syscall,
            "running" | "runnable" | "copystack" => Self::Running,
            _ if RUNTIME_REASONS.contains(&reason) => Self::Runtime,
            _ => Self::Other,
        }
    }

    /// The kind that the frames show where the reason is too general.
    pub fn refine<'a>(self, mut functions: impl Iterator<Item = &'a str>) -> Self {
        if self != Self::Semaphore {
            return self;
        }
        let refined = functions.find_map(|name| match name {
            "sync.(*WaitGroup).Wait" => Some(Self::WaitGroup),
            "sync.(*RWMutex).RLock"
            | "sync.(*RWMutex).Lock"
            | "sync.runtime_SemacquireRWMutex"
            | "sync.runtime_SemacquireRWMutexR" => Some(Self::RwMutex),
            "sync.(*Mutex).Lock"
            | "internal/sync.(*Mutex).Lock"
            | "sync.(*Mutex).lockSlow"
            | "internal/sync.(*Mutex).lockSlow" => Some(Self::Mutex),
            _ => None,
        });
        refined.unwrap_or(self)
    }

    /// How the runtime prints it, for captures that do not.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NilReceive => "chan receive (nil chan)",
            Self::NilSend => "chan send (nil chan)",
            Self::SelectForever => "select (no cases)",
            Self::Receive => "chan receive",
            Self::Send => "chan send",
            Self::Channel => "chan receive or send",
            Self::Select => "select",
            Self::Mutex => "sync.Mutex.Lock",
            Self::RwMutex => "sync.RWMutex.Lock",
            Self::Cond => "sync.Cond.Wait",
            Self::WaitGroup => "sync.WaitGroup.Wait",
            Self::Semaphore => "semacquire",
            Self::Io => "IO wait",
            Self::Sleep => "sleep",
            Self::Coroutine => "coroutine",
            Self::Syscall => "syscall",
            Self::Running => "running",
            Self::Runtime => "runtime",
            Self::Other => "unknown",
        }
    }

    /// True if another goroutine must unlock.
    pub const fn is_lock(self) -> bool {
        matches!(self, Self::Mutex | Self::RwMutex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semacquire_is_told_by_its_frames() {
        let refined = |frames: &[&str]| Wait::from_reason("semacquire").refine(frames.iter().copied());
        assert_eq!(
            refined(&["sync.runtime_Semacquire", "sync.(*WaitGroup).Wait", "main.f"]),
            Wait::WaitGroup
        );
        assert_eq!(refined(&["internal/poll.runtime_Semacquire", "main.f"]), Wait::Semaphore);
        assert_eq!(Wait::Select.refine(["sync.(*WaitGroup).Wait"].into_iter()), Wait::Select);
    }

    #[test]
    fn the_runtimes_own_reasons_are_not_waits_of_the_program() {
        assert_eq!(Wait::from_reason("GC worker (idle)"), Wait::Runtime);
        assert_eq!(Wait::from_reason("something new"), Wait::Other);
    }
}
