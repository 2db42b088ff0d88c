//! Clocks: a callee cannot begin before its caller's span, nor end after it, and last no longer. Where it seems so
//! over many calls and always to one side, the clocks differ. A service whose clock is off shows on both of its
//! sides with opposite signs: offsets are added up along the calls, and most services are right.

use std::collections::{BTreeMap, VecDeque};

use super::{Tree, is_client};
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceId};
use crate::evidence::Evidence;
use crate::evidence::spans::SpanKind;

/// Calls between two instances from which their clocks are compared.
pub const LEAST_PAIRS: usize = 10;
/// Least offset, in nanoseconds.
pub const LEAST_OFFSET: i64 = 10_000_000;
/// Share of the calls, in percent, that must be off to one side.
const ONE_SIDE_PERCENT: usize = 90;
/// How much longer than its caller's span a callee's may be, in nanoseconds: one that goes on after its caller gave up is no skew.
const LONGER: i64 = 1_000_000;

/// A clock that differs from most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// The service.
    pub service: String,
    /// Its instance or host; empty if it is not stated.
    pub instance: String,
    /// How far ahead, in nanoseconds; negative is behind.
    pub nanos: i64,
    /// Calls that show it.
    pub pairs: u64,
    /// True if only two clocks were compared: then either can be the wrong one.
    pub is_of_two: bool,
    /// One of them.
    pub first: (SourceId, Position),
}

type Node = (StrId, StrId);

#[derive(Default)]
struct Pairs {
    /// Of each call, how far the callee's clock is ahead, and whether it leaves its caller's span.
    offsets: Vec<(i64, i64)>,
    first: Option<(SourceId, Position)>,
}

/// The offset of an edge: 0 if nothing speaks for one.
fn offset(pairs: &Pairs) -> i64 {
    let mut beyond: Vec<i64> = pairs.offsets.iter().map(|(_, beyond)| *beyond).collect();
    beyond.sort_unstable();
    let median = beyond.get(beyond.len() / 2).copied().unwrap_or(0);
    if median < LEAST_OFFSET {
        return 0;
    }
    let mut offsets: Vec<i64> =
        pairs.offsets.iter().filter(|(_, beyond)| *beyond > 0).map(|(offset, _)| *offset).collect();
    offsets.sort_unstable();
    let ahead = offsets.iter().filter(|offset| **offset > 0).count();
    let most = ahead.max(offsets.len() - ahead);
    if most * 100 < offsets.len() * ONE_SIDE_PERCENT {
        return 0;
    }
    offsets.get(offsets.len() / 2).copied().unwrap_or(0)
}

/// Clocks that differ from those of most.
pub(super) fn find(evidence: &Evidence, tree: &Tree<'_>) -> Vec<ClockOffset> {
    let mut edges: BTreeMap<(Node, Node), Pairs> = BTreeMap::new();
    for (caller, callee) in tree.calls() {
        let (Some(caller), Some(callee)) = (tree.get(caller), tree.get(callee)) else { continue };
        let (from, to) = ((caller.service, caller.instance), (callee.service, callee.instance));
        let is_longer = callee.end - callee.start > caller.end - caller.start + LONGER;
        if from == to || !is_client(caller) || callee.kind != SpanKind::Server || is_longer {
            continue;
        }
        let (begins, ends) =
            (callee.start.saturating_sub(caller.start), callee.end.saturating_sub(caller.end));
        let beyond = begins.saturating_neg().max(ends).max(0);
        let pairs = edges.entry((from, to)).or_default();
        pairs.offsets.push((begins / 2 + ends / 2, beyond));
        pairs.first.get_or_insert((callee.source, callee.at));
    }
    edges.retain(|_, pairs| pairs.offsets.len() >= LEAST_PAIRS);
    let mut around: BTreeMap<Node, Vec<(Node, i64, &Pairs)>> = BTreeMap::new();
    for ((from, to), pairs) in &edges {
        let offset = offset(pairs);
        around.entry(*from).or_default().push((*to, offset, pairs));
        around.entry(*to).or_default().push((*from, offset.saturating_neg(), pairs));
    }
    let mut clocks = Vec::new();
    let mut known: BTreeMap<Node, i64> = BTreeMap::new();
    for &start in around.keys() {
        if known.contains_key(&start) {
            continue;
        }
        let mut part = vec![(start, 0_i64)];
        known.insert(start, 0);
        let mut queue = VecDeque::from([(start, 0_i64)]);
        while let Some((node, at)) = queue.pop_front() {
            for (next, offset, _) in around.get(&node).into_iter().flatten() {
                if !known.contains_key(next) {
                    let clock = at.saturating_add(*offset);
                    known.insert(*next, clock);
                    part.push((*next, clock));
                    queue.push_back((*next, clock));
                }
            }
        }
        clocks.extend(off(evidence, &part, &around));
    }
    clocks.order_by(|a, b| {
        b.nanos
            .unsigned_abs()
            .cmp(&a.nanos.unsigned_abs())
            .then_with(|| (&a.service, &a.instance).cmp(&(&b.service, &b.instance)))
    });
    clocks
}

/// Of clocks that calls connect, those that differ from the time that most have.
fn off(
    evidence: &Evidence,
    part: &[(Node, i64)],
    around: &BTreeMap<Node, Vec<(Node, i64, &Pairs)>>,
) -> Vec<ClockOffset> {
    let near = |a: i64, b: i64| a.saturating_sub(b).unsigned_abs() < LEAST_OFFSET.unsigned_abs();
    let mut clocks: Vec<i64> = part.iter().map(|(_, clock)| *clock).collect();
    clocks.sort_unstable();
    // The clock with the most others within the least offset; the first of equals is the smallest in amount.
    let like = |clock: i64| {
        clocks.partition_point(|other| other.saturating_sub(clock) < LEAST_OFFSET)
            - clocks.partition_point(|other| other.saturating_sub(clock) <= -LEAST_OFFSET)
    };
    let most = clocks
        .iter()
        .copied()
        .max_by_key(|clock| (like(*clock), std::cmp::Reverse(clock.unsigned_abs())))
        .unwrap_or(0);
    part.iter()
        .filter(|(_, clock)| !near(*clock, most))
        .filter_map(|(node, clock)| {
            let pairs: Vec<&Pairs> = around
                .get(node)?
                .iter()
                .filter(|(_, offset, _)| *offset != 0)
                .map(|(_, _, pairs)| *pairs)
                .collect();
            Some(ClockOffset {
                service: evidence.strings.get(node.0).to_owned(),
                instance: evidence.strings.get(node.1).to_owned(),
                nanos: clock.saturating_sub(most),
                pairs: crate::base::convert::to_u64(pairs.iter().map(|pairs| pairs.offsets.len()).sum()),
                is_of_two: part.len() == 2,
                first: pairs.first()?.first?,
            })
        })
        .collect()
}
