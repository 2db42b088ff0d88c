//! Typed ids: a row number that knows which table it belongs to.

use std::marker::PhantomData;

use super::convert::{id_to_usize, to_u32};

/// An id minted by one table: a row number as `u32`.
pub trait Idx: Copy {
    /// The id of row `index`.
    fn from_usize(index: usize) -> Self;
    /// The row that the id names.
    fn index(self) -> usize;
}

/// Defines a typed id.
macro_rules! newtype_index {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $crate::base::index::Idx for $name {
            fn from_usize(index: usize) -> Self {
                Self($crate::base::convert::to_u32(index))
            }
            fn index(self) -> usize {
                $crate::base::convert::id_to_usize(self.0)
            }
        }
    };
}

pub(crate) use newtype_index;

/// A table whose rows are named by ids of one type.
#[derive(Clone, Debug)]
pub struct IndexVec<I, T> {
    rows: Vec<T>,
    id: PhantomData<fn(I)>,
}

impl<I, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self { rows: Vec::new(), id: PhantomData }
    }
}

impl<I: Idx, T> IndexVec<I, T> {
    /// Adds a row and returns its id.
    pub fn push(&mut self, row: T) -> I {
        let id = I::from_usize(self.rows.len());
        self.rows.push(row);
        id
    }

    /// The row, if `id` was minted by this table.
    pub fn get(&self, id: I) -> Option<&T> {
        self.rows.get(id.index())
    }

    /// The row for writing, if `id` was minted by this table.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.rows.get_mut(id.index())
    }

    /// Rows with their ids, in order.
    pub fn iter_enumerated(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.rows.iter().enumerate().map(|(i, row)| (I::from_usize(i), row))
    }

    /// Rows in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows there are, as an id bound.
    pub fn len_u32(&self) -> u32 {
        to_u32(self.rows.len())
    }
}

/// Ids are minted by the table they index, so a miss is a bug, not bad input.
impl<I: Idx, T> std::ops::Index<I> for IndexVec<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.rows[id.index()]
    }
}

/// All ids of a table with `len` rows.
pub fn ids<I: Idx>(len: u32) -> impl Iterator<Item = I> {
    (0..id_to_usize(len)).map(I::from_usize)
}
