//! `memory.stat`: `key number` lines. Version 1 has `total_` twins of every key;
//! version 2 starts with `anon`.

use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, decimal, flat_keyed, note_cut, nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

/// Keys of `memory.stat` that no other file has, of either version.
const KEYS_V2: [&str; 8] = [
    "kernel_stack",
    "inactive_anon",
    "active_anon",
    "inactive_file",
    "active_file",
    "slab_reclaimable",
    "slab_unreclaimable",
    "anon_thp",
];
const KEYS_V1: [&str; 6] = ["cache", "rss", "rss_huge", "mapped_file", "pgpgin", "pgpgout"];
/// How many of them tell a file.
const KEYS_OF_A_PART: usize = 4;

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    // The kernel prints the same lines in its record of an out-of-memory kill.
    if memchr::memmem::find(probe.head(), b"Memory cgroup stats for /").is_some() {
        return Sniff::No;
    }
    let mut seen = [false; 4];
    let (mut v2, mut v1) = (0, 0);
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
        v2 += usize::from(KEYS_V2.contains(&key));
        v1 += usize::from(KEYS_V1.contains(&key));
    }
    let [anon, mapped, total_rss, limit] = seen;
    // Of a file that is shortened, enough is left that no other has.
    let is_part = v2 >= KEYS_OF_A_PART || v1 >= KEYS_OF_A_PART;
    if (anon && mapped) || total_rss || limit || is_part { Sniff::ByContent } else { Sniff::No }
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
