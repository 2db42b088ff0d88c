//! Frames and call stacks of symbolized captures, each stored once.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::{BuildHasher, Hash};

use crate::base::index::{Idx, IndexVec};
use crate::base::intern::StrId;
use crate::newtype_index;

newtype_index! {
    /// A row of [`Stacks::frames`].
    FrameId
}
newtype_index! {
    /// A call stack: a node of a tree whose parents are its callers.
    StackId
}

/// One function call site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Function name as the capture prints it.
    pub function: StrId,
    /// Source file, if known.
    pub file: Option<StrId>,
    /// Line in the file, if known.
    pub line: Option<u32>,
    /// True if the compiler inlined this call into its caller.
    pub inlined: bool,
}

/// A stack is its innermost frame and the stack of the callers.
///
/// Invariant: `parent` is a smaller id, so a walk to the root ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StackNode {
    /// The callers; `None` at the root.
    pub parent: Option<StackId>,
    /// The innermost frame.
    pub frame: FrameId,
}

/// Interned frames and stacks.
#[derive(Clone, Debug, Default)]
pub struct Stacks {
    /// Distinct frames.
    pub frames: IndexVec<FrameId, Frame>,
    /// Distinct stacks, parents first.
    pub nodes: IndexVec<StackId, StackNode>,
    frames_by_content: HashTable<u32>,
    nodes_by_content: HashTable<u32>,
}

impl Stacks {
    /// The id of a frame, stored on first sight.
    pub fn frame(&mut self, frame: Frame) -> FrameId {
        FrameId(intern(&mut self.frames, &mut self.frames_by_content, frame))
    }

    /// The id of `frame` called from `parent`, stored on first sight.
    pub fn push(&mut self, parent: Option<StackId>, frame: FrameId) -> StackId {
        StackId(intern(&mut self.nodes, &mut self.nodes_by_content, StackNode { parent, frame }))
    }

    /// The stack of frames given innermost first, as Go prints them.
    pub fn from_leaf_first(&mut self, frames: &[FrameId]) -> Option<StackId> {
        frames.iter().rev().fold(None, |parent, &frame| Some(self.push(parent, frame)))
    }

    /// Frames from the innermost to the root.
    pub fn leaf_first(&self, stack: Option<StackId>) -> impl Iterator<Item = &Frame> + '_ {
        let mut next = stack;
        std::iter::from_fn(move || {
            let node = self.nodes.get(next?)?;
            next = node.parent;
            self.frames.get(node.frame)
        })
    }
}

fn intern<I: Idx, T: Copy + Eq + Hash>(
    rows: &mut IndexVec<I, T>,
    by_content: &mut HashTable<u32>,
    row: T,
) -> u32 {
    let hasher = FxBuildHasher;
    let hash = hasher.hash_one(row);
    let at = |rows: &IndexVec<I, T>, id: u32| {
        rows.get(I::from_usize(crate::base::convert::id_to_usize(id))).copied()
    };
    if let Some(&id) = by_content.find(hash, |&id| at(rows, id) == Some(row)) {
        return id;
    }
    let id = rows.len_u32();
    rows.push(row);
    by_content.insert_unique(hash, id, |&id| at(rows, id).map_or(0, |row| hasher.hash_one(row)));
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::intern::StringTable;

    /// ```text
    /// A     A
    /// B     B      share the stack A > B
    /// C     D
    /// ```
    #[test]
    fn stacks_with_common_callers_share_nodes() {
        let mut strings = StringTable::default();
        let mut stacks = Stacks::default();
        let [a, b, c, d] = ["A", "B", "C", "D"].map(|name| {
            stacks.frame(Frame { function: strings.intern(name), file: None, line: None, inlined: false })
        });
        let abc = stacks.from_leaf_first(&[c, b, a]);
        let abd = stacks.from_leaf_first(&[d, b, a]);
        assert_ne!(abc, abd);
        assert_eq!(stacks.nodes.len(), 4);
        let names: Vec<_> = stacks.leaf_first(abd).map(|f| strings.get(f.function)).collect();
        assert_eq!(names, ["D", "B", "A"]);
    }
}
