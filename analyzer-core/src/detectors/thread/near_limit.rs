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
    title: "Close to the thread limit",
    meaning: "The cgroup, the user, the kernel or Go allows only a few more threads. If a thread cannot be created, the process crashes.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[NEAR],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.threads.is_some(),
            "the cgroup's pids.current and pids.max, or /proc/PID/status and limits",
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
            "the cgroup's pids.max",
            "pids.current counts the threads of all processes in the cgroup.",
        ),
        (
            total(),
            finite(&threads.user_limit),
            None,
            "the user's limit (RLIMIT_NPROC)",
            "The limit counts all threads of the user on the machine, and does not apply to root.",
        ),
        (
            total(),
            finite(&threads.kernel_limit),
            None,
            "the kernel's limit (threads-max)",
            "The limit counts the threads of the whole machine.",
        ),
        (total(), None, Some(GO_LIMIT), "Go's own limit", "debug.SetMaxThreads may have changed it."),
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
        condition: format!(
            "At least {NEAR_PERCENT}% of pids.max, RLIMIT_NPROC, threads-max or Go's limit of 10,000 is used."
        ),
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
            "Each blocking system call or C call occupies a thread: limit their number, or use I/O that the netpoller supports.",
            "Go does not terminate idle threads: a high count may be left over from an earlier peak.",
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
