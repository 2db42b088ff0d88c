//! A laid-out call tree, and how one moves in it.

use std::ops::Range;

use analyzer_core::base::convert::{i64_to_f64, id_to_usize, to_u32};

use super::geometry::{Nodes, first_ending_after};
use super::palette;

/// One entry of [`FlameGraph::frames`]: what a box is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameName {
    /// Full name of the function, or the address.
    pub function: String,
    /// Source file, and line if the frames are lines; empty if unknown.
    pub place: String,
    /// Index of the color, see [`super::palette`].
    pub color: u8,
}

/// A call tree laid out for drawing. Node 0 is the root, with everything in it.
///
/// Invariants: nodes are sorted by depth and then by `x`; those of one depth do
/// not overlap; each lies within one node of the depth above; the columns are
/// equally long.
#[derive(Debug, Default)]
pub struct FlameGraph {
    /// First node of each depth, and the number of nodes at the end.
    pub rows: Vec<u32>,
    /// Where a node starts.
    pub x: Vec<i64>,
    /// How much room a node takes: the magnitude of its value, or of both values of a diff.
    pub width: Vec<i64>,
    /// Index in `frames`.
    pub frame: Vec<u32>,
    /// Value of the node and all that it calls.
    pub total: Vec<i64>,
    /// Value of the node alone.
    pub own: Vec<i64>,
    /// In a diff, how much of `total` was there before; empty otherwise.
    pub before: Vec<i64>,
    /// 1 for a call that the compiler inlined, else 0; empty if unknown.
    pub inlined: Vec<u8>,
    /// The names.
    pub frames: Vec<FrameName>,
}

impl FlameGraph {
    /// The columns that geometry needs.
    pub fn nodes(&self) -> Nodes<'_> {
        Nodes { rows: &self.rows, x: &self.x, width: &self.width }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// True if nothing is in the root.
    pub fn is_empty(&self) -> bool {
        self.span() <= 0
    }

    /// Room that the root takes.
    pub fn span(&self) -> i64 {
        self.width.first().copied().unwrap_or(0)
    }

    /// The frame index of a node.
    pub fn frame_of(&self, node: u32) -> u32 {
        self.frame.get(id_to_usize(node)).copied().unwrap_or(u32::MAX)
    }

    /// The name of a node.
    pub fn name_of(&self, node: u32) -> Option<&FrameName> {
        self.frames.get(id_to_usize(self.frame_of(node)))
    }

    /// The color of a node: of its change in a diff, of its name otherwise.
    pub fn color_of(&self, node: u32) -> u8 {
        let row = id_to_usize(node);
        match (self.before.get(row), self.total.get(row)) {
            (Some(&before), Some(&total)) => palette::of_change(before, total),
            _ => self.name_of(node).map_or(palette::root(), |name| name.color),
        }
    }

    /// True if the compiler inlined the call into its caller.
    pub fn is_inlined(&self, node: u32) -> bool {
        self.inlined.get(id_to_usize(node)) == Some(&1)
    }

    /// The range of values that a node takes.
    pub fn range_of(&self, node: u32) -> Option<(f64, f64)> {
        let (&x, &width) = (self.x.get(id_to_usize(node))?, self.width.get(id_to_usize(node))?);
        Some((i64_to_f64(x), i64_to_f64(x.saturating_add(width))))
    }

