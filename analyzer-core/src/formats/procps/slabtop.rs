//! ```text
//!  Active / Total Size (% used)       : 120394.21K / 140223.55K (85.9%)
//!   OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME
//!  65520  65520 100%    0.19K   3120       21     12480K dentry
//! ```

use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::tables::{Base, amount, has_header};
use crate::formats::{Facts, Probe, Sniff};

const TOTAL: &str = "Active / Total Size";

pub(super) fn is_header(text: &str) -> bool {
    text.contains("OBJ/SLAB") && text.contains("CACHE SIZE")
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_slabtop = has_header(probe, |text| text.starts_with(TOTAL)) || has_header(probe, is_header);
    if is_slabtop { Sniff::ByContent } else { Sniff::No }
}

/// Parses the sum and the size of each cache.
/// # Errors
/// `Malformed` without an amount.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, "slabtop");
    for (line, text) in text_lines(input.bytes) {
        if text.starts_with(TOTAL) {
            let total = text.split_once(" : ").and_then(|(_, sizes)| sizes.split('/').nth(1));
            let total = total.and_then(|total| amount(total.split_whitespace().next()?, Base::Binary));
            if let Some(bytes) = total {
                record.figure("Slab", bytes, Unit::Bytes, line.position());
            }
            continue;
        }
        let cells: Vec<&str> = text.split_whitespace().collect();
        if let [_, _, _, _, _, _, size, name] = cells.as_slice()
            && let Some(bytes) = amount(size, Base::Binary).filter(|_| !is_header(text))
        {
            record.figure(&format!("cache {name}"), bytes, Unit::Bytes, line.position());
        }
    }
    if record.is_empty() {
        return Err(nothing_found("slabtop", "sizes of caches"));
    }
    record.finish();
    let message = "These are kernel objects of the whole machine; for a container, see memory.stat (slab).";
    facts.notes.info("machine-memory", None, message);
    Ok(())
}
