//! Pure functions from evidence to what views and detectors need.

pub mod gc;
pub mod goroutines;
pub mod memory;
pub mod profile;
pub mod recipe;
pub mod resources;
pub mod spans;
pub mod subjects;
pub mod tools;
pub mod trace;
pub mod witnesses;

use crate::base::index::IndexVec;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::trace::TraceId;
use crate::report::trace::Trace;
use crate::report::{Gc, Goroutines, Memory, Recipe, Resources, Subject};
use memory::Reviewed;
use profile::facts::{self, ProcessProfiles};
use recipe::Unit;
use recipe::seen::Captured;
use spans::SpanFacts;
use trace::sums::TraceSums;

/// What the user may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Age below which a process may still be warming up: growth is at most possible then.
    pub warm_up: Nanos,
}

impl Default for Settings {
    /// Five minutes: caches fill and pools grow in the first of them.
    fn default() -> Self {
        Self { warm_up: Nanos(300_000_000_000) }
    }
}

/// Everything that is computed once over all evidence.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Processes and containers with their snapshots; [`crate::report::SubjectId`] is the index.
    pub subjects: Vec<Subject>,
    /// Goroutine groups over the snapshots; `None` without a dump.
    pub goroutines: Option<Goroutines>,
    /// Garbage collection over time; `None` without trace lines.
    pub gc: Option<Gc>,
    /// The memory reconciliation; `None` if no source speaks of memory.
    pub memory: Option<Memory>,
    /// Execution traces, in the order of their sources.
    pub traces: Vec<Trace>,
    /// Sockets, descriptors, threads and processors; `None` if nothing tells of them.
    pub resources: Option<Resources>,
    /// What containers are given; `None` if nothing states it.
    pub recipe: Option<Recipe>,
    /// Profiles of each subject that has any.
    pub profiles: Vec<ProcessProfiles>,
    /// What spans show of services; `None` without spans.
    pub spans: Option<SpanFacts>,
    /// What the user set.
    pub settings: Settings,
}

impl Analysis {
    /// Analyzes what was parsed of `subjects`, whose moments are `reviewed` and whose manifests `units`. `trace_sums` are
    /// those of `evidence.traces`: events are too many to keep, and were added up while they
    /// were read.
    pub fn new(
        evidence: &Evidence,
        trace_sums: &IndexVec<TraceId, TraceSums>,
        subjects: Vec<Subject>,
        reviewed: &[Reviewed<'_>],
        units: &[Unit<'_>],
        settings: Settings,
    ) -> Self {
        let mut goroutines = goroutines::analyze(evidence, &subjects);
        let gc = gc::analyze(evidence, &subjects);
        let memory = memory::section(evidence, &subjects, reviewed);
        if let (Some(section), Some(memory)) = (&mut goroutines, &memory) {
            goroutines::projection::project(section, memory);
        }
        if let Some(section) = &mut goroutines {
            tools::lives::join(evidence, &subjects, section);
        }
        let traces = trace::section(evidence, trace_sums, &subjects, &mut goroutines);
        let resources = resources::analyze(evidence, &subjects, goroutines.as_ref(), &traces);
        let captured =
            Captured { evidence, subjects: &subjects, moments: reviewed, resources: resources.as_ref() };
        let recipe = recipe::section(units, &captured);
        let profiles = facts::gather(evidence, &subjects);
        Self {
            subjects,
            goroutines,
            gc,
            memory,
            traces,
            resources,
            recipe,
            profiles,
            spans: spans::analyze(evidence),
            settings,
        }
    }
}
