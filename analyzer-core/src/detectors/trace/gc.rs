//! `trace.gc-load`: garbage collection takes much of the processors' time.

use super::{figure, percent, processor_nanos, window};
use crate::analysis::trace::leaks::span;
use crate::base::units::Unit;
use crate::detectors::{Detector, Draft, Rule, list};
use crate::report::number_format::count_u64;
use crate::report::trace::Trace;
use crate::report::{Amount, Confidence, Severity};

/// Go gives a quarter of the processors to marking, while it marks. As much
/// over all of the time is a GC that hardly ever stops.
const LOAD_PERCENT: u64 = 25;
/// Half of the processors' time.
const SEVERE_PERCENT: u64 = 50;
/// Fewer cycles are an accident of the window.
const LEAST_CYCLES: u64 = 4;

const GC_LOAD: Rule = Rule {
    code: "trace.gc-load",
    severity: Severity::Warning,
    title: "High garbage collection cost",
    meaning: "GC workers and mark assists took a large part of the CPU time in the trace.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[GC_LOAD],
    missing_inputs: super::missing_inputs,
    detect: |case| super::each(case, find),
};

/// The load, if it is much. Workers on idle processors take nothing from anyone.
fn find(trace: &Trace) -> Option<Draft> {
    let gc = &trace.gc;
    let [dedicated, fractional, _idle] = gc.workers;
    let taken = dedicated.saturating_add(fractional).saturating_add(gc.assist_running);
    let load = percent(taken, processor_nanos(trace)?);
    if load < LOAD_PERCENT || gc.begun < LEAST_CYCLES {
        return None;
    }
    Some(Draft {
        rule: GC_LOAD,
        severity: if load >= SEVERE_PERCENT { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "Workers and assists take at least {LOAD_PERCENT}% of the CPU time over at least {LEAST_CYCLES} cycles; a warning from {SEVERE_PERCENT}%. Idle-time workers do not count."
        ),
        title: GC_LOAD.title.to_owned(),
        claim: format!(
            "In {} of trace, {} GC cycles took {load}% of the CPU time: {} in workers, {} in mark assists.",
            window(trace),
            count_u64(gc.begun),
            span(dedicated.saturating_add(fractional)),
            span(gc.assist_running)
        ),
        amount: i64::try_from(load.saturating_mul(100))
            .ok()
            .map(|value| Amount::exact(value, Unit::BasisPoints)),
        citations: figure(trace, "time of GC workers and assists", taken, Unit::Nanoseconds),
        against: list(&["A program that allocates heavily on purpose, such as a benchmark, looks the same."]),
        advice: list(&[
            "If the heap is at GOMEMLIMIT, raise GOMEMLIMIT or reduce the live heap.",
            "Otherwise, a higher GOGC trades memory for fewer cycles. An allocs profile shows what allocates.",
        ]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::detectors::testing::{check_trace, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Info, Warning};

    /// A second of four processors, a tenth of it in assists; idle workers take nothing.
    fn trace(cycles: u64, dedicated: u64) -> Value {
        json!({
            "to": 1_000_000_000,
            "heap": {"gomaxprocs": {"count": 1, "min": 4, "max": 4, "first": 4, "last": 4}},
            "gc": {"begun": cycles, "workers": [dedicated, 100_000_000, 3_000_000_000_u64], "assist_running": 400_000_000},
        })
    }

    #[test]
    fn a_quarter_of_the_processors_is_much_and_half_is_a_warning() {
        for (dedicated, verdict) in [
            (500_000_000, (Info, Certain, Some(2_500))),
            (1_499_999_999, (Info, Certain, Some(4_900))),
            (1_500_000_000, (Warning, Certain, Some(5_000))),
        ] {
            let found = check_trace("trace", trace(4, dedicated), None, &["trace.gc-load"]);
            assert_eq!(verdicts(&found), [verdict]);
        }
    }

    #[test]
    fn less_or_few_cycles_are_not_said() {
        for (cycles, dedicated) in [(4, 499_999_999), (3, 2_000_000_000)] {
            check_trace("trace.gc-load", trace(cycles, dedicated), None, &[]);
        }
    }
}
