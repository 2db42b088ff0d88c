//! The secrets of what engines print: every name, path, label, variable and
//! address; what stays is amounts, times, states and the engines' own words.

use super::super::pod::VARIABLES;
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, Part, walk_json};
use crate::formats::tables::wide_cells;

type Outcome = Result<(), &'static str>;

/// Members whose values are the engine's words, amounts or times.
const KEPT: [&str; 20] = [
    "Status",
    "state",
    "reason",
    "Created",
    "StartedAt",
    "FinishedAt",
    "createdAt",
    "startedAt",
    "finishedAt",
    "time",
    "startTime",
    "read",
    "preread",
    "timestamp",
    "MemUsage",
    "mem_usage",
    "MemPerc",
    "mem_percent",
    "memoryLimitInBytes",
    "value",
];

/// Members whose keys are the engine's: those of all others may be the user's.
const FREE_KEYS: [&str; 11] = [
    "Labels",
    "labels",
    "annotations",
    "Annotations",
    "Networks",
    "Volumes",
    "ExposedPorts",
    "PortBindings",
    "Ports",
    "Sysctls",
    "LogOpts",
];

/// Marks a document, or several.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut visit = |keys: &[&[u8]], part: Part, text: &[u8]| mark(keys, part, text, marks);
    if serde_json::from_slice::<serde::de::IgnoredAny>(input.bytes).is_ok() {
        return walk_json(input.bytes, &mut visit);
    }
    // One document a line.
    for line in
        crate::base::reader::Lines::new(input.bytes).filter(|line| !line.bytes.trim_ascii().is_empty())
    {
        walk_json(line.bytes, &mut visit)?;
    }
    Ok(())
}

fn mark(keys: &[&[u8]], part: Part, text: &[u8], marks: &mut Marks<'_>) {
    let is_free = keys.iter().any(|key| FREE_KEYS.iter().any(|name| name.as_bytes() == *key));
    let own = keys.last().copied().unwrap_or_default();
    let is_kept = KEPT.iter().any(|name| name.as_bytes() == own);
    match part {
        Part::Key if is_free => marks.quoted(text, Kind::Label),
        Part::Key => {}
        Part::Value if is_free => marks.quoted(text, Kind::Label),
        Part::Value if is_kept && !text.contains(&b'@') => {}
        Part::Value if own.eq_ignore_ascii_case(b"env") => variable(text, marks),
        Part::Value => marks.quoted(text, Kind::Name),
    }
}

/// `NAME=value`: the runtime's own variables stay.
fn variable(text: &[u8], marks: &mut Marks<'_>) {
    let end = memchr::memchr(b'=', text).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if !VARIABLES.iter().any(|known| known.as_bytes() == name) {
        marks.quoted(text, Kind::Environment);
    }
}

/// Marks every cell of a table that holds no amount; a header stays.
pub(super) fn table(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let cells: Vec<&str> = wide_cells(text).collect();
        if text.contains("CPU %") && text.contains("MEM") {
            continue;
        }
        if cells.len() < 3 {
            marks.blank(line.bytes);
            continue;
        }
        for cell in cells.into_iter().filter(|cell| !is_amount(cell)) {
            marks.words(cell.as_bytes(), Kind::Name);
        }
    }
    Ok(())
}

/// `12.5MiB / 256MiB`, `0.05%`, `--`. An id of digits alone is longer than any.
fn is_amount(cell: &str) -> bool {
    let unit = |text: &str| {
        let rest = text.trim().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        ["", "%", "B", "kB", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "--"].contains(&rest)
    };
    cell.len() <= 24
        && !(cell.len() >= 12 && cell.bytes().all(|byte| byte.is_ascii_digit()))
        && cell.split(" / ").all(unit)
}
