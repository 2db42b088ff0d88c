//! A closer look at a part of an execution trace.

use std::collections::BTreeMap;

use super::message::{TraceQuery, TraceWindow};
use super::question::{TraceGoroutine, TraceUtilization};
use crate::analysis::trace::describe;
use crate::analysis::trace::details::{GoroutineDetails, details};
use crate::analysis::trace::follow::{Catch, Follow};
use crate::analysis::trace::lanes::LaneBuilder;
use crate::analysis::trace::mmu::{Mutators, Utilization};
use crate::analysis::trace::summary::{GoGroupId, GoRow, Summary};
use crate::analysis::trace::sums::{Builder, TraceSums};
use crate::base::convert::{id_to_usize, to_u64};
use crate::base::limits::{TRACE_COLUMNS, TRACE_LANES};
use crate::base::order::StableOrder;
use crate::evidence::trace::Trace;
use crate::evidence::trace::event::GoState;
use crate::formats::go_trace;

/// Goroutines of one group that have lanes, where all groups share the room.
const PER_GROUP: usize = 4;

/// Reads and sums up a part of a trace. `bytes` are its file's; the groups that
/// may leak have their lanes first.
pub(super) fn window(
    trace: &Trace,
    sums: &TraceSums,
    bytes: &[u8],
    query: &TraceQuery,
    suspects: &[u32],
) -> Option<TraceWindow> {
    let (from, to) = clamped(sums, query.from, query.to);
    let columns = query.columns.clamp(1, TRACE_COLUMNS);
    let room = id_to_usize(query.lanes).min(TRACE_LANES);
    let candidates = goroutines(&sums.summary, query.group.map(GoGroupId), from, to, suspects);
    let more = candidates.len().saturating_sub(room);
    let others = candidates.get(..room).unwrap_or(&candidates);
    let mut wanted = query.pinned.get(..TRACE_LANES).unwrap_or(&query.pinned).to_vec();
    wanted.extend(others.iter().filter(|id| !query.pinned.contains(id)));
    let lanes = LaneBuilder::new(from, to, columns, &wanted);
    let mut builder = Builder::part(trace, sums, from, to, lanes);
    let names = go_trace::read_part(bytes, trace, from, to, &mut builder).ok()?;
    let (summary, _, lanes) = builder.finish();
    Some(TraceWindow {
        trace: describe(trace, &names, &summary, id_to_usize(columns)),
        lanes: lanes.finish(),
        more_goroutines: to_u64(more),
    })
}

/// A goroutine over a part of a trace.
pub(super) fn goroutine(
    trace: &Trace,
    sums: &TraceSums,
    bytes: &[u8],
    query: &TraceGoroutine,
) -> Option<GoroutineDetails> {
    let (from, to) = clamped(sums, query.from, query.to);
    let mut follow = Follow::new(sums, query.goroutine, from, to, query.at);
    let names = go_trace::read_part(bytes, trace, from, to, &mut follow).ok()?;
    // What began before the part, or ends after it, is in other generations.
    let caught = |at: u64| {
        let mut catch = Catch { go: query.goroutine, at, found: None };
        go_trace::read_part(bytes, trace, at, at, &mut catch).ok()?;
        catch.found
    };
    let woken = follow.finish(sums.summary.to).and_then(caught);
    let created = sums.summary.goroutine(query.goroutine).and_then(|row| row.created);
    let creation = follow.creation.or_else(|| created.and_then(caught));
    Some(details(&sums.summary, &names, follow, creation, woken))
}

/// Minimum mutator utilization of a part of a trace.
pub(super) fn utilization(
    trace: &Trace,
    sums: &TraceSums,
    bytes: &[u8],
    query: &TraceUtilization,
) -> Option<Utilization> {
    let (from, to) = clamped(sums, query.from, query.to);
    let mut mutators = Mutators::new(trace, sums, from, to);
    go_trace::read_part(bytes, trace, from, to, &mut mutators).ok()?;
    Some(mutators.finish())
}

/// A part that lies within the trace and is not empty.
fn clamped(sums: &TraceSums, from: u64, to: u64) -> (u64, u64) {
    let end = sums.summary.to;
    let from = from.min(end.saturating_sub(1));
    (from, to.clamp(from + 1, end.max(from + 1)))
}

/// Goroutines that live in a part of a trace, the most telling first: by
/// group, those groups first that may leak, then those whose goroutines ran
/// most; in a group, by running time, then by waiting time.
fn goroutines(summary: &Summary, only: Option<GoGroupId>, from: u64, to: u64, suspects: &[u32]) -> Vec<u64> {
    let mut by_group: BTreeMap<GoGroupId, Vec<&GoRow>> = BTreeMap::new();
    for row in &summary.goroutines {
        let is_inside = row.created.is_none_or(|at| at <= to) && row.ended.is_none_or(|at| at >= from);
        if is_inside && only.is_none_or(|group| group == row.group) {
            by_group.entry(row.group).or_default().push(row);
        }
    }
    let mut groups: Vec<_> = by_group.into_iter().collect();
    groups.order_by_key(|(id, rows)| {
        let is_system = summary.groups.get(*id).is_some_and(|group| group.is_system);
        let ran: u64 = rows.iter().map(|row| row.times[0]).sum();
        (is_system, !suspects.contains(&id.0), std::cmp::Reverse(ran), *id)
    });
    let per_group = if only.is_some() { usize::MAX } else { PER_GROUP };
    let mut ids = Vec::new();
    for (_, rows) in &mut groups {
        rows.order_by_key(|row| {
            let is_stuck = row.state == GoState::Waiting && row.ended.is_none();
            (std::cmp::Reverse((row.times[0], is_stuck, row.times[2])), row.id)
        });
        ids.extend(rows.iter().take(per_group).map(|row| row.id));
    }
    ids
}
