//! The part of a run that is in sight.

use analyzer_core::base::convert::{f64_to_i64, i64_to_f64};
use analyzer_core::report::{GcCycle, GcRun};

use crate::state::Params;

const MILLI: i64 = 1_000_000;
/// The shortest part that can be zoomed to.
const SHORTEST: i64 = 10 * MILLI;

/// A stretch of time, in nanoseconds since the program's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Begin.
    pub from: i64,
    /// End; after the begin.
    pub to: i64,
}

impl Window {
    /// All of a run: from the program's start, unless the log begins much later.
    pub fn whole(run: &GcRun) -> Self {
        let first = run.cycles.first().map_or(0, |cycle| cycle.at.0);
        let last = run.cycles.last().map_or(0, |cycle| cycle.at.0);
        let span = last.saturating_sub(first).max(MILLI);
        let from = if first <= span / 4 { 0 } else { first.saturating_sub(span / 50) };
        Self { from, to: last.saturating_add(span / 50).max(from.saturating_add(SHORTEST)) }
    }

    /// What the address says, as far as it is of the run.
    pub fn of(run: &GcRun, params: &Params) -> Self {
        let whole = Self::whole(run);
        let time = |name: &str| i64::try_from(params.number(name)?).ok()?.checked_mul(MILLI);
        let asked = Self { from: time("from").unwrap_or(whole.from), to: time("to").unwrap_or(whole.to) };
        asked.within(whole)
    }

    /// The address of this part; of all, none.
    pub fn params(self, run: &GcRun, params: &Params) -> Params {
        if self == Self::whole(run) {
            return params.without("from").without("to");
        }
        let millis = |nanos: i64| (nanos / MILLI).to_string();
        params.with("from", millis(self.from)).with("to", millis(self.to))
    }

    /// This stretch cut to another.
    pub fn within(self, whole: Self) -> Self {
        let from = self.from.clamp(whole.from, whole.to.saturating_sub(SHORTEST).max(whole.from));
        Self { from, to: self.to.clamp(from.saturating_add(SHORTEST), whole.to.max(from + SHORTEST)) }
    }

    /// Twice as close, or half, around a share of the width.
    pub fn zoomed(self, at: f64, factor: f64, whole: Self) -> Self {
        let span = i64_to_f64(self.span());
        let center = i64_to_f64(self.from) + span * at;
        let from = f64_to_i64(center - span * factor * at);
        let to = f64_to_i64(center + span * factor * (1.0 - at));
        Self { from: from.max(whole.from), to: to.min(whole.to) }.within(whole)
    }

    /// Length.
    pub fn span(self) -> i64 {
        self.to.saturating_sub(self.from).max(1)
    }

    /// Where a time lies, from 0 to 1 within the window.
    pub fn share(self, at: i64) -> f64 {
        i64_to_f64(at.saturating_sub(self.from)) / i64_to_f64(self.span())
    }

    /// The time at a share of the width.
    pub fn at(self, share: f64) -> i64 {
        self.from.saturating_add(f64_to_i64(i64_to_f64(self.span()) * share))
    }

    /// Cycles in sight, with one more on each side, so that lines go on to the edge.
    pub fn cycles(self, run: &GcRun) -> &[GcCycle] {
        let first = run.cycles.partition_point(|cycle| cycle.at.0 < self.from).saturating_sub(1);
        let end = run.cycles.partition_point(|cycle| cycle.at.0 <= self.to).saturating_add(1);
        run.cycles.get(first..end.min(run.cycles.len())).unwrap_or_default()
    }

    /// Indices of the cycles in sight.
    pub fn range(self, run: &GcRun) -> std::ops::Range<usize> {
        let first = run.cycles.partition_point(|cycle| cycle.at.0 < self.from);
        first..run.cycles.partition_point(|cycle| cycle.at.0 <= self.to).max(first)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use analyzer_core::base::source::SourceId;
    use analyzer_core::base::units::{Bytes, Nanos};
    use analyzer_core::report::GcSummary;

    use super::*;

    pub fn cycle(number: u64, at_millis: i64, live: i64, peak: i64, goal: i64) -> GcCycle {
        GcCycle {
            line: number,
            number,
            at: Nanos(at_millis * MILLI),
            is_forced: false,
            checks_leaks: false,
            heap_start: Bytes(live << 20),
            heap_end: Bytes(peak << 20),
            live: Bytes(live << 20),
            goal: Bytes(goal << 20),
            overshoot: Some((peak - goal) * 10_000 / goal),
            stacks: None,
            globals: None,
            sweep_stop: Nanos(20_000),
            mark: Nanos(2 * MILLI),
            mark_stop: Nanos(40_000),
            assist_cpu: Nanos(MILLI),
            background_cpu: Nanos(3 * MILLI),
            idle_cpu: Nanos(0),
            assist_share: Some(2_500),
            cpu_percent: 1,
            procs: 2,
        }
    }

    pub fn run() -> GcRun {
        let cycles = (1..=10).map(|number: u64| {
            let step = i64::try_from(number).expect("small");
            cycle(number, step * 100, 10 * step, 20 * step, 18 * step)
        });
        GcRun {
            source: SourceId(0),
            subject: None,
            summary: GcSummary::default(),
            cycles: cycles.collect(),
            stride: 1,
            scavenges: Vec::new(),
            scavenge_stride: 1,
        }
    }

    #[test]
    fn all_of_a_run_is_in_its_window() {
        let whole = Window::whole(&run());
        assert_eq!(whole.from, 0);
        assert!(whole.to > 1_000 * MILLI);
        assert_eq!(whole.range(&run()), 0..10);
    }

    #[test]
    fn a_window_has_an_address_and_the_whole_has_none() {
        let run = run();
        let window = Window { from: 250 * MILLI, to: 550 * MILLI };
        let params = window.params(&run, &Params::default());
        assert_eq!((params.get("from"), params.get("to")), (Some("250"), Some("550")));
        assert_eq!(Window::of(&run, &params), window);
        assert!(Window::whole(&run).params(&run, &params).is_empty());
        assert_eq!(window.range(&run), 2..5);
        assert_eq!(window.cycles(&run).len(), 5);
    }

    #[test]
    fn a_broken_address_stays_within_the_run() {
        let (run, whole) = (run(), Window::whole(&run()));
        for (from, to) in [("900", "100"), ("999999999999", "1"), ("5", "18446744073709551615")] {
            let window = Window::of(&run, &Params::default().with("from", from).with("to", to));
            assert!(
                window.from >= whole.from && window.to <= whole.to && window.span() >= SHORTEST,
                "{window:?}"
            );
        }
    }

    #[test]
    fn zooming_keeps_the_place_and_stays_within() {
        let whole = Window { from: 0, to: 1_000 * MILLI };
        let closer = whole.zoomed(0.25, 0.5, whole);
        assert_eq!((closer.from, closer.to), (125 * MILLI, 625 * MILLI));
        assert_eq!(closer.zoomed(0.5, 8.0, whole), whole);
    }
}
