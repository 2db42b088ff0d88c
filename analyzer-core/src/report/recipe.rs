//! What containers are given before they run, beside what their captures show.

use serde::{Deserialize, Serialize};

use super::advisor::Step;
use super::finding::Citation;
use super::sources::SubjectId;
use crate::base::units::Unit;

/// Containers that are listed at most.
pub const RECIPE_ROWS: usize = 200;

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Recipe {
    /// Containers and images, those that are Go first, then in the order of dropping.
    pub containers: Vec<RecipeContainer>,
    /// How many more there are.
    #[serde(default)]
    pub hidden: u64,
}

/// A container or an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecipeContainer {
    /// For people: `Container api of Deployment/shop`.
    pub name: String,
    /// Where it stands.
    pub citation: Citation,
    /// Why it is taken for Go; `None` if nothing shows that, and nothing is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go: Option<Citation>,
    /// What it is given.
    pub facts: Vec<RecipeFact>,
    /// What another statement of the same container says in place of a fact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<RecipeFact>,
    /// The capture of it, where names tell that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<RecipeCapture>,
    /// What to change; `None` if nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<RecipeFix>,
}

/// The capture of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecipeCapture {
    /// The process or container.
    pub subject: SubjectId,
    /// How many captures are of it: replicas.
    pub count: u64,
    /// Which names agree.
    pub because: String,
}

/// What a fact is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecipeFactId {
    /// Limit of memory, in bytes.
    MemoryLimit,
    /// Requested memory, in bytes.
    MemoryRequest,
    /// GOMEMLIMIT, in bytes.
    Gomemlimit,
    /// GOGC, in percent.
    Gogc,
    /// Limit of CPU, in thousandths of a processor.
    CpuLimit,
    /// GOMAXPROCS.
    Gomaxprocs,
    /// Size of a volume in memory, in bytes.
    MemoryVolume,
    /// Most tasks.
    Pids,
    /// Most open files.
    Nofile,
    /// Seconds between the signal and the kill.
    Grace,
    /// The Go version that it is built with.
    GoVersion,
}

impl RecipeFactId {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::MemoryLimit => "Memory limit",
            Self::MemoryRequest => "Memory request",
            Self::Gomemlimit => "GOMEMLIMIT",
            Self::Gogc => "GOGC",
            Self::CpuLimit => "CPU limit",
            Self::Gomaxprocs => "GOMAXPROCS",
            Self::MemoryVolume => "Memory-backed volume",
            Self::Pids => "Tasks",
            Self::Nofile => "Open files",
            Self::Grace => "Grace period",
            Self::GoVersion => "Go version",
        }
    }
}

/// One thing that a container is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecipeFact {
    /// What it is of.
    pub id: RecipeFactId,
    /// As the source writes it: `512Mi`, `limits.memory`.
    pub written: String,
    /// In base units, where it can be told; the greatest number where there is no limit (`off`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// What the value counts; thousandths of processors and Go's percents are plain counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Where it stands.
    pub citation: Citation,
    /// What the capture shows in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<CapturedFact>,
}

/// What a capture shows in a stated fact's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CapturedFact {
    /// For people: `256 MiB`, `none`.
    pub text: String,
    /// Where it stands.
    pub citation: Citation,
    /// True if it is not what is stated, and no other statement of the same container says it.
    pub differs: bool,
}

/// The changed lines of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecipeFix {
    /// What to change; empty if what is stated fits.
    pub changes: Vec<RecipeChange>,
    /// The changed lines, to be merged into the manifest; empty if nothing changes, or the format has no such text.
    pub patch: String,
    /// How the patch is used: a command, or the file that it is merged into.
    pub apply: String,
    /// What the container then holds at most, line by line; without a capture, how the new amount is computed.
    pub steps: Vec<Step>,
    /// What to know.
    pub notes: Vec<String>,
    /// True if a capture was computed with, and not the manifest alone.
    pub is_measured: bool,
}

/// One changed setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecipeChange {
    /// What it is of.
    pub id: RecipeFactId,
    /// As it stands; `None` if it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// As it should stand; `None` if it should be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The line, or the container's if it is not set.
    pub citation: Citation,
    /// Why, with the numbers.
    pub why: String,
}

impl RecipeChange {
    /// `GOMEMLIMIT: 512MiB → 460MiB`.
    pub fn text(&self) -> String {
        let label = self.id.label();
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{label}: {from} \u{2192} {to}"),
            (None, Some(to)) => format!("{label}: {to} (not set)"),
            (Some(from), None) => format!("{label}: {from} \u{2192} remove"),
            (None, None) => label.to_owned(),
        }
    }
}

impl Recipe {
    /// Every citation of the section.
    pub(crate) fn citations_mut(&mut self) -> impl Iterator<Item = &mut Citation> {
        self.containers.iter_mut().flat_map(|container| {
            let facts = container.facts.iter_mut().chain(&mut container.others).flat_map(|fact| {
                std::iter::once(&mut fact.citation)
                    .chain(fact.captured.as_mut().map(|captured| &mut captured.citation))
            });
            let changes = container.fix.iter_mut().flat_map(|fix| &mut fix.changes);
            std::iter::once(&mut container.citation)
                .chain(&mut container.go)
                .chain(facts)
                .chain(changes.map(|change| &mut change.citation))
        })
    }
}
