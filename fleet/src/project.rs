//! A report as one row.

use std::collections::BTreeSet;

use analyzer_core::base::units::Nanos;
use analyzer_core::report::{
    self as engine, LayerId, MemorySnapshot, NoteSeverity, Reclaim, Report, SourceRow, SourceStatus,
    SubjectId,
};
use serde::Serialize;

use crate::column::Moment;
use crate::identity::{self, Layout, Names};
use crate::row::{Bundle, ErrorKind, Finding, Group, HeapSite, Key, Ledger, Row, SCHEMA, Status, Subject};
use crate::site;

/// A note of what a capture says that it could not get: a gap, not a loss.
const NOT_CAPTURED: &str = "not-captured";

/// The object that a bundle is, as a listing has it.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// Its path or address: the key.
    pub object: String,
    /// Its night.
    pub date: String,
    /// What its path says of whose it is.
    pub names: Names,
    /// What the store calls this content.
    pub etag: Option<String>,
    /// Size.
    pub bytes: u64,
    /// Last modification.
    pub modified_at: Option<Nanos>,
}

impl Object {
    /// An object by its path. `None` if nothing says which night it is of.
    pub fn new(
        object: String,
        layout: Option<&Layout>,
        bytes: u64,
        modified_at: Option<Nanos>,
    ) -> Option<Self> {
        let names = identity::of_path(&object, layout);
        let date = identity::date(&names, modified_at)?;
        Some(Self { object, date, names, etag: None, bytes, modified_at })
    }

    /// The key of its row; what the path does not say may be in `labels` or be told by `service`.
    fn key(&self, labels: &Names, service: Option<&str>) -> Key {
        let name = |key: &str| self.names.get(key).or_else(|| labels.get(key)).cloned();
        Key {
            date: self.date.clone(),
            object: self.object.clone(),
            cluster: name("cluster"),
            namespace: name("namespace"),
            service: name("service")
                .or_else(|| labels.get("app").cloned())
                .or_else(|| service.map(str::to_owned))
                .unwrap_or_else(|| "unknown".to_owned()),
            pod: name("pod").unwrap_or_else(|| identity::stem(&self.object).to_owned()),
        }
    }

    /// The row of an object that gave nothing.
    pub fn failed(&self, kind: ErrorKind, message: String) -> Row {
        let mut row = Row::failed(self.key(&Names::new(), None), kind, message);
        self.fill(&mut row.bundle);
        row
    }

    fn fill(&self, bundle: &mut Bundle) {
        bundle.etag.clone_from(&self.etag);
        bundle.bytes = signed(self.bytes);
        bundle.modified_at = self.modified_at.map(moment);
    }
}

/// What a report does not say of itself.
#[derive(Clone, Copy, Debug)]
pub struct Asides {
    /// What baselines know a finding by.
    pub fingerprint: fn(&engine::Finding, &Report) -> String,
}

/// The row of a bundle: nothing but the report and the object enters.
pub fn row(report: &Report, object: &Object, asides: Asides) -> Row {
    let main = main_subject(report);
    let labels = report.subjects.iter().flat_map(|subject| subject.labels.clone()).collect::<Names>();
    let service = main.and_then(|subject| subject.name.as_deref());
    let key = object.key(&labels, service);
    if let Some((kind, message, path)) = failure(report) {
        let mut row = Row::failed(key, kind, message);
        object.fill(&mut row.bundle);
        row.bundle.error_path = path;
        row.bundle.sources = Some(count(report.sources.len()));
        return row;
    }
    let mut bundle = bundle(report, main, &labels);
    object.fill(&mut bundle);
    Row {
        key,
        bundle,
        subjects: report.subjects.iter().map(subject).collect(),
        findings: findings(report, asides),
        groups: groups(report, asides),
        heap_sites: heap_sites(report),
        ledger: ledger(report),
    }
}

