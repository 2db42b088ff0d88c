//! `memory.stat`: `key number` lines. Version 1 has `total_` twins of every key;
//! version 2 starts with `anon`.

use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, decimal, flat_keyed, note_cut, nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    // The kernel prints the same lines in its record of an out-of-memory kill.
    if memchr::memmem::find(probe.head(), b"Memory cgroup stats for /").is_some() {
        return Sniff::No;
    }
    let mut seen = [false; 4];
    for (_, text) in text_lines(probe.head()).take(80) {
        let Some((key, value)) = flat_keyed(text) else { continue };
        if decimal(value).is_none() {
            continue;
        }
        for (found, wanted) in
            seen.iter_mut().zip(["anon", "file_mapped", "total_rss", "hierarchical_memory_limit"])
        {
            *found |= key == wanted;
        }
    }
    let [anon, mapped, total_rss, limit] = seen;
    if (anon && mapped) || total_rss || limit { Sniff::ByContent } else { Sniff::No }
}

/// Parses `memory.stat`; every key is kept under its own name.
/// # Errors
/// `Malformed` if there is no figure.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    note_cut(input.bytes, facts, "the last keys");
    let mut foreign = None;
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Cgroup, "memory.stat");
    for (line, text) in text_lines(input.bytes) {
        match flat_keyed(text).and_then(|(key, value)| Some((key, decimal(value)?))) {
            Some((key, value)) => record.figure(key, value, unit_of_key(key), line.position()),
            None => foreign = foreign.or(Some(line.position())),
        }
    }
    if record.is_empty() {
        return Err(nothing_found("memory.stat", "lines such as \"anon 4096\""));
    }
    record.finish();
    if foreign.is_some() {
        facts.notes.info("foreign-line", foreign, "A line is not \"key number\"; it was skipped.");
    }
    Ok(())
}

/// Events are counted in times or pages; all else is bytes.
fn unit_of_key(key: &str) -> Unit {
    const COUNTED: [&str; 8] =
        ["pg", "workingset_", "thp_", "zswpin", "zswpout", "zswpwb", "swpin_", "swpout_"];
    let key = key.strip_prefix("total_").unwrap_or(key);
    if key.starts_with("numa_") || COUNTED.iter().any(|start| key.starts_with(start)) {
        Unit::Count
    } else {
        Unit::Bytes
    }
}
