//! Which findings fail.

use std::fmt;
use std::str::FromStr;

use analyzer_core::report::{Finding, Report, Severity};
use analyzer_core::session;

use super::baseline::Baseline;
use super::fingerprint;
use super::text::losses;
use crate::output;

/// One condition of `--fail-on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// A finding of this severity or worse.
    Severity(Severity),
    /// A finding of this code, or of this family of codes.
    Code(String),
    /// Nothing.
    None,
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "critical" => Ok(Self::Severity(Severity::Critical)),
            "warning" => Ok(Self::Severity(Severity::Warning)),
            "info" => Ok(Self::Severity(Severity::Info)),
            "none" => Ok(Self::None),
            // A code that no rule gives would be a gate that never closes.
            code if session::rules().any(|rule| session::is_in(rule.code, code)) => {
                Ok(Self::Code(code.to_owned()))
            }
            _ => Err("not a severity (critical, warning, info), a finding code, or none".to_owned()),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Severity(severity) => severity_name(*severity),
            Self::Code(code) => code,
            Self::None => "none",
        })
    }
}

impl Gate {
    fn matches(&self, finding: &Finding) -> bool {
        match self {
            // The worst comes first.
            Self::Severity(severity) => finding.severity <= *severity,
            Self::Code(code) => session::is_in(&finding.code, code),
            Self::None => false,
        }
    }
}

/// The severity's name in options and output.
pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It fails the check.
    Fails,
    /// The baseline has it.
    Known,
    /// The gate does not ask for it.
    Allowed,
}

/// What the check says in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// No finding fails.
    Passed,
    /// Findings fail.
    Failed,
    /// Nothing of the input could be read or judged, or part of it is missing: that is no health.
    Unreadable,
}

/// A finding with what becomes of it.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) finding: &'a Finding,
    pub(super) fingerprint: String,
    pub(super) fate: Fate,
}

/// What the check says.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) report: &'a Report,
    pub(super) gates: &'a [Gate],
    /// True if nothing of the input may be missing.
    is_strict: bool,
    /// In the report's order: worst first.
    pub(super) findings: Vec<Judged<'a>>,
}

impl<'a> Outcome<'a> {
    /// Each known finding excuses one of the report: a second goroutine leak
    /// with the same stack is new.
    pub(super) fn judge(report: &'a Report, gates: &'a [Gate], mut known: Baseline, is_strict: bool) -> Self {
        let judge = |finding: &'a Finding| {
            let fingerprint = fingerprint::of(finding, report);
            let is_known = known.take(&fingerprint);
            let fate = match gates.iter().any(|gate| gate.matches(finding)) {
                _ if is_known => Fate::Known,
                true => Fate::Fails,
                false => Fate::Allowed,
            };
            Judged { finding, fingerprint, fate }
        };
        Self { report, gates, is_strict, findings: report.findings.iter().map(judge).collect() }
    }

    pub(super) fn count(&self, fate: Fate) -> usize {
        self.findings.iter().filter(|judged| judged.fate == fate).count()
    }

    pub(super) fn status(&self) -> Status {
        match self.count(Fate::Fails) {
            _ if !output::is_usable(self.report) => Status::Unreadable,
            _ if self.is_strict && losses(self.report).next().is_some() => Status::Unreadable,
            0 if !output::is_judged(self.report) => Status::Unreadable,
            0 => Status::Passed,
            _ => Status::Failed,
        }
    }

    /// True if it fails for nothing but what is missing of the input.
    pub(super) fn is_incomplete(&self) -> bool {
        self.is_strict && output::is_usable(self.report) && losses(self.report).next().is_some()
    }

    /// The gate as the user wrote it.
    pub(super) fn gate_text(&self) -> String {
        self.gates.iter().map(Gate::to_string).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_knows_every_code_that_can_be_printed_and_every_family() {
        for rule in session::rules() {
            assert_eq!(rule.code.parse(), Ok(Gate::Code(rule.code.to_owned())));
        }
        for family in ["mem", "mem.oom", "goroutine", "trace"] {
            assert_eq!(family.parse(), Ok(Gate::Code(family.to_owned())));
        }
    }

    #[test]
    fn the_gate_refuses_what_no_rule_gives() {
        for word in ["goroutine.typo", "mem.pod", "mem.limit_livelock.x", "mem.", "goroutin", "", "severe"] {
            assert!(word.parse::<Gate>().is_err(), "{word:?}");
        }
    }
}
