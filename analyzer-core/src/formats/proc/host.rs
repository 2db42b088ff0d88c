//! Files of the machine: what it has, what happened, how it is set.

use super::{by_content, first_line};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position, file_name};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, decimal, flat_keyed, nothing_found, text_lines};
use crate::formats::smaps::kib;
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff_meminfo(probe: &Probe<'_>) -> Sniff {
    by_content(first_line(probe).starts_with("MemTotal:"))
}

/// Parses `meminfo`; counts of huge pages stay counts.
/// # Errors
/// `Malformed` if there is no figure.
pub fn parse_meminfo(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, "meminfo");
    for (line, text) in text_lines(input.bytes) {
        let Some((key, value)) = text.split_once(':') else { continue };
        let value = value.trim();
        if let Some(bytes) = kib(value.as_bytes()) {
            record.figure(key, bytes, Unit::Bytes, line.position());
        } else if let Some(count) = decimal(value) {
            record.figure(key, count, Unit::Count, line.position());
        }
    }
    if record.is_empty() {
        return Err(nothing_found("meminfo", "figures such as \"MemTotal: 4 kB\""));
    }
    record.finish();
    Ok(())
}

pub fn sniff_vmstat(probe: &Probe<'_>) -> Sniff {
    by_content(first_line(probe).starts_with("nr_free_pages "))
}

/// Parses `vmstat`: counters, in pages or events as the kernel has them.
/// # Errors
/// None for a file that was recognized.
pub fn parse_vmstat(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, "vmstat");
    for (line, text) in text_lines(input.bytes) {
        if let Some((key, value)) = flat_keyed(text).and_then(|(key, value)| Some((key, decimal(value)?))) {
            record.figure(key, value, Unit::Count, line.position());
        }
    }
    record.finish();
    Ok(())
}

pub fn sniff_sockstat(probe: &Probe<'_>) -> Sniff {
    let first = first_line(probe);
    by_content(first.starts_with("sockets: used ") || first.starts_with("TCP6: inuse "))
}

/// Parses `sockstat`: `PROTOCOL: name number ...`; `mem` is in pages and becomes bytes.
/// # Errors
/// None for a file that was recognized.
pub fn parse_sockstat(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    const PAGE_BYTES: i64 = 4096;
    let is_v6 = text_lines(input.bytes).next().is_some_and(|(_, text)| text.starts_with("TCP6:"));
    let file = if is_v6 { "sockstat6" } else { "sockstat" };
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, file);
    for (line, text) in text_lines(input.bytes) {
        let Some((protocol, fields)) = text.split_once(':') else { continue };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        for pair in fields.chunks_exact(2) {
            let [name, value] = pair else { continue };
            let Some(value) = decimal(value) else { continue };
            let key = format!("{protocol} {name}");
            match *name {
                "mem" => record.figure(&key, value.saturating_mul(PAGE_BYTES), Unit::Bytes, line.position()),
                _ => record.figure(&key, value, Unit::Count, line.position()),
            }
        }
    }
    record.finish();
    Ok(())
}

/// Kernel texts that are kept as text: how they begin, or what they are called.
const BEGINNINGS: [(&str, &str); 6] = [
    ("Linux version ", "version"),
    ("Filename\t", "swaps"),
    ("slabinfo - version:", "slabinfo"),
    ("rchar: ", "io"),
    ("Inter-|", "net/dev"),
    ("BOOT_IMAGE=", "kernel.cmdline"),
];

/// Settings of one line, and files of no use here that bundles have anyway.
pub const NAMES: [&str; 38] = [
    "uname-r",
    "uname",
    "kernel.version",
    "kernel.cmdline",
    "kernel.release",
    "osrelease",
    "swappiness",
    "overcommit_memory",
    "overcommit_ratio",
    "max_map_count",
    "thp.enabled",
    "thp.defrag",
    "thp.max_ptes_none",
    "max_ptes_none",
    "khugepaged",
    "zswap.enabled",
    "lru_gen.enabled",
    "lru_gen",
    "swaps",
    "mounts",
    "mounts.txt",
    "mountinfo",
    "schedstat",
    "sched",
    "wchan",
    "comm",
    "loginuid",
    "personality",
    "coredump_filter",
    "autogroup",
    "timerslack_ns",
    "slabinfo",
    "loadavg",
    "uptime",
    "buddyinfo",
    "zoneinfo",
    "cpuinfo",
    "ls-sys-fs-cgroup.txt",
];

pub fn sniff_other(probe: &Probe<'_>) -> Sniff {
    let first = first_line(probe);
    if BEGINNINGS.iter().any(|(start, _)| first.starts_with(start))
        || is_thp_setting(first)
        || is_mount(first)
    {
        return Sniff::ByContent;
    }
    let is_text = std::str::from_utf8(probe.head()).is_ok();
    if is_text && named(probe.path).is_some() { Sniff::ByName } else { Sniff::No }
}

/// `always [madvise] never`: a choice with the chosen one in brackets.
pub(super) fn is_thp_setting(line: &str) -> bool {
    const WORDS: [&str; 6] = ["always", "madvise", "never", "defer", "defer+madvise", "inherit"];
    let words = || line.split(' ').map(|word| word.trim_matches(['[', ']']));
    line.contains('[') && words().all(|word| WORDS.contains(&word)) && words().count() >= 3
}

/// A line of `mountinfo` or `mounts`.
fn is_mount(line: &str) -> bool {
    let fields: Vec<&str> = line.split(' ').collect();
    let mountinfo = fields.len() >= 10
        && fields.contains(&"-")
        && decimal(line.split(' ').next().unwrap_or("")).is_some();
    let has_options =
        fields.get(3).is_some_and(|options| options.starts_with("rw") || options.starts_with("ro"));
    let mounts = fields.len() == 6 && has_options && fields.get(4) == Some(&"0");
    let mount_command = fields.get(1) == Some(&"on") && fields.get(3) == Some(&"type");
    mountinfo || mounts || mount_command
}

fn named(path: &str) -> Option<&'static str> {
    let name = file_name(path);
    let is_it = |proper: &str| {
        name == proper || name.strip_suffix(proper).is_some_and(|rest| rest.ends_with(['.', '-', '_']))
    };
    NAMES
        .iter()
        .copied()
        .filter(|proper| is_it(proper) || is_it(&format!("{proper}.txt")))
        .max_by_key(|n| n.len())
}

/// Keeps the first line of a kernel text, for settings and versions.
/// # Errors
/// None.
pub fn parse_other(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    const SHOWN: usize = 400;
    let first = text_lines(input.bytes).next().map_or("", |(_, text)| text);
    let by_beginning =
        || BEGINNINGS.iter().find(|(start, _)| first.starts_with(start)).map(|(_, file)| *file);
    let file = named(input.path).or_else(by_beginning).unwrap_or("setting");
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, file);
    let shown: String = first.chars().take(SHOWN).collect();
    record.text("", &shown, Position::line(1));
    if let Some(value) = decimal(first) {
        record.figure("", value, Unit::Count, Position::line(1));
    }
    record.finish();
    Ok(())
}
