//! Labels of samples, in distinct sets.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

use crate::base::convert::{id_to_usize, to_u32};
use crate::base::intern::StrId;
use crate::newtype_index;

newtype_index! {
    /// A set of labels of a [`LabelSets`]. Set 0 has no label.
    LabelSetId
}

/// The value of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelValue {
    /// A text (`Label.str`).
    Text(StrId),
    /// A number (`Label.num`) and its unit (`Label.num_unit`).
    Number {
        /// The number.
        value: i64,
        /// Its unit, if stated.
        unit: Option<StrId>,
    },
    /// Neither text, number nor unit: an empty text and the number 0 are
    /// written alike, so which one was meant is unknown.
    EmptyOrZero,
}

/// A key and its value. Source: `Label`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The key.
    pub key: StrId,
    /// The value.
    pub value: LabelValue,
}

/// Distinct sets of labels, each in file order.
#[derive(Clone, Debug)]
pub struct LabelSets {
    labels: Vec<Label>,
    /// Where set `i` ends; it starts where the one before ends.
    ends: Vec<u32>,
}

impl Default for LabelSets {
    fn default() -> Self {
        Self { labels: Vec::new(), ends: vec![0] }
    }
}

impl LabelSets {
    /// The set without labels.
    pub const EMPTY: LabelSetId = LabelSetId(0);

    /// Adds a set.
    pub fn push(&mut self, labels: impl IntoIterator<Item = Label>) -> LabelSetId {
        self.labels.extend(labels);
        let row = to_u32(self.ends.len());
        self.ends.push(to_u32(self.labels.len()));
        LabelSetId(row)
    }

    /// The labels of a set.
    pub fn get(&self, set: LabelSetId) -> &[Label] {
        let row = id_to_usize(set.0);
        let end = self.ends.get(row).copied().unwrap_or(0);
        let begin = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.labels.get(id_to_usize(begin)..id_to_usize(end)).unwrap_or_default()
    }

    /// How many sets there are, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if no sample has labels.
    pub fn is_empty(&self) -> bool {
        self.ends.len() <= 1
    }

    /// Labels over all sets.
    pub fn label_count(&self) -> usize {
        self.labels.len()
    }

    /// All sets with their ids, the empty one first.
    pub fn iter(&self) -> impl Iterator<Item = (LabelSetId, &[Label])> {
        (0..to_u32(self.ends.len())).map(|row| (LabelSetId(row), self.get(LabelSetId(row))))
    }
}

/// Adds label sets to a [`LabelSets`], each distinct one once.
#[derive(Debug, Default)]
pub struct LabelInterner {
    by_content: HashTable<u32>,
}

impl LabelInterner {
    /// The id of a set, added on first sight.
    pub fn intern(&mut self, sets: &mut LabelSets, labels: &[Label]) -> LabelSetId {
        if labels.is_empty() {
            return LabelSets::EMPTY;
        }
        let hash = FxBuildHasher.hash_one(labels);
        if let Some(&row) = self.by_content.find(hash, |&row| sets.get(LabelSetId(row)) == labels) {
            return LabelSetId(row);
        }
        let set = sets.push(labels.iter().copied());
        let hash_of = |&row: &u32| FxBuildHasher.hash_one(sets.get(LabelSetId(row)));
        self.by_content.insert_unique(hash, set.0, hash_of);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_share_an_id_and_no_label_is_set_zero() {
        let mut sets = LabelSets::default();
        let mut interner = LabelInterner::default();
        let tenant = Label { key: StrId(1), value: LabelValue::Text(StrId(2)) };
        let bytes = Label { key: StrId(3), value: LabelValue::Number { value: 16, unit: None } };
        let both = interner.intern(&mut sets, &[tenant, bytes]);
        assert_eq!(interner.intern(&mut sets, &[tenant, bytes]), both);
        assert_ne!(interner.intern(&mut sets, &[bytes, tenant]), both);
        assert_eq!(interner.intern(&mut sets, &[]), LabelSets::EMPTY);
        assert_eq!(sets.get(both), [tenant, bytes]);
        assert!(sets.get(LabelSets::EMPTY).is_empty());
    }
}
