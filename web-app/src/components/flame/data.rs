//! A laid-out call tree with colors, and how one moves in it.

use std::cell::OnceCell;
use std::ops::Range;

use analyzer_core::base::convert::{i64_to_f64, id_to_usize, to_u32};
use analyzer_core::session::{CallTree, Viewport, question};

use super::geometry::Nodes;
use super::{amount, palette};
use crate::number_format::percent;
use crate::state::Shared;

/// How boxes are colored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coloring {
    /// By package.
    #[default]
    Package,
    /// By module.
    Module,
    /// By what a node costs itself.
    Value,
    /// By how much changed of what was there; of a comparison.
    Change,
    /// By how much changed of all that changed; of a comparison.
    ChangeInAll,
}

impl Coloring {
    /// True if a comparison is colored.
    pub fn is_of_changes(self) -> bool {
        matches!(self, Self::Change | Self::ChangeInAll)
    }
}

/// A call tree as it came from the engine, and a color for each of its names.
#[derive(Debug)]
pub struct FlameGraph {
    tree: Shared<CallTree>,
    colors: Vec<u8>,
    /// A color for each node, where names do not tell it.
    node_colors: Option<Vec<u8>>,
    coloring: Coloring,
    own_modules: Vec<String>,
    root: &'static str,
    /// What was asked for, but for the viewport.
    pub(super) question: Option<question::Tree>,
    pub(super) viewport: Option<Viewport>,
    /// See [`FlameGraph::id_of`].
    pub(super) ids: OnceCell<Vec<u64>>,
}

impl FlameGraph {
    /// The graph of a call tree.
    pub fn new(tree: Shared<CallTree>, coloring: Coloring, own_modules: Vec<String>) -> Self {
        let color = |name: &String| match coloring {
            Coloring::Module => palette::of_module(name, &own_modules),
            _ => palette::of_function(name, &own_modules),
        };
        let mut colors: Vec<u8> = tree.names.name.iter().map(color).collect();
        if let Some(root) = tree.name.0.first().and_then(|&name| colors.get_mut(id_to_usize(name))) {
            *root = palette::root();
        }
        Self {
            colors,
            node_colors: None,
            coloring,
            own_modules,
            tree,
            root: "all stacks",
            question: None,
            viewport: None,
            ids: OnceCell::new(),
        }
    }

    /// The same graph with another name on its root.
    #[must_use]
    pub fn with_root(self, root: &'static str) -> Self {
        Self { root, ..self }
    }

    /// The same graph, colored node by node.
    #[must_use]
    pub fn with_node_colors(self, colors: Vec<u8>) -> Self {
        Self { node_colors: Some(colors), ..self }
    }

    /// The tree.
    pub fn tree(&self) -> &CallTree {
        &self.tree
    }

    /// The program's own modules.
    pub fn own_modules(&self) -> &[String] {
        &self.own_modules
    }

