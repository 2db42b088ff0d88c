//! expvar's `memstats` and `runtime/metrics`, as JSON.

use serde_json::{Map, Value};

use super::fields::{MEMSTATS, metric_unit};
use crate::base::convert::{rounded_i64, to_u64};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::JSON_BYTES;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::record::{RecordBuilder, nothing_found};
use crate::formats::{Facts, Probe, Sniff};

fn has(probe: &Probe<'_>, needle: &str) -> bool {
    memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some()
}

fn is_object(probe: &Probe<'_>) -> bool {
    probe.bytes.trim_ascii_start().starts_with(b"{")
}

/// The figures must stand where expvar puts them: other JSON may hold a copy deeper down.
pub fn sniff_memstats(probe: &Probe<'_>) -> Sniff {
    let is_candidate = is_object(probe) && has(probe, "\"HeapReleased\"") && has(probe, "\"BuckHashSys\"");
    let is_memstats = || read(probe.bytes).is_ok_and(|root| memstats(&root).contains_key("HeapSys"));
    // Broken JSON is still expvar if it begins like it, and the parser says where it breaks.
    let head = Probe { bytes: probe.head(), ..*probe };
    let begins =
        ["\"memstats\": {\"Alloc\"", "\"memstats\":{\"Alloc\""].iter().any(|start| has(&head, start));
    let is_expvar = is_object(probe) && (begins || (is_candidate && is_memstats()));
    if is_expvar { Sniff::ByContent } else { Sniff::No }
}

/// The object with the fields of `MemStats`: under `memstats`, or the whole document.
fn memstats(root: &Map<String, Value>) -> &Map<String, Value> {
    root.get("memstats").and_then(Value::as_object).unwrap_or(root)
}

pub fn sniff_metrics(probe: &Probe<'_>) -> Sniff {
    let is_metrics = is_object(probe) && has(probe, "\"/memory/classes/") && !has(probe, "\"HeapReleased\"");
    if is_metrics { Sniff::ByContent } else { Sniff::No }
}

/// Parses expvar: `memstats`, `cmdline`, and `metrics` if the program exports them.
/// # Errors
/// `Malformed` where the JSON breaks; `Malformed` without a `HeapSys` number.
pub fn parse_memstats(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let root = read(input.bytes)?;
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Runtime, "expvar");
    let memstats = memstats(&root);
    let finder = Finder::new(input.bytes);
    for (name, _, unit) in MEMSTATS {
        if let Some(value) = memstats.get(name).and_then(number) {
            record.figure(name, value, unit, finder.place(name));
        }
    }
    if record.value("HeapSys").is_none() {
        return Err(nothing_found("memstats", "a number \"HeapSys\""));
    }
    size_classes(memstats, finder.place("BySize"), &mut record);
    if let Some(metrics) = root.get("metrics").and_then(Value::as_object) {
        add_metrics(metrics, &finder, &mut record);
    }
    if let Some(words) = root.get("cmdline").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        record.text("cmdline", &words.join(" "), finder.place("cmdline"));
    }
    record.finish();
    Ok(())
}

/// Parses `runtime/metrics` as an object from name to number; histograms are skipped.
/// # Errors
/// `Malformed` where the JSON breaks, or without a number.
pub fn parse_metrics(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let root = read(input.bytes)?;
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Runtime, "runtime_metrics");
    add_metrics(&root, &Finder::new(input.bytes), &mut record);
    if record.is_empty() {
        return Err(nothing_found(
            "runtime/metrics",
            "numbers under names such as \"/memory/classes/total:bytes\"",
        ));
    }
    record.finish();
    Ok(())
}

fn add_metrics(metrics: &Map<String, Value>, finder: &Finder<'_>, record: &mut RecordBuilder<'_>) {
    for (name, value) in metrics {
        if !name.starts_with('/') || name.starts_with("/godebug/") {
            continue;
        }
        let unit = metric_unit(name);
        let value = match unit {
            Unit::Nanoseconds => value.as_f64().and_then(|seconds| rounded_i64(seconds * 1e9)),
            _ => number(value),
        };
        if let Some(value) = value {
            record.figure(name, value, unit, finder.place(name));
        }
    }
}

/// `BySize`: objects of each size class that were allocated and freed.
fn size_classes(memstats: &Map<String, Value>, at: Position, record: &mut RecordBuilder<'_>) {
    let Some(classes) = memstats.get("BySize").and_then(Value::as_array) else { return };
    for class in classes {
        let field = |name: &str| class.get(name).and_then(number);
        let (Some(size), Some(mallocs), Some(frees)) = (field("Size"), field("Mallocs"), field("Frees"))
        else {
            continue;
        };
        record.figure(&format!("BySize {size}"), mallocs.saturating_sub(frees), Unit::Count, at);
    }
}

/// A whole number; those beyond 2^63 stand for "off" in every figure that reaches them.
fn number(value: &Value) -> Option<i64> {
    if let Some(value) = value.as_i64() {
        return Some(value);
    }
    match value.as_u64() {
        Some(_) => Some(UNLIMITED),
        None => value.as_f64().and_then(rounded_i64),
    }
}

/// The JSON object that the file holds.
fn read(bytes: &[u8]) -> Result<Map<String, Value>, ParseError> {
    if bytes.len() > JSON_BYTES {
        let message = format!("the document is larger than {JSON_BYTES} bytes");
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::line(1), "JSON", message));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
        let at = Position::line(to_u64(error.line()));
        ParseError::new(kind, at, "JSON", error.to_string())
    })
}

/// Finds where a key stands: JSON values carry no place of their own.
struct Finder<'a> {
    bytes: &'a [u8],
}

impl<'a> Finder<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Line and offset of the first `"key"`.
    fn place(&self, key: &str) -> Position {
        let Some(at) = memchr::memmem::find(self.bytes, format!("\"{key}\"").as_bytes()) else {
            return Position::default();
        };
        let before = self.bytes.get(..at).unwrap_or(&[]);
        let line = to_u64(memchr::memchr_iter(b'\n', before).count()) + 1;
        Position { line: Some(line), column: None, offset: Some(to_u64(at)) }
    }
}
