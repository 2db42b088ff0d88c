//! Strings, frames and stacks of a trace. The file restates them in each
//! generation under new ids; here each is stored once, by content.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::base::convert::{id_to_usize, to_u32};
use crate::base::index::IndexVec;
use crate::base::intern::{StrId, StringTable};
use crate::newtype_index;

newtype_index! {
    /// A row of [`Names::frames`].
    TraceFrameId
}
newtype_index! {
    /// A call stack of a trace; [`Names::NO_STACK`] if the event has none.
    StackRef
}

/// One frame. Frames of different `pc` differ, as in `go tool trace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceFrame {
    /// Program counter.
    pub pc: u64,
    /// Function name.
    pub function: StrId,
    /// Source file.
    pub file: StrId,
    /// Line in the file.
    pub line: u64,
}

/// All names of one trace.
///
/// Invariant: row 0 of `stack_ends` is 0, the empty stack.
#[derive(Clone, Debug)]
pub struct Names {
    /// Every string.
    pub strings: StringTable,
    /// Distinct frames.
    pub frames: IndexVec<TraceFrameId, TraceFrame>,
    /// Frames of all stacks back to back, innermost first.
    stack_frames: Vec<TraceFrameId>,
    /// Where each stack ends in `stack_frames`.
    stack_ends: Vec<u32>,
    frames_by_content: HashTable<u32>,
    stacks_by_content: HashTable<u32>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            strings: StringTable::default(),
            frames: IndexVec::default(),
            stack_frames: Vec::new(),
            stack_ends: vec![0],
            frames_by_content: HashTable::new(),
            stacks_by_content: HashTable::new(),
        }
    }
}

impl Names {
    /// The stack of events that have none.
    pub const NO_STACK: StackRef = StackRef(0);

    /// The id of a frame, stored on first sight.
    pub fn frame(&mut self, frame: TraceFrame) -> TraceFrameId {
        let hash = FxBuildHasher.hash_one(frame);
        let frames = &self.frames;
        let at = |id: u32| frames.get(TraceFrameId(id)).copied();
        if let Some(&id) = self.frames_by_content.find(hash, |&id| at(id) == Some(frame)) {
            return TraceFrameId(id);
        }
        let id = self.frames.push(frame);
        let frames = &self.frames;
        let hash_of = |&id: &u32| frames.get(TraceFrameId(id)).map_or(0, |row| FxBuildHasher.hash_one(row));
        self.frames_by_content.insert_unique(hash, id.0, hash_of);
        id
    }

    /// The id of a stack given innermost first, stored on first sight.
    pub fn stack(&mut self, frames: &[TraceFrameId]) -> StackRef {
        if frames.is_empty() {
            return Self::NO_STACK;
        }
        let hash = FxBuildHasher.hash_one(frames);
        let (all, ends) = (&self.stack_frames, &self.stack_ends);
        if let Some(&id) = self.stacks_by_content.find(hash, |&id| slice(all, ends, id) == frames) {
            return StackRef(id);
        }
        let Ok(end) = u32::try_from(self.stack_frames.len() + frames.len()) else { return Self::NO_STACK };
        let id = to_u32(self.stack_ends.len());
        self.stack_frames.extend_from_slice(frames);
        self.stack_ends.push(end);
        let (all, ends) = (&self.stack_frames, &self.stack_ends);
        self.stacks_by_content.insert_unique(hash, id, |&id| FxBuildHasher.hash_one(slice(all, ends, id)));
        StackRef(id)
    }

    /// Frames of a stack, innermost first.
    pub fn frames_of(
        &self,
        stack: StackRef,
    ) -> impl DoubleEndedIterator<Item = &TraceFrame> + ExactSizeIterator {
        let ids = slice(&self.stack_frames, &self.stack_ends, stack.0);
        ids.iter().map(|&id| &self.frames[id])
    }

    /// Rows of a stack's frames, innermost first.
    pub fn frame_ids_of(&self, stack: StackRef) -> &[TraceFrameId] {
        slice(&self.stack_frames, &self.stack_ends, stack.0)
    }

    /// Function names of a stack, innermost first.
    pub fn functions_of(&self, stack: StackRef) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.frames_of(stack).map(|frame| self.strings.get(frame.function))
    }

    /// How many stacks there are, the empty one included.
    pub fn stack_count(&self) -> usize {
        self.stack_ends.len()
    }
}

fn slice<'a>(all: &'a [TraceFrameId], ends: &[u32], id: u32) -> &'a [TraceFrameId] {
    let row = id_to_usize(id);
    let Some(&end) = ends.get(row) else { return &[] };
    let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    all.get(id_to_usize(start)..id_to_usize(end)).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(names: &mut Names, pc: u64, function: &str) -> TraceFrameId {
        let function = names.strings.intern(function);
        names.frame(TraceFrame { pc, function, file: StringTable::EMPTY, line: 1 })
    }

    #[test]
    fn equal_stacks_share_an_id_and_no_stack_is_empty() {
        let mut names = Names::default();
        let leaf = frame(&mut names, 2, "leaf");
        let root = frame(&mut names, 1, "root");
        let stack = names.stack(&[leaf, root]);
        assert_eq!(names.stack(&[leaf, root]), stack);
        assert_ne!(names.stack(&[root]), stack);
        assert_eq!(names.functions_of(stack).collect::<Vec<_>>(), ["leaf", "root"]);
        assert_eq!(names.frames_of(Names::NO_STACK).len(), 0);
        assert_eq!(names.stack(&[]), Names::NO_STACK);
    }
}
