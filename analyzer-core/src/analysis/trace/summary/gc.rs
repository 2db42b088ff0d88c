//! GC cycles and pauses.

use super::GoGroupId;
use crate::base::intern::StrId;
use crate::evidence::trace::names::StackRef;

/// One GC cycle, by its concurrent mark phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcCycle {
    /// `GCBegin`; `None` if it was before the window.
    pub begin: Option<u64>,
    /// `GCEnd`; `None` if the window ended before it.
    pub end: Option<u64>,
    /// Heap goal when it began, in bytes; `None` if unknown, or if the GC is off.
    pub goal: Option<u64>,
    /// Heap goal that it set.
    pub next_goal: Option<u64>,
    /// Live heap when it began.
    pub trigger: Option<u64>,
    /// Largest live heap until its end.
    pub peak: Option<u64>,
    /// Live heap at its end: what was marked.
    pub marked: Option<u64>,
    /// Running time of goroutines that helped to mark.
    pub assist: u64,
    /// Running time of the GC's workers: dedicated, fractional, idle.
    pub workers: [u64; 3],
    /// Running time of all other goroutines between begin and end.
    pub mutator: u64,
    /// Pauses of its own: sweep termination, mark termination.
    pub pauses: [Option<u64>; 2],
}

/// One stop of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What for ("GC mark termination").
    pub kind: StrId,
    /// When it was asked for.
    pub begin: u64,
    /// When the world ran again; `None` if the window ended before.
    pub end: Option<u64>,
    /// The goroutine that asked.
    pub go: Option<u64>,
    /// Its stack.
    pub stack: StackRef,
    /// The last to stop: goroutine, its group, and how long after the begin.
    pub last_to_stop: Option<LastToStop>,
}

/// Who kept the world from stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastToStop {
    /// The goroutine.
    pub go: u64,
    /// Its group.
    pub group: Option<GoGroupId>,
    /// Where it stopped.
    pub stack: StackRef,
    /// Nanoseconds after the begin.
    pub after: u64,
}
