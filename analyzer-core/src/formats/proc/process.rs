//! Small files of `/proc/PID`.

use super::{by_content, first_line, is_named};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position, file_name};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::record::{RecordBuilder, bad_number, decimal, nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

/// Bytes of a page where nothing says otherwise: amd64 always, arm64 mostly.
const PAGE_BYTES: i64 = 4096;

/// Fields of `statm` in order; `lib` and `dt` are 0 since Linux 2.6.
const STATM: [&str; 7] = ["size", "resident", "shared", "text", "lib", "data", "dt"];

fn integers(text: &str) -> Option<Vec<i64>> {
    text.split_whitespace().map(decimal).collect()
}

pub fn sniff_statm(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head());
    let fields = lines.next().and_then(|(_, text)| integers(text)).unwrap_or_default();
    let zeros = fields.get(4) == Some(&0) && fields.get(6) == Some(&0);
    by_content(fields.len() == STATM.len() && zeros && lines.next().is_none())
}

/// Parses `statm`: seven counts of pages, kept as bytes of 4 KiB pages.
/// # Errors
/// `Malformed` if a field is no number.
pub fn parse_statm(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "statm");
    let at = Position::line(1);
    let text = std::str::from_utf8(input.bytes).unwrap_or("").trim();
    let fields = integers(text).ok_or_else(|| bad_number(at, "statm", text))?;
    for (name, pages) in STATM.iter().zip(fields) {
        record.figure(name, pages.saturating_mul(PAGE_BYTES), Unit::Bytes, at);
    }
    record.finish();
    Ok(())
}

pub fn sniff_stat(probe: &Probe<'_>) -> Sniff {
    by_content(split_stat(first_line(probe)).is_some_and(|(_, _, rest)| rest.len() >= 40))
}

/// `pid (comm) state ppid ...`; the command may hold spaces and parentheses.
pub(super) fn split_stat(text: &str) -> Option<(u64, &str, Vec<&str>)> {
    let (pid, rest) = text.split_once(" (")?;
    let (comm, rest) = rest.rsplit_once(") ")?;
    Some((pid.parse().ok()?, comm, rest.split(' ').collect()))
}

/// Parses `stat`: the process id, its command, start time and thread count.
/// # Errors
/// `Malformed` if the line is not of this form.
pub fn parse_stat(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "stat");
    let at = Position::line(1);
    let text = std::str::from_utf8(input.bytes).unwrap_or("").trim();
    let Some((pid, comm, rest)) = split_stat(text) else {
        return Err(nothing_found("stat", "\"pid (command) state ...\""));
    };
    record.pid(pid);
    facts.pid = Some(pid);
    record.text("comm", comm, at);
    // Field numbers of proc_pid_stat(5), less the three before the list.
    for (field, name) in [(20 - 3, "num_threads"), (22 - 3, "starttime")] {
        if let Some(value) = rest.get(field).and_then(|text| decimal(text)) {
            record.figure(name, value, Unit::Count, at);
        }
    }
    record.finish();
    Ok(())
}

pub fn sniff_limits(probe: &Probe<'_>) -> Sniff {
    let first = first_line(probe);
    by_content(first.starts_with("Limit ") && first.contains("Soft Limit"))
}

/// Parses `limits`: the soft limit by its name, the hard one with `(hard)` behind it.
/// # Errors
/// None for a file that was recognized.
pub fn parse_limits(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "limits");
    for (line, text) in text_lines(input.bytes).skip(1) {
        let mut columns = text.split("  ").map(str::trim).filter(|column| !column.is_empty());
        let (Some(name), Some(soft)) = (columns.next(), columns.next()) else { continue };
        let unit = if text.ends_with("bytes") { Unit::Bytes } else { Unit::Count };
        let value = |limit: &str| if limit == "unlimited" { Some(UNLIMITED) } else { decimal(limit) };
        if let Some(value) = value(soft) {
            record.figure(name, value, unit, line.position());
        }
        if let Some(value) = columns.next().and_then(value) {
            record.named_figure(&format!("{name} (hard)"), name, value, unit, line.position());
        }
    }
    record.finish();
    Ok(())
}

