//! `prof.lock.mutex` and `prof.lock.runtime`: who makes others wait for a lock.

use super::contention::{EVENTS, Waiting, by_site, has, is_http_client, scale};
use super::support::{Doubts, frame, needs, path, percent, place, processes, sample};
use crate::analysis::profile::facts::stats::whole;
use crate::analysis::profile::facts::{Counted, ProcessProfiles, StackId};
use crate::base::go_symbol;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Amount, Confidence, Finding, Severity, number_format};

/// Goroutines that wait at any time, on average.
const WAITERS: f64 = 0.2;
/// And where it is the first thing to mend.
const HIGH: f64 = 1.0;
/// Waiters at the runtime's own locks that are normal on a busy machine.
const RUNTIME_WAITERS: f64 = 0.5;
/// From this version on the profile counts all waiters, not the first alone.
const COUNTS_ALL: u32 = 22;
/// Waiting lines that are named.
const NAMED: usize = 3;

const MUTEX: Rule = Rule {
    code: "prof.lock.mutex",
    severity: Severity::Warning,
    title: "Lock contention",
    meaning: "Goroutines wait for a lock. The mutex profile shows the end of the critical section that holds it.",
};

const RUNTIME: Rule = Rule {
    code: "prof.lock.runtime",
    severity: Severity::Info,
    title: "Runtime lock contention",
    meaning: "Threads wait for locks inside the Go runtime: timers, the scheduler, the heap.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[MUTEX, RUNTIME],
    missing_inputs: |case| {
        needs(
            case,
            |process| !process.mutex.is_empty(),
            &["a mutex profile (runtime.SetMutexProfileFraction), preferably two"],
        )
    },
    detect: |case: &Case<'_>| processes(case).iter().flat_map(|process| find(case, process)).collect(),
};

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Finding> {
    let Some(window) = ProcessProfiles::window(&process.mutex) else {
        return alone(case, process).into_iter().collect();
    };
    let is_runtime = |stack: StackId| is_runtime_lock(case, process, stack);
    let scale = scale(&process.mutex);
    let sites = by_site(process, &window, |stack| !is_runtime(stack));
    let all: i64 = sites.iter().fold(0, |sum, site| sum.saturating_add(site.nanos));
    let held = sites
        .iter()
        .filter(|site| site.waiters >= WAITERS && site.events / scale >= EVENTS)
        .filter(|site| process.stacks.user(site.stack).is_some());
    let mut findings: Vec<Finding> =
        held.filter_map(|site| finding(case, process, &window, site, all)).collect();
    findings.extend(runtime(case, process, &window));
    findings
}

/// True for a lock of the runtime's: up to Go 1.24 such waits stand under one name.
fn is_runtime_lock(case: &Case<'_>, process: &ProcessProfiles, stack: StackId) -> bool {
    let leaf = process.stacks.frames(stack).next();
    leaf.is_some_and(|frame| {
        let name = case.evidence.strings.get(frame.function);
        name == "runtime.unlock" || name == "runtime._LostContendedRuntimeLock"
    })
}

