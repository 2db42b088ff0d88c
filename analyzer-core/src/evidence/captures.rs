//! What the manifest of a capture states of how its files were read.

use crate::base::source::SourceId;
use crate::base::units::Nanos;

/// How far apart the files of one snapshot were read that the ledger joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureSkew {
    /// The manifest.
    pub source: SourceId,
    /// The snapshot's folder in the bundle.
    pub label: String,
    /// From the first reading of runtime, process and control group to the last.
    pub skew: Nanos,
}
