//! `otel.cut_edge`: a callee starts traces of its own within the calls to it.

use super::{facts, needs};
use crate::analysis::spans::{CutEdge, LEAST_CALLS, LEAST_PERCENT};
use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::number_format::count_u64;
use crate::report::{Amount, Citation, Confidence, Counted, Finding, Severity};

const CUT: Rule = Rule {
    code: "otel.cut_edge",
    severity: Severity::Warning,
    title: "Trace context is lost between two services",
    meaning: "Calls have no span of the callee, and the callee starts new traces at the same times: the trace context is not propagated.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[CUT],
    missing_inputs: needs,
    detect: |case: &Case<'_>| facts(case).flat_map(|facts| &facts.cuts).filter_map(tell).collect(),
};

fn tell(cut: &CutEdge) -> Option<Finding> {
    let places =
        cut.examples.iter().map(|(source, at)| Citation::place(SourceSpan { source: *source, at: *at }));
    let draft = Draft {
        rule: CUT,
        severity: Severity::Warning,
        confidence: if cut.is_named { Confidence::Certain } else { Confidence::Likely },
        reclaim: None,
        condition: format!(
            "At least {LEAST_CALLS} calls, {LEAST_PERCENT}% of them without a span of the callee, and {LEAST_PERCENT}% of these with a root span of the callee within their time; each root counts once."
        ),
        title: CUT.title.to_owned(),
        claim: format!(
            "{} → {}: {} of {} calls have no span of {}, and {} of them have a root span of {} within their time.",
            cut.caller,
            cut.callee,
            count_u64(cut.alone),
            count_u64(cut.calls),
            cut.callee,
            count_u64(cut.matched),
            cut.callee
        ),
        amount: Some(Amount::counted(clamp_i64(i128::from(cut.alone)), Counted::Times)),
        citations: places.collect(),
        against: list(&[
            "The match is by time alone, so calls from another caller may coincide with these spans. Each root counts once.",
        ]),
        advice: list(&[
            "Set a propagator in both services: otel.SetTextMapPropagator(propagation.TraceContext{}). Go has none by default.",
            "Instrument the client's transport (otelhttp.NewTransport, otelgrpc's stats handler) and pass the request's context on. A proxy in between may drop traceparent.",
        ]),
    };
    draft.about(None)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Calls, zipkin};
    use crate::detectors::testing::check;

    #[test]
    fn roots_of_the_callee_within_the_calls_are_a_cut() {
        for count in [20, 40, 100] {
            let found = check(
                "otel",
                &[("x.json", &*zipkin(Calls { count, cut: 1, ..Calls::default() }))],
                &["otel.cut_edge"],
            );
            assert!(found[0].claim.starts_with("cart → pricing: "), "{}", found[0].claim);
        }
    }

    #[test]
    fn few_calls_single_ones_and_whole_traces_are_not() {
        for calls in [
            Calls { count: 19, cut: 1, ..Calls::default() },
            Calls { count: 100, cut: 2, ..Calls::default() },
            Calls { count: 100, ..Calls::default() },
        ] {
            check("otel.cut_edge", &[("x.json", &*zipkin(calls))], &[]);
        }
    }

    #[test]
    fn roots_at_other_times_are_another_callers() {
        // The clock of the callee moves its roots out of the calls.
        let calls = Calls { count: 40, cut: 1, ahead: 50, ..Calls::default() };
        check("otel.cut_edge", &[("x.json", &*zipkin(calls))], &[]);
    }
}
