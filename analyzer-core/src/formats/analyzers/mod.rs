//! Diagnostics of static analyzers: `go vet -json` (golang.org/x/tools
//! `internal/analysisflags.JSONTree`), `staticcheck -f json`, `golangci-lint --output.json.path`,
//! and SARIF 2.1.0 (OASIS), which many write.
//!
//! What they say stays theirs: it is joined to findings of the captures, and listed beside them.

mod golangci;
mod sarif;
mod staticcheck;
mod vet;

use serde::de::DeserializeOwned;

use super::redaction::free_text;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::evidence::analyzers::Diagnostic;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    format("sarif", "static analysis (SARIF)", sarif::sniff, sarif::parse),
    format("golangci-lint", "static analysis (golangci-lint)", golangci::sniff, golangci::parse),
    format("go-vet", "static analysis (go vet)", vet::sniff, vet::parse),
    format("staticcheck", "static analysis (staticcheck)", staticcheck::sniff, staticcheck::parse),
];

const fn format(
    name: &'static str,
    label: &'static str,
    sniff: fn(&Probe<'_>) -> Sniff,
    parse: super::Parse,
) -> Format {
    Format { name, label, content: Content::Document, sniff, parse, secrets: free_text }
}

/// A diagnostic as a file states it.
struct Stated<'a> {
    tool: &'a str,
    rule: &'a str,
    file: &'a str,
    line: u32,
    message: &'a str,
}

/// Takes diagnostics in, with the place of each in the text.
struct Taker<'a> {
    input: &'a Input<'a>,
    evidence: &'a mut Evidence,
    facts: &'a mut Facts,
    /// Bytes before this one are behind, and they have this many line ends.
    behind: usize,
    line: u64,
    /// What was looked for was not found: nothing after it is looked for.
    is_lost: bool,
    taken: usize,
    left_out: u64,
}

impl<'a> Taker<'a> {
    fn new(input: &'a Input<'a>, evidence: &'a mut Evidence, facts: &'a mut Facts) -> Self {
        Self { input, evidence, facts, behind: 0, line: 1, is_lost: false, taken: 0, left_out: 0 }
    }

    /// Adds a diagnostic that stands where `mark` comes next.
    fn take(&mut self, stated: &Stated<'_>, mark: &str) {
        let at = self.next_line_with(mark).map(Position::line).unwrap_or_default();
        self.take_at(stated, at);
    }

    /// Adds a diagnostic.
    fn take_at(&mut self, stated: &Stated<'_>, at: Position) {
        if self.evidence.diagnostics.len() >= limits::DIAGNOSTICS {
            self.left_out += 1;
            return;
        }
        let strings = &mut self.evidence.strings;
        let row = Diagnostic {
            source: self.input.source,
            at,
            tool: strings.intern(stated.tool),
            rule: strings.intern(stated.rule),
            file: strings.intern(stated.file),
            line: stated.line,
            message: strings.intern(stated.message),
        };
        self.evidence.diagnostics.push(row);
        self.taken += 1;
    }

    /// The line of the next occurrence; each byte is looked at once.
    fn next_line_with(&mut self, mark: &str) -> Option<u64> {
        let ahead = self.input.bytes.get(self.behind..).filter(|_| !self.is_lost)?;
        let Some(at) = memchr::memmem::find(ahead, mark.as_bytes()) else {
            self.is_lost = true;
            return None;
        };
        let passed = ahead.get(..at).unwrap_or_default();
        self.line += to_u64(memchr::memchr_iter(b'\n', passed).count());
        self.behind += at;
        let line = self.line;
        // The next one may have the same mark: it stands behind this one.
        self.behind += mark.len().max(1).min(ahead.len() - at);
        Some(line)
    }

    /// What is said at the end.
    fn finish(self) {
        if self.left_out > 0 {
            let message =
                format!("{} diagnostics are omitted: the maximum is {}", self.left_out, limits::DIAGNOSTICS);
            self.facts.notes.data_loss("diagnostics-left-out", None, message);
        }
        if self.taken == 0 && self.left_out == 0 {
            self.facts.notes.info("nothing-found", None, "The analyzer reported nothing.");
        }
    }
}

/// A file that is one JSON value; what follows it (a summary for people) is not read.
fn first_value<T: DeserializeOwned>(input: &Input<'_>) -> Result<T, ParseError> {
    if input.bytes.len() > limits::JSON_BYTES {
        let message = format!("more than {} MiB of JSON", limits::JSON_BYTES >> 20);
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::default(), "file", message));
    }
    let bytes = input.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input.bytes);
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(malformed(&error, 0)),
        None => Err(ParseError::new(ErrorKind::Empty, Position::default(), "file", "no JSON value found")),
    }
}

fn malformed(error: &serde_json::Error, lines_before: u64) -> ParseError {
    let at = Position::line(lines_before + to_u64(error.line()));
    ParseError::new(ErrorKind::Malformed, at, "JSON", error.to_string())
}

/// True if all of these stand in the head of a JSON text.
fn has_all(probe: &Probe<'_>, marks: &[&str]) -> bool {
    let head = probe.head();
    marks.iter().all(|mark| memchr::memmem::find(head, mark.as_bytes()).is_some())
}

fn by_content(is_it: bool) -> Sniff {
    if is_it { Sniff::ByContent } else { Sniff::No }
}

/// A linter's own rule, where a message begins with it: `lostcancel: the cancel function …`.
fn own_rule<'t>(linter: &'t str, text: &'t str) -> (&'t str, &'t str) {
    let is_name = |name: &str| {
        !name.is_empty() && name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match text.split_once(": ") {
        Some((rule, message)) if COLLECTIONS.contains(&linter) && is_name(rule) => (rule, message),
        _ => (linter, text),
    }
}

/// Linters that hold many rules.
const COLLECTIONS: [&str; 7] =
    ["govet", "staticcheck", "gosimple", "stylecheck", "gosec", "gocritic", "revive"];

#[cfg(test)]
mod tests;
