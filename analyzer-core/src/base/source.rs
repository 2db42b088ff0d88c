//! Where a fact stands: which source, which line or byte.

use serde::{Deserialize, Serialize};

use crate::newtype_index;

newtype_index! {
    /// One leaf of what was dropped: a file, or a member of an archive, decoded.
    SourceId
}

/// A place in a source: a line (from 1) for texts, a byte offset into the
/// decoded bytes for binaries, both where both are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Position {
    /// Line number, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column in that line, from 1, in bytes: where one line of a file holds many of a capture's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Byte offset from the start of the decoded source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Position {
    /// A line of a text.
    pub const fn line(line: u64) -> Self {
        Self { line: Some(line), column: None, offset: None }
    }

    /// A byte of a binary.
    pub const fn offset(offset: u64) -> Self {
        Self { line: None, column: None, offset: Some(offset) }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.line, self.offset) {
            (Some(line), _) => match self.column {
                Some(column) => write!(f, "line {line}, column {column}"),
                None => write!(f, "line {line}"),
            },
            (None, Some(offset)) => write!(f, "byte {offset}"),
            (None, None) => write!(f, "an unknown position"),
        }
    }
}

/// A place in one of the session's sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceSpan {
    /// The source.
    pub source: SourceId,
    /// The place in it.
    pub at: Position,
}

/// What a parser is given: the decoded bytes of one source and what is known of its name.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The id under which rows cite this source.
    pub source: SourceId,
    /// The path as dropped, with `/` between folders and archive levels.
    pub path: &'a str,
    /// The decoded bytes.
    pub bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// The last part of the path, without compression suffixes such as `.gz`.
    pub fn file_name(&self) -> &'a str {
        file_name(self.path)
    }
}

/// The last part of a path, without compression suffixes.
pub fn file_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".gz", ".zst", ".zstd"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}
