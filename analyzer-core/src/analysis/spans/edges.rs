//! Calls by caller and callee, and edges at which the callee starts a trace of its own.

use std::collections::{BTreeMap, HashSet};

use super::{Tree, is_client};
use crate::base::intern::{StrId, StringTable};
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceId};
use crate::evidence::Evidence;
use crate::evidence::spans::{Span, SpanKind};

/// Calls from one service to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Who calls.
    pub caller: String,
    /// Who is called: the service, or what the caller's spans state, or the name of the call.
    pub callee: String,
    /// The caller's spans.
    pub calls: u64,
    /// Those that have the callee's span.
    pub answered: u64,
    /// The first.
    pub first: (SourceId, Position),
}

/// An edge at which the trace's context does not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutEdge {
    /// Who calls.
    pub caller: String,
    /// Who starts traces of its own instead.
    pub callee: String,
    /// The caller's spans to it.
    pub calls: u64,
    /// Those without the callee's span.
    pub alone: u64,
    /// Those of them with one root of the callee's within their time, each root once.
    pub matched: u64,
    /// Roots of the callee.
    pub roots: u64,
    /// True if the caller's spans name the callee.
    pub is_named: bool,
    /// The first caller's span, and its root.
    pub examples: [(SourceId, Position); 2],
}

/// The callee's service of each caller's span that has one.
fn answers(tree: &Tree<'_>) -> BTreeMap<usize, StrId> {
    let of = |(caller, callee): (usize, usize)| Some((caller, tree.get(callee)?.service));
    tree.calls().filter_map(of).collect()
}

/// Every edge, most calls first.
pub(super) fn all(evidence: &Evidence, tree: &Tree<'_>) -> Vec<Edge> {
    let answers = answers(tree);
    let text = |id| evidence.strings.get(id);
    let mut edges: BTreeMap<(&str, &str), Edge> = BTreeMap::new();
    // Whom a call without an answer is to: what most answered calls of its name are to.
    let mut by_name: BTreeMap<(StrId, StrId), StrId> = BTreeMap::new();
    for (&caller, &callee) in &answers {
        if let Some(span) = tree.get(caller) {
            by_name.entry((span.service, span.name)).or_insert(callee);
        }
    }
    for (index, span) in tree.spans.iter().enumerate() {
        if !matches!(span.kind, SpanKind::Client | SpanKind::Producer) {
            continue;
        }
        let answer = answers.get(&index).copied();
        let stated = Some(span.peer).filter(|peer| *peer != StringTable::EMPTY);
        let callee = answer
            .or_else(|| by_name.get(&(span.service, span.name)).copied())
            .or(stated)
            .unwrap_or(span.name);
        let edge = edges.entry((text(span.service), text(callee))).or_insert_with(|| Edge {
            caller: text(span.service).to_owned(),
            callee: text(callee).to_owned(),
            calls: 0,
            answered: 0,
            first: (span.source, span.at),
        });
        edge.calls += 1;
        edge.answered += u64::from(answer.is_some());
    }
    let mut edges: Vec<Edge> = edges.into_values().collect();
    edges.order_by(|a, b| {
        b.calls.cmp(&a.calls).then_with(|| (&a.caller, &a.callee).cmp(&(&b.caller, &b.callee)))
    });
    edges
}

/// Calls from which an edge is judged.
pub const LEAST_CALLS: u64 = 20;
/// Share of them, in percent, that must have no callee, and of these that must have a root of the callee's in them.
pub const LEAST_PERCENT: u64 = 80;
/// How far outside of its caller's span a root may stand, in nanoseconds.
const SLACK: i64 = 2_000_000;
/// Roots looked at for one call.
const LOOKED_AT: usize = 32;

fn is_share(part: u64, whole: u64) -> bool {
    u128::from(part) * 100 >= u128::from(whole) * u128::from(LEAST_PERCENT)
}

