//! Reads `smaps_rollup`: one header, then the sums of all mappings.

use super::entries::kib;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::Facts;
use crate::formats::record::{RecordBuilder, bad_number, note_cut, nothing_found, text_lines};

/// Parses `smaps_rollup`; every key is kept.
/// # Errors
/// `Malformed` if a value is no number of KiB, or there is no figure.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    note_cut(input.bytes, facts, "the last figure");
    let is_cut = facts.is_partial;
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "smaps_rollup");
    let lines: Vec<_> = text_lines(input.bytes).skip(1).collect();
    for (index, (line, text)) in lines.iter().enumerate() {
        let Some((key, value)) = text.split_once(':') else { continue };
        match kib(value.as_bytes()) {
            Some(bytes) => record.figure(key, bytes, Unit::Bytes, line.position()),
            None if is_cut && index + 1 == lines.len() => {}
            None => return Err(bad_number(line.position(), "smaps_rollup", value.trim())),
        }
    }
    if record.is_empty() {
        return Err(nothing_found("smaps_rollup", "figures such as \"Rss: 4 kB\""));
    }
    record.finish();
    Ok(())
}
