//! A call tree, laid out for drawing.
//!
//! Stacks are split by their next frame, group by group, from the root on:
//! every frame of every stack is looked at once, no node is ever looked up,
//! and of what is too narrow to be drawn only the sum is built. There is no
//! recursion: stacks may be 100,000 frames deep.

use serde::{Deserialize, Serialize};

use super::in_time;
use super::layout::{Layout, lay_out};
use super::nodes::{KeyId, Keys};
use super::paths::{Cursor, Paths};
use super::split::{Branch, Split};
use super::view::View;
use super::viewport::{InView, Place, Viewport};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::index::Idx;
use crate::base::packed::{PackedI64, PackedU8, PackedU32};

/// Which way a tree grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From callers to callees.
    #[default]
    Callees,
    /// From callees to callers.
    Callers,
}

/// What tree to build of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TreeOptions {
    /// Which way it grows.
    pub direction: Direction,
    /// Start at this node instead of the ends of the stacks: its callees or its
    /// callers. A recursive node counts once, at its outermost call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pivot: Option<String>,
    /// Show a call of a function by itself as one frame.
    pub collapse_recursion: bool,
    /// From left to right in the order of time, not by weight: a stack chart. Needs samples with times
    /// ([`ProfileSummary::has_times`](crate::report::ProfileSummary)), no base, no pivot, and callees.
    pub in_time: bool,
    /// Nodes narrower than so many millionths of the whole are not told apart:
    /// under each parent one node stands for all of them, see [`CallTree::merged`].
    pub min_width_ppm: u32,
    /// Where more is told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewport: Option<Viewport>,
}

/// A call tree as columns: nodes by depth, then from left to right, the widest
/// sibling first. Node 0 stands for all stacks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallTree {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The default, if none was asked for and it is all zero: `sample_type` stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_default: Option<String>,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub view_total: i64,
    /// The first node of each depth, and the number of nodes at the end.
    pub rows: PackedU32,
    /// The node's parent; node 0 is its own.
    pub parent: PackedU32,
    /// The row of its name in `names`.
    pub name: PackedU32,
    /// Where it starts, from the left edge, in the unit.
    pub x: PackedI64,
    /// How much room it takes: the amounts of all that is under it, whatever
    /// their signs. Without negative amounts this is `total`.
    pub width: PackedI64,
    /// What it costs itself.
    pub own: PackedI64,
    /// What it costs with all it calls.
    pub total: PackedI64,
    /// With a base: what of `own` and `total` the base has. Else empty.
    pub base_own: PackedI64,
    /// See `base_own`.
    pub base_total: PackedI64,
    /// 1 if all its calls were inlined into its parent.
    pub inlined: PackedU8,
    /// For how many nodes it stands that are too narrow to be told apart, and for
    /// all that is under them: the last of its siblings. 0 for a node that is what
    /// its name says. Empty if no node stands for others.
    pub merged: PackedU32,
    /// What is narrower than this is not told apart, but for where a closer look
    /// was asked for. In the unit; 0 if all is told apart.
    pub min_width: i64,
    /// Siblings stand in the order of time; one node may come again.
    #[serde(default)]
    pub in_time: bool,
    /// Distinct nodes.
    pub names: TreeNames,
}

/// The distinct nodes of a tree, as columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeNames {
    /// As pprof prints it.
    pub name: Vec<String>,
    /// A source file that has it; empty if unknown.
    pub file: Vec<String>,
}

/// Builds the tree of a view.
pub fn call_tree(view: &View<'_>, options: &TreeOptions) -> CallTree {
    if let Some((nodes, min_width)) = in_time::nodes(view, options) {
        return CallTree { min_width, in_time: true, ..lay_out(view, &nodes) };
    }
    let builder = Builder::new(view, options);
    let min_width = builder.min_width;
    let mut nodes = builder.build();
    if let Some(viewport) = options.viewport.as_ref().filter(|_| min_width > 0) {
        let seen = InView::new(&nodes, &Layout::new(view, &nodes).x, viewport);
        nodes = Builder { seen: Some(seen), ..Builder::new(view, options) }.build();
    }
    CallTree { min_width, ..lay_out(view, &nodes) }
}

/// The nodes in the order of their discovery: parents first.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) parent: Vec<u32>,
    pub(super) key: Vec<KeyId>,
    pub(super) own: Vec<i64>,
    pub(super) total: Vec<i64>,
    pub(super) width: Vec<i64>,
    pub(super) base_own: Vec<i64>,
    pub(super) base_total: Vec<i64>,
    pub(super) inlined: Vec<bool>,
    /// See [`CallTree::merged`].
    pub(super) merged: Vec<u32>,
    /// Where each begins, if that is fixed; else empty.
    pub(super) x: Vec<i64>,
}

