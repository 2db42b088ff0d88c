//! Counters of spans: those of the OpenTelemetry collector (`otelcol_*`) and of SDKs (`otel_sdk_*`).

use super::sample::Sample;
use crate::base::convert::rounded_i64;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::evidence::spans::{SpanCount, SpanCounter};

/// A counter on its way into the table.
pub(super) struct Counter {
    metric: String,
    part: String,
    count: SpanCount,
    value: u64,
    at: Position,
}

/// What a metric counts, without the endings that exporters add. What a collector accepts it sends on.
fn count(metric: &str, has_error: bool) -> Option<SpanCount> {
    let name = metric.split("__").next().unwrap_or(metric).trim_end_matches("_total");
    Some(match name {
        "otelcol_exporter_sent_spans" => SpanCount::Handled,
        "otelcol_receiver_accepted_spans" => SpanCount::Accepted,
        "otelcol_exporter_send_failed_spans"
        | "otelcol_exporter_enqueue_failed_spans"
        | "otelcol_processor_dropped_spans" => SpanCount::Lost,
        "otelcol_receiver_refused_spans" | "otelcol_processor_refused_spans" => SpanCount::Refused,
        "otel_sdk_processor_span_processed" | "otel_sdk_exporter_span_exported" if has_error => {
            SpanCount::Lost
        }
        "otel_sdk_processor_span_processed" => SpanCount::Handled,
        _ => return None,
    })
}

/// The counter that a sample is.
pub(super) fn counter(sample: &Sample<'_>, at: Position) -> Option<Counter> {
    let error = sample.labels.get("error_type").filter(|error| !error.is_empty());
    let count = count(sample.metric, error.is_some())?;
    let value = rounded_i64(sample.value).and_then(|value| u64::try_from(value).ok())?;
    let part = error
        .or_else(|| ["exporter", "processor", "receiver"].iter().find_map(|label| sample.labels.get(label)));
    Some(Counter {
        metric: sample.metric.to_owned(),
        part: part.unwrap_or_default().to_owned(),
        count,
        value,
        at,
    })
}

/// Stores them.
pub(super) fn store(counters: &[Counter], input: &Input<'_>, evidence: &mut Evidence) {
    for counter in counters {
        let row = SpanCounter {
            source: input.source,
            at: counter.at,
            metric: evidence.strings.intern(&counter.metric),
            part: evidence.strings.intern(&counter.part),
            count: counter.count,
            value: counter.value,
        };
        evidence.spans.counters.push(row);
    }
}
