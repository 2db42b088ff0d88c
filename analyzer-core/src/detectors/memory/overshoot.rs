//! `mem.overshoot`: the heap passes its goal again and again before marking ends.

use std::collections::BTreeSet;

use super::support::{Draft, exact, list, text};
use crate::analysis::gc::{LEAST_PACED_GOAL, OVERSHOOT_PERCENT, is_overshot, is_paced};
use crate::base::convert::to_i64;
use crate::base::source::SourceSpan;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::gc::GcCycle;
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

/// Cycles that must overshoot, or their share of all that count, in percent.
const LEAST_CYCLES: usize = 3;
const LEAST_SHARE_PERCENT: usize = 20;

/// One or two cycles with this overshoot are worth a word.
const GREAT_PERCENT: i64 = 250;

const OVERSHOOT: Rule = Rule {
    code: "mem.overshoot",
    severity: Severity::Warning,
    title: "The heap overshoots its goal",
    meaning: "The heap repeatedly exceeds its goal before marking ends.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[OVERSHOOT],
    missing_inputs: |case| {
        if case.evidence.gc.cycles.is_empty() { list(&["a log with GODEBUG=gctrace=1"]) } else { Vec::new() }
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let sources: BTreeSet<_> = subject.sources().collect();
    let of_subject = sources.into_iter().flat_map(|source| case.evidence.gc.cycles_of(source));
    let counted: Vec<&GcCycle> = of_subject.filter(|cycle| is_paced(cycle)).collect();
    let over: Vec<&&GcCycle> = counted.iter().filter(|cycle| is_overshot(cycle)).collect();
    let worst = over.iter().max_by_key(|cycle| cycle.heap_end.0 - cycle.goal.0)?;
    let is_repeated = over.len() >= LEAST_CYCLES
        || (over.len() > 1 && over.len() * 100 >= counted.len() * LEAST_SHARE_PERCENT)
        || percent_of_goal(worst) >= GREAT_PERCENT;
    if !is_repeated {
        return None;
    }
    let assist = worst.assist_cpu.0.saturating_mul(100)
        / (worst.assist_cpu.0 + worst.background_cpu.0 + worst.idle_cpu.0).max(1);
    let draft = Draft {
        rule: OVERSHOOT,
        reclaim: None,
        condition: format!(
            "{LEAST_CYCLES} cycles, or two that make up at least {LEAST_SHARE_PERCENT}% of all, end at {OVERSHOOT_PERCENT}% or more of a goal of at least {}, or one ends at {GREAT_PERCENT}%; forced cycles do not count.",
            text(LEAST_PACED_GOAL.0)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: OVERSHOOT.title.to_owned(),
        claim: format!(
            "{} of {} GC cycles ended at {OVERSHOOT_PERCENT}% of their heap goal or more. In cycle {}, the heap reached {} with a goal of {}, and {assist}% of the marking was done by mark assists.",
            over.len(),
            counted.len(),
            worst.number,
            text(worst.heap_end.0),
            text(worst.goal.0)
        ),
        amount: exact(worst.heap_end.0 - worst.goal.0),
        citations: over.iter().take(20).map(|cycle| citation(cycle)).collect(),
        against: list(&[
            "The goal is a soft limit: a burst during startup exceeds it, which does no harm far below the memory limit.",
        ]),
        advice: list(&[
            "Leave headroom for bursts: a GOMEMLIMIT well below the container's limit makes the GC start earlier.",
            "Spread the burst over time, or allocate smaller blocks: large pointer-free blocks are allocated faster than marking proceeds.",
        ]),
    };
    draft.about(subject.id)
}

fn percent_of_goal(cycle: &GcCycle) -> i64 {
    cycle.heap_end.0.saturating_mul(100) / cycle.goal.0.max(1)
}

fn citation(cycle: &GcCycle) -> Citation {
    let span = SourceSpan { source: cycle.source, at: cycle.at };
    let number = i64::try_from(cycle.number).unwrap_or(to_i64(usize::MAX));
    Citation::figure(span, format!("gc {number}"), cycle.heap_end.0, Unit::Bytes)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    /// A log of one cycle for each pair of heap at the end of marking and goal, in MB.
    fn log(cycles: &[(u64, u64)], end: &str) -> String {
        let cycle = |(number, (heap, goal)): (u64, &(u64, u64))| {
            format!(
                "gc {number} @1.0s 1%: 1+1+1 ms clock, 1+1/1/1+1 ms cpu, 30->{heap}->20 MB, {goal} MB goal, 4 P{end}\n"
            )
        };
        (1..).zip(cycles).map(cycle).collect()
    }

    const OVER: (u64, u64) = (60, 40);
    const UNDER: (u64, u64) = (59, 40);

    #[test]
    fn the_goal_is_passed_by_half_three_times_or_in_a_fifth_of_the_cycles_or_once_by_far() {
        let three = [[OVER; 3].as_slice(), &[UNDER; 20]].concat();
        let fifth = [[OVER; 2].as_slice(), &[UNDER; 8]].concat();
        let far = [[(100, 40)].as_slice(), &[UNDER; 20]].concat();
        for (cycles, amount) in [(three, 20 << 20), (fifth, 20 << 20), (far, 60 << 20)] {
            let found = check("mem.overshoot", &[("gc.log", &log(&cycles, ""))], &["mem.overshoot"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, Some(amount))]);
        }
    }

    #[test]
    fn rare_small_or_forced_overshoots_are_not_said() {
        let rare = [[OVER; 2].as_slice(), &[UNDER; 9]].concat();
        let once = vec![(99, 40)];
        let small = vec![(93, 31); 5];
        for cycles in [rare, once, small] {
            check("mem.overshoot", &[("gc.log", &log(&cycles, ""))], &[]);
        }
        check("mem.overshoot", &[("gc.log", &log(&[OVER; 5], " (forced)"))], &[]);
    }
}
