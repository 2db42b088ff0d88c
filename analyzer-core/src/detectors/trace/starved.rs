//! `trace.cpu-starved`: goroutines that could run wait because every processor is taken.

use super::{figure, nanos, percent, processor_nanos, processors, sum, window};
use crate::analysis::trace::leaks::span;
use crate::base::units::Unit;
use crate::detectors::{Detector, Draft, Rule, list};
use crate::report::number_format::count_u64;
use crate::report::trace::Trace;
use crate::report::{Confidence, Severity};

/// Processors that are taken for at least this share of the time.
const BUSY_PERCENT: u64 = 90;
/// As many wait, on the average, as this many times the processors that there are.
const WAITING_TIMES: u64 = 1;
/// From here on latency is mostly waiting.
const SEVERE_TIMES: u64 = 10;
/// Shorter traces say little of the load.
const LEAST_NANOS: u64 = 100_000_000;

const CPU_STARVED: Rule = Rule {
    code: "trace.cpu-starved",
    severity: Severity::Warning,
    title: "High scheduling latency",
    meaning: "Runnable goroutines waited for a processor (P).",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[CPU_STARVED],
    missing_inputs: super::missing_inputs,
    detect: |case| super::each(case, find),
};

/// The load, if it is too much.
fn find(trace: &Trace) -> Option<Draft> {
    let count = processors(trace)?;
    let all = processor_nanos(trace).filter(|_| nanos(trace) >= LEAST_NANOS)?;
    let taken = sum(trace, |proc| proc.running.saturating_add(proc.gc).saturating_add(proc.syscall));
    let busy = percent(taken, all);
    let starved: u64 = trace.delays.iter().map(|delays| delays.starved_total).sum();
    let times = u64::try_from(u128::from(starved) / all).unwrap_or(u64::MAX);
    if busy < BUSY_PERCENT || times < WAITING_TIMES {
        return None;
    }
    let longest = trace.delays.iter().map(|delays| delays.spread.max).max().unwrap_or(0);
    let waiting = starved / nanos(trace).max(1);
    Some(Draft {
        rule: CPU_STARVED,
        severity: if times >= SEVERE_TIMES { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "The processors (Ps) are busy for at least {BUSY_PERCENT}% of the time, and at least as many runnable goroutines wait as there are processors; a warning from {SEVERE_TIMES} times as many."
        ),
        title: CPU_STARVED.title.to_owned(),
        claim: format!(
            "In {} of trace, the {} processors (GOMAXPROCS) were busy for {busy}% of the time, and on average {} runnable goroutines waited for one. The longest wait was {}.",
            window(trace),
            count_u64(count),
            count_u64(waiting),
            span(longest)
        ),
        amount: None,
        citations: figure(trace, "waits for a processor while none was idle", starved, Unit::Nanoseconds),
        against: list(&["A batch program is supposed to keep every processor busy."]),
        advice: list(&[
            "Compare GOMAXPROCS with the CPU limit: above the limit the container is throttled, below it CPUs stay idle.",
            "In the Trace view, open Goroutines and see which goroutine runs most; its flame graphs show where.",
        ]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::detectors::testing::{check_trace, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Info, Warning};

    /// Two processors for `to` nanoseconds, taken for `taken` in all.
    fn trace(to: u64, taken: u64, waited: u64) -> Value {
        json!({
            "to": to,
            "heap": {"gomaxprocs": {"count": 1, "min": 2, "max": 2, "first": 2, "last": 2}},
            "procs": [{
                "id": 0, "running": taken - 20, "gc": 10, "syscall": 10, "scheduler": 0, "idle": 0, "starts": 0,
                "steals": 0,
            }],
            "delays": [{
                "cause": "woken", "spread": {"count": 1, "total": waited, "max": waited}, "starved": 1,
                "starved_total": waited,
            }],
        })
    }

    #[test]
    fn as_many_waiting_as_there_are_processors_is_said_and_ten_times_as_many_a_warning() {
        for (waited, severity) in [(2_000_000_000, Info), (19_999_999_999, Info), (20_000_000_000, Warning)] {
            let trace = trace(1_000_000_000, 1_800_000_000, waited);
            let found = check_trace("trace", trace, None, &["trace.cpu-starved"]);
            assert_eq!(verdicts(&found), [(severity, Certain, None)]);
        }
    }

    #[test]
    fn free_processors_fewer_waiting_and_short_traces_are_not_said() {
        for (to, taken, waited) in [
            (1_000_000_000, 1_799_999_999, 2_000_000_000),
            (1_000_000_000, 2_000_000_000, 1_999_999_999),
            (99_999_999, 199_999_998, 2_000_000_000),
        ] {
            check_trace("trace.cpu-starved", trace(to, taken, waited), None, &[]);
        }
    }
}