    /// The columns that geometry needs.
    pub fn nodes(&self) -> Nodes<'_> {
        let tree = self.tree();
        Nodes { rows: &tree.rows.0, x: &tree.x.0, width: &tree.width.0, merged: &tree.merged.0 }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.tree().x.0.len()
    }

    /// True if nothing is in the root.
    pub fn is_empty(&self) -> bool {
        self.span() <= 0
    }

    /// Room that the root takes.
    pub fn span(&self) -> i64 {
        self.tree().width.0.first().copied().unwrap_or(0)
    }

    /// What percentages are of.
    pub fn whole(&self) -> i64 {
        self.tree().view_total
    }

    /// The index of a node's name.
    pub fn frame_of(&self, node: u32) -> u32 {
        self.tree().name.0.get(id_to_usize(node)).copied().unwrap_or(u32::MAX)
    }

    /// The name of a node.
    pub fn name_of(&self, node: u32) -> &str {
        self.tree().names.name.get(id_to_usize(self.frame_of(node))).map(String::as_str).unwrap_or_default()
    }

    /// A source file of a node; empty if unknown.
    pub fn file_of(&self, node: u32) -> &str {
        self.tree().names.file.get(id_to_usize(self.frame_of(node))).map(String::as_str).unwrap_or_default()
    }

    /// What the node costs with all it calls.
    pub fn total(&self, node: u32) -> i64 {
        self.tree().total.0.get(id_to_usize(node)).copied().unwrap_or(0)
    }

    /// What the node costs itself.
    pub fn own(&self, node: u32) -> i64 {
        self.tree().own.0.get(id_to_usize(node)).copied().unwrap_or(0)
    }

    /// In a comparison, what the node cost before and costs now, with all it calls.
    pub fn change(&self, node: u32) -> Option<(i64, i64)> {
        let before = *self.tree().base_total.0.get(id_to_usize(node))?;
        Some((before, before.saturating_add(self.total(node))))
    }

    /// How the boxes are colored.
    pub fn coloring(&self) -> Coloring {
        self.coloring
    }

    /// True if two profiles are compared.
    pub fn is_comparison(&self) -> bool {
        !self.tree().base_total.0.is_empty()
    }

    /// The color of a node: its own where it has one, else as the graph is colored.
    pub fn color_of(&self, node: u32) -> u8 {
        if let Some(colors) = &self.node_colors {
            return colors.get(id_to_usize(node)).copied().unwrap_or(palette::root());
        }
        let change = || self.change(node);
        let color = match self.coloring {
            _ if node == 0 => None,
            Coloring::Package | Coloring::Module => None,
            Coloring::Value => Some(palette::of_value(self.own(node), self.whole())),
            Coloring::Change => change().map(|(before, after)| palette::of_change(before, after)),
            Coloring::ChangeInAll => Some(palette::of_change_in_all(self.total(node), self.span())),
        };
        color.unwrap_or_else(|| {
            self.colors.get(id_to_usize(self.frame_of(node))).copied().unwrap_or(palette::root())
        })
    }

    /// What is written on a node's box: its name, of the root what it stands for.
    pub fn caption_of(&self, node: u32) -> &str {
        if node == 0 { self.root } else { self.name_of(node) }
    }

    /// The direction of a node's change in a comparison, to stand before its name; else empty.
    pub fn sign_of(&self, node: u32) -> &'static str {
        match self.total(node).signum() {
            _ if !self.is_comparison() => "",
            1 => "+ ",
            -1 => "\u{2212} ",
            _ => "= ",
        }
    }

    /// The amount on a node's box: `12.3 MiB, 45.1%`, of a comparison `+1.2 MiB, +9.9%`.
    pub fn amount_of(&self, node: u32) -> String {
        let (unit, total) = (&self.tree().unit, self.total(node));
        match self.change(node) {
            Some((before, after)) => {
                let share = amount::change_percent(before, after);
                format!("{}{}{share}", amount::signed(total, unit), if share.is_empty() { "" } else { ", " })
            }
            None => format!("{}, {}", amount::short(total, unit), percent(total, self.whole())),
        }
    }

    /// True if the compiler inlined all its calls into the caller.
    pub fn is_inlined(&self, node: u32) -> bool {
        self.tree().inlined.0.get(id_to_usize(node)) == Some(&1)
    }

    /// The range of values that a node takes.
    pub fn range_of(&self, node: u32) -> Option<(f64, f64)> {
        let nodes = self.nodes();
        let (&x, &width) = (nodes.x.get(id_to_usize(node))?, nodes.width.get(id_to_usize(node))?);
        Some((i64_to_f64(x), i64_to_f64(x.saturating_add(width))))
    }

    /// The caller; `None` for the root.
    pub fn parent(&self, node: u32) -> Option<u32> {
        self.tree().parent.0.get(id_to_usize(node)).copied().filter(|_| node != 0)
    }

    /// The node and its callers, the root first.
    pub fn path(&self, node: u32) -> Vec<u32> {
        let mut path = vec![node];
        let mut next = self.parent(node);
        while let Some(parent) = next {
            path.push(parent);
            next = self.parent(parent);
        }
        path.reverse();
        path
    }

    /// How far a node is from the root.
    pub fn depth(&self, node: u32) -> usize {
        self.nodes().depth_of(id_to_usize(node))
    }

    /// What a node calls, the largest first. Children of one node stand side by side.
    pub fn children(&self, node: u32) -> Range<u32> {
        let row = self.nodes().row(self.depth(node) + 1);
        let parents = self.tree().parent.0.get(row.clone()).unwrap_or_default();
        let first = parents.partition_point(|&parent| parent < node);
        let end = parents.partition_point(|&parent| parent <= node);
        to_u32(row.start + first)..to_u32(row.start + end)
    }

    /// The node to go to with an arrow key.
    pub fn neighbor(&self, node: u32, to: Step) -> Option<u32> {
        let siblings = || Some(self.children(self.parent(node)?));
        let next = match to {
            Step::Caller => self.parent(node),
            Step::Callee => Some(self.children(node)).filter(|range| !range.is_empty()).map(|r| r.start),
            Step::Previous => node.checked_sub(1).filter(|n| siblings().is_some_and(|s| s.contains(n))),
            Step::Next => Some(node + 1).filter(|n| siblings().is_some_and(|s| s.contains(n))),
        };
        next.filter(|&node| self.merged(node) == 0)
    }

    /// The first node of a name: the one nearest to the root.
    pub fn node_named(&self, name: &str) -> Option<u32> {
        let tree = self.tree();
        let frame = to_u32(tree.names.name.iter().position(|known| known == name)?);
        tree.name.0.iter().position(|&known| known == frame).map(to_u32)
    }

    /// Nodes of frames that match, and their value, none counted within another one.
    pub fn matched(&self, matches: &[bool]) -> Matched {
        let tree = self.tree();
        let mut is_covered = vec![false; self.len()];
        let mut matched = Matched::default();
        for node in 1..self.len() {
            let parent = id_to_usize(tree.parent.0[node]);
            let is_match = matches.get(id_to_usize(tree.name.0[node])) == Some(&true);
            if is_match {
                matched.nodes += 1;
                if !is_covered[parent] {
                    matched.total = matched.total.saturating_add(tree.total.0[node]);
                }
            }
            is_covered[node] = is_match || is_covered[parent];
        }
        matched
    }

    /// The next node of a frame that matches, from the left and the root on, or
    /// the one before; around the ends.
    pub fn next_match(&self, matches: &[bool], from: Option<u32>, forward: bool) -> Option<u32> {
        let names = &self.tree().name.0;
        let is_match = |node: &usize| matches.get(id_to_usize(names[*node])) == Some(&true);
        let start = from.map(id_to_usize);
        let count = names.len();
        let found = if forward {
            let first = start.map_or(0, |node| node + 1).min(count);
            (first..count).find(is_match).or_else(|| (0..first).find(is_match))
        } else {
            let end = start.unwrap_or(count).min(count);
            (0..end).rev().find(is_match).or_else(|| (end..count).rev().find(is_match))
        };
        found.map(to_u32)
    }
}

