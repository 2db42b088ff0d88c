//! Rows in the direction in which a tree reads them, from where it starts.

use std::borrow::Cow;

use super::frames::{FrameRef, Frames};
use super::nodes::KeyId;
use super::rows::{Row, Side};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::index::Idx;
use crate::evidence::profiles::{LocationId, StackList};

/// Stacks to read step by step.
pub(super) struct Paths<'s> {
    stacks: Cow<'s, StackList>,
    frames: Cow<'s, Frames>,
    pub(super) rows: Cow<'s, [Row]>,
}

/// How far a row is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// The next location.
    at: u32,
    end: u32,
    /// The next frame of the location at hand, and where that ends.
    frame: u32,
    frame_end: u32,
    /// Frames to leave out at the start of the next location.
    skip: u32,
}

impl Cursor {
    pub(super) fn new(row: &Row) -> Self {
        Self { at: row.begin, end: row.end, frame: 0, frame_end: 0, skip: row.skip }
    }
}

impl<'s> Paths<'s> {
    /// From the root to the leaf.
    pub(super) fn down(side: &'s Side<'_>) -> Self {
        Self {
            stacks: Cow::Borrowed(&side.stacks),
            frames: Cow::Borrowed(&side.frames),
            rows: Cow::Borrowed(&side.rows),
        }
    }

    /// From the outermost of some nodes to the leaf; stacks without any are left out.
    pub(super) fn down_from(side: &'s Side<'_>, pivot: &[bool]) -> Self {
        let row = |row: &Row| {
            let found = find(side, row, pivot)?;
            Some(Row { begin: found.at, skip: found.before, ..*row })
        };
        Self { rows: side.rows.iter().filter_map(row).collect(), ..Self::down(side) }
    }

    /// From the leaf to the root, or from the outermost of some nodes to the root.
    pub(super) fn up(side: &'s Side<'_>, pivot: Option<&[bool]>) -> Self {
        let mut stacks = StackList::default();
        let mut locations: Vec<LocationId> = Vec::new();
        let mut rows = Vec::with_capacity(side.rows.len());
        for row in &side.rows {
            let (end, skip) = match pivot {
                None => (row.end, 0),
                Some(pivot) => match find(side, row, pivot) {
                    Some(found) => (found.next, found.after),
                    None => continue,
                },
            };
            locations.clear();
            let mut at = row.begin;
            while let Some((location, next)) = side.stacks.next(at, end) {
                locations.push(location);
                at = next;
            }
            if let Some(stack) = stacks.push(locations.iter().rev().copied()) {
                let (begin, end) = stacks.range(stack);
                rows.push(Row { begin, end, skip, weight: row.weight });
            }
        }
        Self {
            stacks: Cow::Owned(stacks),
            frames: Cow::Owned(side.frames.reversed()),
            rows: Cow::Owned(rows),
        }
    }

    /// The next frame of a row.
    pub(super) fn step(&self, cursor: &mut Cursor) -> Option<FrameRef> {
        loop {
            if cursor.frame < cursor.frame_end {
                cursor.frame += 1;
                return self.frames.at(cursor.frame - 1);
            }
            let (location, next) = self.stacks.next(cursor.at, cursor.end)?;
            let (begin, end) = self.frames.range(location);
            cursor.at = next;
            cursor.frame = begin.saturating_add(std::mem::take(&mut cursor.skip));
            cursor.frame_end = end;
        }
    }
}

/// The outermost frame of a row that is one of some nodes.
struct Found {
    /// Its location, and the one after.
    at: u32,
    next: u32,
    /// Frames of the location outside of it, and inside.
    before: u32,
    after: u32,
}

fn find(side: &Side<'_>, row: &Row, pivot: &[bool]) -> Option<Found> {
    let (mut at, mut skip) = (row.begin, row.skip);
    let is_wanted = |key: KeyId| pivot.get(key.index()) == Some(&true);
    while let Some((location, next)) = side.stacks.next(at, row.end) {
        let frames = side.frames.of(location);
        let first = id_to_usize(skip);
        let found = frames.iter().skip(first).position(|frame| is_wanted(frame.key()));
        if let Some(index) = found.map(|index| index + first) {
            let after = to_u32(frames.len() - 1 - index);
            return Some(Found { at, next, before: to_u32(index), after });
        }
        (at, skip) = (next, 0);
    }
    None
}
