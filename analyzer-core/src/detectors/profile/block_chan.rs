//! `prof.block.chan`: requests and senders wait on a channel.

use super::contention::{EVENTS, Waiting, by_site, has, is_http_client};
use super::support::{Doubts, frame, needs, path, percent, place, processes, sample};
use crate::analysis::profile::facts::{Counted, ProcessProfiles, StackId};
use crate::base::go_symbol::Origin;
use crate::base::units::{Nanos, Unit};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Amount, Confidence, Finding, Severity, number_format};

/// Goroutines that wait at any time, on average.
const WAITING: f64 = 0.2;
/// Depths at which the profiler stops (32 up to Go 1.22, 128 from 1.23 on).
const CUT: [usize; 2] = [32, 128];

const CHAN: Rule = Rule {
    code: "prof.block.chan",
    severity: Severity::Warning,
    title: "Channel contention",
    meaning: "Senders or request handlers wait on a channel: there are too few receivers, or they are too slow.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[CHAN],
    missing_inputs: |case| {
        needs(
            case,
            |process| !process.block.is_empty(),
            &["a block profile (runtime.SetBlockProfileRate), preferably two"],
        )
    },
    detect: |case: &Case<'_>| processes(case).iter().flat_map(|process| find(case, process)).collect(),
};

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Finding> {
    let Some(window) = ProcessProfiles::window(&process.block) else {
        return alone(case, process).into_iter().collect();
    };
    let sites = by_site(process, &window, |stack| matters(case, process, stack));
    let waiting = sites.iter().filter(|site| site.waiters >= WAITING && site.events >= EVENTS);
    waiting.filter_map(|site| finding(case, process, &window, site)).collect()
}

/// True for waits on the sending side, and in a handler of requests: everything
/// else that waits for a channel may be an idle worker, however long it waits.
fn matters(case: &Case<'_>, process: &ProcessProfiles, stack: StackId) -> bool {
    let user = process.stacks.user(stack).map(|id| process.stacks.get(id).origin);
    if user != Some(Origin::Own) || has(case, process, stack, is_http_client) {
        return false;
    }
    let is_send = has(case, process, stack, |name| name.starts_with("runtime.chansend"));
    let is_channel = is_send
        || has(case, process, stack, |name| {
            name.starts_with("runtime.chanrecv") || name == "runtime.selectgo"
        });
    is_send || (is_channel && (is_handler(case, process, stack) || is_cut(process, stack)))
}

fn is_handler(case: &Case<'_>, process: &ProcessProfiles, stack: StackId) -> bool {
    const ROOTS: [&str; 3] = [
        "net/http.(*conn).serve",
        "google.golang.org/grpc.(*Server).handleStream",
        "net/rpc.(*service).call",
    ];
    has(case, process, stack, |name| ROOTS.contains(&name) || name.ends_with(".ServeHTTP"))
}

fn is_cut(process: &ProcessProfiles, stack: StackId) -> bool {
    let depth = process.stacks.ids(stack).len();
    CUT.contains(&depth)
}

