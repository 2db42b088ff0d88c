//! What a window of a trace adds up to. Times are nanoseconds since the
//! trace's first batch; durations are nanoseconds, clipped to the window.

use std::collections::BTreeMap;

use super::event::GoState;
use super::histogram::Histogram;
use super::names::StackRef;
use super::timeline::Timeline;
use crate::base::index::IndexVec;
use crate::base::intern::StrId;
use crate::newtype_index;

newtype_index! {
    /// A row of [`Summary::groups`].
    GoGroupId
}
newtype_index! {
    /// A row of [`Summary::sites`].
    SiteId
}

/// Durations: how many, how long in all, the longest, and their distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// Sum.
    pub total: u64,
    /// Longest.
    pub max: u64,
    /// Distribution.
    pub histogram: Histogram,
}

impl Durations {
    /// Adds one.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        self.count += 1;
        self.total = self.total.saturating_add(nanos);
        self.max = self.max.max(nanos);
        self.histogram.add(nanos);
    }

    /// A duration that `permille` thousandths do not exceed: too high by a
    /// quarter at most, and never above the longest.
    pub fn permille(&self, permille: u64) -> Option<u64> {
        self.histogram.permille(permille).map(|nanos| nanos.min(self.max))
    }
}

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

    pub(super) const fn index(self) -> usize {
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

/// A start function and the place that starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// The function; `None` if no stack names it.
    pub start: Option<StrId>,
    /// The creator's stack; none for goroutines that existed before.
    pub creator: StackRef,
    /// True if the members existed before the trace.
    pub existed: bool,
}

/// States of living goroutines that take time, in the order of tables.
pub const TIMED_STATES: [GoState; 4] =
    [GoState::Running, GoState::Runnable, GoState::Waiting, GoState::Syscall];

/// Reasons that one group's waits are told apart by.
const REASONS: usize = 100;

/// Goroutines with one start function and creation stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoGroup {
    /// What they have in common.
    pub key: GroupKey,
    /// True for the runtime's own goroutines and the tracer's (`IsSystemGoroutine` in `internal/trace`).
    pub is_system: bool,
    /// Created inside of the window.
    pub created: u64,
    /// Ended inside of the window.
    pub ended: u64,
    /// Lost in damage, or beyond what is kept.
    pub vanished: u64,
    /// Alive when the window ended.
    pub alive: u64,
    /// Time in each of [`TIMED_STATES`].
    pub states: [Durations; 4],
    /// Waits by reason: completed and open ones.
    pub waits: Vec<(StrId, u64, u64)>,
    /// Lifetimes of those that were created and ended.
    pub lifetimes: Durations,
    /// Time in GC mark assists.
    pub assist: u64,
    /// How often members were woken.
    pub woken: u64,
    /// CPU samples.
    pub samples: u64,
    /// `(generation's index, alive at its end)`, where that changed.
    pub history: Vec<(u32, u64)>,
    /// The first creation inside of the window.
    pub first_created: Option<u64>,
    /// The last creation inside of the window.
    pub last_created: Option<u64>,
}

impl GoGroup {
    /// Counts a member's creation, if it was inside of the window.
    pub(super) fn add_creation(&mut self, created: Option<u64>) {
        let Some(created) = created else { return };
        self.created += 1;
        self.first_created = Some(self.first_created.map_or(created, |first| first.min(created)));
        self.last_created = self.last_created.max(Some(created));
    }

    /// Adds a stay of a member in the state with this index of [`TIMED_STATES`].
    pub(super) fn add_stay(&mut self, state: usize, reason: Option<StrId>, nanos: u64) {
        if let Some(durations) = self.states.get_mut(state) {
            durations.add(nanos);
        }
        let Some(reason) = reason else { return };
        if let Some(wait) = self.waits.iter_mut().find(|wait| wait.0 == reason) {
            wait.1 += 1;
            wait.2 = wait.2.saturating_add(nanos);
        } else if self.waits.len() < REASONS {
            self.waits.push((reason, 1, nanos));
        }
    }
}

/// One goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoRow {
    /// The runtime's id.
    pub id: u64,
    /// Its group.
    pub group: GoGroupId,
    /// When it was created; `None` if it existed before.
    pub created: Option<u64>,
    /// When it ended; `None` if it is alive.
    pub ended: Option<u64>,
    /// Its last state.
    pub state: GoState,
    /// When it entered that state. For one that never moved: the window's start.
    pub since: u64,
    /// Where it is in that state.
    pub site: Option<SiteId>,
    /// Time in each of [`TIMED_STATES`].
    pub times: [u64; 4],
    /// How often it was put on a processor.
    pub runs: u64,
    /// How often it was woken.
    pub woken: u64,
    /// Time in GC mark assists.
    pub assist: u64,
}

/// One stay at a site, among the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
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

/// What a processor did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcTimes {
    /// The runtime's id.
    pub id: u64,
    /// Ran goroutines.
    pub running: u64,
    /// Ran GC workers.
    pub gc: u64,
    /// Was held in a system call.
    pub syscall: u64,
    /// Was held by a thread that looked for work.
    pub scheduler: u64,
    /// Was held by no thread.
    pub idle: u64,
    /// How often a thread took it.
    pub starts: u64,
    /// How often it was taken away from a system call.
    pub steals: u64,
}

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

/// User tasks, regions or logs of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// Those that began and ended.
    pub done: Durations,
    /// Those that began, and did not end.
    pub open: u64,
    /// Ends of what began before the window.
    pub ended_only: u64,
}

