//! What the Go runtime says of its memory: the trailer of `heap?debug=1`, expvar
//! (`/debug/vars`), `runtime/metrics` as JSON or text, and Prometheus text of
//! `client_golang` (with cAdvisor's containers on the way).
//!
//! Spec: runtime/mstats.go, runtime/metrics/description.go, runtime/pprof
//! (`writeHeap`), Go 1.21 to 1.27; the Prometheus text format 0.0.4. Producers
//! tested: Go 1.21, 1.25, 1.26, 1.27, client_golang 1.14.
//!
//! Any input is safe: texts are read line by line, JSON is bounded by the size
//! of the file and `serde_json`'s depth limit.

mod fields;
mod heap_stacks;
mod json;
mod metrics_text;
mod printed;
pub(in crate::formats) mod prometheus;
mod secrets;
mod trailer;

use super::goroutine_dump::counted_secrets;
use super::{Content, Format};

pub(in crate::formats) use secrets::{is_known_label, is_known_metric, label_value};

/// True for a line of the Prometheus text format with a value.
pub fn is_sample(line: &str) -> bool {
    prometheus::sample(line).is_some()
}

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "heap-debug1",
        label: "heap profile as text, with MemStats (heap?debug=1)",
        content: Content::Lines,
        sniff: trailer::sniff,
        parse: trailer::parse,
        secrets: counted_secrets,
    },
    Format {
        name: "expvar",
        label: "Go variables (expvar)",
        content: Content::Document,
        sniff: json::sniff_memstats,
        parse: json::parse_memstats,
        secrets: secrets::json,
    },
    Format {
        name: "runtime-metrics",
        label: "Go runtime metrics (JSON)",
        content: Content::Document,
        sniff: json::sniff_metrics,
        parse: json::parse_metrics,
        secrets: secrets::json,
    },
    Format {
        name: "runtime-metrics-text",
        label: "Go runtime metrics (text)",
        content: Content::Document,
        sniff: metrics_text::sniff,
        parse: metrics_text::parse,
        secrets: metrics_text::secrets,
    },
    Format {
        name: "prometheus",
        label: "Prometheus metrics",
        content: Content::Lines,
        sniff: prometheus::sniff,
        parse: prometheus::parse,
        secrets: secrets::prometheus,
    },
    Format {
        name: "memstats-printed",
        label: "MemStats printed by a program",
        content: Content::Lines,
        sniff: printed::sniff,
        parse: printed::parse,
        secrets: printed::secrets,
    },
];

#[cfg(test)]
mod tests;