/// The service that the bundle is of: what its memory section is about, else its first one.
fn main_subject(report: &Report) -> Option<&engine::Subject> {
    let of_memory = report.memory.as_ref().map(|memory| memory.latest.subject);
    let by_id = |id: SubjectId| report.subjects.iter().find(|subject| subject.id == id);
    of_memory.and_then(by_id).or_else(|| report.services().next())
}

/// Why nothing of the bundle can be used; `None` if something can.
fn failure(report: &Report) -> Option<(ErrorKind, String, Option<String>)> {
    let is_usable = |row: &SourceRow| {
        matches!(row.status, SourceStatus::Parsed | SourceStatus::Partial)
            && row.format.as_deref() != Some("capture-manifest")
    };
    if report.sources.iter().any(is_usable) {
        return None;
    }
    let worst = report.sources.iter().flat_map(|row| row.notes.iter().map(move |note| (row, note)));
    let worst = worst.max_by_key(|(row, note)| (note.severity, std::cmp::Reverse(row.id)));
    let Some((source, note)) = worst else {
        return Some((ErrorKind::Unusable, "nothing in it could be read".to_owned(), None));
    };
    let kind = match note.code.as_str() {
        "empty" => ErrorKind::Empty,
        "truncated" | "archive-cut" => ErrorKind::Cut,
        _ => ErrorKind::Unusable,
    };
    Some((kind, note.message.clone(), Some(source.path.clone())))
}

/// Files of which a part is not in the figures, each with the reason.
fn losses(report: &Report) -> Vec<String> {
    let lost = |row: &SourceRow| {
        let is_loss = |note: &&engine::Note| {
            note.code != NOT_CAPTURED
                && (note.severity == NoteSeverity::DataLoss
                    || (note.severity == NoteSeverity::Error && row.status == SourceStatus::Failed))
        };
        row.notes.iter().find(is_loss).map(|note| format!("{}: {}", row.path, note.message))
    };
    report.sources.iter().filter_map(lost).collect()
}

fn bundle(report: &Report, main: Option<&engine::Subject>, labels: &Names) -> Bundle {
    let losses = losses(report);
    let latest = report.memory.as_ref().map(|memory| &memory.latest);
    let is_of_main = |subject: SubjectId| main.is_some_and(|main| main.id == subject);
    let dumps = report.goroutines.iter().flat_map(|section| &section.snapshots);
    let dumps: Vec<_> = dumps.filter(|snapshot| is_of_main(snapshot.subject)).collect();
    let heaps = report.profiles.iter().filter(|profile| profile.kind.as_deref() == Some("heap"));
    let moments_with = |is_meant: fn(&SourceRow) -> bool| {
        let sources = report.sources.iter().filter(|row| is_meant(row) && row.status != SourceStatus::Failed);
        let moments: BTreeSet<_> = sources.map(|row| (row.subject, row.snapshot.as_deref())).collect();
        Some(count(moments.len()))
    };
    let unread = |row: &&SourceRow| matches!(row.status, SourceStatus::Failed | SourceStatus::Unrecognized);
    let captured = main.and_then(|subject| subject.snapshots.iter().filter_map(|at| at.captured_at).max());
    let build_ids = report.profiles.iter().filter_map(|profile| profile.program.as_ref());
    let missing = report.sources.iter().flat_map(|row| &row.notes).filter(|note| note.code == NOT_CAPTURED);
    Bundle {
        node: labels.get("node").cloned(),
        image: labels.get("image").cloned(),
        captured_at: captured.map(moment),
        process_started_at: main.and_then(|subject| subject.started_at).map(moment),
        go_version: main.and_then(|subject| subject.go_version.clone()),
        build_id: build_ids.map(|program| program.build_id.clone()).find(|id| !id.is_empty()),
        snapshots: main.map(|subject| count(subject.snapshots.len())),
        sources: Some(count(report.sources.len())),
        unread: Some(count(report.sources.iter().filter(unread).count())),
        dumps: Some(count(dumps.len())),
        heaps: Some(count(heaps.count())),
        cgroups: moments_with(|row| row.format.as_deref().is_some_and(|name| name.starts_with("cgroup"))),
        smaps: moments_with(|row| row.format.as_deref().is_some_and(|name| name.starts_with("smaps"))),
        traces: Some(count(report.traces.len())),
        not_run: report.not_run.iter().map(|rule| rule.code.clone()).collect(),
        not_captured: missing.map(|note| note.message.clone()).collect(),
        limit: latest.and_then(|moment| moment.limit).map(|bytes| bytes.0),
        charged: latest.and_then(charged),
        reclaimable: latest.and_then(reclaimable),
        working_set: latest.and_then(|moment| moment.working_set).map(|bytes| bytes.0),
        gomemlimit: latest.and_then(|moment| moment.gomemlimit).map(|bytes| bytes.0),
        goroutines: dumps.last().map(|snapshot| signed(snapshot.total)),
        status: if losses.is_empty() { Status::Ok } else { Status::Partial },
        losses,
        outcome: word(&report.outcome),
        verdict: Some(report.verdict.clone()),
        attempts: 1,
        engine: report.engine.clone(),
        schema: SCHEMA.to_owned(),
        ..Bundle::default()
    }
}

