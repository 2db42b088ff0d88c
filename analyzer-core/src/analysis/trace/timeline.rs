//! Figures over time, at a level of detail that does not grow with the trace.

use super::tracks::{BUCKETS, StepTrack, ValueSpan, ValueTrack, join};
use crate::base::convert::{f64_to_usize, to_f64, to_u64, to_usize, usize_to_f64};

/// Nanoseconds of a bucket at first, as a power of two: 268 ms in all.
const FIRST_SHIFT: u32 = 16;
/// Widest bucket: 146 years in all. Times beyond are damage.
const LAST_SHIFT: u32 = 50;

/// Counts that step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Steps {
    /// Goroutines that run, GC workers apart.
    Running,
    /// GC workers that run.
    GcWorkers,
    /// Goroutines that could run, and wait for a processor.
    Runnable,
    /// Goroutines that are blocked.
    Waiting,
    /// Goroutines in system calls.
    Syscall,
    /// Mark phases (0 or 1).
    Gc,
    /// Goroutines that wait for, or keep, the world stopped.
    StopTheWorld,
    /// Goroutines in mark assists.
    Assists,
    /// Processors that a thread holds.
    Processors,
    /// GOMAXPROCS.
    Procs,
}

impl Steps {
    /// Every count.
    pub const ALL: [Self; 10] = [
        Self::Running,
        Self::GcWorkers,
        Self::Runnable,
        Self::Waiting,
        Self::Syscall,
        Self::Gc,
        Self::StopTheWorld,
        Self::Assists,
        Self::Processors,
        Self::Procs,
    ];

    const fn index(self) -> usize {
        match self {
            Self::Running => 0,
            Self::GcWorkers => 1,
            Self::Runnable => 2,
            Self::Waiting => 3,
            Self::Syscall => 4,
            Self::Gc => 5,
            Self::StopTheWorld => 6,
            Self::Assists => 7,
            Self::Processors => 8,
            Self::Procs => 9,
        }
    }
}

/// All tracks of a window, on one scale that widens as time goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    start: u64,
    shift: u32,
    steps: Vec<StepTrack>,
    heap: ValueTrack,
    goal: ValueTrack,
    samples: Vec<u32>,
}

impl Timeline {
    /// Tracks from `start` on, in nanoseconds since the trace's first batch.
    pub fn new(start: u64) -> Self {
        Self {
            start,
            shift: FIRST_SHIFT,
            steps: vec![StepTrack::default(); Steps::ALL.len()],
            heap: ValueTrack::default(),
            goal: ValueTrack::default(),
            samples: vec![0; BUCKETS],
        }
    }

    /// Nanoseconds of a bucket.
    pub fn bucket_nanos(&self) -> u64 {
        1u64.checked_shl(self.shift).unwrap_or(u64::MAX)
    }

    /// A count steps by `by` at `time`.
    #[inline]
    pub fn step(&mut self, track: Steps, time: u64, by: i64) {
        let (bucket, offset) = self.place(time);
        if let Some(track) = self.steps.get_mut(track.index()) {
            track.step(bucket, offset, by);
        }
    }

    /// The live heap is this.
    pub fn heap(&mut self, time: u64, bytes: u64) {
        let (bucket, _) = self.place(time);
        self.heap.set(bucket, bytes);
    }

    /// The heap goal is this.
    pub fn goal(&mut self, time: u64, bytes: u64) {
        let (bucket, _) = self.place(time);
        self.goal.set(bucket, bytes);
    }

