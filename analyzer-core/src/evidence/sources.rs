//! The inventory: one row for each file or archive member.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::error::Notes;
use crate::base::places::Places;
use crate::base::units::Nanos;

/// How far a source got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SourceStatus {
    /// All of it is in the figures.
    Parsed,
    /// Part of it is in the figures; the notes say what is not.
    Partial,
    /// It is of a known format, and nothing of it could be used.
    Failed,
    /// Its content is none of the formats.
    Unrecognized,
}

/// One leaf of what was dropped.
///
/// Invariant: `format` is `None` exactly when `status` is `Unrecognized`.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as dropped, `/` between folders and archive levels.
    pub path: String,
    /// Name of the format in [`crate::formats`], if recognized.
    pub format: Option<&'static str>,
    /// Name of the format for people, if recognized.
    pub format_label: Option<&'static str>,
    /// True if the source is text, whose lines can be asked for.
    pub is_text: bool,
    /// Bytes as they stood in the file or archive.
    pub bytes: u64,
    /// Bytes after decompression.
    pub decoded_bytes: u64,
    /// When the capture was taken, as the content says (Unix time).
    pub captured_at: Option<Nanos>,
    /// When the file was last modified, as its archive or file system says (Unix time).
    pub modified_at: Option<Nanos>,
    /// Process id that the content names, as seen in its own PID namespace.
    pub pid: Option<u64>,
    /// Go version that the content names ("go1.26.6").
    pub go_version: Option<String>,
    /// When the process started, as the content says (Unix time).
    pub started_at: Option<Nanos>,
    /// What whoever captured says of the process: its pod, its node, its image.
    pub labels: BTreeMap<String, String>,
    /// What the capture is of, where one format holds several kinds: the
    /// pprof profile ("heap", "cpu"), the cgroup file's name. Two sources of
    /// one snapshot may share it; two snapshots have one each.
    pub kind: Option<String>,
    /// How far it got.
    pub status: SourceStatus,
    /// What to know about it.
    pub notes: Notes,
    /// Where the lines that its rows name stood in the file, if a wrapping was taken off.
    pub places: Places,
}

impl Source {
    /// A source that nothing is known of yet.
    pub fn new(path: String, bytes: u64, decoded_bytes: u64) -> Self {
        Self {
            path,
            format: None,
            format_label: None,
            is_text: false,
            bytes,
            decoded_bytes,
            captured_at: None,
            modified_at: None,
            pid: None,
            go_version: None,
            started_at: None,
            labels: BTreeMap::new(),
            kind: None,
            status: SourceStatus::Unrecognized,
            notes: Notes::default(),
            places: Places::default(),
        }
    }
}
