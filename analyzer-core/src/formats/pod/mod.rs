//! What kubectl prints of pods: objects (`get pod -o json`, `-o yaml`), `describe`,
//! events, and the tables of `get pods`, `get events` and `top`.
//!
//! Spec: Kubernetes API v1 (Pod, PodList, List), apimachinery's quantities;
//! versions 1.20 to 1.36 have these fields; kubectl's pkg/describe and
//! pkg/printers for the texts. Only what bears on memory is read: limits, the
//! runtime's variables, volumes in memory, how containers ended, what happened.
//!
//! Any input is safe: the document is bounded by [`JSON_BYTES`], its depth by
//! `serde_json`'s limit and by [`YAML_DEPTH`], the containers by [`CONTAINERS`].
//!
//! [`JSON_BYTES`]: crate::base::limits::JSON_BYTES
//! [`YAML_DEPTH`]: crate::base::limits::YAML_DEPTH
//! [`CONTAINERS`]: crate::base::limits::CONTAINERS

mod describe;
mod events;
mod json;
mod objects;
pub mod quantity;
mod secrets;
mod table;
mod top;
mod yaml;

pub(in crate::formats) use events::Event;
pub(in crate::formats) use objects::{UNNAMED, VARIABLES, read_states};

use super::{Content, Format};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::JSON_BYTES;
use crate::base::source::{Input, Position};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "pod",
        label: "pod (kubectl get pod -o json)",
        content: Content::Document,
        sniff: json::sniff,
        parse: json::parse,
        secrets: secrets::json,
    },
    Format {
        name: "pod-yaml",
        label: "pod (kubectl get pod -o yaml)",
        content: Content::Document,
        sniff: yaml::sniff,
        parse: yaml::parse,
        secrets: secrets::yaml,
    },
    Format {
        name: "kubectl-top",
        label: "pod memory (kubectl top)",
        content: Content::Lines,
        sniff: top::sniff,
        parse: top::parse,
        secrets: secrets::top,
    },
    Format {
        name: "kubectl-describe",
        label: "pod or node (kubectl describe)",
        content: Content::Lines,
        sniff: describe::sniff,
        parse: describe::parse,
        secrets: secrets::prose,
    },
    Format {
        name: "events",
        label: "events (kubectl get events -o json)",
        content: Content::Document,
        sniff: json::sniff_events,
        parse: json::parse,
        secrets: secrets::json,
    },
    Format {
        name: "events-yaml",
        label: "events (kubectl get events -o yaml)",
        content: Content::Document,
        sniff: yaml::sniff_events,
        parse: yaml::parse,
        secrets: secrets::yaml,
    },
    Format {
        name: "events-table",
        label: "events (kubectl get events)",
        content: Content::Document,
        sniff: events::sniff,
        parse: events::parse,
        secrets: secrets::events,
    },
    Format {
        name: "kubectl-get-pods",
        label: "pods (kubectl get pods)",
        content: Content::Lines,
        sniff: table::sniff,
        parse: table::parse,
        secrets: secrets::pods,
    },
];

/// Whether a document is small enough to be held as values.
fn within_limit(input: &Input<'_>) -> Result<(), ParseError> {
    if input.bytes.len() <= JSON_BYTES {
        return Ok(());
    }
    let message = format!("the document is larger than {JSON_BYTES} bytes");
    Err(ParseError::new(ErrorKind::LimitExceeded, Position::line(1), "pod", message))
}

#[cfg(test)]
mod tests;
