//! Goroutine groups over the snapshots.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::{Citation, Confidence};
use super::sources::SubjectId;
use crate::base::source::SourceId;
use crate::base::units::Nanos;

/// What the classifier says of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// They will not end.
    Leak,
    /// They may not end.
    Suspect,
    /// Known background, or work in progress.
    Benign,
    /// The evidence does not say.
    Unknown,
}

/// A group's part in a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The cause.
    Root,
    /// Waits for the root.
    Victim,
    /// Exists because of another group (a connection's second goroutine).
    Satellite,
}

/// One frame of a group's stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StackFrame {
    /// Function, generics normalized to `[...]`.
    pub function: String,
    /// Source file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// One moment of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoroutineSnapshot {
    /// The dump that the counts are from; other forms of the same moment only add detail.
    pub source: SourceId,
    /// The subject.
    pub subject: SubjectId,
    /// Label of the snapshot.
    pub snapshot: String,
    /// When it was taken (Unix time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Nanos>,
    /// Goroutines that the runtime counts.
    pub total: u64,
    /// Goroutines by state, as the dump prints it.
    pub states: BTreeMap<String, u64>,
}

/// Goroutines with one stack, state and creator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoroutineGroup {
    /// Stable for the same drop: cited by findings.
    pub id: String,
    /// The subject.
    pub subject: SubjectId,
    /// What the classifier says.
    pub verdict: Verdict,
    /// The rule that decided; empty if none applied.
    pub rule: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// Its part in a cause, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Members in each snapshot of its subject, in their order.
    pub counts: Vec<u64>,
    /// State as the dump prints it ("chan send").
    pub state: String,
    /// Longest wait that the last snapshot prints; `None` if it prints none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_minutes: Option<u64>,
    /// The function that started them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<StackFrame>,
    /// First frame of the user's own code, from the innermost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_frame: Option<StackFrame>,
    /// The stack, innermost first.
    pub stack: Vec<StackFrame>,
    /// Values of each pprof label among the members, with how many have it.
    pub labels: BTreeMap<String, BTreeMap<String, u64>>,
    /// Why, with numbers.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
    /// Where members stand in the dumps (the first few).
    pub citations: Vec<Citation>,
}

/// The goroutine section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Goroutines {
    /// Moments with a dump, by subject, then time.
    pub snapshots: Vec<GoroutineSnapshot>,
    /// Groups, worst verdict first, then by size.
    pub groups: Vec<GoroutineGroup>,
}
