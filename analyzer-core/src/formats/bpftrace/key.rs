//! A key of a map: parts joined with `,`; a stack is a part that begins and ends with a line end.

use crate::base::limits::GROUP_STACK_FRAMES;
use crate::evidence::Evidence;
use crate::evidence::stacks::{Frame, StackId};

/// A key, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key<'a> {
    /// Frames of its stacks, leaf first: symbols without offsets.
    pub frames: Vec<&'a str>,
    /// Its other parts.
    pub parts: Vec<&'a str>,
}

/// Takes a key apart.
pub(super) fn split(text: &str) -> Key<'_> {
    let mut key = Key::default();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(stack) = rest.strip_prefix('\n') {
            let end = stack.find("\n,").map_or(stack.len(), |end| end + 1);
            let (stack, after) = stack.split_at(end);
            key.frames.extend(stack.lines().filter_map(symbol));
            rest = after.strip_prefix(',').unwrap_or(after);
            continue;
        }
        let end = part_end(rest);
        let (part, after) = rest.split_at(end);
        key.parts.push(part.trim());
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    key.frames.truncate(GROUP_STACK_FRAMES);
    key
}

/// Where a part ends: at a comma that is not within brackets, as those of type arguments are.
fn part_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The symbol of a line of a stack: `main.decode+26`, `7f31 main.decode+26 (/app)`, `0x7f31`.
pub(in crate::formats) fn symbol(line: &str) -> Option<&str> {
    let line = line.trim();
    // In its perf form there is the address before, and the file behind.
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let is_address = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_hexdigit());
    let line = if is_address && !rest.is_empty() { rest } else { line };
    let line = if line.ends_with(')') { line.rsplit_once(" (").map_or(line, |(line, _)| line) } else { line };
    let name = match line.rsplit_once('+') {
        Some((name, offset)) if is_offset(offset) => name,
        _ => line,
    };
    (!name.is_empty()).then_some(name)
}

fn is_offset(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The stack of these symbols, leaf first.
pub(in crate::formats) fn stack<'s>(
    symbols: impl IntoIterator<Item = &'s str>,
    evidence: &mut Evidence,
) -> Option<StackId> {
    let frames: Vec<_> = symbols
        .into_iter()
        .take(GROUP_STACK_FRAMES)
        .map(|name| {
            // The suffix of assembly's calling convention is the linker's.
            let function = evidence.strings.intern(name.trim_end_matches(".abi0"));
            evidence.stacks.frame(Frame { function, file: None, line: None, inlined: false })
        })
        .collect();
    evidence.stacks.from_leaf_first(&frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_stacks_are_told_apart() {
        let key = split("\n    f+1\n    main.g+0x2\n,video");
        assert_eq!(key, Key { frames: vec!["f", "main.g"], parts: vec!["video"] });
        let key = split("12,main.Map[go.shape.int,go.shape.string],\n    f+1\n");
        assert_eq!(key.parts, ["12", "main.Map[go.shape.int,go.shape.string]"]);
        assert_eq!(key.frames, ["f"]);
    }

    #[test]
    fn symbols_lose_address_offset_and_file() {
        assert_eq!(symbol("    7f31aa main.decode+26 (/app/video)"), Some("main.decode"));
        assert_eq!(symbol("0x7f31"), Some("0x7f31"));
        assert_eq!(symbol("main.(*T).Get+0x1f"), Some("main.(*T).Get"));
        assert_eq!(symbol("  "), None);
    }
}
