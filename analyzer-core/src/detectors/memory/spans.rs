//! `mem.spans`: spans are in use and mostly empty.

use super::support::{
    Draft, Reclaim, effect, exact, latest, least_effect, list, needs, share_of, share_text, text,
};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the heap in use that holds no object, in percent.
const LEAST_WASTE_PERCENT: i64 = 25;

const SPANS: Rule = Rule {
    code: "mem.spans",
    severity: Severity::Info,
    title: "Heap fragmentation",
    meaning: "In-use heap spans contain a lot of free space.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SPANS],
    missing_inputs: |case| needs(case, usable, &["MemStats (heap?debug=1, /debug/vars or /metrics)"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.go.as_ref().is_some_and(|go| go.heap_inuse.is_some() && go.heap_alloc.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let go = reviewed.moment.go.as_ref()?;
    let inuse = go.heap_inuse.as_ref()?;
    let waste = inuse - go.heap_alloc.as_ref()?;
    if waste.value < least_effect(reviewed) || share_of(waste.value, inuse.value) < LEAST_WASTE_PERCENT {
        return None;
    }
    let draft = Draft {
        rule: SPANS,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Free space in in-use spans is at least {} and {LEAST_WASTE_PERCENT}% of the heap in use.",
            effect(reviewed)
        ),
        severity: Severity::Info,
        confidence: Confidence::Likely,
        title: SPANS.title.to_owned(),
        claim: format!(
            "{} of the {} of heap in use ({}) is free space in in-use spans: a span cannot be released as long as one object in it is alive.",
            text(waste.value),
            text(inuse.value),
            share_text(waste.value, inuse.value)
        ),
        amount: exact(waste.value),
        citations: waste.from,
        against: list(&["This is normal right after a garbage collection, before sweeping ends."]),
        advice: list(&[
            "Check MemStats.BySize for size classes with many frees and few live objects, and allocate long-lived objects separately from short-lived ones.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Likely;
    use crate::report::Severity::Info;

    fn heap(inuse: &str, alloc: &str) -> String {
        format!(
            "go_memstats_heap_sys_bytes <1GiB>\ngo_memstats_heap_inuse_bytes {inuse}\ngo_memstats_heap_alloc_bytes {alloc}\n"
        )
    }

    #[test]
    fn a_quarter_of_the_heap_in_use_without_objects_is_said() {
        let found = check("mem.spans", &[("metrics.prom", &heap("<64MiB>", "<48MiB>"))], &["mem.spans"]);
        assert_eq!(verdicts(&found), [(Info, Likely, Some(16 << 20))]);
    }

    #[test]
    fn less_than_a_quarter_or_the_least_effect_is_normal() {
        for (inuse, alloc, max) in [
            ("<200MiB>", "<150MiB+1>", "max"),
            ("<20MiB>", "<4MiB+1>", "max"),
            ("<80MiB>", "<30MiB+1>", "<1000MiB>"),
        ] {
            check("mem.spans", &[("metrics.prom", &*heap(inuse, alloc)), ("memory.max", max)], &[]);
        }
    }
}
