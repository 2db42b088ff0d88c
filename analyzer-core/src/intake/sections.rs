//! One text with several captures in it: each becomes a part of its own, read
//! by its own format; nothing is read twice, and what is of none is counted.

use std::collections::{HashMap, HashSet};

use super::Part;
use super::marks::{Mark, grepped, mark};
use super::pieces;
use super::text::{Builder, Row, Text};
use crate::base::convert::to_u64;
use crate::base::error::Notes;
use crate::base::limits;
use crate::base::source::Position;
use crate::formats::goroutine_dump::lines as dump_line;
use crate::formats::{self, Format, Probe};

/// Rows below a piece of prose that are tried as the start of a capture.
const STARTS_TRIED: usize = 12;

/// Bytes below such a row that are looked at first.
const START_BYTES: usize = 16 << 10;

/// Bytes at the start in which a frame around a document is looked for.
const FRAME_BYTES: usize = 4 << 10;

/// A run of rows, and the file that they are said to be of.
#[derive(Debug, Default)]
struct Chunk<'t> {
    name: Option<String>,
    rows: Vec<Row<'t>>,
}

/// Rows of one capture.
struct Found<'t> {
    format: &'static Format,
    name: String,
    rows: Vec<Row<'t>>,
}

/// The captures of a text.
pub(super) struct Sections {
    pub parts: Vec<Part>,
    /// True if every line with something on it is of the one part.
    pub is_whole: bool,
}

/// Takes a text apart.
pub(super) fn split(path: &str, text: &Text<'_>) -> Sections {
    let mut found = Vec::new();
    let mut unused: Vec<Row<'_>> = Vec::new();
    let chunks = chunks(text);
    for chunk in chunks {
        read_chunk(path, chunk, &mut found, &mut unused);
    }
    join_dumps(&mut found);
    for further in found.drain(found.len().min(limits::TEXT_SECTIONS)..) {
        unused.extend(further.rows);
    }
    let with_text = |row: &Row<'_>| !row.bytes.trim_ascii().is_empty();
    let all = text.rows().filter(with_text).count();
    let is_whole = found.len() == 1
        && found.iter().flat_map(|found| &found.rows).filter(|row| with_text(row)).count() == all;
    let parts = parts(path, found, &unused);
    Sections { parts, is_whole }
}

/// Goroutines that stand in fences of their own are of one dump, and counted stacks of one
/// profile, unless one of them comes again, or a crash or another profile begins.
fn join_dumps<'t>(found: &mut Vec<Found<'t>>) {
    let mut seen: HashSet<u64> = HashSet::new();
    let mut joined: Vec<Found<'t>> = Vec::with_capacity(found.len());
    for next in found.drain(..) {
        let rows = || next.rows.iter().map(|row| row.bytes);
        let (members, starts): (HashSet<u64>, bool) = match next.format.name {
            "goroutine-dump" => {
                (rows().filter_map(dump_line::goid).collect(), rows().any(dump_line::starts_crash))
            }
            "goroutine-profile-text" => {
                (rows().filter_map(pieces::counted_stack).collect(), rows().any(pieces::is_profile_title))
            }
            _ => {
                joined.push(next);
                continue;
            }
        };
        let is_alone = starts || members.is_empty() || seen.is_empty() || !seen.is_disjoint(&members);
        match joined.last_mut().filter(|last| !is_alone && last.name == next.name) {
            Some(last) => {
                let place = next.rows.first().map(|row| row.place).unwrap_or_default();
                last.rows.push(Row { bytes: b"", place, is_ended: true });
                last.rows.extend(next.rows);
                seen.extend(members);
            }
            None => {
                seen = members;
                joined.push(next);
            }
        }
    }
    *found = joined;
}

/// True if a prompt, a fence or the head of an answer stands above a document of JSON or
/// YAML; the readers of other documents want the command, or do not mind.
pub(super) fn is_framed(bytes: &[u8]) -> bool {
    let head = Text::dropped(bytes.get(..FRAME_BYTES).unwrap_or(bytes));
    if is_session(&head) {
        return true;
    }
    let rows: Vec<Row<'_>> = head.rows().take(STARTS_TRIED).collect();
    for (index, row) in rows.iter().enumerate() {
        if pieces::starts(&rows, index).is_some() {
            return false;
        }
        if mark(row.bytes).is_some() {
            let below = rows.get(index + 1..).unwrap_or_default();
            return below.iter().find(|row| !row.bytes.trim_ascii().is_empty()).is_some_and(is_structured);
        }
    }
    false
}

/// True if a text begins with a prompt whose command prints a file, and another command follows.
fn is_session(head: &Text<'_>) -> bool {
    let mut rows = head.rows().filter(|row| !row.bytes.trim_ascii().is_empty());
    let is_file = |row: Row<'_>| matches!(mark(row.bytes), Some(Mark::Start(Some(_)) | Mark::Files(_)));
    let is_command = |row: Row<'_>| matches!(mark(row.bytes), Some(Mark::Start(_) | Mark::Files(_)));
    rows.next().is_some_and(is_file) && rows.any(is_command)
}

