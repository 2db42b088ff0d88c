//! What other tools print that is known and not read: each is called by its name,
//! with the command that gives what can be read.
//!
//! One table of texts ([`text`]), one of binary signatures ([`binary`]). A kind
//! that becomes readable moves out of here into a format of its own.

mod binary;
mod text;

use super::redaction::free_text;
use super::{Content, Facts, Format, Probe, Sniff, may_end_in_dump};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;

/// Name of the format.
pub const NAME: &str = "other-tool";

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: NAME,
    label: "recognized but not supported",
    content: Content::Document,
    sniff,
    parse,
    secrets: free_text,
}];

/// Something that is known by its content.
pub(super) struct Known {
    /// Stable kebab-case name: the source's kind.
    pub kind: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// How to get what can be read.
    pub instead: &'static str,
    /// True for content of this kind.
    pub is: fn(&[u8]) -> bool,
}

fn find(bytes: &[u8]) -> Option<&'static Known> {
    text::ALL.iter().chain(binary::ALL).find(|known| (known.is)(bytes))
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_known = find(probe.head()).is_some() && !may_end_in_dump(probe);
    if is_known { Sniff::ByContent } else { Sniff::No }
}

/// Says what it is, and what to capture instead.
/// # Errors
/// `Unsupported`, always; `Unrecognized` if it is none of them.
fn parse(input: &Input<'_>, _: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let head = (Probe { path: input.path, bytes: input.bytes }).head();
    let whole = Position::default();
    let Some(known) = find(head) else {
        return Err(ParseError::new(ErrorKind::Unrecognized, whole, "file", "unknown tool output"));
    };
    facts.kind = Some(known.kind.to_owned());
    let message = format!("{}, which Strata does not read. {}", known.what, known.instead);
    Err(ParseError::new(ErrorKind::Unsupported, whole, "file", message))
}

/// True if `text` stands at the start of a line.
pub(super) fn has_line(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find_iter(bytes, text.as_bytes())
        .any(|at| at == 0 || bytes.get(at - 1).is_some_and(|before| *before == b'\n'))
}

/// True if `text` stands anywhere.
pub(super) fn has(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

#[cfg(test)]
mod tests;
