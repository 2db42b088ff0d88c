//! The maps as bpftrace prints them.

use super::Reader;
use super::key::frame;
use crate::base::convert::to_usize;
use crate::base::error::ParseError;
use crate::base::reader::Lines;
use crate::base::words::one_or_many;
use crate::formats::Facts;

/// Bytes of a key at most: 127 frames of long names.
const KEY_BYTES: usize = 256 << 10;

/// Name of the map whose key begins on this line, and what of the key stands on it.
pub(super) fn begins(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix('@')?.split_once('[')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // A key without a stack ends on its line.
    (is_name && !rest.contains("]:")).then_some((name, rest))
}

/// What of the key stands on its last line, and the value.
pub(super) fn ends(line: &str) -> Option<(&str, i64)> {
    let (rest, value) = line.rsplit_once("]: ")?;
    Some((rest, value.trim().parse().ok()?))
}

/// Names of the maps with stacks at the start of a text.
pub(super) fn names(head: &[u8]) -> Vec<String> {
    let mut lines = Lines::new(head).peekable();
    let mut names = Vec::new();
    while let Some(line) = lines.next() {
        let Some((name, _)) = begins(line.text()) else { continue };
        if lines.peek().is_some_and(|next| frame(next.text()).is_some()) {
            names.push(format!("@{name}"));
        }
    }
    names
}

/// Reads all maps.
/// # Errors
/// Past the limits.
pub(super) fn read(bytes: &[u8], reader: &mut Reader<'_>, facts: &mut Facts) -> Result<(), ParseError> {
    let mut open: Option<(String, String, usize)> = None;
    let mut cut = 0_u64;
    for line in Lines::new(bytes) {
        let text = line.text();
        if let Some((name, rest)) = begins(text) {
            cut += u64::from(open.is_some());
            open = Some((format!("@{name}"), rest.to_owned(), to_usize(line.offset).unwrap_or(0)));
            continue;
        }
        let Some((name, key, at)) = &mut open else { continue };
        if let Some((rest, value)) = ends(text) {
            key.push('\n');
            key.push_str(rest);
            reader.entry(name, key, value, *at)?;
            open = None;
        } else if key.len() < KEY_BYTES {
            key.push('\n');
            key.push_str(text);
        }
    }
    cut += u64::from(open.is_some());
    if cut > 0 {
        let message = one_or_many(
            cut,
            "key is not followed by an integer and is omitted",
            "keys are not followed by an integer and are omitted",
        );
        facts.notes.data_loss("key-without-value", None, message);
    }
    Ok(())
}
