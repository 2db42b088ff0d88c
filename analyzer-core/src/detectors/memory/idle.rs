//! `mem.idle`: heap that Go freed and keeps.

use super::support::{Draft, Reclaim, effect, exact, gomemlimit, latest, least_effect, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the heap in use that idle heap must reach, in percent.
const LEAST_OF_INUSE_PERCENT: i64 = 50;

const IDLE: Rule = Rule {
    code: "mem.idle",
    severity: Severity::Info,
    title: "Idle heap retained",
    meaning: "The Go runtime freed heap after a peak and has not yet returned it to the operating system.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[IDLE],
    missing_inputs: |case| needs(case, usable, &["MemStats (heap?debug=1, /debug/vars or /metrics)"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.go.as_ref().is_some_and(|go| go.heap_idle.is_some() && go.heap_released.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let go = reviewed.moment.go.as_ref()?;
    let idle = go.heap_idle.as_ref()? - go.heap_released.as_ref()?;
    let inuse = go.heap_inuse.as_ref()?;
    if idle.value < least_effect(reviewed) || idle.value < inuse.value / 100 * LEAST_OF_INUSE_PERCENT {
        return None;
    }
    let mut advice = list(&[
        "The background scavenger returns it within minutes: wait, then capture again.",
        "debug.FreeOSMemory returns it immediately, at the cost of a full collection.",
    ]);
    if gomemlimit(reviewed).is_none() {
        advice.push(
            "With GOMEMLIMIT set, the runtime returns memory earlier, before the limit is reached."
                .to_owned(),
        );
    }
    let draft = Draft {
        rule: IDLE,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Idle heap not returned to the OS is at least {} and {LEAST_OF_INUSE_PERCENT}% of the heap in use.",
            effect(reviewed)
        ),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: IDLE.title.to_owned(),
        claim: format!(
            "The Go runtime retains {} of idle heap, in addition to {} in use: it is left over from an earlier peak.",
            text(idle.value),
            text(inuse.value)
        ),
        amount: exact(idle.value),
        citations: (&idle + inuse).from,
        against: list(&["This is normal right after a peak: the next allocations reuse it."]),
        advice,
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Info;

    fn heap(inuse: &str, idle: &str, released: &str) -> String {
        format!(
            "go_memstats_heap_sys_bytes <1GiB>\ngo_memstats_heap_inuse_bytes {inuse}\n\
             go_memstats_heap_idle_bytes {idle}\ngo_memstats_heap_released_bytes {released}\n"
        )
    }

    #[test]
    fn idle_heap_of_half_of_what_is_in_use_is_said() {
        for (inuse, idle, amount) in [("<100MiB>", "<60MiB>", 50 << 20), ("<1MiB>", "<26MiB>", 16 << 20)] {
            let files = [("metrics.prom", &*heap(inuse, idle, "<10MiB>"))];
            let found = check("mem.idle", &files, &["mem.idle"]);
            assert_eq!(verdicts(&found), [(Info, Certain, Some(amount))]);
        }
    }

    #[test]
    fn less_idle_heap_is_what_the_next_allocations_use() {
        for (inuse, idle, max) in [
            ("<100MiB>", "<60MiB-1>", "max"),
            ("<1MiB>", "<26MiB-1>", "max"),
            ("<1MiB>", "<60MiB-1>", "<1000MiB>"),
        ] {
            let files = [("metrics.prom", &*heap(inuse, idle, "<10MiB>")), ("memory.max", max)];
            check("mem.idle", &files, &[]);
        }
    }
}
