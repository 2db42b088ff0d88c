//! `ebpf.*`: what tools of eBPF and perf counted.

detectors! {
    native_leak,
    native_alloc,
    cache_miss,
    conn_churn,
    goroutine_growth,
}

use super::Case;
use crate::base::source::SourceId;
use crate::report::SubjectId;

/// Whose source it is.
fn subject(case: &Case<'_>, source: SourceId) -> Option<SubjectId> {
    let subjects = &case.analysis.subjects;
    subjects.iter().find(|subject| subject.sources().any(|own| own == source)).map(|subject| subject.id)
}

/// What a rule lacks if a table is empty.
fn needs<T>(rows: &[T], what: &str) -> Vec<String> {
    if rows.is_empty() { vec![what.to_owned()] } else { Vec::new() }
}
