//! `mem.gogc.off`: no collection at all, because neither GOGC nor GOMEMLIMIT asks for one.

use super::support::{Draft, gomemlimit, latest, list, needs};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::UNLIMITED;
use crate::report::{Confidence, Finding, Severity};

const GOGC_OFF: Rule = Rule {
    code: "mem.gogc.off",
    severity: Severity::Warning,
    title: "The garbage collector is off",
    meaning: "GOGC is off and GOMEMLIMIT is not set, so nothing ever triggers a garbage collection.",
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
        condition: "GOGC is off, and the heap goal is unbounded: GOMEMLIMIT is not set either.".to_owned(),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: GOGC_OFF.title.to_owned(),
        claim: "GOGC is off and GOMEMLIMIT is not set: the heap is never collected and only grows."
            .to_owned(),
        amount: None,
        citations: goal.from.clone(),
        against: list(&["This may be intended: the program is short-lived or calls runtime.GC itself."]),
        advice: list(&["Set GOMEMLIMIT, or set GOGC to a number."]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    const OFF: &str = "go_memstats_heap_sys_bytes 1\ngo_gc_gogc_percent 1.8446744073709552e+19\n";

    #[test]
    fn no_gogc_and_a_goal_beyond_every_heap_mean_no_collection() {
        let stated = format!("{OFF}go_memstats_next_gc_bytes 4611686018427387904\n");
        let by_goal =
            "go_memstats_heap_sys_bytes 1\ngo_memstats_sys_bytes 1\ngo_memstats_next_gc_bytes 9e+18\n";
        for text in [&*stated, by_goal] {
            let found = check("mem.gogc", &[("metrics.prom", text)], &["mem.gogc.off"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, None)]);
        }
    }

    #[test]
    fn a_goal_or_a_gomemlimit_starts_collections() {
        let limited = format!("{OFF}go_memstats_next_gc_bytes 9e+18\ngo_gc_gomemlimit_bytes <1GiB>\n");
        let has_goal = format!("{OFF}go_memstats_next_gc_bytes 4611686018427387392\n");
        let is_on = "go_memstats_heap_sys_bytes 1\ngo_gc_gogc_percent 100\ngo_memstats_next_gc_bytes 9e+18\n";
        for text in [&*limited, &*has_goal, is_on] {
            check("mem.gogc", &[("metrics.prom", text)], &[]);
        }
    }
}
