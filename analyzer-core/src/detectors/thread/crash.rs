//! `thr.crash`: the process ended because it was refused a thread, and what held the others.

use crate::base::convert::clamp_i64;
use crate::base::source::{Position, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::course::{Course, Told, courses, joined, value};
use crate::detectors::{Case, Detector, Rule, list};
use crate::evidence::goroutines::GoroutineDump;
use crate::report::{Citation, Confidence, Counterpart, Finding, Severity, number_format};

const CRASH: Rule = Rule {
    code: "thr.crash",
    severity: Severity::Critical,
    title: "Crash: the process could not create a thread",
    meaning: "The kernel refused to create a thread that the runtime needed (exit code 2): a limit on threads was reached, or the call is not supported (errno).",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[CRASH],
    missing_inputs: |case| {
        let has_dump = !case.evidence.goroutines.dumps.is_empty();
        if has_dump {
            Vec::new()
        } else {
            list(&["what the program printed when it exited (stderr, or kubectl logs --previous)"])
        }
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        let subjects = case.analysis.subjects.iter();
        subjects
            .filter_map(|subject| {
                let known = courses.iter().find(|course| course.subject.id == subject.id).cloned();
                find(case, &known.unwrap_or_else(|| Course { subject, moments: Vec::new() }))
            })
            .collect()
    },
};

/// Threads that the runtime has of its own: so few are not what fills a limit.
const OF_RUNTIME: u64 = 8;

/// What the runtime printed of a thread that it was refused.
struct Refused {
    line: u64,
    /// Threads that there were.
    have: Option<u64>,
    errno: Option<u32>,
}

/// `failed to create new OS thread (have 25 already; errno=11)` (runtime/os_linux.go, newosproc).
fn refused(dump: &GoroutineDump) -> Option<Refused> {
    let crash = dump.crash.as_ref()?;
    let messages = || crash.remarks.iter().chain(&crash.fatal);
    let told = messages().find(|message| message.text.contains("failed to create new OS thread"));
    let ended = || messages().find(|message| is_refused_thread(&message.text));
    let message = told.or_else(ended)?;
    let have = number_behind(&message.text, "have ").and_then(|have| have.parse().ok());
    let errno = number_behind(&message.text, "errno=").and_then(|errno| errno.parse().ok());
    Some(Refused { line: message.line, have, errno })
}

/// True if the message says that the system refused a thread; Go's own limit is `thread exhaustion`.
pub(in crate::detectors) fn is_refused_thread(message: &str) -> bool {
    ["newosproc", "pthread_create failed", "failed to create new OS thread"]
        .iter()
        .any(|words| message.contains(words))
}

fn number_behind<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split(|character: char| !character.is_ascii_digit()).next()
}

/// Why it was refused, as far as the message and the dump tell; and what to do.
fn reason(refused: &Refused, has_calls: bool) -> (&'static str, Vec<String>) {
    const LIMITS: &str = "Check the cgroup's pids.max (pids.events counts failures) and ulimit -u, which counts the threads of all processes of the user.";
    let is_small = refused.have.is_some_and(|have| have <= OF_RUNTIME);
    match refused.errno {
        // clone(2): EINVAL and ENOSYS say that the call itself is refused, EPERM that a filter refuses it.
        Some(22 | 38) => (
            " The error is EINVAL or ENOSYS, not EAGAIN: no limit was reached; the kernel or an emulator does not support the call.",
            list(&[
                "If an emulator runs the program (qemu-user for an image of another architecture), use an image of the machine's own architecture or a newer emulator.",
            ]),
        ),
        Some(1) => (
            " The error is EPERM: a seccomp filter or a security module refused the call.",
            list(&["Update the container runtime and its seccomp profile, or test with seccomp=unconfined."]),
        ),
        Some(12) => (
            " The error is ENOMEM: the kernel had no memory for another thread.",
            list(&["Check the memory of the machine and of the cgroup, kernel memory included."]),
        ),
        _ if is_small => (
            " So few threads do not fill a limit: other processes of the same user or of the same cgroup do.",
            list(&[LIMITS]),
        ),
        _ if has_calls => (
            "",
            list(&[
                "Limit the number of blocking calls: the goroutines in [syscall] are the cause, not the code that needed the next thread.",
                LIMITS,
            ]),
        ),
        _ => (
            "",
            list(&[
                "Each blocking system call or C call occupies a thread: see how many goroutines are in [syscall], and limit their number.",
                LIMITS,
            ]),
        ),
    }
}

