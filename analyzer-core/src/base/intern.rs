//! Each string stored once, named by a [`StrId`].

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::convert::{id_to_usize, to_u32};
use super::index::Idx;
use super::limits::STRING_BYTES;
use crate::newtype_index;

newtype_index! {
    /// A string of a [`StringTable`].
    StrId
}

impl Default for StrId {
    /// The empty string, in every table.
    fn default() -> Self {
        StringTable::EMPTY
    }
}

/// All strings of a session back to back; `ends[i]` is where string `i` stops.
/// Row 0 is always the empty string.
#[derive(Clone, Debug)]
pub struct StringTable {
    text: String,
    ends: Vec<u32>,
    by_content: HashTable<u32>,
    cut: u64,
}

impl Default for StringTable {
    fn default() -> Self {
        let mut table = Self { text: String::new(), ends: Vec::new(), by_content: HashTable::new(), cut: 0 };
        table.intern("");
        table
    }
}

impl StringTable {
    /// The id of the empty string in every table.
    pub const EMPTY: StrId = StrId(0);

    /// The id of `text`, stored on first sight; what is longer than
    /// [`STRING_BYTES`] is cut, with an ellipsis. A table that would pass 4 GiB
    /// answers with [`Self::EMPTY`]; input limits keep it far below.
    pub fn intern(&mut self, text: &str) -> StrId {
        if text.len() > STRING_BYTES {
            self.cut += 1;
            let kept = text.get(..text.floor_char_boundary(STRING_BYTES - "…".len())).unwrap_or_default();
            return self.intern_whole(&format!("{kept}…"));
        }
        self.intern_whole(text)
    }

    fn intern_whole(&mut self, text: &str) -> StrId {
        let hash = hash_of(text.as_bytes());
        if let Some(id) = self.known(hash, text.as_bytes()) {
            return id;
        }
        let Ok(end) = u32::try_from(self.text.len() + text.len()) else {
            return Self::EMPTY;
        };
        let row = to_u32(self.ends.len());
        self.text.push_str(text);
        self.ends.push(end);
        let (all, ends) = (&self.text, &self.ends);
        self.by_content.insert_unique(hash, row, |&row| hash_of(slice(all, ends, row).as_bytes()));
        StrId(row)
    }

    /// The id of the string with these bytes, if it was stored before.
    fn known(&self, hash: u64, bytes: &[u8]) -> Option<StrId> {
        let is_it = |&row: &u32| slice(&self.text, &self.ends, row).as_bytes() == bytes;
        self.by_content.find(hash, is_it).map(|&row| StrId(row))
    }

    /// The id of bytes that should be UTF-8; invalid sequences become U+FFFD.
    pub fn intern_lossy(&mut self, bytes: &[u8]) -> StrId {
        // What equals a stored string is valid: only the first of equals is looked at, and hardly any is repaired.
        if let Some(id) = self.known(hash_of(bytes), bytes) {
            return id;
        }
        match str::from_utf8(bytes) {
            Ok(text) => self.intern(text),
            Err(_) => self.intern(&String::from_utf8_lossy(bytes)),
        }
    }

    /// The id of `text` if it was stored before.
    pub fn find(&self, text: &str) -> Option<StrId> {
        self.known(hash_of(text.as_bytes()), text.as_bytes())
    }

    /// The string, or "" for an id of another table.
    pub fn get(&self, id: StrId) -> &str {
        slice(&self.text, &self.ends, id.0)
    }

    /// How often a string was cut.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never true: row 0 is always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All strings with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (StrId, &str)> {
        (0..self.ends.len()).map(|row| (StrId::from_usize(row), self.get(StrId::from_usize(row))))
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

fn slice<'a>(text: &'a str, ends: &[u32], row: u32) -> &'a str {
    let row = id_to_usize(row);
    let Some(&end) = ends.get(row) else { return "" };
    let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    text.get(id_to_usize(start)..id_to_usize(end)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_an_id() {
        let mut table = StringTable::default();
        let a = table.intern("main.main");
        let b = table.intern("runtime.main");
        assert_eq!(table.intern("main.main"), a);
        assert_ne!(a, b);
        assert_eq!((table.get(a), table.get(b)), ("main.main", "runtime.main"));
        assert_eq!(table.intern(""), StringTable::EMPTY);
        assert_eq!(table.find("main.other"), None);
    }

    #[test]
    fn foreign_ids_read_as_empty() {
        assert_eq!(StringTable::default().get(StrId(7)), "");
    }
}
