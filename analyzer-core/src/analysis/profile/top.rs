//! pprof's `-top`: what each node costs by itself and with all it calls.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use rustc_hash::FxBuildHasher;

use super::frames::FrameRef;
use super::nodes::KeyId;
use super::rows::Side;
use super::view::View;
use crate::base::index::Idx;
use crate::base::order::StableOrder;
use crate::base::packed::{PackedI64, PackedU32};

/// How rows are sorted; the larger amounts first, then by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By what a node costs itself.
    #[default]
    Flat,
    /// By what it costs with all it calls.
    Cum,
}

/// Whether calls of a node were inlined into their callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inlining {
    /// No call was.
    None,
    /// Those of some callers were.
    Partial,
    /// All were.
    Full,
}

/// The nodes of a view with their amounts, as columns, sorted. Nodes that come to nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The default, if none was asked for and it is all zero: `sample_type` stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_default: Option<String>,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// The node of each row.
    pub key: PackedU32,
    /// Its name, as pprof prints it.
    pub name: Vec<String>,
    /// A source file that has it; empty if unknown.
    pub file: Vec<String>,
    /// The samples in which it is the innermost frame.
    pub flat: PackedI64,
    /// The samples in which it is any frame; a recursive one counts once.
    pub cum: PackedI64,
    /// With a base: its flat, as a positive number, so that `flat + base_flat`
    /// is what the compared profile has. Else empty.
    #[serde(default)]
    pub base_flat: PackedI64,
    /// See `base_flat`.
    #[serde(default)]
    pub base_cum: PackedI64,
    /// Whether calls of it were inlined.
    pub inlining: Vec<Inlining>,
}

/// A row of a [`Top`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopRow<'a> {
    /// The node.
    pub key: KeyId,
    /// Its name.
    pub name: &'a str,
    /// What it costs itself.
    pub flat: i64,
    /// What it costs with all it calls.
    pub cum: i64,
    /// Whether calls of it were inlined.
    pub inlining: Inlining,
}

impl Top {
    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = TopRow<'_>> {
        let columns =
            self.key.0.iter().zip(&self.name).zip(&self.flat.0).zip(&self.cum.0).zip(&self.inlining);
        columns.map(|((((&key, name), &flat), &cum), &inlining)| TopRow {
            key: KeyId(key),
            name,
            flat,
            cum,
            inlining,
        })
    }
}

/// A row while it is sorted.
struct Row {
    key: KeyId,
    name: String,
    flat: i64,
    cum: i64,
}

/// Sums up a view by node.
pub fn top(view: &View<'_>, order: Order) -> Top {
    let mut sums = Sums::new(view);
    for side in &view.sides {
        if side.column.is_base {
            sums.start_base();
        }
        for row in &side.rows {
            sums.start_stack();
            side.walk(row, |frame| sums.frame(frame, row.weight));
            sums.end_stack(row.weight);
        }
    }
    let inlining = sums.edges.inlining();
    let is_something = |key: &KeyId| sums.flat[key.index()] != 0 || sums.cum[key.index()] != 0;
    let row = |key: KeyId| Row {
        key,
        name: view.name(key),
        flat: sums.flat[key.index()],
        cum: sums.cum[key.index()],
    };
    let mut rows: Vec<_> = view.keys.ids().filter(is_something).map(row).collect();
    sort(view, &mut rows, order);
    let base = |before: &[i64], sum: &[i64]| match sums.before_base {
        Some(_) => PackedI64(
            rows.iter().map(|row| before[row.key.index()].saturating_sub(sum[row.key.index()])).collect(),
        ),
        None => PackedI64::default(),
    };
    let before = sums.before_base.clone().unwrap_or_default();
    Top {
        sample_type: view.sample_type().to_owned(),
        empty_default: view.empty_default().map(str::to_owned),
        unit: view.unit().to_owned(),
        total: view.total(),
        key: PackedU32(rows.iter().map(|row| row.key.0).collect()),
        flat: PackedI64(rows.iter().map(|row| row.flat).collect()),
        cum: PackedI64(rows.iter().map(|row| row.cum).collect()),
        base_flat: base(&before.0, &sums.flat),
        base_cum: base(&before.1, &sums.cum),
        inlining: rows.iter().map(|row| inlining[row.key.index()]).collect(),
        file: rows.iter().map(|row| view.file(row.key).to_owned()).collect(),
        name: rows.into_iter().map(|row| row.name).collect(),
    }
}

fn sort(view: &View<'_>, rows: &mut [Row], order: Order) {
    let amounts = |row: &Row| {
        let (flat, cum) = (row.flat.unsigned_abs(), row.cum.unsigned_abs());
        if order == Order::Flat { (flat, cum) } else { (cum, flat) }
    };
    rows.order_by(|a, b| {
        let ((first_a, second_a), (first_b, second_b)) = (amounts(a), amounts(b));
        Reverse(first_a)
            .cmp(&Reverse(first_b))
            .then_with(|| a.name.cmp(&b.name))
            .then(second_b.cmp(&second_a))
            .then_with(|| view.keys.get(a.key).compare(view.keys.get(b.key), &view.names))
    });
}

