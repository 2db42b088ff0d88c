//! What the race detector reported.

use crate::base::source::{Position, SourceId, SourceSpan};

use super::stacks::{FrameId, StackId};

/// One report: two accesses to one address, at least one of them a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceReport {
    /// The source.
    pub source: SourceId,
    /// Line of `WARNING: DATA RACE`.
    pub line: u64,
    /// The accesses, the later one first.
    pub accesses: Vec<RaceAccess>,
    /// Where the goroutines were started.
    pub goroutines: Vec<RaceGoroutine>,
}

impl RaceReport {
    /// The place of one of its lines.
    pub const fn span(&self, line: u64) -> SourceSpan {
        SourceSpan { source: self.source, at: Position::line(line) }
    }
}

/// One of the two accesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceAccess {
    /// `read`, `write`, `atomic write` and the like, in lower case.
    pub kind: String,
    /// The address.
    pub address: Option<u64>,
    /// The goroutine; 1 for the main one, `None` if the text does not say.
    pub goid: Option<u64>,
    /// Its call stack; `None` if the detector could not restore it.
    pub stack: Option<StackId>,
    /// Line of its head.
    pub line: u64,
}

/// Where a goroutine of a report was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceGoroutine {
    /// Its id.
    pub goid: u64,
    /// The innermost frame of the stack that started it.
    pub creator: Option<FrameId>,
}
