//! `mem.stacks`: goroutine stacks take much.

use super::support::{Draft, Reclaim, exact, latest, list, needs, percent, share_text, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of what Go committed from which stacks are worth a warning.
const LEAST_COMMITTED_PERCENT: i64 = 20;

/// Average stack from which each goroutine is deep: most need 2 to 8 KiB.
const DEEP_STACK: i64 = 16 << 10;

/// Share of what Go committed below which deep stacks are not worth a warning either.
const LEAST_DEEP_PERCENT: i64 = 1;

/// Stacks below this are never worth a warning: every service has some megabytes.
const LEAST_STACKS: i64 = 16 << 20;

const STACKS: Rule = Rule {
    code: "mem.stacks",
    severity: Severity::Warning,
    title: "Goroutine stacks",
    meaning: "Goroutine stacks take a large part of the memory that Go committed.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[STACKS],
    missing_inputs: |case| needs(case, usable, &["MemStats (heap?debug=1, /debug/vars or /metrics)"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.go.as_ref().is_some_and(|go| go.stack_inuse.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let go = reviewed.moment.go.as_ref()?;
    let stacks = go.stack_inuse.as_ref()?;
    let committed = go.committed()?;
    let goroutines = goroutines(reviewed);
    let average = goroutines.as_ref().filter(|count| count.value > 0).map(|count| stacks.value / count.value);
    let is_much = stacks.value >= percent(committed.value, LEAST_COMMITTED_PERCENT);
    let is_deep = average.is_some_and(|average| average >= DEEP_STACK)
        && stacks.value >= percent(committed.value, LEAST_DEEP_PERCENT);
    if stacks.value < LEAST_STACKS || !(is_much || is_deep) {
        return None;
    }
    let each = match (&goroutines, average) {
        (Some(count), Some(average)) => {
            format!(": {} goroutines, {} each on average", count.value, text(average))
        }
        _ => String::new(),
    };
    let mut citations = (stacks + &committed).from;
    citations.extend(goroutines.into_iter().flat_map(|count| count.from));
    let draft = Draft {
        rule: STACKS,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Stacks take at least {} and {LEAST_COMMITTED_PERCENT}% of what Go committed, or {LEAST_DEEP_PERCENT}% and {} per goroutine.",
            text(LEAST_STACKS),
            text(DEEP_STACK)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: STACKS.title.to_owned(),
        claim: format!(
            "Stacks take {} of the {} that Go committed ({}){each}.",
            text(stacks.value),
            text(committed.value),
            share_text(stacks.value, committed.value)
        ),
        amount: exact(stacks.value),
        citations,
        against: list(&["This includes the runtime's own stacks, about 50 KiB per thread."]),
        advice: list(&[
            "Heap profiles do not include stacks: check the goroutine profile, starting with the largest groups.",
            "The GC halves a stack when less than a quarter of it is in use, so a deep stack shrinks only after its calls return.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

/// Goroutines, if any reading counts them.
fn goroutines(reviewed: &Reviewed<'_>) -> Option<Term> {
    let readings = reviewed.moment.go.iter().chain(&reviewed.moment.other_readings);
    readings.filter_map(|go| go.view.get("/sched/goroutines:goroutines")).next()
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    fn runtime(stacks: &str, sys: &str, goroutines: &str) -> String {
        format!(
            "go_memstats_heap_sys_bytes 1\ngo_memstats_heap_released_bytes <1MiB>\ngo_memstats_sys_bytes {sys}\n\
             go_memstats_stack_inuse_bytes {stacks}\ngo_goroutines {goroutines}\n"
        )
    }

    #[test]
    fn a_fifth_of_what_go_committed_or_deep_stacks_are_a_warning() {
        for (sys, goroutines) in [("<81MiB>", "100000"), ("<900MiB>", "1024")] {
            let files = [("metrics.prom", &*runtime("<16MiB>", sys, goroutines))];
            let found = check("mem.stacks", &files, &["mem.stacks"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, Some(16 << 20))]);
        }
    }

    #[test]
    fn small_shares_shallow_stacks_and_some_megabytes_are_normal() {
        for (stacks, sys, goroutines) in [
            ("<16MiB>", "<36864MiB>", "812"),
            ("<16MiB>", "<82MiB>", "1025"),
            ("<16MiB>", "<82MiB>", "0"),
            ("<16MiB-1>", "<17MiB>", "1"),
        ] {
            check("mem.stacks", &[("metrics.prom", &runtime(stacks, sys, goroutines))], &[]);
        }
    }
}
