//! A block `resources:` that was quoted without the object around it: the limit of a container that is not named.

use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::pod::quantity;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head_lines()).map(|(_, text)| text);
    let is_start =
        lines.next() == Some("resources:") && matches!(lines.next(), Some("limits:" | "requests:"));
    if is_start && lines.any(|text| text.starts_with("memory:")) { Sniff::ByContent } else { Sniff::No }
}

/// Parses the block.
/// # Errors
/// `Malformed` without an amount of memory.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let parts = NameParts::of(input.path, "resources");
    let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Pod, "resources", &parts);
    let mut list = "";
    for (line, text) in text_lines(input.bytes) {
        let Some((key, value)) = text.split_once(':') else { continue };
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        match key {
            "limits" | "requests" => list = if key == "limits" { "limits.memory" } else { "requests.memory" },
            "memory" if !list.is_empty() => {
                if let Some(bytes) = quantity::parse(value) {
                    record.figure(list, bytes, Unit::Bytes, line.position());
                }
            }
            _ => {}
        }
    }
    facts.kind = Some("resources".to_owned());
    if record.is_empty() {
        return Err(nothing_found("resources", "a line such as memory: 512Mi below limits"));
    }
    record.finish();
    Ok(())
}
