//! `docker inspect`, `podman inspect`, `crictl inspect`: limit, variables, how it ended.

use serde_json::{Value, json};

use super::{documents, is_json_with, number, text};
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::pod::{UNNAMED, VARIABLES};
use crate::formats::record::{RecordBuilder, nothing_found};
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff, manifest};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_engine = || {
        is_json_with(probe.bytes, &["\"State\"", "\"HostConfig\""])
            || is_json_with(probe.bytes, &["\"OOMKilled\"", "\"ExitCode\""])
    };
    let is_cri = || {
        is_json_with(probe.bytes, &["\"status\"", "\"CONTAINER_"])
            || is_json_with(probe.bytes, &["\"runtimeSpec\"", "\"status\""])
    };
    if is_engine() || is_cri() { Sniff::ByContent } else { Sniff::No }
}

/// Parses every container of the document.
/// # Errors
/// `Malformed` where the JSON breaks, or without a container in it; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut places = Places::new(input.bytes);
    let mut count = 0;
    for document in documents(input)? {
        // `--format '{{json .State}}'` prints the state alone.
        let document = match document {
            Value::Object(state) if state.contains_key("OOMKilled") => json!({ "State": state }),
            other => other,
        };
        if document.get("State").is_some() {
            engine(&document, &mut places, input, evidence);
        } else if document.pointer("/status/metadata").is_some() {
            cri(&document, &mut places, input, evidence);
        } else {
            continue;
        }
        count += 1;
        if count == CONTAINERS {
            facts.is_partial = true;
            let message = format!("There are more than {CONTAINERS} containers; the rest is ignored.");
            facts.notes.data_loss("too-many-containers", None, message);
            break;
        }
    }
    facts.kind = Some("inspect".to_owned());
    manifest::read_inspected(input, evidence);
    if count == 0 { Err(nothing_found("inspect", "a container with State and HostConfig")) } else { Ok(()) }
}

/// A record like that of a container of a pod.
fn record<'e>(name: &str, input: &Input<'_>, evidence: &'e mut Evidence) -> RecordBuilder<'e> {
    let parts = NameParts { level: name.to_owned(), ..NameParts::of(input.path, "inspect") };
    RecordBuilder::with_parts(input, evidence, RecordKind::Pod, "inspect", &parts)
}

/// `NAME=value` of the variables that bear on memory.
fn variables(list: Option<&Value>, record: &mut RecordBuilder<'_>, at: Position) {
    for entry in list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if let Some((name, value)) = entry.split_once('=').filter(|(name, _)| VARIABLES.contains(name)) {
            record.text(name, value, at);
        }
    }
}

fn engine(container: &Value, places: &mut Places<'_>, input: &Input<'_>, evidence: &mut Evidence) {
    let at = places.next("\"State\"");
    let name = text(container, "/Name").map_or("", |name| name.trim_start_matches('/'));
    let name = if name.is_empty() { text(container, "/Id").unwrap_or(UNNAMED) } else { name };
    let mut record = record(name, input, evidence);
    // Zero is no limit.
    let amounts =
        [("limits.memory", "/HostConfig/Memory"), ("requests.memory", "/HostConfig/MemoryReservation")];
    for (key, pointer) in amounts {
        if let Some(bytes) = number(container, pointer).filter(|bytes| *bytes > 0) {
            record.figure(key, bytes, Unit::Bytes, places.peek(pointer.rsplit('/').next().unwrap_or("")));
        }
    }
    if let Some(restarts) = number(container, "/RestartCount") {
        record.figure("restartCount", restarts, Unit::Count, at);
    }
    variables(container.pointer("/Config/Env"), &mut record, at);
    let status = text(container, "/State/Status").unwrap_or("");
    let is_running = container.pointer("/State/Running").and_then(Value::as_bool) == Some(true);
    record.text("state", if is_running { "running" } else { status }, at);
    let was_killed = container.pointer("/State/OOMKilled").and_then(Value::as_bool) == Some(true);
    if was_killed {
        let at = places.peek("\"OOMKilled\"");
        record.text("state.reason", "OOMKilled", at);
    }
    if let Some(code) = number(container, "/State/ExitCode").filter(|_| !is_running && status != "created") {
        record.figure("state.exitCode", code, Unit::Count, places.peek("\"ExitCode\""));
    }
    for (key, pointer) in [
        ("state.startedAt", "/State/StartedAt"),
        ("state.finishedAt", "/State/FinishedAt"),
        ("state.message", "/State/Error"),
    ] {
        // "0001-01-01T00:00:00Z" is Go's zero time: not yet.
        if let Some(value) = text(container, pointer).filter(|value| !value.starts_with("0001-")) {
            record.text(key, value, at);
        }
    }
    record.finish();
}

fn cri(container: &Value, places: &mut Places<'_>, input: &Input<'_>, evidence: &mut Evidence) {
    let at = places.next("\"status\"");
    let name = text(container, "/status/metadata/name").unwrap_or("container");
    let mut record = record(name, input, evidence);
    let limits = [
        "/status/resources/linux/memoryLimitInBytes",
        "/info/runtimeSpec/linux/resources/memory/limit",
        "/info/config/linux/resources/memory_limit_in_bytes",
    ];
    if let Some(limit) =
        limits.iter().find_map(|pointer| number(container, pointer)).filter(|limit| *limit > 0)
    {
        record.figure("limits.memory", limit, Unit::Bytes, at);
    }
    // The kubelet's attempt counts from zero: how often the container was started again.
    if let Some(attempt) = number(container, "/status/metadata/attempt") {
        record.figure("restartCount", attempt, Unit::Count, at);
    }
    variables(container.pointer("/info/runtimeSpec/process/env"), &mut record, at);
    let state = text(container, "/status/state").unwrap_or("").trim_start_matches("CONTAINER_");
    record.text("state", &state.to_ascii_lowercase(), at);
    if let Some(code) = number(container, "/status/exitCode").filter(|_| state == "EXITED") {
        record.figure("state.exitCode", code, Unit::Count, places.peek("\"exitCode\""));
    }
    let fields = ["reason", "message", "startedAt", "finishedAt"];
    for (field, value) in
        fields.iter().filter_map(|field| Some((field, text(container, &format!("/status/{field}"))?)))
    {
        record.text(&format!("state.{field}"), value, places.peek(&format!("\"{field}\"")));
    }
    record.finish();
}
