//! Which dumps of a subject are one moment each, and which only add to another.
//!
//! Several forms of one snapshot list the same goroutines. The one that says
//! most is the moment; the others add what it lacks (proofs of leaks), and are
//! never counted again.

use rustc_hash::{FxHashMap, FxHashSet};

use super::profile_rows;
use crate::base::convert::to_u64;
use crate::base::intern::StrId;
use crate::base::order::StableOrder as _;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{DumpForm, DumpId, Goroutine, GoroutineDump, GoroutineFlags};
use crate::evidence::profiles::ProfileId;
use crate::evidence::stacks::StackId;
use crate::report::Subject;

/// A dump as text, or a goroutine profile in protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A dump of [`crate::evidence::goroutines::Goroutines::dumps`].
    Dump(DumpId),
    /// A profile of [`Evidence::profiles`].
    Profile(ProfileId),
}

/// How much a form says: the first that is there is the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Rank {
    /// `debug=2`: every goroutine with id, age and creator.
    Stacks,
    /// `debug=2` of the leak endpoint: all goroutines, leaked ones marked and without age.
    LeakStacks,
    /// Printed while the process ended.
    Crash,
    /// Protobuf: counts, and the wait stands on the stack.
    Profile,
    /// `debug=1`: counts.
    Counts,
    /// A leak profile that counts leaked goroutines only.
    LeakProfile,
    LeakCounts,
    /// The stack of one goroutine that panicked: what the others did is unknown.
    Trace,
}

/// One moment of one subject.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Label of the snapshot; further dumps of one snapshot get a number.
    pub label: String,
    /// When, if a source says so.
    pub at: Option<Nanos>,
    /// Index of the snapshot in the subject.
    pub snapshot: usize,
    /// The dump or profile that is counted.
    pub form: Form,
    /// Its source.
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
    pub form: Form,
    /// Index of the snapshot in the subject.
    pub snapshot: usize,
}

/// Dumps and goroutine profiles by source.
pub type BySource = FxHashMap<SourceId, Vec<Form>>;

/// The dumps and goroutine profiles of each source.
pub fn by_source(evidence: &Evidence) -> BySource {
    let mut by_source = BySource::default();
    for (id, dump) in evidence.goroutines.dumps.iter_enumerated() {
        by_source.entry(dump.source).or_default().push(Form::Dump(id));
    }
    for (id, profile) in evidence.profiles.iter_enumerated() {
        if profile_rows::is_leak_profile(evidence, profile).is_some() {
            by_source.entry(profile.source).or_default().push(Form::Profile(id));
        }
    }
    by_source
}

/// Sorts a subject's dumps into moments.
pub fn collect(evidence: &Evidence, subject: &Subject, by_source: &BySource) -> Moments {
    let mut found = Moments::default();
    let forms = |sources: &[SourceId]| -> Vec<Form> {
        sources.iter().flat_map(|source| by_source.get(source).into_iter().flatten()).copied().collect()
    };
    for (snapshot, info) in subject.snapshots.iter().enumerate() {
        found.add_snapshot(evidence, snapshot, &info.label, info.captured_at, &forms(&info.sources));
    }
    // A log over the whole run holds dumps of its own moments.
    let spanning = forms(&subject.spanning);
    if found.moments.is_empty() {
        found.add_snapshot(evidence, subject.snapshots.len(), "log", None, &spanning);
    } else {
        found.add_marks(evidence, &spanning);
    }
    found
}

impl Moments {
    fn add_marks(&mut self, evidence: &Evidence, forms: &[Form]) {
        let marked = forms.iter().filter_map(|form| match form {
            Form::Dump(id) if has_marks(&evidence.goroutines.dumps[*id]) => Some(*id),
            _ => None,
        });
        self.marked.extend(marked);
    }

