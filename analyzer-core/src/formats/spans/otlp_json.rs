//! ```text
//! {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]},
//!   "scopeSpans": [{"spans": [{"traceId": "5bc8…", "spanId": "d76d…", "parentSpanId": "b0c1…", "name": "AddItem",
//!     "kind": 3, "startTimeUnixNano": "1795973778600230785", "endTimeUnixNano": "1795973778604367622"}]}]}]}
//! ```

use serde::Deserialize;
use serde_json::Value;

use super::add::{
    Adder, Attribute, Raw, best, bounded, broken, kind_of_name, kind_of_number, nanos, number, place,
    span_id, trace_id,
};
use super::has_members;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::tables::Places;
use crate::formats::{Facts, Probe, Sniff};

#[derive(Deserialize)]
struct Data {
    #[serde(default, rename = "resourceSpans", alias = "resource_spans", alias = "batches")]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    resource: Attributes,
    #[serde(default, rename = "scopeSpans", alias = "scope_spans", alias = "instrumentationLibrarySpans")]
    scopes: Vec<Scope>,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(default)]
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize)]
struct KeyValue {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: AnyValue,
}

#[derive(Default, Deserialize)]
struct AnyValue {
    #[serde(default, rename = "stringValue", alias = "string_value")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Scope {
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    #[serde(default, rename = "traceId", alias = "trace_id")]
    trace: String,
    #[serde(default, rename = "spanId", alias = "span_id")]
    id: String,
    #[serde(default, rename = "parentSpanId", alias = "parent_span_id")]
    parent: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: Value,
    #[serde(default, rename = "startTimeUnixNano", alias = "start_time_unix_nano")]
    start: Value,
    #[serde(default, rename = "endTimeUnixNano", alias = "end_time_unix_nano")]
    end: Value,
    #[serde(default)]
    attributes: Vec<KeyValue>,
}

fn pairs(attributes: &[KeyValue]) -> impl Iterator<Item = (&str, &str)> {
    attributes.iter().map(|pair| (pair.key.as_str(), pair.value.text.as_deref().unwrap_or_default()))
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let forms: [&[&str]; 3] = [&["resourceSpans"], &["resource_spans"], &["batches", "scopeSpans"]];
    forms.iter().map(|members| has_members(probe, b'{', members)).max().unwrap_or(Sniff::No)
}

/// Parses every span of every document.
/// # Errors
/// `Malformed` where the first document breaks, or without a span; `LimitExceeded` if a document is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut places = Places::new(input.bytes);
    let mut cut = None;
    let mut adder = Adder::new(input, evidence, facts);
    let first = input.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_a_line_each = serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
    if !is_a_line_each {
        bounded(input.bytes)?;
    }
    let mut is_any = false;
    for data in serde_json::Deserializer::from_slice(input.bytes).into_iter::<Data>() {
        match data {
            Ok(data) => {
                data.resources.iter().for_each(|resource| self::resource(resource, &mut adder, &mut places))
            }
            Err(error) if is_any => {
                cut = Some(error);
                break;
            }
            Err(error) => return Err(broken(&error)),
        }
        is_any = true;
    }
    adder.finish("otlp-spans")?;
    if let Some(error) = cut {
        facts.is_partial = true;
        let at = broken(&error).at;
        facts.notes.data_loss(
            "cut",
            Some(at),
            format!("A document is invalid; it and everything after it are missing: {error}."),
        );
    }
    Ok(())
}

fn resource(resource: &Resource, adder: &mut Adder<'_>, places: &mut Places<'_>) {
    let own = || pairs(&resource.resource.attributes);
    let (service, instance) = (best(Attribute::Service, own()), best(Attribute::Instance, own()));
    for span in resource.scopes.iter().flat_map(|scope| &scope.spans) {
        let at = place(places, &span.id);
        let kind = number(&span.kind).and_then(kind_of_number).or_else(|| kind_of_name(span.kind.as_str()?));
        let raw = trace_id(&span.trace).zip(span_id(&span.id)).map(|(trace, id)| Raw {
            trace,
            id,
            parent: span_id(&span.parent),
            service,
            instance,
            name: &span.name,
            peer: best(Attribute::Peer, pairs(&span.attributes)),
            kind,
            start: nanos(&span.start),
            end: nanos(&span.end),
        });
        adder.add(raw, at);
    }
}
