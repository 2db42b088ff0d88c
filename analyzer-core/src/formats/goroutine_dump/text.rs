//! The text under its wrappings: byte order marks, UTF-16, and what log
//! collectors put before each line.

use std::borrow::Cow;

use serde::Deserialize;

use super::header;
use super::timestamp;
use crate::base::reader::Lines;
use crate::base::units::Nanos;

/// Header lines that are looked at to learn the shape of the prefix.
const HEADERS_LOOKED_AT: usize = 32;
/// Words of a log prefix at most; journald has five, docker compose two.
const PREFIX_WORDS: usize = 8;
/// Bytes of a line of a collected log before the text itself, at most.
const PREFIX_BYTES: usize = 512;

/// What stands before each line of the dump itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Prefix {
    /// This many white characters (pasted from a ticket).
    Indent(usize),
    /// This many words, each ended by spaces (CRI, kubectl, journald, compose).
    Words(usize),
    /// The line is a JSON object with the text in one of its fields (Docker, loggers).
    Json,
}

/// UTF-8 bytes of a source: UTF-16 is converted, a byte order mark dropped.
pub(super) fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(from_utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(from_utf16(rest, u16::from_be_bytes)),
        _ => Cow::Borrowed(bytes),
    }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes()
}

/// The prefix shape of the goroutine headers in `bytes`; `None` if there is no header.
/// The shape of most headers wins: a panic message may quote one.
pub(super) fn detect(bytes: &[u8]) -> Option<Prefix> {
    let finder = memchr::memmem::Finder::new(header::START);
    let mut votes: Vec<(Prefix, usize)> = Vec::new();
    let mut line_end = 0;
    let mut headers = 0;
    for hit in finder.find_iter(bytes) {
        if hit < line_end {
            continue;
        }
        let before = bytes.get(..hit)?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let rest = bytes.get(hit..)?;
        line_end = hit + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let Some(prefix) = shape(bytes.get(start..hit)?, bytes.get(hit..line_end)?) else { continue };
        match votes.iter_mut().find(|(known, _)| *known == prefix) {
            Some((_, count)) => *count += 1,
            None => votes.push((prefix, 1)),
        }
        headers += 1;
        if headers >= HEADERS_LOOKED_AT {
            break;
        }
    }
    let most = votes.iter().map(|(_, count)| *count).max()?;
    // One header behind words and one without any: the words are of one line.
    let most_voted = votes.into_iter().filter(|(_, count)| *count == most).map(|(prefix, _)| prefix);
    most_voted.min_by_key(|prefix| *prefix != Prefix::Indent(0))
}

/// The shape of one header line, if it is one.
fn shape(before: &[u8], rest: &[u8]) -> Option<Prefix> {
    if before.len() > PREFIX_BYTES {
        return None;
    }
    if before.first() == Some(&b'{') {
        return json_part(rest).then_some(Prefix::Json);
    }
    header::parse(rest.strip_suffix(b"\r").unwrap_or(rest))?;
    if before.iter().all(u8::is_ascii_whitespace) {
        return Some(Prefix::Indent(before.len()));
    }
    let words = before.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    (before.ends_with(b" ") && words <= PREFIX_WORDS).then_some(Prefix::Words(words))
}

/// True if a header goes on here inside a JSON string.
fn json_part(rest: &[u8]) -> bool {
    let end = memchr::memmem::find(rest, b"\\n").or_else(|| memchr::memchr(b'"', rest));
    end.and_then(|end| rest.get(..end)).is_some_and(|text| header::parse(text).is_some())
}

/// A line of the dump itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextLine<'a> {
    /// Line number in the source, from 1.
    pub number: u64,
    /// The text, without prefix and line end.
    pub bytes: &'a [u8],
    /// True for the last line of a source that does not end in a line end.
    pub is_last_unended: bool,
}

/// Fields of JSON log lines that may hold the text.
#[derive(Deserialize)]
struct LogObject<'a> {
    #[serde(borrow)]
    log: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    msg: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "textPayload")]
    text_payload: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "stack", alias = "stack_trace")]
    stacktrace: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "timestamp", alias = "ts")]
    time: Option<Cow<'a, str>>,
}

/// Calls `each` with every line of the dump itself, in order; each byte of
/// plain text is looked at once here.
pub(super) fn for_each_line(bytes: &[u8], prefix: Prefix, mut each: impl FnMut(TextLine<'_>)) {
    let is_ended = Lines::ends_with_newline(bytes);
    let mut lines = Lines::new(bytes).peekable();
    // Text of lines that a log driver split (Docker at 16 KiB, CRI's `P` lines).
    let mut split: Vec<u8> = Vec::new();
    while let Some(line) = lines.next() {
        let is_last_unended = !is_ended && lines.peek().is_none();
        let number = line.number;
        let mut give = |bytes: &[u8]| each(TextLine { number, bytes, is_last_unended });
        match prefix {
            Prefix::Indent(width) => give(strip_indent(line.bytes, width)),
            Prefix::Words(count) => {
                let (text, is_split) = strip_words(line.bytes, count);
                if is_split || !split.is_empty() {
                    split.extend_from_slice(text);
                    if is_split && split.len() < crate::base::limits::LINE_BYTES {
                        continue;
                    }
                    give(&split);
                    split.clear();
                } else {
                    give(text);
                }
            }
            Prefix::Json => give_json(line.bytes, &mut split, give),
        }
    }
    if !split.is_empty() {
        let number = to_last_number(bytes);
        each(TextLine { number, bytes: &split, is_last_unended: true });
    }
}

fn to_last_number(bytes: &[u8]) -> u64 {
    Lines::new(bytes).last().map_or(0, |line| line.number)
}

fn give_json(line: &[u8], split: &mut Vec<u8>, mut give: impl FnMut(&[u8])) {
    let Ok(object) = serde_json::from_slice::<LogObject<'_>>(line) else {
        return give(line);
    };
    if let Some(log) = object.log {
        split.extend_from_slice(log.as_bytes());
        if !log.ends_with('\n') && split.len() < crate::base::limits::LINE_BYTES {
            return;
        }
        for part in Lines::new(split) {
            give(part.bytes);
        }
        split.clear();
        return;
    }
    for text in [object.message, object.msg, object.text_payload, object.stacktrace].into_iter().flatten() {
        for part in Lines::new(text.as_bytes()) {
            give(part.bytes);
        }
    }
}