    fn add_snapshot(
        &mut self,
        evidence: &Evidence,
        snapshot: usize,
        label: &str,
        at: Option<Nanos>,
        forms: &[Form],
    ) {
        self.add_marks(evidence, forms);
        let ranked: Vec<(Rank, Form)> =
            forms.iter().filter_map(|&form| Some((rank(evidence, form)?, form))).collect();
        let is_proof = |rank: Rank| matches!(rank, Rank::LeakProfile | Rank::LeakCounts);
        // Text and protobuf of one leak profile say the same: one is enough.
        let proof = ranked.iter().filter(|(rank, _)| is_proof(*rank)).min_by_key(|(rank, _)| *rank);
        self.proofs.extend(proof.map(|&(_, form)| Proof { form, snapshot }));
        let Some(best) = ranked.iter().map(|(rank, _)| *rank).min() else { return };
        let mut chosen: Vec<Form> =
            ranked.iter().filter(|(rank, _)| *rank == best).map(|(_, form)| *form).collect();
        match best {
            // A log goes on to the crash: its dumps and the crash's are moments of one life.
            Rank::Stacks | Rank::LeakStacks => {
                let sources: FxHashSet<SourceId> =
                    chosen.iter().map(|form| source(evidence, *form)).collect();
                let is_chosen = |&&(rank, form): &&(Rank, Form)| {
                    rank == best || rank == Rank::Crash && sources.contains(&source(evidence, form))
                };
                chosen = ranked.iter().filter(is_chosen).map(|(_, form)| *form).collect();
                self.leave_out_parts(evidence, &mut chosen);
            }
            Rank::Trace => self.keep_last(&mut chosen),
            _ => {}
        }
        let stated = ranked
            .iter()
            .filter(|(rank, _)| !is_proof(*rank))
            .filter_map(|(_, form)| stated_total(evidence, *form))
            .max();
        let distinct = self.without_repeats(evidence, chosen);
        for (index, form) in distinct.into_iter().enumerate() {
            let listed = listed(evidence, form);
            let is_cut = matches!(form, Form::Dump(id) if evidence.goroutines.dumps[id].is_cut);
            let stated = stated.filter(|_| is_cut).or_else(|| stated_total(evidence, form));
            self.moments.push(Moment {
                label: if index == 0 { label.to_owned() } else { format!("{label}#{}", index + 1) },
                at: captured_at(evidence, form).or(at),
                snapshot,
                form,
                source: source(evidence, form),
                has_ids: matches!(best, Rank::Stacks | Rank::LeakStacks | Rank::Crash | Rank::Trace),
                is_only_leaked: is_proof(best),
                total: stated.map_or(listed, |stated| stated.max(listed)),
            });
        }
    }

    /// A crash that lists less than half of the dump before it, and others, is a
    /// part of a list: what was stuck before has not ended by it.
    fn leave_out_parts(&mut self, evidence: &Evidence, chosen: &mut Vec<Form>) {
        let all = chosen.len();
        if all < 2 {
            return;
        }
        let mut before: FxHashSet<u64> = FxHashSet::default();
        chosen.retain(|form| {
            let Form::Dump(id) = form else { return true };
            let dump = &evidence.goroutines.dumps[*id];
            let listed = real(dump).count();
            let kept = real(dump).filter(|row| before.contains(&row.goid)).count();
            let is_part = dump.form == DumpForm::Crash && listed * 2 < before.len() && kept * 2 < listed;
            if !is_part {
                before = real(dump).map(|row| row.goid).collect();
            }
            !is_part
        });
        if chosen.len() < all {
            self.remarks.push(
                "A crash lists only some of the goroutines, so they are not compared with the previous dump."
                    .to_owned(),
            );
        }
    }

    /// Stacks of single goroutines are no moments of one life: the last one stands for all.
    fn keep_last(&mut self, traces: &mut Vec<Form>) {
        let before = traces.len().saturating_sub(1);
        traces.drain(..before);
        if before > 0 {
            self.remarks.push(format!(
                "The file contains {} stacks of one goroutine each; only the last one is counted.",
                before.saturating_add(1)
            ));
        }
    }

