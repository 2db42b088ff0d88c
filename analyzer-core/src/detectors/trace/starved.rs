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
    title: "Goroutines wait for processors",
    meaning: "Goroutines were ready to run and waited for a processor.",
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
            "The processors are taken for {BUSY_PERCENT}% of the time or more, and as many goroutines as there are \
             processors wait for one; {SEVERE_TIMES} times as many are a warning."
        ),
        title: CPU_STARVED.title.to_owned(),
        claim: format!(
            "In {} of trace the {} processors (GOMAXPROCS) were taken for {busy}% of the time, and on the average {} \
             goroutines that could run waited for one; the longest wait was {}.",
            window(trace),
            count_u64(count),
            count_u64(waiting),
            span(longest)
        ),
        amount: None,
        citations: figure(trace, "waits for a processor while none was free", starved, Unit::Nanoseconds),
        against: list(&["A batch program is meant to keep every processor busy."]),
        advice: list(&[
            "Compare GOMAXPROCS with the CPU limit: above it the system throttles, below it processors lie idle.",
            "In the Trace view, open Goroutines and see who runs most; its flame graphs say where.",
        ]),
    })
}
