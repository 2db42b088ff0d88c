//! Text in quotes or with escaped line ends on the lines of a log: logfmt,
//! `%q`, what rsyslog makes of control characters (`#011`, `#012`).

use memchr::memmem;

use super::clean::by_row;
use super::escapes::{Part, unescape};
use super::fields::{Role, role};
use super::text::{Builder, Row, Text};
use crate::base::convert::to_u32;

/// Lines at the start that are looked at to learn the shape of a log.
const HEAD_LINES: usize = 400;
/// Bytes of a crash's message and of what is listed below it that are looked at.
const CRASH_BYTES: usize = 1024;
/// Bytes before an equals sign in which the field's name is looked for.
const NAME_BYTES: usize = 64;

/// Takes quotes and escapes off; `None` if there are none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if has_octal(&text.bytes) {
        return Some(by_row(text, octal));
    }
    let is_quoted_log = is_quoted_log(text);
    if !is_quoted_log && !has_escaped_dump(&text.bytes) {
        return None;
    }
    Some(by_row(text, |row, out| {
        let range = if is_quoted_log || has_escaped_dump(row.bytes) { value(row.bytes) } else { None };
        match range {
            Some((start, end)) => give(row, start, end, out),
            None => out.row(row),
        }
    }))
}

fn has_octal(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"#011").is_some() || memmem::find(bytes, b"#012").is_some()
}

/// `#011` is a tab, `#012` a line end: rsyslog's octal control characters.
fn octal(row: Row<'_>, out: &mut Builder) {
    let mut at = 0;
    while let Some(hit) = row.bytes.get(at..).and_then(|rest| memmem::find(rest, b"#01")) {
        let text = row.bytes.get(at..at + hit).unwrap_or_default();
        let place = if at == 0 { row.place } else { row.place.within(to_u32(at).saturating_add(1)) };
        out.piece(text, place);
        match row.bytes.get(at + hit + 3) {
            Some(b'1') => out.piece(b"\t", place),
            Some(b'2') => out.end(),
            Some(b'5') => {}
            _ => out.piece(b"#01", place),
        }
        at += hit + if matches!(row.bytes.get(at + hit + 3), Some(b'1' | b'2' | b'5')) { 4 } else { 3 };
    }
    let rest = row.bytes.get(at..).unwrap_or_default();
    let place = if at == 0 { row.place } else { row.place.within(to_u32(at).saturating_add(1)) };
    if at == 0 || !rest.is_empty() || out.is_open() {
        out.piece(rest, place);
    }
    if row.is_ended && out.is_open() {
        out.end();
    }
}

/// True if most lines at the start have their text in quotes or in a field.
fn is_quoted_log(text: &Text<'_>) -> bool {
    let (mut quoted, mut others) = (0_usize, 0_usize);
    for row in text.rows().take(HEAD_LINES).filter(|row| !row.bytes.trim_ascii().is_empty()) {
        let is_quoted = value(row.bytes).is_some();
        quoted += usize::from(is_quoted);
        others += usize::from(!is_quoted);
    }
    quoted > 0 && quoted >= others
}

/// True if a header with an escaped line end behind it is in these bytes.
fn has_escaped_dump(bytes: &[u8]) -> bool {
    has_escaped_crash(bytes)
        || memmem::find_iter(bytes, b"]:\\").any(|at| {
            let start = at.saturating_sub(200);
            let is_line_end = bytes.get(at + 2..).is_some_and(is_escaped_end);
            is_line_end
                && bytes.get(start..at).is_some_and(|before| memmem::rfind(before, b"goroutine ").is_some())
        })
        || memmem::find_iter(bytes, b"goroutine profile: total ")
            .any(|at| bytes.get(at..at + 48).is_some_and(|title| memmem::find(title, b"\\n").is_some()))
}

/// `\\n` or `\\r`, escaped once or more often.
fn is_escaped_end(bytes: &[u8]) -> bool {
    let slashes = bytes.iter().take_while(|byte| **byte == b'\\').count();
    slashes > 0 && bytes.get(slashes).is_some_and(|byte| matches!(byte, b'n' | b'r'))
}

/// Where a crash starts whose line ends are escaped, and which lists a goroutine or the runtime's stack.
fn escaped_crash(bytes: &[u8]) -> Option<usize> {
    let is_start = |at: &usize| {
        let line = bytes.get(*at..(*at + CRASH_BYTES).min(bytes.len())).unwrap_or_default();
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(slash) = memchr::memchr(b'\\', line) else { return false };
        let below = line.get(slash..).unwrap_or_default();
        let lists = [&b"nruntime stack:"[..], b"ngoroutine "];
        is_escaped_end(below) && lists.iter().any(|list| memmem::find(below, list).is_some())
    };
    [&b"fatal error: "[..], b"panic: "].iter().find_map(|word| memmem::find_iter(bytes, word).find(is_start))
}

fn has_escaped_crash(bytes: &[u8]) -> bool {
    escaped_crash(bytes).is_some()
}

