//! Bytes that are of the paper, not of the text: byte order marks, NULs
//! of a truncated log, colors of a terminal, bare carriage returns, blanks that
//! are none, HTML.

use std::borrow::Cow;

use memchr::memmem;

use super::glue;
use super::markup;
use super::text::{Builder, Text, split_lines};
use crate::base::convert::to_u32;
use crate::base::places::{Place, Places};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const ESCAPE: u8 = 0x1b;
/// U+00A0, which chats and pages have in place of spaces.
const NO_BREAK_SPACE: &[u8] = b"\xc2\xa0";

/// The text without them; `None` if it has none.
pub(super) fn clean(bytes: &[u8]) -> Option<Text<'static>> {
    let text = (needs(bytes) || markup::is_markup(bytes)).then(|| {
        let plain = plain(bytes);
        let places = if has_bare_returns(bytes) { one_line(&plain) } else { Places::default() };
        let text = Text { bytes: Cow::Owned(plain), places };
        if markup::is_markup(&text.bytes) { markup::strip(&text) } else { text }
    });
    let unglued = glue::strip(text.as_ref().unwrap_or(&Text::dropped(bytes)));
    unglued.or(text)
}

/// True if the bytes are not all the text's.
pub(super) fn needs(bytes: &[u8]) -> bool {
    bytes.starts_with(BYTE_ORDER_MARK)
        || memchr::memchr2(0, ESCAPE, bytes).is_some()
        || has_bare_returns(bytes)
        || memmem::find(bytes, NO_BREAK_SPACE).is_some()
}

/// The places of lines that were one: with carriage returns alone, a file has no other.
fn one_line(text: &[u8]) -> Places {
    let mut places = Places::default();
    for (line, _) in split_lines(text) {
        let column = line.as_ptr().addr() - text.as_ptr().addr();
        places.push(Place { line: 1, column: to_u32(column).saturating_add(1) });
    }
    places
}

/// True for a text whose lines end with carriage returns alone.
fn has_bare_returns(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    memchr::memchr(b'\r', head).is_some() && memchr::memchr(b'\n', head).is_none()
}

/// True if a text goes over into NULs and nothing else.
pub(super) fn ends_in_padding(head: &[u8]) -> bool {
    let end = head.iter().position(|&byte| byte == 0).unwrap_or(head.len());
    end > 0 && head.get(end..).unwrap_or_default().iter().all(|&byte| byte == 0)
}

/// Without marks, NULs and the terminal's controls; no line is added or taken away.
fn plain(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let bare_returns = has_bare_returns(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        let length = match byte {
            0 => 1,
            ESCAPE => escape_length(rest),
            b'\r' if bare_returns => {
                out.push(b'\n');
                1
            }
            0xc2 if rest.starts_with(NO_BREAK_SPACE) => {
                out.push(b' ');
                2
            }
            _ => {
                let next = rest.iter().skip(1).position(|byte| matches!(byte, 0 | 0x1b | b'\r' | 0xc2));
                let length = next.map_or(rest.len(), |next| next + 1);
                out.extend_from_slice(rest.get(..length).unwrap_or_default());
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// Bytes of a control sequence (ECMA-48): CSI up to its letter, strings (OSC, APC, DCS, PM) up to their end, else two.
fn escape_length(bytes: &[u8]) -> usize {
    let line = bytes.get(..256).unwrap_or(bytes);
    let end = match line.get(1) {
        Some(b'[') => line.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte)).map(|at| at + 3),
        Some(b']' | b'_' | b'P' | b'^') => line.iter().position(|byte| *byte == 7).map(|at| at + 1),
        Some(b'(' | b')') => Some(3),
        _ => Some(2),
    };
    end.unwrap_or(1).min(bytes.len())
}

/// The rows of a text, each through `each`, which may add lines of its own.
pub(super) fn by_row(
    text: &Text<'_>,
    mut each: impl FnMut(super::text::Row<'_>, &mut Builder),
) -> Text<'static> {
    let mut out = Builder::with_capacity(text.bytes.len());
    text.rows().for_each(|row| each(row, &mut out));
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(bytes: &[u8]) -> Option<String> {
        clean(bytes).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn only_what_is_not_of_the_text_goes() {
        assert_eq!(cleaned(b"goroutine 1\n\tmain.go\n"), None);
        assert_eq!(cleaned(b"\xef\xbb\xbf268435456\n").unwrap(), "268435456\n");
        assert_eq!(cleaned(b"\x1b[36mshop-1  | \x1b[0mmain\x1b]0;t\x07!\n").unwrap(), "shop-1  | main!\n");
        assert_eq!(cleaned(b"\0\0\0late\nlog\n\0\0").unwrap(), "late\nlog\n");
        assert_eq!(cleaned(b"a\rb\r").unwrap(), "a\nb\n");
        assert_eq!(cleaned("a\u{a0}b é\n".as_bytes()).unwrap(), "a b é\n");
    }
}
