//! What the page's frame and several views need of a report, computed.

mod first;
mod uses;

use analyzer_core::base::source::SourceId;
use analyzer_core::base::units::{Bytes, Nanos};
use analyzer_core::report::plain_text;
use analyzer_core::report::{MemorySnapshot, Report, SourceRow, Subject, SubjectId};

use crate::number_format as text;

pub use first::{first_view, order_in_time, profile_key};
pub use uses::{Use, Uses};

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
    subject.label()
}

/// What a report is of, for a title: its service, else its only file, else the folder of its files.
pub fn report_name(report: &Report) -> String {
    let mut services = report.services();
    let named = services.next().filter(|_| services.next().is_none());
    if let Some(subject) = named.filter(|subject| subject.name.is_some()) {
        return subject_name(subject);
    }
    match report.sources.as_slice() {
        [only] => visible(analyzer_core::base::source::file_name(&only.path)),
        sources => {
            let folder = common_folder(report).trim_end_matches('/');
            let name = folder.rsplit('/').next().filter(|name| !name.is_empty());
            name.map_or_else(|| text::counted(sources.len(), "file", "files"), visible)
        }
    }
}

/// What is known of a subject, a few words each.
pub fn subject_facts(report: &Report, subject: &Subject) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(subject.pid.map(|pid| format!("pid {pid}")));
    facts.extend(subject.go_version.as_deref().map(visible));
    facts.extend(limit(report, subject.id).map(|limit| format!("limit {}", text::bytes(limit.0))));
    facts.extend(capture_times(subject).map(|(first, last)| {
        if first == last {
            text::instant(first)
        } else {
            format!("{} to {}", text::instant(first), text::time_of_day(last))
        }
    }));
    facts
}

/// The folder that all sources share, with its last `/`; empty if there is none.
pub fn common_folder(report: &Report) -> &str {
    let mut paths = report.sources.iter().map(|row| row.path.as_str());
    let Some(first) = paths.next() else { return "" };
    let mut folder = first.rfind('/').map_or("", |slash| first.get(..=slash).unwrap_or_default());
    for path in paths {
        while !path.starts_with(folder) {
            let parent = folder.trim_end_matches('/').rfind('/');
            folder = parent.map_or("", |slash| folder.get(..=slash).unwrap_or_default());
        }
    }
    folder
}

/// Text from a capture with its invisible characters spelled out.
pub fn visible(text: &str) -> String {
    plain_text::visible(text).into_owned()
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
