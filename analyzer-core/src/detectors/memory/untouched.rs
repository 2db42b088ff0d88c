//! `mem.untouched`: Go committed more than it ever touched.

use super::support::{Draft, LEAST_EFFECT, Reclaim, arena_excess, exact, latest, list, needs, percent, text};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of what Go committed from which the difference needs explaining.
const LEAST_COMMITTED_PERCENT: i64 = 20;

const UNTOUCHED: Rule = Rule {
    code: "mem.untouched",
    severity: Severity::Info,
    title: "Committed heap that was never touched",
    meaning: "Go committed heap that was never touched, so MemStats.Sys overstates what is resident.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[UNTOUCHED],
    missing_inputs: |case| needs(case, usable, &["/proc/PID/smaps and MemStats of the same moment"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    arena_excess(reviewed).is_some()
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let missing = -&arena_excess(reviewed)?;
    let committed = reviewed.moment.go.as_ref()?.committed()?;
    let swapped = reviewed.moment.process.as_ref()?.swap.as_ref().map_or(0, |swap| swap.value);
    let is_swap = swapped >= missing.value / 2 && swapped > 0;
    if missing.value < LEAST_EFFECT.0
        || missing.value < percent(committed.value, LEAST_COMMITTED_PERCENT)
        || is_swap
    {
        return None;
    }
    let draft = Draft {
        rule: UNTOUCHED,
        reclaim: Some(Reclaim::NotCharged),
        condition: format!(
            "At least {} and {LEAST_COMMITTED_PERCENT}% of what Go committed is not resident and not in swap.",
            text(LEAST_EFFECT.0)
        ),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: UNTOUCHED.title.to_owned(),
        claim: format!(
            "{} of the {} that Go committed is not resident: Sys − HeapReleased is more than the process uses.",
            text(missing.value),
            text(committed.value)
        ),
        amount: exact(missing.value),
        citations: (&missing + &committed).from,
        against: Vec::new(),
        advice: list(&[
            "Large buffers that are allocated but not filled cause this; they become resident once they are filled.",
            "GOMEMLIMIT counts this memory: the GC may run more often than the memory in use requires.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Info;

    /// An arena of 64 MiB, nothing given back.
    fn metrics(sys: &str) -> String {
        format!(
            "go_memstats_heap_sys_bytes <60MiB>\ngo_memstats_stack_inuse_bytes <4MiB>\n\
             go_memstats_heap_released_bytes 0\ngo_memstats_gc_sys_bytes 0\ngo_memstats_sys_bytes {sys}\n"
        )
    }

    fn smaps(resident: &str, swap: &str) -> String {
        format!(
            "c000000000-c004000000 rw-p 00000000 00:00 0 [anon: Go: heap]\nSize: 65536 kB\nRss: {resident}\n\
             Anonymous: {resident}\nSwap: {swap}\n"
        )
    }

    #[test]
    fn a_fifth_of_what_go_committed_that_is_not_resident_is_said() {
        let files =
            [("metrics.prom", &*metrics("<100MiB>")), ("smaps", &*smaps("<44MiB kB>", "<10MiB-4 kB>"))];
        let found = check("mem.untouched", &files, &["mem.untouched"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some(20 << 20))]);
    }

    #[test]
    fn less_than_that_and_pages_in_swap_are_not() {
        for (sys, resident, swap) in [
            ("<100MiB>", "<44MiB+4 kB>", "0 kB"),
            ("<70MiB>", "<48MiB+4 kB>", "0 kB"),
            ("<100MiB>", "<44MiB kB>", "<10MiB kB>"),
        ] {
            let files = [("metrics.prom", &*metrics(sys)), ("smaps", &*smaps(resident, swap))];
            check("mem.untouched", &files, &[]);
        }
    }
}