/// What a search found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// How many nodes.
    pub nodes: usize,
    /// Their value.
    pub total: i64,
}

/// Where an arrow key leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the caller.
    Caller,
    /// To the largest callee.
    Callee,
    /// To the next larger sibling.
    Previous,
    /// To the next smaller sibling.
    Next,
}

#[cfg(test)]
pub(super) mod tests {
    use analyzer_core::base::packed::{PackedI64, PackedU32};
    use analyzer_core::session::TreeNames;

    use super::*;

    /// ```text
    /// root 100
    /// a 60          b 40
    /// c 30  a 20    c 40
    /// ```
    pub fn sample() -> FlameGraph {
        let names = ["root", "main.a", "main.b", "runtime.c"];
        let tree = CallTree {
            view_total: 100,
            rows: PackedU32(vec![0, 1, 3, 6]),
            parent: PackedU32(vec![0, 0, 0, 1, 1, 2]),
            name: PackedU32(vec![0, 1, 2, 3, 1, 3]),
            x: PackedI64(vec![0, 0, 60, 0, 30, 60]),
            width: PackedI64(vec![100, 60, 40, 30, 20, 40]),
            own: PackedI64(vec![0, 10, 0, 30, 20, 40]),
            total: PackedI64(vec![100, 60, 40, 30, 20, 40]),
            names: TreeNames {
                name: names.map(str::to_owned).to_vec(),
                file: vec![String::new(); names.len()],
            },
            ..CallTree::default()
        };
        FlameGraph::new(Shared::new(tree), Coloring::Package, Vec::new())
    }

    #[test]
    fn callers_and_callees_are_found() {
        let graph = sample();
        assert_eq!(graph.parent(5), Some(2));
        assert_eq!(graph.parent(0), None);
        assert_eq!(graph.path(4), [0, 1, 4]);
        assert_eq!(graph.children(0), 1..3);
        assert_eq!(graph.children(1), 3..5);
        assert_eq!(graph.children(2), 5..6);
        assert!(graph.children(5).is_empty());
        assert_eq!(graph.node_named("runtime.c"), Some(3));
    }

    #[test]
    fn arrow_keys_stay_within_the_caller() {
        let graph = sample();
        assert_eq!(graph.neighbor(3, Step::Next), Some(4));
        assert_eq!(graph.neighbor(4, Step::Next), None);
        assert_eq!(graph.neighbor(4, Step::Previous), Some(3));
        assert_eq!(graph.neighbor(5, Step::Caller), Some(2));
        assert_eq!(graph.neighbor(0, Step::Callee), Some(1));
    }

    #[test]
    fn a_match_within_a_match_counts_once() {
        let graph = sample();
        assert_eq!(graph.matched(&[false, true, false, false]), Matched { nodes: 2, total: 60 });
        assert_eq!(graph.matched(&[false, false, false, true]), Matched { nodes: 2, total: 70 });
        assert_eq!(graph.matched(&[]), Matched::default());
    }

    #[test]
    fn matches_are_walked_in_both_directions_around_the_ends() {
        let graph = sample();
        let matches = [false, false, false, true];
        assert_eq!(graph.next_match(&matches, None, true), Some(3));
        assert_eq!(graph.next_match(&matches, Some(3), true), Some(5));
        assert_eq!(graph.next_match(&matches, Some(5), true), Some(3));
        assert_eq!(graph.next_match(&matches, Some(3), false), Some(5));
        assert_eq!(graph.next_match(&[false; 4], None, true), None);
    }

    #[test]
    fn the_root_and_the_runtime_have_colors_of_their_own() {
        let graph = sample();
        assert_eq!(graph.color_of(0), palette::root());
        assert_eq!(graph.color_of(1), graph.color_of(2));
        assert_ne!(graph.color_of(1), graph.color_of(3));
    }
}