fn finding(
    case: &Case<'_>,
    process: &ProcessProfiles,
    window: &Counted,
    site: &Waiting,
    all: i64,
) -> Option<Finding> {
    let mut doubts = Doubts::default();
    doubts.add_if(process.versions.at_least.is_none_or(|least| least < COUNTS_ALL), || {
        "Up to Go 1.21, this profile counts only the first waiter: the total wait may be many times longer.".to_owned()
    });
    doubts.add_if(has(case, process, site.stack, is_http_client), || {
        "The lock is inside the HTTP client.".to_owned()
    });
    let share = crate::base::convert::ratio(i128::from(site.nanos), i128::from(all)).unwrap_or(0.0);
    let mut claim = format!(
        "On average, {} goroutines wait for the lock released at {}: {} waits of {} each, {}% of all lock waiting time.",
        number_format::rate(site.waiters),
        place(case, process, site.site),
        number_format::count(site.events),
        number_format::duration(site.mean()),
        percent(share)
    );
    let path = path(case, process, site.stack, site.site);
    if !path.is_empty() {
        claim.push_str(&format!(" It is called from {path}."));
    }
    let waiters = waiters(case, process, site);
    if !waiters.is_empty() {
        claim.push_str(&format!(" According to the block profile, they wait at {}.", waiters.join(", ")));
    }
    let is_high = site.waiters >= HIGH;
    let draft = Draft {
        rule: MUTEX,
        severity: if is_high && doubts.0.len() <= 1 { Severity::Warning } else { doubts.severity() },
        confidence: doubts.confidence(),
        reclaim: None,
        condition: format!("On average, at least {WAITERS} goroutines wait, in at least {EVENTS} sampled events."),
        title: MUTEX.title.to_owned(),
        claim,
        amount: Some(nanos(site.nanos)),
        citations: vec![sample(window.source, site.at, "delay", site.nanos, Unit::Nanoseconds)],
        against: doubts
            .0
            .into_iter()
            .chain(["On a machine without idle CPUs, the wait includes the time in which the holder itself waits for a CPU.".to_owned()])
            .collect(),
        advice: list(&[
            "Shorten the critical section: avoid I/O, encoding, and growing maps or slices while holding the lock.",
            "Shard the lock by key, or read from an immutable copy that is replaced atomically.",
            "With a deferred Unlock, the line is the function's end or return statement, not the defer statement.",
        ]),
    };
    let mut found = draft.about(process.subject)?;
    found.places = vec![frame(case, process, site.site)];
    Some(found)
}

