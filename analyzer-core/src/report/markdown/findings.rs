//! Findings, and the rules that could not run.

use std::fmt::{self, Write as _};

use super::{Out, escape};
use crate::base::convert::to_u64;
use crate::report::number_format::{amount, counted, quantity};
use crate::report::{Citation, Confidence, Excerpt, Finding, Report, Severity};

/// Citations printed under a finding; the JSON form has all.
const CITATIONS: usize = 5;

pub(super) fn print_finding(finding: &Finding, report: &Report, out: &mut Out) -> fmt::Result {
    let severity = match finding.severity {
        Severity::Critical => "Critical",
        Severity::Warning => "Warning",
        Severity::Info => "Info",
    };
    let confidence = match finding.confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    };
    writeln!(out, "\n#### {severity}: {}\n", escape::text(&finding.title))?;
    writeln!(out, "{}\n", escape::text(&finding.claim))?;
    finding.excerpts.iter().try_for_each(|excerpt| print_excerpt(excerpt, out))?;
    write!(out, "- {}, {confidence}", escape::code(&finding.code))?;
    if let Some(found) = &finding.amount {
        write!(out, ", {}", amount(found))?;
    }
    if let Some(reclaim) = finding.reclaim {
        write!(out, ", {}", reclaim.words().0)?;
    }
    writeln!(out)?;
    if !finding.condition.is_empty() {
        writeln!(out, "- Condition: {}", escape::text(&finding.condition))?;
    }
    let citations = finding.citations.as_slice();
    for citation in citations.iter().take(CITATIONS) {
        writeln!(out, "- From {}", place(citation, report))?;
    }
    if let Some(more) = citations.len().checked_sub(CITATIONS).filter(|more| *more > 0) {
        writeln!(out, "- and from {}", counted(to_u64(more), "more place", "more places"))?;
    }
    for against in &finding.against {
        writeln!(out, "- Against: {}", escape::text(against))?;
    }
    for advice in &finding.advice {
        writeln!(out, "- **Do:** {}", escape::text(advice))?;
    }
    Ok(())
}

/// Lines of source between fences that none of them closes.
fn print_excerpt(excerpt: &Excerpt, out: &mut Out) -> fmt::Result {
    let text = excerpt.text();
    let longest = text.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}text")?;
    text.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "{fence}\n")
}

fn place(citation: &Citation, report: &Report) -> String {
    let mut text = match report.source(citation.source) {
        Some(source) => escape::code(&source.path),
        None => "an unknown file".to_owned(),
    };
    if let Some(at) = citation.at {
        let _ = write!(text, ", {at}");
    }
    if let Some(name) = &citation.quantity {
        let _ = write!(text, ": {}", escape::code(name));
    }
    match (citation.value, citation.unit) {
        (Some(value), Some(unit)) => {
            let _ = write!(text, " = {}", quantity(value, unit));
        }
        (Some(value), None) => {
            let _ = write!(text, " = {value}");
        }
        (None, _) => {}
    }
    text
}

/// What only static analyzers say: none of it is a finding.
pub(super) fn print_analyzers(report: &Report, out: &mut Out) -> fmt::Result {
    /// As many as anybody reads in an issue.
    const ROWS: usize = 20;
    let mut own = report.analyzers.iter().filter(|row| row.bears_out.is_none()).peekable();
    if own.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n### Reported by static analyzers only\n")?;
    for row in own.by_ref().take(ROWS) {
        writeln!(
            out,
            "- {}: {}: {}",
            escape::text(&row.place()),
            escape::text(&row.name()),
            escape::text(&row.message)
        )?;
    }
    match own.count() {
        0 => Ok(()),
        rest => writeln!(out, "- and {rest} more"),
    }
}

pub(super) fn print_not_run(report: &Report, out: &mut Out) -> fmt::Result {
    let mut lacking = report.lacking().peekable();
    if lacking.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n### Checks that did not run\n")?;
    for rule in lacking {
        let needs: Vec<_> = rule.needs.iter().map(|need| escape::text(need)).collect();
        writeln!(out, "- {}: needs {}", escape::code(&rule.code), needs.join("; "))?;
    }
    Ok(())
}
