//! Axes: round marks, and from amounts to shares of a panel's height.

use analyzer_core::base::convert::{f64_to_i64, i64_to_f64};

use super::window::Window;

/// From an amount to a share of the height, 0 at the bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// From zero.
    Linear {
        /// What the top is.
        top: f64,
    },
    /// Each decade as high as the next.
    Log {
        /// What the bottom is.
        bottom: f64,
        /// What the top is.
        top: f64,
    },
}

impl Scale {
    /// From zero to a little above the largest amount.
    pub fn linear(largest: i64) -> Self {
        Self::Linear { top: i64_to_f64(largest.max(1)) * 1.08 }
    }

    /// The decades that hold all amounts; what is zero or less lies at the bottom.
    pub fn decades(amounts: impl Iterator<Item = i64>) -> Self {
        let (mut low, mut high) = (i64::MAX, 0);
        for amount in amounts.filter(|amount| *amount > 0) {
            low = low.min(amount);
            high = high.max(amount);
        }
        if high == 0 {
            return Self::Log { bottom: 1e3, top: 1e6 };
        }
        let bottom = 10_f64.powf(i64_to_f64(low).log10().floor());
        let top = 10_f64.powf(i64_to_f64(high).log10().ceil());
        Self::Log { bottom, top: top.max(bottom * 10.0) }
    }

    /// Where an amount lies.
    pub fn share(self, amount: i64) -> f64 {
        let amount = i64_to_f64(amount);
        match self {
            Self::Linear { top } => (amount / top).clamp(0.0, 1.0),
            Self::Log { bottom, .. } if amount <= bottom => 0.0,
            Self::Log { bottom, top } => ((amount / bottom).ln() / (top / bottom).ln()).clamp(0.0, 1.0),
        }
    }

    /// Every decade.
    pub fn decade_marks(self) -> Vec<i64> {
        let Self::Log { bottom, top } = self else { return Vec::new() };
        let mut marks = Vec::new();
        let mut mark = bottom;
        while mark <= top * 1.01 && marks.len() < 20 {
            marks.push(f64_to_i64(mark));
            mark *= 10.0;
        }
        marks
    }

    /// Round amounts of bytes, a few of them.
    pub fn byte_marks(self, wanted: i64) -> Vec<i64> {
        let Self::Linear { top } = self else { return Vec::new() };
        let top = f64_to_i64(top);
        let mut step = 1024_i64;
        while top / step > wanted && step < i64::MAX / 4 {
            step *= 2;
        }
        (0..=top / step).map(|index| index * step).collect()
    }
}

/// Round times in a window, at most about `wanted` of them.
pub fn time_marks(window: Window, wanted: i64) -> Vec<i64> {
    const STEPS: [i64; 12] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200];
    let wanted = wanted.max(1);
    let fits = |step: &i64| window.span() / step <= wanted;
    // Below a second: 1, 2, 5 of each decade from a millisecond.
    let millis = [1, 2, 5, 10, 20, 50, 100, 200, 500].map(|millis: i64| millis * 1_000_000);
    let steps = millis.into_iter().chain(STEPS.map(|seconds| seconds * 1_000_000_000));
    let step = steps.into_iter().find(fits).unwrap_or_else(|| {
        let day = 86_400_000_000_000_i64;
        day.saturating_mul((window.span() / day / wanted).max(0).saturating_add(1)).min(i64::MAX / 4)
    });
    let first = window.from.div_euclid(step) + i64::from(window.from.rem_euclid(step) != 0);
    (first..=window.to.div_euclid(step)).take(200).map(|index| index * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_hold_all_amounts() {
        let scale = Scale::decades([0, 25_000, 3_000_000].into_iter());
        assert_eq!(scale, Scale::Log { bottom: 10_000.0, top: 10_000_000.0 });
        assert_eq!(scale.decade_marks(), [10_000, 100_000, 1_000_000, 10_000_000]);
        assert_eq!((scale.share(0), scale.share(10_000_000)), (0.0, 1.0));
        assert!((scale.share(100_000) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(Scale::decades([0, 0].into_iter()).decade_marks().len(), 4);
    }

    #[test]
    fn marks_are_round_and_few() {
        let marks = Scale::linear(100 << 20).byte_marks(5);
        assert_eq!(marks, [0, 32 << 20, 64 << 20, 96 << 20]);
        let second = 1_000_000_000;
        assert_eq!(
            time_marks(Window { from: second / 2, to: 4 * second }, 5),
            [1, 2, 3, 4].map(|s| s * second)
        );
        for to in [20_000_000, 7 * second, 86_400 * second, 90 * 86_400 * second, i64::MAX / 2] {
            let marks = time_marks(Window { from: 0, to }, 8);
            assert!(!marks.is_empty() && marks.len() <= 10, "{to}: {marks:?}");
        }
    }
}
