//! One goroutine over a part of a trace: what it was in and for how long, where
//! it came from, who woke it and whom it woke. Found by reading the part again.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::activity::cause_of;
use super::follow::{Edge, Follow, Moment, Stay};
use super::reasons::reason;
use super::stacks::StackTable;
use super::summary::{GoRow, Summary};
use crate::base::convert::to_u64;
use crate::base::limits::TRACE_EDGES;
use crate::base::order::StableOrder;
use crate::evidence::trace::names::Names;
use crate::report::StackFrame;
use crate::report::trace::DelayCause;

/// Goroutines listed of those that wake it, and of those that it wakes.
const LISTED: usize = 20;

/// A goroutine over a part of a trace. Times are nanoseconds since the trace's first batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GoroutineDetails {
    /// The runtime's id.
    pub goroutine: u64,
    /// Its group, the number of a row in the tables.
    pub group: Option<u32>,
    /// Its start function.
    pub start: Option<String>,
    /// When it was created; `None` if it was there before the trace, or is not known one by one.
    pub created: Option<u64>,
    /// When it ended; `None` if it is alive at the trace's end.
    pub ended: Option<u64>,
    /// The goroutine that created it.
    pub creator: Option<Peer>,
    /// Where that was, an index into `stacks`.
    pub creation_stack: Option<u32>,
    /// Time in each state within the part, the most first.
    pub states: Vec<StateSum>,
    /// The stay that was asked for.
    pub stay: Option<StayDetails>,
    /// Who woke or created it within the part, most often first.
    pub woken_by: Vec<Peer>,
    /// Whom it woke or created within the part, most often first.
    pub wakes: Vec<Peer>,
    /// Wake-ups and creations to draw, in order of time.
    pub edges: Vec<WakeEdge>,
    /// Those beyond the ceiling.
    pub more_edges: u64,
    /// Stacks, innermost first, as indexes into `frames`.
    pub stacks: Vec<Vec<u32>>,
    /// Frames.
    pub frames: Vec<StackFrame>,
}

/// Time in one state, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSum {
    /// As in [`super::lanes`].
    pub state: u8,
    /// Why it waited; empty for other states, or if nothing tells.
    pub reason: String,
    /// Stays.
    pub count: u64,
    /// Their time within the part.
    pub total: u64,
    /// Time of the longest within the part.
    pub max: u64,
    /// When the longest began.
    pub longest_at: u64,
}

/// One stay in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayDetails {
    /// As in [`super::lanes`].
    pub state: u8,
    /// When it began.
    pub from: u64,
    /// True if it began before the trace: it is longer than it seems.
    pub began_before: bool,
    /// When it ended, or the trace.
    pub to: u64,
    /// True if it did not end within the trace.
    pub is_open: bool,
    /// Why it waits; empty if nothing tells.
    pub reason: String,
    /// True if the reason is read off the stack.
    pub is_inferred: bool,
    /// Why it could run, if it waits for a processor.
    pub cause: Option<DelayCause>,
    /// Where it is, an index into `stacks`.
    pub stack: Option<u32>,
    /// The processor that it runs on.
    pub processor: Option<u64>,
    /// Who made it runnable: at the end of a wait, at the beginning of a wait for a processor.
    pub waker: Option<Waker>,
    /// When the stay before it began.
    pub previous: Option<u64>,
    /// When the stay after it began.
    pub next: Option<u64>,
}

/// Who made a goroutine runnable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waker {
    /// When.
    pub at: u64,
    /// The goroutine; `None` for timers, the network poller and the runtime.
    pub goroutine: Option<u64>,
    /// Its start function.
    pub start: Option<String>,
    /// Where it did so, an index into `stacks`.
    pub stack: Option<u32>,
}

