//! Reads some generations of a trace that was read before: for a closer look
//! at a part, without the time and memory of all of it.

use super::clock::Clock;
use super::reader::TraceReader;
use crate::base::convert::to_usize;
use crate::base::error::ParseError;
use crate::evidence::trace::Trace;
use crate::evidence::trace::event::EventSink;
use crate::evidence::trace::names::Names;

/// Hands the events of the generations that overlap with `from..=to` to `sink`.
/// `bytes` are the decoded file's. Gives the names: those of `trace` under the
/// same ids, and whatever came to them. The sink is any: the decoder's code would
/// else be there once more for each.
/// # Errors
/// None for bytes that were read before; else those of [`TraceReader`].
pub fn read_part(
    bytes: &[u8],
    trace: &Trace,
    from: u64,
    to: u64,
    mut sink: &mut dyn EventSink,
) -> Result<Names, ParseError> {
    let names = trace.names.clone();
    let generations = trace.generations.get(trace.generations_of(from, to)).unwrap_or_default();
    let Some((start, last)) = generations.first().zip(generations.last()) else { return Ok(names) };
    let own = to_usize(start.start_offset).zip(to_usize(last.end_offset));
    let own = own.and_then(|(start, end)| bytes.get(start..end)).unwrap_or_default();
    let clock = Clock::at(start.frequency, start.start_ticks, start.start);
    let reader = TraceReader::resume(bytes, start.start_offset, clock, names)?;
    Ok(reader.read_rest(own, &mut sink)?.names)
}