/// What the kernel charges to the container.
fn charged(moment: &MemorySnapshot) -> Option<i64> {
    moment.layers.iter().find(|layer| layer.id == LayerId::Cgroup).map(|layer| layer.bytes.0)
}

/// What of it the kernel takes back before it kills.
fn reclaimable(moment: &MemorySnapshot) -> Option<i64> {
    charged(moment)?;
    let rows = moment.ledger.iter().filter(|row| !row.is_total);
    Some(rows.filter(|row| row.reclaim == Some(Reclaim::Reclaimable)).map(|row| row.bytes.0).sum())
}

fn subject(subject: &engine::Subject) -> Subject {
    Subject {
        subject: number(subject.id),
        name: subject.name.clone(),
        pid: subject.pid.map(signed),
        parent: subject.parent.map(number),
        go_version: subject.go_version.clone(),
        started_at: subject.started_at.map(moment),
    }
}

fn findings(report: &Report, asides: Asides) -> Vec<Finding> {
    let groups = || report.goroutines.iter().flat_map(|section| &section.groups);
    let row = |(n, finding): (usize, &engine::Finding)| {
        let group = groups().find(|group| finding.group.as_ref() == Some(&group.id));
        let frame = match group {
            Some(group) => site::frame_of_group(group),
            None => site::place_of_finding(finding),
        };
        Finding {
            subject: finding.subject.map(number),
            n: count(n),
            site_key: group.map_or_else(|| site::of_finding(finding), site::of_group),
            fingerprint: (asides.fingerprint)(finding, report),
            code: finding.code.clone(),
            severity: word(&finding.severity).unwrap_or_default(),
            confidence: word(&finding.confidence).unwrap_or_default(),
            site: frame.map(|frame| frame.function.clone()),
            file: frame.and_then(|frame| frame.file.clone()),
            line: frame.and_then(|frame| frame.line).and_then(line),
            package: frame.map(|frame| package(&frame.function)),
            amount: finding.amount.map(|amount| amount.value),
            low: finding.amount.and_then(|amount| amount.low),
            high: finding.amount.and_then(|amount| amount.high),
            unit: finding.amount.and_then(|amount| word(&amount.unit)),
            reclaim: finding.reclaim.as_ref().and_then(word),
            title: finding.title.clone(),
            claim: finding.claim.clone(),
        }
    };
    report.findings.iter().enumerate().map(row).collect()
}

