//! The other files: one number, a list of ids, `key number` or `key name=number` lines.

use super::names::{proper_name, unit_of, unlisted_name};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::record::{RecordBuilder, bad_number, decimal, flat_keyed, text_lines};
use crate::formats::redaction::{Kind, Marks, is_figures};
use crate::formats::{Facts, Probe, Sniff};

/// First keys of files that are known without their names.
const FIRST_KEYS: [(&str, &str); 6] = [
    ("oom_kill_disable ", "memory.oom_control"),
    ("low ", "memory.events"),
    ("nr_descendants ", "cgroup.stat"),
    ("populated ", "cgroup.events"),
    ("usage_usec ", "cpu.stat"),
    ("nr_periods ", "cpu.stat"),
];

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    if file_by_content(probe.head()).is_some() {
        return Sniff::ByContent;
    }
    let is_ours = match proper_name(probe.path) {
        Some(file) => is_plausible(&file, probe.head()),
        None => unlisted_name(probe.path).is_some() && holds_figures(probe.head()),
    };
    if is_ours { Sniff::ByName } else { Sniff::No }
}

/// True if each of the first lines is a number, `max`, or a key with one.
fn holds_figures(bytes: &[u8]) -> bool {
    let is_figure = |text: &str| text == "max" || number(text).is_some();
    let mut lines = text_lines(bytes).take(40).peekable();
    lines.peek().is_some()
        && lines
            .all(|(_, text)| is_figure(text) || flat_keyed(text).is_some_and(|(_, value)| is_figure(value)))
}

fn file_by_content(bytes: &[u8]) -> Option<&'static str> {
    let lines: Vec<&str> = text_lines(bytes).take(40).map(|(_, text)| text).collect();
    let first = lines.first()?;
    let (_, file) = FIRST_KEYS.iter().find(|(start, _)| first.starts_with(start))?;
    let is_flat =
        lines.iter().all(|text| flat_keyed(text).is_some_and(|(_, value)| decimal(value).is_some()));
    let is_events = *file != "memory.events" || lines.iter().any(|text| text.starts_with("oom_kill "));
    (is_flat && is_events && lines.len() > 1).then_some(*file)
}

/// A name alone is not enough: what the file holds must look like it, or be
/// the one line that a failed `cat` leaves, which the parser reports.
fn is_plausible(file: &str, bytes: &[u8]) -> bool {
    const LONGEST: usize = 64 * 1024;
    let is_text = std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0);
    let is_marked_up = bytes.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'[' | b'<'));
    let is_short = bytes.len() < LONGEST || file == "cgroup.procs" || file == "cgroup.threads";
    is_text && is_short && !is_marked_up
}

/// Parses a control group file by the shape of its lines. An empty file is an
/// answer: no process, no controller.
/// # Errors
/// `Malformed` if a file of one number holds something else.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let by_content = file_by_content(input.bytes).map(str::to_owned);
    let unlisted = || unlisted_name(input.path).map(str::to_owned);
    let file = proper_name(input.path).or(by_content).or_else(unlisted).unwrap_or_default();
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Cgroup, &file);
    if holds_one_number(&file) {
        single(input, &file, &mut record)?;
    } else {
        lines(input, &file, &mut record);
    }
    record.finish();
    Ok(())
}

/// Files that hold one number or `max`, and nothing else.
fn holds_one_number(file: &str) -> bool {
    const ENDS: [&str; 9] =
        ["current", "max", "high", "low", "min", "peak", "in_bytes", "failcnt", "swappiness"];
    let is_one = ENDS.iter().any(|end| file.ends_with(end)) && unit_of(file) == Unit::Bytes;
    is_one || matches!(file, "memory.failcnt" | "memory.oom.group" | "memory.swappiness" | "cgroup.freeze")
}

