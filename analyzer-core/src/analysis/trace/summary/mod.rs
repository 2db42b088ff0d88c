//! What a window of a trace adds up to. Times are nanoseconds since the
//! trace's first batch; durations are nanoseconds, clipped to the window.

mod annotations;
mod gc;
mod goroutines;
mod sites;

use std::collections::BTreeMap;

use super::histogram::Histogram;
use super::timeline::Timeline;
use crate::base::index::IndexVec;
use crate::base::intern::StrId;
use crate::evidence::trace::event::GoState;
use crate::evidence::trace::names::StackRef;
use crate::newtype_index;

pub use annotations::{Annotation, AnnotationRow, LogRow};
pub use gc::{GcCycle, LastToStop, Pause};
pub use goroutines::{GoGroup, GoRow, GroupKey, ReasonTime, StateTimes, TIMED_STATES};
pub use sites::{Interval, RunnableCause, Site, SiteKey, SiteKind, Wake};

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

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        self.max = self.max.max(other.max);
        self.histogram.merge(&other.histogram);
    }

    /// A duration that `permille` thousandths do not exceed: too high by a
    /// quarter at most, and never above the longest.
    pub fn permille(&self, permille: u64) -> Option<u64> {
        self.histogram.permille(permille).map(|nanos| nanos.min(self.max))
    }
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
    pub longest_waits: Vec<Interval>,
    /// The longest delays between runnable and running, longest first.
    pub longest_delays: Vec<Interval>,
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
    /// A goroutine, if it has a row of its own.
    pub fn goroutine(&self, id: u64) -> Option<&GoRow> {
        let row = self.goroutines.binary_search_by_key(&id, |row| row.id).ok()?;
        self.goroutines.get(row)
    }

    /// Length of the window.
    pub const fn nanos(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}
