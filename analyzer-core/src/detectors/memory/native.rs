//! `mem.native`: memory that Go does not know of.

use super::support::{
    Draft, Reclaim, bounded, effect, latest, least_effect, list, needs, percent, share_text, text,
};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::mappings::MappingClass;
use crate::analysis::tools::{native as stacks, path};
use crate::base::order::StableOrder;
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::Bytes;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::vmas::VmaField;
use crate::report::{Citation, Confidence, Finding, Severity};

/// Stacks of memleak that are named.
const STACKS: usize = 3;

/// Share of the process's anonymous memory from which native memory is worth a word.
const LEAST_SHARE_PERCENT: i64 = 10;

const NATIVE: Rule = Rule {
    code: "mem.native",
    severity: Severity::Warning,
    title: "Native memory",
    meaning: "Memory that the Go runtime did not allocate: cgo, syscall.Mmap or C libraries.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[NATIVE],
    missing_inputs: |case| {
        needs(case, |reviewed| reviewed.outside.is_some(), &["/proc/PID/smaps of the process"])
    },
    detect: |case| {
        let found = latest(case, |reviewed| reviewed.outside.is_some()).into_iter().filter_map(find);
        found.map(|finding| with_stacks(case, finding)).collect()
    },
};

/// memleak's stacks explain it. Their sums are no amount of it: memleak sees what was allocated since it began.
fn with_stacks(case: &Case<'_>, mut finding: Finding) -> Finding {
    let own = |source: &SourceId| {
        let subject = case.analysis.subjects.iter().find(|subject| Some(subject.id) == finding.subject);
        subject.is_some_and(|subject| subject.sources().any(|own| own == *source))
    };
    let Some(source) = stacks::sources(case.evidence).into_iter().rfind(own) else { return finding };
    let courses = stacks::courses(case.evidence, source);
    let last = stacks::last_block(case.evidence, source);
    let listed = courses.iter().filter(|course| course.rows.last().map(|row| row.block) == last);
    let told: Vec<_> = listed.take(STACKS).collect();
    if told.is_empty() {
        return finding;
    }
    let names: Vec<String> = told.iter().map(|course| path(case.evidence, course.stack)).collect();
    finding.claim.push_str(&format!(
        " According to memleak, most of the memory allocated since it attached and not freed comes from {}.",
        names.join("; ")
    ));
    finding.citations.extend(
        told.iter()
            .filter_map(|course| course.rows.last())
            .map(|row| Citation::place(SourceSpan { source: row.source, at: row.at })),
    );
    finding
}

/// Only the lower bound counts: what may be Go's metadata is not held against anyone.
fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let native = &reviewed.outside.as_ref()?.native;
    let process = reviewed.moment.process.as_ref()?;
    let anon = process.anon.as_ref()?;
    if native.low < least_effect(reviewed) || native.low < percent(anon.value, LEAST_SHARE_PERCENT) {
        return None;
    }
    let classes = by_class(reviewed);
    let claim = format!(
        "{} of the process's {} of anonymous memory ({}) belongs neither to Go nor to the program's data: {}.",
        range(native.low, native.high),
        text(anon.value),
        share_text(native.low, anon.value),
        classes
            .iter()
            .map(|(label, bytes)| format!("{} {label}", text(bytes.0)))
            .collect::<Vec<_>>()
            .join(", "),
    );
    let draft = Draft {
        rule: NATIVE,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "The lower bound of native memory is at least {} and {LEAST_SHARE_PERCENT}% of the anonymous memory.",
            effect(reviewed)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: NATIVE.title.to_owned(),
        claim,
        amount: bounded(native),
        citations: native.term.from.clone(),
        against: against(reviewed),
        advice: advice(&classes),
    };
    draft.about(reviewed.moment.subject)
}

fn range(low: i64, high: i64) -> String {
    if text(low) == text(high) { text(low) } else { format!("{} to {}", text(low), text(high)) }
}

