//! `mem.go.enomem`: the system refused memory to the runtime, and Go ended the program itself.

use super::support::{Draft, list};
use crate::detectors::crash::fatal_errors::is_refused_memory;
use crate::detectors::crash::support::Event;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::goroutines::{GoroutineDump, PreambleKind, PreambleLine};
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

const ENOMEM: Rule = Rule {
    code: "mem.go.enomem",
    severity: Severity::Critical,
    title: "Out of memory (ENOMEM)",
    meaning: "The kernel refused to map memory for the Go runtime (ulimit, overcommit, max_map_count), and the runtime terminated the program.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[ENOMEM],
    missing_inputs: |case| {
        if case.evidence.goroutines.dumps.is_empty() {
            list(&["what the program printed when it exited (stderr)"])
        } else {
            Vec::new()
        }
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let sources: Vec<_> = subject.sources().collect();
    let of_subject =
        case.evidence.goroutines.dumps.iter().rev().filter(|dump| sources.contains(&dump.source));
    let (dump, line) = of_subject.filter_map(|dump| Some((dump, refused(dump)?))).next()?;
    // The message is not in the text, but the stack is.
    let is_inferred = line.text.contains("not in the text");
    let draft = Draft {
        rule: ENOMEM,
        severity: Severity::Critical,
        confidence: if is_inferred { Confidence::Likely } else { Confidence::Certain },
        reclaim: None,
        condition: if is_inferred {
            "The runtime terminated the program in a call that maps memory.".to_owned()
        } else {
            "The runtime printed \"out of memory\" or \"cannot allocate memory\".".to_owned()
        },
        title: ENOMEM.title.to_owned(),
        claim: format!(
            "The Go runtime terminated the program: \"{}\". mmap failed with ENOMEM; this was not the OOM killer.{}",
            line.text.trim().chars().take(200).collect::<String>(),
            asked_by(case, dump, subject)
        ),
        amount: None,
        citations: vec![Citation::place(dump.span(line.line))],
        against: list(&[
            "A container's memory limit does not cause this error: at the limit, the kernel kills the process (exit code 137), and Go prints nothing.",
        ]),
        advice: list(&[
            "Check RLIMIT_AS (ulimit -v), vm.overcommit_memory=2, and vm.max_map_count against the number of mappings.",
            "On 32-bit systems, the address space itself may be exhausted.",
        ]),
    };
    draft.about(subject.id)
}

/// Whose call needed the memory, if the text says so.
fn asked_by(case: &Case<'_>, dump: &GoroutineDump, subject: &Subject) -> String {
    let Some(crash) = &dump.crash else { return String::new() };
    let event = Event { evidence: case.evidence, dump, crash, subject: subject.id };
    let (place, who) = (event.place(), event.who());
    if place.is_empty() { String::new() } else { format!(" The failed allocation was{place}{who}.") }
}

/// The line that says it, the runtime's own first.
fn refused(dump: &GoroutineDump) -> Option<&PreambleLine> {
    let says = |kind: PreambleKind| {
        dump.preamble.iter().find(|line| line.kind == kind && is_refused_memory(&line.text))
    };
    says(PreambleKind::Runtime).or_else(|| says(PreambleKind::FatalError))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Critical;

    fn ended_with(lines: &str) -> String {
        format!("{lines}\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\n")
    }

    #[test]
    fn a_refused_mmap_is_told_by_any_of_the_runtimes_words() {
        for lines in [
            "runtime: out of memory: cannot allocate 67108864-byte block (876314624 in use)",
            "fatal error: out of memory",
            "fatal error: runtime: cannot allocate memory",
            "fatal error: runtime: cannot map pages in arena address space",
            "fatal error: pageAlloc: out of memory",
            "fatal error: out of memory allocating heap arena metadata",
            "fatal error: out of memory (stackalloc)",
        ] {
            let found = check("mem.go", &[("stderr.txt", &ended_with(lines))], &["mem.go.enomem"]);
            assert_eq!(verdicts(&found), [(Critical, Certain, None)]);
        }
    }

    #[test]
    fn other_fatal_errors_and_errors_of_the_programs_own_are_not() {
        for lines in ["fatal error: stack overflow", "panic: query: out of memory"] {
            check("mem.go", &[("stderr.txt", &ended_with(lines))], &[]);
        }
    }
}
