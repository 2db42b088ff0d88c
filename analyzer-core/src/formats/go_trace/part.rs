//! Reads some generations of a trace that was read before: for a closer look
//! at a part, without the time and memory of all of it.

use super::clock::Clock;
use super::reader::TraceReader;
use crate::base::convert::to_usize;
use crate::base::error::ParseError;
use crate::base::order::StableOrder;
use crate::evidence::trace::event::{Generation, GoState};
use crate::evidence::trace::summary::Summary;
use crate::evidence::trace::{Annotated, Builder, Known, Stays, Trace};

/// Sums up what lies between two times of a trace, from the generations that
/// overlap with it. `bytes` are the decoded file's. The names of `trace` may
/// grow; whatever they held keeps its id.
/// # Errors
/// None for bytes that were read before; else those of [`TraceReader`].
pub fn read_part<L: Stays>(
    bytes: &[u8],
    trace: &mut Trace,
    from: u64,
    to: u64,
    lanes: L,
) -> Result<(Summary, L), ParseError> {
    let (first, last) = overlapping(&trace.generations, from, to);
    let Some(start) = trace.generations.get(first).cloned() else {
        return Ok(part(Builder::window(from, to, Known::default(), &trace.names, lanes)));
    };
    let end = trace.generations.get(last).map_or(start.end_offset, |last| last.end_offset);
    let known = known(trace, &start);
    let mut builder = Builder::window(from, to, known, &trace.names, lanes);
    let own = to_usize(start.start_offset).zip(to_usize(end)).and_then(|(start, end)| bytes.get(start..end));
    let clock = Clock::at(start.frequency, start.start_ticks, start.start);
    let names = std::mem::take(&mut trace.names);
    let reader = TraceReader::resume(bytes, start.start_offset, clock, names)?;
    let decoded = reader.read_rest(own.unwrap_or_default(), &mut builder)?;
    trace.names = decoded.names;
    Ok(part(builder))
}

fn part<L: Stays>(builder: Builder<L>) -> (Summary, L) {
    let (summary, _, lanes) = builder.finish();
    (summary, lanes)
}

/// The first and last generation that have something to say of a window.
fn overlapping(generations: &[Generation], from: u64, to: u64) -> (usize, usize) {
    let first = generations.iter().rposition(|generation| generation.start <= from).unwrap_or(0);
    let last = generations.iter().rposition(|generation| generation.start <= to).unwrap_or(first);
    (first, last.max(first))
}

/// What the reading of all of it found out, as far as `start` cannot.
fn known(trace: &Trace, start: &Generation) -> Known {
    let summary = &trace.summary;
    let lasts = |state: GoState| state != GoState::NotExist;
    let crossings = trace.carried.states.iter();
    let lasting = trace
        .carried
        .annotations
        .iter()
        .filter(|span| span.begin < start.start && span.end.is_none_or(|end| end >= start.start));
    let (mut tasks, mut regions) = (Vec::new(), Known::default().regions);
    for &span in lasting {
        match span.of {
            Annotated::Task { .. } => tasks.push(span),
            Annotated::Region { go } => regions.entry(go).or_default().push(span),
        }
    }
    regions.values_mut().for_each(|own| own.order_by_key(|span| span.begin));
    let cycles = summary.gc_cycles.iter().rev();
    let goal = cycles
        .filter(|cycle| cycle.end.is_some_and(|end| end < start.start))
        .find_map(|cycle| cycle.next_goal)
        .or((summary.goal.count > 0).then_some(summary.goal.first));
    Known {
        sites: summary.sites.iter().map(|site| site.key).collect(),
        groups: summary.groups.iter().map(|group| group.key).collect(),
        crossings: crossings
            .filter(|row| row.from < start.start && row.to >= start.start && lasts(row.state))
            .map(|&row| (row.go, row))
            .collect(),
        tasks,
        regions,
        goal: goal.filter(|&goal| goal > 0),
    }
}
