//! `fd.exhausted`: the program was refused a descriptor, as its log says.

use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::resources::{Complaint, ComplaintCount};
use crate::report::{Amount, Citation, Confidence, Counted, Finding, Severity, Subject, number_format};

const EXHAUSTED: Rule = Rule {
    code: "fd.exhausted",
    severity: Severity::Critical,
    title: "Out of file descriptors",
    meaning: "The log contains \"too many open files\": accept, dial or open failed.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[EXHAUSTED],
    missing_inputs: |case| {
        let is_log =
            case.evidence.sources.iter().any(|source| matches!(source.format, Some("log" | "gctrace")));
        let has = is_log
            || case.evidence.resources.complaints.iter().any(|row| row.complaint == Complaint::OpenFiles);
        if has { Vec::new() } else { list(&["the program's log"]) }
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let is_own = |row: &&ComplaintCount| subject.sources().any(|source| source == row.source);
    let rows = case.evidence.resources.complaints.iter().filter(|row| row.complaint == Complaint::OpenFiles);
    let row = rows.filter(is_own).max_by_key(|row| row.count)?;
    let value = clamp_i64(i128::from(row.count));
    let span = SourceSpan { source: row.source, at: row.at };
    let draft = Draft {
        rule: EXHAUSTED,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: "The log contains \"too many open files\".".to_owned(),
        title: EXHAUSTED.title.to_owned(),
        claim: format!(
            "The log contains \"too many open files\" {}: the process could not open more file descriptors.",
            number_format::counted(row.count, "time", "times")
        ),
        amount: Some(Amount::counted(value, Counted::Descriptors)),
        citations: vec![Citation::figure(span, "too many open files", value, Unit::Count)],
        against: list(&[
            "The line may come from another process that writes to the same log, or be about inotify instances, which have their own per-user limit.",
        ]),
        advice: list(&[
            "pprof is not reachable in this state: capture ls -l /proc/PID/fd and /proc/PID/limits, which need no new file descriptor in the process.",
            "Find the kind of file descriptor that grows. Raise the limit only if the load requires it.",
        ]),
    };
    draft.about(subject.id)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::report;

    fn codes(log: &str) -> Vec<String> {
        let found = report(&[("shop/t0/proc/stat", b"6 (shop) S 1 0 0 0 -1 4194560 1381 0 0 0 896 5 0 0 20 0 10 0 283870 1297485824 2358 18446744073709551615 4194304 7622353 140724799828784 0 0 0 0 2 2143420157 0 0 0 17 0 0 0 0 0 0 1 2 3 4 5 6 7 0\n"), ("shop/stderr.log", log.as_bytes())]);
        found
            .findings
            .into_iter()
            .map(|finding| finding.code)
            .filter(|code| code.starts_with("fd."))
            .collect()
    }

    #[test]
    fn a_log_that_says_so_is_told() {
        let log = "2026/11/29 17:29:34 http: Accept error: accept tcp 10.0.0.2:8080: accept4: too many open files; retrying in 5ms\n";
        assert_eq!(codes(log), ["fd.exhausted"]);
    }

    #[test]
    fn a_log_of_anything_else_is_not() {
        assert!(codes("2026/11/29 17:29:34 listening on 8080\n").is_empty());
    }

    /// What the house's check looks for in each file of rules.
    #[test]
    fn dumps_have_no_such_line() {
        let dump = "goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:7 +0x1d\n";
        crate::detectors::testing::check("fd.exhausted", &[("g.txt", dump)], &[]);
        let log = format!("accept4: too many open files\npanic: x\n\n{dump}");
        crate::detectors::testing::check("fd.exhausted", &[("g.txt", &*log)], &["fd.exhausted"]);
    }
}
