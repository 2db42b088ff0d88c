//! A text on its way in: its bytes, and where each of its lines stood.

use std::borrow::Cow;

use crate::base::places::{Place, Places};

/// A text and the places of its lines in what was dropped.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    pub bytes: Cow<'a, [u8]>,
    pub places: Places,
}

/// One line of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'t> {
    /// Its bytes, without the line end.
    pub bytes: &'t [u8],
    /// Where it stood.
    pub place: Place,
    /// True if a line end follows.
    pub is_ended: bool,
}

impl<'a> Text<'a> {
    /// A text as it was dropped.
    pub fn dropped(bytes: &'a [u8]) -> Self {
        Self { bytes: Cow::Borrowed(bytes), places: Places::default() }
    }

    /// Its lines, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        split_lines(&self.bytes).zip(self.places.iter()).map(|((bytes, is_ended), place)| Row {
            bytes,
            place,
            is_ended,
        })
    }
}

/// The lines of any bytes, without their ends, and whether an end follows.
pub(super) fn split_lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest);
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        Some((line.strip_suffix(b"\r").unwrap_or(line), end.is_some()))
    })
}

/// A text that is being written.
#[derive(Debug, Default)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    places: Places,
    /// True while the last line has no end.
    is_open: bool,
}

impl Builder {
    /// Room for this many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Goes on with the open line, or starts one at this place.
    pub fn piece(&mut self, bytes: &[u8], place: Place) {
        if !self.is_open {
            self.places.push(place);
            self.is_open = true;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Ends the open line.
    pub fn end(&mut self) {
        self.bytes.push(b'\n');
        self.is_open = false;
    }

    /// Adds a whole line.
    pub fn line(&mut self, bytes: &[u8], place: Place) {
        self.piece(bytes, place);
        self.end();
    }

    /// Adds a row of another text.
    pub fn row(&mut self, row: Row<'_>) {
        self.piece(row.bytes, row.place);
        if row.is_ended {
            self.end();
        }
    }

    /// True while the last line has no end.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The text.
    pub fn finish(self) -> Text<'static> {
        Text { bytes: Cow::Owned(self.bytes), places: self.places }
    }
}
