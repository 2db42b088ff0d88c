//! `spec.stopsignal`: a stop signal on which Go prints its goroutines.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::detectors::{Detector, Rule};
use crate::report::{Confidence, Severity};

/// Signals on which the runtime prints all goroutines and ends (runtime/sigtab_linux_generic.go, `_SigThrow`).
const PRINTING: [&str; 6] = ["SIGQUIT", "QUIT", "3", "SIGABRT", "ABRT", "6"];

const STOPSIGNAL: Rule = Rule {
    code: "spec.stopsignal",
    severity: Severity::Warning,
    title: "The stop signal makes Go dump its goroutines",
    meaning: "On SIGQUIT and SIGABRT, Go prints the stacks of all goroutines and exits with code 2.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[STOPSIGNAL],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let own = unit.container.and_then(|container| container.stop_signal.as_ref());
            let signal = own.or_else(|| unit.build.and_then(|build| build.stop_signal.as_ref()))?;
            if !PRINTING.contains(&signal.value.to_ascii_uppercase().as_str()) {
                return None;
            }
            Some(Draft {
                confidence: Confidence::Likely,
                claim: format!(
                    "{} is stopped with {}: Go prints the stacks of all goroutines and exits with code 2, without a graceful shutdown.",
                    unit.name(),
                    signal.value
                ),
                citations: vec![place(signal.at, "stop signal")],
                against: list(&[
                    "A program that handles the signal with signal.Notify can shut down normally.",
                ]),
                advice: list(&["Remove the stop signal: the default is SIGTERM."]),
                ..draft(STOPSIGNAL, "The stop signal is SIGQUIT or SIGABRT.")
            })
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn image(signal: &str) -> [(&'static str, String); 1] {
        [(
            "Dockerfile",
            format!("FROM golang:1.26\nRUN go build -o /api .\nSTOPSIGNAL {signal}\nCMD [\"/api\"]\n"),
        )]
    }

    #[test]
    fn signals_that_print_are_told_where_they_stand() {
        for signal in ["SIGQUIT", "3", "SIGABRT"] {
            let found = check("spec", &image(signal), &["spec.stopsignal"]);
            assert_eq!(found[0].citations.as_slice()[0].at.and_then(|at| at.line), Some(3));
        }
        let compose = "services:\n  api: {image: a, environment: {GOGC: 50}, stop_signal: SIGQUIT}\n";
        check("spec", &[("compose.yaml", compose)], &["spec.stopsignal"]);
    }

    #[test]
    fn others_are_not_and_nginx_wants_it() {
        check("spec.stopsignal", &image("SIGTERM"), &[]);
        check("spec.stopsignal", &image("SIGINT"), &[]);
        check("spec.stopsignal", &[("Dockerfile", "FROM nginx:1.27\nCOPY a /a\nSTOPSIGNAL SIGQUIT\n")], &[]);
    }
}