/// Edges at which propagation is cut.
pub(super) fn cut(evidence: &Evidence, tree: &Tree<'_>) -> Vec<CutEdge> {
    let answers = answers(tree);
    let mut roots: BTreeMap<StrId, Vec<&Span>> = BTreeMap::new();
    for (index, span) in tree.spans.iter().enumerate() {
        if span.kind == SpanKind::Server && tree.is_root(index) {
            roots.entry(span.service).or_default().push(span);
        }
    }
    roots.values_mut().for_each(|roots| roots.order_by_key(|span| (span.start, span.trace, span.id)));
    // Calls of one service by whom they are to, or by name.
    let mut groups: BTreeMap<(StrId, StrId), Vec<(usize, &Span)>> = BTreeMap::new();
    for (index, span) in tree.spans.iter().enumerate().filter(|(_, span)| is_client(span)) {
        let whom = if span.peer == StringTable::EMPTY { span.name } else { span.peer };
        groups.entry((span.service, whom)).or_default().push((index, span));
    }
    let mut cuts = Vec::new();
    for ((caller, whom), calls) in groups {
        let all = crate::base::convert::to_u64(calls.len());
        let mut alone: Vec<&Span> =
            calls.iter().filter(|(index, _)| !answers.contains_key(index)).map(|(_, span)| *span).collect();
        let count = crate::base::convert::to_u64(alone.len());
        if count < LEAST_CALLS || !is_share(count, all) {
            continue;
        }
        alone.order_by_key(|span| (span.start, span.trace, span.id));
        let stated = alone.first().is_some_and(|span| span.peer != StringTable::EMPTY);
        let best = roots.iter().filter(|(service, _)| **service != caller).filter_map(|(service, roots)| {
            let (matched, examples) = matched(&alone, roots)?;
            let all_roots = crate::base::convert::to_u64(roots.len());
            let (name, whom) = (evidence.strings.get(*service), evidence.strings.get(whom));
            let is_named = stated && is_of(whom, name);
            // Without a name, that nearly each root stands in one call and nearly each call has one tells chance.
            let is_it = matched >= LEAST_CALLS
                && is_share(matched, count)
                && (is_named || is_share(matched, all_roots));
            is_it.then(|| CutEdge {
                caller: evidence.strings.get(caller).to_owned(),
                callee: name.to_owned(),
                calls: all,
                alone: count,
                matched,
                roots: all_roots,
                is_named,
                examples,
            })
        });
        cuts.extend(best.max_by(|a, b| {
            (a.is_named, a.matched).cmp(&(b.is_named, b.matched)).then_with(|| b.callee.cmp(&a.callee))
        }));
    }
    cuts.order_by(|a, b| {
        b.alone.cmp(&a.alone).then_with(|| (&a.caller, &a.callee).cmp(&(&b.caller, &b.callee)))
    });
    cuts
}

/// True if an address or a stated name is a service's: `pricing.shop.svc:8080` of `pricing`.
fn is_of(address: &str, service: &str) -> bool {
    let label = address.split(['.', ':', '/']).next().unwrap_or_default();
    !label.is_empty() && !service.is_empty() && (label.contains(service) || service.contains(label))
}

type Example = (SourceId, Position);

/// How many of the calls have a root of their own within their time, and the first such pair.
fn matched(calls: &[&Span], roots: &[&Span]) -> Option<(u64, [Example; 2])> {
    let mut used: HashSet<usize> = HashSet::new();
    let mut count = 0;
    let mut example = None;
    for call in calls {
        let from = roots.partition_point(|root| root.start < call.start.saturating_sub(SLACK));
        let within = roots.iter().enumerate().skip(from).take(LOOKED_AT).find(|(index, root)| {
            !used.contains(index) && root.start <= call.end && root.end <= call.end.saturating_add(SLACK)
        });
        if let Some((index, root)) = within {
            used.insert(index);
            count += 1;
            example.get_or_insert([(call.source, call.at), (root.source, root.at)]);
        }
    }
    Some((count, example?))
}
