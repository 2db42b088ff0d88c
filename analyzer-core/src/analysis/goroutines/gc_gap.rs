//! How far printed minutes may exceed the truth: by the time between the two
//! collections around the moment at which a goroutine began to wait.

use std::collections::BTreeSet;

use super::classify::Circumstances;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::report::Subject;

const MINUTE_NANOS: i64 = 60_000_000_000;

/// The longest time between two collections of the subject's gctrace logs, and
/// since the last of them nothing is known: a gap needs both its ends.
pub fn circumstances(evidence: &Evidence, subject: &Subject) -> Circumstances {
    let of_moments = subject.snapshots.iter().flat_map(|snapshot| &snapshot.sources);
    let logs: BTreeSet<_> = of_moments.chain(&subject.spanning).copied().collect();
    let cycles = logs.into_iter().flat_map(|source| evidence.gc.cycles_of(source));
    let mut times: Vec<Nanos> = cycles.map(|cycle| cycle.since_start).collect();
    times.sort_unstable();
    let gaps = times.windows(2).map(|pair| match pair {
        [before, after] => after.0.saturating_sub(before.0),
        _ => 0,
    });
    // The first collection has none before it: until then nothing is stamped.
    let gap_minutes = gaps.max().map(|gap| gap.saturating_add(MINUTE_NANOS - 1) / MINUTE_NANOS);
    Circumstances {
        gc_gap_minutes: gap_minutes.and_then(|minutes| u32::try_from(minutes).ok()),
        full_queue: super::queue::full(evidence, subject),
        is_deadlock: false,
    }
}