/// Classes of native memory that are at least a megabyte, the largest first.
fn by_class(reviewed: &Reviewed<'_>) -> Vec<(&'static str, Bytes)> {
    const NATIVE: [(MappingClass, &str); 4] = [
        (MappingClass::AnonymousOther, "in other anonymous mappings"),
        (MappingClass::CHeap, "in the C heap"),
        (MappingClass::GlibcArena, "in glibc's per-thread arenas"),
        (MappingClass::ThreadStack, "in thread stacks"),
    ];
    let Some(mappings) = reviewed.moment.process.as_ref().and_then(|process| process.mappings.as_ref())
    else {
        return Vec::new();
    };
    let mut classes: Vec<(&'static str, Bytes)> = NATIVE
        .into_iter()
        .map(|(class, label)| (label, mappings.sum(class, VmaField::Anonymous)))
        .filter(|(_, bytes)| bytes.0 >= 1 << 20)
        .collect();
    classes.order_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    classes
}

fn against(reviewed: &Reviewed<'_>) -> Vec<String> {
    let has_names = reviewed
        .moment
        .process
        .as_ref()
        .and_then(|process| process.mappings.as_ref())
        .is_some_and(|mappings| mappings.has_go_names);
    let mut against = list(&["Native memory may be intended: a cache in C, a mapped index."]);
    if !has_names {
        against.push(
            "The kernel does not name Go's mappings, so an amount up to the size of Go's metadata may belong to Go."
                .to_owned(),
        );
    }
    against
}

fn advice(classes: &[(&'static str, Bytes)]) -> Vec<String> {
    let mut advice = list(&[
        "Heap profiles do not include it: check cgo callers, syscall.Mmap and C libraries, and profile the C code with jemalloc or heaptrack.",
        "GOMEMLIMIT does not include it: set GOMEMLIMIT low enough that both fit in the container's limit.",
    ]);
    if classes.iter().any(|(label, _)| label.contains("glibc")) {
        advice.push("glibc keeps freed blocks in up to 8 arenas per CPU: try MALLOC_ARENA_MAX=2.".to_owned());
    }
    advice
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    /// A C program: its data and its heap.
    fn c_program(data: &str, heap: &str) -> String {
        format!(
            "00400000-00500000 r-xp 00000000 fe:00 7 /app\nSize: 1024 kB\n\
             00500000-20000000 rw-p 00000000 fe:00 7 /app\nSize: 4 kB\nAnonymous: {data}\n\
             20000000-40000000 rw-p 00000000 00:00 0 [heap]\nSize: 4 kB\nAnonymous: {heap}\n"
        )
    }

    #[test]
    fn memory_beside_the_programs_data_is_native_from_a_tenth_of_it_on() {
        let files = [("smaps", &*c_program("<144MiB kB>", "<16MiB kB>"))];
        let found = check("mem.native", &files, &["mem.native"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(16 << 20))]);
    }

    #[test]
    fn less_than_a_tenth_or_the_least_effect_is_not_said() {
        for (data, heap, max) in [
            ("<145MiB kB>", "<16MiB kB>", "max"),
            ("0 kB", "<16MiB-4 kB>", "max"),
            ("0 kB", "<48MiB kB>", "<1000MiB>"),
        ] {
            check("mem.native", &[("smaps", &*c_program(data, heap)), ("memory.max", max)], &[]);
        }
    }

    /// Of 100 MiB in arenas, 10 MiB more may be metadata; a quarter of a MiB carries no name.
    fn go_program(heap: &str) -> String {
        format!(
            "c000000000-c010000000 rw-p 00000000 00:00 0 [anon: Go: heap]\nSize: 262144 kB\nAnonymous: <100MiB kB>\n\
             d000000000-d010000000 rw-p 00000000 00:00 0 [heap]\nSize: 262144 kB\nAnonymous: {heap}\n"
        )
    }

    #[test]
    fn beside_go_only_the_lower_bound_counts() {
        let found = check("mem.native", &[("smaps", &*go_program("<27MiB kB>"))], &["mem.native"]);
        let amount = found.iter().find_map(|finding| finding.amount);
        let bounds = amount.map(|amount| (amount.low, amount.value, amount.high));
        assert_eq!(bounds, Some((Some((67 << 20) / 4), 17 << 20, Some(27 << 20))));
        check("mem.native", &[("smaps", &*go_program("<26MiB kB>"))], &[]);
    }

    #[test]
    fn stacks_of_memleak_explain_it_and_do_not_change_its_amount() {
        let memleak = "[11:16:33] Top 1 stacks with outstanding allocations:\n\t999999999 bytes in 9 allocations from stack\n\t\tdecode_frame+0x1a [video]\n\t\tmain._Cfunc_decode_frame+0x45 [video]\n\t\tmain.decode+0x1a [video]\n";
        let files = [("smaps", c_program("<144MiB kB>", "<16MiB kB>")), ("memleak.txt", memleak.to_owned())];
        let found = check("mem.native", &files, &["mem.native"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(16 << 20))]);
        assert!(
            found[0].claim.contains("comes from decode_frame, called by main.decode."),
            "{}",
            found[0].claim
        );
    }
}