/// A user task or region, among the longest or still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnotationRow {
    /// Its name.
    pub name: StrId,
    /// Task id (for a region: the task it belongs to, 0 if none).
    pub task: u64,
    /// Parent task; 0 if none.
    pub parent: u64,
    /// The goroutine that began it.
    pub go: Option<u64>,
    /// When it began.
    pub begin: u64,
    /// When it ended; `None` if it is open.
    pub end: Option<u64>,
}

/// One `trace.Log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// When.
    pub time: u64,
    /// The goroutine.
    pub go: Option<u64>,
    /// The task; 0 if none.
    pub task: u64,
    /// Category.
    pub category: StrId,
    /// Message.
    pub message: StrId,
}

/// A figure that is set now and then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metric {
    /// How often it was set.
    pub count: u64,
    /// Least.
    pub min: u64,
    /// Greatest.
    pub max: u64,
    /// First.
    pub first: u64,
    /// Last.
    pub last: u64,
}

impl Metric {
    /// The figure is `value` now.
    pub fn set(&mut self, value: u64) {
        if self.count == 0 {
            *self = Self { count: 0, min: value, max: value, first: value, last: value };
        }
        *self = Self {
            count: self.count + 1,
            min: self.min.min(value),
            max: self.max.max(value),
            first: self.first,
            last: value,
        };
    }
}

/// What did not fit, and is only counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Ended goroutines without a row of their own.
    pub goroutines: u64,
    /// Goroutine groups beyond the ceiling, put into one.
    pub groups: u64,
    /// Sites beyond the ceiling, put into one for each kind.
    pub sites: u64,
    /// Wake-ups of pairs beyond the ceiling.
    pub wakes: u64,
    /// GC cycles without a row.
    pub gc_cycles: u64,
    /// Pauses without a row.
    pub pauses: u64,
    /// Logs without a row.
    pub logs: u64,
    /// Open tasks beyond the ceiling.
    pub tasks: u64,
    /// Names of tasks, regions and log categories beyond the ceiling.
    pub names: u64,
    /// CPU samples of stacks beyond the ceiling.
    pub samples: u64,
    /// Stays over a generation's boundary that are not kept for zooming.
    pub crossings: u64,
}

/// How often each kind of event occurs, as `go tool trace -d=parsed` counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// By the name of the kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Goroutine state changes and restatements, by from and to.
    pub transitions: BTreeMap<(GoState, GoState), u64>,
    /// Goroutine blocks by reason.
    pub blocks: BTreeMap<StrId, u64>,
    /// Ranges by edge and name, as `RangeBegin GC mark assist`.
    pub ranges: BTreeMap<&'static str, u64>,
}

/// What a window of a trace adds up to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// First moment.
    pub from: u64,
    /// Last moment.
    pub to: u64,
    /// Events.
    pub counts: EventCounts,
    /// Goroutines by start function and creator.
    pub groups: IndexVec<GoGroupId, GoGroup>,
    /// Goroutines by id: all that are alive at the end, and ended ones up to a ceiling.
    pub goroutines: Vec<GoRow>,
    /// Goroutines that were alive at the start.
    pub existed: u64,
    /// Where goroutines stopped running.
    pub sites: IndexVec<SiteId, Site>,
    /// Who wakes whom, most often first.
    pub wakes: Vec<Wake>,
    /// The longest completed waits, sleeps and network waits apart, longest first.
    pub longest_waits: Vec<Stay>,
    /// The longest delays between runnable and running, longest first.
    pub longest_delays: Vec<Stay>,
    /// Delays between runnable and running by [`RunnableCause`].
    pub delays: [Durations; 5],
    /// Those of them in which every processor was taken: count and sum, by cause.
    pub starved: [(u64, u64); 5],
    /// What the processors did, by id.
    pub procs: Vec<ProcTimes>,
    /// GC cycles in order.
    pub gc_cycles: Vec<GcCycle>,
    /// Mark assists.
    pub assists: Durations,
    /// Sweeps: their time, bytes swept, bytes reclaimed.
    pub sweeps: (Durations, u64, u64),
    /// Running time of the GC's workers: dedicated, fractional, idle.
    pub gc_workers: [u64; 3],
    /// Pauses in order.
    pub pauses: Vec<Pause>,
    /// Pauses by kind.
    pub pause_kinds: BTreeMap<StrId, Durations>,
    /// Time from `STWBegin` until the last other goroutine stopped, over all pauses.
    pub stopping: Durations,
    /// User tasks by name.
    pub tasks: BTreeMap<StrId, Annotation>,
    /// The longest tasks, and the open ones.
    pub task_rows: Vec<AnnotationRow>,
    /// User regions by name.
    pub regions: BTreeMap<StrId, Annotation>,
    /// The longest regions, and the open ones.
    pub region_rows: Vec<AnnotationRow>,
    /// Logs by category.
    pub log_categories: BTreeMap<StrId, u64>,
    /// The first logs.
    pub logs: Vec<LogRow>,
    /// Labels set on goroutines.
    pub labels: BTreeMap<StrId, u64>,
    /// CPU samples by stack and group.
    pub samples: Vec<(StackRef, Option<GoGroupId>, u64)>,
    /// Live heap.
    pub heap: Metric,
    /// Heap goal.
    pub goal: Metric,
    /// GOMAXPROCS.
    pub gomaxprocs: Metric,
    /// Figures over time.
    pub timeline: Timeline,
    /// What did not fit.
    pub folded: Folded,
}

impl Summary {
    /// Length of the window.
    pub const fn nanos(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}
