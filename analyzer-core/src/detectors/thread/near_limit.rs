//! `thr.near_limit`: the next thread may be refused, and then the runtime ends the process.

use crate::detectors::course::{Course, Told, courses, is_near, needs, value};
use crate::detectors::{Case, Detector, Rule, list};
use crate::evidence::memory::UNLIMITED;
use crate::report::{Citation, Confidence, Finding, Severity, Threads, number_format};

/// Share of the limit from which it is near.
const NEAR_PERCENT: u64 = 80;
/// Threads at which Go ends the process (debug.SetMaxThreads).
const GO_LIMIT: u64 = 10_000;

const NEAR: Rule = Rule {
    code: "thr.near_limit",
    severity: Severity::Warning,
    title: "The limit of threads is near",
    meaning: "The control group, the user, the kernel or Go allows few threads more; a thread that is refused ends the process.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[NEAR],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.threads.is_some(),
            "pids.current and pids.max of the control group, or /proc/PID/status and limits",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

/// What is near its limit.
struct Near {
    count: Citation,
    limit: u64,
    of: &'static str,
    stated: Option<Citation>,
    against: &'static str,
}

fn near(threads: &Threads) -> Option<Near> {
    let finite = |limit: &Option<Citation>| limit.clone().filter(|limit| limit.value != Some(UNLIMITED));
    let total = || threads.total.clone();
    let candidates = [
        (
            threads.pids.clone(),
            finite(&threads.pids_max),
            None,
            "pids.max of the control group",
            "pids.current counts the threads of every process of the group.",
        ),
        (
            total(),
            finite(&threads.user_limit),
            None,
            "the limit of the user (RLIMIT_NPROC)",
            "The limit counts all threads of the user on the machine, and does not bind root.",
        ),
        (
            total(),
            finite(&threads.kernel_limit),
            None,
            "the kernel's limit (threads-max)",
            "The limit counts the threads of the whole machine.",
        ),
        (total(), None, Some(GO_LIMIT), "Go's own limit", "debug.SetMaxThreads may have set another."),
    ];
    candidates.into_iter().find_map(|(count, stated, known, of, against)| {
        let count = count?;
        let limit = known.or_else(|| stated.as_ref().and_then(value))?;
        is_near(value(&count)?, limit, NEAR_PERCENT).then_some(Near { count, limit, of, stated, against })
    })
}

fn find(course: &Course<'_>) -> Option<Finding> {
    // The worst moment: once the process has ended, the group is empty.
    let all = course.values(|moment| near(moment.threads.as_ref()?));
    let worst = all.into_iter().max_by_key(|near| value(&near.count))?;
    let count = value(&worst.count)?;
    let told = Told {
        rule: NEAR,
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        condition: format!("{NEAR_PERCENT} % of pids.max, RLIMIT_NPROC, threads-max or Go's 10,000."),
        claim: format!(
            "{} of {} threads are used: {}.",
            number_format::count_u64(count),
            number_format::count_u64(worst.limit),
            worst.of
        ),
        amount: count,
        citations: std::iter::once(worst.count).chain(worst.stated).collect(),
        against: list(&[worst.against]),
        advice: list(&[
            "Blocking system calls and C calls hold a thread each: bound them, or use what the poller waits for.",
            "Go does not end idle threads; a high count may be of a peak that is over.",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    #[test]
    fn four_fifths_of_a_limit_are_near_it() {
        check(
            "thr.near_limit",
            &[("shop/t0/pids.current", "240\n"), ("shop/t0/pids.max", "300\n")],
            &["thr.near_limit"],
        );
        check(
            "thr.near_limit",
            &[("shop/t0/proc/status", "Name:\tshop\nPid:\t6\nThreads:\t8000\n")],
            &["thr.near_limit"],
        );
    }

    #[test]
    fn fewer_and_no_limit_are_not() {
        check("thr.near_limit", &[("shop/t0/pids.current", "239\n"), ("shop/t0/pids.max", "300\n")], &[]);
        check("thr.near_limit", &[("shop/t0/pids.current", "240\n"), ("shop/t0/pids.max", "max\n")], &[]);
    }
}
