//! Parents that are in no file, and whose they are.
//!
//! The missing parent of a span within a service is that service's own. Of a callee's span it is a caller's: the
//! service that calls it elsewhere in the files, if the trace has other spans of it or a root; else a caller that
//! is not in the files at all, which is no loss.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Tree;
use crate::base::convert::to_u64;
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceId};
use crate::evidence::Evidence;

/// What a missing span was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissingRole {
    /// It had children in its own service.
    Within,
    /// It called another service.
    Caller,
}

/// Missing parents of one service and role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The service that they are of.
    pub service: String,
    /// What they were.
    pub role: MissingRole,
    /// How many.
    pub spans: u64,
    /// Traces in which they are missing.
    pub traces: u64,
    /// Traces with spans of the service, these included.
    pub traces_of_service: u64,
    /// Spans of the service that are there.
    pub kept: u64,
    /// The first child without its parent.
    pub first: (SourceId, Position),
}

impl Missing {
    /// True if most of its traces lack it: a span that is never ended, or of a process that ends, not chance.
    pub fn is_systematic(&self) -> bool {
        self.traces * 2 >= self.traces_of_service
    }
}

/// Part of the files' time at either end in which traces are cut; and how much of it at most, in nanoseconds.
const EDGE_PART: i64 = 10;
const MOST_EDGE: i64 = 60_000_000_000;

/// Traces that the files' first and last moments do not cut.
fn whole_traces(tree: &Tree<'_>) -> HashSet<u128> {
    let mut times: HashMap<u128, (i64, i64)> = HashMap::new();
    for span in &tree.spans {
        let time = times.entry(span.trace).or_insert((span.start, span.end));
        *time = (time.0.min(span.start), time.1.max(span.end));
    }
    let begin = times.values().map(|time| time.0).min().unwrap_or(0);
    let end = times.values().map(|time| time.1).max().unwrap_or(0);
    let margin = (end.saturating_sub(begin) / EDGE_PART).min(MOST_EDGE);
    let is_whole =
        |time: &(i64, i64)| time.0 >= begin.saturating_add(margin) && time.1 <= end.saturating_sub(margin);
    times.iter().filter(|(_, time)| is_whole(time)).map(|(trace, _)| *trace).collect()
}

#[derive(Default)]
struct Group {
    ids: BTreeSet<(u128, u64)>,
    traces: BTreeSet<u128>,
    first: Option<(SourceId, Position)>,
}

/// Missing parents, most first, and how many callees have a caller that is in no file.
pub(super) fn find(evidence: &Evidence, tree: &Tree<'_>) -> (Vec<Missing>, u64) {
    let whole = whole_traces(tree);
    // Who calls each service, where both ends are there.
    let mut callers: BTreeMap<StrId, BTreeMap<StrId, u64>> = BTreeMap::new();
    for (caller, callee) in tree.calls() {
        if let (Some(caller), Some(callee)) = (tree.get(caller), tree.get(callee)) {
            *callers.entry(callee.service).or_default().entry(caller.service).or_default() += 1;
        }
    }
    let mut traces: HashMap<u128, BTreeSet<StrId>> = HashMap::new();
    let mut rooted: HashSet<u128> = HashSet::new();
    let mut kept: BTreeMap<StrId, u64> = BTreeMap::new();
    for (index, span) in tree.spans.iter().enumerate().filter(|(_, span)| whole.contains(&span.trace)) {
        traces.entry(span.trace).or_default().insert(span.service);
        *kept.entry(span.service).or_default() += 1;
        if tree.is_root(index) {
            rooted.insert(span.trace);
        }
    }
    let mut groups: BTreeMap<(StrId, MissingRole), Group> = BTreeMap::new();
    let mut outside = 0;
    for (span, has_parent) in tree.spans.iter().zip(&tree.parents) {
        let Some(id) = span.parent.filter(|_| has_parent.is_none() && whole.contains(&span.trace)) else {
            continue;
        };
        let known = callers.get(&span.service);
        let caller = || {
            let (caller, _) =
                known?.iter().max_by_key(|(service, count)| (**count, std::cmp::Reverse(**service)))?;
            let is_there = rooted.contains(&span.trace) || traces.get(&span.trace)?.contains(caller);
            is_there.then_some((*caller, MissingRole::Caller))
        };
        let whose = if span.kind.is_callee() { caller() } else { Some((span.service, MissingRole::Within)) };
        let Some(whose) = whose else {
            outside += 1;
            continue;
        };
        let group = groups.entry(whose).or_default();
        group.ids.insert((span.trace, id));
        group.traces.insert(span.trace);
        group.first.get_or_insert((span.source, span.at));
    }
    let rows = groups.into_iter().filter_map(|((service, role), group)| {
        let is_of = |(trace, services): &(&u128, &BTreeSet<StrId>)| {
            services.contains(&service) || group.traces.contains(trace)
        };
        Some(Missing {
            service: evidence.strings.get(service).to_owned(),
            role,
            spans: to_u64(group.ids.len()),
            traces: to_u64(group.traces.len()),
            traces_of_service: to_u64(traces.iter().filter(is_of).count()),
            kept: kept.get(&service).copied().unwrap_or(0),
            first: group.first?,
        })
    });
    let mut rows: Vec<Missing> = rows.collect();
    rows.order_by(|a, b| b.spans.cmp(&a.spans).then_with(|| (&a.service, a.role).cmp(&(&b.service, b.role))));
    (rows, outside)
}
