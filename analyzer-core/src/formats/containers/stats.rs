//! `docker stats`, `podman stats` and `crictl stats` as JSON, and the engine's
//! API (`/containers/ID/stats`).

use serde_json::Value;

use super::stats_table::{Usage, UsageTool};
use super::{documents, is_json_with, number, text};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found};
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let kinds: [&[&str]; 4] = [
        &["\"MemUsage\"", "\"MemPerc\""],
        &["\"mem_usage\"", "\"mem_percent\""],
        &["\"memory_stats\"", "\"usage\""],
        &["\"stats\"", "\"workingSetBytes\"", "\"attributes\""],
    ];
    if kinds.iter().any(|words| is_json_with(probe.bytes, words)) { Sniff::ByContent } else { Sniff::No }
}

/// Parses every container of the documents.
/// # Errors
/// `Malformed` where the JSON breaks, or without a container in it; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut places = Places::new(input.bytes);
    let mut usage = Usage::new(input, evidence, facts);
    for document in documents(input)? {
        let listed = document.get("stats").and_then(Value::as_array);
        for item in listed.into_iter().flatten().chain(std::iter::once(&document)) {
            container(item, &mut places, &mut usage);
        }
    }
    if usage.count() == 0 {
        return Err(nothing_found("stats", "a container with its memory"));
    }
    usage.finish();
    Ok(())
}

fn container(item: &Value, places: &mut Places<'_>, usage: &mut Usage<'_, '_>) {
    if let Some(cell) = text(item, "/MemUsage") {
        let name = text(item, "/Name").or_else(|| text(item, "/Container")).unwrap_or("container");
        usage.cell(name, cell, UsageTool::Docker, places.next("\"MemUsage\""));
    } else if let Some(cell) = text(item, "/mem_usage") {
        let name = text(item, "/name").or_else(|| text(item, "/id")).unwrap_or("container");
        usage.cell(name, cell, UsageTool::Podman, places.next("\"mem_usage\""));
    } else if let Some(memory) = item.get("memory_stats") {
        api(item, memory, places, usage);
    } else if item.pointer("/memory/workingSetBytes").is_some() {
        cri(item, places, usage);
    }
}

/// The engine's own figures, to the byte.
fn api(item: &Value, memory: &Value, places: &mut Places<'_>, usage: &mut Usage<'_, '_>) {
    let at = places.next("\"memory_stats\"");
    let name = text(item, "/name").or_else(|| text(item, "/id")).unwrap_or("container");
    let stat = |names: [&str; 2]| names.iter().find_map(|name| number(memory, &format!("/stats/{name}")));
    let figures = [
        ("container_memory_usage_bytes", number(memory, "/usage")),
        ("container_memory_max_usage_bytes", number(memory, "/max_usage")),
        ("container_memory_rss", stat(["total_rss", "anon"])),
        ("container_memory_cache", stat(["total_cache", "file"])),
        ("container_memory_mapped_file", stat(["total_mapped_file", "file_mapped"])),
        ("container_memory_total_inactive_file_bytes", stat(["total_inactive_file", "inactive_file"])),
        ("container_memory_failcnt", number(memory, "/failcnt")),
    ];
    let named = figures.into_iter().filter_map(|(key, value)| Some((key, value?)));
    // Without a limit it is the machine's memory, which is not a whole number of mebibytes.
    let limit = number(memory, "/limit").filter(|limit| limit % (1 << 20) == 0);
    usage.figures(name.trim_start_matches('/'), named, limit, at);
}

fn cri(item: &Value, places: &mut Places<'_>, usage: &mut Usage<'_, '_>) {
    let at = places.next("\"memory\"");
    let name = text(item, "/attributes/metadata/name").or_else(|| text(item, "/attributes/id"));
    let value = |name: &str| number(item, &format!("/memory/{name}/value"));
    let figures = [
        ("container_memory_working_set_bytes", value("workingSetBytes")),
        ("container_memory_usage_bytes", value("usageBytes")),
        ("container_memory_rss", value("rssBytes")),
    ];
    let named = figures.into_iter().filter_map(|(key, value)| Some((key, value?)));
    // The kubelet reports what is left below the limit.
    let limit =
        value("availableBytes").zip(value("workingSetBytes")).map(|(left, used)| left.saturating_add(used));
    usage.figures(name.unwrap_or("container"), named, limit.filter(|limit| *limit > 0), at);
}

/// A record like cAdvisor's of one container.
pub(super) fn record<'e>(
    file: &str,
    name: &str,
    input: &Input<'_>,
    evidence: &'e mut Evidence,
) -> RecordBuilder<'e> {
    let parts = NameParts { level: name.to_owned(), ..NameParts::of(input.path, file) };
    RecordBuilder::with_parts(input, evidence, RecordKind::Container, file, &parts)
}

/// A figure of a container in bytes or a count.
pub(super) fn unit(key: &str) -> Unit {
    if key.ends_with("failcnt") { Unit::Count } else { Unit::Bytes }
}
