//! The stacks that a trace's tables refer to, each listed once.

use std::collections::HashMap;

use crate::analysis::goroutines::names::Function;
use crate::base::convert::{id_to_usize, to_u32};
use crate::evidence::trace::names::{Names, StackRef, TraceFrame};
use crate::report::StackFrame;
use crate::report::trace::Trace;

/// The frames of one of a section's stacks, innermost first.
pub fn frames_of(trace: &Trace, stack: u32) -> impl Iterator<Item = &StackFrame> {
    let rows = trace.stacks.get(id_to_usize(stack)).into_iter().flatten();
    rows.filter_map(|&row| trace.frames.get(id_to_usize(row)))
}

/// Collects stacks in the order in which tables ask for them.
#[derive(Debug)]
pub(super) struct StackTable<'a> {
    names: &'a Names,
    by_ref: HashMap<StackRef, u32>,
    frame_rows: HashMap<(u32, u32, u64), u32>,
    stacks: Vec<Vec<u32>>,
    frames: Vec<StackFrame>,
}

impl<'a> StackTable<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self {
            names,
            by_ref: HashMap::new(),
            frame_rows: HashMap::new(),
            stacks: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// The index of a stack; `None` for no stack.
    pub(super) fn index(&mut self, stack: StackRef) -> Option<u32> {
        if stack == Names::NO_STACK {
            return None;
        }
        if let Some(&index) = self.by_ref.get(&stack) {
            return Some(index);
        }
        let names = self.names;
        let frames = names.frames_of(stack).map(|frame| self.frame(frame)).collect();
        let index = to_u32(self.stacks.len());
        self.stacks.push(frames);
        self.by_ref.insert(stack, index);
        Some(index)
    }

    fn frame(&mut self, frame: &TraceFrame) -> u32 {
        let TraceFrame { function, file, line, .. } = *frame;
        let (names, frames) = (self.names, &mut self.frames);
        *self.frame_rows.entry((function.0, file.0, line)).or_insert_with(|| {
            let file = Some(names.strings.get(file)).filter(|file| !file.is_empty());
            let function = Function::new(names.strings.get(function));
            frames.push(StackFrame {
                function: function.name.to_string(),
                file: file.map(str::to_owned),
                line: u32::try_from(line).ok().filter(|&line| line > 0),
                origin: function.origin(file),
            });
            to_u32(frames.len() - 1)
        })
    }

    /// Stacks as indexes of frames, and the frames.
    pub(super) fn finish(self) -> (Vec<Vec<u32>>, Vec<StackFrame>) {
        (self.stacks, self.frames)
    }
}
