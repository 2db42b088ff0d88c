//! Prometheus text: the Go and process collectors of client_golang, and the
//! `container_memory_*` metrics of cAdvisor and the kubelet.

use std::collections::BTreeMap;

use super::fields::prometheus_key;
use crate::base::convert::rounded_i64;
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, text_lines};
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let (mut comments, mut samples, mut others) = (0, 0, 0);
    for (_, text) in text_lines(probe.head()).take(40) {
        if text.starts_with("# HELP ") || text.starts_with("# TYPE ") {
            comments += 1;
        } else if sample(text).is_some_and(|sample| is_ours(sample.metric) || comments > 0) {
            samples += 1;
        } else if !text.starts_with('#') {
            others += 1;
        }
    }
    let is_metrics = (comments > 0 || samples > 2) && others <= 1 && samples + comments > 0;
    if is_metrics { Sniff::ByContent } else { Sniff::No }
}

fn is_ours(metric: &str) -> bool {
    ["go_", "process_", "container_", "kube_pod_"].iter().any(|start| metric.starts_with(start))
}

/// One line of the text format.
pub(super) struct Sample<'a> {
    pub metric: &'a str,
    pub labels: &'a str,
    value: f64,
}

/// `name{labels} value [timestamp]`.
pub(super) fn sample(text: &str) -> Option<Sample<'_>> {
    let name_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))?;
    let (metric, rest) = text.split_at_checked(name_end)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => inner.split_at_checked(labels_end(inner)?)?,
        None => ("", rest),
    };
    let value = rest.trim_start_matches('}').split_whitespace().next()?.parse().ok()?;
    (!metric.is_empty()).then_some(Sample { metric, labels, value })
}

/// Where the closing brace stands, quotes minded.
fn labels_end(inner: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// The value of one label; escapes stay as they are.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    labels.match_indices(name).find_map(|(at, _)| {
        let before = labels.get(..at)?.chars().next_back();
        let value = labels.get(at + name.len()..)?.strip_prefix("=\"")?;
        before.is_none_or(|c| c == ',' || c == ' ').then(|| value.split('"').next())?
    })
}

/// A figure on its way into a record.
struct Row {
    key: &'static str,
    name: String,
    value: i64,
    unit: Unit,
    at: Position,
}

/// Parses the figures of the runtime and of its process into one record, and
/// those of each container into one each. Other metrics are not used.
/// # Errors
/// None for a file that was recognized; a broken line is noted.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut runtime = Vec::new();
    let mut version = None;
    let mut containers: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (line, text) in text_lines(input.bytes).filter(|(_, text)| !text.starts_with('#')) {
        let at = line.position();
        let Some(sample) = sample(text) else {
            facts.notes.info("foreign-line", Some(at), "A line is no sample of the Prometheus text format.");
            continue;
        };
        if sample.metric == "go_info" {
            version = label(sample.labels, "version").map(|version| (version.to_owned(), at));
        } else if sample.metric.starts_with("container_") {
            add_container(&sample, at, &mut containers);
        } else if let Some(row) = runtime_row(&sample, at) {
            runtime.push(row);
        }
    }
    facts.kind = Some("metrics".to_owned());
    facts.go_version = version.as_ref().map(|(version, _)| version.clone());
    store_runtime(input, evidence, facts, &runtime, version);
    store_containers(input, evidence, &containers);
    if runtime.is_empty() && containers.is_empty() {
        facts.notes.info(
            "nothing-used",
            None,
            "No metric of the Go runtime, the process or a container's memory is in it.",
        );
    }
    Ok(())
}

fn runtime_row(sample: &Sample<'_>, at: Position) -> Option<Row> {
    if sample.labels.contains("quantile=") || sample.labels.contains("le=") {
        return None;
    }
    let process = [
        ("process_resident_memory_bytes", Unit::Bytes),
        ("process_virtual_memory_bytes", Unit::Bytes),
        ("process_start_time_seconds", Unit::Nanoseconds),
        ("process_open_fds", Unit::Count),
        ("process_max_fds", Unit::Count),
    ];
    let known = process.into_iter().find(|(name, _)| *name == sample.metric);
    let (key, unit) = known.or_else(|| prometheus_key(sample.metric))?;
    Some(Row { key, name: sample.metric.to_owned(), value: value_of(sample.value, unit)?, unit, at })
}

/// Seconds become nanoseconds. What is beyond 2^63 stands for "off".
fn value_of(value: f64, unit: Unit) -> Option<i64> {
    match unit {
        Unit::Nanoseconds => rounded_i64(value * 1e9),
        _ if value >= 9.2e18 => Some(UNLIMITED),
        _ => rounded_i64(value),
    }
}

/// Metrics of a container's memory, with their units.
const CONTAINER: [(&str, Unit); 15] = [
    ("container_memory_usage_bytes", Unit::Bytes),
    ("container_memory_working_set_bytes", Unit::Bytes),
    ("container_memory_rss", Unit::Bytes),
    ("container_memory_cache", Unit::Bytes),
    ("container_memory_mapped_file", Unit::Bytes),
    ("container_memory_swap", Unit::Bytes),
    ("container_memory_kernel_usage", Unit::Bytes),
    ("container_memory_max_usage_bytes", Unit::Bytes),
    ("container_memory_total_inactive_file_bytes", Unit::Bytes),
    ("container_memory_total_active_file_bytes", Unit::Bytes),
    ("container_memory_failcnt", Unit::Count),
    ("container_oom_events_total", Unit::Count),
    ("container_spec_memory_limit_bytes", Unit::Bytes),
    ("container_pressure_memory_waiting_seconds_total", Unit::Nanoseconds),
    ("container_pressure_memory_stalled_seconds_total", Unit::Nanoseconds),
];

fn add_container(sample: &Sample<'_>, at: Position, containers: &mut BTreeMap<String, Vec<Row>>) {
    let Some((key, unit)) = CONTAINER.into_iter().find(|(name, _)| *name == sample.metric) else { return };
    let Some(value) = value_of(sample.value, unit) else { return };
    let part = |name: &str| label(sample.labels, name).unwrap_or("");
    let mut name = [part("namespace"), part("pod"), part("container")].join("/");
    if name == "//" {
        name = part("id").to_owned();
    }
    if containers.len() < CONTAINERS || containers.contains_key(&name) {
        let row = Row { key, name: sample.metric.to_owned(), value, unit, at };
        containers.entry(name).or_default().push(row);
    }
}

fn store_runtime(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
    rows: &[Row],
    version: Option<(String, Position)>,
) {
    if rows.is_empty() {
        return;
    }
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Runtime, "metrics");
    for row in rows {
        record.named_figure(row.key, &row.name, row.value, row.unit, row.at);
    }
    if let Some((version, at)) = version {
        record.text("go version", &version, at);
    }
    record.finish();
}

fn store_containers(input: &Input<'_>, evidence: &mut Evidence, containers: &BTreeMap<String, Vec<Row>>) {
    for (name, rows) in containers {
        let parts = NameParts { level: name.clone(), ..NameParts::of(input.path, "metrics") };
        let mut record =
            RecordBuilder::with_parts(input, evidence, RecordKind::Container, "cadvisor", &parts);
        for row in rows {
            record.named_figure(row.key, &row.name, row.value, row.unit, row.at);
        }
        record.finish();
    }
}