/// True for a line with which JSON or YAML starts.
fn is_structured(row: &Row<'_>) -> bool {
    let text = row.bytes.trim_ascii();
    let text = text.strip_prefix(b"- ").unwrap_or(text);
    let key = text.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_key = key.len() < text.len() && key.iter().all(u8::is_ascii_alphanumeric) && !key.is_empty();
    is_key || matches!(text.first(), Some(b'{' | b'['))
}

/// Cuts at marks; a file that `grep .` printed line by line is put together.
fn chunks<'t>(text: &'t Text<'_>) -> Vec<Chunk<'t>> {
    let mut chunks = vec![Chunk::default()];
    let mut grepped_files: HashMap<&str, usize> = HashMap::new();
    let mut in_head = false;
    // Files whose one line comes next, the next one last.
    let mut coming: Vec<String> = Vec::new();
    for row in text.rows() {
        if in_head {
            in_head = !row.bytes.trim_ascii().is_empty();
            continue;
        }
        if let Some((file, rest)) = grepped(row.bytes) {
            let index = *grepped_files.entry(file).or_insert_with(|| {
                chunks.push(Chunk { name: Some(file.to_owned()), rows: Vec::new() });
                chunks.len() - 1
            });
            if let Some(chunk) = chunks.get_mut(index) {
                chunk.rows.push(Row { bytes: rest, ..row });
            }
            continue;
        }
        match mark(row.bytes) {
            Some(Mark::HttpHead) => {
                in_head = true;
                let name = heading(&mut chunks);
                chunks.push(Chunk { name, rows: Vec::new() });
            }
            Some(Mark::Start(name)) => {
                coming.clear();
                chunks.push(Chunk { name, rows: Vec::new() });
            }
            Some(Mark::Prompt) => {}
            Some(Mark::Fence) => {
                let name = heading(&mut chunks);
                chunks.push(Chunk { name, rows: Vec::new() });
            }
            Some(Mark::Files(mut names)) => {
                names.reverse();
                let name = names.pop();
                coming = names;
                chunks.push(Chunk { name, rows: Vec::new() });
            }
            None => {
                if let Some(chunk) = chunks.last_mut() {
                    chunk.rows.push(row);
                }
                if let Some(name) = coming.pop() {
                    chunks.push(Chunk { name: Some(name), rows: Vec::new() });
                }
            }
        }
    }
    chunks.retain(|chunk| chunk.rows.iter().any(|row| !row.bytes.trim_ascii().is_empty()));
    chunks
}

/// The name that stands directly above.
fn heading(chunks: &mut [Chunk<'_>]) -> Option<String> {
    let last = chunks.last_mut()?;
    let is_empty = last.rows.iter().all(|row| row.bytes.trim_ascii().is_empty());
    if is_empty { last.name.take() } else { None }
}

fn read_chunk<'t>(path: &str, chunk: Chunk<'t>, found: &mut Vec<Found<'t>>, unused: &mut Vec<Row<'t>>) {
    let named = |name: &Option<String>| {
        name.as_ref().map_or_else(|| path.to_owned(), |name| format!("{path}/{name}"))
    };
    let full = named(&chunk.name);
    let whole = recognized(&full, &chunk.rows);
    // A document is read as one; so is a file of one number, which only its name tells.
    if let Some(format) = whole.filter(|format| !format.is_open()) {
        let name = chunk.name.unwrap_or_else(|| default_name(format));
        return found.push(Found { format, name, rows: chunk.rows });
    }
    let pieces = pieces::split(&chunk.rows);
    let pick = |indexes: &[usize]| -> Vec<Row<'t>> {
        indexes.iter().filter_map(|&index| chunk.rows.get(index).copied()).collect()
    };
    let has_runs = !pieces.runs.is_empty();
    let kernel = pick(&pieces.kernel);
    let rest = pick(&pieces.rest);
    let has_dump = pieces::holds_dump(&rest);
    if !has_runs
        && (whole.is_some_and(|format| !format.is_unread()) || kernel.is_empty())
        && !(has_dump && !kernel.is_empty() && is_oom(path, &kernel))
        && (!has_dump || pieces.gc.is_empty())
    {
        let start = if whole.is_some_and(|format| !format.is_unread()) {
            Some(0)
        } else {
            first_start(&full, &chunk.rows)
        };
        let Some(start) = start else {
            return unused.extend(chunk.rows.iter().filter(|row| !row.bytes.trim_ascii().is_empty()));
        };
        let (before, rows) = chunk.rows.split_at(start);
        unused.extend(before.iter().filter(|row| !row.bytes.trim_ascii().is_empty()));
        let Some(format) = recognized(&full, rows) else { return };
        let name = chunk.name.unwrap_or_else(|| default_name(format));
        return found.push(Found { format, name, rows: rows.to_vec() });
    }
    let mut groups: Vec<Vec<Row<'t>>> = pieces.runs.iter().map(|run| pick(run)).collect();
    if is_oom(path, &kernel) {
        groups.push(kernel);
    } else {
        unused.extend(kernel);
    }
    groups.push(pick(&pieces.gc));
    let own = groups.len();
    groups.push(rest);
    let with_text =
        |(_, rows): &(usize, Vec<Row<'_>>)| rows.iter().any(|row| !row.bytes.trim_ascii().is_empty());
    for (index, rows) in groups.into_iter().enumerate().filter(with_text) {
        // The name is that of the file, not of what stands around it.
        let path = if index < own { &full } else { "" };
        match recognized(path, &rows).filter(|format| !format.is_unread()) {
            Some(format) => {
                let name = chunk.name.clone().unwrap_or_else(|| default_name(format));
                found.push(Found { format, name, rows });
            }
            None => unused.extend(rows.iter().filter(|row| !row.bytes.trim_ascii().is_empty())),
        }
    }
}

