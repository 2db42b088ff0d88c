//! What container engines and the kubelet print of containers: `docker inspect`,
//! `docker stats`, the same of Podman, `crictl inspect`, `crictl stats`, and the
//! kubelet's `/stats/summary`, and `docker events`.
//!
//! Spec: Docker Engine API 1.24 to 1.51 (`ContainerInspect`, `ContainerStats`),
//! CRI v1 (`ContainerStatus`, `ContainerStats`), kubelet's stats/v1alpha1
//! (`Summary`). What a container is and how it ended becomes a record like a
//! pod's; what it uses becomes one like cAdvisor's.
//!
//! Any input is safe: documents are bounded by [`JSON_BYTES`] and by
//! `serde_json`'s depth limit, containers by [`CONTAINERS`].
//!
//! [`JSON_BYTES`]: crate::base::limits::JSON_BYTES
//! [`CONTAINERS`]: crate::base::limits::CONTAINERS

mod events;
mod inspect;
mod secrets;
mod stats;
mod stats_table;
mod summary;

use serde_json::Value;

use super::{Content, Format};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::JSON_BYTES;
use crate::base::source::{Input, Position};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "container-inspect",
        label: "container (docker, podman or crictl inspect)",
        content: Content::Document,
        sniff: inspect::sniff,
        parse: inspect::parse,
        secrets: secrets::json,
    },
    Format {
        name: "container-stats",
        label: "container memory (docker, podman or crictl stats, JSON)",
        content: Content::Document,
        sniff: stats::sniff,
        parse: stats::parse,
        secrets: secrets::json,
    },
    Format {
        name: "container-stats-table",
        label: "container memory (docker, podman or crictl stats)",
        content: Content::Document,
        sniff: stats_table::sniff,
        parse: stats_table::parse,
        secrets: secrets::table,
    },
    Format {
        name: "container-events",
        label: "container events (docker events)",
        content: Content::Lines,
        sniff: events::sniff,
        parse: events::parse,
        secrets: crate::formats::redaction::free_text,
    },
    Format {
        name: "kubelet-summary",
        label: "kubelet summary (/stats/summary)",
        content: Content::Document,
        sniff: summary::sniff,
        parse: summary::parse,
        secrets: secrets::json,
    },
];

pub use events::is_event;

/// The documents of a text: one, or one after the other (JSON lines).
fn documents(input: &Input<'_>) -> Result<Vec<Value>, ParseError> {
    if input.bytes.len() > JSON_BYTES {
        let message = format!("the document is larger than {JSON_BYTES} bytes");
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::line(1), "JSON", message));
    }
    let mut found = Vec::new();
    for document in serde_json::Deserializer::from_slice(input.bytes).into_iter::<Value>() {
        match document {
            Ok(Value::Array(items)) => found.extend(items),
            Ok(value) => found.push(value),
            // What follows a whole document is a prompt, or another tool's.
            Err(_) if !found.is_empty() => break,
            Err(error) => {
                let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
                let at = Position::line(to_u64(error.line()));
                return Err(ParseError::new(kind, at, "JSON", error.to_string()));
            }
        }
    }
    Ok(found)
}

/// True if the content begins as JSON and holds all of these words.
fn is_json_with(bytes: &[u8], words: &[&str]) -> bool {
    let start = bytes.trim_ascii_start();
    let is_json = start.starts_with(b"{") || start.starts_with(b"[");
    is_json && words.iter().all(|word| memchr::memmem::find(bytes, word.as_bytes()).is_some())
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A whole number, also one in quotes, as protobuf's JSON writes 64 bits.
fn number(value: &Value, pointer: &str) -> Option<i64> {
    let value = value.pointer(pointer)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests;