impl Nodes {
    pub(super) fn push(&mut self, parent: u32, branch: &Branch) -> u32 {
        let node = to_u32(self.key.len());
        self.parent.push(parent);
        self.key.push(branch.key);
        self.own.push(0);
        self.total.push(branch.net);
        self.width.push(0);
        self.base_own.push(0);
        self.base_total.push(branch.base);
        self.inlined.push(branch.is_inlined);
        self.merged.push(0);
        node
    }

    /// Adds the node that stands for others.
    fn push_rest(&mut self, parent: u32, rest: &Rest) {
        let branch = Branch { net: rest.net, base: rest.base, is_inlined: false, ..Branch::new(Keys::ROOT) };
        let node = id_to_usize(self.push(parent, &branch));
        self.width[node] = rest.width;
        self.merged[node] = rest.count;
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.x.truncate(length);
        self.parent.truncate(length);
        self.key.truncate(length);
        self.own.truncate(length);
        self.total.truncate(length);
        self.width.truncate(length);
        self.base_own.truncate(length);
        self.base_total.truncate(length);
        self.inlined.truncate(length);
        self.merged.truncate(length);
    }

    fn widen(&mut self, node: u32, by: i64) {
        let width = &mut self.width[id_to_usize(node)];
        *width = width.saturating_add(by);
    }

    pub(super) fn add_own(&mut self, node: u32, weight: i64, is_base: bool) {
        let own = &mut self.own[id_to_usize(node)];
        *own = own.saturating_add(weight);
        if is_base {
            let base = &mut self.base_own[id_to_usize(node)];
            *base = base.saturating_sub(weight);
        }
    }
}

/// A row and how far it is read.
struct Reader {
    cursor: Cursor,
    weight: i64,
    side: usize,
}

/// The children of a node that are too narrow.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    count: u32,
    net: i64,
    base: i64,
    width: i64,
}

enum Work {
    /// Build a branch under a node.
    Enter { parent: u32, branch: Branch, place: Place },
    /// All under a node is built.
    Leave { node: u32, place: Place },
}

struct Builder<'v> {
    paths: Vec<Paths<'v>>,
    /// True for sides that are a base.
    is_base: Vec<bool>,
    readers: Vec<Reader>,
    /// Rows, those of a branch side by side.
    order: Vec<u32>,
    nodes: Nodes,
    /// Narrower branches are not told apart.
    min_width: i64,
    /// The viewport, if it is looked at in detail.
    seen: Option<InView>,
    /// Of every node that is not left yet.
    rests: Vec<Rest>,
    collapse_recursion: bool,
    split: Split,
}

impl<'v> Builder<'v> {
    fn new(view: &'v View<'_>, options: &TreeOptions) -> Self {
        let pivot = options.pivot.as_deref().map(|name| mask(view, name));
        let paths: Vec<_> = view
            .sides
            .iter()
            .map(|side| match (options.direction, &pivot) {
                (Direction::Callees, None) => Paths::down(side),
                (Direction::Callees, Some(pivot)) => Paths::down_from(side, pivot),
                (Direction::Callers, pivot) => Paths::up(side, pivot.as_deref()),
            })
            .collect();
        let readers: Vec<_> = paths
            .iter()
            .enumerate()
            .flat_map(|(side, paths)| paths.rows.iter().map(move |row| (side, row)))
            .map(|(side, row)| Reader { cursor: Cursor::new(row), weight: row.weight, side })
            .collect();
        let gross =
            readers.iter().fold(0_i64, |sum, reader| sum.saturating_add(reader.weight.saturating_abs()));
        let min_width = share(gross, options.min_width_ppm);
        Self {
            is_base: view.sides.iter().map(|side| side.column.is_base).collect(),
            order: (0..to_u32(readers.len())).collect(),
            readers,
            paths,
            nodes: Nodes::default(),
            min_width,
            seen: None,
            rests: Vec::new(),
            collapse_recursion: options.collapse_recursion,
            split: Split::new(view.key_count()),
        }
    }

    fn build(mut self) -> Nodes {
        let mut root = Branch::new(Keys::ROOT);
        for reader in &self.readers {
            root.add(reader.weight, self.is_base[reader.side], false);
        }
        root.is_inlined = false;
        let place = if self.seen.is_some() { Place::Known(0) } else { Place::Outside };
        let mut work = vec![Work::Enter { parent: 0, branch: root, place }];
        while let Some(next) = work.pop() {
            match next {
                Work::Enter { parent, branch, place } => self.enter(parent, &branch, place, &mut work),
                Work::Leave { node, place } => self.leave(node, place),
            }
        }
        self.nodes
    }

    /// Where a branch of this key lies under a node that lies at `place`.
    fn place_under(&self, place: Place, key: KeyId) -> Place {
        self.seen.as_ref().map_or(Place::Outside, |seen| seen.place_under(place, key))
    }

