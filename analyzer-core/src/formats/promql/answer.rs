//! ```text
//! {"status": "success", "data": {"resultType": "vector", "result": [
//!     {"metric": {"__name__": "container_memory_rss", "container": "api"}, "value": [1763668980, "220200960"]}]}}
//! ```
//! A `matrix` has `values`, a list of such pairs.

use serde_json::Value;

use super::{Series, by_content};
use crate::base::convert::{rounded_i64, to_u64};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::JSON_BYTES;
use crate::base::source::{Input, Position};
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::formats::memstats::prometheus::{Labels, Sample};
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some();
    let is_object = probe.bytes.trim_ascii_start().starts_with(b"{");
    // Loki answers with lines of logs in the same form.
    let is_answer = has("\"resultType\"") && has("\"result\"") && !has("\"streams\"");
    let is_refusal = || has("\"status\"") && has("\"errorType\"") && has("\"error\"");
    by_content(is_object && (is_answer || is_refusal()))
}

/// Parses the newest sample of every series.
/// # Errors
/// `Malformed` where the JSON breaks, or if the server refused; `Empty` without
/// a series; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let whole = Position::line(1);
    let error = |kind, message: String| Err(ParseError::new(kind, whole, "PromQL answer", message));
    if input.bytes.len() > JSON_BYTES {
        return error(ErrorKind::LimitExceeded, format!("the document is larger than {JSON_BYTES} bytes"));
    }
    let root: Value = serde_json::from_slice(input.bytes).map_err(|error| {
        let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
        ParseError::new(kind, Position::line(to_u64(error.line())), "PromQL answer", error.to_string())
    })?;
    if root.get("status").and_then(Value::as_str) == Some("error") {
        let reason = root.get("error").and_then(Value::as_str).unwrap_or("no reason");
        return error(ErrorKind::Malformed, format!("the server rejected the query: {reason}"));
    }
    let data = root.get("data").unwrap_or(&root);
    let result = data.get("result").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if result.is_empty() {
        return error(ErrorKind::Empty, "the query matched no series".to_owned());
    }
    let mut series = Series::default();
    let mut places = Places::new(input.bytes);
    let mut newest: Option<f64> = None;
    for row in result {
        let at = places.next("\"metric\"");
        places.next("\"value");
        let range = row.get("values").and_then(Value::as_array);
        series.samples = series.samples.max(range.map_or(0, Vec::len));
        let pair = range.and_then(|values| values.last()).or_else(|| row.get("value"));
        let (Some(Value::Object(labels)), Some((time, value))) = (row.get("metric"), pair.and_then(sample))
        else {
            series.nameless += 1;
            continue;
        };
        newest = Some(newest.map_or(time, |newest| newest.max(time)));
        match labels.get("__name__").and_then(Value::as_str) {
            Some(metric) => {
                series.collector.add(&Sample { metric, labels: Labels::Map(labels), value }, at);
            }
            None => series.nameless += 1,
        }
    }
    facts.captured_at = newest.and_then(|seconds| rounded_i64(seconds * 1e9)).map(Nanos);
    facts.kind = Some("promql".to_owned());
    series.finish(input, evidence, facts);
    Ok(())
}

/// `[time, "value"]`.
fn sample(pair: &Value) -> Option<(f64, f64)> {
    let time = pair.get(0)?.as_f64()?;
    let value = pair.get(1)?;
    Some((time, value.as_str().map_or_else(|| value.as_f64(), |text| text.parse().ok())?))
}