/// Lines of the block profile that wait for a lock in the same package.
fn waiters(case: &Case<'_>, process: &ProcessProfiles, holder: &Waiting) -> Vec<String> {
    let Some(window) = ProcessProfiles::window(&process.block) else { return Vec::new() };
    let strings = &case.evidence.strings;
    let package = |id| go_symbol::package(strings.get(process.stacks.get(id).function));
    let is_lock = |stack: StackId| {
        has(case, process, stack, |name| {
            ["sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "sync.(*RWMutex).RLock"].contains(&name)
        })
    };
    let sites = by_site(process, &window, is_lock);
    let of_package = sites.iter().filter(|site| package(site.site) == package(holder.site));
    let text = |site: &Waiting| {
        format!("{} ({} waiting)", place(case, process, site.site), number_format::rate(site.waiters))
    };
    of_package.take(NAMED).map(text).collect()
}

fn nanos(value: i64) -> Amount {
    Amount::exact(value, Unit::Nanoseconds)
}

/// The runtime's own locks.
fn runtime(case: &Case<'_>, process: &ProcessProfiles, window: &Counted) -> Option<Finding> {
    let span = window.duration?;
    let rows = window.rows.iter().filter(|row| is_runtime_lock(case, process, row.stack));
    let (total, at) =
        rows.fold((0_i64, None), |(sum, at), row| (sum.saturating_add(row.nanos), at.or(Some(row.at))));
    let waiters = crate::base::convert::ratio(i128::from(total), i128::from(span.0))?;
    if waiters < RUNTIME_WAITERS {
        return None;
    }
    let draft = Draft {
        rule: RUNTIME,
        severity: Severity::Info,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: format!("On average, at least {RUNTIME_WAITERS} threads wait for runtime locks."),
        title: RUNTIME.title.to_owned(),
        claim: format!(
            "On average, {} threads wait for locks inside the Go runtime.",
            number_format::rate(waiters)
        ),
        amount: Some(nanos(total)),
        citations: vec![sample(
            window.source,
            at?,
            "delay",
            whole(crate::base::convert::i64_to_f64(total)),
            Unit::Nanoseconds,
        )],
        against: list(&[
            "On a machine without idle CPUs, these waits are longer because the holder waits for a CPU.",
        ]),
        advice: list(&[
            "Reduce wake-ups of goroutines, timers and finalizers: process in batches, and use longer intervals.",
        ]),
    };
    draft.about(process.subject)
}

/// One profile that counts since the start: the share of each line, and no rate.
fn alone(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let last = process.mutex.last()?;
    // The span is unknown: any serves where only shares are asked for.
    let since_start = Counted { duration: Some(crate::base::units::Nanos(1)), ..last.clone() };
    let sites = by_site(process, &since_start, |stack| !is_runtime_lock(case, process, stack));
    let site = sites.iter().find(|site| process.stacks.user(site.stack).is_some())?;
    let all: i64 = sites.iter().fold(0, |sum, site| sum.saturating_add(site.nanos));
    if site.events / last.scale() < EVENTS {
        return None;
    }
    let share = crate::base::convert::ratio(i128::from(site.nanos), i128::from(all)).unwrap_or(0.0);
    let draft = Draft {
        rule: MUTEX,
        severity: Severity::Info,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: format!("A single mutex profile has at least {EVENTS} sampled events at a line."),
        title: "Lock contention since process start".to_owned(),
        claim: format!(
            "{}% of all lock waiting time since process start ({}) is for the lock released at {}: {} waits of {} each.",
            percent(share),
            number_format::duration(crate::base::units::Nanos(site.nanos)),
            place(case, process, site.site),
            number_format::count(site.events),
            number_format::duration(site.mean())
        ),
        amount: Some(nanos(site.nanos)),
        citations: vec![sample(last.source, site.at, "delay", site.nanos, Unit::Nanoseconds)],
        against: list(&[
            "A single profile counts since process start and shows no rate: the waits may be long over.",
        ]),
        advice: list(&["Take a second mutex profile later: the difference shows current waits."]),
    };
    let mut found = draft.about(process.subject)?;
    found.places = vec![frame(case, process, site.site)];
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::profile::drawn::contention;
    use crate::detectors::testing::check_bytes;

    const SECOND: i64 = 1_000_000_000;
    const HOLDER: &str = "main.main main.(*Book).Post sync.(*Mutex).Unlock";

    fn files<'a>(before: &'a [u8], after: &'a [u8]) -> [(&'a str, &'a [u8]); 2] {
        [("t0.mutex.pb", before), ("t1.mutex.pb", after)]
    }

    #[test]
    fn the_line_that_gives_a_contended_lock_back_is_named() {
        let before = contention(1_000, &[(HOLDER, &[10, SECOND])]);
        let after = contention(1_010, &[(HOLDER, &[51, 31 * SECOND])]);
        let found = check_bytes("prof.lock", &files(&before, &after), &["prof.lock.mutex"]);
        assert!(found[0].claim.contains("On average, 3.0 goroutines wait"), "{}", found[0].claim);
        // Nothing tells that the Go version counts all waiters.
        assert_eq!(found[0].confidence, Confidence::Possible);
    }

    #[test]
    fn short_waits_and_a_restart_are_no_contention() {
        let before = contention(1_000, &[(HOLDER, &[10, SECOND])]);
        let after = contention(1_010, &[(HOLDER, &[51, 2 * SECOND])]);
        check_bytes("prof.lock.mutex", &files(&before, &after), &[]);
        check_bytes("prof.lock.runtime", &files(&before, &after), &[]);
    }

    #[test]
    fn one_profile_says_shares_and_no_rate() {
        let profile = contention(
            1_000,
            &[(HOLDER, &[21, 3 * SECOND]), ("main.main main.other sync.(*Mutex).Unlock", &[5, SECOND])],
        );
        let found = check_bytes("prof.lock", &[("mutex.pb", &profile)], &["prof.lock.mutex"]);
        assert_eq!((found[0].severity, found[0].claim.contains("75%")), (Severity::Info, true));
    }

    #[test]
    fn the_runtimes_own_locks_have_a_code_of_their_own() {
        let stack = "runtime._LostContendedRuntimeLock";
        let before = contention(1_000, &[(stack, &[10, SECOND])]);
        let after = contention(1_010, &[(stack, &[91, 11 * SECOND])]);
        check_bytes("prof.lock", &files(&before, &after), &["prof.lock.runtime"]);
    }
}
