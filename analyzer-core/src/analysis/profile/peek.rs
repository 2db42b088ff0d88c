//! pprof's `-peek`: who calls a node and whom it calls, with amounts.
//! Source: `newGraph` of `internal/graph`, `printTree` of `internal/report`.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::frames::FrameRef;
use super::go_regex::compile;
use super::nodes::KeyId;
use super::query::QueryError;
use super::top::Top;
use super::view::View;
use crate::base::convert::id_to_usize;
use crate::base::index::Idx;
use crate::base::order::StableOrder;
use crate::base::packed::{PackedI64, PackedU8};

/// Which nodes to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nodes {
    /// Those of exactly this name.
    Named(String),
    /// Those whose name matches this regular expression.
    Matching(String),
}

/// Nodes with their direct callers and callees, in the order of the top table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Peek {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// The nodes.
    pub nodes: Vec<PeekNode>,
}

/// A node among its neighbors.
///
/// Each stack counts once for a neighbor, however often the call recurs in it;
/// a node's calls of itself are in `recursive` alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeekNode {
    /// Its name, as pprof prints it.
    pub name: String,
    /// A source file that has it; empty if unknown.
    pub file: String,
    /// What it costs itself.
    pub flat: i64,
    /// What it costs with all it calls.
    pub cum: i64,
    /// With a base: its flat and cum there.
    pub base: Option<(i64, i64)>,
    /// The stacks that start with it: no caller is known.
    pub without_caller: i64,
    /// The stacks in which it calls itself directly.
    pub recursive: i64,
    /// Who calls it.
    pub callers: Calls,
    /// Whom it calls.
    pub callees: Calls,
}

/// Calls between a node and its neighbors on one side as columns, the largest amounts first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// The neighbor's name.
    pub name: Vec<String>,
    /// A source file that has it; empty if unknown.
    pub file: Vec<String>,
    /// The stacks that have the call.
    pub amount: PackedI64,
    /// With a base: its part as a positive number. Else empty.
    pub base: PackedI64,
    /// 1 if all the calls were inlined.
    pub inlined: PackedU8,
}

/// Looks up the neighbors of nodes. `top` is the same view's table.
/// # Errors
/// `BadFilter` if the nodes are asked for by what is no expression.
pub fn peek(view: &View<'_>, top: &Top, nodes: &Nodes) -> Result<Peek, QueryError> {
    let rows = rows(top, nodes)?;
    let mut edges = Edges::new(view, rows.iter().map(|&row| KeyId(top.key.0[row])));
    for side in &view.sides {
        for row in &side.rows {
            edges.start_stack(row.weight, side.column.is_base);
            side.walk(row, |frame| edges.frame(frame));
        }
    }
    let mut neighbors = edges.by_node();
    let nodes = rows
        .into_iter()
        .zip(0..)
        .map(|(row, at)| {
            node(view, top, row, at, &edges, neighbors.get_mut(at).map(std::mem::take).unwrap_or_default())
        })
        .collect();
    Ok(Peek {
        sample_type: view.sample_type().to_owned(),
        unit: view.unit().to_owned(),
        total: view.total(),
        nodes,
    })
}

/// The rows of the nodes in the table.
fn rows(top: &Top, nodes: &Nodes) -> Result<Vec<usize>, QueryError> {
    let matching = |is_match: &dyn Fn(&str) -> bool| {
        top.name.iter().enumerate().filter(|(_, name)| is_match(name)).map(|(row, _)| row).collect()
    };
    Ok(match nodes {
        Nodes::Named(wanted) => matching(&|name| name == wanted),
        Nodes::Matching(pattern) => {
            let regex = compile("peek", pattern)?;
            matching(&|name| regex.is_match(name))
        }
    })
}

/// The `at`th of the wanted nodes, which has this row in the table.
fn node(
    view: &View<'_>,
    top: &Top,
    row: usize,
    at: usize,
    edges: &Edges,
    neighbors: Neighbors<'_>,
) -> PeekNode {
    PeekNode {
        name: top.name[row].clone(),
        file: top.file[row].clone(),
        flat: top.flat.0[row],
        cum: top.cum.0[row],
        base: top.base_flat.0.get(row).copied().zip(top.base_cum.0.get(row).copied()),
        without_caller: edges.without_caller[at],
        recursive: edges.recursive[at],
        callers: calls(view, neighbors.callers),
        callees: calls(view, neighbors.callees),
    }
}

