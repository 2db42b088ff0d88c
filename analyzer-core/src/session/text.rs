//! Lines of a text source, for the raw view.

use super::message::TextLines;
use crate::base::convert::{to_u64, to_usize};
use crate::base::reader::Lines;

/// Characters of a line that the raw view shows.
const SHOWN_CHARACTERS: usize = 4_000;
/// Lines given in one answer at most.
const LINES_PER_ANSWER: u64 = 5_000;

/// `count` lines from `first_line` on, or `None` if there is no text.
pub(super) fn lines(text: Option<&[u8]>, first_line: u64, count: u64) -> Option<TextLines> {
    let text = text?;
    let first_line = first_line.max(1);
    let count = count.min(LINES_PER_ANSWER);
    let skipped = to_usize(first_line - 1)?;
    let lines = Lines::new(text).skip(skipped).take(to_usize(count)?).map(|line| {
        let text = String::from_utf8_lossy(line.bytes);
        match text.char_indices().nth(SHOWN_CHARACTERS) {
            Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
            None => text.into_owned(),
        }
    });
    let total_lines = to_u64(memchr::memchr_iter(b'\n', text).count())
        + u64::from(!text.is_empty() && !Lines::ends_with_newline(text));
    Some(TextLines { first_line, total_lines, lines: lines.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_lines_knows_the_total() {
        let answer = lines(Some(b"a\nb\nc"), 2, 1).unwrap();
        assert_eq!((answer.first_line, answer.total_lines, answer.lines), (2, 3, vec!["b".to_owned()]));
        assert_eq!(lines(None, 1, 1), None);
        assert_eq!(lines(Some(b""), 1, 9).unwrap().total_lines, 0);
    }
}