/// A goroutine at the other end of wake-ups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The goroutine; `None` for timers, the network poller and the runtime.
    pub goroutine: Option<u64>,
    /// Its start function.
    pub start: Option<String>,
    /// True if it created it, or was created.
    pub is_creation: bool,
    /// How often.
    pub count: u64,
    /// When first.
    pub first: u64,
}

/// A goroutine makes another runnable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeEdge {
    /// When.
    pub at: u64,
    /// Who did it; `None` for timers, the network poller and the runtime.
    pub from: Option<u64>,
    /// The processor that it ran on.
    pub processor: Option<u64>,
    /// Who was woken or created.
    pub to: u64,
}

/// Names what a reading found. `row` is the goroutine's row of the whole trace, and
/// `woken` what ended the wait that was asked for, where that is after the part.
pub fn details(
    summary: &Summary,
    names: &Names,
    follow: Follow,
    creation: Option<Moment>,
    woken: Option<Moment>,
) -> GoroutineDetails {
    let row = summary.goroutine(follow.goroutine());
    let group = row.map(|row| row.group);
    let key = group.and_then(|group| summary.groups.get(group)).map(|group| group.key);
    let mut table = StackTable::new(names);
    let Follow { chosen, states, edges, more_edges, .. } = &follow;
    let woken = woken.or(chosen.as_ref().and_then(|chosen| chosen.woken));
    let stay = chosen.as_ref().map(|chosen| {
        let Stay { state, from, began_before, reason: said, stack, cause, proc, by, .. } = chosen.stay;
        let why = reason(names, said, stack);
        let waker = if cause.is_some() { by } else { woken };
        StayDetails {
            state,
            from,
            began_before,
            to: chosen.to,
            is_open: chosen.is_open,
            reason: why.word.to_owned(),
            is_inferred: why.is_inferred,
            cause: cause.map(cause_of),
            stack: table.index(stack),
            processor: proc,
            waker: waker.map(|moment| Waker {
                at: moment.at,
                goroutine: moment.go,
                start: moment.go.and_then(|id| start_of(summary, names, id)),
                stack: table.index(moment.stack),
            }),
            previous: chosen.previous,
            next: (!chosen.is_open && !chosen.is_last).then_some(chosen.to),
        }
    });
    let mut sums: Vec<StateSum> = states
        .iter()
        .map(|(&(state, said, stack), sum)| StateSum {
            state,
            reason: reason(names, said, stack).word.to_owned(),
            count: sum.count,
            total: sum.total,
            max: sum.max,
            longest_at: sum.longest_at,
        })
        .collect();
    merge_reasons(&mut sums);
    let own = follow.goroutine();
    let (to, from): (Vec<&Edge>, Vec<&Edge>) = edges.iter().partition(|edge| edge.to == own);
    let creation_stack = creation.map(|moment| moment.stack).or(key.map(|key| key.creator));
    let mut details = GoroutineDetails {
        goroutine: own,
        group: group.map(|group| group.0),
        start: start_of(summary, names, own),
        created: row.and_then(|row| row.created).or(creation.map(|moment| moment.at)),
        ended: row.and_then(|row| row.ended),
        creator: creation.map(|moment| Peer {
            goroutine: moment.go,
            start: moment.go.and_then(|id| start_of(summary, names, id)),
            is_creation: true,
            count: 1,
            first: moment.at,
        }),
        creation_stack: creation_stack.and_then(|stack| table.index(stack)),
        states: sums,
        stay,
        woken_by: peers(summary, names, to.into_iter().map(|edge| (edge.from, edge))),
        wakes: peers(summary, names, from.into_iter().map(|edge| (Some(edge.to), edge))),
        edges: edges
            .iter()
            .take(TRACE_EDGES)
            .map(|edge| WakeEdge { at: edge.at, from: edge.from, processor: edge.proc, to: edge.to })
            .collect(),
        more_edges: *more_edges,
        ..GoroutineDetails::default()
    };
    (details.stacks, details.frames) = table.finish();
    details
}