/// A line without the prefix; JSON lines have none that could be cut off.
pub(super) fn strip(line: &[u8], prefix: Prefix) -> &[u8] {
    match prefix {
        Prefix::Indent(width) => strip_indent(line, width),
        Prefix::Words(count) => strip_words(line, count).0,
        Prefix::Json => line,
    }
}

fn strip_indent(line: &[u8], width: usize) -> &[u8] {
    match line.get(..width) {
        Some(before) if before.iter().all(u8::is_ascii_whitespace) => line.get(width..).unwrap_or_default(),
        _ => line,
    }
}

/// The line without its first `count` words and the one space that ends them,
/// and whether a CRI mark says that the line goes on in the next.
fn strip_words(line: &[u8], count: usize) -> (&[u8], bool) {
    let mut rest = line;
    let mut last: &[u8] = &[];
    for _ in 0..count {
        let start = rest.iter().position(|&byte| byte != b' ').unwrap_or(rest.len());
        rest = rest.get(start..).unwrap_or_default();
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        last = rest.get(..end).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
    }
    (rest.strip_prefix(b" ").unwrap_or(rest), last == b"P" && count >= 3)
}

/// The time that the first line with a header states.
pub(super) fn first_time(bytes: &[u8], prefix: Prefix) -> Option<Nanos> {
    if matches!(prefix, Prefix::Indent(_)) {
        return None;
    }
    let at = memchr::memmem::find(bytes, header::START)?;
    let start = memchr::memrchr(b'\n', bytes.get(..at)?).map_or(0, |at| at + 1);
    time_of(Lines::new(bytes.get(start..)?).next()?.bytes, prefix)
}

/// The time that a line's prefix states.
fn time_of(line: &[u8], prefix: Prefix) -> Option<Nanos> {
    match prefix {
        Prefix::Indent(_) => None,
        Prefix::Words(count) => line
            .split(|&byte| byte == b' ')
            .filter(|word| !word.is_empty())
            .take(count)
            .find_map(|word| timestamp::rfc3339(std::str::from_utf8(word).ok()?)),
        Prefix::Json => {
            let object = serde_json::from_slice::<LogObject<'_>>(line).ok()?;
            timestamp::rfc3339(&object.time?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_lines(text: &str) -> Vec<String> {
        let prefix = detect(text.as_bytes()).unwrap();
        let mut lines = Vec::new();
        for_each_line(text.as_bytes(), prefix, |line| {
            lines.push(String::from_utf8_lossy(line.bytes).into_owned());
        });
        lines
    }

    #[test]
    fn prefixes_of_log_collectors_are_taken_off() {
        let plain = ["goroutine 1 [running]:", "main.main()", "\t/app/main.go:3 +0x1", ""];
        let wrap = |before: &str| plain.map(|line| format!("{before}{line}\n")).concat();
        for before in [
            "",
            "    ",
            "2026-11-20T20:03:00.000000000Z stderr F ",
            "[pod/shop-5d9c7-x2x/app] ",
            "app-1  | ",
            "Nov  2 20:03:00 host shop[1]: ",
        ] {
            assert_eq!(text_lines(&wrap(before)), plain, "{before:?}");
        }
        let docker = plain.map(|line| {
            let log = serde_json::to_string(&format!("{line}\n")).unwrap();
            format!("{{\"log\":{log},\"stream\":\"stderr\",\"time\":\"2026-11-20T20:03:00Z\"}}\n")
        });
        assert_eq!(text_lines(&docker.concat()), plain);
    }

    #[test]
    fn lines_that_cri_split_are_joined() {
        let text = "T stderr F goroutine 1 [running]:\nT stderr P main.ma\nT stderr F in()\n";
        assert_eq!(text_lines(text), ["goroutine 1 [running]:", "main.main()"]);
    }

    #[test]
    fn a_header_quoted_in_a_message_does_not_set_the_prefix() {
        let text = "panic: saw goroutine 7 [running]:\n\ngoroutine 1 [running]:\n\ngoroutine 2 [select]:\n";
        assert_eq!(detect(text.as_bytes()), Some(Prefix::Indent(0)));
        assert_eq!(detect(b"panic: goroutine 7 [running]: in it\n"), None);
    }

    #[test]
    fn utf16_and_byte_order_marks_are_undone() {
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("gö\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(to_utf8(&utf16), "gö\n".as_bytes());
        assert_eq!(to_utf8(b"\xef\xbb\xbfgo").as_ref(), b"go");
    }
}
