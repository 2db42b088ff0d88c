//! Spans of distributed tracing: OTLP as JSON (one document, or one a line as the collector's file exporter writes
//! it) and as protobuf, Jaeger's and Zipkin's JSON.
//!
//! Spec: opentelemetry-proto 1.3 to 1.11 (trace/v1; ids are hex in JSON, 64-bit numbers are strings), with the older
//! names `instrumentationLibrarySpans` and Tempo's `batches`, whose ids are base64; Jaeger's HTTP API
//! (`/api/traces`); Zipkin's API v2. Tested with spans of the Python SDK 1.45. Not read: events, links, status, all
//! attributes but those that name a service, its instance and whom a call is to.
//!
//! There is no drawing of one trace: Jaeger, Tempo and Zipkin have it. What is read is what no one trace shows: at
//! which edge between services spans are lost or propagation is cut.
//!
//! Any input is safe: JSON is bounded by [`JSON_BYTES`] and `serde_json`'s depth, spans by [`SPANS`].
//!
//! [`JSON_BYTES`]: crate::base::limits::JSON_BYTES
//! [`SPANS`]: crate::base::limits::SPANS

mod add;
mod jaeger;
mod otlp_json;
mod otlp_proto;
mod secrets;
mod zipkin;

use super::{Content, Format, Probe, Sniff};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "otlp-spans",
        label: "OpenTelemetry spans (OTLP, JSON)",
        content: Content::Document,
        sniff: otlp_json::sniff,
        parse: otlp_json::parse,
        secrets: secrets::json,
    },
    Format {
        name: "otlp-spans-proto",
        label: "OpenTelemetry spans (OTLP, protobuf)",
        content: Content::Binary,
        sniff: otlp_proto::sniff,
        parse: otlp_proto::parse,
        secrets: secrets::proto,
    },
    Format {
        name: "jaeger",
        label: "Jaeger traces (JSON)",
        content: Content::Document,
        sniff: jaeger::sniff,
        parse: jaeger::parse,
        secrets: secrets::json,
    },
    Format {
        name: "zipkin",
        label: "Zipkin traces (JSON)",
        content: Content::Document,
        sniff: zipkin::sniff,
        parse: zipkin::parse,
        secrets: secrets::json,
    },
];

/// Recognizes JSON that begins with a bracket and has all of these members among its first bytes.
fn has_members(probe: &Probe<'_>, open: u8, members: &[&str]) -> Sniff {
    let head = probe.head();
    let begins = head.trim_ascii_start().first() == Some(&open);
    let has = |member: &&str| memchr::memmem::find(head, format!("\"{member}\"").as_bytes()).is_some();
    if begins && members.iter().all(has) { Sniff::ByContent } else { Sniff::No }
}

#[cfg(test)]
mod tests;