fn single(input: &Input<'_>, file: &str, record: &mut RecordBuilder<'_>) -> Result<(), ParseError> {
    let mut texts = text_lines(input.bytes);
    let Some((line, text)) = texts.next() else { return Ok(()) };
    let value = if text == "max" { Some(UNLIMITED) } else { number(text) };
    let value = value.filter(|_| texts.next().is_none());
    let value = value.ok_or_else(|| bad_number(line.position(), "cgroup file", text))?;
    record.figure("", value, unit_of(file), line.position());
    Ok(())
}

/// Version 1 prints -1 for "unlimited" where a limit was never set.
fn number(text: &str) -> Option<i64> {
    if text == "-1" { Some(UNLIMITED) } else { decimal(text) }
}

fn lines(input: &Input<'_>, file: &str, record: &mut RecordBuilder<'_>) {
    for (line, text) in text_lines(input.bytes) {
        let at = line.position();
        if let Some(value) = decimal(text) {
            record.figure("", value, unit_of(file), at);
        } else if let Some((key, value)) =
            flat_keyed(text).and_then(|(key, value)| Some((key, decimal(value)?)))
        {
            record.figure(key, value, Unit::Count, at);
        } else if !nested(text, at, record) {
            record.text("", text, at);
        }
    }
}

/// `key name=number ...`, as `io.stat` has it.
fn nested(text: &str, at: Position, record: &mut RecordBuilder<'_>) -> bool {
    let Some((key, fields)) = text.split_once(' ') else { return false };
    let mut found = false;
    for field in fields.split(' ') {
        let Some((name, value)) = field.split_once('=') else { continue };
        if let Some(value) = decimal(value) {
            record.figure(&format!("{key} {name}"), value, Unit::Count, at);
            found = true;
        }
    }
    found
}

/// Words that files of control groups hold in place of numbers.
const WORDS: [&str; 22] = [
    "cpuset",
    "cpu",
    "io",
    "memory",
    "hugetlb",
    "pids",
    "rdma",
    "misc",
    "cpuacct",
    "blkio",
    "devices",
    "domain",
    "threaded",
    "invalid",
    "max",
    "default",
    "isolated",
    "member",
    "root",
    "name",
    "none",
    "populated",
];

/// Figures and the kernel's own words stay; what it would not print may name anything.
pub fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for (line, text) in text_lines(input.bytes) {
        if is_figures(line.bytes) || text.split(' ').all(|word| WORDS.contains(&word)) {
            marks.keep(line.bytes);
        } else {
            marks.words(line.bytes, Kind::Name);
        }
    }
    Ok(())
}

pub fn sniff_numa(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head());
    let Some((_, first)) = lines.next() else { return Sniff::No };
    let v1 = first.starts_with("total=") && first.contains(" N");
    let v2 = first.starts_with("anon N") && first.contains('=');
    let is_huge = lines.next().is_none();
    if v2 || (v1 && !is_huge) { Sniff::ByContent } else { Sniff::No }
}

/// Parses `memory.numa_stat`: version 1 has pages and a total for each key,
/// version 2 bytes. Each key gets the sum over the nodes, in bytes.
/// # Errors
/// None for a file that was recognized.
pub fn parse_numa(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    const PAGE_BYTES: i64 = 4096;
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Cgroup, "memory.numa_stat");
    for (line, text) in text_lines(input.bytes) {
        let Some((key, fields)) = text.split_once(' ') else { continue };
        let (key, unit_bytes) = match key.split_once('=') {
            Some((key, _total)) => (key, PAGE_BYTES),
            None => (key, 1),
        };
        let nodes = fields.split(' ').filter_map(|field| decimal(field.split_once('=')?.1));
        let sum = nodes.fold(0_i64, i64::saturating_add);
        let unit =
            if key.starts_with("workingset_") || key.starts_with("pg") { Unit::Count } else { Unit::Bytes };
        record.figure(key, sum.saturating_mul(unit_bytes), unit, line.position());
    }
    record.finish();
    Ok(())
}
