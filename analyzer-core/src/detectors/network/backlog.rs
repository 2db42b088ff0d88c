//! `net.backlog.overflow`: an accept queue is full, and the kernel drops connections.

use crate::detectors::course::{Course, Told, courses, value};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Finding, ResourceSnapshot, Severity, number_format};

const OVERFLOW: Rule = Rule {
    code: "net.backlog.overflow",
    severity: Severity::Critical,
    title: "Accept queue overflow",
    meaning: "The accept queue is full, and the kernel drops new connections: clients see timeouts.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[OVERFLOW],
    missing_inputs: |case| {
        let has = |moment: &ResourceSnapshot| {
            moment.sockets.as_ref().is_some_and(|sockets| {
                sockets.overflows.is_some()
                    && sockets.listeners.iter().any(|row| row.queue.is_some() && row.backlog.is_some())
            })
        };
        crate::detectors::course::needs(
            case,
            has,
            "ss -tlnp (or /proc/PID/net/tcp with somaxconn), and /proc/PID/net/netstat",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

fn find(course: &Course<'_>) -> Option<Finding> {
    let sockets = course.sockets();
    let last = *sockets.last()?;
    // Counters are the namespace's: without a full queue of its own they are another's.
    let full = last.listeners.iter().find(|row| row.is_full() && (row.is_own || !last.is_own))?;
    let counters: Vec<_> = sockets.iter().filter_map(|sockets| sockets.overflows.as_ref()).collect();
    let (first, newest) = (value(counters.first()?)?, value(counters.last()?)?);
    let dropped = if counters.len() > 1 { newest.checked_sub(first)? } else { newest };
    if dropped == 0 {
        return None;
    }
    let (queue, backlog) = full.queue.zip(full.backlog)?;
    let told = Told {
        rule: OVERFLOW,
        severity: Severity::Critical,
        confidence: if last.is_own && counters.len() > 1 { Confidence::Certain } else { Confidence::Likely },
        condition: "A listening socket's accept queue is at 90% of its backlog, and ListenOverflows rises."
            .to_owned(),
        claim: format!(
            "{} connections wait to be accepted on {} (backlog {}), and the kernel dropped {} {}.",
            number_format::count_u64(queue),
            full.address,
            number_format::count_u64(backlog),
            number_format::count_u64(dropped),
            if counters.len() > 1 {
                "more between the captures"
            } else {
                "since the network namespace was created"
            },
        ),
        amount: dropped,
        citations: std::iter::once(full.citation.clone()).chain(counters.into_iter().cloned()).collect(),
        against: list(&[
            "The counter covers the whole network namespace: other listeners of the pod may have overflowed as well.",
        ]),
        advice: list(&[
            "Check what the goroutine that calls Accept waits for between two calls, and hand each connection to its own goroutine before anything that can block.",
            "A larger backlog (net.core.somaxconn) only fills up later.",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::detectors::course::fixtures::{borrowed, listening, moment};
    use crate::detectors::testing::check;

    /// A listener with a queue of `waiting`, a backlog of 16 and as many overflows.
    pub fn queue(label: &str, waiting: u32, overflows: u64) -> Vec<(String, String)> {
        let mut files = moment(label, &[listening(waiting, 9)], &[(9, 1)]);
        files.push((format!("shop/{label}/proc/sys/net/core/somaxconn"), "16\n".to_owned()));
        let counters = format!("TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 0 {overflows}\n");
        files.push((format!("shop/{label}/proc/net/netstat"), counters));
        files
    }

    #[test]
    fn a_full_queue_that_overflows_is_critical() {
        let files = [queue("t0", 0, 5), queue("t1", 17, 384)].concat();
        let found = check("net.backlog", &borrowed(&files), &["net.backlog.overflow"]);
        assert!(found[0].claim.contains("dropped 379 more"), "{}", found[0].claim);
    }

    #[test]
    fn overflows_of_another_and_a_queue_that_only_fills_are_none() {
        check("net.backlog", &borrowed(&[queue("t0", 0, 5), queue("t1", 2, 384)].concat()), &[]);
        check("net.backlog", &borrowed(&[queue("t0", 0, 5), queue("t1", 16, 5)].concat()), &[]);
    }
}
