//! `net.accept.stopped`: connections wait, and no goroutine accepts them.

use crate::detectors::course::{Course, Told, courses, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{
    Confidence, Finding, GoroutineGroup, Listener, Origin, Severity, Sockets, number_format,
};

const STOPPED: Rule = Rule {
    code: "net.accept.stopped",
    severity: Severity::Critical,
    title: "No goroutine accepts connections",
    meaning: "The accept queue of a listening socket stays full, and fewer goroutines are in Accept than there are listeners: the accepting goroutine is blocked elsewhere.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[STOPPED],
    missing_inputs: |case| {
        needs(
            case,
            |moment| {
                moment.goroutines.is_some() && moment.sockets.as_ref().is_some_and(|sockets| sockets.is_own)
            },
            "/proc/PID/net/tcp and tcp6 with ls -l /proc/PID/fd (or ss -tanp), and a goroutine dump from the same moment",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(|course| find(case, course)).collect(),
};

/// The full listeners of the process.
fn full(sockets: &Sockets) -> impl Iterator<Item = &Listener> {
    sockets.listeners.iter().filter(|row| row.is_own && row.is_full())
}

fn find(case: &Case<'_>, course: &Course<'_>) -> Option<Finding> {
    let joined = course.values(|moment| Some((moment.sockets.as_ref()?, moment.goroutines?)));
    let [.., (before, _), (last, pairs)] = joined.as_slice() else { return None };
    let own = last.listeners.iter().filter(|row| row.is_own).count();
    let accepting = usize::try_from(pairs.accepting).unwrap_or(usize::MAX);
    let was_full = |row: &&Listener| {
        let mut same = before.listeners.iter().filter(|other| other.address == row.address);
        same.any(|other| other.is_full() || other.queue >= row.queue)
    };
    let stopped = full(last).find(was_full)?;
    if accepting >= own {
        return None;
    }
    let queue = stopped.queue.unwrap_or(0);
    let mut claim = format!(
        "{} connections wait on {} in two captures, and only {} of {} listeners have a goroutine in Accept.",
        number_format::count_u64(queue),
        stopped.address,
        number_format::count_u64(pairs.accepting),
        own
    );
    let group = acceptor(case, course);
    if let Some((group, place)) = &group {
        claim.push_str(&format!(
            " The goroutine that should accept is probably the one waiting in [{}] in {place}.",
            group.state
        ));
    }
    let told = Told {
        rule: STOPPED,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        condition: "The accept queue of a listener of the process is at 90% of its backlog in the last two captures, and fewer goroutines are in Accept than the process has listeners.".to_owned(),
        claim,
        amount: queue,
        citations: vec![stopped.citation.clone()],
        against: list(&["A process without CPU time also accepts late: check throttling and the run queue."]),
        advice: list(&[
            "Do not wait for a slot, a lock or a channel send between two calls to Accept: accept first and limit the work afterwards, or close excess connections.",
        ]),
    };
    let mut found = told.about(course)?;
    if let Some((group, _)) = group {
        found.group = Some(group.id.clone());
    }
    Some(found)
}

/// A goroutine of the program's own whose function accepts or serves, and that waits for something else.
fn acceptor<'c>(case: &Case<'c>, course: &Course<'_>) -> Option<(&'c GoroutineGroup, String)> {
    let groups = case.analysis.goroutines.as_ref()?.groups.iter();
    let own = groups.filter(|group| {
        group.subject == course.subject.id && group.counts.last().is_some_and(|count| *count > 0)
    });
    own.filter(|group| !matches!(group.state.as_str(), "IO wait" | "running" | "runnable")).find_map(
        |group| {
            let frame = group.stack.iter().filter(|frame| frame.origin == Origin::Own).find(|frame| {
                let name = frame.function.rsplit('.').next().unwrap_or_default().to_lowercase();
                name.contains("accept") || name.contains("listen") || name == "serve"
            })?;
            Some((group, frame.call_site()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::backlog::tests::queue;
    use crate::detectors::course::fixtures::{Row, borrowed, listening, moment};
    use crate::detectors::testing::check;

    const STUCK: &str = "goroutine 7 [chan send, 3 minutes]:\nmain.acceptLoop()\n\t/srv/main.go:9 +0x1\n";
    const ACCEPTS: &str = "goroutine 7 [IO wait]:\ninternal/poll.(*FD).Accept(0x1)\n\t/go/fd_unix.go:9 +0x1\nmain.acceptLoop()\n\t/srv/main.go:9 +0x1\n";

    fn with_dump(label: &str, waiting: u32, dump: &str) -> Vec<(String, String)> {
        let mut files = queue(label, waiting, 0);
        files.push((format!("shop/{label}/goroutine.txt"), dump.to_owned()));
        files
    }

    #[test]
    fn a_queue_that_stays_full_while_nobody_accepts_names_the_one_that_should() {
        let files = [with_dump("t0", 17, STUCK), with_dump("t1", 17, STUCK)].concat();
        let found = check("net.accept", &borrowed(&files), &["net.accept.stopped"]);
        assert!(found[0].claim.contains("main.acceptLoop (main.go:9)"), "{}", found[0].claim);
    }

    /// One that takes a slot before each Accept, and what it started with the slots that there were.
    const SLOTS: &str = "goroutine 7 [chan send]:\nmain.acceptLoop()\n\t/srv/main.go:9 +0x1\ncreated by main.main in goroutine 1\n\t/srv/main.go:40 +0x1\n\ngoroutine 8 [IO wait]:\ninternal/poll.(*FD).Read(0x1)\n\t/go/fd_unix.go:9 +0x1\nmain.handle()\n\t/srv/main.go:30 +0x1\ncreated by main.acceptLoop in goroutine 7\n\t/srv/main.go:14 +0x1\n";

    #[test]
    fn slots_that_are_not_given_back_before_a_full_queue_are_an_exhausted_semaphore() {
        let at = |waiting: [u32; 2]| {
            [with_dump("t0", waiting[0], SLOTS), with_dump("t1", waiting[1], SLOTS)].concat()
        };
        check("goroutine.semaphore-exhausted", &borrowed(&at([17, 17])), &["goroutine.semaphore-exhausted"]);
        // Work that waits for a slot is what a semaphore is for.
        check("goroutine", &borrowed(&at([0, 0])), &[]);
        check("goroutine", &borrowed(&at([0, 17])), &[]);
        // What it started before the send has none of its slots.
        let before = SLOTS.replace("main.go:14", "main.go:5");
        let files = [with_dump("t0", 17, &before), with_dump("t1", 17, &before)].concat();
        check("goroutine.semaphore-exhausted", &borrowed(&files), &[]);
    }

    /// A listener with a backlog that no file shows, and who waits in its queue.
    fn unlisted(label: &str, first: u16, overflows: u64) -> Vec<(String, String)> {
        let waiting = Row { local: 8080, remote: first, state: "01", queue: 0, inode: 0, count: 1 };
        let peers = (0..9).map(|step| Row { remote: first + step, ..waiting });
        let rows: Vec<Row> = std::iter::once(listening(9, 9)).chain(peers).collect();
        let mut files = moment(label, &rows, &[(9, 1)]);
        files.push((format!("shop/{label}/proc/sys/net/core/somaxconn"), "4096\n".to_owned()));
        let counters = format!("TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 0 {overflows}\n");
        files.push((format!("shop/{label}/proc/net/netstat"), counters));
        files.push((format!("shop/{label}/goroutine.txt"), STUCK.to_owned()));
        files
    }

    #[test]
    fn a_queue_that_drops_connections_while_the_same_ones_wait_is_full() {
        let files = [unlisted("t0", 50_000, 5), unlisted("t1", 50_000, 9)].concat();
        let found = check("net", &borrowed(&files), &["net.backlog.overflow", "net.accept.stopped"]);
        assert!(found.iter().any(|found| found.claim.contains("(backlog 8)")), "{found:?}");
        // Without drops, or with others in the queue, it may have room.
        let still = [unlisted("t0", 50_000, 5), unlisted("t1", 50_000, 5)].concat();
        check("net", &borrowed(&still), &[]);
        let moving = [unlisted("t0", 50_000, 5), unlisted("t1", 51_000, 9)].concat();
        check("net", &borrowed(&moving), &[]);
    }

    #[test]
    fn one_who_accepts_and_a_queue_that_was_full_once_are_none() {
        check(
            "net.accept",
            &borrowed(&[with_dump("t0", 17, ACCEPTS), with_dump("t1", 17, ACCEPTS)].concat()),
            &[],
        );
        check(
            "net.accept",
            &borrowed(&[with_dump("t0", 0, STUCK), with_dump("t1", 17, STUCK)].concat()),
            &[],
        );
    }
}
