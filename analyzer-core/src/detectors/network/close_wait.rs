//! `net.close_wait.client`, `net.close_wait.server`: the peer has closed, and the program has not.
//!
//! The socket leaves the kernel's table after a while and its descriptor stays: CLOSE_WAIT levels off
//! while the leak goes on. So what rises is CLOSE_WAIT with the descriptors that have no row.

use crate::detectors::course::{
    Course, Told, arrows, count, courses, doubts, joined as largest, needs, rows, whose,
};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{
    Confidence, Counterpart, Finding, GoroutinePairs, ResourceSnapshot, Severity, Side, SocketState, Sockets,
    number_format,
};

/// Connections from which they are no chance.
const LEAST: u64 = 10;
/// Connections from which one capture alone is a warning: Go closes at once what nobody uses.
const MANY: u64 = 50;

const CLIENT: Rule = Rule {
    code: "net.close_wait.client",
    severity: Severity::Warning,
    title: "Outgoing connections in CLOSE_WAIT",
    meaning: "The peer closed connections that the program had opened, but the program does not close its end: unclosed response bodies or forgotten connections.",
};
const SERVER: Rule = Rule {
    code: "net.close_wait.server",
    severity: Severity::Warning,
    title: "Incoming connections in CLOSE_WAIT",
    meaning: "Clients closed their connections, but the handlers do not return, or nothing closes the server's end.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[CLIENT, SERVER],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.sockets.is_some(),
            "sockets: /proc/PID/net/tcp and tcp6 with ls -l /proc/PID/fd, or ss -tanp",
        )
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        let sides = [(Side::Client, CLIENT), (Side::Server, SERVER)];
        courses
            .iter()
            .flat_map(|course| sides.map(|(side, rule)| find(case, course, side, rule)))
            .flatten()
            .collect()
    },
};

/// Which side the descriptors without a row are of, nothing says: the one with more in CLOSE_WAIT.
fn stuck(sockets: &Sockets, side: Side) -> u64 {
    let waiting = |side| count(sockets, side, SocketState::CloseWait);
    let other = if side == Side::Client { Side::Server } else { Side::Client };
    let rowless = if waiting(side) >= waiting(other) { sockets.rowless.unwrap_or(0) } else { 0 };
    waiting(side) + rowless
}

fn find(case: &Case<'_>, course: &Course<'_>, side: Side, rule: Rule) -> Option<Finding> {
    let moments: Vec<(&ResourceSnapshot, &Sockets)> =
        course.values(|moment| Some((moment, moment.sockets.as_ref()?)));
    let (moment, last) = *moments.last()?;
    let waiting = count(last, side, SocketState::CloseWait);
    if waiting < LEAST {
        return None;
    }
    let counts: Vec<u64> = moments.iter().map(|(_, sockets)| stuck(sockets, side)).collect();
    let is_rising = counts.len() > 1 && counts.first() < counts.last();
    // Those of the capture before are gone: hang-ups that are being cleaned up.
    let is_churning = last.stuck.is_some_and(|stuck| stuck < LEAST / 2) && moments.len() > 1;
    let is_level = counts.len() > 1 && !is_rising;
    if is_churning || (is_level && last.stuck.is_none_or(|stuck| stuck < LEAST)) {
        return None;
    }
    let pairs = moment.goroutines.unwrap_or_default();
    let joined = if side == Side::Client { pairs.unread_bodies } else { pairs.serving };
    let is_joined = joined * 2 >= waiting;
    let is_single = counts.len() == 1;
    let is_sure = !is_single || is_joined || waiting >= MANY;
    let mut claim = format!(
        "{} has {} that the peer has closed but the program has not (CLOSE_WAIT, {}).",
        whose(last),
        number_format::counted(waiting, "connection", "connections"),
        if side == Side::Client { "outgoing" } else { "incoming" },
    );
    if let Some(worst) = rows(last, side, SocketState::CloseWait).next() {
        claim.push_str(&format!(" {} of them: {}.", number_format::count_u64(worst.count), worst.peer));
    }
    if !is_single {
        claim.push_str(&format!(
            " Including file descriptors whose socket no longer exists: {} over the captures.",
            arrows(&counts)
        ));
    }
    let unread: u64 = rows(last, side, SocketState::CloseWait).map(|row| row.unread).sum();
    if unread > 0 {
        claim.push_str(&format!(" {} have unread data.", number_format::count_u64(unread)));
    }
    claim.push_str(&goroutines(side, pairs, moment.goroutines.is_some()));
    let mut against = doubts(last);
    if is_single {
        against.push(
            "In a single capture, connections that are just being closed look the same. A second capture shows the difference."
                .to_owned(),
        );
    }
    let told = Told {
        rule,
        severity: if is_sure { Severity::Warning } else { Severity::Info },
        confidence: match (is_single, last.is_own) {
            (true, _) => Confidence::Possible,
            (false, true) => Confidence::Certain,
            (false, false) => Confidence::Likely,
        },
        condition: format!(
            "At least {LEAST} connections in CLOSE_WAIT, growing together with the file descriptors without a socket; with a single capture, {MANY} or as many goroutines."
        ),
        claim,
        amount: waiting,
        citations: rows(last, side, SocketState::CloseWait).take(4).map(|row| row.citation.clone()).collect(),
        against,
        advice: advice(side, pairs),
    };
    let mut found = told.about(course)?;
    let part = if side == Side::Client { Counterpart::Transport } else { Counterpart::Server };
    found.group = largest(case, course, part).filter(|_| is_joined).map(|group| group.id.clone());
    Some(found)
}

