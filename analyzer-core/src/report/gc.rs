//! Garbage collection over time, as the lines of `GODEBUG=gctrace=1,scavtrace=1` tell it.

use serde::{Deserialize, Serialize};

use super::sources::SubjectId;
use crate::base::source::SourceId;
use crate::base::units::{Bytes, Nanos};

/// The GC section: each run of a program that printed trace lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gc {
    /// By log, then by line. A log that goes on after a restart has several.
    pub runs: Vec<GcRun>,
}

/// One run of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GcRun {
    /// The log.
    pub source: SourceId,
    /// The program's subject, if the log belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Figures over all cycles, listed or not.
    pub summary: GcSummary,
    /// Cycles in order. At most [`crate::base::limits::GC_ROWS`]: of longer runs each row
    /// stands for `stride` cycles, and is the one of them whose heap was largest.
    pub cycles: Vec<GcCycle>,
    /// Cycles for each row; 1 if all are listed.
    pub stride: u64,
    /// Scavenges in order; thinned likewise, the last of each stretch is kept.
    pub scavenges: Vec<Scavenge>,
    /// Scavenges for each row; 1 if all are listed.
    pub scavenge_stride: u64,
}

/// Figures of a run. Heap sizes are printed in MiB, cut: each is up to one MiB more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GcSummary {
    /// Cycles.
    pub cycles: u64,
    /// Cycles that the program or the two-minute timer asked for.
    pub forced: u64,
    /// Time from the program's start to the last cycle.
    pub until: Nanos,
    /// Live heap after the first cycle.
    pub live_first: Bytes,
    /// Live heap after the last cycle.
    pub live_last: Bytes,
    /// Largest live heap.
    pub live_most: Bytes,
    /// Largest heap at the end of marking.
    pub heap_most: Bytes,
    /// Cycles that count for pacing: not forced, and a goal of 32 MiB or more.
    pub paced: u64,
    /// Of those, cycles that ended at 150% of their goal or more.
    pub overshot: u64,
    /// Largest heap at the end of marking over its goal, less one, in hundredths of a percent; of all paced cycles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overshoot_most: Option<i64>,
    /// Both pauses of a cycle together: the median.
    pub pause_median: Nanos,
    /// The 99th percentile.
    pub pause_p99: Nanos,
    /// The longest.
    pub pause_most: Nanos,
    /// All pauses.
    pub pause_total: Nanos,
    /// Processor time that allocating goroutines gave to marking.
    pub assist_cpu: Nanos,
    /// Processor time of dedicated and fractional workers.
    pub background_cpu: Nanos,
    /// Processor time of idle workers.
    pub idle_cpu: Nanos,
    /// Assists as a share of all marking, in hundredths of a percent; `None` if nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assist_share: Option<i64>,
    /// Share of the processors' time since the start that went into collection, in percent, as the last cycle says.
    pub cpu_percent: i64,
    /// Given back by the background scavenger.
    pub scavenged_background: Bytes,
    /// Given back by allocating goroutines, to stay below GOMEMLIMIT.
    pub scavenged_eager: Bytes,
    /// `HeapReleased` as the last scavenge says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Bytes>,
}

/// One cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GcCycle {
    /// Line of the log.
    pub line: u64,
    /// Number of the cycle, from 1.
    pub number: u64,
    /// When it began, since the program's start: `@T`, which is `work.tSweepTerm` in runtime/mgc.go.
    pub at: Nanos,
    /// Asked for by the program or by the two-minute timer: says nothing of pacing.
    pub is_forced: bool,
    /// It looked for leaked goroutines (1.26 and later).
    pub checks_leaks: bool,
    /// Heap when it started (H0).
    pub heap_start: Bytes,
    /// Heap at the end of marking (H1).
    pub heap_end: Bytes,
    /// Live heap (H2): the only one of the three that shows a leak.
    pub live: Bytes,
    /// Goal.
    pub goal: Bytes,
    /// H1 over the goal, less one, in hundredths of a percent; `None` of a goal of nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overshoot: Option<i64>,
    /// Scannable stacks (1.18 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacks: Option<Bytes>,
    /// Scannable globals (1.18 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globals: Option<Bytes>,
    /// Pause of sweep termination.
    pub sweep_stop: Nanos,
    /// Concurrent marking, wall clock.
    pub mark: Nanos,
    /// Pause of mark termination.
    pub mark_stop: Nanos,
    /// Processor time that allocating goroutines gave to marking.
    pub assist_cpu: Nanos,
    /// Processor time of dedicated and fractional workers.
    pub background_cpu: Nanos,
    /// Processor time of idle workers.
    pub idle_cpu: Nanos,
    /// Assists as a share of the marking, in hundredths of a percent; `None` if nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assist_share: Option<i64>,
    /// Share of the processors' time since the start that went into collection, in percent.
    pub cpu_percent: i64,
    /// Processors (GOMAXPROCS).
    pub procs: i64,
}

/// One scavenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Scavenge {
    /// Line of the log.
    pub line: u64,
    /// When the cycle ended whose line stands before: the line itself has no time. `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Nanos>,
    /// Given back in the background since the scavenge before.
    pub background: Bytes,
    /// Given back by allocating goroutines since the scavenge before.
    pub eager: Bytes,
    /// `HeapReleased`: all that is given back now.
    pub released: Bytes,
    /// Heap in use as a share of what is mapped and not given back, in percent.
    pub used_percent: i64,
    /// Asked for by `debug.FreeOSMemory`.
    pub is_forced: bool,
}
