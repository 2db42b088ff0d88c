//! What makes two frames the same node, and how a node is called.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::cmp::Ordering;
use std::hash::BuildHasher;

use super::query::{Granularity, Query};
use super::text::{Names, TextId, base_name};
use crate::base::index::{Idx, IndexVec};
use crate::newtype_index;

newtype_index! {
    /// A distinct node of a view.
    KeyId
}

/// What two frames of one node share. Source: `NodeInfo` of `internal/graph`;
/// what the granularity leaves out is empty or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeKey {
    pub(super) name: TextId,
    pub(super) file: TextId,
    /// Only where there is no name.
    pub(super) object_file: TextId,
    pub(super) address: u64,
    pub(super) line: i64,
    pub(super) column: i64,
    /// Only where there is no name.
    pub(super) start_line: i64,
}

impl NodeKey {
    pub(super) const NOTHING: Self = Self {
        name: TextId::EMPTY,
        file: TextId::EMPTY,
        object_file: TextId::EMPTY,
        address: 0,
        line: 0,
        column: 0,
        start_line: 0,
    };

    /// The name that pprof prints: address, function, place, as far as they are known.
    pub(super) fn printable(&self, names: &Names<'_>) -> String {
        let mut parts = Vec::new();
        if self.address != 0 {
            parts.push(format!("{:016x}", self.address));
        }
        let (name, file) = (names.get(self.name), names.get(self.file));
        if !name.is_empty() {
            parts.push(name.to_owned());
        }
        let object_file = names.get(self.object_file);
        if self.line != 0 {
            let column = if self.column == 0 { String::new() } else { format!(":{}", self.column) };
            parts.push(format!("{file}:{}{column}", self.line));
        } else if !file.is_empty() {
            parts.push(file.to_owned());
        } else if !name.is_empty() {
            // The name says it.
        } else if !object_file.is_empty() {
            parts.push(format!("[{}]", base_name(object_file)));
        } else {
            parts.push("<unknown>".to_owned());
        }
        parts.join(" ")
    }

    /// The order that pprof gives to nodes that nothing else tells apart.
    pub(super) fn compare(&self, other: &Self, names: &Names<'_>) -> Ordering {
        let text = |key: &Self| {
            let (name, file, object_file) =
                (names.get(key.name), names.get(key.file), names.get(key.object_file));
            let (address, start, line, column) = (key.address, key.start_line, key.line, key.column);
            format!("{{{name}  {address} {file} {start} {line} {column} {object_file}}}")
        };
        text(self).cmp(&text(other))
    }
}

/// Which parts of a frame a granularity keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) function: bool,
    pub(super) file: bool,
    pub(super) line: bool,
    pub(super) column: bool,
    pub(super) address: bool,
    pub(super) inlined: bool,
}

impl Kept {
    pub(super) fn by(query: &Query) -> Self {
        let granularity = query.granularity;
        let inlined = !query.without_inlines;
        let address = granularity == Granularity::Addresses;
        Self {
            function: granularity != Granularity::Files,
            file: granularity != Granularity::Functions,
            line: address || granularity == Granularity::Lines,
            // pprof leaves everything as it is here, columns included.
            column: address && inlined,
            address,
            inlined,
        }
    }
}

/// All distinct nodes of a view. Row 0 stands for all stacks together.
#[derive(Debug)]
pub(super) struct Keys {
    rows: IndexVec<KeyId, NodeKey>,
    /// The file in which each was first met, whether or not it tells nodes apart.
    files: Vec<TextId>,
    by_content: HashTable<u32>,
}

impl Keys {
    /// The node above all stacks; no frame has it.
    pub(super) const ROOT: KeyId = KeyId(0);

    pub(super) fn new() -> Self {
        let mut rows = IndexVec::default();
        rows.push(NodeKey::NOTHING);
        Self { rows, files: vec![TextId::EMPTY], by_content: HashTable::new() }
    }

    pub(super) fn intern(&mut self, key: NodeKey, file: TextId) -> KeyId {
        let hash = FxBuildHasher.hash_one(key);
        let rows = &self.rows;
        if let Some(&row) = self.by_content.find(hash, |&row| rows.get(KeyId(row)) == Some(&key)) {
            return KeyId(row);
        }
        let id = self.rows.push(key);
        self.files.push(file);
        let rows = &self.rows;
        let hash_of = |&row: &u32| rows.get(KeyId(row)).map_or(0, |key| FxBuildHasher.hash_one(key));
        self.by_content.insert_unique(hash, id.0, hash_of);
        id
    }

    pub(super) fn get(&self, id: KeyId) -> &NodeKey {
        self.rows.get(id).unwrap_or(&NodeKey::NOTHING)
    }

    pub(super) fn file(&self, id: KeyId) -> TextId {
        self.files.get(id.index()).copied().unwrap_or(TextId::EMPTY)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = KeyId> {
        (0..self.rows.len()).map(KeyId::from_usize)
    }
}
