//! Three kinds of trouble, never mixed: an error (nothing usable), a note
//! (parsing went on), and a bug (a panic, which the worker's client reports).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::{MESSAGE_BYTES, NOTES_PER_SOURCE};
use super::source::Position;

/// Why a source gave nothing usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The content is none of the formats, or not the one it claims to be.
    Unrecognized,
    /// The content ends before the first usable record.
    Truncated,
    /// The content breaks the format's rules.
    Malformed,
    /// A version or variant that is recognized but not read.
    Unsupported,
    /// A ceiling of [`super::limits`] was passed.
    LimitExceeded,
    /// There is no content.
    Empty,
}

/// Nothing of a source could be used: what, where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The matchable kind.
    pub kind: ErrorKind,
    /// Where it happened; [`Position::default`] if it is about the whole source.
    pub at: Position,
    /// The part of the format, in the format's own words ("Sample.location_id").
    pub part: &'static str,
    /// What was expected, and what was found.
    pub message: String,
}

impl ParseError {
    /// An error at a place.
    pub fn new(kind: ErrorKind, at: Position, part: &'static str, message: impl Into<String>) -> Self {
        Self { kind, at, part, message: message.into() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at == Position::default() {
            write!(f, "{}: {}", self.part, self.message)
        } else {
            write!(f, "{} at {}: {}", self.part, self.at, self.message)
        }
    }
}

impl std::error::Error for ParseError {}

/// How much a note weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoteSeverity {
    /// Worth knowing; nothing is lost.
    Info,
    /// The input broke a rule, and what was meant is certain.
    Repaired,
    /// Part of the input is not in the figures.
    DataLoss,
    /// Nothing of the source is in the figures.
    Error,
}

/// Something to know about a source beside its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Note {
    /// Its weight.
    pub severity: NoteSeverity,
    /// A stable kebab-case code.
    pub code: String,
    /// A sentence for the reader, of the first occurrence.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// Where it happened first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
}

/// The notes of one source: one row a code, with a count and the first place.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    rows: Vec<Note>,
}

impl Notes {
    /// Adds an occurrence of `code`.
    pub fn add(
        &mut self,
        severity: NoteSeverity,
        code: &'static str,
        at: Option<Position>,
        message: impl Into<String>,
    ) {
        self.add_owned(severity, code, at, message.into());
    }

    fn add_owned(&mut self, severity: NoteSeverity, code: &str, at: Option<Position>, message: String) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.code == code) {
            row.count = row.count.saturating_add(1);
            row.severity = row.severity.max(severity);
            return;
        }
        if self.rows.len() < NOTES_PER_SOURCE {
            let message = shortened(message);
            self.rows.push(Note { severity, code: code.to_owned(), message, count: 1, at });
        } else {
            self.add_owned_overflow(severity);
        }
    }

    fn add_owned_overflow(&mut self, severity: NoteSeverity) {
        const CODE: &str = "more-notes";
        match self.rows.last_mut() {
            Some(row) if row.code == CODE => {
                row.count = row.count.saturating_add(1);
                row.severity = row.severity.max(severity);
            }
            _ => self.rows.push(Note {
                severity,
                code: CODE.to_owned(),
                message: "Further kinds of notes are only counted.".to_owned(),
                count: 1,
                at: None,
            }),
        }
    }

    /// Shorthand for an [`NoteSeverity::Info`] note.
    pub fn info(&mut self, code: &'static str, at: Option<Position>, message: impl Into<String>) {
        self.add(NoteSeverity::Info, code, at, message);
    }

    /// Shorthand for a [`NoteSeverity::Repaired`] note.
    pub fn repaired(&mut self, code: &'static str, at: Option<Position>, message: impl Into<String>) {
        self.add(NoteSeverity::Repaired, code, at, message);
    }

    /// Shorthand for a [`NoteSeverity::DataLoss`] note.
    pub fn data_loss(&mut self, code: &'static str, at: Option<Position>, message: impl Into<String>) {
        self.add(NoteSeverity::DataLoss, code, at, message);
    }

    /// The error that ended the source.
    pub fn error(&mut self, error: &ParseError) {
        let code = match error.kind {
            ErrorKind::Unrecognized => "unrecognized",
            ErrorKind::Truncated => "truncated",
            ErrorKind::Malformed => "malformed",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::LimitExceeded => "limit-exceeded",
            ErrorKind::Empty => "empty",
        };
        let at = (error.at != Position::default()).then_some(error.at);
        self.add(NoteSeverity::Error, code, at, error.to_string());
    }

    /// Takes over the notes of a later step on the same source.
    pub fn extend(&mut self, later: Self) {
        for note in later.rows {
            match self.rows.iter_mut().find(|row| row.code == note.code) {
                Some(row) => {
                    row.count = row.count.saturating_add(note.count);
                    row.severity = row.severity.max(note.severity);
                }
                None => self.rows.push(note),
            }
        }
    }

    /// Moves every place, as [`super::places::Places`] says.
    pub fn relocate(&mut self, places: &super::places::Places) {
        for at in self.rows.iter_mut().filter_map(|row| row.at.as_mut()) {
            *at = places.position(*at);
        }
    }

    /// Rows in order of first occurrence.
    pub fn rows(&self) -> &[Note] {
        &self.rows
    }

    /// The heaviest severity, if there is any note.
    pub fn worst(&self) -> Option<NoteSeverity> {
        self.rows.iter().map(|row| row.severity).max()
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_collapses_to_a_count_with_its_first_place() {
        let mut notes = Notes::default();
        notes.info("unknown-key", Some(Position::line(3)), "Unknown key Foo");
        notes.data_loss("unknown-key", Some(Position::line(9)), "Unknown key Bar");
        assert_eq!(notes.rows().len(), 1);
        assert_eq!(notes.rows()[0].count, 2);
        assert_eq!(notes.rows()[0].at, Some(Position::line(3)));
        assert_eq!(notes.worst(), Some(NoteSeverity::DataLoss));
    }
}
