//! Goroutine groups over the snapshots.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::{Citation, Confidence};
use super::sources::SubjectId;
use crate::base::go_symbol::Origin;
use crate::base::source::SourceId;
use crate::base::units::{Bytes, Nanos};

/// What the classifier says of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// They will not end.
    Leak,
    /// They may not end.
    Suspect,
    /// The evidence does not say.
    Unknown,
    /// Known background, or work in progress.
    Benign,
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
    /// Whose code it is.
    #[serde(default)]
    pub origin: Origin,
}

impl StackFrame {
    /// `main.worker (main.go:12)`, as far as it is known.
    pub fn call_site(&self) -> String {
        let file = self.file.as_deref().and_then(|file| file.rsplit('/').next());
        match (file, self.line) {
            (Some(file), Some(line)) => format!("{} ({file}:{line})", self.function),
            _ => self.function.clone(),
        }
    }
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
    /// True if the dump names each goroutine (debug=2, crash); false if it only counts stacks.
    #[serde(default)]
    pub has_ids: bool,
    /// True if the moment before is of another process: the service restarted
    /// in between, and goroutines cannot be followed.
    #[serde(default)]
    pub is_after_restart: bool,
}

/// A group from one snapshot to the next, by goroutine id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GroupChange {
    /// Members that the whole dump before does not have.
    pub births: u64,
    /// Members of the group before that the whole dump after does not have.
    pub deaths: u64,
    /// Ids that are in the group in both dumps.
    pub survivors: u64,
    /// Survivors whose printed minutes rose, from a printed figure or to three
    /// or more: they did not move in between.
    pub aged: u64,
    /// Survivors whose printed minutes rose at all, from none too: they may
    /// have moved, for a stamp can be one GC interval too old.
    #[serde(default)]
    pub risen: u64,
    /// Survivors that print minutes in both dumps and not more in the later
    /// one: they moved in between.
    pub reset: u64,
}

/// How many members of the last snapshot waited how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaitCount {
    /// Minutes as the dump prints them; `None` if it prints none (unknown, not short).
    pub minutes: Option<u32>,
    /// Members.
    pub count: u64,
}

/// Goroutines with one stack, state and creator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoroutineGroup {
    /// Made from state, stack and creator: the same in every report of the
    /// same program. Cited by findings.
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
    /// The group that a victim waits for, or a satellite belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The groups that wait for this one or belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<String>,
    /// Members in each snapshot of its subject in [`Goroutines::snapshots`], in their order.
    pub counts: Vec<u64>,
    /// What happened from each snapshot to the next; `None` where ids do not
    /// allow it. One less than `counts`.
    #[serde(default)]
    pub changes: Vec<Option<GroupChange>>,
    /// State as the dump prints it ("chan send").
    pub state: String,
    /// Longest wait that the last snapshot prints; `None` if it prints none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_minutes: Option<u64>,
    /// Members of the last snapshot by printed wait, shortest first, unknown last.
    #[serde(default)]
    pub waits: Vec<WaitCount>,
    /// Members of the last snapshot that the runtime proved leaked.
    #[serde(default)]
    pub leaked: u64,
    /// New members a minute, where the snapshots or the ages say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak_rate_per_minute: Option<f64>,
    /// Least memory that the members of the last snapshot hold: the smallest
    /// stack that Go gives (2 KiB) for each.
    #[serde(default)]
    pub min_bytes: Bytes,
    /// Minutes until stacks of that least size alone fill what is left below
    /// the container's limit, at the rate above: at most so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_to_limit: Option<u64>,
    /// The function that started them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<StackFrame>,
    /// First frame of the user's own code, from the innermost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_frame: Option<StackFrame>,
    /// Package of the user frame, else of the creator, else of the innermost frame.
    #[serde(default)]
    pub package: String,
    /// The stack, innermost first.
    pub stack: Vec<StackFrame>,
    /// Values of each pprof label among the members, with how many have it.
    pub labels: BTreeMap<String, BTreeMap<String, u64>>,
    /// Ids of members of the last snapshot (the first few), ascending.
    #[serde(default)]
    pub goids: Vec<u64>,
    /// Why, with numbers.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
    /// Where members stand in the dumps (the first few).
    pub citations: Vec<Citation>,
}

/// What the runtime said when a process ended, or when a handler's panic was logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Crash {
    /// The source.
    pub source: SourceId,
    /// The subject.
    pub subject: SubjectId,
    /// "panic", "fatal error", "signal" or "runtime".
    pub kind: String,
    /// The message, with all its lines.
    pub message: String,
    /// Line in the source.
    pub line: u64,
}

/// The goroutine section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Goroutines {
    /// Moments with a dump, by subject, then time.
    pub snapshots: Vec<GoroutineSnapshot>,
    /// Groups, worst verdict first, then by size.
    pub groups: Vec<GoroutineGroup>,
    /// Messages of crashes, in the order of the sources.
    #[serde(default)]
    pub crashes: Vec<Crash>,
    /// How the forms were joined, what was left out.
    #[serde(default)]
    pub remarks: Vec<String>,
}
