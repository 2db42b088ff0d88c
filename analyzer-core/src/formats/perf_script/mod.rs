//! `perf script`: samples of Linux perf as text.
//!
//! Spec: tools/perf/builtin-script.c and util/evsel_fprintf.c of Linux, whose output
//! depends on `-F`. Tested with perf 6.1 and with every form of pid, time, period and event
//! that perf 4.4 to 6.18 print. Read are the process, thread, time, period, event, call chain with
//! inlined calls and source lines, and frames on the sample's own line (recorded without `-g`).
//! Not read: branch stacks, registers, data addresses, the arguments of tracepoints.
//!
//! Any input is safe: memory and time are linear in it; a frame's line is looked at once and
//! then known by its bytes.

mod frames;
mod header;
mod secrets;
mod stacks;

use super::{Content, Format, Probe, Sniff, goroutine_dump};
use crate::base::reader::Lines;

#[cfg(test)]
mod tests;

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "perf-script",
    label: "Linux perf samples (perf script)",
    content: Content::Document,
    sniff,
    parse: stacks::parse,
    secrets: secrets::secrets,
}];

/// Samples that are looked for.
const SAMPLES: usize = 3;

/// True if a goroutine is listed: a log's own words before it may look like a thread and its time.
fn holds_goroutine(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"goroutine ").any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        goroutine_dump::lines::is_header(line.trim_ascii_end())
    })
}

/// The head of a sample, then frames under it: an address and a name each.
fn sniff(probe: &Probe<'_>) -> Sniff {
    if holds_goroutine(probe.head_lines()) {
        return Sniff::No;
    }
    let mut heads = 0;
    let mut has_frame = false;
    let mut is_in_sample = false;
    for line in Lines::new(probe.head_lines()).take(4_000) {
        if line.bytes.is_empty() {
            is_in_sample = false;
        } else if line.bytes.starts_with(b"#") && !is_in_sample {
            continue;
        } else if is_in_sample && frames::Row::of(line.bytes).is_some() {
            has_frame = true;
        } else if let Some(head) = header::parse(line.bytes) {
            is_in_sample = true;
            heads += 1;
            has_frame |= head.frame.is_some();
        } else if heads == 0 {
            return Sniff::No;
        }
        if has_frame && heads >= SAMPLES {
            break;
        }
    }
    if has_frame { Sniff::ByContent } else { Sniff::No }
}
