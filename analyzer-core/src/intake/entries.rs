//! Log entries as JSON: Docker, journald, loggers, exports of log stores; one
//! a line behind any prefix, or a document of lists.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use super::escapes::{Part, unescape};
use super::fields::{Role, role};
use super::json::{self, Field, Record};
use super::streams::Streams;
use super::text::{Row, Text};
use crate::base::convert::to_u32;
use crate::base::places::Place;

/// Bytes at the start that are looked at to learn the shape of a log.
const HEAD_BYTES: usize = 64 << 10;
/// Keys of what describes a column of a table, and how many it has at most.
const COLUMN_KEYS: [&[u8]; 5] = [b"name", b"type", b"dataType", b"columnType", b"displayName"];
const COLUMN_FIELDS: usize = 5;
/// Columns of a table that are known at most.
const COLUMNS: usize = 256;
/// Bytes before the JSON object of a line at most.
const PREFIX_BYTES: usize = 512;

/// Takes the text out of the entries; `None` if the text has no entries.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    let start = text.bytes.len() - text.bytes.trim_ascii_start().len();
    let mut rows = text.rows().map(|row| row.bytes.trim_ascii()).filter(|row| !row.is_empty());
    let (first, second) = (rows.next().unwrap_or_default(), rows.next().unwrap_or(b"{"));
    // A line of a log that is cut is followed by another entry.
    let goes_on = first.starts_with(b"{") && !first.ends_with(b"}") && !second.starts_with(b"{");
    let is_document =
        matches!(text.bytes.get(start), Some(b'{' | b'[')) && (object(first).is_none() || goes_on);
    if is_document { document(text, start) } else { lines(text) }
}

/// Every line by itself.
fn lines(text: &Text<'_>) -> Option<Text<'static>> {
    let style = Style::of_lines(text)?;
    let mut out = Entries { streams: Streams::default(), style, found: 0, columns: Vec::new() };
    for row in text.rows() {
        match object(row.bytes) {
            Some(start) => out.object(&row, start),
            None => {
                out.streams.piece(0, row.bytes, row.place);
                if row.is_ended {
                    out.streams.end(0);
                }
            }
        }
    }
    (out.found > 0).then(|| out.streams.finish())
}

/// Where the JSON object starts that a line ends with.
fn object(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    let head = line.get(..PREFIX_BYTES).unwrap_or(line);
    let start = if line.first() == Some(&b'{') { 0 } else { memchr::memmem::find(head, b"{\"")? };
    let is_open = line.get(start + 1..)?.trim_ascii_start().first() == Some(&b'"');
    // Fluent Bit puts the record into a list, behind its time.
    let is_listed =
        || line.ends_with(b"}]") && start.checked_sub(1).is_some_and(|at| line.get(at) == Some(&b' '));
    let is_closed = line.ends_with(b"}") || is_listed();
    (is_open && (is_closed || start == 0)).then_some(start)
}

/// What is particular to the log at hand.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// Pieces end with a line end where the program printed one.
    joins_pieces: bool,
}

impl Style {
    /// Learned from the first lines, and those that hold the start of a dump; `None` if no line is an entry.
    fn of_lines(text: &Text<'_>) -> Option<Self> {
        let mut style = Self { joins_pieces: false };
        let (mut entries, mut others, mut seen) = (0_usize, 0_usize, 0);
        for row in text.rows() {
            seen += row.bytes.len();
            let is_entry = object(row.bytes).is_some_and(|start| {
                json::records(row.bytes, start, |record| style.learn(row.bytes, record)).is_some()
            });
            entries += usize::from(is_entry);
            others += usize::from(!is_entry && !row.bytes.trim_ascii().is_empty());
            if seen > HEAD_BYTES {
                break;
            }
        }
        let is_log = entries > 0 && entries >= others;
        (is_log || has_entry_with_dump(&text.bytes)).then_some(style)
    }

    fn learn(&mut self, bytes: &[u8], record: Record<'_>) {
        for field in record {
            let raw = bytes.get(field.raw.clone()).unwrap_or_default();
            let is_piece = role(bytes.get(field.key.clone()).unwrap_or_default()) == Role::Pieces;
            self.joins_pieces |= is_piece && raw.ends_with(b"\\n");
        }
    }
}

