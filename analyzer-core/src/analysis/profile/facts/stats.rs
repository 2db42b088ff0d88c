//! What a sampled heap profile proves: levels and differences with intervals.
//!
//! One allocation in about every `rate` bytes is sampled, so an object of `size`
//! bytes is with probability p = 1 − e^(−size/rate), independently of all
//! others. From `k` sampled objects the profile states k/p objects: what it
//! states is a count that was scaled up, and its error is that of the count.

use crate::base::convert::{rounded_i64, to_f64};

/// Two-sided 95% of the normal distribution.
pub const Z95: f64 = 1.959_964;
/// Samples from which the plain interval ±z·sd covers as often as it says.
const MANY: f64 = 30.0;

/// The probability that an object of `size` bytes is sampled. Exact profiles
/// (a rate of one byte or less) sample all.
pub fn sampled_share(size: u64, rate: i64) -> f64 {
    if rate <= 1 || size == 0 {
        return 1.0;
    }
    -(-to_f64(size) / to_f64(rate.unsigned_abs())).exp_m1()
}

/// A sum over classes of objects of one size each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// Bytes, scaled up.
    pub bytes: f64,
    /// Variance of the bytes.
    pub variance: f64,
    /// Sampled objects.
    pub sampled: f64,
    /// Objects, scaled up.
    pub objects: f64,
    /// Bytes that no sampled object of the largest class would still allow.
    unseen: f64,
}

/// Bounds of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Level {
    /// Adds a class: `sampled` objects of `size` bytes, at a rate.
    pub fn add(&mut self, size: u64, sampled: f64, rate: i64) {
        let p = sampled_share(size, rate);
        let size = to_f64(size);
        self.bytes += size * sampled / p;
        self.variance += size * size * sampled * (1.0 - p) / (p * p);
        self.sampled += sampled;
        self.objects += sampled / p;
        if p < 1.0 {
            self.unseen = self.unseen.max(3.0 * size / p);
        }
    }

    /// The bytes with 95% confidence: of few samples the score interval, which
    /// covers where ±z·sd does not.
    pub fn interval(&self) -> Interval {
        if self.sampled <= 0.0 {
            return Interval { low: 0.0, high: self.unseen };
        }
        if self.variance <= 0.0 {
            return Interval { low: self.bytes, high: self.bytes };
        }
        let (low, high) = if self.sampled >= MANY {
            let half = Z95 * self.variance.sqrt();
            (self.bytes - half, self.bytes + half)
        } else {
            let unit = self.variance / self.bytes;
            let count = self.bytes * self.bytes / self.variance;
            let (middle, half) = (count + Z95 * Z95 / 2.0, Z95 * (count + Z95 * Z95 / 4.0).sqrt());
            (unit * (middle - half), unit * (middle + half))
        };
        Interval { low: low.max(0.0), high }
    }
}

/// How an amount changed between two profiles of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// Bytes more in use.
    pub bytes: f64,
    /// Objects more in use.
    pub objects: f64,
    /// Variance of the bytes: of what was allocated and freed in between, not
    /// of the levels, for what stayed is the same objects in both.
    pub variance: f64,
}

impl Change {
    /// Adds a class that `allocated` and `kept` sampled objects were added to.
    pub fn add(&mut self, size: u64, allocated: f64, kept: f64, rate: i64) {
        let p = sampled_share(size, rate);
        let size = to_f64(size);
        let freed = (allocated - kept).max(0.0);
        self.bytes += size * kept / p;
        self.objects += kept / p;
        self.variance += size * size * (1.0 - p) / (p * p) * (allocated.max(0.0) + freed);
    }

    /// How many standard deviations the change is; infinite for an exact one.
    pub fn z(&self) -> f64 {
        if self.bytes == 0.0 { 0.0 } else { self.bytes / self.variance.sqrt() }
    }

    /// The bytes with 95% confidence.
    pub fn interval(&self) -> Interval {
        let half = Z95 * self.variance.sqrt();
        Interval { low: self.bytes - half, high: self.bytes + half }
    }
}

/// The least growth that three standard deviations tell from none, where all of
/// `base` bytes in use may be turned over in between.
pub fn least_growth(base: f64, rate: i64) -> f64 {
    let rate = to_f64(rate.max(1).unsigned_abs());
    (9.0 * rate + 3.0 * (9.0 * rate * rate + 8.0 * base.max(0.0) * rate).sqrt()) / 2.0
}

/// The share of `part` in `whole` samples with 95% confidence (Wilson).
pub fn share(part: u64, whole: u64) -> Interval {
    if whole == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (n, p) = (to_f64(whole), to_f64(part) / to_f64(whole));
    let square = Z95 * Z95;
    let middle = p + square / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    Interval { low: ((middle - half) / scale).max(0.0), high: ((middle + half) / scale).min(1.0) }
}

/// An amount as a whole number of bytes.
pub fn whole(amount: f64) -> i64 {
    rounded_i64(amount).unwrap_or(0)
}

#[cfg(test)]
mod tests;
