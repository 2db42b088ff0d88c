//! The kubelet's `/stats/summary`: the node and every container of its pods.

use serde_json::Value;

use super::stats::record;
use super::{documents, is_json_with, number, text};
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found};
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_summary = is_json_with(probe.bytes, &["\"podRef\"", "\"workingSetBytes\""])
        || is_json_with(probe.bytes, &["\"nodeName\"", "\"workingSetBytes\""]);
    if is_summary { Sniff::ByContent } else { Sniff::No }
}

/// Parses the node and the containers.
/// # Errors
/// `Malformed` where the JSON breaks, or without a figure; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut places = Places::new(input.bytes);
    let mut count = 0;
    for document in documents(input)? {
        count += node(&document, &mut places, input, evidence);
        // One pod of the list may be all that was kept.
        let listed = document.get("pods").and_then(Value::as_array).into_iter().flatten();
        for pod in listed.chain(document.get("podRef").map(|_| &document)) {
            count += containers(pod, &mut places, CONTAINERS.saturating_sub(count), input, evidence);
        }
    }
    facts.kind = Some("summary".to_owned());
    if count >= CONTAINERS {
        facts.is_partial = true;
        let message = format!("There are more than {CONTAINERS} containers; the rest is ignored.");
        facts.notes.data_loss("too-many-containers", None, message);
    }
    if count == 0 { Err(nothing_found("summary", "memory of the node or of a container")) } else { Ok(()) }
}

fn containers(
    pod: &Value,
    places: &mut Places<'_>,
    left: usize,
    input: &Input<'_>,
    evidence: &mut Evidence,
) -> usize {
    let name = text(pod, "/podRef/name").unwrap_or("");
    let namespace = text(pod, "/podRef/namespace").unwrap_or("");
    places.next("\"podRef\"");
    let list = pod.get("containers").and_then(Value::as_array).into_iter().flatten();
    let mut count = 0;
    for container in list.filter(|container| container.get("memory").is_some()).take(left) {
        let at = text(container, "/name")
            .map_or_else(|| places.position(), |name| places.peek(&format!("\"{name}\"")));
        let container_name = text(container, "/name").unwrap_or("container");
        let level = [namespace, name, container_name].join("/");
        let mut record = record("summary", &level, input, evidence);
        memory(container, &mut record, at);
        if !record.is_empty() {
            record.finish();
            count += 1;
        }
    }
    count
}

fn memory(thing: &Value, record: &mut RecordBuilder<'_>, at: Position) {
    let value = |name: &str| number(thing, &format!("/memory/{name}"));
    for (key, name) in [
        ("container_memory_usage_bytes", "usageBytes"),
        ("container_memory_working_set_bytes", "workingSetBytes"),
        ("container_memory_rss", "rssBytes"),
    ] {
        if let Some(bytes) = value(name) {
            record.named_figure(key, name, bytes, Unit::Bytes, at);
        }
    }
    if let Some(swap) = number(thing, "/swap/swapUsageBytes") {
        record.named_figure("container_memory_swap", "swapUsageBytes", swap, Unit::Bytes, at);
    }
    // Of a container with a limit the kubelet says what is left below it.
    if let Some((left, used)) = value("availableBytes").zip(value("workingSetBytes")) {
        let limit = left.saturating_add(used);
        let name = "availableBytes + workingSetBytes";
        record.named_figure("container_spec_memory_limit_bytes", name, limit, Unit::Bytes, at);
    }
}

/// The node: never a container's figures.
fn node(document: &Value, places: &mut Places<'_>, input: &Input<'_>, evidence: &mut Evidence) -> usize {
    let Some(node) = document.get("node").filter(|node| node.get("memory").is_some()) else { return 0 };
    let at = places.next("\"node\"");
    let parts = NameParts::of(input.path, "summary");
    let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Host, "node", &parts);
    for name in ["availableBytes", "usageBytes", "workingSetBytes", "rssBytes"] {
        if let Some(bytes) = number(node, &format!("/memory/{name}")) {
            record.figure(name, bytes, Unit::Bytes, at);
        }
    }
    if record.is_empty() {
        return 0;
    }
    record.finish();
    1
}
