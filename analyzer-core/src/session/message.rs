//! What can be asked of a session, and what it answers.

use serde::{Deserialize, Serialize};

use crate::analysis::profile::{
    CallTree, Details, Effects, Labels, Nodes, Order, Peek, Query, QueryError, Top, TreeOptions, Trend,
};
use crate::analysis::trace::lanes::Lanes;
use crate::base::packed::PackedU8;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::newtype_index;
use crate::redact::Summary;
use crate::report::trace::Trace;
use crate::report::{MappingPage, Report};

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

/// A question to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// A file's bytes will follow.
    Open(FileInfo),
    /// The next bytes of a file.
    Chunk {
        /// Which file.
        file: FileId,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// All bytes of a file are there.
    Close(FileId),
    /// No more bytes of this file will come; forget it.
    Abort(FileId),
    /// Everything known so far.
    Report,
    /// Lines of a text source.
    Text {
        /// Which source.
        source: SourceId,
        /// The first line, from 1.
        first_line: u64,
        /// How many.
        lines: u64,
    },
    /// Mappings of a snapshot's main process, the most resident first.
    Mappings {
        /// Index into the snapshots of the report's memory section.
        snapshot: u32,
        /// Id of the class of mappings; all, if there is none.
        class: Option<String>,
        /// The first row, from 0.
        first: u64,
        /// How many.
        count: u64,
    },
    /// The nodes of a profile with their amounts.
    Top {
        /// What is asked of the profile.
        query: Box<Query>,
        /// How rows are sorted.
        order: Order,
    },
    /// The call tree of a profile, laid out.
    Tree {
        /// What is asked of the profile.
        query: Box<Query>,
        /// Which tree.
        options: Box<TreeOptions>,
    },
    /// Nodes of a profile with their callers and callees.
    Peek {
        /// What is asked of the profile.
        query: Box<Query>,
        /// Which nodes.
        nodes: Nodes,
        /// How the nodes are sorted.
        order: Order,
    },
    /// What each label of a profile accounts for.
    Labels(Box<Query>),
    /// What each filter of a query leaves.
    Effects(Box<Query>),
    /// What a profile is beyond its summary; only profile and sample type of the query matter.
    Details(Box<Query>),
    /// The nodes of several profiles with their amounts in each.
    Trend {
        /// What is asked of each profile.
        query: Box<Query>,
        /// The profiles, the earliest first.
        sources: Vec<SourceId>,
        /// Whether growth of flat or of cum comes first.
        order: Order,
    },
    /// A profile as a file to save.
    Export {
        /// What is asked of the profile.
        query: Box<Query>,
        /// What kind of file.
        form: ExportForm,
    },
    /// A closer look at a part of an execution trace.
    TraceWindow(TraceQuery),
    /// All bytes of a file are there, and it is to be redacted instead of read.
    CloseToRedact(FileId),
    /// The files that were closed to be redacted, without their secrets. They are forgotten then.
    Redact,
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

/// An answer of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// The file may be handed over under this id.
    Opened(FileId),
    /// Understood; nothing to say.
    Done,
    /// The file was read; these are its sources.
    Loaded(Vec<SourceId>),
    /// Everything known so far.
    Report(Box<Report>),
    /// Lines of a text source; `None` if the source is not kept as text.
    Text(Option<TextLines>),
    /// Mappings; `None` if there is no such snapshot, or it has no `smaps`.
    Mappings(Option<MappingPage>),
    /// The nodes of a profile, or why there is no answer.
    Top(Result<Box<Top>, QueryError>),
    /// The call tree of a profile, or why there is no answer.
    Tree(Result<Box<CallTree>, QueryError>),
    /// Nodes with their callers and callees, or why there is no answer.
    Peek(Result<Box<Peek>, QueryError>),
    /// What each label accounts for, or why there is no answer.
    Labels(Result<Box<Labels>, QueryError>),
    /// What each filter leaves, or why there is no answer.
    Effects(Result<Box<Effects>, QueryError>),
    /// What a profile is beyond its summary, or why there is no answer.
    Details(Result<Box<Details>, QueryError>),
    /// The nodes of several profiles, or why there is no answer.
    Trend(Result<Box<Trend>, QueryError>),
    /// The bytes of a file, or why there are none.
    Export(Result<PackedU8, QueryError>),
    /// A part of a trace; `None` if there is no such trace, or its bytes are not kept.
    TraceWindow(Option<Box<TraceWindow>>),
    /// Files without their secrets, and the report of them as Markdown.
    Redacted(Box<Redacted>, String),
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
