//! `runtime/metrics` as programs print it: a name and a number a line, as the
//! package's example does (`/gc/heap/live:bytes: 4096`), or with `=` or blanks between.

use super::fields::metric_unit;
use crate::base::convert::rounded_i64;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::redaction::{Kind, METRICS, Marks, all_in, is_number};
use crate::formats::{Facts, Probe, Sniff};

/// Names that make a text one of the runtime's metrics.
const TELLING: [&str; 3] = ["/memory/classes/", "/gc/heap/", "/gc/cycles/"];

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_telling = |name: &str| TELLING.iter().any(|start| name.starts_with(start));
    let named = text_lines(probe.head()).take(400).filter_map(|(_, text)| metric(text));
    let telling = named.filter(|(name, _)| is_telling(name)).count();
    if telling >= 2 { Sniff::ByContent } else { Sniff::No }
}

/// The name with its unit, and what stands behind it.
fn metric(text: &str) -> Option<(&str, &str)> {
    let start = text.find('/').filter(|start| *start <= 2)?;
    let text = text.get(start..)?.trim_end_matches([',', '"', '\'']);
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'')).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let name = name.trim_end_matches(':');
    let is_name = name.contains(':')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/:-_".contains(&byte));
    is_name.then(|| {
        (name, rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ':' | '"' | '\'')))
    })
}

/// Parses the numbers; histograms are skipped.
/// # Errors
/// `Malformed` without a number.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Runtime, "runtime_metrics");
    for (line, text) in text_lines(input.bytes) {
        let Some((name, value)) = metric(text).filter(|(name, _)| !name.starts_with("/godebug/")) else {
            continue;
        };
        let unit = metric_unit(name);
        let number = match unit {
            Unit::Nanoseconds => value.parse::<f64>().ok().and_then(|seconds| rounded_i64(seconds * 1e9)),
            _ => whole(value),
        };
        if let Some(number) = number {
            record.figure(name, number, unit, line.position());
        }
    }
    if record.is_empty() {
        return Err(nothing_found(
            "runtime/metrics",
            "a number after a name such as /memory/classes/total:bytes",
        ));
    }
    record.finish();
    Ok(())
}

/// A whole number; those beyond 2^63 stand for "off" in every figure that reaches them.
fn whole(text: &str) -> Option<i64> {
    match text.parse::<u64>() {
        Ok(value) => Some(i64::try_from(value).unwrap_or(UNLIMITED)),
        Err(_) => text.parse::<f64>().ok().filter(|value| value.is_finite()).and_then(rounded_i64),
    }
}

/// Names of the runtime's metrics stay, with their numbers.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for (_, text) in text_lines(input.bytes) {
        let Some((name, value)) = metric(text) else { continue };
        if is_number(value.as_bytes()) && all_in(name.as_bytes(), &METRICS) {
            marks.keep(name.as_bytes());
            marks.keep(value.as_bytes());
        } else {
            // A histogram is not read; that a metric is there is.
            marks.words(name.as_bytes(), Kind::Label);
        }
    }
    Ok(())
}
