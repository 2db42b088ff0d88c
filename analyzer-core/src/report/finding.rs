//! What a detector says.

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;
use super::goroutines::StackFrame;
use super::memory::Reclaim;
use super::sources::SubjectId;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::memory::UNLIMITED;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The service fails, or will.
    Critical,
    /// Something is wrong and grows or costs.
    Warning,
    /// Worth knowing; explains a figure.
    Info,
}

/// How sure the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The evidence allows no other reading.
    Certain,
    /// Other readings need a coincidence.
    Likely,
    /// One reading among others.
    Possible,
}

/// A size, exact or within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Amount {
    /// Best value.
    pub value: i64,
    /// Lower bound, where the value is a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<i64>,
    /// Upper bound, where the value is a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<i64>,
    /// What it is measured in.
    pub unit: Unit,
    /// What it counts, if `unit` is `count` and the rule counts one kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Counted>,
}

impl Amount {
    /// A value without bounds.
    pub const fn exact(value: i64, unit: Unit) -> Self {
        Self { value, low: None, high: None, unit, of: None }
    }

    /// So many things of a kind.
    pub const fn counted(value: i64, of: Counted) -> Self {
        Self { of: Some(of), ..Self::exact(value, Unit::Count) }
    }
}

/// What an amount counts: a bare number beside a title tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// Goroutines.
    Goroutines,
    /// Operating-system threads.
    Threads,
    /// Connections.
    Connections,
    /// Sockets of any kind.
    Sockets,
    /// Open descriptors.
    Descriptors,
    /// Processors, as Go's scheduler counts them.
    Processors,
    /// Queued finalizers.
    Finalizers,
    /// Processes that the kernel killed.
    Kills,
    /// Pages of memory.
    Pages,
    /// Spans of distributed tracing.
    Spans,
    /// How often it happened.
    Times,
}

impl Counted {
    /// The word for so many of them.
    pub const fn word(self, value: i64) -> &'static str {
        let (one, many) = match self {
            Self::Goroutines => ("goroutine", "goroutines"),
            Self::Threads => ("thread", "threads"),
            Self::Connections => ("connection", "connections"),
            Self::Sockets => ("socket", "sockets"),
            Self::Descriptors => ("descriptor", "descriptors"),
            Self::Processors => ("processor", "processors"),
            Self::Finalizers => ("finalizer", "finalizers"),
            Self::Kills => ("kill", "kills"),
            Self::Pages => ("page", "pages"),
            Self::Spans => ("span", "spans"),
            Self::Times => ("time", "times"),
        };
        if value == 1 { one } else { many }
    }
}

/// A place in a source that a claim rests on, with the figure that stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Citation {
    /// The source.
    pub source: SourceId,
    /// The place in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// The name of the figure, in the source's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// The figure, in base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// What the figure counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

impl Citation {
    /// A citation of a place.
    pub fn place(span: SourceSpan) -> Self {
        Self { source: span.source, at: Some(span.at), quantity: None, value: None, unit: None }
    }

    /// A citation of a figure that stands at a place.
    pub fn figure(span: SourceSpan, quantity: impl Into<String>, value: i64, unit: Unit) -> Self {
        Self { quantity: Some(quantity.into()), value: Some(value), unit: Some(unit), ..Self::place(span) }
    }

    /// The figure of a count or a limit; `None` where the source says that there is no limit.
    pub fn finite(&self) -> Option<u64> {
        self.value.filter(|value| *value != UNLIMITED).and_then(|value| u64::try_from(value).ok())
    }
}

/// At least one citation: a claim without a source cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Citations(Vec<Citation>);

impl Citations {
    /// The first citation, and more.
    pub fn new(first: Citation, more: impl IntoIterator<Item = Citation>) -> Self {
        Self(std::iter::once(first).chain(more).collect())
    }

    /// From a list, if it holds any.
    pub fn from_list(list: Vec<Citation>) -> Option<Self> {
        (!list.is_empty()).then_some(Self(list))
    }

    /// Adds more.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Citation>) {
        self.0.extend(more);
    }

    /// All of them, to be changed but not removed.
    pub fn as_mut_slice(&mut self) -> &mut [Citation] {
        &mut self.0
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Citation] {
        &self.0
    }
}

/// A claim with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// Stable code: `mem.native`, `goroutine.chan-send-abandoned`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the engine is.
    pub confidence: Confidence,
    /// What becomes of the memory that it is about; `None` if it is about none, or mixes kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<Reclaim>,
    /// When the rule says it, with its thresholds; empty where the reasons stand with the claim's group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// A few words.
    pub title: String,
    /// One or two sentences with the numbers.
    pub claim: String,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The subject it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// What it rests on.
    pub citations: Citations,
    /// What speaks for another reading.
    pub against: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
    /// Lines of code that it names, the first of them first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<StackFrame>,
    /// Those lines in the program's source, where it was dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpts: Vec<Excerpt>,
    /// Group of [`super::Goroutines`] that it is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Finding {
    /// The title, and the container or image that it ends with where it is about what one is given:
    /// `No GOMEMLIMIT beside a memory limit` of `container api of Deployment/api`.
    pub fn headline(&self) -> (&str, Option<&str>) {
        let parts = self.title.split_once(": ").filter(|_| self.code.starts_with("spec."));
        parts.map_or((self.title.as_str(), None), |(title, of)| (title, Some(of)))
    }
}

/// A detector that lacked evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotRun {
    /// The finding code that it could have given.
    pub code: String,
    /// What it needs, in words.
    pub needs: Vec<String>,
}
