//! Go execution traces. Times are nanoseconds since the trace's first batch,
//! durations nanoseconds. Stacks and frames are listed once and named by index.

mod activity;
mod gc;
mod goroutines;

pub use activity::{
    AnnotationKind, AnnotationRow, CpuSamples, DelayCause, Delays, GoToolProfile, Interval, LogCategory,
    LogLine, Proc, Site, SiteKind, Wake,
};
pub use gc::{Collector, GcCycle, HeapFigures, Metric, Pause, PauseKind};
pub use goroutines::{AliveState, Existence, GoroutineGroupTimes, LeakEvidence, LeakSign, TraceGroup, Wait};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::Citation;
use super::goroutines::StackFrame;
use super::sources::SubjectId;
use crate::base::source::SourceId;
use crate::base::units::Nanos;

/// Durations of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// Sum, in nanoseconds.
    pub total: u64,
    /// Longest.
    pub max: u64,
    /// Half of them are not longer (too high by a quarter at most).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<u64>,
    /// 99 of 100 are not longer (too high by a quarter at most).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<u64>,
}

/// A stretch of the trace that can be read alone, of about a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Generation {
    /// The runtime's number.
    pub number: u64,
    /// First byte in the file.
    pub offset: u64,
    /// Its length in the file.
    pub bytes: u64,
    /// Earliest batch.
    pub start: u64,
    /// Latest event.
    pub end: u64,
    /// Events in it.
    pub events: u64,
    /// Events that found no place in a possible order.
    pub forced: u64,
    /// False if its end is missing or part of it was damaged.
    pub is_whole: bool,
}

/// How often what occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EventCounts {
    /// All events, as `go tool trace -d=parsed` counts.
    pub total: u64,
    /// By kind, likewise.
    pub kinds: BTreeMap<String, u64>,
    /// Goroutine state changes and restatements ("Running->Waiting").
    pub transitions: BTreeMap<String, u64>,
    /// Goroutine blocks by the runtime's reason.
    pub blocks: BTreeMap<String, u64>,
    /// Beginnings and ends of ranges ("RangeBegin GC mark assist").
    pub ranges: BTreeMap<String, u64>,
    /// Records of the file, as `go tool trace -d=wire` counts.
    pub records: BTreeMap<String, u64>,
}

/// The overview strip: figures in equal parts of the window. Counts are means
/// over the part in thousandths: 2500 is two and a half goroutines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Overview {
    /// Running goroutines, GC workers apart.
    pub running: Vec<u64>,
    /// Running GC workers.
    pub gc_workers: Vec<u64>,
    /// Goroutines that wait for a processor.
    pub runnable: Vec<u64>,
    /// Blocked goroutines.
    pub waiting: Vec<u64>,
    /// Goroutines in system calls.
    pub syscall: Vec<u64>,
    /// Mark phases: the share of the part in which one went on.
    pub marking: Vec<u64>,
    /// Pauses: the share of the part in which the world was stopped, or was to stop.
    pub stopped: Vec<u64>,
    /// Goroutines in mark assists.
    pub assists: Vec<u64>,
    /// Processors that threads hold.
    pub processors: Vec<u64>,
    /// GOMAXPROCS.
    pub gomaxprocs: Vec<u64>,
    /// Greatest live heap in bytes; `None` where it did not change.
    pub heap_max: Vec<Option<u64>>,
    /// Least live heap.
    pub heap_min: Vec<Option<u64>>,
    /// Last heap goal set in the part.
    pub goal: Vec<Option<u64>>,
    /// CPU samples.
    pub samples: Vec<u64>,
}

/// One trace, or a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trace {
    /// Where it stands.
    pub source: SourceId,
    /// The subject, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Number of the format in the header (26: Go 1.26 and 1.27).
    pub format: u32,
    /// The trace clock at time 0; on Linux nanoseconds of `CLOCK_MONOTONIC`.
    pub start_nanos: u64,
    /// Unix time at time 0, from Go 1.25 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Nanos>,
    /// First moment of the window.
    pub from: u64,
    /// Last moment of the window.
    pub to: u64,
    /// Generations of the whole trace.
    pub generations: Vec<Generation>,
    /// Events of the window.
    pub events: EventCounts,
    /// Goroutines that were alive at the start.
    pub goroutines_existed: u64,
    /// Goroutines created in the window.
    pub goroutines_created: u64,
    /// Goroutines ended in the window.
    pub goroutines_ended: u64,
    /// Goroutines alive at the end.
    pub goroutines_alive: u64,
    /// Goroutines by start function and creator; those that took the most time first.
    pub groups: Vec<TraceGroup>,
    /// Signs of goroutine leaks, strongest first.
    pub leaks: Vec<LeakEvidence>,
    /// Places where goroutines block, make system calls, or are made to wait
    /// for a processor; by kind, the most time first.
    pub sites: Vec<Site>,
    /// Who wakes whom, most often first.
    pub wakes: Vec<Wake>,
    /// The longest completed waits, sleeps and network waits apart.
    pub longest_waits: Vec<Interval>,
    /// The longest delays between runnable and running.
    pub longest_delays: Vec<Interval>,
    /// Delays between runnable and running, by cause.
    pub delays: Vec<Delays>,
    /// What `go tool trace -pprof=TYPE` adds up to, from raw times.
    pub go_tool_profiles: Vec<GoToolProfile>,
    /// Processors by id.
    pub procs: Vec<Proc>,
    /// Garbage collection.
    pub gc: Collector,
    /// Heap, goal and GOMAXPROCS.
    pub heap: HeapFigures,
    /// Pauses by kind, the most time first.
    pub pause_kinds: Vec<PauseKind>,
    /// Pauses, the longest first.
    pub pauses: Vec<Pause>,
    /// User tasks by name.
    pub tasks: Vec<AnnotationKind>,
    /// User regions by name.
    pub regions: Vec<AnnotationKind>,
    /// Open tasks, then the longest.
    pub task_rows: Vec<AnnotationRow>,
    /// Open regions, then the longest.
    pub region_rows: Vec<AnnotationRow>,
    /// Logs by category.
    pub log_categories: Vec<LogCategory>,
    /// The first logs.
    pub logs: Vec<LogLine>,
    /// CPU samples.
    pub cpu_samples: CpuSamples,
    /// Figures over time.
    pub overview: Overview,
    /// What did not fit into the tables, in words.
    pub folded: Vec<String>,
    /// Stacks, innermost first, as indexes into `frames`.
    pub stacks: Vec<Vec<u32>>,
    /// Frames.
    pub frames: Vec<StackFrame>,
    /// The file.
    pub citations: Vec<Citation>,
}
