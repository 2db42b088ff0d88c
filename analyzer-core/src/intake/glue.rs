//! Marks of Markdown that stand on the lines of what they hold: a fence or a
//! backtick at its first or last word, stars around it.

use memchr::memmem;

use super::clean::by_row;
use super::text::{Row, Text, split_lines};
use crate::base::convert::to_u32;
use crate::base::limits;
use crate::formats::goroutine_dump::lines as dump_line;

const FENCE: &[u8] = b"```";
const STARS: &[u8] = b"**";
/// Words of what stands behind a fence as its language and its title, at most.
const INFO_WORDS: usize = 2;

/// What of a line is its own text, and whether a fence begins or ends there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cut {
    start: usize,
    end: usize,
    opens: bool,
    closes: bool,
}

/// The text with fences on lines of their own and without the other marks; `None` if it has none.
pub(super) fn strip(text: &Text<'_>) -> Option<Text<'static>> {
    let bytes = &text.bytes;
    let may_hold = bytes.len() <= limits::PASTE_BYTES
        && (memchr::memchr(b'`', bytes).is_some() || memmem::find(bytes, STARS).is_some());
    let has_marks = |line: &[u8]| cut(line).is_some() || !emphasis(line).is_empty();
    if !may_hold || !split_lines(bytes).any(|(line, _)| has_marks(line)) {
        return None;
    }
    Some(by_row(text, |row, out| {
        let Some(cut) = cut(row.bytes) else {
            let mut start = 0;
            for mark in emphasis(row.bytes) {
                out.piece(row.bytes.get(start..mark).unwrap_or_default(), row.place);
                start = mark + STARS.len();
            }
            return out.row(Row { bytes: row.bytes.get(start..).unwrap_or_default(), ..row });
        };
        if cut.opens {
            out.line(FENCE, row.place);
        }
        let place =
            if cut.start > 0 { row.place.within(to_u32(cut.start).saturating_add(1)) } else { row.place };
        out.piece(row.bytes.get(cut.start..cut.end).unwrap_or_default(), place);
        if cut.closes {
            out.end();
            out.piece(FENCE, row.place);
        }
        if row.is_ended {
            out.end();
        }
    }))
}

/// Where stars stand around words within a line, which somebody made bold: `22G  **57G**  4.0G`.
fn emphasis(line: &[u8]) -> Vec<usize> {
    let mut marks = Vec::new();
    // The name of a file in bold is the heading of it.
    if memmem::find(line, STARS).is_none() || super::marks::mark(line).is_some() {
        return marks;
    }
    let mut opening = None;
    for at in memmem::find_iter(line, STARS) {
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        let after = line.get(at + STARS.len());
        let is_text = |byte: Option<&u8>| byte.is_some_and(|byte| !b" \t*".contains(byte));
        match opening {
            None if before.is_none_or(|byte| b" \t|([:-".contains(byte)) && is_text(after) => {
                opening = Some(at);
            }
            Some(start) if is_text(before) && after.is_none_or(|byte| b" \t|)]:,.;".contains(byte)) => {
                marks.extend([start, at]);
                opening = None;
            }
            _ => {}
        }
    }
    marks
}

/// The marks on a line that holds text too.
fn cut(line: &[u8]) -> Option<Cut> {
    let text = line.trim_ascii_end();
    let mut cut = Cut { end: text.len(), ..Cut::default() };
    let ticks = text.iter().take_while(|byte| **byte == b'`').count();
    let ends = text.iter().rev().take_while(|byte| **byte == b'`').count();
    let count = || memchr::memchr_iter(b'`', text).count();
    if ticks >= FENCE.len() {
        if is_info(text.get(ticks..)?) {
            return None;
        }
        (cut.start, cut.opens) = (ticks, true);
    } else if ticks == 1 && (count() == 1 || (ends == 1 && count() == 2 && is_crash(text))) {
        cut.start = 1;
    }
    if ends >= FENCE.len() && ends < text.len() {
        (cut.end, cut.closes) = (text.len() - ends, true);
    } else if ends == 1 && text.len() > 1 && (count() == 1 || cut.start == 1) {
        cut.end = text.len() - 1;
    }
    if memmem::find_iter(text, STARS).count() == 1 && text.len() > STARS.len() {
        if text.starts_with(STARS) {
            cut.start = STARS.len();
        } else if text.ends_with(STARS) {
            cut.end = text.len() - STARS.len();
        }
    }
    (cut.start > 0 || cut.end < text.len()).then_some(cut)
}

/// True for what stands behind a fence and is no text: nothing, a language, a title.
fn is_info(rest: &[u8]) -> bool {
    let words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    words <= 1 && !rest.contains(&b'(') || words <= INFO_WORDS && !rest.ends_with(b":")
}

/// True for the first line of a crash between backticks.
fn is_crash(text: &[u8]) -> bool {
    text.get(1..text.len() - 1).is_some_and(dump_line::starts_crash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Option<String> {
        strip(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn marks_go_and_fences_get_lines_of_their_own() {
        assert_eq!(stripped("`panic: boom\n\nmain.f()`\n").unwrap(), "panic: boom\n\nmain.f()\n");
        assert_eq!(
            stripped("```panic: it went boom\nx```\nso\n").unwrap(),
            "```\npanic: it went boom\nx\n```\nso\n"
        );
        assert_eq!(
            stripped("**goroutine profile: total 8\n2 @ 0x1**\n").unwrap(),
            "goroutine profile: total 8\n2 @ 0x1\n"
        );
        assert_eq!(stripped("`panic: boom`\n").unwrap(), "panic: boom\n");
    }

    #[test]
    fn words_that_somebody_made_bold_lose_their_stars() {
        for (bold, plain) in [
            ("Mem:  125G  22G  **57G**  4.0G\n", "Mem:  125G  22G  57G  4.0G\n"),
            ("goroutine 7 [**semacquire, 12 minutes**]:\n", "goroutine 7 [semacquire, 12 minutes]:\n"),
            ("    Reason:  **OOMKilled**\n", "    Reason:  OOMKilled\n"),
            ("**main.f(0x1)**\n", "main.f(0x1)\n"),
            ("a **b** c **d**", "a b c d"),
        ] {
            assert_eq!(stripped(bold).unwrap(), plain);
        }
    }

    #[test]
    fn other_marks_stay() {
        for text in [
            "```text\na\n```\n",
            "```go main.go\na\n```\n",
            "`memory.max`\n",
            "  **memory.stat**\n",
            "main.f(**T, **U)\n",
            "a ** b ** c\n",
            "a\n",
            "``\n",
        ] {
            assert_eq!(stripped(text), None, "{text}");
        }
    }
}
