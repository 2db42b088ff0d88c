//! What tables printed for people share: columns, and amounts such as `12.5MiB`.

use std::cell::Cell;

use super::Probe;
use super::record::text_lines;
use crate::base::convert::{rounded_i64, to_u64};
use crate::base::source::Position;

/// Lines above a table in which its header is looked for: a prompt, a title, a blank line.
const LINES_ABOVE: usize = 24;

/// True if one of the first lines is a header by `test`.
pub fn has_header(probe: &Probe<'_>, test: impl Fn(&str) -> bool) -> bool {
    text_lines(probe.head()).take(LINES_ABOVE).any(|(_, text)| test(text))
}

/// The cells of a row in which two or more blanks, or a tab, stand between columns:
/// a cell may hold single blanks (`4 (5m ago)`, `CONTAINER ID`).
pub fn wide_cells(text: &str) -> impl Iterator<Item = &str> {
    text.split('\t').flat_map(|part| part.split("  ")).map(str::trim).filter(|cell| !cell.is_empty())
}

/// What a suffix without `i` multiplies by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Powers of 1024: `free -h`, `top`, `pmap`, `systemd-cgtop`.
    Binary,
    /// Powers of 1000: Docker's and Podman's `MB`.
    Decimal,
}

/// An amount for people in bytes: `512`, `12.5MiB`, `1.9Gi`, `268.4MB`, `1.2g`;
/// `None` if it is none, or negative.
pub fn amount(text: &str, base: Base) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let suffix = suffix.trim();
    let mut letters = suffix.chars().map(|c| c.to_ascii_lowercase());
    let (power, rest) = match letters.next() {
        None => (0, String::new()),
        Some('b') => (0, letters.collect()),
        Some(prefix) => (1 + i32::try_from("kmgtpe".find(prefix)?).ok()?, letters.collect()),
    };
    let factor: f64 = match (rest.as_str(), base) {
        ("i" | "ib", _) | ("" | "b", Base::Binary) => 1024.0,
        ("" | "b", Base::Decimal) => 1000.0,
        _ => return None,
    };
    rounded_i64(number.parse::<f64>().ok()? * factor.powi(power))
}

/// Finds where words stand, each from the place of the one before on: values of
/// JSON and YAML carry no place of their own.
#[derive(Clone, Debug)]
pub struct Places<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    /// Bytes that may still be looked at.
    left: Cell<usize>,
}

/// How far ahead a word is looked for.
const AHEAD: usize = 256 << 10;
/// How far ahead when words were missing so often that the text was looked at this many times over.
const LITTLE_AHEAD: usize = 1 << 10;
const LOOKS: usize = 4;

impl<'a> Places<'a> {
    /// From the start of a text.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
            left: Cell::new(AHEAD.saturating_add(bytes.len().saturating_mul(LOOKS))),
        }
    }

    /// Line and offset of the next `word`, and goes there; the place that was
    /// reached if it does not follow soon.
    pub fn next(&mut self, word: &str) -> Position {
        let found = self.find(word);
        *self = found;
        self.position()
    }

    /// As [`Self::next`], and stays where it is.
    pub fn peek(&self, word: &str) -> Position {
        self.find(word).position()
    }

    /// The place that was reached.
    pub fn position(&self) -> Position {
        Position { line: Some(self.line), column: None, offset: Some(to_u64(self.at)) }
    }

    fn find(&self, word: &str) -> Self {
        let far = if self.left.get() == 0 { LITTLE_AHEAD } else { AHEAD };
        let end = self.at.saturating_add(far).min(self.bytes.len());
        let ahead = self.bytes.get(self.at..end).unwrap_or_default();
        let found = memchr::memmem::find(ahead, word.as_bytes());
        self.left.set(self.left.get().saturating_sub(found.unwrap_or(ahead.len())));
        let by = found.unwrap_or(0);
        let lines = memchr::memchr_iter(b'\n', ahead.get(..by).unwrap_or_default()).count();
        Self { bytes: self.bytes, at: self.at + by, line: self.line + to_u64(lines), left: self.left.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_their_tools_print_them() {
        for (text, base, bytes) in [
            ("0B", Base::Decimal, Some(0)),
            ("512", Base::Decimal, Some(512)),
            ("12.5MiB", Base::Decimal, Some(13_107_200)),
            ("268.4MB", Base::Decimal, Some(268_400_000)),
            ("1.25GB", Base::Decimal, Some(1_250_000_000)),
            ("1.9Gi", Base::Binary, Some(2_040_109_466)),
            ("12.5M", Base::Binary, Some(13_107_200)),
            ("1.2g", Base::Binary, Some(1_288_490_189)),
            ("812m", Base::Binary, Some(812 << 20)),
            ("12kB", Base::Decimal, Some(12_000)),
            ("-", Base::Binary, None),
            ("12%", Base::Binary, None),
            ("1.2.3M", Base::Binary, None),
            ("", Base::Binary, None),
        ] {
            assert_eq!(amount(text, base), bytes, "{text}");
        }
    }

    #[test]
    fn cells_keep_single_blanks() {
        let cells: Vec<&str> = wide_cells("api-7d   1/1     Running   4 (5m ago)   2d").collect();
        assert_eq!(cells, ["api-7d", "1/1", "Running", "4 (5m ago)", "2d"]);
    }

    #[test]
    fn places_go_forward_and_stay_where_nothing_follows() {
        let mut places = Places::new(b"a\nb\na\n");
        assert_eq!(places.next("b").line, Some(2));
        assert_eq!(places.peek("a").line, Some(3));
        assert_eq!(places.next("x").line, Some(2));
    }
}
