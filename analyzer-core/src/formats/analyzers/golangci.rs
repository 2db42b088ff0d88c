//! golangci-lint's JSON report, versions 1 and 2: `{"Issues": […], "Report": {…}}`.

use serde::Deserialize;

use super::{Stated, Taker, by_content, first_value, has_all, own_rule};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, Sniff};

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "Issues")]
    issues: Option<Vec<Issue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Issue {
    #[serde(default)]
    from_linter: String,
    text: String,
    pos: Pos,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pos {
    filename: String,
    #[serde(default)]
    line: u32,
}

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_object = probe.head().trim_ascii_start().starts_with(b"{");
    let is_report = has_all(probe, &["\"Issues\"", "\"FromLinter\""])
        || has_all(probe, &["\"Issues\"", "\"Report\"", "\"Linters\""]);
    by_content(is_object && is_report)
}

/// Reads the issues.
/// # Errors
/// `Malformed`, `LimitExceeded`.
pub(super) fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let report: Report = first_value(input)?;
    let mut taker = Taker::new(input, evidence, facts);
    for issue in report.issues.iter().flatten() {
        let (rule, message) = own_rule(&issue.from_linter, &issue.text);
        let file = issue.pos.filename.as_str();
        let stated = Stated { tool: "golangci-lint", rule, file, line: issue.pos.line, message };
        taker.take(&stated, "\"FromLinter\"");
    }
    taker.finish();
    Ok(())
}
