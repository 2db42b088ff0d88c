//! Tables with a column of text: what log stores and spreadsheets export (RFC 4180).

use std::ops::Range;

use super::escapes::{Part, unescape};
use super::fields::{Role, role};
use super::streams::Streams;
use super::text::Text;
use crate::base::convert::to_u32;
use crate::base::places::Place;

/// Bytes of the line of names at most.
const NAMES_BYTES: usize = 8 << 10;
/// Columns at most.
const COLUMNS: usize = 256;

/// Takes the column of text out of a table; `None` if the text is none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    let head = text.bytes.get(..NAMES_BYTES).unwrap_or(&text.bytes);
    let end = memchr::memchr(b'\n', head)?;
    let names_line = head.get(..end)?;
    let delimiter = [b',', b'\t', b';'].into_iter().find(|byte| names_line.contains(byte))?;
    let mut reader = Reader { bytes: &text.bytes, at: 0, delimiter };
    let names = reader.row()?;
    let roles: Vec<Role> = names.iter().map(|cell| role(cell.of(&text.bytes).trim_ascii())).collect();
    let is_names = names.iter().all(|cell| is_name(cell.of(&text.bytes)));
    let is_text = |role: &Role| matches!(role, Role::Text | Role::Pieces | Role::Panic);
    if !is_names || names.len() < 2 || !roles.iter().any(is_text) {
        return None;
    }
    let mut streams = Streams::default();
    let (mut line, mut counted) = (1_u64, 0_usize);
    let mut line_start = 0;
    let mut rows = 0;
    while let Some(cells) = reader.row() {
        let blank = matches!(cells.as_slice(), [only] if only.raw.is_empty());
        if cells.len() != names.len() && !blank {
            return None;
        }
        rows += usize::from(!blank);
        if let Some((cell, _)) = cells.iter().zip(&roles).find(|(_, role)| **role == Role::Time) {
            streams.entry(cell.of(&text.bytes));
        }
        for (cell, _) in cells.iter().zip(&roles).filter(|(_, role)| is_text(role)) {
            let passed = text.bytes.get(counted..cell.raw.start).unwrap_or_default();
            for end in memchr::memchr_iter(b'\n', passed) {
                line += 1;
                line_start = counted + end + 1;
            }
            counted = cell.raw.start;
            let own = text.places.of(line);
            let first = if cell.is_quoted {
                own.within(to_u32(cell.raw.start - line_start).saturating_add(1))
            } else {
                own
            };
            give(cell, &text.bytes, first, &mut streams);
        }
    }
    (rows > 0).then(|| streams.finish())
}

/// The lines of a cell: the first at its column, the others whole.
fn give(cell: &Cell, bytes: &[u8], first: Place, streams: &mut Streams) {
    let raw = cell.of(bytes);
    let holds_lines = raw.contains(&b'\n');
    if !holds_lines && cell.is_quoted && memchr::memmem::find(raw, b"\\n").is_some() {
        unescape(raw, |part| match part {
            Part::Text(text, at) => streams.piece(0, text, first.within(to_u32(at))),
            Part::End(_) => {
                streams.piece(0, b"", first);
                streams.end(0);
            }
        });
        return streams.end(0);
    }
    let mut line = first.line;
    for (number, (text, _)) in super::text::split_lines(raw).enumerate() {
        let place = if number == 0 {
            Place { column: if holds_lines { first.column } else { 0 }, ..first }
        } else {
            Place::line(line)
        };
        line = line.saturating_add(1);
        let mut rest = text;
        // A quote within is written twice.
        while let Some(at) = memchr::memmem::find(rest, b"\"\"").filter(|_| cell.is_quoted) {
            streams.piece(0, rest.get(..at + 1).unwrap_or_default(), place);
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        streams.line(0, rest, place);
    }
    if raw.is_empty() {
        streams.line(0, b"", Place { column: 0, ..first });
    }
}

fn is_name(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    !cell.is_empty()
        && cell.len() <= 64
        && cell.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@ /".contains(byte))
        && cell.iter().any(u8::is_ascii_alphabetic)
}

struct Cell {
    raw: Range<usize>,
    is_quoted: bool,
}

impl Cell {
    fn of<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.raw.clone()).unwrap_or_default()
    }
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    delimiter: u8,
}

impl Reader<'_> {
    /// The cells of the next row; `None` at the end, or if it has too many.
    fn row(&mut self) -> Option<Vec<Cell>> {
        let mut cells = Vec::new();
        while cells.len() < COLUMNS {
            let rest = self.bytes.get(self.at..)?;
            if rest.is_empty() && cells.is_empty() {
                return None;
            }
            let (cell, length) = self.cell(rest);
            cells.push(cell);
            self.at += length;
            match self.bytes.get(self.at) {
                Some(&byte) if byte == self.delimiter => self.at += 1,
                Some(b'\r') if self.bytes.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 2;
                    return Some(cells);
                }
                Some(_) => {
                    self.at += 1;
                    return Some(cells);
                }
                None => return Some(cells),
            }
        }
        None
    }

    fn cell(&self, rest: &[u8]) -> (Cell, usize) {
        if rest.first() == Some(&b'"') {
            let mut end = 1;
            while let Some(quote) = rest.get(end..).and_then(|inside| memchr::memchr(b'"', inside)) {
                end += quote;
                if rest.get(end + 1) != Some(&b'"') {
                    let raw = self.at + 1..self.at + end;
                    return (Cell { raw, is_quoted: true }, end + 1);
                }
                end += 2;
            }
            let end = rest.len();
            return (Cell { raw: self.at + 1..self.at + end, is_quoted: true }, end);
        }
        let end = memchr::memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        (Cell { raw: self.at..self.at + end, is_quoted: false }, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str) -> Option<(String, Vec<u32>)> {
        let text = peel(&Text::dropped(text.as_bytes()))?;
        let lines = text.rows().map(|row| row.place.line).collect();
        Some((String::from_utf8(text.bytes.into_owned()).unwrap(), lines))
    }

    #[test]
    fn the_column_of_text_is_taken_out_with_its_lines() {
        let (text, lines) = column("time,message,host\r\n1,\"a\nb \"\"c\"\"\",h\r\n2,d,h\r\n").unwrap();
        assert_eq!((text.as_str(), lines), ("a\nb \"c\"\nd\n", vec![2, 3, 4]));
    }

    #[test]
    fn other_tables_and_texts_are_left_alone() {
        assert_eq!(column("unix_ms,usage\n1,2\n"), None);
        assert_eq!(column("Hello, message\nthis is prose, with, commas\n"), None);
        assert_eq!(column("time,message\n"), None);
    }
}
