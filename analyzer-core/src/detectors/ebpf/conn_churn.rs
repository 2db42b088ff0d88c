//! `ebpf.conn.churn`: a connection a request, by tcplife.

use super::{needs, subject};
use crate::analysis::tools::churn::{self, Sessions};
use crate::analysis::tools::cite;
use crate::base::convert::clamp_i64;
use crate::base::units::{Nanos, Unit};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::number_format::{count_u64, duration, rate};
use crate::report::{Amount, Confidence, Counted, Finding, Severity};

/// Sessions to one remote from which it is no chance.
const LEAST_SESSIONS: u64 = 50;
/// The middle one's length, in microseconds, below which a session is a request.
const MOST_MICROS: u64 = 1_000_000;
/// Sessions a second below which it is a probe or a poll, where times are stated.
const LEAST_PER_SECOND: f64 = 0.2;
/// Remotes that are told.
const TOLD: usize = 3;

const CHURN: Rule = Rule {
    code: "ebpf.conn.churn",
    severity: Severity::Warning,
    title: "A new connection for each request",
    meaning: "One process opens many short TCP sessions to one remote: connections are opened for each request instead of being reused.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[CHURN],
    missing_inputs: |case| needs(&case.evidence.probes.sessions, "tcplife while the service is under load"),
    detect: |case: &Case<'_>| {
        churned(case).into_iter().take(TOLD).filter_map(|row| tell(case, &row)).collect()
    },
};

/// Sessions that are a connection a request: most first.
pub fn churned(case: &Case<'_>) -> Vec<Sessions> {
    let is = |row: &Sessions| {
        row.is_client
            && row.count >= LEAST_SESSIONS
            && row.median_micros < MOST_MICROS
            && row.per_second.is_none_or(|rate| rate >= LEAST_PER_SECOND)
    };
    churn::sessions(case.evidence).into_iter().filter(is).collect()
}

fn tell(case: &Case<'_>, row: &Sessions) -> Option<Finding> {
    let pace = row.per_second.map_or_else(String::new, |value| format!(", {} a second", rate(value)));
    let median = duration(Nanos(clamp_i64(i128::from(row.median_micros) * 1000)));
    let draft = Draft {
        rule: CHURN,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: format!(
            "At least {LEAST_SESSIONS} sessions from one process to one remote, with a median below 1 s and, if times are given, at least {LEAST_PER_SECOND} per second."
        ),
        title: CHURN.title.to_owned(),
        claim: format!(
            "{} (pid {}) had {} TCP sessions with {}{pace}; their median duration was {median}.",
            row.command,
            row.pid,
            count_u64(row.count),
            row.peer
        ),
        amount: Some(Amount::counted(clamp_i64(i128::from(row.count)), Counted::Connections)),
        citations: vec![cite(row.source, row.at, "sessions", clamp_i64(i128::from(row.count)), Unit::Count)],
        against: list(&[
            "tcplife watches the whole machine: this may be another process with the same name.",
            "The remote may close each connection itself (Connection: close, or a proxy's request limit per connection).",
        ]),
        advice: list(&[
            "Read each response body to EOF and close it. Share one http.Transport, and set MaxIdleConnsPerHost (default 2) to the number of concurrent calls.",
            "Check for DisableKeepAlives, Connection: close, and database pools that keep too few idle connections (SetMaxIdleConns).",
        ]),
    };
    draft.about(subject(case, row.source))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Likely;
    use crate::report::Severity::Warning;

    /// So many sessions of these milliseconds to a port of 10.0.0.9, `step` seconds apart.
    fn life(count: u32, millis: &str, step: f64) -> String {
        let mut text =
            "TIME(s)   PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n"
                .to_owned();
        for index in 0..count {
            let (time, port) = (f64::from(index) * step, 40_000 + index);
            let _ = writeln!(text, "{time:.3} 4121 api 10.0.0.2 {port} 10.0.0.9 5432 1 2 {millis}");
        }
        text
    }

    #[test]
    fn many_short_sessions_to_one_remote_are_a_connection_a_request() {
        for (count, millis, step) in [(50, "0.9", 0.1), (400, "999", 0.01), (60, "2.5", 4.0)] {
            let found = check("ebpf", &[("tcplife.txt", &*life(count, millis, step))], &["ebpf.conn.churn"]);
            assert_eq!(verdicts(&found), [(Warning, Likely, Some(i64::from(count)))]);
        }
    }

    #[test]
    fn few_long_and_slow_ones_are_not() {
        for (count, millis, step) in [(49, "0.9", 0.1), (50, "1000", 0.1), (80, "0.9", 10.0)] {
            check("ebpf.conn.churn", &[("tcplife.txt", &*life(count, millis, step))], &[]);
        }
    }

    #[test]
    fn sessions_that_came_to_our_port_are_their_clients_choice() {
        let mut text =
            "PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n".to_owned();
        for index in 0..200 {
            let _ = writeln!(text, "4121 api 10.0.0.2 8080 10.0.0.9 {} 1 2 0.5", 40_000 + index);
        }
        check("ebpf.conn.churn", &[("tcplife.txt", &*text)], &[]);
    }
}
