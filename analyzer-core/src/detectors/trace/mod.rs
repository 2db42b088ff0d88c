//! `trace.*`: what the seconds of an execution trace show to be wrong. Every
//! claim names the trace's length, for nothing is known beyond it.

use super::{Case, Draft, list};
use crate::analysis::trace::leaks;
use crate::base::units::Unit;
use crate::report::trace::{Proc, Trace};
use crate::report::{Citation, Finding};

detectors! { gc, leak, pause, starved }

fn missing_inputs(case: &Case<'_>) -> Vec<String> {
    let needs = "a Go execution trace (/debug/pprof/trace?seconds=5) of Go 1.22 or later";
    if case.analysis.traces.is_empty() { list(&[needs]) } else { Vec::new() }
}

/// What `find` says of each trace whose subject is known.
fn each<D: IntoIterator<Item = Draft>>(case: &Case<'_>, find: impl Fn(&Trace) -> D) -> Vec<Finding> {
    let about = |trace: &Trace| {
        let subject = trace.subject?;
        Some(find(trace).into_iter().filter_map(|draft| draft.about(subject)).collect::<Vec<_>>())
    };
    case.analysis.traces.iter().filter_map(about).flatten().collect()
}

/// Length of the trace.
fn nanos(trace: &Trace) -> u64 {
    trace.to.saturating_sub(trace.from)
}

/// Length of the trace as text.
fn window(trace: &Trace) -> String {
    leaks::span(nanos(trace))
}

/// GOMAXPROCS at its greatest; `None` if the trace does not say.
fn processors(trace: &Trace) -> Option<u64> {
    trace.heap.gomaxprocs.map(|metric| metric.max).filter(|&count| count > 0)
}

/// Time that all processors have in the trace.
fn processor_nanos(trace: &Trace) -> Option<u128> {
    let all = u128::from(processors(trace)?) * u128::from(nanos(trace));
    (all > 0).then_some(all)
}

/// Time of all processors in some kind of work.
fn sum(trace: &Trace, of: fn(&Proc) -> u64) -> u64 {
    trace.procs.iter().map(of).sum()
}

/// How many percent `part` is of `whole`, rounded down.
fn percent(part: u64, whole: u128) -> u64 {
    u64::try_from(u128::from(part) * 100 / whole.max(1)).unwrap_or(u64::MAX)
}

/// The trace as the source of a figure.
fn figure(trace: &Trace, quantity: &str, value: u64, unit: Unit) -> Vec<Citation> {
    let value = i64::try_from(value).ok();
    let at_start = trace.citations.iter().take(1);
    at_start
        .map(|place| Citation {
            quantity: Some(quantity.to_owned()),
            value,
            unit: Some(unit),
            ..place.clone()
        })
        .collect()
}