/// Where the text of a log line stands: the value of a field of text, a quoted
/// end of the line, or what has escaped line ends.
fn value(line: &[u8]) -> Option<(usize, usize)> {
    // Within quotes that are escaped themselves, the crash is looked for first.
    let is_nested = escaped_crash(line).is_some_and(|crash| !is_in_plain_quotes(line, crash));
    let plain = || field(line).or_else(|| quoted_end(line)).or_else(|| bare(line));
    if is_nested { bare(line) } else { plain() }
}

/// The value of `msg="…"` or `msg=word`; of several fields of text, the longest.
fn field(line: &[u8]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut at = 0;
    let mut fields = 0;
    while let Some(equals) = line.get(at..).and_then(|rest| memchr::memchr2(b'=', b'"', rest)) {
        let equals = at + equals;
        if line.get(equals) == Some(&b'"') {
            // A quoted string that is no value.
            at = string_end(line, equals + 1) + 1;
            continue;
        }
        // What is longer than any name is none: a line may have a hundred thousand fields.
        let before = line.get(equals.saturating_sub(NAME_BYTES)..equals)?;
        let key = before.rsplit(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default();
        let (start, end, next) = if line.get(equals + 1) == Some(&b'"') {
            let end = string_end(line, equals + 2);
            (equals + 2, end, end + 1)
        } else {
            let rest = line.get(equals + 1..)?;
            let end = equals + 1 + memchr::memchr(b' ', rest).unwrap_or(rest.len());
            (equals + 1, end, end)
        };
        fields += usize::from(!key.is_empty());
        let is_text = matches!(role(key), Role::Text | Role::Pieces | Role::Panic);
        if is_text && best.is_none_or(|(from, to)| end - start > to - from) {
            best = Some((start, end));
        }
        at = next.max(equals + 1);
    }
    best.filter(|_| fields >= 2)
}

/// A quoted string with which the line ends, behind something else.
fn quoted_end(line: &[u8]) -> Option<(usize, usize)> {
    let line = line.trim_ascii_end();
    let start = memmem::find(line, b" \"")? + 2;
    let end = string_end(line, start);
    (end + 1 == line.len() && line.last() == Some(&b'"')).then_some((start, end))
}

/// A line with escaped line ends and without quotes: from the header on.
fn bare(line: &[u8]) -> Option<(usize, usize)> {
    if !has_escaped_dump(line) {
        return None;
    }
    if let Some(crash) = escaped_crash(line) {
        // A quote that is escaped itself ends where the line does.
        let end = if is_in_plain_quotes(line, crash) { string_end(line, crash) } else { line.len() };
        return Some((crash, end));
    }
    let header = memmem::find(line, b"goroutine ")?;
    let quote = line.get(..header).and_then(|before| memchr::memrchr(b'"', before));
    match quote {
        Some(quote) => Some((quote + 1, string_end(line, quote + 1))),
        None => Some((0, line.len())),
    }
}

/// True if the quote before this byte is not escaped.
fn is_in_plain_quotes(line: &[u8], at: usize) -> bool {
    let quote = line.get(..at).and_then(|before| memchr::memrchr(b'"', before));
    quote.is_some_and(|at| at.checked_sub(1).and_then(|at| line.get(at)) != Some(&b'\\'))
}

/// Where the quote stands that ends a string, or the end of the line.
fn string_end(line: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(length) = line.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += length;
        if line.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    line.len()
}

fn give(row: Row<'_>, start: usize, end: usize, out: &mut Builder) {
    let raw = row.bytes.get(start..end).unwrap_or_default();
    let is_one_line = memmem::find(raw, b"\\n").is_none_or(|at| at + 2 == raw.len());
    let place = |at: usize| {
        if is_one_line { row.place } else { row.place.within(to_u32(start + at).saturating_add(1)) }
    };
    out.piece(b"", place(0));
    unescape(raw, |part| match part {
        Part::Text(text, at) => out.piece(text, place(at)),
        Part::End(at) => {
            out.piece(b"", place(at.saturating_sub(2)));
            out.end();
        }
    });
    if out.is_open() && (row.is_ended || end < row.bytes.len()) {
        out.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str) -> Option<String> {
        peel(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn quoted_ends_fields_and_escapes_give_their_text() {
        assert_eq!(
            peeled("t [warn]: no match: \"a\"\nt [warn]: no match: \"\\tb \\\"c\\\"\"\n").unwrap(),
            "a\n\tb \"c\"\n"
        );
        assert_eq!(peeled("time=1 level=info msg=\"x y\\n\\tz\"\n").unwrap(), "x y\n\tz\n");
        assert_eq!(peeled("time=1 level=info msg=main.main()\n").unwrap(), "main.main()\n");
        assert_eq!(
            peeled("goroutine 1 [running]:\\nmain.f()\\n\n").unwrap(),
            "goroutine 1 [running]:\nmain.f()\n"
        );
        assert_eq!(peeled("h: #011a#012b\nh: c\n").unwrap(), "h: \ta\nb\nh: c\n");
    }

    #[test]
    fn other_lines_stay() {
        assert_eq!(peeled("goroutine 1 [running]:\nmain.f()\n"), None);
        assert_eq!(peeled("he said \"x\" and went\n"), None);
    }
}
