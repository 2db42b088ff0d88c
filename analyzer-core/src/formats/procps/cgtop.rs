//! ```text
//! Control Group                       Tasks   %CPU   Memory  Input/s Output/s
//! /                                     312   12.1     3.4G        -        -
//! system.slice/shop.service              14    3.2   250.0M        -        -
//! ```
//! Groups that hold others are sums of them; the innermost are read.

use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::tables::{Base, amount, has_header};
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_header(text: &str) -> bool {
    let is_titled = text.starts_with("Control Group") || text.starts_with("CGroup");
    is_titled && text.contains("Memory") && text.contains("%CPU")
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, is_header) { Sniff::ByContent } else { Sniff::No }
}

/// Parses the innermost groups.
/// # Errors
/// `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut rows: Vec<(&str, Option<i64>, Position)> = Vec::new();
    for (line, text) in text_lines(input.bytes).filter(|(_, text)| !is_header(text)) {
        let Some((path, figures)) = row(text) else { continue };
        if rows.len() == CONTAINERS {
            facts.is_partial = true;
            let message = format!("There are more than {CONTAINERS} cgroups; the rest is ignored.");
            facts.notes.data_loss("too-many-containers", Some(line.position()), message);
            break;
        }
        rows.push((path, figures, line.position()));
    }
    rows.sort_unstable();
    // Sorted, a group stands before those inside of it.
    let holds =
        |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    let mut count = 0;
    for (index, (path, bytes, at)) in rows.iter().enumerate() {
        let is_outer = path.is_empty()
            || rows.get(index + 1).is_some_and(|(next, _, _)| holds(path, next) || next == path);
        let Some(bytes) = bytes.filter(|_| !is_outer && !path.ends_with(".slice")) else { continue };
        let parts = NameParts { level: (*path).to_owned(), ..NameParts::of(input.path, "cgtop") };
        let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Container, "cgtop", &parts);
        record.named_figure("container_memory_usage_bytes", "Memory", bytes, Unit::Bytes, *at);
        record.finish();
        count += 1;
    }
    facts.kind = Some("cgtop".to_owned());
    if count == 0 {
        return Err(nothing_found("systemd-cgtop", "a cgroup with its memory (a service or a scope)"));
    }
    facts.notes.info(
        "sums-left-out",
        None,
        "The machine and parent cgroups are totals; only the innermost cgroups are used.",
    );
    Ok(())
}

/// Path and memory: five columns stand behind the path.
pub(super) fn row(text: &str) -> Option<(&str, Option<i64>)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [path, .., _, memory, _, _] = words.as_slice() else { return None };
    Some((path.trim_start_matches('/'), amount(memory, Base::Binary)))
}
