//! Maps and histograms of bpftrace, as it prints them at its end: JSON (`-f json`) and text.
//!
//! Spec: bpftrace 0.17 to 0.23, src/output (`json.cpp`, `text.cpp`). Tested with bpftrace 0.17. JSON is an object a
//! line; keys are text, and **equal keys repeat within one object** where addresses differ and their symbols do
//! not, so entries are summed while they are read. Lines of stderr between them are skipped. Not read: `tseries`,
//! and what a script prints itself.
//!
//! The maps of the script `goroutine-life.bt`, which this project ships, are read as goroutines' births, ends and
//! open waits by creation site: [`life`].
//!
//! Any input is safe: a line of JSON is bounded by [`JSON_BYTES`], rows by [`PROBE_ROWS`], depth by `serde_json`.
//!
//! [`JSON_BYTES`]: crate::base::limits::JSON_BYTES
//! [`PROBE_ROWS`]: crate::base::limits::PROBE_ROWS

mod json;
mod key;
mod life;
mod rows;
mod secrets;
mod text;

use super::{Content, Format};

pub(in crate::formats) use key::{stack, symbol};

/// What maps say and do not say of a Go service.
const SAYS: &str = "What the script counted while it ran, for all processes that it traced. Stacks of Go code are correct (Go uses frame pointers). Thread waits are not goroutine waits, and libc's malloc is not the Go heap.";

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "bpftrace-json",
        label: "bpftrace maps (JSON)",
        content: Content::Document,
        sniff: json::sniff,
        parse: json::parse,
        secrets: secrets::json,
    },
    Format {
        name: "bpftrace",
        label: "bpftrace maps (text)",
        content: Content::Lines,
        sniff: text::sniff,
        parse: text::parse,
        secrets: secrets::text,
    },
];

#[cfg(test)]
mod tests;