    /// What is too narrow to be told apart.
    fn least(&self, place: Place) -> i64 {
        match (&self.seen, place) {
            (None, _) | (_, Place::Outside) => self.min_width,
            (Some(seen), _) => seen.min_width,
        }
    }

    /// Adds a branch that is too narrow to what its parent has of them.
    fn merge(&mut self, parent: u32, width: i64, net: i64, base: i64) {
        self.nodes.widen(parent, width);
        if let Some(rest) = self.rests.last_mut() {
            rest.count = rest.count.saturating_add(1);
            rest.width = rest.width.saturating_add(width);
            rest.net = rest.net.saturating_add(net);
            rest.base = rest.base.saturating_add(base);
        }
    }

    fn enter(&mut self, parent: u32, branch: &Branch, place: Place, work: &mut Vec<Work>) {
        let is_root = self.nodes.key.is_empty();
        if !is_root && branch.gross < self.least(place) && branch.has_one_sign() {
            return self.merge(parent, branch.gross, branch.net, branch.base);
        }
        let node = self.nodes.push(parent, branch);
        if branch.end - branch.begin == 1 && !is_root {
            return self.chain(parent, node, branch);
        }
        work.push(Work::Leave { node, place });
        self.rests.push(Rest::default());
        let first = work.len();
        self.split_rows(node, branch);
        for branch in self.split.branches.iter().rev() {
            work.push(Work::Enter {
                parent: node,
                branch: *branch,
                place: self.place_under(place, branch.key),
            });
        }
        // The heaviest is built first, so that memory for what is cut is soon used again.
        work[first..].sort_by_key(|item| match item {
            Work::Enter { branch, .. } => (branch.gross, std::cmp::Reverse(branch.key)),
            Work::Leave { .. } => (0, std::cmp::Reverse(Keys::ROOT)),
        });
    }

    /// One stack left: it goes on without branches.
    fn chain(&mut self, parent: u32, first: u32, branch: &Branch) {
        let row = id_to_usize(self.order[branch.begin]);
        let reader = &mut self.readers[row];
        let (weight, is_base) = (reader.weight, self.is_base[reader.side]);
        let mut node = first;
        let mut key = branch.key;
        while let Some(frame) = self.paths[reader.side].step(&mut reader.cursor) {
            if self.collapse_recursion && frame.key() == key {
                continue;
            }
            self.nodes.widen(node, branch.gross);
            key = frame.key();
            node = self.nodes.push(node, &Branch { key, is_inlined: frame.is_inlined(), ..*branch });
        }
        self.nodes.widen(node, branch.gross);
        self.nodes.add_own(node, weight, is_base);
        self.nodes.widen(parent, branch.gross);
    }

    /// Reads the next frame of every row of a branch and sorts the rows by it.
    fn split_rows(&mut self, node: u32, branch: &Branch) {
        self.split.start();
        for position in branch.begin..branch.end {
            let row = self.order[position];
            let reader = &mut self.readers[id_to_usize(row)];
            let is_base = self.is_base[reader.side];
            let paths = &self.paths[reader.side];
            let mut frame = paths.step(&mut reader.cursor);
            while self.collapse_recursion && frame.is_some_and(|frame| frame.key() == branch.key) {
                frame = paths.step(&mut reader.cursor);
            }
            match frame {
                Some(frame) => self.split.add(row, frame.key(), reader.weight, is_base, frame.is_inlined()),
                None => self.nodes.add_own(node, reader.weight, is_base),
            }
        }
        self.split.finish(&mut self.order, branch.begin);
        let own = self.nodes.own[id_to_usize(node)].saturating_abs();
        self.nodes.widen(node, own);
    }

    fn leave(&mut self, node: u32, place: Place) {
        let at = id_to_usize(node);
        let rest = self.rests.pop().unwrap_or_default();
        let (parent, width) = (self.nodes.parent[at], self.nodes.width[at]);
        let least = self.least(place);
        if node != 0 && width < least {
            // All under it is narrower still.
            let (net, base) = (self.nodes.total[at], self.nodes.base_total[at]);
            self.nodes.truncate(at);
            return self.merge(parent, width, net, base);
        }
        if rest.count > 0 && rest.width >= least {
            self.nodes.push_rest(node, &rest);
        }
        if node != 0 {
            self.nodes.widen(parent, width);
        }
    }
}

/// True for the nodes of a name.
fn mask(view: &View<'_>, name: &str) -> Vec<bool> {
    let mut mask = vec![false; view.key_count()];
    for key in view.keys_named(name) {
        mask[key.index()] = true;
    }
    mask
}

/// So many millionths of an amount.
pub(super) fn share(amount: i64, ppm: u32) -> i64 {
    crate::base::convert::clamp_i64(i128::from(amount) * i128::from(ppm) / 1_000_000)
}
