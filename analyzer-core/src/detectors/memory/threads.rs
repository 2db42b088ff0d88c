//! `mem.threads`: many operating system threads.

use super::support::{Draft, Reclaim, latest, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Amount, Confidence, Counted, Finding, Severity};

/// Threads from which blocking calls are behind it.
const LEAST_THREADS: i64 = 100;

/// Threads for each processor that Go uses.
const LEAST_PER_PROC: i64 = 10;

/// What a thread costs: kernel stack and structures, and Go's own two stacks.
const KERNEL_EACH: i64 = 22 << 10;
const GO_EACH: i64 = 50 << 10;

const THREADS: Rule = Rule {
    code: "mem.threads",
    severity: Severity::Warning,
    title: "Many threads",
    meaning: "The process has far more OS threads than CPUs.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[THREADS],
    missing_inputs: |case| needs(case, usable, &["/proc/PID/status of the process"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.process.as_ref().is_some_and(|process| process.threads.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let process = reviewed.moment.process.as_ref()?;
    let threads = process.threads.as_ref()?;
    let readings = reviewed.moment.go.iter().chain(&reviewed.moment.other_readings);
    let procs = readings
        .filter_map(|go| go.view.value("/sched/gomaxprocs:threads"))
        .next()
        .or_else(|| process.cpus.map(i64::from))
        .unwrap_or(1);
    if threads.value < LEAST_THREADS.max(LEAST_PER_PROC.saturating_mul(procs)) {
        return None;
    }
    let cost = threads.value.saturating_mul(KERNEL_EACH + GO_EACH);
    let draft = Draft {
        rule: THREADS,
        reclaim: Some(Reclaim::Stays),
        condition: format!("At least {LEAST_THREADS} threads, and {LEAST_PER_PROC} per CPU."),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: THREADS.title.to_owned(),
        claim: format!(
            "The process has {} threads on {procs} CPUs; at about 22 KiB of kernel memory and 50 KiB of stack each, they take {}.",
            threads.value,
            text(cost)
        ),
        amount: Some(Amount::counted(threads.value, Counted::Threads)),
        citations: threads.from.clone(),
        against: Vec::new(),
        advice: list(&[
            "Each blocking system call, cgo call or LockOSThread occupies a thread: check goroutines in [syscall] and the threadcreate profile.",
            "Go does not terminate idle threads: they remain after a peak.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    fn status(threads: u64, cpus: &str) -> String {
        format!("Name:\tapp\nVmRSS:\t4 kB\nThreads:\t{threads}\nCpus_allowed_list:\t{cpus}\n")
    }

    #[test]
    fn a_hundred_threads_and_ten_for_each_processor_are_many() {
        for (threads, cpus) in [(100, "0-9"), (110, "0-10")] {
            let found = check("mem.threads", &[("status", &status(threads, cpus))], &["mem.threads"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, i64::try_from(threads).ok())]);
        }
    }

    #[test]
    fn fewer_are_not() {
        for (threads, cpus) in [(99, "0"), (109, "0-10")] {
            check("mem.threads", &[("status", &status(threads, cpus))], &[]);
        }
    }

    #[test]
    fn gomaxprocs_counts_before_the_processors_of_the_machine() {
        let metrics = |procs| {
            format!(
                "go_memstats_heap_sys_bytes 1\ngo_memstats_sys_bytes 1\ngo_sched_gomaxprocs_threads {procs}\n"
            )
        };
        let status = status(110, "0-63");
        check("mem.threads", &[("status", &*status), ("metrics.prom", &metrics(11))], &["mem.threads"]);
        check("mem.threads", &[("status", &*status), ("metrics.prom", &metrics(12))], &[]);
    }
}
