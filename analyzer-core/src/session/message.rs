//! What can be asked of a session, and what it answers.

use serde::{Deserialize, Serialize};

use crate::analysis::profile::{CallTree, Order, Query, QueryError, Top, TreeOptions};
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::newtype_index;
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
    Top(Result<Top, QueryError>),
    /// The call tree of a profile, or why there is no answer.
    Tree(Result<Box<CallTree>, QueryError>),
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
