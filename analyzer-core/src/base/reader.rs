//! Readers that always know where they are in the whole source.

use super::convert::to_u64;
use super::error::{ErrorKind, ParseError};
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
        let has_room = bytes.len() > LINE_BYTES;
        let mut lines = Self::new(if has_room { bytes } else { &[] });
        lines.find(|line| line.bytes.len() == LINE_BYTES).map(|line| line.position())
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

/// A cursor over a binary source; every error carries the absolute offset.
#[derive(Clone, Debug)]
pub struct BinaryReader<'a> {
    bytes: &'a [u8],
    at: usize,
    base: u64,
}

impl<'a> BinaryReader<'a> {
    /// Reads `bytes`, whose first byte stands at offset `base` of the source.
    pub const fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, at: 0, base }
    }

    /// Absolute offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.base + to_u64(self.at)
    }

    /// Where the next byte stands.
    pub fn position(&self) -> Position {
        Position::offset(self.offset())
    }

    /// True if nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Bytes that are left.
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// One byte.
    /// # Errors
    /// `Truncated` at the end.
    pub fn byte(&mut self, part: &'static str) -> Result<u8, ParseError> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| self.truncated(part))?;
        self.at += 1;
        Ok(byte)
    }

    /// The next `length` bytes.
    /// # Errors
    /// `Truncated` if fewer are left.
    pub fn take(&mut self, length: u64, part: &'static str) -> Result<&'a [u8], ParseError> {
        let end = super::convert::to_usize(length).and_then(|n| self.at.checked_add(n));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.truncated(part))?;
        self.at += taken.len();
        Ok(taken)
    }

    /// An unsigned LEB128 number of at most ten bytes; padding with
    /// continuation bytes is accepted, as Go's tracer writes it.
    /// # Errors
    /// `Truncated` at the end, `Malformed` past ten bytes or 64 bits.
    pub fn varint(&mut self, part: &'static str) -> Result<u64, ParseError> {
        let start = self.position();
        let mut value: u64 = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.byte(part)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ParseError::new(ErrorKind::Malformed, start, part, "a varint of more than 64 bits"))
    }

    fn truncated(&self, part: &'static str) -> ParseError {
        ParseError::new(
            ErrorKind::Truncated,
            Position::offset(self.base + to_u64(self.bytes.len())),
            part,
            "the data ends here",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_number_and_offset_and_drop_carriage_returns() {
        let lines: Vec<_> = Lines::new(b"a\r\n\nlast").map(|l| (l.number, l.offset, l.text())).collect();
        assert_eq!(lines, [(1, 0, "a"), (2, 3, ""), (3, 4, "last")]);
    }

    #[test]
    fn varint_errors_carry_the_absolute_offset() {
        let mut reader = BinaryReader::new(&[0x80, 0x80], 100);
        let error = reader.varint("Sample.value").unwrap_err();
        assert_eq!((error.kind, error.at), (ErrorKind::Truncated, Position::offset(102)));
        let mut long = BinaryReader::new(&[0xff; 11], 7);
        assert_eq!(long.varint("x").unwrap_err().at, Position::offset(7));
    }

    #[test]
    fn padded_varints_are_accepted() {
        let mut reader = BinaryReader::new(&[0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 0);
        assert_eq!(reader.varint("size").unwrap(), 5);
    }
}
