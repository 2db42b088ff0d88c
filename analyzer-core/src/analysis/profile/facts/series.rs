//! Heap profiles of one process in order, each with the moment that it shows.

use super::clock::{self, Allocated};
use super::heap::{HeapProfile, is_same_process, steps};
use crate::base::convert::{i64_to_f64, usize_to_f64};
use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::report::{Citation, Subject};

/// A heap profile with its place in time.
#[derive(Clone, Debug)]
pub struct HeapMoment {
    /// The profile.
    pub profile: HeapProfile,
    /// Its allocations as a share of what the process had allocated by then:
    /// well below one, it shows an earlier moment. `None` without `MemStats`.
    pub freshness: Option<f64>,
    /// Bytes that the process had allocated by then and the profile does not show yet.
    pub unseen: Option<f64>,
    /// Where `TotalAlloc` of that moment stands.
    pub total_alloc: Option<Citation>,
    /// The moment that it shows (Unix time in nanoseconds); `None` without a clock.
    pub as_of: Option<f64>,
}

/// Heap profiles of one run of a program, oldest first.
#[derive(Clone, Debug, Default)]
pub struct HeapSeries {
    /// Profiles of distinct moments that compare with each other.
    pub moments: Vec<HeapMoment>,
    /// All profiles of the run, `allocs` among them.
    pub all: Vec<HeapProfile>,
    /// Profiles left out because they are of another process or an earlier run.
    pub of_others: usize,
    /// Profiles left out because their sampling rate or build differs.
    pub incomparable: usize,
    /// Profiles that repeat the published cycle of another one.
    pub repeated: usize,
}

impl HeapSeries {
    /// Orders the profiles of a subject and keeps the last run's.
    pub fn new(evidence: &Evidence, subject: &Subject, mut heaps: Vec<HeapProfile>) -> Self {
        heaps.order_by(|a, b| {
            let key = |heap: &HeapProfile| (heap.time, heap.allocated_objects, heap.source);
            key(a).cmp(&key(b))
        });
        let mut series = Self::default();
        let Some(last) = heaps.last() else { return series };
        let (rate, build) = (last.rate, last.build_id);
        let is_alike = |heap: &HeapProfile| {
            let is_same_build =
                heap.build_id == build || build == Default::default() || heap.build_id == Default::default();
            heap.rate == rate && is_same_build
        };
        let count = heaps.len();
        heaps.retain(is_alike);
        series.incomparable = count - heaps.len();
        // Back from the last one, as long as nothing was lost.
        let mut first = heaps.len().saturating_sub(1);
        while first > 0 {
            let (Some(before), Some(after)) = (heaps.get(first - 1), heaps.get(first)) else { break };
            if !is_same_process(&steps(before, after)) {
                break;
            }
            first -= 1;
        }
        series.of_others = first;
        series.all = heaps.split_off(first);
        series.moments = series.distinct(evidence, subject);
        series
    }

    /// One profile of each moment, with the clock.
    fn distinct(&mut self, evidence: &Evidence, subject: &Subject) -> Vec<HeapMoment> {
        let heaps = self.all.iter().filter(|heap| !heap.is_allocs).count();
        let mut chosen: Vec<HeapProfile> =
            self.all.iter().filter(|heap| heaps < 2 || !heap.is_allocs).cloned().collect();
        let count = chosen.len();
        // As many allocations are the same published cycle.
        chosen.dedup_by(|later, earlier| {
            let is_same = later.is_same_cycle(earlier);
            if is_same && earlier.is_allocs {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        self.repeated = count - chosen.len();
        let label_of = |source: SourceId| {
            subject.snapshots.iter().position(|snapshot| snapshot.sources.contains(&source))
        };
        let readings = readings(evidence, subject, &self.all);
        // Of one snapshot the last: it is the freshest, and the others are of nearly the same moment.
        chosen.dedup_by(|later, earlier| {
            let is_one =
                label_of(later.source).is_some() && label_of(later.source) == label_of(earlier.source);
            if is_one {
                std::mem::swap(later, earlier);
            }
            is_one
        });
        thin(&mut chosen);
        let moments = chosen.into_iter().map(|profile| {
            let label = label_of(profile.source);
            let snapshot = label.and_then(|at| subject.snapshots.get(at));
            let total = snapshot.and_then(|snapshot| clock::total_alloc(evidence, &snapshot.sources));
            let freshness = total.as_ref().filter(|(total, _)| *total > 0);
            let freshness = freshness.map(|(total, _)| profile.allocated_bytes / i64_to_f64(*total));
            let unseen = total.as_ref().map(|(total, _)| i64_to_f64(*total) - profile.allocated_bytes);
            let as_of = clock::when(&readings, profile.allocated_bytes);
            let total_alloc = total.map(|(_, citation)| citation);
            HeapMoment { freshness, unseen, total_alloc, as_of, profile }
        });
        moments.collect()
    }
}

/// `TotalAlloc` over time: each snapshot's reading at the time of its first heap profile.
fn readings(evidence: &Evidence, subject: &Subject, heaps: &[HeapProfile]) -> Vec<Allocated> {
    let mut readings: Vec<Allocated> = Vec::new();
    for snapshot in &subject.snapshots {
        let mut times = heaps.iter().filter(|heap| snapshot.sources.contains(&heap.source));
        let time = times.find_map(|heap| heap.time);
        let total = clock::total_alloc(evidence, &snapshot.sources);
        let (Some(time), Some((bytes, _))) = (time, total) else { continue };
        if readings.last().is_none_or(|last| last.time < time && last.bytes <= bytes) {
            readings.push(Allocated { time, bytes });
        }
    }
    readings
}

/// Leaves out a profile that another one follows at once: what happens in so
/// little time is noise.
fn thin(heaps: &mut Vec<HeapProfile>) {
    /// Of the average distance between profiles.
    const LEAST_SHARE: f64 = 0.4;
    let time = |heap: &HeapProfile| heap.time.map(|Nanos(nanos)| i64_to_f64(nanos));
    let (Some(first), Some(last)) = (heaps.first().and_then(time), heaps.last().and_then(time)) else {
        return;
    };
    if heaps.len() < 3 {
        return;
    }
    let least = LEAST_SHARE * (last - first) / usize_to_f64(heaps.len() - 1);
    let mut at = heaps.len() - 1;
    while at > 1 {
        let gap = heaps.get(at).and_then(time).zip(heaps.get(at - 1).and_then(time));
        if gap.is_some_and(|(later, earlier)| later - earlier < least) {
            heaps.remove(at - 1);
        }
        at -= 1;
    }
}