fn is_oom(path: &str, rows: &[Row<'_>]) -> bool {
    recognized(path, rows).is_some_and(|format| format.name == "oom-log")
}

/// The first row from which on the rows are a capture: a sentence or a title may stand above it.
fn first_start(path: &str, rows: &[Row<'_>]) -> Option<usize> {
    // A number by itself starts nothing that content could tell.
    let is_number = |line: &[u8]| line.iter().all(|byte| byte.is_ascii_digit() || b" 	-.".contains(byte));
    let starts = rows.iter().enumerate().filter(|(_, row)| !is_number(row.bytes)).map(|(index, _)| index);
    let is_read = |rows: &[Row<'_>]| recognized(path, rows).is_some_and(|format| !format.is_unread());
    // Each try looks at as much as a table or an object shows of itself; the first is of all.
    let is_start = |&(tried, start): &(usize, usize)| {
        let rows = rows.get(start..).unwrap_or_default();
        if tried == 0 { is_read(rows) } else { is_read(head(rows)) && is_read(rows) }
    };
    starts.take(STARTS_TRIED).enumerate().find(is_start).map(|(_, start)| start)
}

/// Rows up to as many bytes as tell what they are.
fn head<'r, 't>(rows: &'r [Row<'t>]) -> &'r [Row<'t>] {
    let mut bytes = 0;
    let end = rows.iter().position(|row| {
        bytes += row.bytes.len() + 1;
        bytes > START_BYTES
    });
    rows.get(..end.unwrap_or(rows.len())).unwrap_or(rows)
}

fn recognized(path: &str, rows: &[Row<'_>]) -> Option<&'static Format> {
    formats::recognize(&Probe { path, bytes: &joined(rows).bytes })
}

fn joined(rows: &[Row<'_>]) -> Text<'static> {
    let mut builder = Builder::with_capacity(rows.iter().map(|row| row.bytes.len() + 1).sum());
    for (index, row) in rows.iter().enumerate() {
        builder.piece(row.bytes, row.place);
        if row.is_ended || index + 1 < rows.len() {
            builder.end();
        }
    }
    builder.finish()
}

/// The name of a capture that the text gives none.
fn default_name(format: &Format) -> String {
    let name = match format.name {
        "cgroup-memory-stat" => "memory.stat",
        "goroutine-dump" => "goroutine.txt",
        "goroutine-profile-text" => "goroutine-counts.txt",
        "heap-debug1" => "heap.txt",
        "oom-log" | "kernel-log" => "dmesg.txt",
        "prometheus" => "metrics.txt",
        "expvar" => "vars.json",
        other => other,
    };
    name.to_owned()
}

/// Parts with their paths: a name that comes again is of another moment.
fn parts(path: &str, found: Vec<Found<'_>>, unused: &[Row<'_>]) -> Vec<Part> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let repeats = {
        let mut names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    };
    let is_only = found.len() == 1;
    let mut parts: Vec<Part> = found
        .into_iter()
        .map(|found| {
            let times = seen.entry(found.name.clone()).or_insert(0);
            *times += 1;
            let path = match (is_only, repeats) {
                (true, _) => path.to_owned(),
                (_, true) => format!("{path}/{times}/{}", found.name),
                _ => format!("{path}/{}", found.name),
            };
            let text = joined(&found.rows);
            Part {
                path,
                format: found.format,
                bytes: text.bytes.into_owned(),
                places: text.places,
                written_at: None,
                notes: Notes::default(),
            }
        })
        .collect();
    if let (Some(first), Some(row)) = (parts.first_mut(), unused.first()) {
        let message = match unused.len() {
            1 => "1 line of the text belongs to no capture and is not used".to_owned(),
            lines => format!("{lines} lines of the text belong to no capture and are not used"),
        };
        first.notes.info("text-around", Some(Position::line(u64::from(row.place.line))), message);
    }
    if repeats && let Some(first) = parts.first_mut() {
        let message = format!(
            "The text contains {} captures, several of the same kind; each one is a separate reading",
            to_u64(parts_len(&seen))
        );
        first.notes.info("several-readings", None, message);
    }
    parts
}

fn parts_len(seen: &HashMap<String, u32>) -> usize {
    seen.values().map(|times| usize::try_from(*times).unwrap_or(0)).sum()
}
