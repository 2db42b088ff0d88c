//! The program's own source, where it was dropped with the captures: which files there are.

use crate::base::intern::StrId;
use crate::base::source::SourceId;
use crate::base::source_tree::SourceTrees;

/// Files of Go source. Their text is asked for by source.
#[derive(Clone, Debug, Default)]
pub struct GoSource {
    /// The `.go` files, in the order of dropping.
    pub files: Vec<SourceId>,
    /// The modules that `go.mod` files name.
    pub modules: Vec<GoModule>,
    /// Where they stand.
    pub trees: SourceTrees,
}

/// A module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoModule {
    /// The source of its `go.mod`.
    pub source: SourceId,
    /// Its path.
    pub module: StrId,
}
