//! `net.syn_sent`: dials that nobody answers.

use crate::detectors::course::{Course, Told, courses, doubts, needs, rows, whose};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Finding, Severity, Side, SocketState, number_format};

/// Dials at once from which the remote does not answer.
const LEAST: u64 = 10;

const SYN_SENT: Rule = Rule {
    code: "net.syn_sent",
    severity: Severity::Warning,
    title: "A remote does not answer dials",
    meaning: "Many connections wait in SYN_SENT for one remote: a firewall drops them, the address is gone, or its accept queue is full.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SYN_SENT],
    missing_inputs: |case| {
        needs(case, |moment| moment.sockets.is_some(), "/proc/PID/net/tcp and tcp6, or ss -tanp")
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

fn find(course: &Course<'_>) -> Option<Finding> {
    let last = *course.sockets().last()?;
    let waiting =
        rows(last, Side::Client, SocketState::SynSent).chain(rows(last, Side::Unknown, SocketState::SynSent));
    let worst = waiting.max_by_key(|row| row.count).filter(|row| row.count >= LEAST)?;
    let told = Told {
        rule: SYN_SENT,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: format!("{LEAST} connections in SYN_SENT to one remote."),
        claim: format!(
            "{} has {} to {} that the remote has not answered (SYN_SENT).",
            whose(last),
            number_format::counted(worst.count, "dial", "dials"),
            worst.peer
        ),
        amount: worst.count,
        citations: vec![worst.citation.clone()],
        against: doubts(last)
            .into_iter()
            .chain(list(&["At the start of a service many dials go out at once."]))
            .collect(),
        advice: list(&[
            "Give dials a timeout: net.Dial has none (Linux gives up after about two minutes); net.Dialer{Timeout: ...}, or a context.",
            "Look at the remote: is the address still that of a live instance, does a policy or firewall drop it, is its accept queue full?",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{borrowed, dialed, moment};
    use crate::detectors::testing::check;

    #[test]
    fn ten_dials_that_wait_for_one_remote_are_told() {
        check(
            "net.syn_sent",
            &borrowed(&moment("t0", &[dialed("02", 100, 10)], &[(100, 10)])),
            &["net.syn_sent"],
        );
    }

    #[test]
    fn a_few_are_dials() {
        check("net.syn_sent", &borrowed(&moment("t0", &[dialed("02", 100, 9)], &[(100, 9)])), &[]);
    }
}
