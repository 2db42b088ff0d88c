//! pprof's call graph: functions as nodes, calls as edges, trimmed as pprof trims them.
//! Source: `newTrimmedGraph` of `internal/report`, `newGraph`, `SelectTopNodes`, `entropyScore` and
//! `RemoveRedundantEdges` of `internal/graph`. Labels have no boxes of their own, so that they take
//! no room from functions.

use std::cmp::Reverse;
use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::frames::FrameRef;
use super::nodes::KeyId;
use super::query::{Query, QueryError};
use super::view::View;
use crate::base::convert::{f64_to_i64, i64_to_f64, to_u32};
use crate::base::index::Idx;
use crate::base::limits;
use crate::base::order::StableOrder;
use crate::evidence::Evidence;

/// What is kept of a graph, by pprof's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trim {
    /// Most nodes (`-nodecount`).
    pub node_count: u32,
    /// Least cum of a node, in millionths of the total (`-nodefraction`).
    pub node_parts: u32,
    /// Least weight of an edge, in millionths of the total (`-edgefraction`).
    pub edge_parts: u32,
}

impl Default for Trim {
    fn default() -> Self {
        Self { node_count: 80, node_parts: 5_000, edge_parts: 1_000 }
    }
}

/// A call graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallGraph {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// The nodes, in pprof's order: what says most first.
    pub nodes: Vec<GraphNode>,
    /// The edges, by caller, then the heaviest first.
    pub edges: Vec<GraphEdge>,
    /// Nodes below the least cum.
    pub dropped_nodes: u32,
    /// Nodes beyond the count.
    pub more_nodes: u32,
    /// Edges below the least weight.
    pub dropped_edges: u32,
    /// Edges beyond [`limits::CALL_GRAPH_EDGES`].
    pub more_edges: u32,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphNode {
    /// Its name, as pprof prints it.
    pub name: String,
    /// A source file that has it; empty if unknown.
    pub file: String,
    /// What it costs itself.
    pub flat: i64,
    /// What it costs with all it calls.
    pub cum: i64,
}

/// An edge. Each stack counts once for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphEdge {
    /// The calling node, as its place in the list.
    pub caller: u32,
    /// The called node.
    pub callee: u32,
    /// The stacks that have the call.
    pub weight: i64,
    /// True if all the calls were inlined.
    pub is_inlined: bool,
    /// True if nodes between the two are not shown.
    pub is_residual: bool,
}

/// The call graph of a profile.
/// # Errors
/// As for [`View::new`].
pub fn call_graph(evidence: &Evidence, query: &Query, trim: Trim) -> Result<CallGraph, QueryError> {
    let view = View::new(evidence, query)?;
    let whole = Graph::new(&view, None);
    let sum = whole.order.iter().fold(0_i64, |sum, &key| sum.saturating_add(whole.flat(key)));
    let (node_cutoff, edge_cutoff) = (cutoff(sum, trim.node_parts), cutoff(sum, trim.edge_parts));
    let frequent: Vec<KeyId> =
        whole.order.iter().copied().filter(|&key| whole.cum(key).unsigned_abs() >= node_cutoff).collect();
    let dropped_nodes = whole.order.len() - frequent.len();
    let mut graph = if dropped_nodes > 0 { Graph::new(&view, Some(&frequent)) } else { whole };
    let before = graph.order.len();
    graph.sort(&view);
    graph.drop_light_edges(edge_cutoff);
    let most = usize::try_from(trim.node_count).unwrap_or(usize::MAX).max(1);
    if before > most {
        let kept: Vec<KeyId> = graph.order.iter().copied().take(most).collect();
        graph = Graph::new(&view, Some(&kept));
    } else {
        graph = Graph::new(&view, Some(&graph.order));
    }
    graph.sort(&view);
    let more_nodes = before - graph.order.len().min(before);
    let dropped_edges = graph.drop_light_edges(edge_cutoff);
    graph.drop_redundant_edges(&view);
    let more_edges = graph.keep_heaviest_edges(limits::CALL_GRAPH_EDGES);
    Ok(CallGraph {
        dropped_nodes: to_u32(dropped_nodes),
        more_nodes: to_u32(more_nodes),
        dropped_edges: to_u32(dropped_edges),
        more_edges: to_u32(more_edges),
        ..graph.finish(&view)
    })
}

/// `int64(float64(total) * fraction)`, without its sign.
fn cutoff(total: i64, parts: u32) -> u64 {
    let exact = u128::from(total.unsigned_abs()) * u128::from(parts) / 1_000_000;
    u64::try_from(exact).unwrap_or(u64::MAX)
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    weight: i64,
    is_inlined: bool,
    is_residual: bool,
    /// The last stack that had it.
    stack: u32,
}

type Edges = HashMap<(KeyId, KeyId), Edge, FxBuildHasher>;

/// A graph while it is trimmed.
struct Graph {
    /// By node.
    flat: Vec<i64>,
    cum: Vec<i64>,
    /// By node: true if it is shown.
    is_kept: Vec<bool>,
    edges: Edges,
    /// The nodes that come to something.
    order: Vec<KeyId>,
}

