//! `mem.lazyfree`: pages that were given back and not yet taken.

use super::support::{Draft, Reclaim, effect, exact, latest, least_effect, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

const LAZYFREE: Rule = Rule {
    code: "mem.lazyfree",
    severity: Severity::Info,
    title: "Freed with MADV_FREE, still resident",
    meaning: "Pages freed with MADV_FREE stay resident until the kernel needs them.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[LAZYFREE],
    missing_inputs: |case| needs(case, usable, &["/proc/PID/smaps or smaps_rollup of the process"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.process.as_ref().is_some_and(|process| process.lazy_free.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let lazy = reviewed.moment.process.as_ref()?.lazy_free.as_ref()?;
    if lazy.value < least_effect(reviewed) {
        return None;
    }
    let draft = Draft {
        rule: LAZYFREE,
        reclaim: Some(Reclaim::Reclaimable),
        condition: format!("LazyFree is at least {}.", effect(reviewed)),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: LAZYFREE.title.to_owned(),
        claim: format!(
            "{} was freed with MADV_FREE: it still counts as resident and charged, but the kernel reclaims it first.",
            text(lazy.value)
        ),
        amount: exact(lazy.value),
        citations: lazy.from.clone(),
        against: Vec::new(),
        advice: list(&[
            "GODEBUG=madvdontneed=0 or a C allocator causes this. Go's default since 1.16 (madvdontneed=1) returns pages immediately.",
            "Usage and RSS include these pages, the working set does not. It is not a leak.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Info;

    fn rollup(lazy: &str) -> String {
        format!("00400000-7fff00000000 ---p 00000000 00:00 0 [rollup]\nRss: <64MiB kB>\nLazyFree: {lazy}\n")
    }

    #[test]
    fn lazily_freed_pages_are_said_from_the_least_effect_on() {
        let found = check("mem", &[("smaps_rollup", &*rollup("<16MiB kB>"))], &["mem.lazyfree"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some(16 << 20))]);
        for (lazy, max) in [("<16MiB-4 kB>", "max"), ("<48MiB kB>", "<1000MiB>")] {
            check("mem", &[("smaps_rollup", &*rollup(lazy)), ("memory.max", max)], &[]);
        }
    }
}