fn finding(case: &Case<'_>, process: &ProcessProfiles, window: &Counted, site: &Waiting) -> Option<Finding> {
    let is_send = has(case, process, site.stack, |name| name.starts_with("runtime.chansend"));
    let mut doubts = Doubts::default();
    let is_rooted = is_send || is_handler(case, process, site.stack);
    doubts.add_if(!is_rooted, || {
        "The stack is truncated at the profiler's maximum depth, so it does not show whether a request is waiting."
            .to_owned()
    });
    let mut claim = format!(
        "On average, {} goroutines wait {} at {}: {} waits of {} each.",
        number_format::rate(site.waiters),
        if is_send { "to send to a channel" } else { "on a channel, while serving a request," },
        place(case, process, site.site),
        number_format::count(site.events),
        number_format::duration(site.mean())
    );
    let path = path(case, process, site.stack, site.site);
    if !path.is_empty() {
        claim.push_str(&format!(" It is called from {path}."));
    }
    let draft = Draft {
        rule: CHAN,
        severity: doubts.severity(),
        confidence: doubts.confidence(),
        reclaim: None,
        condition: format!(
            "On average, at least {WAITING} goroutines wait, as senders or while serving a request."
        ),
        title: CHAN.title.to_owned(),
        claim,
        amount: Some(Amount::exact(site.nanos, Unit::Nanoseconds)),
        citations: vec![sample(window.source, site.at, "delay", site.nanos, Unit::Nanoseconds)],
        against: doubts
            .0
            .into_iter()
            .chain(["A queue with intended backpressure looks the same.".to_owned()])
            .collect(),
        advice: list(&[
            "Add receivers, enlarge the buffer, or process in batches. If the channel is a semaphore, it has too few slots.",
        ]),
    };
    let mut found = draft.about(process.subject)?;
    found.places = vec![frame(case, process, site.site)];
    Some(found)
}

/// One profile that counts since the start.
fn alone(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let last = process.block.last()?;
    // The span is unknown: any serves where only shares are asked for.
    let since_start = Counted { duration: Some(Nanos(1)), ..last.clone() };
    let all = last.rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.nanos));
    let sites = by_site(process, &since_start, |stack| matters(case, process, stack));
    let site = sites.first().filter(|site| site.events >= EVENTS)?;
    let share = crate::base::convert::ratio(i128::from(site.nanos), i128::from(all)).unwrap_or(0.0);
    let draft = Draft {
        rule: CHAN,
        severity: Severity::Info,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: format!(
            "A single block profile has at least {EVENTS} events at a line that sends or serves a request."
        ),
        title: "Waiting on channels since process start".to_owned(),
        claim: format!(
            "Senders and requests have waited {} on a channel at {} since process start, {}% of all blocking time: {} waits of {} each.",
            number_format::duration(Nanos(site.nanos)),
            place(case, process, site.site),
            percent(share),
            number_format::count(site.events),
            number_format::duration(site.mean())
        ),
        amount: Some(Amount::exact(site.nanos, Unit::Nanoseconds)),
        citations: vec![sample(last.source, site.at, "delay", site.nanos, Unit::Nanoseconds)],
        against: list(&[
            "A single profile counts since process start and shows no rate: the waits may be long over.",
        ]),
        advice: list(&["Take a second block profile later: the difference shows current waits."]),
    };
    let mut found = draft.about(process.subject)?;
    found.places = vec![frame(case, process, site.site)];
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::contention;
    use crate::detectors::testing::check_bytes;

    const SECOND: i64 = 1_000_000_000;

    fn profiles(stack: &str) -> [Vec<u8>; 2] {
        [contention(1_000, &[(stack, &[10, SECOND])]), contention(1_010, &[(stack, &[50, 31 * SECOND])])]
    }

    fn files(profiles: &[Vec<u8>; 2]) -> [(&str, &[u8]); 2] {
        [("t0.block.pb", &profiles[0]), ("t1.block.pb", &profiles[1])]
    }

    #[test]
    fn senders_and_requests_that_wait_are_named() {
        let sender = profiles("main.main main.publish runtime.chansend1");
        check_bytes("prof.block.chan", &files(&sender), &["prof.block.chan"]);
        let request = profiles("net/http.(*conn).serve main.handle main.ask runtime.selectgo");
        let found = check_bytes("prof.block.chan", &files(&request), &["prof.block.chan"]);
        assert_eq!(found[0].places[0].function, "main.ask");
    }

    #[test]
    fn idle_workers_and_the_http_client_are_none() {
        let worker = profiles("main.main main.worker runtime.chanrecv1");
        check_bytes("prof.block.chan", &files(&worker), &[]);
        let client = "main.load net/http.(*Client).Get net/http.(*persistConn).roundTrip runtime.selectgo";
        check_bytes("prof.block.chan", &files(&profiles(client)), &[]);
    }
}
