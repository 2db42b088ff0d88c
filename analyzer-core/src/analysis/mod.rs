//! Pure functions from evidence to what views and detectors need.

pub mod subjects;

use crate::evidence::Evidence;
use crate::report::Subject;

/// Everything that is computed once over all evidence.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Processes and containers with their snapshots; [`crate::report::SubjectId`] is the index.
    pub subjects: Vec<Subject>,
}

impl Analysis {
    /// Analyzes what was parsed.
    pub fn new(evidence: &Evidence) -> Self {
        let subjects = subjects::group(evidence);
        Self { subjects }
    }
}
