//! Garbage collection and pauses of a trace.

use serde::{Deserialize, Serialize};

use super::Spread;

/// One cycle, by its concurrent mark phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GcCycle {
    /// Begin; `None` if it was before the window.
    pub begin: Option<u64>,
    /// End; `None` if it was after the window.
    pub end: Option<u64>,
    /// Goal when it began, in bytes; `None` if unknown, or if the GC is off.
    pub goal: Option<u64>,
    /// Goal that it set.
    pub next_goal: Option<u64>,
    /// Live heap when it began.
    pub trigger: Option<u64>,
    /// Largest live heap until its end.
    pub peak: Option<u64>,
    /// Live heap at its end: what was marked.
    pub marked: Option<u64>,
    /// Peak over goal less one, in hundredths of a percent; negative below the goal.
    pub overshoot_basis_points: Option<i64>,
    /// Running time of goroutines that helped to mark.
    pub assist: u64,
    /// Running time of dedicated, fractional and idle workers.
    pub workers: [u64; 3],
    /// Running time of all other goroutines between begin and end.
    pub mutator: u64,
    /// Pause of sweep termination.
    pub sweep_termination: Option<u64>,
    /// Pause of mark termination.
    pub mark_termination: Option<u64>,
}

/// All of garbage collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Collector {
    /// Cycles in order.
    pub cycles: Vec<GcCycle>,
    /// Cycles that began in the window.
    pub begun: u64,
    /// Cycles that ended in the window.
    pub ended: u64,
    /// Time in mark phases.
    pub marking: u64,
    /// Mark assists.
    pub assists: Spread,
    /// Running time in mark assists, over all cycles.
    pub assist_running: u64,
    /// Share of the goroutines' running time inside of mark phases that went
    /// into assists, in hundredths of a percent.
    pub assist_share_basis_points: Option<u64>,
    /// Running time of dedicated, fractional and idle workers.
    pub workers: [u64; 3],
    /// Sweeps by processors.
    pub sweeps: Spread,
    /// Bytes swept.
    pub swept: u64,
    /// Bytes reclaimed.
    pub reclaimed: u64,
    /// Share of the window in mark phases, in hundredths of a percent.
    pub duty_basis_points: Option<u64>,
    /// Processor time left to the program: one less workers, assists and
    /// pauses over GOMAXPROCS times the window, in hundredths of a percent.
    pub mutator_utilization_basis_points: Option<u64>,
}

/// A figure that is set now and then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// Figures of the heap; `None` if never set in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HeapFigures {
    /// Live heap (`heapLive`), in bytes.
    pub live: Option<Metric>,
    /// Heap goal, in bytes; 0 if the GC is off.
    pub goal: Option<Metric>,
    /// GOMAXPROCS.
    pub gomaxprocs: Option<Metric>,
}

/// Pauses of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PauseKind {
    /// What for ("GC mark termination").
    pub kind: String,
    /// What brings it about.
    pub cause: String,
    /// Durations, the stopping included.
    pub spread: Spread,
}

/// One stop of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pause {
    /// What for.
    pub kind: String,
    /// When it was asked for.
    pub begin: u64,
    /// When the world ran again; `None` if after the window.
    pub end: Option<u64>,
    /// The goroutine that asked.
    pub goroutine: Option<u64>,
    /// Its stack, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
    /// The last goroutine to stop on another processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_to_stop: Option<u64>,
    /// Its start function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_to_stop_start: Option<String>,
    /// Where it stopped, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_to_stop_stack: Option<u32>,
    /// How long after the begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_after: Option<u64>,
}
