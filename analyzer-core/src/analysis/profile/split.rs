//! The stacks of a node by the frame that they go on with.

use super::nodes::KeyId;
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::index::Idx;

/// The stacks that go on with one frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub(super) key: KeyId,
    /// Their sum.
    pub(super) net: i64,
    /// The sum of their amounts.
    pub(super) gross: i64,
    /// What of it the base has, as a positive number.
    pub(super) base: i64,
    pub(super) is_inlined: bool,
    /// Their rows.
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl Branch {
    pub(super) fn new(key: KeyId) -> Self {
        Self { key, net: 0, gross: 0, base: 0, is_inlined: true, begin: 0, end: 0 }
    }

    pub(super) fn add(&mut self, weight: i64, is_base: bool, is_inlined: bool) {
        self.net = self.net.saturating_add(weight);
        self.gross = self.gross.saturating_add(weight.saturating_abs());
        if is_base {
            self.base = self.base.saturating_sub(weight);
        }
        self.is_inlined &= is_inlined;
        self.end += 1;
    }

    /// True if the amounts cannot cancel out below, so that the width is known.
    pub(super) fn has_one_sign(&self) -> bool {
        self.net.saturating_abs() == self.gross
    }
}

/// The rows of a branch by their next frame.
pub(super) struct Split {
    pub(super) branches: Vec<Branch>,
    /// The branch of each key, valid if the stamp is the current one.
    branch_of: Vec<(u32, u32)>,
    stamp: u32,
    /// Rows that go on, with their branch.
    rows: Vec<(u32, u32)>,
}

impl Split {
    pub(super) fn new(keys: usize) -> Self {
        Self { branches: Vec::new(), branch_of: vec![(0, 0); keys], stamp: 0, rows: Vec::new() }
    }

    pub(super) fn start(&mut self) {
        self.stamp += 1;
        self.branches.clear();
        self.rows.clear();
    }

    pub(super) fn add(&mut self, row: u32, key: KeyId, weight: i64, is_base: bool, is_inlined: bool) {
        let (stamp, index) = &mut self.branch_of[key.index()];
        if *stamp != self.stamp {
            *stamp = self.stamp;
            *index = to_u32(self.branches.len());
            self.branches.push(Branch::new(key));
        }
        self.branches[id_to_usize(*index)].add(weight, is_base, is_inlined);
        self.rows.push((row, *index));
    }

    /// Gives each branch its place in the order, and puts the rows there.
    pub(super) fn finish(&mut self, order: &mut [u32], begin: usize) {
        let mut at = begin;
        for branch in &mut self.branches {
            let count = branch.end;
            (branch.begin, branch.end) = (at, at);
            at += count;
        }
        for &(row, index) in &self.rows {
            let branch = &mut self.branches[id_to_usize(index)];
            order[branch.end] = row;
            branch.end += 1;
        }
    }
}
