//! What the page's frame and several views need of a report, computed.

use analyzer_core::base::source::SourceId;
use analyzer_core::base::units::{Bytes, Nanos};
use analyzer_core::report::{MemorySnapshot, Report, SourceRow, Subject, SubjectId};

/// The source with this id.
pub fn source(report: &Report, id: SourceId) -> Option<&SourceRow> {
    // Ids are handed out in the order of the inventory; the search is for a report that breaks that.
    let at_its_place = report.sources.get(analyzer_core::base::convert::id_to_usize(id.0));
    at_its_place.filter(|row| row.id == id).or_else(|| report.sources.iter().find(|row| row.id == id))
}

/// The subject with this id.
pub fn subject(report: &Report, id: SubjectId) -> Option<&Subject> {
    report.subjects.iter().find(|subject| subject.id == id)
}

/// A name for people, for every subject.
pub fn subject_name(subject: &Subject) -> String {
    match (&subject.name, subject.pid) {
        (Some(name), _) => name.clone(),
        (None, Some(pid)) => format!("process {pid}"),
        (None, None) => format!("subject {}", subject.id.0 + 1),
    }
}

/// Every memory snapshot of a subject, in order.
pub fn memory_snapshots(report: &Report, id: SubjectId) -> impl Iterator<Item = &MemorySnapshot> {
    report.memory.iter().flat_map(|memory| &memory.snapshots).filter(move |moment| moment.subject == id)
}

/// The limit that the last of a subject's snapshots states.
pub fn limit(report: &Report, id: SubjectId) -> Option<Bytes> {
    memory_snapshots(report, id).filter_map(|moment| moment.limit).last()
}

/// The first and last time of a subject's captures.
pub fn capture_times(subject: &Subject) -> Option<(Nanos, Nanos)> {
    let times = || subject.snapshots.iter().filter_map(|snapshot| snapshot.captured_at);
    Some((times().min()?, times().max()?))
}