/// True if a goroutine's header stands in a string of a line that is an entry.
fn has_entry_with_dump(bytes: &[u8]) -> bool {
    let mut line_end = 0;
    for at in memchr::memmem::find_iter(bytes, b"goroutine ") {
        if at < line_end {
            continue;
        }
        let start = bytes.get(..at).and_then(|head| memchr::memrchr(b'\n', head)).map_or(0, |end| end + 1);
        let rest = bytes.get(at..).unwrap_or_default();
        line_end = at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = bytes.get(start..line_end).unwrap_or_default();
        if object(line)
            .is_some_and(|begin| start + begin < at && json::records(line, begin, |_| {}).is_some())
        {
            return true;
        }
    }
    false
}

/// One document: a list of entries, or what an interface answered.
fn document(text: &Text<'_>, start: usize) -> Option<Text<'static>> {
    let mut style = Style { joins_pieces: false };
    let head = text.bytes.get(..start + HEAD_BYTES).unwrap_or(&text.bytes);
    json::records(head, start, |record| style.learn(head, record));
    let mut out = Entries { streams: Streams::default(), style, found: 0, columns: Vec::new() };
    let mut places = Lines::new(text);
    let mut at = start;
    let end = loop {
        let read =
            json::records(&text.bytes, at, |record| out.record(&text.bytes, record, |at| places.place(at)));
        let Some(end) = read else { break at };
        let rest = text.bytes.get(end..).unwrap_or_default();
        at = end + (rest.len() - rest.trim_ascii_start().len());
        if !matches!(text.bytes.get(at), Some(b'{' | b'[')) {
            break at;
        }
    };
    // What follows the document is a text of its own.
    let rest = text.bytes.get(end..).unwrap_or_default();
    for (line, is_ended) in super::text::split_lines(rest) {
        let offset = line.as_ptr().addr() - text.bytes.as_ptr().addr();
        out.streams.piece(0, line, places.line_at(offset));
        if is_ended {
            out.streams.end(0);
        }
    }
    (out.found > 0).then(|| out.streams.finish())
}

/// Lines and columns of rising offsets.
struct Lines<'t> {
    text: &'t Text<'t>,
    at: usize,
    line: u64,
    line_start: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t Text<'t>) -> Self {
        Self { text, at: 0, line: 1, line_start: 0 }
    }

    fn line_at(&mut self, offset: usize) -> Place {
        if offset < self.at {
            *self = Self::new(self.text);
        }
        let passed = self.text.bytes.get(self.at..offset).unwrap_or_default();
        for end in memchr::memchr_iter(b'\n', passed) {
            self.line += 1;
            self.line_start = self.at + end + 1;
        }
        self.at = offset;
        self.text.places.of(self.line)
    }

    fn place(&mut self, offset: usize) -> Place {
        let place = self.line_at(offset);
        place.within(to_u32(offset - self.line_start).saturating_add(1))
    }
}

/// The text of entries, as it is collected.
struct Entries {
    streams: Streams,
    style: Style,
    /// Fields that were taken.
    found: usize,
    /// What the columns of a table without names in its rows are, as the document says above.
    columns: Vec<Role>,
}

impl Entries {
    /// A line that ends with an object.
    fn object(&mut self, row: &Row<'_>, start: usize) {
        let prefix = row.bytes.get(..start).unwrap_or_default();
        let before = self.found;
        let read = json::records(row.bytes, start, |record| {
            let place = |at: usize| row.place.within(to_u32(at).saturating_add(1));
            self.keyed_record(row.bytes, record, super::prefix::writer(prefix), place, row.place);
        });
        if read.is_none() || (self.found == before && !prefix.is_empty()) {
            self.streams.line(0, row.bytes, row.place);
        }
    }

    fn record(&mut self, bytes: &[u8], record: Record<'_>, mut place: impl FnMut(usize) -> Place) {
        let whole = record.first().map(|field| Place::line(place(field.raw.start).line)).unwrap_or_default();
        self.keyed_record(bytes, record, 0, place, whole);
    }

