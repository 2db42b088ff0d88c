//! `otel.spans_lost`, `otel.unfinished`: parents that are missing.

use super::{facts, needs};
use crate::analysis::spans::{Missing, MissingRole};
use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::number_format::{count_u64, percent};
use crate::report::{Amount, Citation, Confidence, Counted, Finding, Severity};

/// Missing parents of a service from which it is no chance.
const LEAST: u64 = 5;
/// Share of the service's spans, in percent.
const LEAST_PERCENT: u64 = 2;

const LOST: Rule = Rule {
    code: "otel.spans_lost",
    severity: Severity::Warning,
    title: "Lost spans",
    meaning: "Spans refer to parents that are in no file: the parents' service loses some of its spans.",
};
const UNFINISHED: Rule = Rule {
    code: "otel.unfinished",
    severity: Severity::Info,
    title: "A span is missing in most traces",
    meaning: "The same parent span is missing in most traces of a service: the span is never ended, the process exits before exporting it, or it is lost.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[LOST, UNFINISHED],
    missing_inputs: needs,
    detect: |case: &Case<'_>| {
        let all = facts(case).flat_map(|facts| &facts.missing);
        let is_told = |row: &&Missing| {
            row.spans >= LEAST
                && u128::from(row.spans) * 100
                    >= (u128::from(row.spans) + u128::from(row.kept)) * u128::from(LEAST_PERCENT)
        };
        all.filter(is_told).filter_map(tell).collect()
    },
};

fn tell(row: &Missing) -> Option<Finding> {
    let rule = if row.is_systematic() { UNFINISHED } else { LOST };
    let (what, seen) = match row.role {
        MissingRole::Within => ("parent spans", "Their child spans were exported."),
        MissingRole::Caller => ("client spans", "The services that it called exported theirs."),
    };
    let share =
        percent(clamp_i64(i128::from(row.spans)), clamp_i64(i128::from(row.spans) + i128::from(row.kept)));
    let claim = if row.is_systematic() {
        format!(
            "{}: {} {what} are missing in {} of its {} traces. {seen}",
            row.service,
            count_u64(row.spans),
            count_u64(row.traces),
            count_u64(row.traces_of_service)
        )
    } else {
        format!(
            "{}: {} {what} are missing ({share} of its spans), in {} of its {} traces. {seen}",
            row.service,
            count_u64(row.spans),
            count_u64(row.traces),
            count_u64(row.traces_of_service)
        )
    };
    let draft = Draft {
        rule,
        severity: if row.is_systematic() { Severity::Info } else { Severity::Warning },
        confidence: if row.is_systematic() { Confidence::Possible } else { Confidence::Likely },
        reclaim: None,
        condition: format!(
            "At least {LEAST} missing parents of a service, which is at least {LEAST_PERCENT}% of its spans, not counting traces at the start and end of the recorded time. If they are missing in at least half of its traces, the span counts as unfinished, otherwise as lost."
        ),
        title: rule.title.to_owned(),
        claim,
        amount: Some(Amount::counted(clamp_i64(i128::from(row.spans)), Counted::Spans)),
        citations: vec![Citation::place(SourceSpan { source: row.first.0, at: row.first.1 })],
        against: list(&[
            "Files with only a part of the spans (a query limit, one of two backends) look the same.",
            "The service of a missing caller span is inferred from the other calls to the same service.",
        ]),
        advice: list(&[
            "Check the exporter's counters: otel_sdk_processor_span_processed with error_type, otelcol_exporter_send_failed_spans, otelcol_processor_dropped_spans.",
            "The batch processor drops spans when its queue (2,048 spans) is full: raise WithMaxQueueSize or export faster. Call End on every span, and TracerProvider.Shutdown before the process exits.",
        ]),
    };
    draft.about(None)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Calls, zipkin};
    use crate::detectors::testing::check;

    #[test]
    fn missing_callers_of_some_traces_are_lost_spans_of_the_caller() {
        for (count, lost) in [(40, 4), (100, 10), (200, 20)] {
            let calls = Calls { count, lost, ..Calls::default() };
            let found = check("otel", &[("x.json", &*zipkin(calls))], &["otel.spans_lost"]);
            assert!(found[0].claim.starts_with("cart: "), "{}", found[0].claim);
        }
    }

    #[test]
    fn few_missing_ones_are_chance() {
        for calls in
            [Calls { count: 100, ..Calls::default() }, Calls { count: 100, lost: 25, ..Calls::default() }]
        {
            check("otel.spans_lost", &[("x.json", &*zipkin(calls))], &[]);
        }
    }

    #[test]
    fn a_parent_that_is_missing_in_most_traces_is_unfinished_or_lost() {
        for rootless in [1, 2] {
            let calls = Calls { count: 60, rootless, ..Calls::default() };
            check("otel", &[("x.json", &*zipkin(calls))], &["otel.unfinished"]);
        }
        check(
            "otel.unfinished",
            &[("x.json", &*zipkin(Calls { count: 60, rootless: 6, ..Calls::default() }))],
            &[],
        );
    }

    #[test]
    fn callees_whose_callers_are_in_no_file_lost_nothing() {
        // Every span of the caller is missing.
        let calls = Calls { count: 60, lost: 1, rootless: 1, ..Calls::default() };
        check("otel.spans_lost", &[("x.json", &*zipkin(calls))], &[]);
        check("otel.unfinished", &[("x.json", &*zipkin(calls))], &[]);
    }
}
