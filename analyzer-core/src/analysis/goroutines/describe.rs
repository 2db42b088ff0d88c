//! From groups and judgments to the report's rows.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::grouping::{Group, Population};
use super::judgment::Judgment;
use super::moments::{self, BySource, Form};
use super::series::Series;
use crate::base::convert::to_u64;
use crate::base::intern::StrId;
use crate::base::limits::{GOROUTINE_GROUPS, GROUP_STACK_FRAMES};
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceSpan};
use crate::base::units::Bytes;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{GoroutineDump, PreambleKind};
use crate::report::{
    Citation, Crash, GoroutineGroup, GoroutineSnapshot, Goroutines, Subject, SubjectId, WaitCount,
    number_format,
};

/// Members of a group that are cited and named.
const CITED_MEMBERS: usize = 10;
/// Values of one label that are listed for a group.
const LABEL_VALUES: usize = 50;
/// The smallest stack that Go gives a goroutine (runtime/stack.go, stackMin).
pub(super) const MIN_STACK_BYTES: i64 = 2048;

/// The section while it is put together.
#[derive(Debug, Default)]
pub struct Description {
    section: Goroutines,
    ids: FxHashSet<String>,
}

impl Description {
    /// What the runtime printed before the goroutines of the subject's dumps.
    pub fn add_crashes(&mut self, evidence: &Evidence, subject: &Subject, by_source: &BySource) {
        let of_moments = subject.snapshots.iter().flat_map(|snapshot| &snapshot.sources);
        for source in of_moments.chain(&subject.spanning) {
            for form in by_source.get(source).into_iter().flatten() {
                if let Form::Dump(id) = form {
                    self.section.crashes.extend(crash(&evidence.goroutines.dumps[*id], subject.id));
                }
            }
        }
    }

    /// The moments and groups of one subject.
    pub fn add_subject(
        &mut self,
        evidence: &Evidence,
        subject: SubjectId,
        series: &Series,
        judgments: &[Judgment],
    ) {
        self.add_moments(evidence, subject, series);
        self.section.remarks.extend(series.remarks.iter().cloned());
        let ids: Vec<String> = series.groups.iter().map(|group| self.id(subject, group)).collect();
        let mut victims = vec![Vec::new(); ids.len()];
        for (judgment, id) in judgments.iter().zip(&ids) {
            if let Some(behind) = judgment.root.and_then(|root| victims.get_mut(root)) {
                behind.push(id.clone());
            }
        }
        for (index, (group, judgment)) in series.groups.iter().zip(judgments).enumerate() {
            let mut row = row(evidence, subject, series, index, group, judgment);
            row.id = ids.get(index).cloned().unwrap_or_default();
            row.root = judgment.root.and_then(|root| ids.get(root)).cloned();
            row.victims = victims.get_mut(index).map(std::mem::take).unwrap_or_default();
            self.section.groups.push(row);
        }
    }

    /// The section, sorted.
    pub fn finish(mut self) -> Goroutines {
        let last = |group: &GoroutineGroup| group.counts.last().copied().unwrap_or(0);
        let most = |group: &GoroutineGroup| group.counts.iter().copied().max().unwrap_or(0);
        self.section.groups.order_by(|a, b| {
            (a.verdict.cmp(&b.verdict))
                .then(last(b).cmp(&last(a)))
                .then(most(b).cmp(&most(a)))
                .then(a.subject.cmp(&b.subject))
                .then_with(|| a.id.cmp(&b.id))
        });
        let kept = self.section.groups.len().min(GOROUTINE_GROUPS);
        let dropped = self.section.groups.split_off(kept);
        if !dropped.is_empty() {
            let members: u64 = dropped.iter().map(last).sum();
            let groups = number_format::counted(to_u64(dropped.len()), "more group", "more groups");
            let members = number_format::counted(members, "goroutine", "goroutines");
            let remark = format!("Not listed: {groups} with {members} in the last snapshot.");
            self.section.remarks.push(remark);
        }
        self.section.remarks.order();
        self.section.remarks.dedup();
        self.section
    }

    fn add_moments(&mut self, evidence: &Evidence, subject: SubjectId, series: &Series) {
        for (index, moment) in series.moments.iter().enumerate() {
            let states = states(evidence, series, index, moment.form);
            let before = index.checked_sub(1).and_then(|step| series.steps.get(step));
            self.section.snapshots.push(GoroutineSnapshot {
                source: moment.source,
                subject,
                snapshot: moment.label.clone(),
                at: moment.at,
                total: moment.total,
                states,
                has_ids: moment.has_ids,
                is_after_restart: before.is_some_and(|step| !step.is_same_process),
            });
        }
    }

    /// An id made from what makes the group.
    fn id(&mut self, subject: SubjectId, group: &Group) -> String {
        let mut hash = Fnv::default();
        hash.add(&subject.0.to_le_bytes());
        hash.add(group.state.as_bytes());
        for site in group.frames.iter().chain(&group.creator) {
            hash.add(site.function.name.as_bytes());
            hash.add(&site.line.unwrap_or(0).to_le_bytes());
        }
        loop {
            let id = hash.text();
            if self.ids.insert(id.clone()) {
                return id;
            }
            hash.add(b"again");
        }
    }
}

/// Goroutines by state: as the dump prints it, else as it was told from the stacks.
fn states(evidence: &Evidence, series: &Series, index: usize, form: Form) -> BTreeMap<String, u64> {
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    if let Form::Dump(id) = form {
        for row in moments::real(&evidence.goroutines.dumps[id]) {
            *states.entry(evidence.strings.get(row.state).to_owned()).or_default() += 1;
        }
    }
    if states.is_empty() {
        let at = |group: &Group| group.at.get(index).map_or(0, |population| population.count);
        for group in series.groups.iter().filter(|group| at(group) > 0) {
            *states.entry(group.state.clone()).or_default() += at(group);
        }
    }
    states
}

