//! Rows by the ids of the file: dense where ids are small, as every producer
//! writes them, hashed where they are not (ids may be any 64-bit number).

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::base::convert::{id_to_usize, to_u32, to_u64, to_usize};

/// A table whose rows are named by 64-bit ids, minted at the first mention,
/// be it the definition or a reference.
#[derive(Debug, Default)]
pub(super) struct IdTable<T> {
    rows: Vec<T>,
    defined: Vec<bool>,
    /// Row + 1 by id; 0 for none.
    dense: Vec<u32>,
    sparse: HashMap<u64, u32, FxBuildHasher>,
}

impl<T: Copy + Default> IdTable<T> {
    /// For about `expected` rows. Ids below four times that are kept densely.
    pub(super) fn new(expected: usize) -> Self {
        Self {
            rows: Vec::with_capacity(expected),
            defined: Vec::with_capacity(expected),
            dense: vec![0; expected.saturating_mul(4).saturating_add(64)],
            sparse: HashMap::default(),
        }
    }

    /// The row of an id.
    #[inline]
    pub(super) fn row(&mut self, id: u64) -> u32 {
        match to_usize(id).and_then(|id| self.dense.get(id)) {
            Some(&row) if row != 0 => row - 1,
            _ => self.mint(id),
        }
    }

    fn mint(&mut self, id: u64) -> u32 {
        let next = to_u32(self.rows.len());
        let row = match to_usize(id).and_then(|id| self.dense.get_mut(id)) {
            Some(slot) => {
                *slot = next + 1;
                next
            }
            None => *self.sparse.entry(id).or_insert(next),
        };
        if row == next {
            self.rows.push(T::default());
            self.defined.push(false);
        }
        row
    }

    /// Fills the row of an id; false if it was defined before (then the first stays).
    pub(super) fn define(&mut self, id: u64, value: T) -> bool {
        let row = id_to_usize(self.row(id));
        match (self.rows.get_mut(row), self.defined.get_mut(row)) {
            (Some(slot), Some(defined)) if !*defined => {
                *slot = value;
                *defined = true;
                true
            }
            _ => false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows; those that were not defined are defaults.
    pub(super) fn into_rows(self) -> Vec<T> {
        self.rows
    }

    /// The defined rows, and the new row of each old one.
    pub(super) fn into_defined(self) -> (Vec<T>, Vec<Option<u32>>) {
        let mut kept = 0;
        let renamed = self.defined.iter().map(|&defined| {
            let row = defined.then(|| to_u32(kept));
            kept += usize::from(defined);
            row
        });
        let renamed = renamed.collect();
        let rows =
            self.rows.into_iter().zip(self.defined).filter_map(|(row, defined)| defined.then_some(row));
        (rows.collect(), renamed)
    }

    /// Ids that were mentioned and never defined.
    pub(super) fn undefined(&self) -> u64 {
        to_u64(self.defined.iter().filter(|&&defined| !defined).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_huge_ids_get_rows_in_order_of_mention() {
        let mut table = IdTable::<u64>::new(2);
        assert_eq!([table.row(7), table.row(u64::MAX), table.row(7), table.row(1 << 40)], [0, 1, 0, 2]);
        assert!(table.define(u64::MAX, 5));
        assert!(!table.define(u64::MAX, 6));
        assert_eq!(table.undefined(), 2);
        assert_eq!(table.into_defined(), (vec![5], vec![None, Some(0), None]));
    }
}
