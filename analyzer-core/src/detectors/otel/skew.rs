//! `otel.skew`: a service's clock is off.

use super::{facts, needs};
use crate::analysis::spans::ClockOffset;
use crate::base::source::SourceSpan;
use crate::base::units::{Nanos, Unit};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::number_format::{counted, duration};
use crate::report::{Amount, Citation, Confidence, Finding, Severity};

const SKEW: Rule = Rule {
    code: "otel.skew",
    severity: Severity::Info,
    title: "Clock skew",
    meaning: "Spans of a service start before the calls to it, or end after them, by a constant amount: its clock differs from the others.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SKEW],
    missing_inputs: needs,
    detect: |case: &Case<'_>| facts(case).flat_map(|facts| &facts.clocks).filter_map(tell).collect(),
};

fn tell(clock: &ClockOffset) -> Option<Finding> {
    let by = duration(Nanos(clock.nanos.saturating_abs()));
    let side = if clock.nanos > 0 { "ahead of" } else { "behind" };
    let name = if clock.instance.is_empty() {
        clock.service.clone()
    } else {
        format!("{} ({})", clock.service, clock.instance)
    };
    let others = if clock.is_of_two { "its caller's or callee's" } else { "those of the other services" };
    let draft = Draft {
        rule: SKEW,
        severity: Severity::Info,
        confidence: if clock.is_of_two { Confidence::Possible } else { Confidence::Likely },
        reclaim: None,
        condition: "At least 10 calls between two instances; the callee's spans are outside the caller's by a median of at least 10 ms, 90% of them to the same side. Callees that take longer than their calls do not count.".to_owned(),
        title: SKEW.title.to_owned(),
        claim: format!("{name}: its clock is {by} {side} {others}, by {}.", counted(clock.pairs, "call", "calls")),
        amount: Some(Amount::exact(clock.nanos.saturating_abs(), Unit::Nanoseconds)),
        citations: vec![Citation::place(SourceSpan { source: clock.first.0, at: clock.first.1 })],
        against: if clock.is_of_two {
            list(&["With two clocks, either one can be wrong."])
        } else {
            list(&["The clock of the majority of services is assumed to be right."])
        },
        advice: list(&["Check time synchronization (chrony, ntpd) on the host. Times across this edge are off by this amount in every trace."]),
    };
    draft.about(None)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Calls, zipkin};
    use crate::detectors::testing::check;

    #[test]
    fn a_callee_outside_of_its_calls_has_another_clock() {
        for ahead in [180, -40, 15] {
            let calls = Calls { count: 20, ahead, ..Calls::default() };
            check("otel", &[("x.json", &*zipkin(calls))], &["otel.skew"]);
        }
    }

    #[test]
    fn few_calls_small_offsets_and_callees_that_go_on_are_not() {
        for calls in [
            Calls { count: 9, ahead: 180, ..Calls::default() },
            Calls { count: 20, ahead: 5, ..Calls::default() },
            Calls { count: 20, takes: 300, ..Calls::default() },
        ] {
            check("otel.skew", &[("x.json", &*zipkin(calls))], &[]);
        }
    }
}
