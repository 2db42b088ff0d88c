//! `staticcheck -f json`: one JSON object a line.

use serde::Deserialize;

use super::{Stated, Taker, by_content};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, Sniff};

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    severity: String,
    location: Location,
    message: String,
}

#[derive(Deserialize)]
struct Location {
    file: String,
    line: u32,
}

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    let first = Lines::new(probe.head_lines()).find(|line| !line.text().trim().is_empty());
    by_content(first.is_some_and(|line| serde_json::from_str::<Problem>(line.text().trim()).is_ok()))
}

/// Reads a problem a line; those that staticcheck was told to ignore are left out, as it does.
/// # Errors
/// `Malformed` if no line is a problem.
pub(super) fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut taker = Taker::new(input, evidence, facts);
    let (mut problems, mut others, mut first_other) = (0_u64, 0_u64, None);
    for line in Lines::new(input.bytes) {
        let text = line.text();
        if text.trim().is_empty() {
            continue;
        }
        let Ok(problem) = serde_json::from_str::<Problem>(text.trim()) else {
            others += 1;
            first_other = first_other.or(Some(line.position()));
            continue;
        };
        problems += 1;
        if problem.severity == "ignored" {
            continue;
        }
        let stated = Stated {
            tool: "staticcheck",
            rule: &problem.code,
            file: &problem.location.file,
            line: problem.location.line,
            message: &problem.message,
        };
        taker.take_at(&stated, line.position());
    }
    if problems == 0 {
        let message = "no line is in staticcheck's output format";
        return Err(ParseError::new(ErrorKind::Malformed, Position::line(1), "line", message));
    }
    if others > 0 {
        let message = one_or_many(
            others,
            "line is not in staticcheck's output format",
            "lines are not in staticcheck's output format",
        );
        taker.facts.notes.data_loss("other-lines", first_other, message);
    }
    taker.finish();
    Ok(())
}