/// What walking a stack remembers.
#[derive(Default)]
struct Walk {
    parent: Option<KeyId>,
    is_residual: bool,
    /// A stack's inlined frames follow the frame that has their code.
    stack: u32,
}

impl Graph {
    fn new(view: &View<'_>, kept: Option<&[KeyId]>) -> Self {
        let count = view.key_count();
        let mut is_kept = vec![kept.is_none(); count];
        for key in kept.unwrap_or_default() {
            is_kept[key.index()] = true;
        }
        let mut graph = Self {
            flat: vec![0; count],
            cum: vec![0; count],
            is_kept,
            edges: Edges::default(),
            order: Vec::new(),
        };
        let mut seen = vec![0_u32; count];
        let mut walk = Walk::default();
        for side in &view.sides {
            for row in &side.rows {
                walk = Walk { stack: walk.stack + 1, ..Walk::default() };
                side.walk(row, |frame| graph.frame(&mut walk, &mut seen, frame, row.weight));
                if let Some(leaf) = walk.parent.filter(|_| !walk.is_residual) {
                    let flat = &mut graph.flat[leaf.index()];
                    *flat = flat.saturating_add(row.weight);
                }
            }
        }
        graph.order = view.keys.ids().filter(|&key| graph.flat(key) != 0 || graph.cum(key) != 0).collect();
        graph
    }

    fn frame(&mut self, walk: &mut Walk, seen: &mut [u32], frame: FrameRef, weight: i64) {
        let key = frame.key();
        if !self.is_kept[key.index()] {
            walk.is_residual = true;
            return;
        }
        if std::mem::replace(&mut seen[key.index()], walk.stack) != walk.stack {
            let cum = &mut self.cum[key.index()];
            *cum = cum.saturating_add(weight);
        }
        if let Some(parent) = walk.parent.filter(|&parent| parent != key) {
            let new = Edge { weight: 0, is_inlined: true, is_residual: false, stack: 0 };
            let edge = self.edges.entry((parent, key)).or_insert(new);
            if std::mem::replace(&mut edge.stack, walk.stack) != walk.stack {
                edge.weight = edge.weight.saturating_add(weight);
                edge.is_residual |= walk.is_residual;
                edge.is_inlined &= frame.is_inlined();
            }
        }
        walk.parent = Some(key);
        walk.is_residual = false;
    }

    fn flat(&self, key: KeyId) -> i64 {
        self.flat[key.index()]
    }

    fn cum(&self, key: KeyId) -> i64 {
        self.cum[key.index()]
    }

    /// Sorts nodes by what they say of the graph: the more ways lead in and out, the more.
    fn sort(&mut self, view: &View<'_>) {
        let scores = self.scores();
        let mut rows: Vec<(i64, KeyId, String)> =
            self.order.iter().map(|&key| (scores[key.index()], key, view.name(key))).collect();
        rows.order_by(|(score_a, key_a, name_a), (score_b, key_b, name_b)| {
            let amounts = |key: KeyId| Reverse((self.cum(key).unsigned_abs(), self.flat(key).unsigned_abs()));
            Reverse(score_a.unsigned_abs())
                .cmp(&Reverse(score_b.unsigned_abs()))
                .then_with(|| name_a.cmp(name_b))
                .then_with(|| amounts(*key_a).cmp(&amounts(*key_b)))
                .then(key_a.cmp(key_b))
        });
        self.order = rows.into_iter().map(|(_, key, _)| key).collect();
    }

    /// `entropyScore` of each node.
    fn scores(&self) -> Vec<i64> {
        let count = self.flat.len();
        let (mut into, mut out) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut edges: Vec<_> = self.edges.iter().collect();
        edges.sort_unstable_by_key(|(ends, _)| **ends);
        for (&(caller, callee), edge) in edges {
            out[caller.index()].push(edge.weight);
            into[callee.index()].push(edge.weight);
        }
        let mut scores = vec![0; count];
        for &key in &self.order {
            let at = key.index();
            let side = |edges: &[i64], own: i64| if edges.is_empty() { 1.0 } else { entropy(edges, own) };
            let score = side(&into[at], 0) + side(&out[at], self.flat[at]);
            scores[at] = f64_to_i64(score * i64_to_f64(self.cum[at])).saturating_add(self.flat[at]);
        }
        scores
    }

    /// Removes edges below a weight; gives how many.
    fn drop_light_edges(&mut self, cutoff: u64) -> usize {
        let before = self.edges.len();
        self.edges.retain(|_, edge| edge.weight.unsigned_abs() >= cutoff);
        before - self.edges.len()
    }

    /// Keeps so many edges, the heaviest, then by their ends; gives how many it removes.
    fn keep_heaviest_edges(&mut self, most: usize) -> usize {
        let more = self.edges.len().saturating_sub(most);
        if more > 0 {
            let mut ends: Vec<_> =
                self.edges.iter().map(|(&ends, edge)| (Reverse(edge.weight.unsigned_abs()), ends)).collect();
            ends.sort_unstable();
            for (_, ends) in ends.drain(most..) {
                self.edges.remove(&ends);
            }
        }
        more
    }

