//! The waterfall from the live heap to the container's limit, for one moment.
//! Each part is there only if its inputs are; steps add downwards.

mod cgroup;
mod go;
mod process;

pub use cgroup::{charged_hugetlb, explained, shared_between, skew_tolerance};

use super::moment::Moment;
use super::rows::Ledger;
use crate::report::Disagreement;

/// The ledger of a moment, with what forbids to add parts of it.
#[derive(Clone, Debug, Default)]
pub struct Reconciliation {
    /// Rows and layers.
    pub ledger: Ledger,
    /// Inputs that are not of one thing or moment.
    pub disagreements: Vec<Disagreement>,
    /// What is missing for rows that are not there, and what would give it.
    pub missing: Vec<String>,
}

/// Reconciles the layers of a moment.
pub fn reconcile(moment: &Moment<'_>) -> Reconciliation {
    let mut result = Reconciliation::default();
    go::rows(moment, &mut result);
    process::rows(moment, &mut result);
    cgroup::rows(moment, &mut result);
    result
}
