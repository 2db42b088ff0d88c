//! The inventory and what it is of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::error::Note;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::sources::SourceStatus;
use crate::newtype_index;

newtype_index! {
    /// A process or container of the drop.
    SubjectId
}

/// One file or archive member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceRow {
    /// Cited by findings and figures.
    pub id: SourceId,
    /// Path as dropped.
    pub path: String,
    /// Format name; `None` if unrecognized.
    pub format: Option<String>,
    /// Name of the format for people; `None` if unrecognized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format_label: Option<String>,
    /// True if the source is text, whose lines can be asked for and are cited.
    #[serde(default)]
    pub is_text: bool,
    /// Bytes in the file or archive.
    pub bytes: u64,
    /// Bytes after decompression.
    pub decoded_bytes: u64,
    /// When the capture was taken, as its content says (Unix time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Nanos>,
    /// Label of the snapshot it belongs to; `None` if it spans all (a log).
    pub snapshot: Option<String>,
    /// The subject it belongs to; `None` for what is of no process (an unrecognized file).
    pub subject: Option<SubjectId>,
    /// What the capture is of, where one format holds several kinds ("heap", "cpu").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How far it got.
    pub status: SourceStatus,
    /// What to know about it.
    pub notes: Vec<Note>,
}

/// One moment of a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SnapshotInfo {
    /// The label, as folders or names give it ("t0", "before"), else "t0", "t1", ... by order.
    pub label: String,
    /// Earliest time that its sources state (Unix time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Nanos>,
    /// Its sources.
    pub sources: Vec<SourceId>,
}

/// A process or container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Subject {
    /// Referred to by sources, findings and sections.
    pub id: SubjectId,
    /// A name for people: the folder, pod or command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Process id, if a source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u64>,
    /// Go version, if a source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_version: Option<String>,
    /// When the process started, if a source states it (Unix time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Nanos>,
    /// What whoever captured says of it: its pod, its node, its image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The subject that this one lies in: a sidecar's container, seen from the sidecar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SubjectId>,
    /// Its moments, in order of time.
    pub snapshots: Vec<SnapshotInfo>,
    /// Sources that belong to no one moment (logs over the whole run).
    pub spanning: Vec<SourceId>,
}

/// Formats of what a service is given before it runs.
const RECIPES: [&str; 6] = ["manifest", "compose", "dockerfile", "image-inspect", "oci-image", "oci-runtime"];

impl SourceRow {
    /// True if it is what containers are given before they run, and no capture.
    pub fn is_recipe(&self) -> bool {
        self.format.as_deref().is_some_and(|format| RECIPES.contains(&format))
    }
}

impl Subject {
    /// All its sources, those of no one moment last.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.snapshots.iter().flat_map(|snapshot| &snapshot.sources).chain(&self.spanning).copied()
    }
}
