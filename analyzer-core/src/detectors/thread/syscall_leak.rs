//! `thr.syscall_leak`: one thread after the other is held by a system call that does not return.

use crate::detectors::course::{
    Course, GROWTH, Told, arrows, courses, growth, joined, most_are_in, needs, value,
};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Counterpart, Finding, Severity, number_format};

/// Threads that the runtime has beside: sysmon, the collector's, idle ones.
const OWN: u64 = 6;
/// Share of the other threads that must be in one.
const SHARE_PERCENT: u64 = 90;

const LEAK: Rule = Rule {
    code: "thr.syscall_leak",
    severity: Severity::Warning,
    title: "Threads blocked in system calls",
    meaning: "Each goroutine in a blocking system call occupies a thread, and both numbers grow: reads that never return, file locks, C calls.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[LEAK],
    missing_inputs: |case| {
        needs(
            case,
            |moment| {
                moment.goroutines.is_some()
                    && moment.threads.as_ref().is_some_and(|threads| threads.total.is_some())
            },
            "three captures of /proc/PID/status with goroutine dumps",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(|course| find(case, course)).collect(),
};

fn find(case: &Case<'_>, course: &Course<'_>) -> Option<Finding> {
    let rows = course.values(|moment| Some((moment.threads.as_ref()?.total.as_ref()?, moment)));
    let counts: Vec<u64> = rows.iter().filter_map(|(total, _)| value(total)).collect();
    let grown = growth(&counts)?;
    let (citation, last) = rows.last()?;
    let threads = *counts.last()?;
    let in_syscall = last.goroutines?.in_syscall;
    if in_syscall * 100 < threads.saturating_sub(OWN) * SHARE_PERCENT {
        return None;
    }
    let mut claim = format!(
        "The process has {} threads ({}), and {} goroutines are in [syscall].",
        number_format::count_u64(threads),
        arrows(grown),
        number_format::count_u64(in_syscall)
    );
    let mut citations = vec![(*citation).clone()];
    let group = joined(case, course, Counterpart::Thread);
    claim.push_str(&most_are_in(group));
    if let Some(wait) = last.threads.as_ref().and_then(|threads| threads.waits.first()) {
        claim.push_str(&format!(
            " {} threads wait in the kernel's {}.",
            number_format::count_u64(wait.count),
            wait.function
        ));
        citations.push(wait.citation.clone());
    }
    let told = Told {
        rule: LEAK,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: format!(
            "Threads: {GROWTH} Goroutines in [syscall] are at least {SHARE_PERCENT}% of them, not counting {OWN}."
        ),
        claim,
        amount: threads,
        citations,
        against: list(&[
            "cgo pools and waits for child processes also occupy threads, but stop growing at some point.",
        ]),
        advice: list(&[
            "Use I/O that the netpoller supports (os.File for pipes, net.Conn) instead of syscall.Read, and use a timeout for file locks (LOCK_NB with retries).",
            "Limit the number of concurrent calls with a semaphore.",
        ]),
    };
    let mut found = told.about(course)?;
    found.group = group.map(|group| group.id.clone());
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::borrowed;
    use crate::detectors::testing::check;
    use std::fmt::Write as _;

    fn moment(label: &str, threads: u64, in_syscall: u64) -> Vec<(String, String)> {
        let mut dump = String::new();
        for goid in 1..=in_syscall {
            let _ = write!(
                dump,
                "goroutine {goid} [syscall]:\nsyscall.Read(0x1)\n\t/go/syscall.go:9 +0x1\nmain.scan()\n\t/srv/main.go:23 +0x1\n\n"
            );
        }
        let status = format!("Name:\tshop\nTgid:\t6\nPid:\t6\nThreads:\t{threads}\n");
        vec![(format!("shop/{label}/proc/status"), status), (format!("shop/{label}/goroutine.txt"), dump)]
    }

    #[test]
    fn threads_that_grow_with_goroutines_in_system_calls_are_told_with_the_call() {
        let files = [moment("t0", 26, 20), moment("t1", 140, 134), moment("t2", 254, 250)].concat();
        let found = check("thr.syscall_leak", &borrowed(&files), &["thr.syscall_leak"]);
        assert!(found[0].claim.contains("main.scan (main.go:23)"), "{}", found[0].claim);
    }

    #[test]
    fn threads_that_idle_and_a_level_count_are_none() {
        check(
            "thr.syscall_leak",
            &borrowed(&[moment("t0", 26, 3), moment("t1", 140, 3), moment("t2", 254, 3)].concat()),
            &[],
        );
        check(
            "thr.syscall_leak",
            &borrowed(&[moment("t0", 254, 250), moment("t1", 254, 250), moment("t2", 254, 250)].concat()),
            &[],
        );
    }
}
