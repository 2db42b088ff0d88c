//! `mem.gogc.off`: no collection at all, because neither GOGC nor GOMEMLIMIT asks for one.

use super::support::{Draft, gomemlimit, latest, list, needs};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::UNLIMITED;
use crate::report::{Confidence, Finding, Severity};

const GOGC_OFF: Rule = Rule {
    code: "mem.gogc.off",
    severity: Severity::Warning,
    title: "The collector is off",
    meaning: "GOGC is off and no GOMEMLIMIT is set: nothing ever starts a collection.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[GOGC_OFF],
    missing_inputs: |case| needs(case, usable, &["MemStats (heap?debug=1, /debug/vars or /metrics)"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.go.as_ref().is_some_and(|go| go.next_gc.is_some())
}

/// GOGC=off with GOMEMLIMIT is a way to run; without it, nothing is ever freed.
fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    const BEYOND: i64 = 1 << 62;
    let go = reviewed.moment.go.as_ref()?;
    let goal = go.next_gc.as_ref()?;
    let is_off = reviewed.moment.gogc().is_some_and(|gogc| gogc.value == UNLIMITED);
    // A goal beyond every heap also proves that no GOMEMLIMIT is set.
    if !is_off || gomemlimit(reviewed).is_some() || goal.value < BEYOND {
        return None;
    }
    let draft = Draft {
        rule: GOGC_OFF,
        reclaim: None,
        condition: "GOGC is off, and the goal is beyond every heap: no GOMEMLIMIT either.".to_owned(),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: GOGC_OFF.title.to_owned(),
        claim: "GOGC is off and no GOMEMLIMIT is set: the heap is never collected and only grows.".to_owned(),
        amount: None,
        citations: goal.from.clone(),
        against: list(&["A program that ends soon may want it so, or calls runtime.GC itself."]),
        advice: list(&["Set GOMEMLIMIT, or GOGC to a number."]),
    };
    draft.about(reviewed.moment.subject)
}
