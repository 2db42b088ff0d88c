//! `kubectl top pod [--containers]`: the working set of each. `kubectl top node`:
//! that of whole machines, which is no container's.

use super::quantity;
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::tables::has_header;
use crate::formats::{Facts, Probe, Sniff};

/// Nodes that the note names.
const NODES_TOLD: usize = 8;

pub(super) const MEMORY: &str = "MEMORY(bytes)";

/// The column that only the table of nodes has.
const SHARE: &str = "MEMORY%";

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_header = |text: &str| text.contains("CPU(cores)") && text.contains(MEMORY);
    if has_header(probe, is_header) { Sniff::ByContent } else { Sniff::No }
}

/// Parses the table; what it calls memory is the working set.
/// # Errors
/// `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut header: Vec<&str> = Vec::new();
    let mut count = 0;
    let mut nodes = Vec::new();
    for (line, text) in text_lines(input.bytes) {
        let cells: Vec<&str> = text.split_whitespace().collect();
        if cells.contains(&MEMORY) {
            header = cells;
            continue;
        }
        let cell = |name: &str| {
            header.iter().position(|column| *column == name).and_then(|at| cells.get(at)).copied()
        };
        let Some(memory) = cell(MEMORY).and_then(quantity::parse) else {
            facts.notes.info(
                "foreign-line",
                Some(line.position()),
                "A line is not a row of the table; it was skipped.",
            );
            continue;
        };
        if count == CONTAINERS {
            facts.is_partial = true;
            facts.notes.data_loss(
                "too-many-containers",
                Some(line.position()),
                format!("There are more than {CONTAINERS} rows; the rest is ignored."),
            );
            break;
        }
        count += 1;
        let names = ["NAMESPACE", "POD", "NAME"].map(|column| cell(column).unwrap_or(""));
        let level: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let parts = NameParts { level: level.join("/"), ..NameParts::of(input.path, "kubectl-top") };
        let is_node = header.contains(&SHARE);
        if is_node && nodes.len() < NODES_TOLD {
            let share = cell(SHARE).unwrap_or("");
            nodes.push(format!("{} {} ({share})", level.join("/"), cell(MEMORY).unwrap_or("")));
        }
        let kind = if is_node { RecordKind::Host } else { RecordKind::Container };
        let mut record = RecordBuilder::with_parts(input, evidence, kind, "kubectl-top", &parts);
        record.named_figure(
            "container_memory_working_set_bytes",
            MEMORY,
            memory,
            Unit::Bytes,
            line.position(),
        );
        record.finish();
    }
    if !nodes.is_empty() {
        let message = format!("Memory of whole nodes, not of a container: {}.", nodes.join(", "));
        facts.notes.info("node-memory", None, message);
    }
    facts.kind = Some("kubectl-top".to_owned());
    if count == 0 {
        Err(nothing_found("kubectl top", "a row with a name and an amount such as 24Mi"))
    } else {
        Ok(())
    }
}
