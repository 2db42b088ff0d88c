//! The report: the engine's contract with the program, the viewer and checks
//! outside. Numbers are integers in base units (bytes, nanoseconds, counts).

pub mod advisor;
mod analyzers;
mod excerpt;
mod finding;
mod gc;
mod goroutines;
mod markdown;
mod memory;
pub mod number_format;
pub mod plain_text;
mod profiles;
pub mod recipe;
mod registries;
mod relocate;
mod resource_facts;
mod resources;
#[cfg(test)]
mod schema;
mod scope;
mod sources;
mod tables;
pub mod trace;
pub(crate) mod verdict;

pub use advisor::AdvisorInputs;
pub use analyzers::AnalyzerDiagnostic;
pub use excerpt::Excerpt;
pub use finding::{Amount, Citation, Citations, Confidence, Counted, Finding, NotRun, Severity};
pub use gc::{Gc, GcCycle, GcRun, GcSummary, Scavenge};
pub use goroutines::{
    Crash, GoroutineGroup, GoroutineSnapshot, Goroutines, GroupChange, Role, StackFrame, Verdict, WaitCount,
};
pub use memory::{
    AT_OOM_KILL, Check, Disagreement, Layer, LayerId, LedgerClass, LedgerRow, Mapping, MappingClass,
    MappingPage, Mappings, Memory, MemorySnapshot, Reclaim, SideFigure, SizeClass, SizeClasses,
};
pub use profiles::{HeapSite, ProfileSummary, Program, SampleType};
pub use recipe::{
    CapturedFact, Recipe, RecipeCapture, RecipeChange, RecipeContainer, RecipeFact, RecipeFactId, RecipeFix,
};
pub use registries::{ListAge, RegistryInstance, RegistryService, Stray};
pub use resources::{
    Connections, Counterpart, Cpu, DescriptorCount, Descriptors, GoroutinePairs, Listener, ResourceSnapshot,
    Resources, SOCKET_ROWS, Side, Sockets, THREAD_ROWS, ThreadWait, Threads,
};
pub use sources::{SnapshotInfo, SourceRow, Subject, SubjectId};
pub use tables::{TABLE_ROWS, TableColumn, TableRow, ToolTable};
pub use verdict::{Outcome, Recapture, goroutine_answer, largest_part, moment, sentences};

pub use crate::base::error::{Note, NoteSeverity};
pub use crate::base::go_symbol::Origin;
pub use crate::evidence::registry::{Health, RegistryKind};
pub use crate::evidence::resources::{DescriptorKind, SocketState};
pub use crate::evidence::sources::SourceStatus;

use serde::{Deserialize, Serialize};

/// Identifies the shape of [`Report`].
pub const SCHEMA: &str = "strata-report/1";

/// Everything the engine says about what was dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the engine.
    pub engine: String,
    /// The answer: what is wrong and where in the code, or what is known where nothing is.
    pub verdict: String,
    /// What the verdict means for the service.
    #[serde(default)]
    pub outcome: Outcome,
    /// The inventory, in the order of dropping.
    pub sources: Vec<SourceRow>,
    /// Processes and containers, with their snapshots in order.
    pub subjects: Vec<Subject>,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// Checks that had all they need: without one, nothing was judged.
    #[serde(default)]
    pub checks_run: u64,
    /// Detectors that lacked evidence, and what they need.
    pub not_run: Vec<NotRun>,
    /// The three-layer reconciliation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Goroutine groups over the snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goroutines: Option<Goroutines>,
    /// Garbage collection over time, from trace lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gc: Option<Gc>,
    /// Sockets, descriptors, threads and the CPU quota over the snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// What containers are given before they run, beside what their captures show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// What tools of eBPF and OpenTelemetry counted, by source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<ToolTable>,
    /// Summaries of the pprof profiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<ProfileSummary>,
    /// Lines with the most on the heap and lines that grew the most, by process, the largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heap_sites: Vec<HeapSite>,
    /// Go execution traces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<trace::Trace>,
    /// What static analyzers say, in the order of their files: no findings of ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub analyzers: Vec<AnalyzerDiagnostic>,
}

impl Report {
    /// Sources of which something is not in the figures, with the sentence that says so.
    pub fn lossy_sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().filter_map(|row| {
            let is_loss = |severity| {
                severity == NoteSeverity::DataLoss
                    || (severity == NoteSeverity::Error && row.status == SourceStatus::Failed)
            };
            let note = row.notes.iter().find(|note| is_loss(note.severity))?;
            Some((row.path.as_str(), note.message.as_str()))
        })
    }

    /// Checks that lacked evidence, as far as a drop of this kind is asked for it: whoever asks about manifests, or
    /// about what another tool counted, has no use for the captures of a process.
    pub fn lacking(&self) -> impl Iterator<Item = &NotRun> {
        let has_captures = self.memory.is_some()
            || self.goroutines.is_some()
            || self.gc.is_some()
            || self.resources.is_some()
            || !self.profiles.is_empty()
            || !self.traces.is_empty();
        let families: &[&str] = match (has_captures, self.recipe.is_some(), self.tables.is_empty()) {
            (true, ..) | (_, false, true) => &[],
            (_, true, true) => &["spec"],
            (_, false, false) => &["ebpf", "otel"],
            (_, true, false) => &["spec", "ebpf", "otel"],
        };
        let is_of =
            |code: &str| families.is_empty() || families.iter().any(|family| code.starts_with(family));
        self.not_run.iter().filter(move |row| is_of(&row.code))
    }

    /// The report as JSON, indented, as `strata report --format json` prints it.
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
