//! The three-layer reconciliation: Go runtime, process, container.
//!
//! ```text
//! records of a snapshot ─► things ─► Moment (main process, runtime, group)
//!                                        ├─► ledger   rows that add downwards
//!                                        ├─► checks   identities and their differences
//!                                        └─► side     figures that are part of no sum
//! ```
//!
//! Nothing is averaged or guessed: where two inputs are not of one thing or
//! moment they are not joined, and a disagreement says so.

pub mod advisor;
pub mod cgroup;
pub mod checks;
pub mod killed;
pub mod kills;
pub mod ledger;
pub mod listing;
pub mod mappings;
mod measured;
pub mod moment;
pub mod native;
pub mod process;
pub mod rows;
pub mod runtime;
pub mod side;
pub mod size_classes;
pub mod term;
pub mod things;

use crate::analysis::recipe::{self, Unit};
use crate::base::source::SourceId;
use crate::base::units::Bytes;
use crate::evidence::Evidence;
use crate::evidence::memory::UNLIMITED;
use crate::report::{Memory, MemorySnapshot, Subject};
use ledger::Reconciliation;
use moment::Moment;
use native::OutsideArenas;
use things::Things;

/// A moment with what was computed of it: what rules look at.
#[derive(Clone, Debug)]
pub struct Reviewed<'a> {
    /// What belongs together.
    pub moment: Moment<'a>,
    /// The ledger and its breaks.
    pub reconciliation: Reconciliation,
    /// The main process's memory outside Go's arenas, if `smaps` tells.
    pub outside: Option<OutsideArenas>,
}

/// The moments of every subject, in order, with what manifests state of it; each has figures.
pub fn review<'a>(evidence: &'a Evidence, subjects: &[Subject], units: &[Unit<'_>]) -> Vec<Reviewed<'a>> {
    let with_stated = |moment: Moment<'a>| Moment { stated: recipe::stated(units, moment.subject), ..moment };
    moments(evidence, subjects).map(with_stated).map(reviewed).collect()
}

/// The same moments, not looked at any closer.
pub fn moments<'a>(evidence: &'a Evidence, subjects: &[Subject]) -> impl Iterator<Item = Moment<'a>> {
    subjects.iter().flat_map(move |subject| subject_moments(evidence, subject))
}

fn reviewed(moment: Moment<'_>) -> Reviewed<'_> {
    Reviewed { reconciliation: ledger::reconcile(&moment), outside: native::outside_arenas(&moment), moment }
}

fn subject_moments<'a>(evidence: &'a Evidence, subject: &Subject) -> Vec<Moment<'a>> {
    let mut moments = Vec::new();
    for snapshot in &subject.snapshots {
        // Pods are described once for all snapshots.
        let sources: Vec<SourceId> = snapshot.sources.iter().chain(&subject.spanning).copied().collect();
        let things = Things::of(evidence, &sources);
        let own: Vec<&str> = things.own_moments();
        let (later, earlier): (Vec<&str>, Vec<&str>) =
            own.into_iter().partition(|moment| moment.starts_with("after"));
        for moment in earlier.into_iter().chain(std::iter::once("")).chain(later) {
            let label = if moment.is_empty() {
                snapshot.label.clone()
            } else {
                format!("{} {moment}", snapshot.label)
            };
            let mut moment = Moment::of(subject.id, label, things.clone(), moment);
            moment.skew = evidence
                .skews
                .iter()
                .find(|stated| sources.contains(&stated.source) && stated.label == snapshot.label)
                .map(|stated| stated.skew);
            moments.push(moment);
        }
    }
    moments.retain(Moment::has_figures);
    moments
}

