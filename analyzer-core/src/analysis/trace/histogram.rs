//! Distribution of durations in little memory: four buckets to each power of two.

use crate::base::convert::{id_to_usize, to_u32, to_usize};

/// Buckets to each power of two.
const STEPS: u32 = 4;
const STEP_BITS: u32 = 2;

/// Durations in nanoseconds, counted in buckets that are a quarter of a power
/// of two wide: a percentile is too high by a quarter at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Counts by bucket; buckets beyond the last are 0.
    counts: Vec<u32>,
}

impl Histogram {
    /// Counts one duration.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        let bucket = bucket(nanos);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// A duration that `permille` thousandths of all do not exceed: the upper
    /// end of its bucket. `None` if there is none.
    pub fn permille(&self, permille: u64) -> Option<u64> {
        let rank = (self.count().saturating_mul(permille)).div_ceil(1_000).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|&count| {
            seen += u64::from(count);
            seen >= rank
        })?;
        Some(upper(bucket))
    }

    /// Counts by power of two: `(exponent, count)` for durations in
    /// `2^exponent .. 2^(exponent + 1)`, only those that occur.
    pub fn by_power(&self) -> Vec<(u32, u64)> {
        let mut powers: Vec<(u32, u64)> = Vec::new();
        for (bucket, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let exponent = lower(bucket).max(1).ilog2();
            match powers.last_mut() {
                Some(last) if last.0 == exponent => last.1 += u64::from(count),
                _ => powers.push((exponent, u64::from(count))),
            }
        }
        powers
    }
}

#[inline]
fn bucket(nanos: u64) -> usize {
    let Some(exponent) = nanos.checked_ilog2().filter(|&exponent| exponent >= STEP_BITS) else {
        return to_usize(nanos).unwrap_or(0);
    };
    let step = (nanos >> (exponent - STEP_BITS)) & u64::from(STEPS - 1);
    id_to_usize((exponent - STEP_BITS + 1) * STEPS) + to_usize(step).unwrap_or(0)
}

fn lower(bucket: usize) -> u64 {
    let (group, step) = (to_u32(bucket) / STEPS, u64::from(to_u32(bucket) % STEPS));
    match group.checked_sub(1) {
        None => step,
        Some(shift) => (u64::from(STEPS) + step) << shift,
    }
}

fn upper(bucket: usize) -> u64 {
    let (group, step) = (to_u32(bucket) / STEPS, u64::from(to_u32(bucket) % STEPS));
    match group.checked_sub(1) {
        None => step,
        Some(shift) => {
            // The last bucket ends where a u64 does.
            let end = (u128::from(STEPS) + u128::from(step) + 1) << shift;
            u64::try_from(end - 1).unwrap_or(u64::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_bucket() {
        for nanos in (0..2_000).chain([1 << 20, (1 << 40) + 12_345, u64::MAX - 1, u64::MAX]) {
            let bucket = bucket(nanos);
            assert!(lower(bucket) <= nanos && nanos <= upper(bucket), "{nanos}");
            assert!(upper(bucket) - lower(bucket) <= lower(bucket) / 4, "{nanos}");
        }
    }

    #[test]
    fn percentiles_are_upper_ends() {
        let mut histogram = Histogram::default();
        (1..=100).for_each(|n| histogram.add(n * 1_000));
        assert_eq!(histogram.count(), 100);
        let median = histogram.permille(500).unwrap();
        assert!((50_000..=62_500).contains(&median), "{median}");
        assert!(histogram.permille(1_000).unwrap() >= 100_000);
        assert_eq!(Histogram::default().permille(500), None);
    }

    #[test]
    fn powers_of_two_sum_their_buckets() {
        let mut histogram = Histogram::default();
        [1, 4, 5, 6, 7, 8].into_iter().for_each(|n| histogram.add(n));
        assert_eq!(histogram.by_power(), [(0, 1), (2, 4), (3, 1)]);
    }
}
