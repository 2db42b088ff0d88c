//! `otel.spans_dropped`: what exporters and collectors count of lost spans.

use std::collections::BTreeMap;

use crate::base::convert::clamp_i64;
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::spans::{SpanCount, SpanCounter};
use crate::report::number_format::{count_u64, percent};
use crate::report::{Amount, Citation, Confidence, Counted, Finding, Severity};

/// Share of all spans, in percent, from which the loss is a warning.
const WARNING_PERCENT: u64 = 1;
/// Counters that are named.
const TOLD: usize = 4;

const DROPPED: Rule = Rule {
    code: "otel.spans_dropped",
    severity: Severity::Warning,
    title: "Spans are dropped",
    meaning: "The counters of the SDK or the collector show dropped spans.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[DROPPED],
    missing_inputs: |case| {
        if case.evidence.spans.counters.is_empty() {
            list(&["metrics of the collector or the SDK (otelcol_*, otel_sdk_*)"])
        } else {
            Vec::new()
        }
    },
    detect: |case: &Case<'_>| {
        let mut sources: BTreeMap<SourceId, Vec<&SpanCounter>> = BTreeMap::new();
        for counter in &case.evidence.spans.counters {
            sources.entry(counter.source).or_default().push(counter);
        }
        sources.into_values().filter_map(|counters| tell(case, &counters)).collect()
    },
};

fn tell(case: &Case<'_>, counters: &[&SpanCounter]) -> Option<Finding> {
    let sum = |count: SpanCount| {
        let of = counters.iter().filter(|counter| counter.count == count);
        of.fold(0_u64, |sum, counter| sum.saturating_add(counter.value))
    };
    let lost = sum(SpanCount::Lost);
    let handled =
        Some(sum(SpanCount::Handled)).filter(|sent| *sent > 0).unwrap_or_else(|| sum(SpanCount::Accepted));
    let mut worst: Vec<&&SpanCounter> =
        counters.iter().filter(|counter| counter.count == SpanCount::Lost && counter.value > 0).collect();
    worst.sort_by_key(|counter| (std::cmp::Reverse(counter.value), counter.at));
    worst.truncate(TOLD);
    let all = u128::from(lost) + u128::from(handled);
    if lost == 0 {
        return None;
    }
    let is_much = u128::from(lost) * 100 >= all * u128::from(WARNING_PERCENT);
    let text = |id| case.evidence.strings.get(id);
    let names: Vec<String> = worst
        .iter()
        .map(|counter| {
            let part = if text(counter.part).is_empty() {
                String::new()
            } else {
                format!(" ({})", text(counter.part))
            };
            format!("{}{part} {}", text(counter.metric), count_u64(counter.value))
        })
        .collect();
    let share = if handled > 0 {
        format!(
            ", {} of what is counted",
            percent(clamp_i64(i128::from(lost)), clamp_i64(i128::try_from(all).unwrap_or(i128::MAX)))
        )
    } else {
        String::new()
    };
    let subjects = &case.analysis.subjects;
    let source = worst.first()?.source;
    let subject = subjects.iter().find(|subject| subject.sources().any(|own| own == source));
    let draft = Draft {
        rule: DROPPED,
        severity: if is_much { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "A counter of dropped or failed spans is not 0; a warning from {WARNING_PERCENT}% of all spans."
        ),
        title: DROPPED.title.to_owned(),
        claim: format!("{} spans were dropped{share}: {}.", count_u64(lost), names.join(", ")),
        amount: Some(Amount::counted(clamp_i64(i128::from(lost)), Counted::Spans)),
        citations: worst
            .iter()
            .map(|counter| {
                let at = SourceSpan { source: counter.source, at: counter.at };
                Citation::figure(at, text(counter.metric), clamp_i64(i128::from(counter.value)), Unit::Count)
            })
            .collect(),
        against: list(&[
            "The counters run since process start, so the loss may be old: compare two scrapes.",
        ]),
        advice: list(&[
            "queue_full, enqueue_failed: the queue is too small or the exporter is too slow (raise the queue size, add consumers, use larger batches).",
            "send_failed: the backend rejects the spans or is unreachable. The exporter's log shows why.",
        ]),
    };
    draft.about(subject.map(|subject| subject.id))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Info, Warning};

    #[test]
    fn counters_of_dropped_spans_are_told() {
        for (text, severity, lost) in [
            (
                "otelcol_exporter_send_failed_spans{exporter=\"otlp\"} 30\notelcol_exporter_sent_spans{exporter=\"otlp\"} 970\notelcol_receiver_accepted_spans 1000\n",
                Warning,
                30,
            ),
            (
                "otel_sdk_processor_span_processed_total{error_type=\"queue_full\"} 400\notel_sdk_processor_span_processed_total 1600\notel_sdk_span_live 3\n",
                Warning,
                400,
            ),
            (
                "# TYPE otelcol_processor_dropped_spans_total counter\notelcol_processor_dropped_spans_total{processor=\"batch\"} 2\notelcol_receiver_accepted_spans_total 10000\n",
                Info,
                2,
            ),
        ] {
            let found = check("otel", &[("metrics.txt", text)], &["otel.spans_dropped"]);
            assert_eq!(verdicts(&found), [(severity, Certain, Some(lost))]);
        }
    }

    #[test]
    fn counters_at_zero_and_refusals_are_no_loss() {
        let text = "otelcol_exporter_send_failed_spans{exporter=\"otlp\"} 0\notelcol_exporter_sent_spans{exporter=\"otlp\"} 970\notelcol_receiver_refused_spans 7\n";
        check("otel.spans_dropped", &[("metrics.txt", text)], &[]);
    }
}
