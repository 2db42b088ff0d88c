//! Graphs that do not tell everything apart: which question they answer, what
//! stands for others in them, and what a node is called in all of them.

use std::ops::Range;

use analyzer_core::base::convert::{id_to_usize, to_u32};
use analyzer_core::session::{Viewport, question};

use super::data::FlameGraph;
use crate::number_format as text;

impl FlameGraph {
    /// The same graph as the answer to a question.
    #[must_use]
    pub fn with_question(mut self, question: Option<&question::Tree>) -> Self {
        self.question = question.cloned();
        if let Some(question::Tree { options, .. }) = &mut self.question {
            self.viewport = options.viewport.take();
            options.min_width_ppm = 0;
        }
        self
    }

    /// The viewport, if it is looked at in detail.
    pub fn viewport(&self) -> Option<&Viewport> {
        self.viewport.as_ref()
    }

    /// What the graph answers, but for the viewport. Graphs
    /// with the same question have the same values in the same places.
    pub fn question(&self) -> Option<&question::Tree> {
        self.question.as_ref()
    }

    /// What names a node in every graph that has it, however closely it looks:
    /// made of the names on the way to it. 0 for the root.
    pub fn id_of(&self, node: u32) -> u64 {
        self.ids().get(id_to_usize(node)).copied().unwrap_or(0)
    }

    /// The node that an id names.
    pub fn find(&self, id: u64) -> Option<u32> {
        self.ids().iter().position(|&known| known == id).map(to_u32)
    }

    fn ids(&self) -> &[u64] {
        // FNV-1a.
        const PRIME: u64 = 0x0100_0000_01b3;
        let hash = |name: &String| {
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
        };
        self.ids.get_or_init(|| {
            let tree = self.tree();
            let names: Vec<u64> = tree.names.name.iter().map(hash).collect();
            let mut ids = vec![0_u64; self.len()];
            for node in 1..ids.len() {
                let parent = ids[id_to_usize(tree.parent.0[node])];
                let mut name = names[id_to_usize(tree.name.0[node])];
                if tree.in_time {
                    // A function may stand under its caller more than once.
                    name ^= tree.x.0[node].unsigned_abs().wrapping_mul(PRIME);
                }
                ids[node] = (parent.rotate_left(7) ^ name).wrapping_mul(PRIME);
            }
            ids
        })
    }

    /// For how many frames a node stands that are too narrow to be told apart; 0 for one that is a frame.
    pub fn merged(&self, node: u32) -> u32 {
        self.tree().merged.0.get(id_to_usize(node)).copied().unwrap_or(0)
    }

    /// True if not everything is told apart.
    pub fn is_coarse(&self) -> bool {
        self.tree().min_width > 0
    }

    /// How many frames a sliver of nodes is, those counted that a node stands for.
    pub fn frames_in(&self, nodes: Range<u32>) -> usize {
        nodes.map(|node| id_to_usize(self.merged(node).max(1))).sum()
    }

    /// What goes before a number of frames that were looked for.
    pub fn at_least(&self) -> &'static str {
        if self.is_coarse() { "at least " } else { "" }
    }

    /// How many frames are told apart, and a word for the others.
    pub fn counted(&self) -> String {
        let merged = self.tree().merged.0.iter().filter(|&&count| count > 0).count();
        let count = text::counted(self.len().saturating_sub(1 + merged), "frame", "frames");
        if self.is_coarse() { format!("{count} and smaller ones") } else { count }
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::packed::{PackedI64, PackedU32};
    use analyzer_core::session::{CallTree, TreeNames};

    use super::super::data::tests::sample;
    use super::super::data::{Coloring, Step};
    use super::*;
    use crate::state::Shared;

    #[test]
    fn a_node_is_found_by_its_id_in_a_graph_that_has_it_elsewhere() {
        let graph = sample();
        assert!((0..6).all(|node| graph.find(graph.id_of(node)) == Some(node)));
        assert_eq!((graph.id_of(0), graph.find(1)), (0, None));
        // Without the first callee of the root.
        let tree = CallTree {
            rows: PackedU32(vec![0, 1, 2]),
            parent: PackedU32(vec![0, 0, 1]),
            name: PackedU32(vec![0, 1, 2]),
            x: PackedI64(vec![0, 0, 0]),
            width: PackedI64(vec![40, 40, 40]),
            names: TreeNames {
                name: ["root", "main.b", "runtime.c"].map(str::to_owned).to_vec(),
                ..TreeNames::default()
            },
            ..CallTree::default()
        };
        let other = FlameGraph::new(Shared::new(tree), Coloring::Package, Vec::new());
        assert_eq!((other.find(graph.id_of(2)), other.find(graph.id_of(5))), (Some(1), Some(2)));
        assert_eq!(other.find(graph.id_of(3)), None);
    }

    #[test]
    fn what_stands_for_other_frames_is_none() {
        let tree = sample().tree().clone();
        let tree = CallTree { merged: PackedU32(vec![0, 0, 37, 0, 0, 0]), min_width: 3, ..tree };
        let graph = FlameGraph::new(Shared::new(tree), Coloring::Package, Vec::new());
        assert_eq!(graph.neighbor(1, Step::Next), None);
        assert_eq!((graph.frames_in(1..3), graph.at_least()), (38, "at least "));
        assert_eq!(graph.counted(), "4 frames and smaller ones");
    }
}
