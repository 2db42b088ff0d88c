//! Which dumps of a subject are one moment each, and which only add to another.
//!
//! Several forms of one snapshot list the same goroutines. The one that says
//! most is the moment; the others add what it lacks (proofs of leaks), and are
//! never counted again.

use std::collections::{HashMap, HashSet};

use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{DumpForm, DumpId, Goroutine, GoroutineDump, GoroutineFlags};
use crate::report::Subject;

/// One moment of one subject.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Label of the snapshot; further dumps of one snapshot get a number.
    pub label: String,
    /// When, if a source says so.
    pub at: Option<Nanos>,
    /// Index of the snapshot in the subject.
    pub snapshot: usize,
    /// The dump that is counted.
    pub dump: DumpId,
    /// The source of that dump.
    pub source: SourceId,
    /// True if the dump names each goroutine.
    pub has_ids: bool,
    /// True if only goroutines are listed that the runtime proved leaked.
    pub is_only_leaked: bool,
    /// How many goroutines there were, as the best of the sources says.
    pub total: u64,
}

/// Everything that a subject's dumps give.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// In order of time.
    pub moments: Vec<Moment>,
    /// Dumps whose leak marks speak of goroutines by id.
    pub marked: Vec<DumpId>,
    /// Counted leak profiles: what the runtime proved, by stack.
    pub proofs: Vec<Proof>,
    /// Things to say about the joining.
    pub remarks: Vec<String>,
}

/// A counted leak profile, and the snapshot that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The profile.
    pub dump: DumpId,
    /// Index of the snapshot in the subject.
    pub snapshot: usize,
}

/// The dumps of each source.
pub fn dumps_by_source(evidence: &Evidence) -> HashMap<SourceId, Vec<DumpId>> {
    let mut by_source: HashMap<SourceId, Vec<DumpId>> = HashMap::new();
    for (id, dump) in evidence.goroutines.dumps.iter_enumerated() {
        by_source.entry(dump.source).or_default().push(id);
    }
    by_source
}

/// Sorts a subject's dumps into moments.
pub fn collect(
    evidence: &Evidence,
    subject: &Subject,
    by_source: &HashMap<SourceId, Vec<DumpId>>,
) -> Moments {
    let mut found = Moments::default();
    for (snapshot, info) in subject.snapshots.iter().enumerate() {
        let dumps: Vec<DumpId> = info
            .sources
            .iter()
            .flat_map(|source| by_source.get(source).into_iter().flatten())
            .copied()
            .collect();
        found.add_snapshot(evidence, snapshot, &info.label, info.captured_at, &dumps);
    }
    // A log over the whole run holds dumps of its own moments.
    let spanning: Vec<DumpId> = subject
        .spanning
        .iter()
        .flat_map(|source| by_source.get(source).into_iter().flatten())
        .copied()
        .collect();
    if found.moments.is_empty() {
        found.add_snapshot(evidence, subject.snapshots.len(), "log", None, &spanning);
    } else {
        found.marked.extend(spanning.into_iter().filter(|&id| has_marks(&evidence.goroutines.dumps[id])));
    }
    found
}

impl Moments {
    fn add_snapshot(
        &mut self,
        evidence: &Evidence,
        snapshot: usize,
        label: &str,
        at: Option<Nanos>,
        ids: &[DumpId],
    ) {
        let dumps = &evidence.goroutines.dumps;
        self.marked.extend(ids.iter().copied().filter(|&id| has_marks(&dumps[id])));
        let is_leak_count = |dump: &GoroutineDump| dump.form == DumpForm::Counts && dump.is_leak_profile;
        let proofs = ids.iter().copied().filter(|&id| is_leak_count(&dumps[id]));
        self.proofs.extend(proofs.map(|dump| Proof { dump, snapshot }));
        let of = |wanted: fn(&GoroutineDump) -> bool| -> Vec<DumpId> {
            ids.iter().copied().filter(|&id| wanted(&dumps[id])).collect()
        };
        // In the order of how much they say.
        let choices = [
            of(|dump| dump.form == DumpForm::Stacks && !dump.is_leak_profile),
            of(|dump| dump.form == DumpForm::Stacks && dump.is_leak_profile),
            of(|dump| dump.form == DumpForm::Crash && dump.goroutines.len() > 1),
            of(|dump| dump.form == DumpForm::Counts && !dump.is_leak_profile),
            of(|dump| dump.form == DumpForm::Counts && dump.is_leak_profile),
        ];
        let Some(chosen) = choices.into_iter().find(|choice| !choice.is_empty()) else { return };
        let stated =
            ids.iter().filter_map(|&id| Some(&dumps[id]).filter(|d| !d.is_leak_profile)?.stated_total).max();
        let distinct = self.without_repeats(evidence, chosen);
        for (index, id) in distinct.iter().copied().enumerate() {
            let dump = &dumps[id];
            let listed = real(dump).count();
            let listed = crate::base::convert::to_u64(listed).saturating_add(counted(dump));
            let stated = stated.filter(|_| dump.is_cut).or(dump.stated_total);
            self.moments.push(Moment {
                label: if index == 0 { label.to_owned() } else { format!("{label}#{}", index + 1) },
                at: dump.captured_at.or(at),
                snapshot,
                dump: id,
                source: dump.source,
                has_ids: dump.form != DumpForm::Counts,
                is_only_leaked: dump.form == DumpForm::Counts && dump.is_leak_profile,
                total: stated.map_or(listed, |stated| stated.max(listed)),
            });
        }
    }

    /// Dumps of one snapshot without those that repeat another's goroutines.
    fn without_repeats(&mut self, evidence: &Evidence, chosen: Vec<DumpId>) -> Vec<DumpId> {
        let mut seen: HashSet<Vec<(u64, Option<crate::evidence::stacks::StackId>, u64)>> = HashSet::new();
        let before = chosen.len();
        let distinct: Vec<DumpId> =
            chosen.into_iter().filter(|&id| seen.insert(content(&evidence.goroutines.dumps[id]))).collect();
        if distinct.len() < before {
            self.remarks.push("The same dump is there more than once; it is counted once.".to_owned());
        }
        // Counts of one moment in two files have no order among themselves.
        let is_counted =
            distinct.first().is_some_and(|&id| evidence.goroutines.dumps[id].form == DumpForm::Counts);
        if is_counted { distinct.into_iter().take(1).collect() } else { distinct }
    }
}

/// What makes two dumps the same: ids, stacks and counts, in any order.
fn content(dump: &GoroutineDump) -> Vec<(u64, Option<crate::evidence::stacks::StackId>, u64)> {
    let each = dump.goroutines.iter().map(|row| (row.goid, row.stack, 1));
    let counted = dump.counted.iter().map(|row| (0, row.stack, row.count));
    let mut rows: Vec<_> = each.chain(counted).collect();
    rows.sort_unstable();
    rows
}

/// The goroutines of a dump, without threads' system stacks.
pub fn real(dump: &GoroutineDump) -> impl Iterator<Item = &Goroutine> {
    dump.goroutines.iter().filter(|row| !row.flags.has(GoroutineFlags::SYSTEM_STACK))
}

fn counted(dump: &GoroutineDump) -> u64 {
    dump.counted.iter().fold(0, |sum, row| sum.saturating_add(row.count))
}

fn has_marks(dump: &GoroutineDump) -> bool {
    dump.goroutines.iter().any(|row| row.flags.has(GoroutineFlags::LEAKED))
}