    fn keyed_record(
        &mut self,
        bytes: &[u8],
        record: Record<'_>,
        prefix: u64,
        mut place: impl FnMut(usize) -> Place,
        whole: Place,
    ) {
        let key_of = |field: &Field| bytes.get(field.key.clone()).unwrap_or_default();
        let raw_of = |field: &Field| bytes.get(field.raw.clone()).unwrap_or_default();
        let mut hasher = FxHasher::default();
        prefix.hash(&mut hasher);
        let mut continues = false;
        for field in record {
            match role(key_of(field)) {
                Role::Writer => raw_of(field).hash(&mut hasher),
                Role::Continued => continues |= raw_of(field) == b"P",
                _ => {}
            }
        }
        let key = hasher.finish() | 1;
        let recovered = recovered(bytes, record);
        self.learn_column(bytes, record);
        let row = self.row(bytes, record);
        let named = named_value(bytes, record);
        let time = match named {
            Some((name, value)) => (role(name) == Role::Time).then_some(value),
            None => match row {
                Some(row) => record.get(row.time),
                None => record.iter().find(|field| role(key_of(field)) == Role::Time),
            },
        };
        if let Some(time) = time {
            self.streams.entry(raw_of(time));
        }
        if named.is_some_and(|(name, _)| matches!(role(name), Role::Time | Role::Other | Role::Writer)) {
            return;
        }
        let is_attribute = record.iter().any(|field| key_of(field) == b"key");
        for (index, field) in record.iter().enumerate() {
            let raw = raw_of(field);
            let role = role(key_of(field));
            let has_lines = memchr::memmem::find(raw, b"\\n").is_some();
            let is_text = if let Some(row) = row {
                index == row.text
            } else {
                let is_value = is_attribute && key_of(field) == b"stringValue";
                matches!(role, Role::Text | Role::Pieces | Role::Panic) && !is_value || has_lines
            };
            // The same text under two names, or its first line as a summary.
            let is_repeated = || {
                record.iter().enumerate().any(|(other, field)| {
                    let text = raw_of(field);
                    other != index
                        && field.key != record.get(index).map_or(0..0, |own| own.key.clone())
                        && !raw.is_empty()
                        && text.starts_with(raw)
                        && (text.len() > raw.len() || other < index)
                })
            };
            if !is_text || (record.len() > 1 && is_repeated()) {
                continue;
            }
            self.found += 1;
            if (role == Role::Panic || recovered == Some(index)) && !raw.starts_with(b"panic: ") {
                self.streams.piece(key, b"panic: ", place(field.raw.start));
            }
            let goes_on = continues || (role == Role::Pieces && self.style.joins_pieces && !ends_line(raw));
            // A value of one line is a line of its own: the whole entry is meant.
            let is_one_line = memchr::memmem::find(raw, b"\\n").is_none_or(|at| at + 2 == raw.len());
            let at = |offset: usize, place: &mut dyn FnMut(usize) -> Place| {
                if is_one_line && field.is_whole {
                    whole_of(whole, place, field)
                } else {
                    place(field.raw.start + offset)
                }
            };
            if raw.is_empty() {
                self.streams.piece(key, b"", at(0, &mut place));
            }
            unescape(raw, |part| match part {
                Part::Text(text, offset) => self.streams.piece(key, text, at(offset, &mut place)),
                Part::End(offset) => {
                    self.streams.piece(key, b"", at(offset.saturating_sub(2), &mut place));
                    self.streams.end(key);
                }
            });
            if !goes_on && field.is_whole {
                self.streams.end(key);
            }
        }
    }
}

/// The name and the value of `{"field":"@message","value":"…"}`, as CloudWatch Insights answers.
fn named_value<'b, 'r>(bytes: &'b [u8], record: Record<'r>) -> Option<(&'b [u8], &'r Field)> {
    let [name, value] = record else { return None };
    let is_key = |field: &Field, key: &[u8]| bytes.get(field.key.clone()) == Some(key);
    let is_named = is_key(name, b"field") && is_key(value, b"value");
    Some((bytes.get(name.raw.clone()).filter(|_| is_named)?, value))
}

/// Which cells of a row without names are the time and the text.
#[derive(Clone, Copy, Debug)]
struct Cells {
    time: usize,
    text: usize,
}