/// Sums by node while stacks are walked.
struct Sums {
    flat: Vec<i64>,
    cum: Vec<i64>,
    /// The last stack that had the node, so that recursion counts once.
    seen: Vec<u32>,
    stack: u32,
    leaf: Option<KeyId>,
    edges: InlineEdges,
    /// Flat and cum of the compared profile alone, once its base is being added.
    before_base: Option<(Vec<i64>, Vec<i64>)>,
}

impl Sums {
    fn new(view: &View<'_>) -> Self {
        let nodes = view.key_count();
        Self {
            flat: vec![0; nodes],
            cum: vec![0; nodes],
            seen: vec![0; nodes],
            stack: 0,
            leaf: None,
            edges: InlineEdges::new(view),
            before_base: None,
        }
    }

    /// All stacks from here on are those of a base.
    fn start_base(&mut self) {
        self.before_base = Some((self.flat.clone(), self.cum.clone()));
    }

    fn start_stack(&mut self) {
        self.stack += 1;
        self.leaf = None;
    }

    fn frame(&mut self, frame: FrameRef, weight: i64) {
        let key = frame.key();
        let at = key.index();
        if self.seen[at] != self.stack {
            self.seen[at] = self.stack;
            self.cum[at] = self.cum[at].saturating_add(weight);
        }
        if let Some(caller) = self.leaf.filter(|&caller| caller != key) {
            self.edges.call(caller, key, frame.is_inlined(), self.stack);
        }
        self.leaf = Some(key);
    }

    fn end_stack(&mut self, weight: i64) {
        if let Some(leaf) = self.leaf {
            let flat = &mut self.flat[leaf.index()];
            *flat = flat.saturating_add(weight);
        }
    }
}

/// Calls, as far as they say what was inlined: an edge is inlined if all its
/// calls were, of each stack the first. Of other edges it is enough to know that
/// there is one: a profile has many more of them.
struct InlineEdges {
    /// The edges that may be inlined.
    edges: HashMap<(KeyId, KeyId), Edge, FxBuildHasher>,
    /// True for callees of those.
    is_inlined: Vec<bool>,
    /// True for those that have another edge too.
    is_called: Vec<bool>,
}

#[derive(Clone, Copy)]
struct Edge {
    are_all_inlined: bool,
    /// The last stack that had it; 0 if none had.
    seen: u32,
}

impl InlineEdges {
    fn new(view: &View<'_>) -> Self {
        let nodes = view.key_count();
        let mut inlined =
            Self { edges: HashMap::default(), is_inlined: vec![false; nodes], is_called: vec![false; nodes] };
        for side in &view.sides {
            // Who the caller of a location's outermost frame is, only stacks say.
            let mut is_open = vec![false; nodes];
            for frames in side.frames.by_location() {
                if let Some(frame) = frames.first().filter(|frame| frame.is_inlined()) {
                    is_open[frame.key().index()] = true;
                }
                for (caller, callee) in frames.windows(2).map(|pair| (pair[0].key(), pair[1])) {
                    if callee.is_inlined() {
                        inlined.expect(caller, callee.key());
                    }
                }
            }
            inlined.expect_any(side, &is_open);
        }
        inlined
    }

    fn expect(&mut self, caller: KeyId, callee: KeyId) {
        self.is_inlined[callee.index()] = true;
        self.edges.insert((caller, callee), Edge { are_all_inlined: true, seen: 0 });
    }

    /// Looks for the callers of frames that are inlined into one that a filter took out.
    fn expect_any(&mut self, side: &Side<'_>, is_open: &[bool]) {
        if !is_open.contains(&true) {
            return;
        }
        for row in &side.rows {
            let mut before = None;
            side.walk(row, |frame| {
                let callee = frame.key();
                if let Some(caller) = before.filter(|_| frame.is_inlined() && is_open[callee.index()]) {
                    self.expect(caller, callee);
                }
                before = Some(callee);
            });
        }
    }

    fn call(&mut self, caller: KeyId, callee: KeyId, is_inlined: bool, stack: u32) {
        if !self.is_inlined[callee.index()] {
            return;
        }
        match self.edges.get_mut(&(caller, callee)) {
            Some(edge) if edge.seen == stack => {}
            Some(edge) => {
                edge.seen = stack;
                edge.are_all_inlined &= is_inlined;
            }
            None => self.is_called[callee.index()] = true,
        }
    }

    fn inlining(&self) -> Vec<Inlining> {
        let mut result = vec![Inlining::None; self.is_inlined.len()];
        let mut is_called = self.is_called.clone();
        for ((_, callee), edge) in self.edges.iter().filter(|(_, edge)| edge.seen > 0) {
            match edge.are_all_inlined {
                true => result[callee.index()] = Inlining::Full,
                false => is_called[callee.index()] = true,
            }
        }
        for (inlining, _) in result.iter_mut().zip(is_called).filter(|(_, is_called)| *is_called) {
            if *inlining == Inlining::Full {
                *inlining = Inlining::Partial;
            }
        }
        result
    }
}
