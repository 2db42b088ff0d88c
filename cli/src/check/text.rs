//! The outcome for a log.

use std::fmt::Write as _;

use analyzer_core::report::{Finding, NoteSeverity, Report};

use crate::output;

use super::gate::{Fate, Outcome, Status, severity_name};

pub(super) fn print(outcome: &Outcome<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", headline(outcome));
    for judged in outcome.findings.iter().filter(|judged| judged.fate == Fate::Fails) {
        print_finding(&mut out, judged.finding, &judged.fingerprint, outcome.report);
    }
    print_rest(&mut out, outcome);
    output::lines(&out)
}

fn headline(outcome: &Outcome<'_>) -> String {
    let all = outcome.findings.len();
    let noun = if all == 1 { "finding" } else { "findings" };
    match (outcome.count(Fate::Fails), outcome.gates) {
        _ if outcome.is_incomplete() => "FAILED: the input was not read completely (--strict)".to_owned(),
        _ if outcome.status() == Status::Unreadable => outcome.report.verdict.clone(),
        (_, []) => format!("{all} {noun} written to the baseline"),
        (0, _) => format!("passed: none of {all} {noun} fails ({})", outcome.gate_text()),
        (failing, _) => format!("FAILED: {failing} of {all} {noun} ({})", outcome.gate_text()),
    }
}

fn print_finding(out: &mut String, finding: &Finding, fingerprint: &str, report: &Report) {
    let severity = severity_name(finding.severity).to_uppercase();
    let _ = writeln!(out, "\n{severity} {} [{}]\n  {}", finding.title, finding.code, finding.claim);
    for citation in finding.citations.as_slice().iter().take(3) {
        let source = report.sources.iter().find(|row| row.id == citation.source);
        let path = source.map_or("?", |row| row.path.as_str());
        let _ = match citation.at {
            Some(at) => writeln!(out, "  from {path}, {at}"),
            None => writeln!(out, "  from {path}"),
        };
    }
    for advice in &finding.advice {
        let _ = writeln!(out, "  do: {advice}");
    }
    let _ = writeln!(out, "  fingerprint {fingerprint}");
}

/// What does not fail, and what could not be looked at: a passed check is no
/// proof of health.
fn print_rest(out: &mut String, outcome: &Outcome<'_>) {
    let known = outcome.count(Fate::Known);
    if known > 0 {
        let _ = writeln!(out, "\n{known} known in the baseline");
    }
    let allowed: Vec<_> = outcome.findings.iter().filter(|judged| judged.fate == Fate::Allowed).collect();
    if !allowed.is_empty() && !outcome.gates.is_empty() {
        let _ = writeln!(out, "\nnot asked for:");
        for judged in allowed {
            let finding = judged.finding;
            let _ =
                writeln!(out, "  {} {} [{}]", severity_name(finding.severity), finding.title, finding.code);
        }
    }
    if !outcome.report.not_run.is_empty() {
        let _ = writeln!(out, "\nnot checked:");
    }
    for rule in &outcome.report.not_run {
        let _ = writeln!(out, "  {}: needs {}", rule.code, rule.needs.join("; "));
    }
    let losses: Vec<_> = losses(outcome.report).collect();
    if !losses.is_empty() {
        let _ = writeln!(out, "\nnot wholly read:");
    }
    for (path, message) in losses {
        let _ = writeln!(out, "  {path}: {message}");
    }
}

/// What of the input is not in the figures: path and reason.
pub(super) fn losses(report: &Report) -> impl Iterator<Item = (&str, &str)> {
    report.sources.iter().flat_map(|source| {
        let is_missing = |code: &str| matches!(code, "not-used" | "not-followed");
        let notes = source
            .notes
            .iter()
            .filter(move |note| note.severity >= NoteSeverity::DataLoss || is_missing(&note.code));
        notes.map(|note| (source.path.as_str(), note.message.as_str()))
    })
}
