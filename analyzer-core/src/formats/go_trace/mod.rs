//! Go execution traces (`runtime/trace`), format v2: headers 22, 23, 25 and
//! 26, written by Go 1.22 to 1.27. Spec: `internal/trace` of the Go source.
//!
//! Tested with captures of Go 1.22 to 1.27 on linux/amd64: whole, cut, without
//! `trace.Stop`, from the flight recorder, with cgo callbacks, coroutines and
//! the AllocFree experiment, and with Go's own trace tests.
//!
//! Known gaps: the old format (Go 1.11 to 1.21) is only recognized; the data of
//! experiments is skipped; no capture of Windows (whose clock is an estimate).
//!
//! Untrusted input: memory is O(input) with the ceilings of
//! [`crate::base::limits`], time is linear, nothing recurses or panics. Damage
//! costs its generation; reading goes on with the next.

mod clock;
mod framing;
mod frontier;
mod generation;
mod header;
mod order;
mod reader;
mod run;
mod tables;
mod wire;

pub use header::Version;
pub use reader::{Decoded, TraceReader};
pub use wire::WireCounts;

use super::{Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;

/// The format.
pub const FORMATS: [Format; 1] =
    [Format { name: "go-trace", label: "Go execution trace", is_text: false, sniff, parse }];

fn sniff(probe: &Probe<'_>) -> Sniff {
    if header::number(probe.bytes).is_some() { Sniff::ByContent } else { Sniff::No }
}

fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let _ = evidence;
    struct Nothing;
    impl crate::evidence::trace::event::EventSink for Nothing {
        fn event(
            &mut self,
            _: &crate::evidence::trace::event::Event,
            _: &crate::evidence::trace::names::Names,
        ) {
        }
    }
    let decoded = TraceReader::read(input.bytes, &mut Nothing)?;
    facts.notes = decoded.notes;
    Ok(())
}