fn groups(report: &Report, asides: Asides) -> Vec<Group> {
    let groups = report.goroutines.iter().flat_map(|section| &section.groups);
    let row = |group: &engine::GoroutineGroup| {
        let frame = site::frame_of_group(group);
        let finding = report.findings.iter().find(|finding| finding.group.as_ref() == Some(&group.id));
        let changes: Vec<_> = group.changes.iter().flatten().collect();
        let sum = |of: fn(&engine::GroupChange) -> u64| {
            (!changes.is_empty()).then(|| signed(changes.iter().map(|change| of(change)).sum()))
        };
        Group {
            subject: number(group.subject),
            group_id: group.id.clone(),
            site_key: site::of_group(group),
            fingerprint: finding.map(|finding| (asides.fingerprint)(finding, report)),
            verdict: word(&group.verdict).unwrap_or_default(),
            rule: group.rule.clone(),
            role: group.role.as_ref().and_then(word),
            state: group.state.clone(),
            site: frame.map(|frame| frame.function.clone()),
            file: frame.and_then(|frame| frame.file.clone()),
            line: frame.and_then(|frame| frame.line).and_then(line),
            created_by: group.created_by.as_ref().map(|frame| frame.function.clone()),
            package: group.package.clone(),
            first: group.counts.first().copied().map_or(0, signed),
            last: group.counts.last().copied().map_or(0, signed),
            births: sum(|change| change.births),
            deaths: sum(|change| change.deaths),
            per_minute: group.leak_rate_per_minute,
            min_bytes: group.min_bytes.0,
            minutes_to_limit: group.minutes_to_limit.map(signed),
        }
    };
    groups.map(row).collect()
}

fn heap_sites(report: &Report) -> Vec<HeapSite> {
    let row = |(n, site): (usize, &engine::HeapSite)| HeapSite {
        subject: number(site.subject),
        n: count(n),
        site_key: site::of_heap(&site.frame.function),
        function: site.frame.function.clone(),
        file: site.frame.file.clone(),
        line: site.frame.line.and_then(line),
        package: package(&site.frame.function),
        inuse_first: site.first.map(|bytes| bytes.0),
        inuse_last: site.last.0,
        objects: site.objects,
        growth: site.growth.map(|amount| amount.value),
        growth_low: site.growth.and_then(|amount| amount.low),
        growth_high: site.growth.and_then(|amount| amount.high),
    };
    report.heap_sites.iter().enumerate().map(row).collect()
}

fn ledger(report: &Report) -> Vec<Ledger> {
    let moments = report.memory.iter().flat_map(|memory| &memory.snapshots);
    let last: std::collections::BTreeMap<SubjectId, &str> =
        moments.clone().map(|moment| (moment.subject, moment.snapshot.as_str())).collect();
    let rows = moments.flat_map(|moment| moment.ledger.iter().map(move |row| (moment, row)));
    rows.map(|(moment, row)| Ledger {
        subject: number(moment.subject),
        snapshot: moment.snapshot.clone(),
        id: row.id.clone(),
        layer: word(&row.layer).unwrap_or_default(),
        bytes: row.bytes.0,
        low: row.low.map(|bytes| bytes.0),
        high: row.high.map(|bytes| bytes.0),
        class: word(&row.class).unwrap_or_default(),
        is_total: row.is_total,
        reclaim: row.reclaim.as_ref().and_then(word),
        is_last: last.get(&moment.subject) == Some(&moment.snapshot.as_str()),
    })
    .collect()
}

/// The package of a function: its path up to the first dot after the last slash.
fn package(function: &str) -> String {
    let end = function.find(['(', '[', ' ']).unwrap_or(function.len());
    let slash = function.get(..end).and_then(|path| path.rfind('/')).map_or(0, |at| at + 1);
    let dot = function.get(slash..end).and_then(|element| element.find('.'));
    dot.and_then(|dot| function.get(..slash + dot)).unwrap_or_default().to_owned()
}

/// The word that the report's JSON has for it.
fn word<T: Serialize>(value: &T) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn moment(at: Nanos) -> Moment {
    Moment { micros: at.0 / 1_000 }
}

fn number(subject: SubjectId) -> i32 {
    i32::try_from(subject.0).unwrap_or(i32::MAX)
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn line(line: u32) -> Option<i32> {
    i32::try_from(line).ok()
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
