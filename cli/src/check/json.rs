//! The outcome for programs.

use analyzer_core::report::{Finding, NotRun};
use serde::Serialize;

use crate::output;

use super::gate::{Fate, Outcome, Status};
use super::text::losses;

/// Identifies the shape.
const SCHEMA: &str = "strata-check/1";

#[derive(Serialize)]
struct Check<'a> {
    schema: &'static str,
    engine: &'a str,
    /// `failed`, `passed` or `unreadable`.
    status: &'static str,
    fail_on: Vec<String>,
    findings: Vec<Row<'a>>,
    not_run: &'a [NotRun],
    losses: Vec<Loss<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    /// `fails`, `known` or `allowed`.
    fate: &'static str,
    fingerprint: &'a str,
    #[serde(flatten)]
    finding: &'a Finding,
}

#[derive(Serialize)]
struct Loss<'a> {
    path: &'a str,
    message: &'a str,
}

/// # Errors
/// None: everything in it is JSON.
pub(super) fn print(outcome: &Outcome<'_>) -> serde_json::Result<String> {
    let rows = outcome.findings.iter().map(|judged| Row {
        fate: fate_name(judged.fate),
        fingerprint: &judged.fingerprint,
        finding: judged.finding,
    });
    let check = Check {
        schema: SCHEMA,
        engine: &outcome.report.engine,
        status: match outcome.status() {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Unreadable => "unreadable",
        },
        fail_on: outcome.gates.iter().map(ToString::to_string).collect(),
        findings: rows.collect(),
        not_run: &outcome.report.not_run,
        losses: losses(outcome.report).map(|(path, message)| Loss { path, message }).collect(),
    };
    output::json(&check)
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Fails => "fails",
        Fate::Known => "known",
        Fate::Allowed => "allowed",
    }
}
