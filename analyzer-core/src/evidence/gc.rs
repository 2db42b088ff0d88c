//! Garbage collection cycles and scavenges, as `GODEBUG=gctrace=1,scavtrace=1` prints them.

use crate::base::source::{Position, SourceId};
use crate::base::units::{Bytes, Nanos};

/// One `gc N @...` line. Heap sizes are printed in MiB, floored: each is up to
/// one MiB more than it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GcCycle {
    /// The log.
    pub source: SourceId,
    /// The line.
    pub at: Position,
    /// Number of the cycle, from 1.
    pub number: u64,
    /// When it began, since the program started.
    pub since_start: Nanos,
    /// Share of processor time spent in garbage collection since the program started, in percent.
    pub cpu_percent: i64,
    /// The cycle looked for leaked goroutines (1.26 and later).
    pub checks_leaks: bool,
    /// Stop-the-world sweep termination, wall clock (A).
    pub sweep_stop: Nanos,
    /// Concurrent mark, wall clock (B).
    pub mark: Nanos,
    /// Stop-the-world mark termination, wall clock (C).
    pub mark_stop: Nanos,
    /// Processor time that allocating goroutines gave to marking (E).
    pub assist_cpu: Nanos,
    /// Processor time of dedicated and fractional workers (F).
    pub background_cpu: Nanos,
    /// Processor time of idle workers (G).
    pub idle_cpu: Nanos,
    /// Heap when the cycle started (H0).
    pub heap_start: Bytes,
    /// Heap at mark termination (H1).
    pub heap_end: Bytes,
    /// Live heap that was marked (H2): the only sign of a leak.
    pub live: Bytes,
    /// Goal of the cycle.
    pub goal: Bytes,
    /// Scannable stacks (1.18 and later).
    pub stacks: Option<Bytes>,
    /// Scannable globals (1.18 and later).
    pub globals: Option<Bytes>,
    /// Processors (GOMAXPROCS).
    pub procs: i64,
    /// Asked for by the program or by the two-minute timer: says nothing of pacing.
    pub is_forced: bool,
}

/// One `scav ...` line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scavenge {
    /// The log.
    pub source: SourceId,
    /// The line.
    pub at: Position,
    /// Released in the background since the line before.
    pub background: Bytes,
    /// Released by allocating goroutines since the line before.
    pub eager: Bytes,
    /// Released in all, now: `HeapReleased`.
    pub released: Bytes,
    /// Heap in use, in percent of what is mapped and not released.
    pub used_percent: i64,
    /// Asked for by `debug.FreeOSMemory`.
    pub is_forced: bool,
}

/// Garbage collection evidence of a session, in order of parsing.
#[derive(Clone, Debug, Default)]
pub struct GcTables {
    /// Cycles, by log and line.
    pub cycles: Vec<GcCycle>,
    /// Scavenges, by log and line.
    pub scavenges: Vec<Scavenge>,
}

impl GcTables {
    /// The cycles of one log.
    pub fn cycles_of(&self, source: SourceId) -> &[GcCycle] {
        of(&self.cycles, source, |cycle| cycle.source)
    }

    /// The scavenges of one log.
    pub fn scavenges_of(&self, source: SourceId) -> &[Scavenge] {
        of(&self.scavenges, source, |scavenge| scavenge.source)
    }
}

/// The rows of one log: logs are read one after the other.
fn of<T>(rows: &[T], source: SourceId, source_of: impl Fn(&T) -> SourceId) -> &[T] {
    let start = rows.partition_point(|row| source_of(row) < source);
    let rest = rows.get(start..).unwrap_or_default();
    rest.get(..rest.partition_point(|row| source_of(row) == source)).unwrap_or_default()
}
