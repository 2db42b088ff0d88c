//! Of stacks, amounts stay, and functions; the process or thread at the root, and paths, do not.

use super::line::Stack;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks};
use crate::formats::sampled::symbol;

pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let Some(stack) = Stack::of(line.bytes) else { continue };
        let mut at = 0;
        for (depth, frame) in stack.frames.split(|byte| *byte == b';').enumerate() {
            if depth > 0 {
                marks.keep(line.bytes.get(at - 1..at).unwrap_or_default());
            }
            self::frame(frame, depth == 0, marks);
            at += frame.len() + 1;
        }
        marks.keep(line.bytes.get(stack.frames.len()..).unwrap_or_default());
    }
    Ok(())
}

fn frame(frame: &[u8], is_root: bool, marks: &mut Marks<'_>) {
    let Ok(text) = std::str::from_utf8(frame) else { return };
    let (name, file, _) = symbol::placed(text);
    if (is_root && file.is_empty() && !is_qualified(name)) || is_remark(name) {
        return marks.words(frame, Kind::Name);
    }
    let (before, rest) = frame.split_at_checked(name.len()).unwrap_or((frame, &[]));
    marks.keep(before);
    if file.is_empty() {
        return;
    }
    let (open, rest) = rest.split_at_checked(2).unwrap_or((rest, &[]));
    let (path, end) = rest.split_at_checked(file.len()).unwrap_or((rest, &[]));
    marks.keep(open);
    marks.source_file(path, b"");
    marks.keep(end);
}

/// True for the name of a function that no process has: with a package, a type or a scope.
fn is_qualified(name: &str) -> bool {
    name.starts_with("runtime.") || name.contains("::") || name.contains(['(', '/', '<', '['])
}

/// What samplers put in place of functions: `process 12:"python app.py"`, `thread (0x7f12): "worker"`.
fn is_remark(name: &str) -> bool {
    name.contains('"') || name.starts_with("process ") || name.starts_with("thread ") || name.starts_with('/')
}
