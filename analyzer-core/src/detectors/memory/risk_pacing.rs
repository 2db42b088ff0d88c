//! `mem.risk.pacing`: the heap may grow past the limit before the collector runs.

use super::support::{Draft, beside_go, exact, gomemlimit, latest, list, needs, swap_room, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

const PACING: Rule = Rule {
    code: "mem.risk.pacing",
    severity: Severity::Warning,
    title: "The next heap goal exceeds the limit",
    meaning: "The heap may grow beyond the container's limit before the next garbage collection runs.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PACING],
    missing_inputs: |case| needs(case, usable, &["MemStats, and the cgroup's memory limit"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.limit().is_some() && peak(reviewed).is_some()
}

/// What the container will hold when the heap reaches its next goal: the goal
/// with its share of unused room in spans, stacks, metadata, and what is beside Go.
pub fn peak(reviewed: &Reviewed<'_>) -> Option<Term> {
    const BEYOND: i64 = 1 << 62;
    let go = reviewed.moment.go.as_ref()?;
    let goal = go.next_gc.as_ref().filter(|goal| goal.value < BEYOND)?;
    let (inuse, alloc) = (go.heap_inuse.as_ref()?, go.heap_alloc.as_ref()?);
    let waste = if alloc.value > 0 {
        goal.value / 1024 * (inuse.value - alloc.value) / (alloc.value / 1024).max(1)
    } else {
        0
    };
    let heap = goal + &inuse.with_value(waste.clamp(0, goal.value));
    let mut sum = &(&heap + go.stack_inuse.as_ref()?) + &go.metadata()?;
    if let Some(beside) = beside_go(reviewed) {
        sum = &sum + &beside;
    }
    Some(sum)
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let go = reviewed.moment.go.as_ref()?;
    let limit = reviewed.moment.limit()?;
    let peak = peak(reviewed)?;
    let goal = go.next_gc.as_ref()?;
    // With GOMEMLIMIT below the limit the goal is clipped already.
    let is_clipped = gomemlimit(reviewed).is_some_and(|memory_limit| memory_limit.value < limit.value);
    let is_past = go.heap_alloc.as_ref().is_some_and(|alloc| goal.value <= alloc.value);
    if is_clipped || is_past || peak.value <= limit.value.saturating_add(swap_room(reviewed)) {
        return None;
    }
    let draft = Draft {
        rule: PACING,
        reclaim: None,
        condition: "Heap goal, heap fragmentation, stacks, runtime metadata and the memory outside the Go runtime add up to more than the limit, and GOMEMLIMIT is not set below the limit.".to_owned(),
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        title: PACING.title.to_owned(),
        claim: format!(
            "The next garbage collection runs when the heap reaches {}. With stacks, runtime metadata and the memory outside the Go runtime, the container would then need {}, more than its limit of {}.",
            text(goal.value),
            text(peak.value),
            text(limit.value)
        ),
        amount: exact(peak.value - limit.value),
        citations: (&peak + &limit).from,
        against: list(&["A heap that never grows to its goal causes no problem."]),
        advice: list(&[
            "Set GOMEMLIMIT below the limit, so that the GC runs before the limit is reached.",
            "Otherwise lower GOGC, or raise the limit to the peak above.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Likely;
    use crate::report::Severity::Warning;

    /// 50 MiB of objects, 5 MiB of stacks and metadata, 5 MiB of shared memory,
    /// in a container limited to 100 MiB.
    fn metrics(goal: &str, inuse: &str) -> String {
        format!(
            "go_memstats_next_gc_bytes {goal}\ngo_memstats_heap_alloc_bytes <50MiB>\n\
             go_memstats_heap_inuse_bytes {inuse}\ngo_memstats_heap_sys_bytes <60MiB>\n\
             go_memstats_stack_inuse_bytes <2MiB>\ngo_memstats_sys_bytes <65MiB>\n"
        )
    }

    const STAT: (&str, &str) = ("memory.stat", "anon 0\nfile 0\nfile_mapped 0\nshmem <5MiB>\n");
    const MAX: (&str, &str) = ("memory.max", "<100MiB>");

    #[test]
    fn a_goal_that_passes_the_limit_with_what_is_beside_it_is_a_risk() {
        for (goal, inuse, amount) in [("<90MiB+1>", "<50MiB>", 1), ("<90MiB>", "<55MiB>", 9 << 20)] {
            let files = [("metrics.prom", &*metrics(goal, inuse)), STAT, MAX];
            let found = check("mem.risk", &files, &["mem.risk.pacing"]);
            assert_eq!(verdicts(&found), [(Warning, Likely, Some(amount))]);
        }
    }

    #[test]
    fn a_goal_that_fits_is_none() {
        check("mem.risk", &[("metrics.prom", &*metrics("<90MiB>", "<50MiB>")), STAT, MAX], &[]);
    }

    #[test]
    fn a_gomemlimit_below_the_limit_a_heap_past_its_goal_and_room_in_swap_clear_it() {
        let limited =
            |limit: &str| format!("{}go_gc_gomemlimit_bytes {limit}\n", metrics("<95MiB>", "<50MiB>"));
        check("mem.risk.pacing", &[("metrics.prom", &*limited("<100MiB-1>")), STAT, MAX], &[]);
        check("mem.risk.pacing", &[("metrics.prom", &*limited("<100MiB>")), STAT, MAX], &["mem.risk.pacing"]);
        let wasted = metrics("<50MiB>", "<500MiB>");
        check("mem.risk.pacing", &[("metrics.prom", &*wasted), STAT, MAX], &[]);
        let past = metrics("<95MiB>", "<50MiB>");
        let swap = |used| {
            [
                ("metrics.prom", &*past),
                STAT,
                MAX,
                ("memory.swap.max", "<8MiB>"),
                ("memory.swap.current", used),
            ]
        };
        check("mem.risk.pacing", &swap("<3MiB>"), &[]);
        check("mem.risk.pacing", &swap("<3MiB+1>"), &["mem.risk.pacing"]);
    }
}
