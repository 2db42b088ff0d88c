//! Pods as `kubectl get pod -o json` prints them, and the table of `kubectl top pod`.
//!
//! Spec: Kubernetes API v1 (Pod, PodList, List), apimachinery's quantities;
//! versions 1.20 to 1.36 have these fields. Only what bears on memory is read:
//! limits, the runtime's variables, volumes in memory, how containers ended.
//! YAML is recognized and not read: the same command prints JSON.
//!
//! Any input is safe: the document is bounded by [`JSON_BYTES`] and by
//! `serde_json`'s depth limit, the containers by [`CONTAINERS`].
//!
//! [`JSON_BYTES`]: crate::base::limits::JSON_BYTES
//! [`CONTAINERS`]: crate::base::limits::CONTAINERS

mod json;
mod quantity;
mod secrets;
mod top;

use super::{Format, Probe, Sniff};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::Position;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "pod",
        label: "pod (kubectl get pod -o json)",
        is_text: true,
        sniff: json::sniff,
        parse: json::parse,
        secrets: secrets::json,
    },
    Format {
        name: "pod-yaml",
        label: "pod as YAML",
        is_text: true,
        sniff: sniff_yaml,
        parse: |_, _, _| {
            let message = "YAML is not read; save the pod with kubectl get pod NAME -o json";
            Err(ParseError::new(ErrorKind::Unsupported, Position::line(1), "pod", message))
        },
        secrets: secrets::yaml,
    },
    Format {
        name: "kubectl-top",
        label: "memory of pods (kubectl top)",
        is_text: true,
        sniff: top::sniff,
        parse: top::parse,
        secrets: secrets::top,
    },
];

/// `apiVersion: v1` and `kind: Pod` (or a list) as keys without indent.
fn sniff_yaml(probe: &Probe<'_>) -> Sniff {
    let lines = || super::record::text_lines(probe.head()).map(|(line, _)| line.text()).take(2_000);
    let is_object = lines().any(|line| line == "apiVersion: v1");
    let is_pod = lines().any(|line| matches!(line.trim_start_matches("- "), "kind: Pod" | "kind: List" | "kind: PodList"));
    let has_containers = lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with("containers:"));
    if is_object && is_pod && has_containers { Sniff::ByContent } else { Sniff::No }
}

#[cfg(test)]
mod tests;
