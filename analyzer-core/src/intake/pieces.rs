//! Captures that stand in one text without a mark between them: each is told by
//! the line that starts it, and ends where a line is none of its kind.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use super::anchors;
use super::json;
use super::text::Row;
use crate::formats::goroutine_dump::lines as dump_line;
use crate::formats::record::{decimal, flat_keyed};
use crate::formats::{containers, gctrace, notices, oom_log, proc, smaps};

/// Bytes of a title of `kubectl describe` at most.
const TITLE_BYTES: usize = 40;

/// Rows over which the message of a notice is broken, at most.
const NOTICE_ROWS: usize = 3;

/// Titles that stand below the name in what `kubectl describe` prints of pods and nodes.
const SECOND_TITLES: [&[u8]; 9] = [
    b"Namespace:",
    b"Status:",
    b"Node:",
    b"Priority:",
    b"Labels:",
    b"Roles:",
    b"Annotations:",
    b"Start Time:",
    b"Containers:",
];

/// Texts whose lines follow one another without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `goroutine?debug=1`, `heap?debug=1` and their like.
    Counts,
    /// The figures below a heap profile, by themselves.
    MemStats,
    /// An object.
    Json,
    /// `smaps`, `smaps_rollup`, `maps`.
    Mappings,
    /// `Key: value` lines of procfs.
    Keyed,
    /// `key number` lines of control groups.
    Flat,
    /// Pressure stall information.
    Pressure,
    /// Prometheus.
    Metrics,
    /// Manifests.
    Yaml,
    /// `resources:` of a container, without the manifest around it.
    Resources,
    /// Lines of `docker events`.
    Events,
    /// What a killer tells in one sentence.
    Notice,
    /// What `kubectl describe` prints, or the states of a container out of it.
    Described,
}

/// What a text was taken apart into: rows by index.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Captures of their own, in order.
    pub runs: Vec<Vec<usize>>,
    /// Lines of garbage collections.
    pub gc: Vec<usize>,
    /// Lines of a kernel's log with an out-of-memory record.
    pub kernel: Vec<usize>,
    /// All else: goroutines, logs, prose.
    pub rest: Vec<usize>,
}

/// Takes rows apart.
pub(super) fn split(rows: &[Row<'_>]) -> Pieces {
    let mut pieces = Pieces::default();
    let mut open: Option<(Kind, Vec<usize>, Vec<u8>)> = None;
    let mut in_record = false;
    let mut until = 0;
    for (index, row) in rows.iter().enumerate() {
        let line = row.bytes;
        if let Some((kind, run, first)) = &mut open {
            let is_again = run.len() > 1
                && (key_of(line) == Some(first.as_slice())
                    || (*kind == Kind::Mappings && line.ends_with(b"[rollup]"))
                    || (*kind == Kind::Described && line.starts_with(b"Name:")));
            let continues = match kind {
                Kind::Json => index < until,
                // Its lines stand below the title, indented.
                Kind::Resources => is_below(rows, run, line),
                Kind::Notice => run.len() < NOTICE_ROWS && is_broken(rows, run),
                kind => continues(*kind, line) && !is_again,
            };
            if continues {
                run.push(index);
                continue;
            }
            pieces.runs.extend(open.take().map(|(_, run, _)| run));
        }
        // The statistics may follow their title without the kernel's clock.
        let has_clock = is_kernels(line);
        let anchor = anchors::kernel(line).filter(|at| *at == 0 || has_clock).filter(|_| !is_event_row(line));
        in_record &= !line.trim_ascii().is_empty();
        in_record |= anchor.is_some() && !line.starts_with(b"Call Trace:");
        if in_record || has_clock {
            pieces.kernel.push(index);
            in_record &= memchr::memmem::find(line, b"Killed process ").is_none();
            continue;
        }
        if let Some(kind) = starts(rows, index) {
            until = if kind == Kind::Json { index + json_rows(rows, index) } else { 0 };
            open = Some((kind, vec![index], key_of(line).unwrap_or_default().to_vec()));
        } else if gctrace::starts_like_gc(line).is_some() {
            pieces.gc.push(index);
        } else {
            pieces.rest.push(index);
        }
    }
    pieces.runs.extend(open.map(|(_, run, _)| run));
    pieces
}

/// True if the last row of a notice ends within its sentence.
fn is_broken(rows: &[Row<'_>], run: &[usize]) -> bool {
    let last = run.last().and_then(|index| rows.get(*index)).map_or(&b""[..], |row| row.bytes);
    let text = last.trim_ascii_end();
    let end = text.iter().rposition(|byte| !b" \"'`*,".contains(byte)).and_then(|at| text.get(at));
    end.is_some_and(|byte| *byte != b'.' && *byte != b'}')
}

/// The line above.
fn above<'t>(rows: &[Row<'t>], index: usize) -> &'t [u8] {
    index.checked_sub(1).and_then(|above| rows.get(above)).map_or(b"", |row| row.bytes)
}

