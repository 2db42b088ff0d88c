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
    title: "Low limit of open files",
    meaning: "Each connection takes a file descriptor: at the limit, accept and dial fail with \"too many open files\".",
};

const PIDS: Rule = Rule {
    code: "spec.pids.low",
    severity: Severity::Warning,
    title: "Low limit of threads",
    meaning: "If the runtime cannot create a thread, it exits with \"failed to create new OS thread\".",
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
                    "{} may have {} files open; Go raises the soft limit only up to the hard limit.",
                    unit.name(),
                    files.value
                ),
                citations: vec![Citation::figure(files.at, "nofile", files.value, Measure::Count)],
                against: list(&["A job without connections needs only a few."]),
                advice: list(&["Remove the limit, or set the hard limit to 65536."]),
                ..draft(NOFILE, format!("The hard limit of open files is below {LEAST_FILES}."))
            })
        });
        found.extend(judge(case, |unit| {
            let pids = served(unit)?.pids.as_ref().filter(|pids| (1..LEAST_TASKS).contains(&pids.value))?;
            Some(Draft {
                confidence: Confidence::Likely,
                claim: format!(
                    "{} may have {} tasks: each thread counts, and each blocking system call occupies a thread.",
                    unit.name(),
                    pids.value
                ),
                citations: vec![Citation::figure(pids.at, "pids", pids.value, Measure::Count)],
                against: list(&["A program that never blocks in system calls needs only about ten."]),
                advice: list(&["Remove the limit, or set it to at least 256."]),
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
