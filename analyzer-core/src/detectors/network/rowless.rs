//! `net.rowless`: TCP descriptors whose socket is in no table any more.

use crate::detectors::course::{Course, Told, arrows, courses, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Finding, Severity, number_format};

/// Descriptors from which they are more than the race between two lists (3 at most, as measured).
const LEAST: u64 = 10;
/// Least rise over the captures.
const RISE: u64 = 8;

const ROWLESS: Rule = Rule {
    code: "net.rowless",
    severity: Severity::Warning,
    title: "File descriptors of closed connections",
    meaning: "The kernel has closed connections whose file descriptors the program never closed: the older part of a connection leak, which CLOSE_WAIT no longer shows.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[ROWLESS],
    missing_inputs: |case| {
        let has = |moment: &crate::report::ResourceSnapshot| {
            moment.sockets.as_ref().is_some_and(|sockets| sockets.rowless.is_some())
        };
        needs(case, has, "ls -l /proc/PID/fd with /proc/PID/net/{tcp,tcp6,udp,unix}, or lsof -nP -p PID")
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

fn find(course: &Course<'_>) -> Option<Finding> {
    let counts = course.values(|moment| moment.sockets.as_ref()?.rowless);
    let (first, last) = (*counts.first()?, *counts.last()?);
    if last < LEAST || (counts.len() > 1 && last < first.saturating_add(RISE)) {
        return None;
    }
    let is_single = counts.len() == 1;
    let over = if is_single { String::new() } else { format!(" ({} over the captures)", arrows(&counts)) };
    let citations = course.values(|moment| Some(moment.descriptors.as_ref()?.citation.clone()));
    let told = Told {
        rule: ROWLESS,
        severity: if is_single { Severity::Info } else { Severity::Warning },
        confidence: if is_single { Confidence::Possible } else { Confidence::Certain },
        condition: format!(
            "At least {LEAST} TCP file descriptors without an entry in the socket tables, {RISE} more than in the first capture."
        ),
        claim: format!(
            "{}{over} without an entry in the socket tables: the connection is closed, but the program never closed its file descriptor.",
            number_format::counted(last, "TCP file descriptor is open", "TCP file descriptors are open")
        ),
        amount: last,
        citations,
        against: if is_single {
            list(&["A second capture is needed to show whether they accumulate."])
        } else {
            Vec::new()
        },
        advice: list(&[
            "Close the connection when a read or write fails, and every response body on every path.",
            "If no goroutine belongs to them, look for connections that were hijacked, or stored in a map and forgotten.",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{borrowed, dialed, moment};
    use crate::detectors::testing::check;

    #[test]
    fn descriptors_that_pile_up_without_a_socket_are_told() {
        let mut files = moment("t0", &[dialed("01", 100, 5)], &[(100, 6)]);
        files.extend(moment("t1", &[dialed("01", 100, 5)], &[(100, 20)]));
        check("net.rowless", &borrowed(&files), &["net.rowless"]);
    }

    #[test]
    fn the_race_of_two_lists_a_level_count_and_unknown_tables_are_none() {
        let mut race = moment("t0", &[dialed("01", 100, 5)], &[(100, 5)]);
        race.extend(moment("t1", &[dialed("01", 100, 50)], &[(100, 53)]));
        check("net.rowless", &borrowed(&race), &[]);
        let mut level = moment("t0", &[dialed("01", 100, 5)], &[(100, 17)]);
        level.extend(moment("t1", &[dialed("01", 100, 5)], &[(100, 18)]));
        check("net.rowless", &borrowed(&level), &[]);
        // Without the table of unix sockets these may be unix sockets.
        let mut unknown = moment("t0", &[dialed("01", 100, 5)], &[(100, 5)]);
        unknown.extend(moment("t1", &[dialed("01", 100, 5)], &[(100, 40)]));
        unknown.retain(|(path, _)| !path.ends_with("net/unix"));
        check("net.rowless", &borrowed(&unknown), &[]);
    }
}