impl Entries {
    /// `{"name":"LogEntry","type":"string"}`: a column of a table whose rows come below.
    fn learn_column(&mut self, bytes: &[u8], record: Record<'_>) {
        let key_of = |field: &Field| bytes.get(field.key.clone()).unwrap_or_default();
        let is_column = record.len() <= COLUMN_FIELDS
            && record.iter().all(|field| COLUMN_KEYS.contains(&key_of(field)))
            && record.first().is_some_and(|field| key_of(field) == b"name");
        if let Some(name) = record.first().filter(|_| is_column && self.columns.len() < COLUMNS) {
            self.columns.push(role(bytes.get(name.raw.clone()).unwrap_or_default()));
        }
    }

    /// The cells of a row of a table without names (Loki's `values`, the `rows` of Azure): a
    /// time and the text, in the order that the columns say, else the text last or first.
    fn row(&self, bytes: &[u8], record: Record<'_>) -> Option<Cells> {
        let (first, last) = (record.first()?, record.len().checked_sub(1).filter(|last| *last > 0)?);
        if !record.iter().all(|field| field.key == first.key) {
            return None;
        }
        let is_time = |index: usize| {
            record.get(index).is_some_and(|field| is_time(bytes.get(field.raw.clone()).unwrap_or_default()))
        };
        if self.columns.len() == record.len() {
            let of = |wanted: Role| self.columns.iter().position(|role| *role == wanted);
            if let Some(cells) = of(Role::Time).zip(of(Role::Text)).map(|(time, text)| Cells { time, text })
                && is_time(cells.time)
            {
                return Some(cells);
            }
        }
        match (is_time(0), is_time(last)) {
            (true, _) => Some(Cells { time: 0, text: last }),
            (false, true) => Some(Cells { time: last, text: 0 }),
            (false, false) => None,
        }
    }
}

/// `1795204980000000000`, `2026-11-20T20:03:00Z`.
fn is_time(time: &[u8]) -> bool {
    time.len() >= 10
        && (time.iter().all(u8::is_ascii_digit)
            || (time.get(..4).is_some_and(|year| year.iter().all(u8::is_ascii_digit))
                && time.get(4) == Some(&b'-')
                && time.iter().all(|byte| byte.is_ascii_digit() || b"-:. TZ+".contains(byte))))
}

/// The field with the message of a panic that a handler recovered and logged: the
/// entry says so, its stack is a running goroutine's, and nothing has the runtime's word.
fn recovered(bytes: &[u8], record: Record<'_>) -> Option<usize> {
    let raw_of = |field: &Field| bytes.get(field.raw.clone()).unwrap_or_default();
    let is_stack =
        |raw: &[u8]| raw.starts_with(b"goroutine ") && memchr::memmem::find(raw, b" [running]:\\n").is_some();
    if record.len() < 2 || !record.iter().any(|field| is_stack(raw_of(field))) {
        return None;
    }
    let short = || record.iter().enumerate().filter(|(_, field)| !is_stack(raw_of(field)));
    let has =
        |raw: &[u8], words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(raw, word).is_some());
    let is_told = short().any(|(_, field)| {
        raw_of(field).starts_with(b"panic: ")
            || has(raw_of(field), &[b"\\npanic: "])
            || role(bytes.get(field.key.clone()).unwrap_or_default()) == Role::Panic
    });
    let message = short().find(|(_, field)| has(raw_of(field), &[b"panic", b"Panic", b"PANIC"]))?.0;
    if is_told {
        return None;
    }
    let is_error = |key: &[u8]| [&b"err"[..], b"error", b"reason", b"exception", b"cause"].contains(&key);
    let error = short().find(|(_, field)| is_error(bytes.get(field.key.clone()).unwrap_or_default()));
    Some(error.map_or(message, |(index, _)| index))
}

/// The line of a value that is one line by itself.
fn whole_of(whole: Place, place: &mut dyn FnMut(usize) -> Place, field: &Field) -> Place {
    if whole.column > 0 {
        return whole;
    }
    Place::line(place(field.raw.start).line)
}

/// True if an escaped text ends with a line end.
fn ends_line(raw: &[u8]) -> bool {
    let Some(before) = raw.strip_suffix(b"\\n") else { return raw.ends_with(b"\\u000a") };
    // `\\n` is a backslash and an n.
    before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 0
}
