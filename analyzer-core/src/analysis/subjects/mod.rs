//! Which files are of one process or container, and of one moment.
//!
//! Folders decide first: `SUBJECT/tN/…`. Files that no folder or name dates
//! are told apart by kind: a second goroutine dump is a second moment.

mod path;

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::base::convert::to_u32;
use crate::base::intern::StringTable;
use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::memory::Record;
use crate::evidence::sources::{Source, SourceStatus};
use crate::report::{SnapshotInfo, Subject, SubjectId};

/// Formats of files that cover the whole run; they are of no one moment unless
/// a folder says so.
const SPANNING_FORMATS: &[&str] = &[
    "gctrace",
    "oom-log",
    "pod",
    "log",
    "capture-manifest",
    "go-build-info",
    "memleak",
    "cachestat",
    "cachetop",
    "tcplife",
    "tcpretrans",
    "oomkill",
    "offcputime",
    "bpftrace",
    "bpftrace-json",
];

/// Formats of files about the program's source and its recipe, which are of no process.
const UNPLACED_FORMATS: &[&str] = &[
    "sarif",
    "golangci-lint",
    "go-vet",
    "staticcheck",
    "go-source",
    "go-mod",
    "go-env",
    "source-tree",
    "manifest",
    "compose",
    "image-inspect",
    "oci-runtime",
    "oci-image",
    "dockerfile",
    "endpoints",
    "consul-health",
    "envoy-clusters",
    "envoy-clusters-json",
    "otlp-spans",
    "otlp-spans-proto",
    "jaeger",
    "zipkin",
];

/// Sorts the sources into subjects and snapshots.
pub fn group(evidence: &Evidence) -> Vec<Subject> {
    let mut by_key: BTreeMap<Vec<String>, Vec<Member>> = BTreeMap::new();
    let is_placed = |source: &Source| !source.format.is_some_and(|format| UNPLACED_FORMATS.contains(&format));
    for (id, source) in evidence.sources.iter_enumerated().filter(|(_, source)| is_placed(source)) {
        let parts = path::split(&source.path);
        let member =
            Member { id, source, snapshot: parts.snapshot, highest_goid: highest_goid(evidence, id) };
        by_key.entry(parts.subject).or_default().push(member);
    }
    merge_companions(&mut by_key);
    by_key.retain(|_, members| members.iter().any(Member::is_usable));
    let keys: Vec<Vec<String>> = by_key.keys().cloned().collect();
    let number = |index: usize| SubjectId(to_u32(index));
    by_key
        .into_iter()
        .enumerate()
        .map(|(index, (key, members))| {
            let parent = parent_of(&key, &keys).map(number);
            let mut subject = subject(number(index), key.last().cloned(), parent, members);
            subject.started_at = subject.started_at.or_else(|| scraped_start(evidence, &subject));
            subject
        })
        .collect()
}

/// The label of the moment that a path names, if it names one.
pub fn snapshot_of(path: &str) -> Option<String> {
    path::split(path).snapshot
}

/// The newest goroutine of a source's dumps: ids only rise in the life of a process.
fn highest_goid(evidence: &Evidence, id: SourceId) -> Option<u64> {
    let dumps = evidence.goroutines.of_source(id);
    dumps.flat_map(|(_, dump)| &dump.goroutines).map(|row| row.goid).max()
}

/// When the process collector of its metrics says that it started.
fn scraped_start(evidence: &Evidence, subject: &Subject) -> Option<Nanos> {
    let key = evidence.strings.find("process_start_time_seconds")?;
    let is_own = |record: &&Record| subject.sources().any(|source| source == record.source);
    let records = evidence.memory.records.iter().filter(|record| record.level == StringTable::EMPTY);
    // The last one: the process that the last snapshot shows.
    let starts = records
        .filter(is_own)
        .filter_map(|record| Some((record.source, evidence.memory.figure(record, key)?.value)));
    starts.max().map(|(_, value)| Nanos(value))
}

/// A source with what its path says.
#[derive(Clone, Debug)]
struct Member<'a> {
    id: SourceId,
    source: &'a Source,
    snapshot: Option<String>,
    highest_goid: Option<u64>,
}

impl Member<'_> {
    fn is_usable(&self) -> bool {
        matches!(self.source.status, SourceStatus::Parsed | SourceStatus::Partial)
    }

    fn is_spanning(&self) -> bool {
        self.source.format.is_none_or(|format| SPANNING_FORMATS.contains(&format))
    }

    /// Two sources of one moment have different identities.
    fn identity(&self) -> (Option<&str>, Option<&str>) {
        (self.source.format, self.source.kind.as_deref())
    }
}

