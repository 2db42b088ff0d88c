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
mod part;
mod reader;
mod run;
mod secrets;
mod tables;
mod wire;

pub use header::Version;
pub use part::read_part;
pub use reader::{Decoded, TraceReader};
pub use wire::WireCounts;

use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::trace::event::{Event, EventSink};
use crate::evidence::trace::names::Names;
use crate::evidence::trace::{Trace, TraceId};

/// Name of the format.
pub const NAME: &str = "go-trace";
/// Which profile the derived one is.
const KIND: &str = "trace";

/// The format.
pub const FORMATS: [Format; 1] = [Format {
    name: NAME,
    label: "Go execution trace",
    content: Content::Binary,
    sniff,
    parse,
    secrets: secrets::secrets,
}];

fn sniff(probe: &Probe<'_>) -> Sniff {
    if header::number(probe.bytes).is_some() { Sniff::ByContent } else { Sniff::No }
}

/// Looks at no event.
struct NoEvents;

impl EventSink for NoEvents {
    fn event(&mut self, _: &Event, _: &Names) {}
}

fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    read(input, evidence, facts, &mut NoEvents).map(|_| ())
}

/// Reads a trace into evidence, and hands its events to `sink` on the way: there
/// are too many to keep, and reading them twice would take twice the time.
/// # Errors
/// Those of [`TraceReader`].
pub fn read<S: EventSink>(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
    sink: &mut S,
) -> Result<TraceId, ParseError> {
    let decoded = TraceReader::read(input.bytes, sink)?;
    facts.kind = Some(KIND.to_owned());
    facts.captured_at = decoded.generations.iter().find_map(|generation| {
        let clock = generation.clock?;
        i64::try_from(clock.time).ok().and_then(|time| clock.wall.checked_sub(time)).map(Nanos)
    });
    facts.is_partial =
        decoded.generations.iter().any(|generation| !generation.is_whole && generation.events > 0);
    let start_nanos = decoded.start_nanos();
    facts.notes = decoded.notes;
    let trace = Trace {
        source: input.source,
        version: decoded.version.number(),
        start_nanos,
        names: decoded.names,
        generations: decoded.generations,
        records: decoded.wire.iter().collect(),
    };
    Ok(evidence.traces.push(trace))
}
