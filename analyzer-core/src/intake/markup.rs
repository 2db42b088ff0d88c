//! HTML around a capture: tags go, entities become characters. No parser of
//! documents: the text between the tags is all that is wanted.

use memchr::memmem;

use super::clean::by_row;
use super::text::{Builder, Row, Text};
use crate::base::convert::to_u32;

/// Bytes at the start in which tags are looked for.
const HEAD_BYTES: usize = 16 << 10;
/// Bytes of a tag at most.
const TAG_BYTES: usize = 1024;

/// Tags that start a line.
const BREAKING: [&str; 27] = [
    "pre",
    "p",
    "div",
    "br",
    "tr",
    "li",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "table",
    "html",
    "head",
    "body",
    "title",
    "details",
    "summary",
    "blockquote",
    "hr",
    "section",
    "main",
    "article",
    // Reports of tests (JUnit).
    "testsuites",
    "testsuite",
    "testcase",
];
/// Further tags of reports of tests that start a line; other texts have these words in brackets, too.
const REPORT: [&str; 5] = ["failure", "error", "skipped", "system-out", "system-err"];
/// What stands around text of XML that is taken as it is.
const AS_IT_IS: [&[u8]; 2] = [b"<![CDATA[", b"]]>"];
/// Tags within a line.
const INLINE: [&str; 20] = [
    "span", "code", "a", "b", "i", "em", "strong", "td", "th", "thead", "tbody", "tt", "samp", "kbd", "meta",
    "link", "img", "input", "button", "font",
];

/// True if the text has tags that pages and tickets put around a text.
pub(super) fn is_markup(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let mut rest = head;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = rest.get(at..).unwrap_or_default();
        if let Some((name, _)) = tag(rest)
            && (BREAKING.contains(&name) || name == "code")
        {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    memmem::find(head, b"&lt;").is_some() && memmem::find(head, b"&gt;").is_some()
        || memmem::find(head, b"&#34;").is_some()
        || memmem::find(head, b"&quot;").is_some()
}

/// The text without tags.
pub(super) fn strip(text: &Text<'_>) -> Text<'static> {
    by_row(text, |row, out| {
        let before = out.is_open();
        strip_row(row, out);
        if row.is_ended {
            // A line of tags alone is none.
            if out.is_open() || (!before && row.bytes.trim_ascii().is_empty()) {
                out.piece(b"", row.place);
                out.end();
            }
        }
    })
}

fn strip_row(row: Row<'_>, out: &mut Builder) {
    let mut at = 0;
    while let Some(rest) = row.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr3(b'<', b'&', b']', rest).unwrap_or(rest.len());
        let place = if at == 0 { row.place } else { row.place.within(to_u32(at).saturating_add(1)) };
        if length > 0 {
            out.piece(rest.get(..length).unwrap_or_default(), place);
        }
        at += length;
        let special = rest.get(length..).unwrap_or_default();
        if let Some((name, length)) = tag(special) {
            if (BREAKING.contains(&name) || REPORT.contains(&name)) && out.is_open() {
                out.end();
            }
            at += length;
        } else if let Some(mark) = AS_IT_IS.iter().find(|mark| special.starts_with(mark)) {
            if out.is_open() {
                out.end();
            }
            at += mark.len();
        } else if let Some((character, length)) = entity(special) {
            let place = row.place.within(to_u32(at).saturating_add(1));
            match character {
                '\n' => {
                    out.piece(b"", place);
                    out.end();
                }
                '\r' => {}
                _ => out.piece(character.encode_utf8(&mut [0; 4]).as_bytes(), place),
            }
            at += length;
        } else if let Some(byte) = special.get(..1) {
            out.piece(byte, place);
            at += 1;
        }
    }
}

/// The known name of the tag that these bytes start with, and its length.
fn tag(bytes: &[u8]) -> Option<(&'static str, usize)> {
    let inside = bytes.strip_prefix(b"<")?;
    let inside = inside.strip_prefix(b"/").or_else(|| inside.strip_prefix(b"!doctype ")).unwrap_or(inside);
    let inside = inside.strip_prefix(b"!DOCTYPE ").unwrap_or(inside);
    let length = inside.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let name = inside.get(..length)?;
    let is_end = matches!(inside.get(length), Some(b'>' | b' ' | b'/'));
    let known = BREAKING
        .iter()
        .chain(&REPORT)
        .chain(&INLINE)
        .find(|known| known.as_bytes().eq_ignore_ascii_case(name))?;
    let end = memchr::memchr(b'>', bytes.get(..TAG_BYTES).unwrap_or(bytes))?;
    is_end.then_some((*known, end + 1))
}

/// The character of the entity that these bytes start with, and its length.
fn entity(bytes: &[u8]) -> Option<(char, usize)> {
    let head = bytes.get(..12).unwrap_or(bytes);
    let end = memchr::memchr(b';', head)?;
    let name = std::str::from_utf8(head.strip_prefix(b"&")?.get(..end.checked_sub(1)?)?).ok()?;
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "Tab" => '\t',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        String::from_utf8(strip(&Text::dropped(text.as_bytes())).bytes.into_owned()).unwrap()
    }

    #[test]
    fn tags_go_and_entities_become_characters() {
        let page = "<html><body><pre>goroutine 1 [running]:\nmain.f(&lt;nil&gt;)\n\n\t<autogenerated>:1 +0x1</pre>\n</body>";
        assert_eq!(stripped(page), "goroutine 1 [running]:\nmain.f(<nil>)\n\n\t<autogenerated>:1 +0x1\n");
        assert_eq!(stripped("<p>a<br>b &#39;c&#39;</p>\n"), "a\nb 'c'\n");
        assert!(is_markup(page.as_bytes()));
        assert!(!is_markup(b"\t<autogenerated>:1\nx <-chan a && b\n"));
    }
}