/// True for a key of a mapping, or an item of a list. A sentence may end in a colon.
fn is_of_yaml(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
    line.starts_with(b"- ") || (key.len() < line.len() && !key.contains(&b' '))
}

/// True for a line that is indented below the first of a run.
fn is_below(rows: &[Row<'_>], run: &[usize], line: &[u8]) -> bool {
    let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let first = run.first().and_then(|index| rows.get(*index)).map_or(0, |row| indent(row.bytes));
    !line.trim_ascii().is_empty() && indent(line) > first
}

/// The key of a `key number` line: a second reading starts with the first key again.
fn key_of(line: &[u8]) -> Option<&[u8]> {
    let text = std::str::from_utf8(line).ok()?;
    let (key, value) = flat_keyed(text)?;
    decimal(value).map(|_| key.as_bytes())
}

/// A line of a kernel's log behind its clock.
fn is_kernels(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
        && std::str::from_utf8(line.get(..256).unwrap_or(line))
            .is_ok_and(|text| oom_log::prefix::strip(text).1.is_some())
}

/// The kind of text that starts at a row.
pub(super) fn starts(rows: &[Row<'_>], index: usize) -> Option<Kind> {
    let line = rows.get(index)?.bytes;
    let next = rows.get(index + 1).map_or(&b""[..], |row| row.bytes);
    let is_first = |starts: &[&[u8]]| starts.iter().any(|start| line.starts_with(start));
    match line.first()? {
        b'{' | b'[' => (json_rows(rows, index) > 0).then_some(Kind::Json),
        b'#' if line.starts_with(b"# runtime.MemStats") => Some(Kind::MemStats),
        b'#' if is_first(&[b"# HELP ", b"# TYPE "]) => Some(Kind::Metrics),
        _ if is_first(&[
            b"goroutine profile: total ",
            b"goroutineleak profile: total ",
            b"heap profile: ",
            b"threadcreate profile: ",
        ]) =>
        {
            Some(Kind::Counts)
        }
        b'0'..=b'9' if is_counted(line) => Some(Kind::Counts),
        b'0'..=b'9' | b'a'..=b'f' if smaps::header::parse(line).is_some() => Some(Kind::Mappings),
        _ if is_first(&[b"some avg10=", b"full avg10="]) => Some(Kind::Pressure),
        _ if is_first(&[b"apiVersion: "]) => Some(Kind::Yaml),
        _ if is_first(&[b"MemTotal:"]) => Some(Kind::Keyed),
        // Within a whole file, another key stands above.
        _ if !is_keyed(above(rows, index))
            && (proc::is_status_part(line) || (is_first(&[b"Threads:"]) && proc::is_status_part(next))) =>
        {
            Some(Kind::Keyed)
        }
        // Within a manifest, another key or an item of a list stands above.
        _ if line.trim_ascii() == b"resources:"
            && matches!(next.trim_ascii(), b"limits:" | b"requests:")
            && !is_of_yaml(above(rows, index)) =>
        {
            Some(Kind::Resources)
        }
        b'0'..=b'9' if containers::is_event(line) => Some(Kind::Events),
        _ if is_first(&[b"Name:\t", b"Name: "]) && next.contains(&b':') => {
            if next.starts_with(b"Umask:") || next.starts_with(b"State:") {
                return Some(Kind::Keyed);
            }
            let is_described = SECOND_TITLES.iter().any(|title| next.starts_with(title)) || is_blanked(next);
            is_described.then_some(Kind::Described)
        }
        _ if is_state(rows, index) => Some(Kind::Described),
        _ if notices::is_notice(line) && !is_event_row(line) => Some(Kind::Notice),
        _ if is_flat_start(line, next) => Some(Kind::Flat),
        _ if is_first(&[b"go_", b"process_", b"container_"]) && is_sample(line) => Some(Kind::Metrics),
        _ => None,
    }
}

/// A row of a table of events: the table is read as one.
fn is_event_row(line: &[u8]) -> bool {
    [&b"Warning  "[..], b"Normal  ", b"Warning\t", b"Normal\t"]
        .iter()
        .any(|kind| memchr::memmem::find(line, kind).is_some())
}

/// `Start Time:   Tue, …`: a title as `kubectl describe` prints it, without indent.
fn is_title(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line.get(..TITLE_BYTES).unwrap_or(line)) else { return false };
    let title = line.get(..colon).unwrap_or_default();
    let is_titled = title.first().is_some_and(u8::is_ascii_uppercase)
        && title.iter().all(|byte| byte.is_ascii_alphabetic() || b" -/()".contains(byte));
    is_titled || is_blanked(line)
}

/// `xxxx:   …`: a title that a redacted text does not have any more.
fn is_blanked(line: &[u8]) -> bool {
    let title = line.split(|byte| *byte == b':').next().unwrap_or_default();
    title.len() < line.len()
        && title.first() == Some(&b'x')
        && title.iter().all(|byte| b"x -/()".contains(byte))
}

/// True for the states of a container: `State:` or `Last State:` with a reason below it.
fn is_state(rows: &[Row<'_>], index: usize) -> bool {
    let is_start = |row: &Row<'_>, starts: &[&[u8]]| {
        let text = row.bytes.trim_ascii_start();
        starts.iter().any(|start| text.starts_with(start))
    };
    let pair = |first: &[&[u8]], second: &[&[u8]]| {
        rows.get(index).is_some_and(|row| is_start(row, first))
            && rows.get(index + 1).is_some_and(|row| is_start(row, second))
    };
    let is_named =
        rows.get(index).is_some_and(|row| row.bytes.starts_with(b" ") && row.bytes.ends_with(b":"));
    (is_named && rows.get(index + 1).is_some_and(|row| is_start(row, &[b"Container ID:"])))
        || pair(
            &[b"State:", b"Last State:", b"Last Termination State:", b"LastState:"],
            &[b"Reason:", b"Started:"],
        )
}

/// The first two keys of files of control groups.
fn is_flat_start(line: &[u8], next: &[u8]) -> bool {
    const PAIRS: [(&[u8], &[u8]); 11] = [
        (b"anon", b"file"),
        (b"cache", b"rss"),
        (b"low", b"high"),
        (b"high", b"max"),
        (b"max", b"oom"),
        (b"oom_kill_disable", b"under_oom"),
        (b"usage_usec", b"user_usec"),
        (b"usage_usec", b"system_usec"),
        (b"usage_usec", b"nr_periods"),
        (b"nr_periods", b"nr_throttled"),
        (b"populated", b"frozen"),
    ];
    let (Some(first), Some(second)) = (key_of(line), key_of(next)) else { return false };
    PAIRS.contains(&(first, second))
}

/// True if a row is of a text of this kind that was started.
fn continues(kind: Kind, line: &[u8]) -> bool {
    let trimmed = line.trim_ascii();
    if trimmed.is_empty() {
        return matches!(kind, Kind::Counts | Kind::Metrics | Kind::Yaml | Kind::Described);
    }
    match kind {
        Kind::Counts => {
            trimmed.starts_with(b"#")
                || (trimmed.starts_with(b"0x") && memchr::memmem::find(trimmed, b"+0x").is_some())
                || is_counted(line)
                || smaps::header::parse(line).is_some()
                || trimmed == b"MAPPED_LIBRARIES:"
        }
        Kind::MemStats => trimmed.starts_with(b"#"),
        Kind::Json | Kind::Notice | Kind::Resources => false,
        Kind::Events => memchr::memmem::find(line, b" container ").is_some(),
        Kind::Mappings => smaps::header::parse(line).is_some() || is_keyed(line),
        Kind::Keyed => is_keyed(line),
        // A person left lines out.
        Kind::Flat => key_of(line).is_some() || matches!(trimmed, b"..." | b"[...]" | b"\xe2\x80\xa6"),
        Kind::Pressure => trimmed.starts_with(b"some avg10=") || trimmed.starts_with(b"full avg10="),
        Kind::Metrics => trimmed.starts_with(b"#") || is_sample(line) || is_dotted_sample(line),
        Kind::Described => {
            // A label that lost its indent has no blank.
            let is_label = line.contains(&b'=') && !line.contains(&b' ');
            matches!(line.first(), Some(b' ' | b'\t'))
                || is_title(line)
                || line.starts_with(b"...")
                || is_label
        }
        Kind::Yaml => {
            matches!(line.first(), Some(b' ' | b'-'))
                || memchr::memchr(b':', line)
                    .is_some_and(|at| !line.get(..at).unwrap_or_default().contains(&b' '))
        }
    }
}

/// `3 @ 0x1 0x2`, `1: 2 [3: 4] @ 0x1`.
fn is_counted(line: &[u8]) -> bool {
    let Some(at) =
        memchr::memmem::find(line, b" @ 0x").or_else(|| line.ends_with(b" @").then(|| line.len() - 2))
    else {
        return false;
    };
    line.get(..at)
        .is_some_and(|count| count.iter().all(|byte| byte.is_ascii_digit() || b": []".contains(byte)))
}

/// The stack of `3 @ 0x1 0x2`, as a number that tells it from others.
pub(super) fn counted_stack(line: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(line, b" @ 0x").filter(|_| is_counted(line))?;
    let mut hasher = FxHasher::default();
    line.get(at..)?.trim_ascii_end().hash(&mut hasher);
    Some(hasher.finish())
}

/// The first line of a profile of goroutines.
pub(super) fn is_profile_title(line: &[u8]) -> bool {
    line.starts_with(b"goroutine profile: total ") || line.starts_with(b"goroutineleak profile: total ")
}

/// `Key:   12 kB`, `VmFlags: rd`, `Pid:\t7`: one word and a colon.
fn is_keyed(line: &[u8]) -> bool {
    memchr::memchr(b':', line).is_some_and(|at| {
        let key = line.get(..at).unwrap_or_default();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_()-".contains(byte);
        !key.is_empty() && key.iter().all(is_word) && matches!(line.get(at + 1), Some(b' ' | b'\t') | None)
    })
}

/// `name{labels} 1.5`.
fn is_sample(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(crate::formats::memstats::is_sample)
}

/// A sample whose name has dots, as exporters of OpenTelemetry write them, or quotes (Prometheus 3):
/// `jvm.memory.used{area="heap"} 1.5`, `{"jvm.memory.used"} 1.5`. A file of a control group is none.
fn is_dotted_sample(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let Some((name, rest)) = text.split_at_checked(end) else { return false };
    let is_named = name.contains('.') && !crate::formats::cgroup::FILES.contains(&name);
    let value = if rest.starts_with('{') { rest.rsplit("} ").next().unwrap_or_default() } else { rest };
    (is_named || rest.starts_with("{\""))
        && value.split_whitespace().next().is_some_and(|value| value.parse::<f64>().is_ok())
}

/// Rows of the JSON value that starts at this row and ends at a row's end; 0 if there is none.
fn json_rows(rows: &[Row<'_>], index: usize) -> usize {
    let Some(first) = rows.get(index) else { return 0 };
    let begins = first.bytes.get(1..).unwrap_or_default().trim_ascii().first().copied();
    if !matches!(begins, None | Some(b'"' | b'{' | b'[')) {
        return 0;
    }
    // One line is the usual case; a document of many lines is put together.
    if let Some(end) = json::records(first.bytes, 0, |_| {}) {
        let is_closed = matches!(first.bytes.trim_ascii_end().last(), Some(b'}' | b']'));
        if is_closed && first.bytes.get(end..).unwrap_or_default().trim_ascii().is_empty() {
            return 1;
        }
    }
    if begins.is_some_and(|byte| byte != b'"')
        && first.bytes.len() > 2
        && json::records(first.bytes, 0, |_| {}).is_none()
    {
        return 0;
    }
    let (mut depth, mut in_string, mut escaped) = (0_i64, false, false);
    for (count, row) in rows.iter().skip(index).enumerate() {
        for byte in row.bytes {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth -= 1,
                _ => {}
            }
        }
        // A string of JSON ends on its line.
        in_string = false;
        if depth <= 0 {
            return count + 1;
        }
    }
    0
}

/// True if rows hold the start of a goroutine or of a crash.
pub(super) fn holds_dump(rows: &[Row<'_>]) -> bool {
    rows.iter().any(|row| dump_line::is_header(row.bytes) || dump_line::starts_crash(row.bytes))
}