fn find(case: &Case<'_>, course: &Course<'_>) -> Option<Finding> {
    let own = |dump: &&GoroutineDump| course.subject.sources().any(|source| source == dump.source);
    let dumps = case.evidence.goroutines.dumps.iter().filter(own);
    let (dump, refused) = dumps.rev().find_map(|dump| Some((dump, refused(dump)?)))?;
    let most = course.values(|moment| moment.threads.as_ref()?.pids_max.as_ref()).last().copied();
    let had = refused.have.map_or_else(String::new, |have| {
        format!(" It had {}.", number_format::counted(have, "thread", "threads"))
    });
    let mut claim = format!(
        "The kernel refused to create a thread, and the runtime terminated the process (exit code 2).{had}"
    );
    let span = SourceSpan { source: dump.source, at: Position::line(refused.line) };
    let mut citations = vec![Citation::figure(
        span,
        "failed to create new OS thread",
        clamp_i64(i128::from(refused.have.unwrap_or(0))),
        Unit::Count,
    )];
    if let Some(most) = most {
        claim.push_str(&format!(" The cgroup's pids.max is {}.", number_format::count_u64(value(most)?)));
        citations.push(most.clone());
    }
    let group = joined(case, course, Counterpart::Thread);
    if let Some(group) = group {
        let count = group.counts.iter().copied().max().unwrap_or(0);
        let place =
            group.user_frame.as_ref().map_or_else(String::new, |frame| format!(" in {}", frame.call_site()));
        claim.push_str(&format!(
            " {} in [syscall]{place}: each occupies a thread.",
            number_format::counted(count, "goroutine is", "goroutines are")
        ));
    }
    let (why, advice) = reason(&refused, group.is_some());
    claim.push_str(why);
    let told = Told {
        rule: CRASH,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        condition: "The runtime printed \"failed to create new OS thread\" or newosproc.".to_owned(),
        claim,
        amount: refused.have.unwrap_or(0),
        citations,
        against: Vec::new(),
        advice,
    };
    let mut found = told.about(course)?;
    found.group = group.map(|group| group.id.clone());
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    #[test]
    fn a_thread_that_was_refused_is_told_with_the_calls_that_hold_the_others() {
        let text = "runtime: failed to create new OS thread (have 25 already; errno=11)\nruntime: may need to increase max user processes (ulimit -u)\nfatal error: newosproc\n\ngoroutine 7 [syscall]:\nsyscall.Read(0x1)\n\t/go/syscall.go:9 +0x1\nmain.scan()\n\t/srv/main.go:23 +0x1\n";
        let found = check("thr.crash", &[("stderr.log", text)], &["thr.crash"]);
        assert!(
            found[0].claim.contains("25 threads") && found[0].claim.contains("main.scan (main.go:23)"),
            "{}",
            found[0].claim
        );
    }

    #[test]
    fn the_error_and_the_number_of_threads_say_why_the_kernel_refused() {
        let end = |have: u32, errno: u32| {
            format!(
                "runtime: failed to create new OS thread (have {have} already; errno={errno})\nfatal error: newosproc\n\nruntime stack:\nruntime.throw(0x4cb21f, 0x9)\n\t/usr/local/go/src/runtime/panic.go:566 +0x95\n"
            )
        };
        for (have, errno, says) in [
            (2, 22, "no limit was reached"),
            (2, 38, "no limit was reached"),
            (4, 1, "a seccomp filter"),
            (900, 12, "no memory for another thread"),
            (5, 11, "other processes of the same user"),
        ] {
            let found = check("thr.crash", &[("stderr.log", &end(have, errno))], &["thr.crash"]);
            assert!(found[0].claim.contains(says), "{}", found[0].claim);
            assert!(!found[0].advice.iter().any(|advice| advice.contains("are the cause")), "{:?}", found[0]);
        }
        // It is told once: the rules of fatal errors leave it to this one.
        check("crash", &[("stderr.log", &end(900, 11))], &[]);
        let found = check("thr.crash", &[("stderr.log", &end(900, 11))], &["thr.crash"]);
        assert!(!found[0].claim.contains("other processes"), "{}", found[0].claim);
    }

    #[test]
    fn another_end_is_another_matter() {
        let text = "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/srv/main.go:23 +0x1\n";
        check("thr.crash", &[("stderr.log", text)], &[]);
    }
}
