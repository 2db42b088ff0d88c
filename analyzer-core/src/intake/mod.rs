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
mod byte_lists;
mod clean;
mod dressed;
mod entries;
mod escapes;
mod fields;
mod flat_describe;
mod fragment;
mod glue;
mod json;
mod markdown_table;
mod marks;
mod markup;
mod pieces;
mod prefix;
mod quoted;
mod sections;
mod shape;
mod streams;
mod table;
mod text;
mod visible;
mod wrap;
mod yaml_entries;

use crate::base::convert::to_u64;
use crate::base::error::Notes;
use crate::base::limits;
use crate::base::places::Places;
use crate::base::units::Nanos;
use crate::formats::{self, Format, Probe};

use crate::formats::goroutine_dump::timestamp::rfc3339;
use text::Text;

/// Bytes at each end of a line in which its time is looked for.
const TIME_BYTES: usize = 512;
/// Bytes at each end of a large text that say whether it has anything around it.
const SAMPLE_BYTES: usize = 64 << 10;

/// A capture that was found in a text.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its path: that of the file, or a name below it.
    pub path: String,
    /// What it is.
    pub format: &'static Format,
    /// Its text.
    pub bytes: Vec<u8>,
    /// Where its lines stood.
    pub places: Places,
    /// When its first lines were written, as the log around it says.
    pub written_at: Option<Nanos>,
    /// What to know about the text around it.
    pub notes: Notes,
}

/// The captures in a text; `None` if it is one by itself, or holds none.
pub fn open(path: &str, bytes: &[u8]) -> Option<Vec<Part>> {
    if !is_text(bytes) {
        return None;
    }
    let recognized = |bytes: &[u8]| formats::recognize(&Probe { path, bytes });
    let raw = recognized(bytes);
    let is_document = |format: &Format| !format.is_open() && !sections::is_framed(bytes);
    if raw.is_some_and(|format| !format.is_text() || (!clean::needs(bytes) && is_document(format))) {
        return None;
    }
    let is_large = bytes.len() > limits::PASTE_BYTES;
    if is_large && raw.is_some_and(|format| !format.is_unread()) && is_plain(bytes) {
        return None;
    }
    let dropped = Text::dropped(bytes);
    let cleaned = clean::clean(bytes);
    let is_document = |text: &&Text<'_>| {
        let format = recognized(&text.bytes);
        format.is_some_and(|format| !format.is_open() && !sections::is_framed(&text.bytes))
    };
    let peeled = match cleaned.as_ref().filter(is_document) {
        Some(_) => None,
        None => peeled(cleaned.as_ref().unwrap_or(&dropped)),
    };
    // What was taken off was the log's only if a capture is left.
    let texts = [peeled, cleaned].into_iter().flatten().map(|text| (text, false)).chain([(dropped, true)]);
    texts.into_iter().find_map(|(text, is_raw)| {
        let mut parts = if is_large { one(path, text, is_raw) } else { several(path, &text, is_raw) }?;
        parts.iter_mut().for_each(|part| part.written_at = written_at(part, bytes));
        Some(parts)
    })
}

/// The whole text as one capture.
fn one(path: &str, text: Text<'_>, is_raw: bool) -> Option<Vec<Part>> {
    let format = formats::recognize(&Probe { path, bytes: &text.bytes })?;
    let Text { bytes, places } = text;
    (!is_raw && !format.is_unread()).then(|| {
        let bytes = bytes.into_owned();
        vec![Part { path: path.to_owned(), format, bytes, places, written_at: None, notes: Notes::default() }]
    })
}

/// The captures that stand in the text; `None` if it is one as it was dropped.
fn several(path: &str, text: &Text<'_>, is_raw: bool) -> Option<Vec<Part>> {
    let sections = sections::split(path, text);
    let is_as_dropped = is_raw && sections.is_whole;
    Some(sections.parts).filter(|parts| !parts.is_empty() && !is_as_dropped)
}

/// True if neither the start nor the end of a text has anything of a log around it.
fn is_plain(bytes: &[u8]) -> bool {
    let head = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let head = head.get(..memchr::memrchr(b'\n', head).map_or(head.len(), |end| end + 1)).unwrap_or(head);
    let tail = bytes.get(bytes.len().saturating_sub(SAMPLE_BYTES)..).unwrap_or_default();
    let tail = tail.get(memchr::memchr(b'\n', tail).map_or(0, |end| end + 1)..).unwrap_or_default();
    [head, tail]
        .into_iter()
        .all(|part| !clean::needs(part) && !markup::is_markup(part) && peeled(&Text::dropped(part)).is_none())
}

/// The time that the log around a text states beside its first lines.
fn written_at(part: &Part, dropped: &[u8]) -> Option<Nanos> {
    if part.places.is_identity() {
        return None;
    }
    let first = text::split_lines(&part.bytes).position(|(line, _)| anchors::find(line).is_some())?;
    let first = part.places.of(to_u64(first) + 1).line;
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
        if peeled.is_some() && current.bytes.len() > limits::PASTE_BYTES && is_plain(&current.bytes) {
            break;
        }
        let next = byte_lists::peel(current)
            .or_else(|| visible::peel(current))
            .or_else(|| yaml_entries::peel(current))
            .or_else(|| entries::peel(current))
            .or_else(|| table::peel(current))
            .or_else(|| markdown_table::peel(current))
            .or_else(|| quoted::peel(current))
            .or_else(|| prefix::peel(current))
            .or_else(|| wrap::peel(current))
            .or_else(|| dressed::peel(current))
            .or_else(|| flat_describe::peel(current))
            .or_else(|| fragment::peel(current));
        match next {
            // A layer that changes nothing would be found for ever.
            Some(next) if next.bytes != current.bytes => peeled = Some(next),
            _ => break,
        }
    }
    peeled
}

/// True for bytes that may be text: few control characters, and NULs only as padding.
fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    let head = bytes.get(start..).unwrap_or_default();
    let head = head.get(..4096).unwrap_or(head);
    let is_control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 7 | 0x1b);
    let end = if clean::ends_in_padding(head) { memchr::memchr(0, head) } else { None };
    let head = head.get(..end.unwrap_or(head.len())).unwrap_or(head);
    !head.is_empty() && head.iter().filter(is_control).count() * 64 <= head.len()
}