pub fn sniff_cgroup(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head_lines()).map(|(_, text)| split_cgroup(text)).peekable();
    by_content(lines.peek().is_some() && lines.all(|line| line.is_some()))
}

/// `hierarchy:controllers:path`.
pub(super) fn split_cgroup(text: &str) -> Option<(&str, &str)> {
    let (hierarchy, rest) = text.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    (decimal(hierarchy).is_some() && path.starts_with('/')).then_some((controllers, path))
}

/// Parses `/proc/PID/cgroup`: the path in the memory hierarchy (v1) and in the unified one (v2).
/// # Errors
/// None for a file that was recognized.
pub fn parse_cgroup(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "cgroup");
    for (line, text) in text_lines(input.bytes) {
        let Some((controllers, path)) = split_cgroup(text) else { continue };
        if controllers.is_empty() {
            record.text("unified", path, line.position());
        } else if controllers.split(',').any(|name| name == "memory") {
            record.text("memory", path, line.position());
        }
    }
    record.finish();
    Ok(())
}

pub fn sniff_cmdline(probe: &Probe<'_>) -> Sniff {
    let is_kernel = file_name(probe.path).contains("kernel");
    let is_named = is_named(probe.path, "cmdline") && !is_kernel;
    if is_named && first_line(probe).len() < 4096 { Sniff::ByName } else { Sniff::No }
}

/// Parses `cmdline`: arguments with a NUL (or a space, as some tools turn it into) after each.
/// # Errors
/// None.
pub fn parse_cmdline(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "cmdline");
    let text = String::from_utf8_lossy(input.bytes).replace(['\0', '\n'], " ");
    record.text("cmdline", text.trim(), Position::line(1));
    record.finish();
    Ok(())
}

/// The variables of the environment that the runtime reads; no other is kept.
pub(super) const GO_VARIABLES: [&str; 5] =
    ["GOGC", "GOMEMLIMIT", "GODEBUG", "GOMAXPROCS", "MALLOC_ARENA_MAX"];

pub fn sniff_environ(probe: &Probe<'_>) -> Sniff {
    if is_named(probe.path, "environ") { Sniff::ByName } else { Sniff::No }
}

/// Parses `environ`: only the variables that Go's runtime and glibc's allocator read.
/// # Errors
/// None.
pub fn parse_environ(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "environ");
    for entry in input.bytes.split(|&b| b == 0 || b == b'\n') {
        let entry = String::from_utf8_lossy(entry);
        if let Some((name, value)) = entry.split_once('=')
            && GO_VARIABLES.contains(&name)
        {
            record.text(name, value, Position::line(1));
        }
    }
    record.finish();
    Ok(())
}

const OOM_SCORES: [&str; 3] = ["oom_score", "oom_score_adj", "oom_adj"];

pub fn sniff_oom_score(probe: &Probe<'_>) -> Sniff {
    let is_number = first_line(probe).parse::<i64>().is_ok();
    let is_named = OOM_SCORES.iter().any(|name| is_named(probe.path, name));
    if is_number && is_named { Sniff::ByName } else { Sniff::No }
}

/// Parses `oom_score` and its kin: one number, negative ones too.
/// # Errors
/// `Malformed` if it is none.
pub fn parse_oom_score(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let file = crate::formats::names::find_longest(input.path, &OOM_SCORES).unwrap_or("oom_score");
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, file);
    let text = std::str::from_utf8(input.bytes).unwrap_or("").trim();
    let score = text.parse().map_err(|_| bad_number(Position::line(1), "oom_score", text))?;
    record.figure("", score, Unit::Count, Position::line(1));
    record.finish();
    Ok(())
}
