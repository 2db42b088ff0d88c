//! From nodes in the order of discovery to rows of boxes from left to right.

use super::call_tree::{CallTree, Nodes, TreeNames};
use super::nodes::KeyId;
use super::view::View;
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::index::Idx;
use crate::base::packed::{PackedI64, PackedU8, PackedU32};

/// The name of nodes that stand for others; no function has it.
const REST: &str = "(smaller)";

/// Where the nodes lie.
pub(super) struct Layout {
    /// The nodes by depth, then from left to right.
    order: Vec<u32>,
    /// The first place of each depth, and the number of places at the end.
    rows: Vec<u32>,
    /// Where each node starts, in the nodes' own order.
    pub(super) x: Vec<i64>,
    names: TreeNames,
    /// The row of each key in `names`.
    name_of: Vec<u32>,
}

impl Layout {
    /// Sorts the nodes by depth and siblings by width, and gives each its place.
    /// What a node costs itself is the room to the right of its last child.
    pub(super) fn new(view: &View<'_>, nodes: &Nodes) -> Self {
        let (names, name_of) = names(view, nodes);
        let children = Children::of(nodes, &names, &name_of);
        let mut order: Vec<u32> = vec![0];
        let is_fixed = !nodes.x.is_empty();
        let mut x = if is_fixed { nodes.x.clone() } else { vec![0_i64; nodes.key.len()] };
        let mut rows = vec![0];
        let mut row = 0;
        while row < order.len() {
            let end = order.len();
            rows.push(to_u32(end));
            for index in row..end {
                let node = id_to_usize(order[index]);
                let mut at = x[node];
                for &child in children.of_node(node) {
                    if !is_fixed {
                        x[id_to_usize(child)] = at;
                    }
                    at = at.saturating_add(nodes.width[id_to_usize(child)]);
                    order.push(child);
                }
            }
            row = end;
        }
        Self { order, rows, x, names, name_of }
    }
}

/// The nodes in their places, as the columns of a tree.
pub(super) fn lay_out(view: &View<'_>, nodes: &Nodes) -> CallTree {
    let Layout { order, rows, x, mut names, name_of } = Layout::new(view, nodes);
    let mut place = vec![0_u32; order.len()];
    for (index, &node) in (0..).zip(&order) {
        place[id_to_usize(node)] = index;
    }
    let column = |values: &[i64]| PackedI64(order.iter().map(|&node| values[id_to_usize(node)]).collect());
    let base = |values: &[i64]| if view.has_base() { column(values) } else { PackedI64::default() };
    let parent = |&node: &u32| place[id_to_usize(nodes.parent[id_to_usize(node)])];
    let is_any_merged = nodes.merged.iter().any(|&count| count > 0);
    let rest_name = to_u32(names.name.len());
    if is_any_merged {
        names.name.push(REST.to_owned());
        names.file.push(String::new());
    }
    let name = |&node: &u32| match nodes.merged[id_to_usize(node)] {
        0 => name_of[nodes.key[id_to_usize(node)].index()],
        _ => rest_name,
    };
    let merged = |&node: &u32| nodes.merged[id_to_usize(node)];
    CallTree {
        sample_type: view.sample_type().to_owned(),
        empty_default: view.empty_default().map(str::to_owned),
        unit: view.unit().to_owned(),
        view_total: view.total(),
        rows: PackedU32(rows),
        parent: PackedU32(order.iter().map(parent).collect()),
        name: PackedU32(order.iter().map(name).collect()),
        x: column(&x),
        width: column(&nodes.width),
        own: column(&nodes.own),
        total: column(&nodes.total),
        base_own: base(&nodes.base_own),
        base_total: base(&nodes.base_total),
        inlined: PackedU8(order.iter().map(|&node| u8::from(nodes.inlined[id_to_usize(node)])).collect()),
        merged: PackedU32(if is_any_merged { order.iter().map(merged).collect() } else { Vec::new() }),
        min_width: 0,
        in_time: false,
        names,
    }
}

/// The names of the keys that occur, and the row of each key among them.
fn names(view: &View<'_>, nodes: &Nodes) -> (TreeNames, Vec<u32>) {
    const NONE: u32 = u32::MAX;
    let mut row_of = vec![NONE; view.key_count()];
    let mut names = TreeNames::default();
    for &key in &nodes.key {
        let row = &mut row_of[key.index()];
        if *row == NONE {
            *row = to_u32(names.name.len());
            names.name.push(view.name(key));
            names.file.push(view.file(key).to_owned());
        }
    }
    (names, row_of)
}

/// The children of each node, widest first, then by name; last what stands for others.
struct Children {
    nodes: Vec<u32>,
    /// Where the children of node `i` end.
    ends: Vec<usize>,
}

impl Children {
    fn of(nodes: &Nodes, names: &TreeNames, name_of: &[u32]) -> Self {
        let count = nodes.key.len();
        let mut ends = vec![0_usize; count];
        for &parent in nodes.parent.iter().skip(1) {
            ends[id_to_usize(parent)] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut all = vec![0_u32; total];
        for (node, &parent) in (0_u32..).zip(&nodes.parent).skip(1) {
            let at = &mut ends[id_to_usize(parent)];
            all[*at] = node;
            *at += 1;
        }
        let mut children = Self { nodes: all, ends };
        let name = |key: KeyId| &names.name[id_to_usize(name_of[key.index()])];
        // In the order of time as they were discovered.
        let sorted = if nodes.x.is_empty() { count } else { 0 };
        for node in 0..sorted {
            children.of_node_mut(node).sort_by(|&a, &b| {
                let (a, b) = (id_to_usize(a), id_to_usize(b));
                (nodes.merged[a].cmp(&nodes.merged[b]))
                    .then_with(|| nodes.width[b].cmp(&nodes.width[a]))
                    .then_with(|| name(nodes.key[a]).cmp(name(nodes.key[b])))
                    .then(nodes.key[a].cmp(&nodes.key[b]))
            });
        }
        children
    }

    fn range(&self, node: usize) -> std::ops::Range<usize> {
        let begin = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        begin..self.ends[node]
    }

    fn of_node(&self, node: usize) -> &[u32] {
        &self.nodes[self.range(node)]
    }

    fn of_node_mut(&mut self, node: usize) -> &mut [u32] {
        let range = self.range(node);
        &mut self.nodes[range]
    }
}
