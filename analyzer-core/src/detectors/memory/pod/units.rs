//! What systemd says of units whose processes were killed.
//!
//! It counts the kills in the unit's own control group (src/core/unit.c, `unit_check_oom`): the kernel counts
//! there whom it killed, and not whose limit was reached.

use super::super::oom::UNKNOWN;
use super::super::support::{Draft, list};
use super::{SIGKILL, cited, views};
use crate::analysis::memory::term::View;
use crate::detectors::{Case, Rule};
use crate::evidence::memory::RecordKind;
use crate::report::{Confidence, Finding, Severity, Subject};

/// One finding a unit: the kernel's kill, else that its first process ended by SIGKILL.
pub(super) fn find(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    // The kernel's log says more.
    if !case.evidence.oom.is_empty() {
        return Vec::new();
    }
    let events = views(case, subject, RecordKind::Event);
    let mut told: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for reason in ["UnitOOM", "UnitKilled"] {
        for event in events.iter().filter(|event| event.text("reason") == Some(reason)) {
            let Some(unit) = event.text("object").and_then(|object| object.strip_prefix("unit/")) else {
                continue;
            };
            if told.contains(&unit) {
                continue;
            }
            told.push(unit);
            found.extend(if reason == "UnitOOM" {
                killed(subject, event, unit)
            } else {
                ended(subject, event, unit)
            });
        }
    }
    found
}

fn killed(subject: &Subject, event: &View<'_>, unit: &str) -> Option<Finding> {
    let claim = format!(
        "The kernel's OOM killer killed a process of {unit}: memory ran out. The text does not show whose limit was reached."
    );
    let against = "systemd reads a counter of the unit's cgroup, which includes kills caused by the unit's own limit and by the machine.";
    draft(UNKNOWN, Severity::Critical, Confidence::Likely, claim, against, event).about(subject.id)
}

fn ended(subject: &Subject, event: &View<'_>, unit: &str) -> Option<Finding> {
    let claim = format!(
        "The main process of {unit} was killed by SIGKILL, but systemd does not report that it was the OOM killer."
    );
    let against = "systemd also sends SIGKILL to processes that do not stop in time: it does not prove that memory ran out.";
    draft(SIGKILL, Severity::Warning, Confidence::Possible, claim, against, event).about(subject.id)
}

fn draft(
    rule: Rule,
    severity: Severity,
    confidence: Confidence,
    claim: String,
    against: &'static str,
    event: &View<'_>,
) -> Draft {
    Draft {
        rule,
        severity,
        confidence,
        reclaim: None,
        condition: "systemd reports it.".to_owned(),
        title: rule.title.to_owned(),
        claim,
        amount: None,
        citations: cited(event, &["reason"]),
        against: list(&[against]),
        advice: list(&[
            "journalctl -k for that minute contains the OOM report: which process was killed, and whose limit was reached.",
        ]),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Likely, Possible};
    use crate::report::Severity::{Critical, Warning};

    #[test]
    fn a_unit_is_told_once_and_no_more_is_said_than_systemd_knows() {
        let of = |words: &str| format!("Dec  1 13:43:13 server01 systemd[1]: api.service: {words}\n");
        let oom = of("A process of this unit has been killed by the OOM killer.");
        let result = of("Failed with result 'oom-kill'.");
        let exited = of("Main process exited, code=killed, status=9/KILL");
        for text in [
            format!("{oom}{exited}{result}"),
            format!("{exited}{result}"),
            format!(
                "Started api\n{}{result}",
                of("The kernel OOM killer killed some processes in this unit.")
            ),
        ] {
            let found = check("mem", &[("journal.log", &text)], &["mem.oom.unknown"]);
            assert_eq!(verdicts(&found), [(Critical, Likely, None)], "{text}");
            assert!(found[0].claim.contains("api.service"), "{}", found[0].claim);
        }
        let old = "systemd: api.service: main process exited, code=exited, status=137/n/a\n".to_owned();
        for text in [exited.clone(), old] {
            let found = check("mem", &[("journal.log", &text)], &["mem.sigkill"]);
            assert_eq!(verdicts(&found), [(Warning, Possible, None)], "{text}");
        }
        for words in [
            "Main process exited, code=exited, status=1/FAILURE",
            "Main process exited, code=killed, status=15/TERM",
            "Failed with result 'exit-code'.",
        ] {
            check("mem", &[("journal.log", &of(words))], &[]);
        }
    }

    #[test]
    fn the_kernels_own_record_says_more() {
        let text = "Dec  1 13:43:12 server01 kernel: [12345.67] Memory cgroup out of memory: Killed process 4242 (api) total-vm:1kB, anon-rss:520000kB, file-rss:0kB, shmem-rss:0kB\nDec  1 13:43:13 server01 systemd[1]: api.service: Main process exited, code=killed, status=9/KILL\nDec  1 13:43:13 server01 systemd[1]: api.service: Failed with result 'oom-kill'.\n";
        let found = check("mem", &[("journal.log", text)], &["mem.oom.unknown"]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].claim.contains("pid 4242"), "{}", found[0].claim);
    }
}
