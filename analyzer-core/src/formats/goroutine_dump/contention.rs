//! `debug=1` texts of the block, mutex and threadcreate profiles. They look
//! like goroutine profiles and are none: the format is named, so that the
//! file is not taken for something else; figures are read from the protobuf form.

use super::super::{Content, Facts, Format, Probe, Sniff};
use super::text;
use crate::base::error::ParseError;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;

pub(super) const FORMAT: Format = Format {
    name: "contention-profile-text",
    label: "Block, mutex or threadcreate profile (text, debug=1)",
    content: Content::Document,
    sniff,
    parse,
    secrets: super::secrets::counts,
};

/// First lines (runtime/pprof/pprof.go), and the profile's name.
const TITLES: [(&str, &str); 3] =
    [("--- contention:", "block"), ("--- mutex:", "mutex"), ("threadcreate profile: total ", "threadcreate")];

fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = text::to_utf8(probe.head());
    if kind(&head).is_some() { Sniff::ByContent } else { Sniff::No }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    let first = Lines::new(bytes).find(|line| !line.bytes.trim_ascii().is_empty())?;
    let text = first.text().trim_start();
    TITLES.iter().find(|(title, _)| text.starts_with(title)).map(|(_, kind)| *kind)
}

fn parse(input: &Input<'_>, _evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let bytes = text::to_utf8(input.bytes);
    let kind = kind(&bytes).unwrap_or("block");
    let stacks =
        Lines::new(&bytes).filter(|line| memchr::memmem::find(line.bytes, b" @ 0x").is_some()).count();
    facts.kind = Some(kind.to_owned());
    facts.notes.info(
        "named-only",
        Some(Position::line(1)),
        format!(
            "A {kind} profile as text with {stacks} stacks. To see its figures, capture the protobuf form (/debug/pprof/{kind} without debug=1)."
        ),
    );
    Ok(())
}
