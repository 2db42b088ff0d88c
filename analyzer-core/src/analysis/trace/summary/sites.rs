//! Where goroutines stop running, and who wakes them.

use super::{Durations, GoGroupId, SiteId};
use crate::base::intern::StrId;
use crate::evidence::trace::names::StackRef;

/// Why a goroutine could run, and waited for a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunnableCause {
    /// It was just created.
    Created,
    /// It was woken.
    Woken,
    /// It was taken off its processor, or yielded.
    Preempted,
    /// It came back from a system call, and its processor was gone.
    SyscallReturn,
    /// It was runnable when the window began.
    Existed,
}

impl RunnableCause {
    /// Every cause.
    pub const ALL: [Self; 5] =
        [Self::Created, Self::Woken, Self::Preempted, Self::SyscallReturn, Self::Existed];

    pub(in crate::analysis::trace) const fn index(self) -> usize {
        match self {
            Self::Created => 0,
            Self::Woken => 1,
            Self::Preempted => 2,
            Self::SyscallReturn => 3,
            Self::Existed => 4,
        }
    }
}

/// What happens at a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteKind {
    /// A goroutine blocks, for a reason.
    Wait,
    /// A goroutine becomes runnable; the stack is of whoever made it so.
    Runnable(RunnableCause),
    /// A goroutine makes a system call.
    Syscall,
}

/// Identifies a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteKey {
    /// What happens.
    pub kind: SiteKind,
    /// The runtime's reason; empty if it gives none.
    pub reason: StrId,
    /// Where; no stack if the trace gives none.
    pub stack: StackRef,
}

/// A place of the program where goroutines stop running, with what that cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What, why and where.
    pub key: SiteKey,
    /// Completed stays.
    pub done: Durations,
    /// Stays that were open when the window ended, up to its end.
    pub open: Durations,
    /// As `go tool trace -pprof` counts: completed, and without what was
    /// before the goroutine's first run inside of the trace.
    pub as_go_tool: (u64, u64),
    /// System calls that lost their processor, and the time without it.
    pub without_proc: (u64, u64),
}

/// One stay at a site, among the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// How long.
    pub nanos: u64,
    /// When it began; the window's start if before it.
    pub from: u64,
    /// The goroutine.
    pub go: u64,
    /// Its group.
    pub group: GoGroupId,
    /// Where.
    pub site: SiteId,
    /// True if it began before the window.
    pub began_before: bool,
}

/// Who wakes whom: goroutines that run `waker` wake goroutines that wait at `site`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Stack of the waker; none for timers, the network poller and the runtime.
    pub waker: StackRef,
    /// Group of the last waker; `None` if nothing ran.
    pub waker_group: Option<GoGroupId>,
    /// Where the woken goroutine waited.
    pub site: SiteId,
    /// How often.
    pub count: u64,
    /// Sum of the waits that ended so.
    pub total: u64,
    /// Longest of them.
    pub max: u64,
}
