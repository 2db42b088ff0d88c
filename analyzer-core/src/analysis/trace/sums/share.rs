//! Time that goroutines of a kind spend inside of mark phases.

/// The running time of all goroutines of a kind inside of the open mark phase.
///
/// It is the sum of their ends less the sum of their beginnings, so they may be
/// told in any order, also after the fact.
#[derive(Debug, Default)]
pub(super) struct Share {
    running: i64,
    open: Option<Phase>,
}

#[derive(Debug)]
struct Phase {
    begin: u64,
    sum: i128,
}

impl Share {
    /// One more runs since `time`.
    #[inline]
    pub(super) fn starts(&mut self, time: u64) {
        self.running += 1;
        if let Some(phase) = &mut self.open {
            phase.sum -= i128::from(time.max(phase.begin));
        }
    }

    /// One runs no more since `time`.
    #[inline]
    pub(super) fn stops(&mut self, time: u64) {
        self.running -= 1;
        if let Some(phase) = &mut self.open {
            phase.sum += i128::from(time.max(phase.begin));
        }
    }

    /// A mark phase begins.
    pub(super) fn open(&mut self, begin: u64) {
        self.open = Some(Phase { begin, sum: -(i128::from(self.running) * i128::from(begin)) });
    }

    /// The mark phase ends: the time of all inside of it, in nanoseconds.
    pub(super) fn close(&mut self, end: u64) -> u64 {
        let Some(phase) = self.open.take() else { return 0 };
        let sum = phase.sum + i128::from(self.running) * i128::from(end.max(phase.begin));
        u64::try_from(sum.max(0)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_inside_of_the_phase_counts() {
        let mut share = Share::default();
        share.starts(0);
        share.open(100);
        share.starts(150);
        share.stops(180);
        assert_eq!(share.close(200), 100 + 30);
        share.stops(260);
        share.open(300);
        assert_eq!(share.close(400), 0);
    }

    #[test]
    fn what_is_told_late_counts_from_the_phase_s_begin() {
        let mut share = Share::default();
        share.open(100);
        // Seen to run at 170, and known to have done so since 40.
        share.starts(40);
        share.stops(170);
        assert_eq!(share.close(200), 70);
    }
}