    /// Dumps of one snapshot without those that repeat another's goroutines.
    fn without_repeats(&mut self, evidence: &Evidence, chosen: Vec<Form>) -> Vec<Form> {
        let before = chosen.len();
        if before < 2 {
            return chosen;
        }
        let mut seen = FxHashSet::default();
        let is_new = |form: &Form| match form {
            Form::Dump(id) => seen.insert(content(&evidence.goroutines.dumps[*id])),
            Form::Profile(_) => true,
        };
        let distinct: Vec<Form> = chosen.into_iter().filter(is_new).collect();
        if distinct.len() < before {
            self.remarks.push("The same dump occurs more than once; it is counted once.".to_owned());
        }
        // Counts of one moment in two files have no order among themselves.
        let is_counted = distinct.first().is_some_and(|form| match form {
            Form::Dump(id) => evidence.goroutines.dumps[*id].form == DumpForm::Counts,
            Form::Profile(_) => true,
        });
        if is_counted { distinct.into_iter().take(1).collect() } else { distinct }
    }
}

fn rank(evidence: &Evidence, form: Form) -> Option<Rank> {
    let dump = match form {
        Form::Profile(id) => {
            let is_leak = profile_rows::is_leak_profile(evidence, &evidence.profiles[id])?;
            return Some(if is_leak { Rank::LeakProfile } else { Rank::Profile });
        }
        Form::Dump(id) => &evidence.goroutines.dumps[id],
    };
    let rank = match (dump.form, dump.is_leak_profile) {
        (DumpForm::Stacks, false) => Rank::Stacks,
        (DumpForm::Stacks, true) => Rank::LeakStacks,
        (DumpForm::Crash, _) => match real(dump).count() {
            0 => return None,
            1 => Rank::Trace,
            _ => Rank::Crash,
        },
        (DumpForm::Counts, false) => Rank::Counts,
        (DumpForm::Counts, true) => Rank::LeakCounts,
    };
    Some(rank)
}

fn source(evidence: &Evidence, form: Form) -> SourceId {
    match form {
        Form::Dump(id) => evidence.goroutines.dumps[id].source,
        Form::Profile(id) => evidence.profiles[id].source,
    }
}

fn captured_at(evidence: &Evidence, form: Form) -> Option<Nanos> {
    match form {
        Form::Dump(id) => evidence.goroutines.dumps[id].captured_at,
        Form::Profile(id) => evidence.profiles[id].time,
    }
}

/// The total that a form states itself.
fn stated_total(evidence: &Evidence, form: Form) -> Option<u64> {
    match form {
        Form::Dump(id) => evidence.goroutines.dumps[id].stated_total,
        Form::Profile(id) => Some(profile_rows::total(&evidence.profiles[id])),
    }
}

fn listed(evidence: &Evidence, form: Form) -> u64 {
    match form {
        Form::Dump(id) => {
            let dump = &evidence.goroutines.dumps[id];
            let counted = dump.counted.iter().fold(0_u64, |sum, row| sum.saturating_add(row.count));
            to_u64(real(dump).count()).saturating_add(counted)
        }
        Form::Profile(id) => profile_rows::total(&evidence.profiles[id]),
    }
}

/// A goroutine of a dump, or several of one stack: goid, stack, wait reason, minutes, count.
type Content = (u64, Option<StackId>, Option<StrId>, Option<u32>, u64);

/// What makes two dumps the same: ids, stacks, states, waits and counts, in any
/// order. Of two dumps whose minutes alone differ, nobody moved in between.
fn content(dump: &GoroutineDump) -> Vec<Content> {
    let each = dump.goroutines.iter().map(|row| (row.goid, row.stack, Some(row.state), row.wait_minutes, 1));
    let counted = dump.counted.iter().map(|row| (0, row.stack, None, None, row.count));
    let mut rows: Vec<_> = each.chain(counted).collect();
    rows.order();
    rows
}

/// The goroutines of a dump, without threads' system stacks.
pub fn real(dump: &GoroutineDump) -> impl Iterator<Item = &Goroutine> {
    dump.goroutines.iter().filter(|row| !row.flags.has(GoroutineFlags::SYSTEM_STACK))
}

fn has_marks(dump: &GoroutineDump) -> bool {
    dump.goroutines.iter().any(|row| row.flags.has(GoroutineFlags::LEAKED))
}
