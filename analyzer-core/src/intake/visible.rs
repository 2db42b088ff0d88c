//! What `cat -A` shows: every line ends with `$`, a tab is `^I`, other bytes are `^X` and `M-X`.

use super::clean::by_row;
use super::text::Text;
use crate::base::convert::to_u32;

/// Lines at the start that are looked at.
const HEAD_LINES: usize = 200;
/// Lines that end so, at least.
const LEAST_LINES: usize = 3;
/// Lines around them that a person wrote, at most.
const OTHERS: usize = 3;

/// The text as it was before; `None` if it was not shown so.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    let (mut shown, mut others) = (0_usize, 0_usize);
    for row in text.rows().take(HEAD_LINES).filter(|row| !row.bytes.trim_ascii().is_empty()) {
        let is_shown = row.bytes.ends_with(b"$");
        shown += usize::from(is_shown);
        others += usize::from(!is_shown);
    }
    if shown < LEAST_LINES || others > OTHERS {
        return None;
    }
    Some(by_row(text, |row, out| {
        let Some(mut rest) = row.bytes.strip_suffix(b"$") else { return out.row(row) };
        rest = rest.strip_suffix(b"^M").unwrap_or(rest);
        let whole = row.bytes.len();
        let place = row.place;
        out.piece(b"", place);
        while let Some(at) = memchr::memchr2(b'^', b'M', rest) {
            let (before, mark) = rest.split_at(at);
            out.piece(before, place);
            let (text, length): (&[u8], usize) = match mark {
                [b'^', b'I', ..] => (b"\t", 2),
                // A byte order mark, and the space that does not break.
                [b'M', b'-', b'o', b'M', b'-', b';', b'M', b'-', b'?', ..] => (b"", 9),
                [b'M', b'-', b'B', b'M', b'-', b' ', ..] => (b" ", 6),
                _ => (mark.get(..1).unwrap_or_default(), 1),
            };
            out.piece(text, place);
            rest = mark.get(length..).unwrap_or_default();
        }
        out.piece(rest, place.within(to_u32(whole.saturating_sub(rest.len()))));
        if row.is_ended {
            out.end();
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str) -> Option<String> {
        peel(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn ends_and_tabs_are_what_they_were() {
        assert_eq!(
            peeled("$ cat -A x\ngoroutine 1 [select]:$\nmain.M(0x1)$\n^I/srv/a.go:1 +0x1^M$\n").unwrap(),
            "$ cat -A x\ngoroutine 1 [select]:\nmain.M(0x1)\n\t/srv/a.go:1 +0x1\n"
        );
        assert_eq!(peeled("a$\nb\nc\n"), None);
    }
}