    /// The caller; `None` for the root.
    pub fn parent(&self, node: u32) -> Option<u32> {
        let nodes = self.nodes();
        let depth = nodes.depth_of(id_to_usize(node)).checked_sub(1)?;
        let x = *self.x.get(id_to_usize(node))?;
        let parent = first_ending_after(&nodes, nodes.row(depth), i64_to_f64(x));
        Some(to_u32(parent.min(nodes.row(depth).end.saturating_sub(1))))
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

    /// What a node calls, the largest first.
    pub fn children(&self, node: u32) -> Range<u32> {
        let nodes = self.nodes();
        let depth = nodes.depth_of(id_to_usize(node)) + 1;
        let Some((start, end)) = self.range_of(node) else { return 0..0 };
        let row = nodes.row(depth);
        let first = first_ending_after(&nodes, row.clone(), start);
        let last =
            first + self.x.get(first..row.end).map_or(0, |x| x.partition_point(|&x| i64_to_f64(x) < end));
        to_u32(first)..to_u32(last)
    }

    /// The node to go to with an arrow key.
    pub fn neighbor(&self, node: u32, to: Direction) -> Option<u32> {
        let siblings = || Some(self.children(self.parent(node)?));
        match to {
            Direction::Caller => self.parent(node),
            Direction::Callee => Some(self.children(node)).filter(|range| !range.is_empty()).map(|r| r.start),
            Direction::Previous => node.checked_sub(1).filter(|n| siblings().is_some_and(|s| s.contains(n))),
            Direction::Next => Some(node + 1).filter(|n| siblings().is_some_and(|s| s.contains(n))),
        }
    }

    /// Value of all nodes that `is_match` by their frame, none of them counted
    /// within another one.
    pub fn sum_of(&self, is_match: impl Fn(u32) -> bool) -> i64 {
        let nodes = self.nodes();
        let mut covered: Vec<(i64, i64)> = Vec::new();
        let mut sum = 0_i64;
        for depth in 0..nodes.depths() {
            let mut fresh = Vec::new();
            let mut at = 0;
            for node in nodes.row(depth) {
                let (x, end) = (self.x[node], self.x[node].saturating_add(self.width[node]));
                while covered.get(at).is_some_and(|&(_, covered_end)| covered_end <= x) {
                    at += 1;
                }
                let is_covered = covered.get(at).is_some_and(|&(start, _)| start <= x);
                if !is_covered && is_match(to_u32(node)) {
                    sum = sum.saturating_add(self.total.get(node).copied().unwrap_or(0));
                    fresh.push((x, end));
                }
            }
            if !fresh.is_empty() {
                covered.extend(fresh);
                covered.sort_unstable();
            }
        }
        sum
    }
}

/// Where an arrow key leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
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
    use super::*;

    /// ```text
    /// root 100
    /// a 60          b 40
    /// c 30  a 20    c 40
    /// ```
    pub fn sample() -> FlameGraph {
        FlameGraph {
            rows: vec![0, 1, 3, 6],
            x: vec![0, 0, 60, 0, 30, 60],
            width: vec![100, 60, 40, 30, 20, 40],
            frame: vec![0, 1, 2, 3, 1, 3],
            total: vec![100, 60, 40, 30, 20, 40],
            own: vec![0, 10, 0, 30, 20, 40],
            before: vec![],
            inlined: vec![],
            frames: ["root", "a", "b", "c"]
                .map(|name| FrameName { function: name.to_owned(), ..FrameName::default() })
                .to_vec(),
        }
    }

    #[test]
    fn callers_and_callees_are_found_by_place() {
        let graph = sample();
        assert_eq!(graph.parent(5), Some(2));
        assert_eq!(graph.parent(0), None);
        assert_eq!(graph.path(4), [0, 1, 4]);
        assert_eq!(graph.children(0), 1..3);
        assert_eq!(graph.children(1), 3..5);
        assert_eq!(graph.children(2), 5..6);
        assert!(graph.children(5).is_empty());
    }

    #[test]
    fn arrow_keys_stay_within_the_caller() {
        let graph = sample();
        assert_eq!(graph.neighbor(3, Direction::Next), Some(4));
        assert_eq!(graph.neighbor(4, Direction::Next), None);
        assert_eq!(graph.neighbor(4, Direction::Previous), Some(3));
        assert_eq!(graph.neighbor(5, Direction::Caller), Some(2));
        assert_eq!(graph.neighbor(0, Direction::Callee), Some(1));
    }

    #[test]
    fn a_match_within_a_match_counts_once() {
        let graph = sample();
        assert_eq!(graph.sum_of(|node| graph.frame_of(node) == 1), 60);
        assert_eq!(graph.sum_of(|node| graph.frame_of(node) == 3), 70);
        assert_eq!(graph.sum_of(|_| false), 0);
        assert_eq!(graph.sum_of(|_| true), 100);
    }
}
