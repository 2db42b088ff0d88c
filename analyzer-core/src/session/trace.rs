//! A closer look at a part of an execution trace.

use std::collections::BTreeMap;

use super::message::{TraceQuery, TraceWindow};
use crate::analysis::trace::describe;
use crate::analysis::trace::lanes::LaneBuilder;
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
    let end = sums.summary.to;
    let from = query.from.min(end.saturating_sub(1));
    let to = query.to.clamp(from + 1, end.max(from + 1));
    let columns = query.columns.clamp(1, TRACE_COLUMNS);
    let room = id_to_usize(query.lanes).min(TRACE_LANES);
    let candidates = goroutines(&sums.summary, query.group.map(GoGroupId), from, to, suspects);
    let more = candidates.len().saturating_sub(room);
    let wanted = candidates.get(..room).unwrap_or(&candidates);
    let lanes = LaneBuilder::new(from, to, columns, wanted);
    let mut builder = Builder::part(trace, sums, from, to, lanes);
    let names = go_trace::read_part(bytes, trace, from, to, &mut builder).ok()?;
    let (summary, _, lanes) = builder.finish();
    Some(TraceWindow {
        trace: describe(trace, &names, &summary, id_to_usize(columns)),
        lanes: lanes.finish(),
        more_goroutines: to_u64(more),
    })
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
