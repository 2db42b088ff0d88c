//! `trace.long-pause`: the world stood still for long.

use super::{figure, window};
use crate::analysis::trace::leaks::span;
use crate::base::units::Unit;
use crate::detectors::{Detector, Draft, Rule, list};
use crate::report::trace::{Pause, Trace};
use crate::report::{Amount, Confidence, Severity};

/// Pauses from this length on are told: Go's own are well below a millisecond.
const LONG_NANOS: u64 = 10_000_000;
/// A pause of this length fails requests and health checks.
const SEVERE_NANOS: u64 = 100_000_000;
/// Pauses that tracing itself brings.
const OF_THE_TRACER: [&str; 2] = ["start trace", "stop trace"];

const LONG_PAUSE: Rule = Rule {
    code: "trace.long-pause",
    severity: Severity::Warning,
    title: "Long stop-the-world pauses",
    meaning: "The trace contains long stop-the-world pauses.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[LONG_PAUSE],
    missing_inputs: super::missing_inputs,
    detect: |case| super::each(case, find),
};

/// The long pauses, as one.
fn find(trace: &Trace) -> Option<Draft> {
    let length = |pause: &Pause| pause.end.unwrap_or(trace.to).saturating_sub(pause.begin);
    let is_long =
        |pause: &&Pause| length(pause) >= LONG_NANOS && !OF_THE_TRACER.contains(&pause.kind.as_str());
    let long: Vec<&Pause> = trace.pauses.iter().filter(is_long).collect();
    let worst = long.iter().max_by_key(|pause| length(pause))?;
    let nanos = length(worst);
    let times = if long.len() == 1 { "once".to_owned() } else { format!("{} times", long.len()) };
    let mut claim = format!(
        "In {} of trace the world was stopped {times} for {} or more; the longest pause ({}) took {}",
        window(trace),
        span(LONG_NANOS),
        worst.kind,
        span(nanos)
    );
    if let Some((goroutine, after)) = worst.last_to_stop.zip(worst.stopped_after) {
        let start =
            worst.last_to_stop_start.as_deref().map(|start| format!(" ({start})")).unwrap_or_default();
        claim.push_str(&format!(
            ", of which {} was waiting for goroutine {}{start} to stop on another processor",
            span(after.min(nanos)),
            goroutine
        ));
    }
    claim.push('.');
    Some(Draft {
        rule: LONG_PAUSE,
        severity: if nanos >= SEVERE_NANOS { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "A pause lasts at least {}; a warning from {}. Pauses of the tracer itself do not count.",
            span(LONG_NANOS),
            span(SEVERE_NANOS)
        ),
        title: LONG_PAUSE.title.to_owned(),
        claim,
        amount: i64::try_from(nanos).ok().map(|value| Amount::exact(value, Unit::Nanoseconds)),
        citations: figure(trace, "longest pause", nanos, Unit::Nanoseconds),
        against: list(&[
            "A thread descheduled by the operating system looks the same: CPU throttling (nr_throttled in cpu.stat) and a busy machine make pauses longer.",
        ]),
        advice: list(&[
            "In the Trace view, open Stop the world: it shows what requested each pause, and which goroutine stopped last.",
            "If the last goroutine stopped late, check what it was running: a long loop without calls, a page fault, a throttled thread.",
        ]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::detectors::testing::{check_trace, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Info, Warning};

    fn trace(kind: &str, end: Option<u64>) -> Value {
        json!({"to": 200_000_000, "pauses": [{"kind": kind, "begin": 0, "end": end}]})
    }

    #[test]
    fn a_pause_of_ten_milliseconds_is_long_and_of_a_hundred_a_warning() {
        for (end, severity, nanos) in [
            (Some(10_000_000), Info, 10_000_000),
            (Some(99_999_999), Info, 99_999_999),
            (Some(100_000_000), Warning, 100_000_000),
            (None, Warning, 200_000_000),
        ] {
            let found = check_trace("trace", trace("GC mark termination", end), None, &["trace.long-pause"]);
            assert_eq!(verdicts(&found), [(severity, Certain, Some(nanos))]);
        }
    }

    #[test]
    fn shorter_pauses_and_those_of_the_tracer_are_not_said() {
        check_trace("trace.long-pause", trace("GC mark termination", Some(9_999_999)), None, &[]);
        for kind in super::OF_THE_TRACER {
            check_trace("trace.long-pause", trace(kind, None), None, &[]);
        }
    }
}
