//! `net.listen.leak`: listening sockets that nobody serves or closes.

use crate::base::convert::to_u64;
use crate::detectors::course::{Course, Told, arrows, courses, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Finding, Severity, Sockets, number_format};

/// Least rise over the captures.
const RISE: u64 = 10;
/// Listeners more than goroutines in Accept.
const UNSERVED: u64 = 5;

const LEAK: Rule = Rule {
    code: "net.listen.leak",
    severity: Severity::Warning,
    title: "Listeners leak",
    meaning: "The number of listening sockets keeps growing, or no goroutine accepts from many of them.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[LEAK],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.sockets.as_ref().is_some_and(|sockets| sockets.is_own),
            "/proc/PID/net/tcp and tcp6 with ls -l /proc/PID/fd, or ss -tanp",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

fn own(sockets: &Sockets) -> u64 {
    to_u64(sockets.listeners.iter().filter(|row| row.is_own).count())
}

fn find(course: &Course<'_>) -> Option<Finding> {
    let moments = course.values(|moment| {
        Some((moment.sockets.as_ref().filter(|sockets| sockets.is_own)?, moment.goroutines))
    });
    let counts: Vec<u64> = moments.iter().map(|(sockets, _)| own(sockets)).collect();
    let (last, pairs) = moments.last()?;
    let (first, count) = (*counts.first()?, *counts.last()?);
    let is_rising = count >= first.saturating_add(RISE) && counts.is_sorted();
    let unserved =
        pairs.map(|pairs| count.saturating_sub(pairs.accepting)).filter(|unserved| *unserved > UNSERVED);
    if !is_rising && unserved.is_none() {
        return None;
    }
    let mut claim = format!("The process listens on {}", number_format::counted(count, "socket", "sockets"));
    if counts.len() > 1 && is_rising {
        claim.push_str(&format!(" ({})", arrows(&counts)));
    }
    claim.push('.');
    if let Some(pairs) = pairs {
        claim.push_str(&format!(
            " {} are in Accept.",
            number_format::counted(pairs.accepting, "goroutine", "goroutines")
        ));
    }
    let told = Told {
        rule: LEAK,
        severity: Severity::Warning,
        confidence: if is_rising && unserved.is_some() { Confidence::Certain } else { Confidence::Likely },
        condition: format!(
            "At least {RISE} more listening sockets of the process than in the first capture, or {UNSERVED} more than goroutines in Accept."
        ),
        claim,
        amount: count,
        citations: last
            .listeners
            .iter()
            .filter(|row| row.is_own)
            .take(3)
            .map(|row| row.citation.clone())
            .collect(),
        against: list(&["Forked servers share a socket, and a test may start many servers."]),
        advice: list(&[
            "Close the listener when its server stops or its configuration is reloaded. http.Server.Shutdown does this.",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{Row, borrowed, moment};
    use crate::detectors::testing::check;

    fn listeners(label: &str, count: u64) -> Vec<(String, String)> {
        let rows: Vec<Row> = (0..count)
            .filter_map(|index| {
                Some(Row {
                    local: 9000 + u16::try_from(index).ok()?,
                    remote: 0,
                    state: "0A",
                    queue: 0,
                    inode: 100 + index,
                    count: 1,
                })
            })
            .collect();
        moment(label, &rows, &[(100, count)])
    }

    #[test]
    fn listeners_that_become_more_or_that_nobody_serves_are_told() {
        check(
            "net.listen",
            &borrowed(&[listeners("t0", 2), listeners("t1", 12)].concat()),
            &["net.listen.leak"],
        );
        let mut unserved = listeners("t0", 9);
        let dump =
            "goroutine 7 [IO wait]:\ninternal/poll.(*FD).Accept(0x1)\n\t/go/fd_unix.go:9 +0x1\n".to_owned();
        unserved.push(("shop/t0/goroutine.txt".to_owned(), dump));
        check("net.listen", &borrowed(&unserved), &["net.listen.leak"]);
    }

    #[test]
    fn a_few_listeners_are_none() {
        check("net.listen", &borrowed(&[listeners("t0", 2), listeners("t1", 11)].concat()), &[]);
    }
}
