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
    meaning: "The kernel refused to create a thread that the runtime needed (exit code 2). The goroutines in [syscall] in the same dump occupy the existing threads.",
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

/// `failed to create new OS thread (have 25 already; errno=11)`: the line, and how many there were.
fn refused(dump: &GoroutineDump) -> Option<(u64, Option<u64>)> {
    let crash = dump.crash.as_ref()?;
    let messages = || crash.remarks.iter().chain(&crash.fatal);
    let told = messages().find(|message| message.text.contains("failed to create new OS thread"));
    let ended = || {
        messages().find(|message| {
            message.text.contains("newosproc") || message.text.contains("pthread_create failed")
        })
    };
    let message = told.or_else(ended)?;
    let have = message.text.split_once("have ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    Some((message.line, have))
}

fn find(case: &Case<'_>, course: &Course<'_>) -> Option<Finding> {
    let own = |dump: &&GoroutineDump| course.subject.sources().any(|source| source == dump.source);
    let dumps = case.evidence.goroutines.dumps.iter().filter(own);
    let (dump, (line, have)) = dumps.rev().find_map(|dump| Some((dump, refused(dump)?)))?;
    let most = course.values(|moment| moment.threads.as_ref()?.pids_max.as_ref()).last().copied();
    let had = have.map_or_else(String::new, |have| {
        format!(" It had {}.", number_format::counted(have, "thread", "threads"))
    });
    let mut claim = format!(
        "The kernel refused to create a thread, and the runtime terminated the process (exit code 2).{had}"
    );
    let span = SourceSpan { source: dump.source, at: Position::line(line) };
    let mut citations = vec![Citation::figure(
        span,
        "failed to create new OS thread",
        clamp_i64(i128::from(have.unwrap_or(0))),
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
    let told = Told {
        rule: CRASH,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        condition: "The runtime printed \"failed to create new OS thread\" or newosproc.".to_owned(),
        claim,
        amount: have.unwrap_or(0),
        citations,
        against: Vec::new(),
        advice: list(&[
            "Limit the number of blocking calls: the goroutines in [syscall] are the cause, not the code that needed the next thread.",
            "Check the cgroup's pids.max (pids.events counts failures) and ulimit -u.",
        ]),
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
    fn another_end_is_another_matter() {
        let text = "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/srv/main.go:23 +0x1\n";
        check("thr.crash", &[("stderr.log", text)], &[]);
    }
}
