//! Single figures over time, in a fixed number of buckets that widen together.

use crate::base::convert::i64_to_f64;

/// Buckets of every track: two to a pixel of a wide screen.
pub const BUCKETS: usize = 4_096;
/// A count that steps up and down. Steps may come in any order of time.
///
/// Bucket `b` holds the sum of its steps, and the sum of each step times its
/// distance from the bucket's start; both merge when buckets do, and together
/// they give the exact mean over a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTrack {
    steps: Vec<i64>,
    moments: Vec<i64>,
}

impl Default for StepTrack {
    fn default() -> Self {
        Self { steps: vec![0; BUCKETS], moments: vec![0; BUCKETS] }
    }
}

impl StepTrack {
    /// The integral of the count up to the start of each bucket, and over all
    /// of them; buckets are `width` nanoseconds wide.
    pub(super) fn integrals(&self, width: f64) -> Vec<f64> {
        let mut level = 0i64;
        let mut sum = 0.0;
        let mut integrals = vec![0.0];
        for (&step, &moment) in self.steps.iter().zip(&self.moments) {
            level = level.wrapping_add(step);
            sum += i64_to_f64(level) * width - i64_to_f64(moment);
            integrals.push(sum);
        }
        integrals
    }

    #[inline]
    pub(super) fn step(&mut self, bucket: usize, offset: i64, by: i64) {
        if let (Some(step), Some(moment)) = (self.steps.get_mut(bucket), self.moments.get_mut(bucket)) {
            *step = step.wrapping_add(by);
            *moment = moment.wrapping_add(by.wrapping_mul(offset));
        }
    }

    /// Merges neighbours; buckets were `width` nanoseconds wide.
    pub(super) fn double(&mut self, width: i64) {
        for bucket in 0..BUCKETS / 2 {
            let (left, right) = (2 * bucket, 2 * bucket + 1);
            self.moments[bucket] = self.moments[left]
                .wrapping_add(self.moments[right])
                .wrapping_add(self.steps[right].wrapping_mul(width));
            self.steps[bucket] = self.steps[left].wrapping_add(self.steps[right]);
        }
        self.steps[BUCKETS / 2..].fill(0);
        self.moments[BUCKETS / 2..].fill(0);
    }
}

/// The least, greatest and last value of a figure in each bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueTrack {
    rows: Vec<Option<ValueSpan>>,
}

/// A figure over one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueSpan {
    /// Least value set in it.
    pub min: u64,
    /// Greatest value set in it.
    pub max: u64,
    /// Value set last.
    pub last: u64,
}

impl Default for ValueTrack {
    fn default() -> Self {
        Self { rows: vec![None; BUCKETS] }
    }
}

impl ValueTrack {
    /// Buckets in order of time.
    pub(super) fn rows(&self) -> &[Option<ValueSpan>] {
        &self.rows
    }

    pub(super) fn set(&mut self, bucket: usize, value: u64) {
        let Some(row) = self.rows.get_mut(bucket) else { return };
        let span = row.get_or_insert(ValueSpan { min: value, max: value, last: value });
        *span = ValueSpan { min: span.min.min(value), max: span.max.max(value), last: value };
    }

    pub(super) fn double(&mut self) {
        for bucket in 0..BUCKETS / 2 {
            self.rows[bucket] = join(self.rows[2 * bucket], self.rows[2 * bucket + 1]);
        }
        self.rows[BUCKETS / 2..].fill(None);
    }
}

pub(super) fn join(left: Option<ValueSpan>, right: Option<ValueSpan>) -> Option<ValueSpan> {
    match (left, right) {
        (Some(left), Some(right)) => {
            Some(ValueSpan { min: left.min.min(right.min), max: left.max.max(right.max), last: right.last })
        }
        (left, right) => left.or(right),
    }
}