/// The calls of one node, by neighbor.
#[derive(Clone, Debug, Default)]
struct Neighbors<'e> {
    callers: Vec<(KeyId, &'e Edge)>,
    callees: Vec<(KeyId, &'e Edge)>,
}

fn calls(view: &View<'_>, neighbors: Vec<(KeyId, &Edge)>) -> Calls {
    let mut rows: Vec<_> = neighbors.into_iter().map(|(key, edge)| (key, view.name(key), edge)).collect();
    rows.order_by(|(key_a, name_a, a), (key_b, name_b, b)| {
        let amount = |edge: &Edge| std::cmp::Reverse(edge.amount.unsigned_abs());
        amount(a).cmp(&amount(b)).then_with(|| name_a.cmp(name_b)).then_with(|| key_a.cmp(key_b))
    });
    Calls {
        file: rows.iter().map(|(key, ..)| view.file(*key).to_owned()).collect(),
        amount: PackedI64(rows.iter().map(|(.., edge)| edge.amount).collect()),
        base: PackedI64(if view.has_base() {
            rows.iter().map(|(.., edge)| edge.base).collect()
        } else {
            Vec::new()
        }),
        inlined: PackedU8(rows.iter().map(|(.., edge)| u8::from(edge.is_inlined)).collect()),
        name: rows.into_iter().map(|(_, name, _)| name).collect(),
    }
}

/// The calls from one node to another.
#[derive(Clone, Copy, Debug)]
struct Edge {
    amount: i64,
    base: i64,
    is_inlined: bool,
    /// The last stack that had it.
    stack: u32,
}

/// The edges of the wanted nodes while stacks are walked.
struct Edges {
    /// By node: its row among the wanted ones, or [`Self::NONE`].
    row_of: Vec<u32>,
    all: HashMap<(KeyId, KeyId), Edge, FxBuildHasher>,
    /// By wanted node.
    without_caller: Vec<i64>,
    recursive: Vec<i64>,
    /// The last stack in which a wanted node called itself.
    recursed_in: Vec<u32>,
    stack: u32,
    weight: i64,
    is_base: bool,
    caller: Option<KeyId>,
}

impl Edges {
    const NONE: u32 = u32::MAX;

    fn new(view: &View<'_>, wanted: impl Iterator<Item = KeyId>) -> Self {
        let mut row_of = vec![Self::NONE; view.key_count()];
        let mut count = 0;
        for (row, key) in (0..).zip(wanted) {
            row_of[key.index()] = row;
            count += 1;
        }
        Self {
            row_of,
            all: HashMap::default(),
            without_caller: vec![0; count],
            recursive: vec![0; count],
            recursed_in: vec![0; count],
            stack: 0,
            weight: 0,
            is_base: false,
            caller: None,
        }
    }

    /// Every edge at its wanted ends, in the order of the wanted nodes.
    fn by_node(&self) -> Vec<Neighbors<'_>> {
        let mut by_node = vec![Neighbors::default(); self.recursive.len()];
        let at = |key: KeyId| {
            let row = self.row_of.get(key.index()).copied().unwrap_or(Self::NONE);
            (row != Self::NONE).then(|| id_to_usize(row))
        };
        for (&(caller, callee), edge) in &self.all {
            if let Some(node) = at(callee).and_then(|at| by_node.get_mut(at)) {
                node.callers.push((caller, edge));
            }
            if let Some(node) = at(caller).and_then(|at| by_node.get_mut(at)) {
                node.callees.push((callee, edge));
            }
        }
        by_node
    }

    fn start_stack(&mut self, weight: i64, is_base: bool) {
        self.stack += 1;
        self.weight = weight;
        self.is_base = is_base;
        self.caller = None;
    }

    fn frame(&mut self, frame: FrameRef) {
        let key = frame.key();
        let row = self.row_of[key.index()];
        match self.caller.replace(key) {
            None if row != Self::NONE => {
                let sum = &mut self.without_caller[id_to_usize(row)];
                *sum = sum.saturating_add(self.weight);
            }
            Some(caller) if caller == key && row != Self::NONE => {
                let at = id_to_usize(row);
                if std::mem::replace(&mut self.recursed_in[at], self.stack) != self.stack {
                    self.recursive[at] = self.recursive[at].saturating_add(self.weight);
                }
            }
            Some(caller) if caller != key && self.is_wanted(caller, key) => {
                self.call(caller, key, frame.is_inlined());
            }
            _ => {}
        }
    }

    fn is_wanted(&self, caller: KeyId, callee: KeyId) -> bool {
        [caller, callee].iter().any(|key| self.row_of[key.index()] != Self::NONE)
    }

    fn call(&mut self, caller: KeyId, callee: KeyId, is_inlined: bool) {
        let edge = self.all.entry((caller, callee)).or_insert(Edge {
            amount: 0,
            base: 0,
            is_inlined: true,
            stack: 0,
        });
        if edge.stack == self.stack {
            return;
        }
        edge.stack = self.stack;
        edge.is_inlined &= is_inlined;
        edge.amount = edge.amount.saturating_add(self.weight);
        if self.is_base {
            edge.base = edge.base.saturating_sub(self.weight);
        }
    }
}
