//! ```text
//! [{"traceId": "5bc8…", "id": "d76d…", "parentId": "b0c1…", "name": "AddItem", "kind": "CLIENT",
//!   "timestamp": 1795973778600230, "duration": 4136, "localEndpoint": {"serviceName": "cart"}}]
//! ```
//! Or a list of such lists. Times are microseconds. The server's span may have its client's id (`shared`).

use serde::Deserialize;
use serde_json::Value;

use super::add::{Adder, Raw, bounded, broken, kind_of_name, micros, place, span_id, trace_id};
use super::has_members;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff};

#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Trace(Vec<Span>),
    Span(Box<Span>),
}

#[derive(Default, Deserialize)]
struct Endpoint {
    #[serde(default, rename = "serviceName")]
    service: String,
}

#[derive(Deserialize)]
struct Span {
    #[serde(default, rename = "traceId")]
    trace: String,
    #[serde(default)]
    id: String,
    #[serde(default, rename = "parentId")]
    parent: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    duration: Value,
    #[serde(default, rename = "localEndpoint")]
    local: Option<Endpoint>,
    #[serde(default, rename = "remoteEndpoint")]
    remote: Option<Endpoint>,
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    has_members(probe, b'[', &["traceId", "id", "localEndpoint"])
}

/// Parses every span.
/// # Errors
/// `Malformed` where the JSON breaks, or without a span; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    bounded(input.bytes)?;
    let items: Vec<Item> = serde_json::from_slice(input.bytes).map_err(|error| broken(&error))?;
    let mut places = Places::new(input.bytes);
    let mut adder = Adder::new(input, evidence, facts);
    for item in &items {
        let spans = match item {
            Item::Trace(spans) => spans.as_slice(),
            Item::Span(span) => std::slice::from_ref(span.as_ref()),
        };
        for span in spans {
            let at = place(&mut places, &span.id);
            let start = micros(&span.timestamp);
            let service =
                |endpoint: &'_ Option<Endpoint>| endpoint.as_ref().map(|endpoint| endpoint.service.clone());
            let (local, remote) =
                (service(&span.local).unwrap_or_default(), service(&span.remote).unwrap_or_default());
            let raw = trace_id(&span.trace).zip(span_id(&span.id)).map(|(trace, id)| Raw {
                trace,
                id,
                parent: span.parent.as_deref().and_then(span_id),
                service: &local,
                instance: "",
                name: span.name.as_deref().unwrap_or_default(),
                peer: &remote,
                kind: span.kind.as_deref().and_then(kind_of_name),
                start,
                end: start.saturating_add(micros(&span.duration)),
            });
            adder.add(raw, at);
        }
    }
    adder.finish("zipkin")
}
