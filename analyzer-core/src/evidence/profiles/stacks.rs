//! Call stacks as lists of locations.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

use super::LocationId;
use crate::base::convert::{id_to_usize, to_u32};
use crate::newtype_index;

newtype_index! {
    /// A row of a [`StackList`].
    StackRow
}

/// Distinct call stacks, root first.
///
/// A stack is a run of LEB128 numbers, one a location: half the memory of a
/// column of `u32`, which is most of a large profile, and as fast to walk.
#[derive(Clone, Debug, Default)]
pub struct StackList {
    bytes: Vec<u8>,
    /// Where stack `i` ends; it starts where the one before ends.
    ends: Vec<u32>,
}

impl StackList {
    /// Makes room for `stacks` more stacks of `bytes` bytes in all.
    pub fn reserve(&mut self, stacks: usize, bytes: usize) {
        self.ends.reserve(stacks);
        self.bytes.reserve(bytes);
    }

    /// Gives back memory that no stack uses.
    pub fn shrink_to_fit(&mut self) {
        self.ends.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// Adds a stack of locations given root first. `None` if the list is full (4 GiB).
    pub fn push(&mut self, root_first: impl IntoIterator<Item = LocationId>) -> Option<StackRow> {
        let begin = self.bytes.len();
        for location in root_first {
            write_varint(&mut self.bytes, location.0);
        }
        self.close(begin)
    }

    fn close(&mut self, begin: usize) -> Option<StackRow> {
        let Ok(end) = u32::try_from(self.bytes.len()) else {
            self.bytes.truncate(begin);
            return None;
        };
        let row = to_u32(self.ends.len());
        self.ends.push(end);
        Some(StackRow(row))
    }

    /// How many stacks there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where a stack begins and ends, for [`Self::next`].
    pub fn range(&self, stack: StackRow) -> (u32, u32) {
        let row = id_to_usize(stack.0);
        let end = self.ends.get(row).copied().unwrap_or(0);
        let begin = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        (begin, end)
    }

    /// The location at `at`, and where the next one begins; `None` at or past `end`.
    #[inline]
    pub fn next(&self, at: u32, end: u32) -> Option<(LocationId, u32)> {
        if at >= end {
            return None;
        }
        let rest = self.bytes.get(id_to_usize(at)..)?;
        let bits = |byte: u8| u32::from(byte & 0x7f);
        let (value, length) = match *rest {
            [byte, ..] if byte < 0x80 => (bits(byte), 1),
            [low, high, ..] if high < 0x80 => (bits(low) | bits(high) << 7, 2),
            [low, middle, high, ..] if high < 0x80 => (bits(low) | bits(middle) << 7 | bits(high) << 14, 3),
            _ => read_long(rest)?,
        };
        Some((LocationId(value), at + length))
    }

    /// The locations of a stack, root first.
    pub fn locations(&self, stack: StackRow) -> impl Iterator<Item = LocationId> + '_ {
        let (mut at, end) = self.range(stack);
        std::iter::from_fn(move || {
            let (location, next) = self.next(at, end)?;
            at = next;
            Some(location)
        })
    }

    fn encoded(&self, row: u32) -> &[u8] {
        let (begin, end) = self.range(StackRow(row));
        self.bytes.get(id_to_usize(begin)..id_to_usize(end)).unwrap_or_default()
    }

    /// Bytes of memory that the list takes.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

/// A number of four or five bytes, and how many they are.
#[cold]
fn read_long(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut value = 0;
    for (index, &byte) in (0_u32..5).zip(bytes) {
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}

#[inline]
fn write_varint(bytes: &mut Vec<u8>, value: u32) {
    let part = |shift: u32| (value >> shift).to_le_bytes()[0];
    match value {
        0..0x80 => bytes.push(part(0)),
        0x80..0x4000 => bytes.extend_from_slice(&[part(0) | 0x80, part(7)]),
        0x4000..0x20_0000 => bytes.extend_from_slice(&[part(0) | 0x80, part(7) | 0x80, part(14)]),
        0x20_0000..0x1000_0000 => {
            bytes.extend_from_slice(&[part(0) | 0x80, part(7) | 0x80, part(14) | 0x80, part(21)]);
        }
        _ => bytes.extend_from_slice(&[
            part(0) | 0x80,
            part(7) | 0x80,
            part(14) | 0x80,
            part(21) | 0x80,
            part(28),
        ]),
    }
}

/// Adds stacks to a [`StackList`], each distinct one once.
#[derive(Debug, Default)]
pub struct StackInterner {
    by_content: HashTable<u32>,
}

impl StackInterner {
    /// The row of a stack given root first, added on first sight. `None` if the list is full.
    pub fn intern(
        &mut self,
        list: &mut StackList,
        root_first: impl IntoIterator<Item = LocationId>,
    ) -> Option<StackRow> {
        let begin = list.bytes.len();
        for location in root_first {
            write_varint(&mut list.bytes, location.0);
        }
        let content = list.bytes.get(begin..).unwrap_or_default();
        let hash = FxBuildHasher.hash_one(content);
        if let Some(&row) = self.by_content.find(hash, |&row| list.encoded(row) == content) {
            list.bytes.truncate(begin);
            return Some(StackRow(row));
        }
        let row = list.close(begin)?;
        self.by_content.insert_unique(hash, row.0, |&row| FxBuildHasher.hash_one(list.encoded(row)));
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stacks_share_a_row_and_read_back_root_first() {
        let mut list = StackList::default();
        let mut interner = StackInterner::default();
        let deep = [0, 127, 128, 16_383, 16_384, 1 << 21, (1 << 28) - 1, 1 << 28, u32::MAX].map(LocationId);
        let a = interner.intern(&mut list, deep);
        let empty = interner.intern(&mut list, []);
        assert_eq!(interner.intern(&mut list, deep), a);
        assert_ne!(a, empty);
        assert_eq!(list.len(), 2);
        assert_eq!(list.locations(a.unwrap()).collect::<Vec<_>>(), deep);
        assert_eq!(list.locations(empty.unwrap()).count(), 0);
        assert_eq!(list.locations(StackRow(99)).count(), 0);
    }
}
