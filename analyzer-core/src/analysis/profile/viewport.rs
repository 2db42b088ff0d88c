//! A closer look at a part of a tree that is too large to be built in full.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::call_tree::Nodes;
use super::nodes::KeyId;
use crate::base::convert::{id_to_usize, to_u32};

/// A part of a tree in which more is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Viewport {
    /// Where it begins, from the left edge, in the unit.
    pub from: i64,
    /// Where it ends.
    pub to: i64,
    /// What is narrower than this is not told apart there either, in the unit.
    pub min_width: i64,
}

/// Where a branch lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Outside of what is looked at.
    Outside,
    /// Partly within, where the coarse tree has this node.
    Known(u32),
    /// Within what the coarse tree does not tell apart.
    Unknown,
}

/// The viewport, if it is looked at in detail.
#[derive(Debug)]
pub(super) struct InView {
    pub(super) min_width: i64,
    /// The children that are seen, or not, of nodes that are.
    children: HashMap<(u32, KeyId), (u32, bool), FxBuildHasher>,
    /// By node: true if what stands to the right of its children is seen.
    is_rest_seen: Vec<bool>,
}

impl InView {
    /// Measures the nodes of a coarse tree, which start at `x`.
    pub(super) fn new(nodes: &Nodes, x: &[i64], viewport: &Viewport) -> Self {
        let is_seen = |from: i64, to: i64| from < viewport.to && viewport.from < to;
        let end_of = |node: usize| x[node].saturating_add(nodes.width[node]);
        let count = nodes.key.len();
        let mut children = HashMap::default();
        let mut known_until = x.to_vec();
        for node in (1..count).filter(|&node| nodes.merged[node] == 0) {
            let parent = id_to_usize(nodes.parent[node]);
            known_until[parent] = known_until[parent].max(end_of(node));
            if is_seen(x[parent], end_of(parent)) {
                let row = (to_u32(node), is_seen(x[node], end_of(node)));
                children.insert((to_u32(parent), nodes.key[node]), row);
            }
        }
        let is_rest_seen = (0..count).map(|node| is_seen(known_until[node], end_of(node))).collect();
        Self { min_width: viewport.min_width, children, is_rest_seen }
    }

    /// Where a branch of this key lies under a node that lies at `place`.
    pub(super) fn place_under(&self, place: Place, key: KeyId) -> Place {
        let Place::Known(node) = place else { return place };
        match self.children.get(&(node, key)) {
            Some(&(child, true)) => Place::Known(child),
            None if self.is_rest_seen[id_to_usize(node)] => Place::Unknown,
            _ => Place::Outside,
        }
    }
}
