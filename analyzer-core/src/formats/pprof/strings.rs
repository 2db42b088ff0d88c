//! The string table of a file, and its way into the session's.

use crate::base::convert::{id_to_usize, to_u32, to_usize};
use crate::base::intern::{StrId, StringTable};

/// Where each string of the file stands. Strings are interned when a row asks
/// for them, so that unused ones (which nothing bounds) cost nothing.
#[derive(Debug, Default)]
pub(super) struct FileStrings {
    /// Offset and length.
    places: Vec<(u32, u32)>,
    /// The session's id, once asked for.
    ids: Vec<Option<StrId>>,
    /// References past the table.
    out_of_range: u64,
}

/// Until the string table is known, rows hold the index of a string in the
/// file's table in place of a [`StrId`]; [`FileStrings::resolve`] swaps it.
pub(super) fn unresolved(index: u64) -> StrId {
    StrId(u32::try_from(index).unwrap_or(u32::MAX))
}

impl FileStrings {
    pub(super) fn reserve(&mut self, strings: usize) {
        self.places.reserve(strings);
    }

    /// Adds the next string.
    pub(super) fn push(&mut self, at: usize, length: usize) {
        self.places.push((to_u32(at), to_u32(length)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Length of the first string, which the format wants to be empty.
    pub(super) fn first_length(&self) -> Option<u32> {
        self.places.first().map(|&(_, length)| length)
    }

    pub(super) fn out_of_range(&self) -> u64 {
        self.out_of_range
    }

    /// Swaps an index for the string's id in the session. Index 0 is the empty
    /// string whatever stands there; false if the index is past the table.
    pub(super) fn resolve(&mut self, string: &mut StrId, bytes: &[u8], table: &mut StringTable) -> bool {
        let index = id_to_usize(string.0);
        *string = StringTable::EMPTY;
        if index == 0 {
            return true;
        }
        let Some(&(at, length)) = self.places.get(index) else {
            self.out_of_range += 1;
            return false;
        };
        if self.ids.is_empty() {
            self.ids = vec![None; self.places.len()];
        }
        if let Some(slot) = self.ids.get_mut(index) {
            *string = *slot.get_or_insert_with(|| {
                let range = id_to_usize(at)..id_to_usize(at).saturating_add(id_to_usize(length));
                table.intern_lossy(bytes.get(range).unwrap_or_default())
            });
        }
        true
    }

    /// The string of an index that may be absent: index 0, or past the table.
    pub(super) fn optional(&mut self, index: u64, bytes: &[u8], table: &mut StringTable) -> Option<StrId> {
        let mut string = unresolved(index);
        let known = self.resolve(&mut string, bytes, table);
        (known && string != StringTable::EMPTY).then_some(string)
    }

    /// The bytes of a string of the file.
    pub(super) fn bytes<'a>(&self, index: u64, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let &(at, length) = self.places.get(to_usize(index)?)?;
        bytes.get(id_to_usize(at)..id_to_usize(at).saturating_add(id_to_usize(length)))
    }
}