    /// A CPU sample was taken.
    pub fn sample(&mut self, time: u64) {
        let (bucket, _) = self.place(time);
        if let Some(count) = self.samples.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// Means of a count over `buckets` equal parts of `start..end`, where
    /// `end` is the window's.
    pub fn means(&self, track: Steps, buckets: usize, end: u64) -> Vec<f64> {
        let Some(track) = self.steps.get(track.index()) else { return Vec::new() };
        let width = to_f64(self.bucket_nanos());
        let integrals = track.integrals(width);
        let length = to_f64(end.saturating_sub(self.start));
        let at = |part: usize| {
            let position = usize_to_f64(part) / usize_to_f64(buckets) * length / width;
            let row = f64_to_usize(position).min(BUCKETS - 1);
            let (low, high) = (integrals[row], integrals[row + 1]);
            low + (high - low) * (position - usize_to_f64(row)).clamp(0.0, 1.0)
        };
        let part = length / usize_to_f64(buckets);
        (0..buckets).map(|n| if part > 0.0 { (at(n + 1) - at(n)) / part } else { 0.0 }).collect()
    }

    /// The live heap in `buckets` equal parts of the window; `None` where it was not set.
    pub fn heap_spans(&self, buckets: usize, end: u64) -> Vec<Option<ValueSpan>> {
        self.spans(&self.heap, buckets, end)
    }

    /// The heap goal, likewise.
    pub fn goal_spans(&self, buckets: usize, end: u64) -> Vec<Option<ValueSpan>> {
        self.spans(&self.goal, buckets, end)
    }

    /// CPU samples in `buckets` equal parts of the window.
    pub fn sample_counts(&self, buckets: usize, end: u64) -> Vec<u64> {
        let mut counts = vec![0; buckets];
        for (row, &count) in self.samples.iter().enumerate() {
            if let Some(sum) = self.part(row, buckets, end).and_then(|part| counts.get_mut(part)) {
                *sum += u64::from(count);
            }
        }
        counts
    }

    fn spans(&self, track: &ValueTrack, buckets: usize, end: u64) -> Vec<Option<ValueSpan>> {
        let mut spans = vec![None; buckets];
        for (row, &span) in track.rows().iter().enumerate() {
            if let Some(own) = self.part(row, buckets, end).and_then(|part| spans.get_mut(part)) {
                *own = join(*own, span);
            }
        }
        spans
    }

    /// The part of the window in which a bucket starts.
    fn part(&self, row: usize, buckets: usize, end: u64) -> Option<usize> {
        let length = end.saturating_sub(self.start).max(1);
        let from = u128::from(to_u64(row)) << self.shift;
        let part = from * u128::from(to_u64(buckets)) / u128::from(length);
        usize::try_from(part).ok().filter(|&part| part < buckets)
    }

    #[inline]
    fn place(&mut self, time: u64) -> (usize, i64) {
        let mut since = time.saturating_sub(self.start);
        while since >> self.shift >= to_u64(BUCKETS) {
            if self.shift >= LAST_SHIFT {
                since = 0;
                break;
            }
            self.double();
        }
        let offset = since & ((1 << self.shift) - 1);
        (to_usize(since >> self.shift).unwrap_or(0), i64::try_from(offset).unwrap_or(0))
    }

    #[cold]
    fn double(&mut self) {
        let width = 1i64.checked_shl(self.shift).unwrap_or(i64::MAX);
        self.steps.iter_mut().for_each(|track| track.double(width));
        self.heap.double();
        self.goal.double();
        for bucket in 0..BUCKETS / 2 {
            self.samples[bucket] = self.samples[2 * bucket].saturating_add(self.samples[2 * bucket + 1]);
        }
        self.samples[BUCKETS / 2..].fill(0);
        self.shift += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One goroutine runs over the first half of four seconds, another over the last quarter.
    #[test]
    fn means_are_exact_while_the_scale_widens() {
        // A whole number of buckets.
        const SECOND: u64 = 1 << 30;
        let mut timeline = Timeline::new(0);
        timeline.step(Steps::Running, 0, 1);
        timeline.step(Steps::Running, 2 * SECOND, -1);
        timeline.step(Steps::Running, 3 * SECOND, 1);
        timeline.step(Steps::Waiting, 4 * SECOND, 1);
        // Out of order: known only later to have waited from the start.
        timeline.step(Steps::Waiting, 0, 1);
        let means = timeline.means(Steps::Running, 4, 4 * SECOND);
        for (mean, expected) in means.iter().zip([1.0, 1.0, 0.0, 1.0]) {
            assert!((mean - expected).abs() < 1e-9, "{means:?}");
        }
        assert!((timeline.means(Steps::Waiting, 1, 4 * SECOND)[0] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn values_keep_their_extremes() {
        let mut timeline = Timeline::new(1_000);
        [(1_000, 5), (2_000, 90), (3_000, 7), (10_000_000_000, 8)]
            .into_iter()
            .for_each(|(time, bytes)| timeline.heap(time, bytes));
        let spans = timeline.heap_spans(2, 10_000_001_000);
        assert_eq!(spans[0], Some(ValueSpan { min: 5, max: 90, last: 7 }));
        assert_eq!(spans[1], Some(ValueSpan { min: 8, max: 8, last: 8 }));
    }

    #[test]
    fn absurd_times_cost_nothing() {
        let mut timeline = Timeline::new(0);
        timeline.step(Steps::Gc, u64::MAX, 1);
        timeline.sample(5);
        assert_eq!(timeline.sample_counts(1, 1_000), [1]);
    }
}
