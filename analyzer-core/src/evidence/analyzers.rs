//! What static analyzers say of the program's source.

use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};

/// One diagnostic of an analyzer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The source.
    pub source: SourceId,
    /// Where it stands there.
    pub at: Position,
    /// The program that said it: "go vet", "staticcheck".
    pub tool: StrId,
    /// Its name for the rule: "lostcancel", "SA1015".
    pub rule: StrId,
    /// The file that it is about, as the analyzer names it.
    pub file: StrId,
    /// The line in that file.
    pub line: u32,
    /// Its own words.
    pub message: StrId,
}