/// The memory section of the report; `None` if no source speaks of memory.
pub fn section(evidence: &Evidence, subjects: &[Subject], moments: &[Reviewed<'_>]) -> Option<Memory> {
    let mut snapshots: Vec<MemorySnapshot> =
        moments.iter().map(|reviewed| snapshot(evidence, reviewed)).collect();
    let measured = subjects.iter().flat_map(|subject| measured::moments(evidence, subject));
    snapshots.extend(measured.map(|moment| snapshot(evidence, &reviewed(moment))));
    // Last, so that the others keep the places that they have among the reviewed moments.
    // Rules look at the log itself.
    let killed = subjects.iter().filter_map(|subject| killed::moment(evidence, subject));
    snapshots.extend(killed.map(|moment| snapshot(evidence, &reviewed(moment))));
    let main = main_snapshot(&snapshots)?;
    Some(Memory { latest: snapshots.get(main)?.clone(), snapshots })
}

/// The last snapshot of the subject that has the most rows somewhere: the one
/// that was captured most fully.
fn main_snapshot(snapshots: &[MemorySnapshot]) -> Option<usize> {
    let fullest = snapshots.iter().rev().max_by_key(|snapshot| snapshot.ledger.len())?;
    snapshots.iter().rposition(|snapshot| {
        snapshot.subject == fullest.subject && snapshot.layers.len() >= fullest.layers.len()
    })
}

/// What the report says of a moment.
fn snapshot(evidence: &Evidence, reviewed: &Reviewed<'_>) -> MemorySnapshot {
    let Reviewed { moment, reconciliation, .. } = reviewed;
    let finite = |value: i64| (value != UNLIMITED).then_some(value);
    MemorySnapshot {
        subject: moment.subject,
        snapshot: moment.label.clone(),
        layers: reconciliation.ledger.layers.clone(),
        ledger: reconciliation.ledger.rows.clone(),
        limit: moment.shown_limit().map(|limit| limit.bytes()),
        gomemlimit: moment.gomemlimit().and_then(|limit| finite(limit.value)).map(Bytes),
        gogc: moment.gogc().map(|gogc| finite(gogc.value).unwrap_or(-1)),
        working_set: moment.cgroup.as_ref().and_then(cgroup::Cgroup::working_set).map(|set| set.bytes()),
        skew: moment.skew,
        checks: checks::run(moment),
        disagreements: reconciliation.disagreements.clone(),
        side: side::figures(moment),
        mappings: listing::mappings(evidence, moment),
        size_classes: size_classes::size_classes(moment),
        advisor: advisor::inputs(reviewed),
        missing: reconciliation.missing.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::MemorySnapshot;
    use crate::session::Session;

    const FOLDER: &str = "tests/fixtures/bundles/pricing-go1.26-cgroup2";

    /// The moments of MemStats and mappings that do not fit each other, under a manifest.
    fn moments(manifest: &str) -> Vec<MemorySnapshot> {
        let mut session = Session::default();
        for name in ["t0/vars.json", "t0/proc/smaps.gz", "t0/proc/status", "t1/vars.json", "t1/proc/status"] {
            session.add(&format!("pricing/{name}"), std::fs::read(format!("{FOLDER}/{name}")).unwrap());
        }
        session.add("pricing/manifest.json", manifest.as_bytes().to_vec());
        session.report().memory.expect("a memory section").snapshots
    }

    #[test]
    fn a_moment_says_how_far_apart_its_capture_read_the_layers() {
        let stated = moments(
            r#"{"capture": "strata-capture/1", "snapshots": [{"label": "t0", "skew_microseconds": 1500}]}"#,
        );
        let [t0, t1] = stated.as_slice() else { panic!("{} moments", stated.len()) };
        assert_eq!((t0.skew.map(|skew| skew.0), t1.skew), (Some(1_500_000), None));
        let [disagreement] = t0.disagreements.as_slice() else { panic!("{:?}", t0.disagreements) };
        assert!(
            disagreement.reason.contains("both were read within 1.50 ms, smaps earlier"),
            "{}",
            disagreement.reason
        );
    }

    #[test]
    fn without_a_stated_skew_nothing_is_said_of_it() {
        let stated = moments(r#"{"capture": "strata-capture/1", "snapshots": [{"label": "t0"}]}"#);
        assert_eq!(stated.iter().filter_map(|moment| moment.skew).count(), 0);
        assert!(stated[0].disagreements[0].reason.contains("smaps was read earlier than MemStats"));
    }
}
