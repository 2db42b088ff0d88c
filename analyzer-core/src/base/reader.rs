//! Readers that always know where they are in the whole source.

use super::convert::to_u64;
use super::limits::LINE_BYTES;
use super::source::Position;

/// One line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Line number, from 1.
    pub number: u64,
    /// Byte offset of its first byte.
    pub offset: u64,
    /// Its bytes, without the line end (`\n` or `\r\n`), up to [`LINE_BYTES`].
    pub bytes: &'a [u8],
}

impl<'a> Line<'a> {
    /// The line as text; bytes that are not UTF-8 end the text there.
    pub fn text(&self) -> &'a str {
        match std::str::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(error) => {
                self.bytes.get(..error.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
            }
        }
    }

    /// Its place, for citations.
    pub const fn position(&self) -> Position {
        Position { line: Some(self.number), column: None, offset: Some(self.offset) }
    }
}

/// The lines of a text, in order, each byte looked at once.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    start: usize,
    number: u64,
}

impl<'a> Lines<'a> {
    /// Reads from the start of a source.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0, number: 0 }
    }

    /// The first line that is longer than [`LINE_BYTES`], if any is.
    pub fn first_too_long(bytes: &'a [u8]) -> Option<Position> {
        // A stretch as long as such a line that has a line end is passed over up to it.
        let mut start = 0;
        while bytes.len() > LINE_BYTES
            && let Some(stretch) = bytes.get(start..start + LINE_BYTES)
        {
            let Some(end) = memchr::memrchr(b'\n', stretch) else {
                let before = memchr::memchr_iter(b'\n', bytes.get(..start)?).count();
                let mut lines = Self { bytes, start, number: to_u64(before) };
                return lines.find(|line| line.bytes.len() == LINE_BYTES).map(|line| line.position());
            };
            start += end + 1;
        }
        None
    }

    /// True if the last line has a line end: a text that lacks it was cut.
    pub fn ends_with_newline(bytes: &[u8]) -> bool {
        bytes.last() == Some(&b'\n')
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.bytes.get(self.start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest);
        let line = rest.get(..length.unwrap_or(rest.len()))?;
        let offset = to_u64(self.start);
        self.start += length.map_or(rest.len(), |n| n + 1);
        self.number += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(Line { number: self.number, offset, bytes: line.get(..LINE_BYTES).unwrap_or(line) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_found_behind_others() {
        let long = "x".repeat(LINE_BYTES);
        let text = format!("{}{long}\nb\n", "short\n".repeat(3));
        assert_eq!(
            Lines::first_too_long(text.as_bytes()),
            Some(Position { line: Some(4), column: None, offset: Some(18) })
        );
        assert_eq!(Lines::first_too_long("short\n".repeat(LINE_BYTES / 3).as_bytes()), None);
    }

    #[test]
    fn lines_know_number_and_offset_and_drop_carriage_returns() {
        let lines: Vec<_> = Lines::new(b"a\r\n\nlast").map(|l| (l.number, l.offset, l.text())).collect();
        assert_eq!(lines, [(1, 0, "a"), (2, 3, ""), (3, 4, "last")]);
    }
}
