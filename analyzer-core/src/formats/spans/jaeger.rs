//! ```text
//! {"data": [{"traceID": "5bc8…", "spans": [{"traceID": "5bc8…", "spanID": "d76d…", "operationName": "AddItem",
//!   "references": [{"refType": "CHILD_OF", "traceID": "5bc8…", "spanID": "b0c1…"}], "startTime": 1795973778600230,
//!   "duration": 4136, "tags": [{"key": "span.kind", "value": "client"}], "processID": "p1"}],
//!   "processes": {"p1": {"serviceName": "cart", "tags": []}}}]}
//! ```
//! Times are microseconds.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::add::{
    Adder, Attribute, Raw, best, bounded, broken, kind_of_name, micros, place, span_id, trace_id,
};
use super::has_members;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff};

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Vec<Trace>,
}

#[derive(Deserialize)]
struct Trace {
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    processes: BTreeMap<String, Process>,
}

#[derive(Deserialize)]
struct Process {
    #[serde(default, rename = "serviceName")]
    service: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default, rename = "refType")]
    kind: String,
    #[serde(default, rename = "spanID")]
    id: String,
    #[serde(default, rename = "traceID")]
    trace: String,
}

#[derive(Deserialize)]
struct Span {
    #[serde(default, rename = "traceID")]
    trace: String,
    #[serde(default, rename = "spanID")]
    id: String,
    #[serde(default, rename = "operationName")]
    name: String,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default, rename = "startTime")]
    start: Value,
    #[serde(default)]
    duration: Value,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default, rename = "processID")]
    process: String,
}

fn pairs(tags: &[Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str().unwrap_or_default()))
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    has_members(probe, b'{', &["data", "traceID", "spanID", "operationName"])
}

/// Parses every span of every trace.
/// # Errors
/// `Malformed` where the JSON breaks, or without a span; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    bounded(input.bytes)?;
    let answer: Answer = serde_json::from_slice(input.bytes).map_err(|error| broken(&error))?;
    let mut places = Places::new(input.bytes);
    let mut adder = Adder::new(input, evidence, facts);
    for trace in &answer.data {
        for span in &trace.spans {
            let at = place(&mut places, &span.id);
            let process = trace.processes.get(&span.process);
            let of = |kind| process.map_or("", |process| best(kind, pairs(&process.tags)));
            let is_parent =
                |reference: &&Reference| reference.trace.is_empty() || reference.trace == span.trace;
            let parents = || span.references.iter().filter(is_parent);
            let parent =
                parents().find(|reference| reference.kind == "CHILD_OF").or_else(|| parents().next());
            let start = micros(&span.start);
            let raw = trace_id(&span.trace).zip(span_id(&span.id)).map(|(trace, id)| Raw {
                trace,
                id,
                parent: parent.and_then(|parent| span_id(&parent.id)),
                service: process.map_or("", |process| process.service.as_str()),
                instance: of(Attribute::Instance),
                name: &span.name,
                peer: best(Attribute::Peer, pairs(&span.tags)),
                kind: pairs(&span.tags)
                    .find(|(key, _)| *key == "span.kind")
                    .and_then(|(_, kind)| kind_of_name(kind)),
                start,
                end: start.saturating_add(micros(&span.duration)),
            });
            adder.add(raw, at);
        }
    }
    adder.finish("jaeger")
}
