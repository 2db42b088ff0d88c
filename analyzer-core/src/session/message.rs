//! What goes into a session and comes out of it, beside the report.

use serde::{Deserialize, Serialize};

use crate::analysis::profile::Order;
use crate::analysis::trace::lanes::Lanes;
use crate::base::packed::PackedU8;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::newtype_index;
use crate::redact::Summary;
use crate::report::trace::Trace;

newtype_index! {
    /// A file that is being handed over.
    FileId
}

/// What is known of a file before its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Path as dropped, with `/` between folders.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Last modification (Unix time), if known.
    pub modified_at: Option<Nanos>,
}

/// Files that a profile can be saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportForm {
    /// What the filters leave as a `profile.proto`, which pprof reads. It is
    /// customarily gzipped, by the host.
    Pprof,
    /// One line a stack, which flame graph tools read.
    Folded,
    /// The top table, which spreadsheets read.
    Csv(Order),
}

impl ExportForm {
    /// What the file's name ends in, gzipped where that is the custom.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pprof => "pb.gz",
            Self::Folded => "folded",
            Self::Csv(_) => "csv",
        }
    }

    /// What the file is, for the host.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pprof => "application/gzip",
            Self::Folded => "text/plain;charset=utf-8",
            Self::Csv(_) => "text/csv;charset=utf-8",
        }
    }
}

/// Which part of an execution trace, and how wide its picture is. Times are
/// nanoseconds since the trace's first batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceQuery {
    /// The trace.
    pub source: SourceId,
    /// First moment.
    pub from: u64,
    /// Last moment; beyond the trace's end, its end.
    pub to: u64,
    /// Columns of the picture: nothing narrower is told apart.
    pub columns: u32,
    /// Only goroutines of this group have lanes, all of them; else the most telling of each group.
    pub group: Option<u32>,
    /// How many lanes of goroutines.
    pub lanes: u32,
    /// Goroutines whose lanes come first, in this order, whatever their group.
    pub pinned: Vec<u64>,
}

/// A part of an execution trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceWindow {
    /// What it adds up to.
    pub trace: Trace,
    /// What processors and goroutines did.
    pub lanes: Lanes,
    /// Goroutines that would have had a lane, were there room.
    pub more_goroutines: u64,
}

/// Captures without what is particular to their owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redacted {
    /// What was done.
    pub summary: Summary,
    /// The files, unwrapped.
    pub files: Vec<FileInfo>,
    /// The bytes of all files, in a row.
    pub bytes: PackedU8,
}

/// Some lines of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLines {
    /// Number of the first line given, from 1.
    pub first_line: u64,
    /// Lines in the whole source.
    pub total_lines: u64,
    /// The lines, without line ends; very long ones are cut.
    pub lines: Vec<String>,
}
