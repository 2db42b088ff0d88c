//! From a text as people paste and collect it to the captures in it.
//!
//! ```text
//! bytes ─► clean ─► peel ─► peel … ─► sections ─► Part, Part, …
//!          BOM, ANSI   JSON, prefixes,    each read by its own format
//!          HTML, CR    quotes, CSV
//! ```
//!
//! A text that is a capture already is not touched. Every line of a part knows
//! the line, and in an escaped string the column, where it was dropped. Each
//! layer looks at each byte a few times; layers are bounded by
//! [`limits::ENVELOPE_DEPTH`]. Any bytes are safe.

mod anchors;
mod clean;
mod entries;
mod escapes;
mod fields;
mod json;
mod markup;
mod prefix;
mod quoted;
mod shape;
mod streams;
mod table;
mod text;

use crate::base::limits;
use crate::base::places::Places;
use crate::base::units::Nanos;
use crate::formats::{self, Format, Probe};

use crate::formats::goroutine_dump::timestamp::rfc3339;
use text::Text;

/// Bytes at each end of a line in which its time is looked for.
const TIME_BYTES: usize = 512;

/// A capture that was found in a text.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its path: that of the file, or a name below it.
    pub path: String,
    /// Its text.
    pub bytes: Vec<u8>,
    /// Where its lines stood.
    pub places: Places,
    /// When its first lines were written, as the log around it says.
    pub written_at: Option<Nanos>,
}

/// The captures in a text; `None` if it is one by itself, or holds none.
pub fn open(path: &str, bytes: &[u8]) -> Option<Vec<Part>> {
    if !is_text(bytes) {
        return None;
    }
    let recognized = |bytes: &[u8]| formats::recognize(&Probe { path, bytes });
    let raw = recognized(bytes);
    if raw.is_some_and(|format| !format.is_text || (is_whole(format) && !clean::needs(bytes))) {
        return None;
    }
    let part = |text: Text<'static>| {
        let written_at = written_at(&text, bytes);
        vec![Part { path: path.to_owned(), bytes: text.bytes.into_owned(), places: text.places, written_at }]
    };
    let cleaned = clean::clean(bytes);
    if let Some(text) = cleaned.as_ref().filter(|text| recognized(&text.bytes).is_some_and(is_whole)) {
        return Some(part(text.clone()));
    }
    let dropped = Text::dropped(bytes);
    let peeled = peeled(cleaned.as_ref().unwrap_or(&dropped));
    [peeled, cleaned]
        .into_iter()
        .flatten()
        .find(|text| recognized(&text.bytes).is_some_and(|format| !is_generic(format)))
        .map(part)
}

/// The time that the log around a text states beside its first lines.
fn written_at(text: &Text<'_>, dropped: &[u8]) -> Option<Nanos> {
    let first = text.rows().find(|row| anchors::find(row.bytes).is_some())?.place.line;
    let (line, _) = text::split_lines(dropped).nth(usize::try_from(first).ok()?.checked_sub(1)?)?;
    let ends = [line.get(..TIME_BYTES).unwrap_or(line), line.get(line.len().saturating_sub(TIME_BYTES)..)?];
    ends.into_iter().find_map(|part| {
        let is_part =
            |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b':' | b'.' | b'T' | b'Z');
        part.split(|byte| !is_part(byte))
            .filter(|word| word.len() >= 19)
            .find_map(|word| rfc3339(std::str::from_utf8(word).ok()?))
    })
}

/// Takes envelopes off, one in the other; `None` if there is none.
fn peeled(text: &Text<'_>) -> Option<Text<'static>> {
    let mut peeled: Option<Text<'static>> = None;
    for _ in 0..limits::ENVELOPE_DEPTH {
        let current = peeled.as_ref().unwrap_or(text);
        let next = entries::peel(current)
            .or_else(|| table::peel(current))
            .or_else(|| quoted::peel(current))
            .or_else(|| prefix::peel(current));
        match next {
            // A layer that changes nothing would be found for ever.
            Some(next) if next.bytes != current.bytes => peeled = Some(next),
            _ => break,
        }
    }
    peeled
}

/// True for bytes that may be text: few control characters, and NULs only as padding or every other one.
fn is_text(bytes: &[u8]) -> bool {
    if clean::is_utf16(bytes) {
        return true;
    }
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    let head = bytes.get(start..).unwrap_or_default();
    let head = head.get(..4096).unwrap_or(head);
    let is_control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x1b);
    let end = if clean::ends_in_padding(head) { memchr::memchr(0, head) } else { None };
    let head = head.get(..end.unwrap_or(head.len())).unwrap_or(head);
    !head.is_empty() && head.iter().filter(is_control).count() * 64 <= head.len()
}

/// True for a format whose files are whole documents: what is in one is its own.
fn is_whole(format: &Format) -> bool {
    const OPEN: [&str; 16] = [
        "goroutine-dump",
        "goroutine-profile-text",
        "oom-log",
        "kernel-log",
        "gctrace",
        "csv",
        "json",
        "log",
        "cgroup-memory-stat",
        "cgroup-file",
        "prometheus",
        "heap-debug1",
        "smaps",
        "smaps_rollup",
        "status",
        "meminfo",
    ];
    !OPEN.contains(&format.name)
}

/// True for a format that only names what is of no capture.
fn is_generic(format: &Format) -> bool {
    matches!(format.name, "csv" | "json" | "log")
}
