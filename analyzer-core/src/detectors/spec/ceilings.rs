//! `spec.nofile.low`, `spec.pids.low`: ceilings that a Go service meets early.

use super::support::{Draft, draft, judge, list, missing_inputs, served};
use crate::base::units::Unit as Measure;
use crate::detectors::{Detector, Rule};
use crate::report::{Citation, Confidence, Severity};

/// Open files below which a server runs out under load.
const LEAST_FILES: i64 = 1024;

/// Tasks below which a Go program may not get the threads that it needs.
const LEAST_TASKS: i64 = 64;

const NOFILE: Rule = Rule {
    code: "spec.nofile.low",
    severity: Severity::Warning,
    title: "Few files may be open",
    meaning: "Each connection is a file: accept and dial fail with \"too many open files\".",
};

const PIDS: Rule = Rule {
    code: "spec.pids.low",
    severity: Severity::Warning,
    title: "Few threads may run",
    meaning: "Where the runtime gets no thread it ends with \"failed to create new OS thread\".",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[NOFILE, PIDS],
    missing_inputs,
    detect: |case| {
        let mut found = judge(case, |unit| {
            let files =
                served(unit)?.nofile.as_ref().filter(|files| (0..LEAST_FILES).contains(&files.value))?;
            Some(Draft {
                confidence: Confidence::Likely,
                claim: format!(
                    "{} may have {} files open; Go raises the soft limit to the hard one and no further.",
                    unit.name(),
                    files.value
                ),
                citations: vec![Citation::figure(files.at, "nofile", files.value, Measure::Count)],
                against: list(&["A job without connections needs few."]),
                advice: list(&["Leave the limit out, or set the hard one to 65536."]),
                ..draft(NOFILE, format!("The hard limit of open files is below {LEAST_FILES}."))
            })
        });
        found.extend(judge(case, |unit| {
            let pids = served(unit)?.pids.as_ref().filter(|pids| (1..LEAST_TASKS).contains(&pids.value))?;
            Some(Draft {
                confidence: Confidence::Likely,
                claim: format!(
                    "{} may have {} tasks: threads count, and each blocked system call takes one.",
                    unit.name(),
                    pids.value
                ),
                citations: vec![Citation::figure(pids.at, "pids", pids.value, Measure::Count)],
                against: list(&["A program that never blocks in system calls needs about ten."]),
                advice: list(&["Leave the limit out, or set at least 256."]),
                ..draft(PIDS, format!("The limit of tasks is below {LEAST_TASKS}."))
            })
        }));
        found
    },
};

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn service(rest: &str) -> [(&'static str, String); 1] {
        [(
            "compose.yaml",
            format!("services:\n  api:\n    image: a\n    environment: {{GOGC: 50}}\n    {rest}\n"),
        )]
    }

    #[test]
    fn low_ceilings_are_told() {
        check("spec", &service("ulimits: {nofile: 512}"), &["spec.nofile.low"]);
        check("spec", &service("ulimits: {nofile: {soft: 256, hard: 256}}"), &["spec.nofile.low"]);
        check("spec", &service("pids_limit: 12"), &["spec.pids.low"]);
    }

    #[test]
    fn a_low_soft_limit_alone_and_no_limit_are_fine() {
        check("spec.nofile.low", &service("ulimits: {nofile: {soft: 256, hard: 4096}}"), &[]);
        check("spec.pids.low", &service("pids_limit: -1"), &[]);
        check("spec.pids.low", &service("pids_limit: 300"), &[]);
    }
}