    /// Removes residual edges between nodes that others lead to as well, the lightest first.
    fn drop_redundant_edges(&mut self, view: &View<'_>) {
        let mut place = vec![usize::MAX; self.flat.len()];
        for (at, key) in self.order.iter().enumerate() {
            place[key.index()] = at;
        }
        let names: Vec<String> = self.order.iter().map(|&key| view.name(key)).collect();
        // Lightest first; of one weight, pprof takes the last name first.
        let mut into: Vec<Vec<(u64, Reverse<&str>, usize)>> = vec![Vec::new(); self.order.len()];
        let mut callees: Vec<Vec<usize>> = vec![Vec::new(); self.order.len()];
        for (&(caller, callee), edge) in &self.edges {
            let from = place[caller.index()];
            into[place[callee.index()]].push((
                edge.weight.unsigned_abs(),
                Reverse(names[from].as_str()),
                from,
            ));
            callees[from].push(place[callee.index()]);
        }
        for callee in (0..self.order.len()).rev() {
            let key = self.order[callee];
            let mut edges = std::mem::take(&mut into[callee]);
            edges.sort_unstable();
            for (_, _, caller) in edges {
                let caller_key = self.order[caller];
                if self.edges.get(&(caller_key, key)).is_none_or(|edge| !edge.is_residual) {
                    break;
                }
                if reaches(&callees, caller, callee) {
                    self.edges.remove(&(caller_key, key));
                    callees[caller].retain(|&other| other != callee);
                }
            }
        }
    }

    fn finish(self, view: &View<'_>) -> CallGraph {
        let mut place = vec![0_u32; self.flat.len()];
        for (at, key) in (0..).zip(&self.order) {
            place[key.index()] = at;
        }
        let mut edges: Vec<GraphEdge> = self
            .edges
            .iter()
            .map(|(&(caller, callee), edge)| GraphEdge {
                caller: place[caller.index()],
                callee: place[callee.index()],
                weight: edge.weight,
                is_inlined: edge.is_inlined,
                is_residual: edge.is_residual,
            })
            .collect();
        edges.order_by_key(|edge| (edge.caller, Reverse(edge.weight.unsigned_abs()), edge.callee));
        let node = |&key: &KeyId| GraphNode {
            name: view.name(key),
            file: view.file(key).to_owned(),
            flat: self.flat(key),
            cum: self.cum(key),
        };
        CallGraph {
            sample_type: view.sample_type().to_owned(),
            unit: view.unit().to_owned(),
            total: view.total(),
            nodes: self.order.iter().map(node).collect(),
            edges,
            ..CallGraph::default()
        }
    }
}

/// True if a way leads from one node to another that is not the edge between them.
fn reaches(callees: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; callees.len()];
    let mut pending: Vec<usize> = callees[from].iter().copied().filter(|&next| next != to).collect();
    while let Some(at) = pending.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            pending.extend(&callees[at]);
        }
    }
    false
}

/// `edgeEntropyScore`: how evenly the weight is spread.
fn entropy(edges: &[i64], own: i64) -> f64 {
    let positive =
        edges.iter().filter(|&&weight| weight > 0).fold(own, |sum, &weight| sum.saturating_add(weight));
    if positive == 0 {
        return 0.0;
    }
    let part = |value: i64| {
        let share = i64_to_f64(value.saturating_abs()) / i64_to_f64(positive);
        if share == 0.0 { 0.0 } else { -share * share.log2() }
    };
    let of_edges: f64 = edges.iter().map(|&weight| part(weight)).sum();
    of_edges + if own > 0 { part(own) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_edges_the_heaviest_are_kept_and_the_others_counted() {
        let edge = |caller: usize, callee: usize, weight: i64| {
            let edge = Edge { weight, is_inlined: false, is_residual: false, stack: 0 };
            ((KeyId::from_usize(caller), KeyId::from_usize(callee)), edge)
        };
        let mut graph = Graph {
            flat: Vec::new(),
            cum: Vec::new(),
            is_kept: Vec::new(),
            edges: [edge(0, 1, 5), edge(2, 1, 7), edge(1, 3, 5), edge(1, 2, 5), edge(0, 2, -9)]
                .into_iter()
                .collect(),
            order: Vec::new(),
        };
        assert_eq!(graph.keep_heaviest_edges(5), 0);
        assert_eq!(graph.keep_heaviest_edges(4), 1);
        let mut kept: Vec<(usize, usize)> =
            graph.edges.keys().map(|(caller, callee)| (caller.index(), callee.index())).collect();
        kept.sort_unstable();
        // A fall weighs as much as a rise; of one weight, the first ends stay.
        assert_eq!(kept, [(0, 1), (0, 2), (1, 2), (2, 1)]);
    }
}
