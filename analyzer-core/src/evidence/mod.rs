//! What the sources say, as columnar tables. Parsers append; once parsing is
//! over the tables are only read (`&Evidence`), so every analysis is a pure
//! function of them. Every row leads back to its source and place.

pub mod analyzers;
pub mod captures;
pub mod crash;
pub mod gc;
pub mod go_source;
pub mod goroutines;
pub mod memory;
pub mod oom;
pub mod probes;
pub mod profiles;
pub mod races;
pub mod recipe;
pub mod registry;
pub mod resources;
pub mod sources;
pub mod spans;
pub mod stacks;
pub mod trace;
pub mod vmas;

use crate::base::index::IndexVec;
use crate::base::intern::StringTable;
use crate::base::source::{Position, SourceId};

use analyzers::Diagnostic;
use captures::CaptureSkew;
use gc::GcTables;
use go_source::GoSource;
use goroutines::Goroutines;
use memory::MemoryTables;
use oom::OomEvent;
use probes::ProbeTables;
use profiles::{Profile, ProfileId};
use races::RaceReport;
use recipe::Recipe;
use registry::Registry;
use resources::ResourceTables;
use sources::Source;
use spans::SpanTables;
use stacks::Stacks;
use trace::{Trace, TraceId};

/// All tables of a session.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Every string of every table.
    pub strings: StringTable,
    /// What was dropped, one row a leaf (file or archive member).
    pub sources: IndexVec<SourceId, Source>,
    /// Frames and call stacks of symbolized text captures.
    pub stacks: Stacks,
    /// Goroutine dumps as text lists them.
    pub goroutines: Goroutines,
    /// Reports of the race detector, by source and line.
    pub races: Vec<RaceReport>,
    /// Profiles, in the order of their sources.
    pub profiles: IndexVec<ProfileId, Profile>,
    /// Figures of the runtime, the process and the control group, and mappings.
    pub memory: MemoryTables,
    /// Sockets, descriptors, threads.
    pub resources: ResourceTables,
    /// What tools of eBPF count.
    pub probes: ProbeTables,
    /// Spans of distributed tracing, and counters of lost ones.
    pub spans: SpanTables,
    /// Execution traces, in the order of their sources.
    pub traces: IndexVec<TraceId, Trace>,
    /// Garbage collection cycles and scavenges.
    pub gc: GcTables,
    /// Invocations of the kernel's OOM killer, by log and line.
    pub oom: Vec<OomEvent>,
    /// What static analyzers say of the source, by source and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The program's own source.
    pub go_source: GoSource,
    /// What services are given before they run.
    pub recipe: Recipe,
    /// What should be connected to.
    pub registry: Registry,
    /// What captures state of how they were made, in the order of their manifests.
    pub skews: Vec<CaptureSkew>,
}

impl Evidence {
    /// Where a place that a source's rows name is in the file as it was dropped.
    pub fn place(&self, source: SourceId, at: Position) -> Position {
        self.sources.get(source).map_or(at, |source| source.places.position(at))
    }

    /// The profile that a source holds.
    pub fn profile_of(&self, source: SourceId) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.source == source)
    }
}