/// FNV-1a with 64 bits: the same on every target, as ids in links must be.
#[derive(Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn text(&self) -> String {
        format!("g{:010x}", self.0 >> 24)
    }
}

fn row(
    evidence: &Evidence,
    subject: SubjectId,
    series: &Series,
    index: usize,
    group: &Group,
    judgment: &Judgment,
) -> GoroutineGroup {
    let last = group.last();
    let report = |site: &super::grouping::CallSite| site.to_report(evidence);
    let user = group.user_frame();
    let place = user.or(group.creator.as_ref()).or(group.frames.first());
    let count = i64::try_from(last.count).unwrap_or(i64::MAX);
    GoroutineGroup {
        id: String::new(),
        subject,
        verdict: judgment.verdict,
        rule: judgment.rule.to_owned(),
        confidence: judgment.confidence,
        role: judgment.role,
        root: None,
        victims: Vec::new(),
        counts: group.counts(),
        changes: series.steps.iter().map(|step| step.changes.get(index).copied().flatten()).collect(),
        state: group.state.clone(),
        wait_minutes: last.members.iter().filter_map(|member| member.minutes).max().map(u64::from),
        waits: waits(last),
        leaked: last.leaked,
        leak_rate_per_minute: judgment.rate,
        min_bytes: Bytes(count.saturating_mul(MIN_STACK_BYTES)),
        minutes_to_limit: None,
        created_by: group.creator.as_ref().map(report),
        user_frame: user.map(report),
        package: place.map(|site| site.function.package.to_string()).unwrap_or_default(),
        stack: group.frames.iter().take(GROUP_STACK_FRAMES).map(report).collect(),
        labels: labels(evidence, last),
        goids: last.members.iter().take(CITED_MEMBERS).map(|member| member.goid).collect(),
        reasons: judgment.reasons.clone(),
        against: judgment.against.clone(),
        advice: judgment.advice.clone(),
        citations: citations(series, group),
    }
}

fn waits(population: &Population) -> Vec<WaitCount> {
    let mut by_minutes: BTreeMap<Option<u32>, u64> = BTreeMap::new();
    for member in &population.members {
        *by_minutes.entry(member.minutes).or_default() += 1;
    }
    let unknown = by_minutes.remove(&None);
    let known = by_minutes.into_iter().map(|(minutes, count)| WaitCount { minutes, count });
    known.chain(unknown.map(|count| WaitCount { minutes: None, count })).collect()
}

fn labels(evidence: &Evidence, population: &Population) -> BTreeMap<String, BTreeMap<String, u64>> {
    let table = &evidence.goroutines.labels;
    let each = population.members.iter().map(|member| (table.get(member.labels), 1));
    let counted = population.counted_labels.iter().map(|(pairs, count)| (pairs.as_slice(), *count));
    let mut sets: FxHashMap<&[(StrId, StrId)], u64> = FxHashMap::default();
    for (pairs, count) in each.chain(counted).filter(|(pairs, _)| !pairs.is_empty()) {
        *sets.entry(pairs).or_default() += count;
    }
    let mut labels: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (pairs, count) in sets {
        for (key, value) in pairs {
            let values = labels.entry(evidence.strings.get(*key).to_owned()).or_default();
            *values.entry(evidence.strings.get(*value).to_owned()).or_default() += count;
        }
    }
    for values in labels.values_mut() {
        keep_most_frequent(values);
    }
    labels
}

fn keep_most_frequent(values: &mut BTreeMap<String, u64>) {
    let mut counts: Vec<u64> = values.values().copied().collect();
    counts.order_by(|a, b| b.cmp(a));
    if let Some(&least) = counts.get(LABEL_VALUES) {
        values.retain(|_, count| *count > least);
    }
}

/// Where members stand: in the last moment that has any.
fn citations(series: &Series, group: &Group) -> Vec<Citation> {
    let moments = series.moments.iter().zip(&group.at);
    let Some((moment, population)) = moments.rev().find(|(_, population)| population.count > 0) else {
        return Vec::new();
    };
    let members = population.members.iter().map(|member| Position::line(u64::from(member.line)));
    let places = members.chain(population.places.iter().copied()).take(CITED_MEMBERS);
    places.map(|at| Citation::place(SourceSpan { source: moment.source, at })).collect()
}

/// The message of a crash with its first line's kind.
fn crash(dump: &GoroutineDump, subject: SubjectId) -> Option<Crash> {
    let by_weight = [
        PreambleKind::FatalError,
        PreambleKind::Panic,
        PreambleKind::Signal,
        PreambleKind::Recovered,
        PreambleKind::Runtime,
    ];
    let worst = by_weight.into_iter().find_map(|kind| dump.preamble.iter().find(|line| line.kind == kind))?;
    let text: Vec<&str> = dump.preamble.iter().map(|line| line.text.as_str()).collect();
    let kind = match worst.kind {
        PreambleKind::FatalError => "fatal error",
        PreambleKind::Panic => "panic",
        PreambleKind::Signal => "signal",
        PreambleKind::Recovered => "recovered panic",
        PreambleKind::Runtime | PreambleKind::Continuation => "runtime",
    };
    Some(Crash {
        source: dump.source,
        subject,
        kind: kind.to_owned(),
        message: text.join("\n"),
        line: worst.line,
    })
}
