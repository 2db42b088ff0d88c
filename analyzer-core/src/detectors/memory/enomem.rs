//! `mem.go.enomem`: the system refused memory to the runtime, and Go ended the program itself.

use super::support::{Draft, list, text};
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
    let is_narrow = is_narrow(dump, &line.text);
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
            "The Go runtime terminated the program: \"{}\". mmap failed with ENOMEM; this was not the OOM killer.{}{}{}",
            line.text.trim().chars().take(200).collect::<String>(),
            asked_for(dump),
            if is_narrow { NARROW } else { "" },
            asked_by(case, dump, subject)
        ),
        amount: None,
        citations: vec![Citation::place(dump.span(line.line))],
        against: list(&[
            "A container's memory limit does not cause this error: at the limit, the kernel kills the process (exit code 137), and Go prints nothing.",
        ]),
        advice: if is_narrow {
            list(&["Use a 64-bit build of the program: no setting gives a 32-bit process more addresses."])
        } else {
            list(&[
                "Check RLIMIT_AS (ulimit -v), vm.overcommit_memory=2, and vm.max_map_count against the number of mappings.",
                "On 32-bit systems, the address space itself may be exhausted.",
            ])
        },
    };
    draft.about(subject.id)
}

/// Where the heap of a 64-bit process begins (runtime/malloc.go, mallocinit).
const FIRST_ARENA: u64 = 0xc0_0000_0000;
/// Memory in use from which the addresses of 32 bits run short: the kernel and the binary take the rest.
const NARROW_BYTES: u64 = 3 << 30;
const NARROW: &str = " The process is a 32-bit one, as its addresses show, and what it has in use fills its address space of 4 GiB.";

/// How much was asked for at once.
fn asked_for(dump: &GoroutineDump) -> String {
    let Some(crash) = &dump.crash else { return String::new() };
    let text = |bytes: u64| text(i64::try_from(bytes).unwrap_or(i64::MAX));
    if let Some(object) = crash.requests.iter().find(|request| request.address.is_none()) {
        return format!(" The program asked for {} in one allocation.", text(object.bytes));
    }
    let Some(mapping) = crash.requests.first() else { return String::new() };
    let first = if mapping.address == Some(FIRST_ARENA) {
        " That is where the heap begins: the program had just started, and its memory had not grown."
    } else {
        ""
    };
    format!(" It tried to map {}.{first}", text(mapping.bytes))
}

/// True if the address space of 32 bits is full.
fn is_narrow(dump: &GoroutineDump, message: &str) -> bool {
    let is_low = dump.crash.iter().flat_map(|crash| &crash.requests).any(|request| request.is_low);
    let in_use =
        message.split_once(" in use)").and_then(|(before, _)| before.rsplit_once('(')?.1.parse().ok());
    is_low && in_use.is_some_and(|bytes: u64| bytes >= NARROW_BYTES)
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
    fn the_stack_tells_how_much_was_asked_for() {
        let end = |frames: &str| {
            let frames = frames.replace('|', "\n\t/usr/local/go/src/runtime/malloc.go:72 +0x72\n");
            format!("fatal error: runtime: out of memory\n\nruntime stack:\nruntime.throw(0x9d3bfc, 0x16)|{frames}").replace('|', "\n\t/usr/local/go/src/runtime/panic.go:774 +0x72\n")
        };
        for (frames, says) in [
            (
                "runtime.sysMap(0xc25c000000, 0x74000000, 0xe7c6f8)|runtime.(*mheap).sysAlloc(0xe639a0, 0x72eaa000)|runtime.largeAlloc(0x72eaa000, 0x450001, 0x7f)|",
                "asked for 1.8 GiB in one allocation",
            ),
            (
                "runtime.sysMap(0xc1cc000000, 0x4000000, 0xe7c6f8)|runtime.(*mheap).sysAlloc(0xe639a0, 0x400000)|",
                "tried to map 64.0 MiB.",
            ),
            ("runtime.sysMap(0xc000000000, 0x4000000, 0xe7c6f8)|", "the program had just started"),
        ] {
            let found = check("mem.go", &[("stderr.txt", &end(frames))], &["mem.go.enomem"]);
            assert!(found[0].claim.contains(says), "{}", found[0].claim);
        }
    }

    #[test]
    fn a_process_of_32_bits_whose_addresses_are_used_up_needs_other_advice() {
        let end = |cache: &str, in_use: &str| {
            format!(
                "runtime: out of memory: cannot allocate 79691776-byte block ({in_use} in use)\nfatal error: out of memory\n\ngoroutine 153 [running]:\nruntime.throw({{0x8d7c43b, 0xd}})\n\t/usr/local/go/src/runtime/panic.go:992 +0x76\nruntime.(*mcache).allocLarge({cache}, 0x4c00000, 0x1)\n\t/usr/local/go/src/runtime/mcache.go:229 +0x22e\nmain.main()\n\t/app/main.go:9 +0x1d\n"
            )
        };
        for (cache, in_use, is_narrow) in [
            ("0xf7f94c40", "4000055296", true),
            ("0x7f25a1b2c5b8", "4000055296", false),
            ("0xf7f94c40", "400005529", false),
        ] {
            let found = check("mem.go", &[("stderr.txt", &end(cache, in_use))], &["mem.go.enomem"]);
            assert!(found[0].claim.contains("76.0 MiB in one allocation"), "{}", found[0].claim);
            assert_eq!(
                found[0].advice[0].contains("64-bit build"),
                is_narrow,
                "{in_use}: {:?}",
                found[0].advice
            );
        }
    }

    #[test]
    fn other_fatal_errors_and_errors_of_the_programs_own_are_not() {
        for lines in ["fatal error: stack overflow", "panic: query: out of memory"] {
            check("mem.go", &[("stderr.txt", &ended_with(lines))], &[]);
        }
    }
}
