//! `net.syn_sent`: dials that nobody answers.

use std::collections::BTreeMap;

use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::base::units::Unit;
use crate::detectors::course::{Course, Told, courses, doubts, needs, rows, whose};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::probes::Retransmit;
use crate::report::{
    Amount, Citation, Confidence, Counted, Finding, Severity, Side, SocketState, number_format,
};

/// Dials at once from which the remote does not answer.
const LEAST: u64 = 10;

const SYN_SENT: Rule = Rule {
    code: "net.syn_sent",
    severity: Severity::Warning,
    title: "A remote does not respond to connection attempts",
    meaning: "Many connections to one remote are in SYN_SENT: a firewall drops them, the address no longer exists, or its accept queue is full.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SYN_SENT],
    missing_inputs: |case| {
        let what = "/proc/PID/net/tcp and tcp6, or ss -tanp; or tcpretrans";
        let has_retransmits = !case.evidence.probes.retransmits.is_empty();
        if has_retransmits { Vec::new() } else { needs(case, |moment| moment.sockets.is_some(), what) }
    },
    detect: |case: &Case<'_>| {
        let found: Vec<Finding> = courses(case).iter().filter_map(find).collect();
        if found.is_empty() { retransmitted(case).into_iter().collect() } else { found }
    },
};

/// The remote to which most SYNs were sent again, by tcpretrans.
fn retransmitted(case: &Case<'_>) -> Option<Finding> {
    let mut remotes: BTreeMap<(&str, u16), (u64, &Retransmit)> = BTreeMap::new();
    for row in &case.evidence.probes.retransmits {
        if case.evidence.strings.get(row.state) == "SYN_SENT" {
            let remote = (case.evidence.strings.get(row.remote), row.remote_port);
            let entry = remotes.entry(remote).or_insert((0, row));
            entry.0 = entry.0.saturating_add(row.count);
        }
    }
    let ((host, port), (count, first)) =
        remotes.into_iter().max_by_key(|(remote, (count, _))| (*count, std::cmp::Reverse(*remote)))?;
    if count < LEAST {
        return None;
    }
    let subjects = &case.analysis.subjects;
    let subject = subjects.iter().find(|subject| subject.sources().any(|source| source == first.source));
    let value = clamp_i64(i128::from(count));
    let draft = Draft {
        rule: SYN_SENT,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: format!("At least {LEAST} SYN retransmits to one remote."),
        title: SYN_SENT.title.to_owned(),
        claim: format!(
            "{} SYNs to {host}:{port} were retransmitted: it does not answer them (tcpretrans).",
            number_format::count_u64(count)
        ),
        amount: Some(Amount::counted(value, Counted::Times)),
        citations: vec![Citation::figure(
            SourceSpan { source: first.source, at: first.at },
            "SYN_SENT",
            value,
            Unit::Count,
        )],
        against: list(&[
            "tcpretrans watches the whole machine: the dials may be another process's. Each dial retransmits its SYN up to six times.",
        ]),
        advice: list(ADVICE),
    };
    draft.about(subject.map(|subject| subject.id))
}

const ADVICE: &[&str] = &[
    "Set a dial timeout (net.Dialer.Timeout, or a context): net.Dial has none, and Linux gives up only after about two minutes.",
    "Check the remote: whether the address still belongs to a live instance, a network policy or firewall blocks it, or its accept queue is full.",
];

fn find(course: &Course<'_>) -> Option<Finding> {
    let last = *course.sockets().last()?;
    let waiting =
        rows(last, Side::Client, SocketState::SynSent).chain(rows(last, Side::Unknown, SocketState::SynSent));
    let worst = waiting.max_by_key(|row| row.count).filter(|row| row.count >= LEAST)?;
    let told = Told {
        rule: SYN_SENT,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: format!("At least {LEAST} connections in SYN_SENT to one remote."),
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
            .chain(list(&["At startup, a service dials many connections at once."]))
            .collect(),
        advice: list(ADVICE),
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

    #[test]
    fn syns_that_are_sent_again_to_one_remote_are_the_same() {
        let row = "01:55:05 0      4  10.0.0.2:46644      R> 10.0.0.9:5432   SYN_SENT\n";
        let other = "01:55:05 0      4  10.0.0.2:46644      R> 10.0.0.9:5432   ESTABLISHED\n";
        let head = "TIME     PID    IP LADDR:LPORT          T> RADDR:RPORT          STATE\n";
        let text = |syns: usize, others: usize| format!("{head}{}{}", row.repeat(syns), other.repeat(others));
        check("net.syn_sent", &[("tcpretrans.txt", &*text(10, 0))], &["net.syn_sent"]);
        check("net.syn_sent", &[("tcpretrans.txt", &*text(9, 40))], &[]);
    }
}
