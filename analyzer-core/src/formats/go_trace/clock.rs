//! From ticks of the trace clock to nanoseconds since the first batch.

use crate::base::convert::{scale_ticks, to_nanos_per_tick};

/// Ticks in a second where a trace does not say: `nanotime/64`, the clock
/// everywhere but on Windows. Source: `runtime/tracetime.go`.
pub(super) const DEFAULT_FREQUENCY: u64 = 15_625_000;

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// The mapping of one generation. Where the frequency is an estimate that
/// differs from generation to generation (Windows), each maps on from where
/// the one before it was, so that time never jumps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    frequency: u64,
    base_ticks: u64,
    base_nanos: u64,
    /// Whole nanoseconds of a tick, if it has no fraction.
    whole_nanos: Option<u64>,
}

impl Clock {
    /// The clock of the first generation, which starts at tick `start`.
    pub(super) fn new(frequency: u64, start: u64) -> Self {
        let frequency = frequency.max(1);
        let whole_nanos = SECOND.is_multiple_of(frequency).then(|| SECOND / frequency);
        Self { frequency, base_ticks: start, base_nanos: 0, whole_nanos }
    }

    /// The clock of a generation in the middle of a trace, whose first batch is at `nanos`.
    pub(super) fn at(frequency: u64, start: u64, nanos: u64) -> Self {
        Self { base_nanos: nanos, ..Self::new(frequency, start) }
    }

    /// The clock of a later generation.
    pub(super) fn next(self, frequency: u64, start: u64) -> Self {
        if frequency == self.frequency && start >= self.base_ticks && self.whole_nanos.is_some() {
            return self;
        }
        Self { base_nanos: self.nanos(start), ..Self::new(frequency, start) }
    }

    /// Ticks in a second.
    pub(super) fn frequency(self) -> u64 {
        self.frequency
    }

    /// A tick as nanoseconds since the trace's first batch. Ticks before the
    /// generation's first batch count back from it, to zero at most.
    #[inline]
    pub(super) fn nanos(self, ticks: u64) -> u64 {
        if ticks >= self.base_ticks {
            self.base_nanos.saturating_add(self.span(ticks - self.base_ticks))
        } else {
            self.base_nanos.saturating_sub(self.span(self.base_ticks - ticks))
        }
    }

    /// A number of ticks as nanoseconds.
    #[inline]
    pub(super) fn span(self, ticks: u64) -> u64 {
        match self.whole_nanos {
            Some(nanos) => ticks.saturating_mul(nanos),
            None => scale_ticks(ticks, to_nanos_per_tick(self.frequency)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_64_nanoseconds_are_exact() {
        let clock = Clock::new(DEFAULT_FREQUENCY, 1_000);
        assert_eq!(clock.nanos(1_001), 64);
        assert_eq!(clock.nanos(999), 0);
        assert_eq!(clock.nanos(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_new_estimate_of_the_frequency_does_not_move_the_past() {
        let first = Clock::new(10_000_000, 500);
        let second = first.next(9_999_000, 10_000_500);
        assert_eq!(second.nanos(10_000_500), first.nanos(10_000_500));
        assert!(second.nanos(20_000_500) > 2_000_000_000);
        assert_eq!(Clock::new(3, 0).nanos(3), 1_000_000_000);
    }
}
