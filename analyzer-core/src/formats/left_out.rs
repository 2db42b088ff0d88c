//! What a redacted bundle has in place of files that could not be redacted,
//! and of what their wrappings said.

use super::redaction::Marks;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;

/// Name of the format.
pub const NAME: &str = "left-out";

/// Where the losses of a bundle stand.
pub const LOSSES_PATH: &str = "redaction.txt";

const LEFT_OUT: &str = "Strata left this file out of a redacted report: ";
const LOSSES: &str = "Strata redacted these captures. Before that, this was already missing:";

/// The formats of this module.
pub const FORMATS: &[Format] = &[Format {
    name: NAME,
    label: "left out by redaction",
    content: Content::Document,
    sniff,
    parse,
    secrets,
}];

/// What stands in a file's place.
pub fn placeholder(reason: &str) -> Vec<u8> {
    format!("{LEFT_OUT}{reason}\n").into_bytes()
}

/// True for what stands in a file's place.
pub fn is_placeholder(bytes: &[u8]) -> bool {
    bytes.starts_with(LEFT_OUT.as_bytes())
}

/// A file that lists what was lost before.
pub fn losses(messages: &[String]) -> Vec<u8> {
    let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
    format!("{LOSSES}\n{lines}").into_bytes()
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_ours = [LEFT_OUT, LOSSES].iter().any(|start| probe.bytes.starts_with(start.as_bytes()));
    if is_ours { Sniff::ByContent } else { Sniff::No }
}

/// Repeats what was said.
/// # Errors
/// `Empty` for a file that was left out.
fn parse(input: &Input<'_>, _: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let text = String::from_utf8_lossy(input.bytes);
    if let Some(reason) = text.strip_prefix(LEFT_OUT) {
        let message = format!("left out when the report was redacted: {}", reason.trim_end());
        return Err(ParseError::new(ErrorKind::Empty, Position::line(1), "file", message));
    }
    for line in Lines::new(input.bytes).skip(1) {
        facts.notes.data_loss("lost-before-redaction", Some(line.position()), line.text().to_owned());
    }
    Ok(())
}

/// Anybody can write a file that begins like this.
fn secrets(_: &Input<'_>, _: &mut Marks<'_>) -> Result<(), &'static str> {
    Err("it was left out before")
}
