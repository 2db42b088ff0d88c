//! `ebpf.native.leak`: a stack of memleak that grows from list to list.

use super::{needs, subject};
use crate::analysis::tools::native::{self, StackCourse};
use crate::analysis::tools::{cite, path};
use crate::base::convert::clamp_i64;
use crate::base::units::{Bytes, Unit};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::number_format::{bytes, counted, series};
use crate::report::{Amount, Confidence, Finding, Severity};

/// Least rise, in bytes: below it a cache's or a pool's first use looks the same.
const LEAST_RISE: u64 = 16 << 20;
/// Least rise as a multiple of the first list.
const LEAST_TIMES: u64 = 2;
/// Least part of the rise, in percent, in the second half of the lists: a cache that is full rises no more.
const LEAST_LATE_PERCENT: u64 = 25;
/// Stacks that are told.
const TOLD: usize = 3;

const LEAK: Rule = Rule {
    code: "ebpf.native.leak",
    severity: Severity::Warning,
    title: "Native memory leak (memleak)",
    meaning: "memleak reports a growing amount of memory that one cgo or C stack allocated and did not free.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[LEAK],
    missing_inputs: |case| {
        let has_two = case.evidence.probes.native_stacks.iter().any(|row| row.block > 0);
        if has_two { Vec::new() } else { needs::<u8>(&[], "memleak -p PID, at least two of its lists") }
    },
    detect: |case: &Case<'_>| {
        let of = |source| {
            native::courses(case.evidence, source).into_iter().filter(|course| grows(case, course)).take(TOLD)
        };
        native::sources(case.evidence)
            .into_iter()
            .flat_map(of)
            .filter_map(|course| tell(case, &course))
            .collect()
    },
};

/// True if it rises over the lists up to the last, never falls, and has not come to rest.
fn grows(case: &Case<'_>, course: &StackCourse<'_>) -> bool {
    let (Some(&first), Some(last)) = (course.bytes.first(), course.rows.last()) else { return false };
    let rise = course.last().saturating_sub(first);
    let middle = course.bytes.get((course.bytes.len() - 1) / 2).copied().unwrap_or(first);
    let late = course.last().saturating_sub(middle);
    course.bytes.len() >= 2
        && Some(last.block) == native::last_block(case.evidence, course.source)
        && course.bytes.is_sorted()
        && rise >= LEAST_RISE
        && course.last() >= first.saturating_mul(LEAST_TIMES)
        && u128::from(late) * 100 >= u128::from(rise) * u128::from(LEAST_LATE_PERCENT)
}

fn tell(case: &Case<'_>, course: &StackCourse<'_>) -> Option<Finding> {
    let (first, last) = (course.bytes.first().copied()?, course.last());
    let text = |amount: u64| bytes(Bytes(clamp_i64(i128::from(amount))));
    let time = course.seconds().filter(|seconds| *seconds > 0);
    let time = time.map_or_else(String::new, |seconds| format!(" in {seconds} s"));
    let count = course.rows.last()?.count;
    let citations = course.rows.iter().zip(&course.bytes).map(|(row, bytes)| {
        cite(course.source, row.at, "bytes from stack", clamp_i64(i128::from(*bytes)), Unit::Bytes)
    });
    let counts: Vec<u64> = course.rows.iter().map(|row| row.count).collect();
    let draft = Draft {
        rule: LEAK,
        severity: Severity::Warning,
        confidence: if course.bytes.len() > 2 { Confidence::Certain } else { Confidence::Likely },
        reclaim: None,
        condition: format!(
            "One stack appears in at least two lists, including the last: its amount never falls, grows by at least {} and to {LEAST_TIMES} times its first value, and {LEAST_LATE_PERCENT}% of the growth is in the second half.",
            text(LEAST_RISE)
        ),
        title: LEAK.title.to_owned(),
        claim: format!(
            "{}: {} → {} not freed{time} ({}: {}).",
            path(case.evidence, course.stack),
            text(first),
            text(last),
            counted(count, "allocation", "allocations"),
            series(&counts)
        ),
        amount: Some(Amount::exact(clamp_i64(i128::from(last - first)), Unit::Bytes)),
        citations: citations.collect(),
        against: list(&[
            "Memory that is freed later looks the same while it is in use: a longer run shows the difference.",
            "memleak sees only allocations made since it attached: its totals are not the process's native memory.",
        ]),
        advice: list(&[
            "Check what owns the memory that this call returns: C memory must be freed with C.free or the library's own function; Go's garbage collector never frees it.",
            "Compare it with the process's native memory (smaps) over the same time.",
        ]),
    };
    draft.about(subject(case, course.source))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::Warning;

    /// Lists of one stack with these mebibytes, and another one that stays.
    fn lists(mebibytes: &[u64]) -> String {
        let mut text = "Attaching to pid 1, Ctrl+C to quit.\n".to_owned();
        for (index, size) in mebibytes.iter().enumerate() {
            text += &format!(
                "[11:16:{:02}] Top 2 stacks with outstanding allocations:\n\
                 \t40960 bytes in 10 allocations from stack\n\t\tallocate_dtv+0x50 [ld.so]\n\
                 \t{} bytes in {size} allocations from stack\n\t\tdecode_frame+0x1a [video]\n\t\t_cgo_1f_Cfunc_decode_frame+0x21 [video]\n",
                index * 10,
                size << 20
            );
        }
        text
    }

    #[test]
    fn a_stack_that_grows_over_the_lists_is_a_leak() {
        let found = check("ebpf", &[("memleak.txt", &*lists(&[3, 34]))], &["ebpf.native.leak"]);
        assert_eq!(verdicts(&found), [(Warning, Likely, Some(31 << 20))]);
        assert!(found[0].claim.contains("decode_frame, called from Go"), "{}", found[0].claim);
        assert!(found[0].claim.contains("in 10 s"), "{}", found[0].claim);
        let found = check("ebpf", &[("memleak.txt", &*lists(&[10, 20, 30, 40]))], &["ebpf.native.leak"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(30 << 20))]);
    }

    #[test]
    fn one_list_small_rises_and_caches_that_fill_are_no_leaks() {
        for sizes in [&[34][..], &[16, 31], &[1, 16], &[3, 40, 40, 40], &[3, 40, 20], &[34, 34]] {
            check("ebpf.native.leak", &[("memleak.txt", &*lists(sizes))], &[]);
        }
    }

    #[test]
    fn a_stack_that_is_in_the_last_list_no_more_was_freed() {
        let text = lists(&[3, 34])
            + "[11:17:00] Top 1 stacks with outstanding allocations:\n\t7 bytes in 1 allocations from stack\n\t\tf+0x1 [x]\n";
        check("ebpf.native.leak", &[("memleak.txt", &*text)], &[]);
    }
}
