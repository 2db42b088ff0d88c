//! `net.conns.grow`: open connections to one remote that only become more.

use crate::detectors::course::{
    Course, GROWTH, Told, arrows, courses, doubts, growth, joined, needs, rows, whose,
};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Counterpart, Finding, Severity, Side, SocketState, Sockets, number_format};

const GROW: Rule = Rule {
    code: "net.conns.grow",
    severity: Severity::Warning,
    title: "Connections to one remote keep growing",
    meaning: "The program opens connections without closing them: a new http.Transport per call, an unbounded pool, or clients that are not closed.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[GROW],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.sockets.is_some(),
            "three captures of /proc/PID/net/tcp and tcp6 with ls -l /proc/PID/fd, or of ss -tanp",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().flat_map(|course| find(case, course)).collect(),
};

fn find(case: &Case<'_>, course: &Course<'_>) -> Vec<Finding> {
    let sockets = course.sockets();
    let Some(last) = sockets.last() else { return Vec::new() };
    let open = |side| rows(last, side, SocketState::Established);
    open(Side::Client)
        .filter_map(|row| {
            let of = |sockets: &&Sockets| {
                rows(sockets, Side::Client, SocketState::Established)
                    .find(|other| other.peer == row.peer)
                    .map_or(0, |row| row.count)
            };
            let counts: Vec<u64> = sockets.iter().map(of).collect();
            let grown = growth(&counts)?;
            let idle = idle(course, row.count);
            let told = Told {
                rule: GROW,
                severity: Severity::Warning,
                confidence: if last.is_own { Confidence::Likely } else { Confidence::Possible },
                condition: GROWTH.to_owned(),
                claim: format!(
                    "{} has {} open to {} ({}).{}",
                    whose(last),
                    number_format::counted(row.count, "connection", "connections"),
                    row.peer,
                    arrows(grown),
                    idle.clone().unwrap_or_default()
                ),
                amount: row.count,
                citations: vec![row.citation.clone()],
                against: doubts(last)
                    .into_iter()
                    .chain(list(&[
                        "Higher load needs more connections. A pool stops growing at its maximum size.",
                    ]))
                    .collect(),
                advice: advice(idle.is_some()),
            };
            let mut found = told.about(course)?;
            let group = || joined(case, course, Counterpart::Transport);
            found.group = idle.and_then(|_| group()).map(|group| group.id.clone());
            Some(found)
        })
        .collect()
}

/// As many goroutines that read idle connections: nobody can use these again.
fn idle(course: &Course<'_>, count: u64) -> Option<String> {
    let pairs = course.moments.last()?.goroutines?;
    let idle = pairs.read_loops.saturating_sub(pairs.unread_bodies);
    (idle * 10 >= count * 9 && idle > 0).then(|| {
        format!(
            " {} goroutines are in persistConn.readLoop on idle connections, probably of an http.Transport that is no longer used.",
            number_format::count_u64(idle)
        )
    })
}

fn advice(is_http: bool) -> Vec<String> {
    if is_http {
        return list(&[
            "Share one http.Transport (or http.Client) in the process: a new one per call keeps its idle connections open, forever unless IdleConnTimeout is set.",
            "Set MaxConnsPerHost and IdleConnTimeout, and call CloseIdleConnections on a Transport that is discarded.",
        ]);
    }
    list(&[
        "Close connections after use, or limit the pool (database/sql: SetMaxOpenConns; http.Transport: MaxConnsPerHost).",
        "Check the goroutines that read from this remote: what started them, and what should make them exit.",
    ])
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{borrowed, dialed, listening, moment, served};
    use crate::detectors::testing::check;

    fn course(counts: &[u64]) -> Vec<(String, String)> {
        let of = |(index, count): (usize, &u64)| {
            moment(
                &format!("t{index}"),
                &[listening(0, 9), dialed("01", 100, *count)],
                &[(9, 1), (100, *count)],
            )
        };
        counts.iter().enumerate().flat_map(of).collect()
    }

    #[test]
    fn a_remote_to_which_connections_only_become_more_is_told() {
        let found = check("net.conns.grow", &borrowed(&course(&[50, 313, 576])), &["net.conns.grow"]);
        assert!(found[0].claim.contains("10.0.0.9:5432"), "{}", found[0].claim);
    }

    #[test]
    fn a_pool_that_is_full_and_the_connections_of_clients_are_not() {
        check("net.conns.grow", &borrowed(&course(&[14, 64, 64])), &[]);
        check("net.conns.grow", &borrowed(&course(&[14, 576])), &[]);
        let of = |(index, count): (usize, &u64)| {
            moment(
                &format!("t{index}"),
                &[listening(0, 9), served("01", 100, *count)],
                &[(9, 1), (100, *count)],
            )
        };
        let clients: Vec<_> = [50, 200, 400].iter().enumerate().flat_map(of).collect();
        check("net", &borrowed(&clients), &[]);
    }
}