/// Logs and manifests that lie beside the one folder of captures belong to it,
/// and so does a folder that holds nothing else.
fn merge_companions(by_key: &mut BTreeMap<Vec<String>, Vec<Member<'_>>>) {
    let keys: Vec<Vec<String>> = by_key.keys().cloned().collect();
    for key in &keys {
        let is_companion =
            by_key.get(key).is_some_and(|members| members.iter().all(|m| m.is_spanning() || !m.is_usable()));
        if !is_companion {
            continue;
        }
        // Keys that begin with this one stand together behind it.
        let behind =
            by_key.range::<Vec<String>, _>((Bound::Excluded(key), Bound::Unbounded)).map(|(other, _)| other);
        let child = only(behind.take_while(|other| other.starts_with(key)));
        let target =
            child.cloned().or_else(|| parent_of(key, &keys).and_then(|index| keys.get(index)).cloned());
        let Some(target) = target.filter(|target| by_key.contains_key(target)) else { continue };
        if let Some(members) = by_key.remove(key) {
            by_key.entry(target).or_default().extend(members);
        }
    }
    for members in by_key.values_mut() {
        members.order_by_key(|member| member.id);
    }
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// The innermost subject whose folder holds this one; `keys` are sorted.
fn parent_of(key: &[String], keys: &[Vec<String>]) -> Option<usize> {
    let above = |length: usize| key.get(..length).unwrap_or_default();
    (0..key.len())
        .rev()
        .find_map(|length| keys.binary_search_by(|other| other.as_slice().cmp(above(length))).ok())
}

fn subject(
    id: SubjectId,
    name: Option<String>,
    parent: Option<SubjectId>,
    members: Vec<Member<'_>>,
) -> Subject {
    let pid = members.iter().find_map(|member| member.source.pid);
    let go_version = members.iter().find_map(|member| member.source.go_version.clone());
    let started_at = members.iter().filter_map(|member| member.source.started_at).max();
    let labels = members.iter().flat_map(|member| member.source.labels.clone()).collect();
    let has_labels = members.iter().any(|member| member.snapshot.is_some());
    let (snapshots, spanning) = if has_labels { by_label(members) } else { by_kind(members) };
    Subject { id, name, pid, go_version, started_at, labels, parent, snapshots, spanning }
}

/// Snapshots as the paths name them; what they do not date spans all.
fn by_label(members: Vec<Member<'_>>) -> (Vec<SnapshotInfo>, Vec<SourceId>) {
    let mut spanning = Vec::new();
    let mut labels: BTreeMap<String, Vec<Member<'_>>> = BTreeMap::new();
    for member in members {
        match member.snapshot.clone() {
            Some(label) => labels.entry(label).or_default().push(member),
            None => spanning.push(member.id),
        }
    }
    let mut snapshots: Vec<_> =
        labels.into_iter().map(|(label, members)| snapshot(label, &members)).collect();
    snapshots.order_by(|a, b| path::compare_labels(&a.label, &b.label));
    (snapshots, spanning)
}

/// Snapshots of loose files: the n-th source of a kind is of the n-th moment,
/// if most kinds come several times; otherwise all are of one moment, and the
/// few repeated ones are readings of it.
fn by_kind(members: Vec<Member<'_>>) -> (Vec<SnapshotInfo>, Vec<SourceId>) {
    let (spanning, dated): (Vec<_>, Vec<_>) = members.into_iter().partition(Member::is_spanning);
    let spanning = spanning.into_iter().map(|member| member.id).collect();
    let mut kinds: BTreeMap<(Option<&str>, Option<&str>), Vec<&Member<'_>>> = BTreeMap::new();
    for member in &dated {
        kinds.entry(member.identity()).or_default().push(member);
    }
    let repeated = kinds.values().filter(|members| members.len() > 1).count();
    let moments = kinds.values().map(Vec::len).max().unwrap_or(0);
    if dated.is_empty() {
        return (Vec::new(), spanning);
    }
    if moments < 2 || repeated * 2 < kinds.len() {
        return (vec![snapshot("t0".to_owned(), &dated)], spanning);
    }
    let mut rows: Vec<Vec<Member<'_>>> = vec![Vec::new(); moments];
    for mut members in kinds.into_values() {
        order_by_time(&mut members);
        // The last moments: a lone file beside two dumps was taken with the later one.
        let skipped = moments - members.len();
        for (row, member) in rows.iter_mut().skip(skipped).zip(members) {
            row.push(member.clone());
        }
    }
    let snapshots = rows.iter().enumerate().map(|(index, members)| snapshot(format!("t{index}"), members));
    (snapshots.collect(), spanning)
}

/// Sources of one kind in order of time: as they say themselves, else as their
/// names say, else (of goroutine dumps) by the newest goroutine, else by name.
fn order_by_time(members: &mut Vec<&Member<'_>>) {
    if members.iter().all(|member| member.source.captured_at.is_some()) {
        members.order_by_key(|member| (member.source.captured_at, member.id));
        return;
    }
    let is_named = members.iter().any(|member| path::names_an_order(&member.source.path));
    if !is_named && members.iter().all(|member| member.highest_goid.is_some()) {
        members.order_by_key(|member| (member.highest_goid, member.id));
        return;
    }
    members.order_by(|a, b| path::compare_files(&a.source.path, &b.source.path).then(a.id.cmp(&b.id)));
}

fn snapshot(label: String, members: &[Member<'_>]) -> SnapshotInfo {
    let captured_at: Option<Nanos> = members.iter().filter_map(|member| member.source.captured_at).min();
    let mut sources: Vec<SourceId> = members.iter().map(|member| member.id).collect();
    sources.sort_unstable();
    SnapshotInfo { label, captured_at, sources }
}

#[cfg(test)]
mod tests;
