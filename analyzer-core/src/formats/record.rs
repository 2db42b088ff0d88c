//! What the parsers of kernel and runtime files share: numbers, key-value lines,
//! and a builder for one record of [`crate::evidence::memory`].

use crate::base::error::{ErrorKind, ParseError};
use crate::base::intern::StrId;
use crate::base::reader::{Line, Lines};
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{Figure, RecordHead, RecordKind, TextFact};

use super::Facts;
use super::names::NameParts;

/// One record in the making. Nothing reaches the tables before [`RecordBuilder::finish`].
pub struct RecordBuilder<'e> {
    /// The tables, for what a parser adds beside the record.
    pub evidence: &'e mut Evidence,
    head: RecordHead,
    figures: Vec<Figure>,
    texts: Vec<TextFact>,
}

impl<'e> RecordBuilder<'e> {
    /// Starts a record for a file whose proper name is `file`, and states its kind.
    pub fn new(
        input: &Input<'_>,
        evidence: &'e mut Evidence,
        facts: &mut Facts,
        kind: RecordKind,
        file: &str,
    ) -> Self {
        let parts = NameParts::of(input.path, file);
        facts.kind = Some(parts.kind(file));
        Self::with_parts(input, evidence, kind, file, &parts)
    }

    /// Starts a record whose level and moment are known.
    pub fn with_parts(
        input: &Input<'_>,
        evidence: &'e mut Evidence,
        kind: RecordKind,
        file: &str,
        parts: &NameParts,
    ) -> Self {
        let head = RecordHead {
            source: input.source,
            kind,
            file: evidence.strings.intern(file),
            folder: evidence.strings.intern(&parts.folder),
            level: evidence.strings.intern(&parts.level),
            moment: evidence.strings.intern(&parts.moment),
            pid: parts.pid,
        };
        Self { evidence, head, figures: Vec::new(), texts: Vec::new() }
    }

    /// Adds a number whose key is its own name in the source.
    pub fn figure(&mut self, key: &str, value: i64, unit: Unit, at: Position) {
        self.named_figure(key, key, value, unit, at);
    }

    /// Adds a number that the source calls `name`.
    pub fn named_figure(&mut self, key: &str, name: &str, value: i64, unit: Unit, at: Position) {
        let (key, name) = (self.evidence.strings.intern(key), self.evidence.strings.intern(name));
        self.figures.push(Figure { key, name, value, unit, at });
    }

    /// Adds a text.
    pub fn text(&mut self, key: &str, value: &str, at: Position) {
        let (key, value) = (self.evidence.strings.intern(key), self.evidence.strings.intern(value));
        self.texts.push(TextFact { key, value, at });
    }

    /// States the process id that the content names.
    pub fn pid(&mut self, pid: u64) {
        self.head.pid = Some(pid);
    }

    /// True while there is neither number nor text.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.texts.is_empty()
    }

    /// The value of a number that was added.
    pub fn value(&self, key: &str) -> Option<i64> {
        let key: StrId = self.evidence.strings.find(key)?;
        self.figures.iter().rev().find(|figure| figure.key == key).map(|figure| figure.value)
    }

    /// Stores the record.
    pub fn finish(self) {
        let none = self.evidence.memory.vmas.len_u32();
        self.finish_with_vmas(none);
    }

    /// Stores the record; the mappings from row `first_vma` on are its own.
    pub fn finish_with_vmas(self, first_vma: u32) {
        let vmas = first_vma..self.evidence.memory.vmas.len_u32();
        self.evidence.memory.push(self.head, &self.figures, &self.texts, vmas);
    }
}

/// A decimal number without sign, spaces or leading garbage.
pub fn decimal(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The lines that hold something, as `(line, trimmed text)`.
pub fn text_lines(bytes: &[u8]) -> impl Iterator<Item = (Line<'_>, &str)> {
    Lines::new(bytes).map(|line| (line, line.text().trim())).filter(|(_, text)| !text.is_empty())
}

/// `key number` lines, as the kernel prints flat keyed files.
pub fn flat_keyed(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once([' ', '\t'])?;
    let value = value.trim();
    (!key.is_empty() && !value.contains(' ')).then_some((key, value))
}

/// The error of a file that should hold something and does not.
pub fn nothing_found(part: &'static str, what: &str) -> ParseError {
    ParseError::new(ErrorKind::Malformed, Position::line(1), part, format!("expected {what}"))
}

/// The error of a number that does not fit.
pub fn bad_number(at: Position, part: &'static str, found: &str) -> ParseError {
    let found: String = found.chars().take(40).collect();
    ParseError::new(
        ErrorKind::Malformed,
        at,
        part,
        format!("expected a decimal number below 2^63, found \"{found}\""),
    )
}

/// Notes that the last line has no line end, which the kernel always prints: the file was cut there.
pub fn note_cut(bytes: &[u8], facts: &mut Facts, part: &str) {
    if !bytes.is_empty() && !Lines::ends_with_newline(bytes) {
        facts.is_partial = true;
        let at = Lines::new(bytes).last().map(|line| line.position());
        facts.notes.data_loss(
            "cut",
            at,
            format!("The file ends in the middle of a line; {part} may be missing."),
        );
    }
}