/// Waits at different places for one reason are one row.
fn merge_reasons(sums: &mut Vec<StateSum>) {
    let mut merged: BTreeMap<(u8, String), StateSum> = BTreeMap::new();
    for sum in std::mem::take(sums) {
        let key = (sum.state, sum.reason.clone());
        let Some(row) = merged.get_mut(&key) else {
            merged.insert(key, sum);
            continue;
        };
        row.count += sum.count;
        row.total = row.total.saturating_add(sum.total);
        if sum.max > row.max {
            (row.max, row.longest_at) = (sum.max, sum.longest_at);
        }
    }
    *sums = merged.into_values().collect();
    sums.order_by_key(|sum| (Reverse(sum.total), sum.state));
}

/// The other ends of some edges, most often first.
fn peers<'a>(
    summary: &Summary,
    names: &Names,
    edges: impl Iterator<Item = (Option<u64>, &'a Edge)>,
) -> Vec<Peer> {
    let mut counts: BTreeMap<(Option<u64>, bool), (u64, u64)> = BTreeMap::new();
    for (other, edge) in edges {
        counts.entry((other, edge.is_creation)).or_insert((0, edge.at)).0 += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.order_by_key(|&((other, is_creation), (count, _))| (Reverse(count), other, is_creation));
    rows.truncate(LISTED);
    rows.into_iter()
        .map(|((goroutine, is_creation), (count, first))| Peer {
            goroutine,
            start: goroutine.and_then(|id| start_of(summary, names, id)),
            is_creation,
            count,
            first,
        })
        .collect()
}

fn start_of(summary: &Summary, names: &Names, id: u64) -> Option<String> {
    start_of_row(summary, names, summary.goroutine(id)?)
}

fn start_of_row(summary: &Summary, names: &Names, row: &GoRow) -> Option<String> {
    let start = summary.groups.get(row.group)?.key.start?;
    Some(names.strings.get(start).to_owned())
}

/// What a search in a trace finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceHits {
    /// Goroutines, by id.
    pub goroutines: Vec<GoroutineHit>,
    /// Those beyond the ceiling.
    pub more: u64,
}

/// A goroutine that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoroutineHit {
    /// The runtime's id.
    pub goroutine: u64,
    /// Its start function.
    pub start: Option<String>,
    /// When it was created; `None` if it was there before the trace.
    pub created: Option<u64>,
    /// When it ended; `None` if it is alive at the trace's end.
    pub ended: Option<u64>,
}

/// Goroutines whose id begins with a number, the exact one first; or, if the text
/// is no number, those whose start function contains it in any case.
pub fn search(summary: &Summary, names: &Names, text: &str, limit: usize) -> TraceHits {
    let text = text.trim().to_lowercase();
    let number = text.trim_start_matches("goroutine").trim_start_matches('g').trim();
    let number = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let number = number.filter(|number| !number.is_empty());
    let groups: Vec<bool> = summary
        .groups
        .iter()
        .map(|group| {
            let start = group.key.start.map(|start| names.strings.get(start).to_lowercase());
            number.is_none() && !text.is_empty() && start.is_some_and(|start| start.contains(&text))
        })
        .collect();
    let is_meant = |row: &&GoRow| {
        number.is_some_and(|number| row.id.to_string().starts_with(number))
            || groups.get(crate::base::convert::id_to_usize(row.group.0)).copied().unwrap_or(false)
    };
    let mut found: Vec<&GoRow> = summary.goroutines.iter().filter(is_meant).collect();
    let exact = number.and_then(|number| number.parse().ok());
    found.order_by_key(|row| (Some(row.id) != exact, row.id));
    TraceHits {
        more: to_u64(found.len().saturating_sub(limit)),
        goroutines: found
            .into_iter()
            .take(limit)
            .map(|row| GoroutineHit {
                goroutine: row.id,
                start: start_of_row(summary, names, row),
                created: row.created,
                ended: row.ended,
            })
            .collect(),
    }
}