fn goroutines(side: Side, pairs: GoroutinePairs, is_known: bool) -> String {
    let text = number_format::count_u64;
    match side {
        _ if !is_known => String::new(),
        Side::Client if pairs.unread_bodies > 0 => format!(
            " {} goroutines are in persistConn.readLoop, {} of them waiting for a response body to be read or closed.",
            text(pairs.read_loops),
            text(pairs.unread_bodies)
        ),
        Side::Server => format!(" {} goroutines serve connections (conn.serve).", text(pairs.serving)),
        _ => String::new(),
    }
}

fn advice(side: Side, pairs: GoroutinePairs) -> Vec<String> {
    match side {
        Side::Server if pairs.serving == 0 => list(&[
            "No goroutine serves them: look for connections that were hijacked, or accepted but never closed.",
        ]),
        Side::Server => list(&[
            "The client is gone, but the handler is still running: pass r.Context() to what the handler waits for, and set a timeout.",
        ]),
        _ => list(&[
            "Close every response body on every path (defer resp.Body.Close()), and read it to EOF first so that the connection can be reused.",
            "For other protocols, close the connection when a read returns io.EOF.",
        ]),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{borrowed, dialed, listening, moment, served};
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Possible};
    use crate::report::Severity::{Info, Warning};

    #[test]
    fn what_we_dialed_and_do_not_close_is_told_with_the_peer() {
        let mut files = moment("t0", &[dialed("08", 100, 12)], &[(100, 12)]);
        files.extend(moment("t1", &[dialed("08", 100, 40)], &[(100, 40)]));
        let found = check("net.close_wait", &borrowed(&files), &["net.close_wait.client"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(40))]);
        assert!(found[0].claim.contains("10.0.0.9:5432"), "{}", found[0].claim);
    }

    #[test]
    fn what_came_to_a_port_of_ours_is_the_servers() {
        let rows = |count| [listening(0, 9), served("08", 100, count)];
        let mut files = moment("t0", &rows(12), &[(9, 1), (100, 12)]);
        files.extend(moment("t1", &rows(33), &[(9, 1), (100, 33)]));
        check("net.close_wait", &borrowed(&files), &["net.close_wait.server"]);
    }

    #[test]
    fn a_level_count_over_descriptors_that_pile_up_is_a_leak() {
        let mut files = moment("t0", &[dialed("08", 100, 20)], &[(100, 20)]);
        // The first twenty have left the table; their descriptors are open.
        files.extend(moment("t1", &[dialed("08", 200, 20)], &[(100, 20), (200, 20)]));
        check("net.close_wait", &borrowed(&files), &["net.close_wait.client"]);
    }

    #[test]
    fn hang_ups_that_are_cleaned_up_and_a_few_are_none() {
        let mut churn = moment("t0", &[dialed("08", 100, 20)], &[(100, 20)]);
        churn.extend(moment("t1", &[dialed("08", 200, 25)], &[(200, 25)]));
        check("net.close_wait", &borrowed(&churn), &[]);
        let mut few = moment("t0", &[dialed("08", 100, 2)], &[(100, 2)]);
        few.extend(moment("t1", &[dialed("08", 100, 9)], &[(100, 9)]));
        check("net.close_wait", &borrowed(&few), &[]);
    }

    #[test]
    fn one_capture_asks_for_a_second() {
        let few = moment("t0", &[dialed("08", 100, 12)], &[(100, 12)]);
        let found = check("net.close_wait", &borrowed(&few), &["net.close_wait.client"]);
        assert_eq!(verdicts(&found), [(Info, Possible, Some(12))]);
        assert!(found[0].against.iter().any(|line| line.contains("second")), "{:?}", found[0].against);
        let many = moment("t0", &[dialed("08", 100, 60)], &[(100, 60)]);
        let found = check("net.close_wait", &borrowed(&many), &["net.close_wait.client"]);
        assert_eq!(verdicts(&found), [(Warning, Possible, Some(60))]);
    }

    #[test]
    fn sockets_of_others_in_the_namespace_do_not_count() {
        let mut files = moment("t0", &[dialed("08", 100, 12)], &[(9, 1)]);
        files.extend(moment("t1", &[dialed("08", 100, 90)], &[(9, 1)]));
        check("net.close_wait", &borrowed(&files), &[]);
    }
}
