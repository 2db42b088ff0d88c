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
    title: "Heap that was never touched",
    meaning: "Go committed heap that it never touched; Sys overstates what is resident.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[UNTOUCHED],
    missing_inputs: |case| needs(case, usable, &["/proc/PID/smaps with MemStats of the same moment"]),
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
            "Arenas lack at least {} and {LEAST_COMMITTED_PERCENT}% of what Go committed, and it is not in swap.",
            text(LEAST_EFFECT.0)
        ),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: UNTOUCHED.title.to_owned(),
        claim: format!(
            "{} of the {} that Go committed are not resident: Sys − HeapReleased says more than the process uses.",
            text(missing.value),
            text(committed.value)
        ),
        amount: exact(missing.value),
        citations: (&missing + &committed).from,
        against: Vec::new(),
        advice: list(&[
            "Large buffers that are allocated and not filled do this; it becomes real when they are.",
            "GOMEMLIMIT counts it: the collector may run more often than the memory in use asks for.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}
