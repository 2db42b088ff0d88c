//! `mem.thp`: huge pages keep or refill memory that Go gave back.

use super::support::{
    Draft, LEAST_EFFECT, Reclaim, arena_excess, exact, latest, least_effect, list, needs, text,
};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

const THP: Rule = Rule {
    code: "mem.thp",
    severity: Severity::Warning,
    title: "Huge pages refill released heap",
    meaning: "Transparent huge pages keep or refill heap that Go returned to the kernel.",
};

const UNMAPPED: Rule = Rule {
    code: "mem.unmapped",
    severity: Severity::Info,
    title: "Charged, and mapped nowhere",
    meaning: "Anonymous memory is charged to the container and mapped by no process: mostly half-freed huge pages.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[THP, UNMAPPED],
    missing_inputs: |case| {
        needs(
            case,
            usable,
            &["/proc/PID/smaps with MemStats of the same moment, or memory.stat of the cgroup"],
        )
    },
    detect: |case: &Case<'_>| {
        let latest = latest(case, usable);
        latest.into_iter().flat_map(|reviewed| [refilled(reviewed), half_freed(reviewed)]).flatten().collect()
    },
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    let unmapped = reviewed.moment.cgroup.as_ref().and_then(|cgroup| cgroup.unmapped());
    arena_excess(reviewed).is_some() || unmapped.is_some()
}

fn severity(reviewed: &Reviewed<'_>, amount: i64) -> Severity {
    if amount >= least_effect(reviewed) { Severity::Warning } else { Severity::Info }
}

/// Pages that Go gave back are resident again: khugepaged filled huge pages.
fn refilled(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let excess = arena_excess(reviewed)?;
    let process = reviewed.moment.process.as_ref()?;
    let huge = process.anon_huge.as_ref()?;
    let lazy = process.lazy_free.as_ref().map_or(0, |lazy| lazy.value);
    if excess.value < LEAST_EFFECT.0 || huge.value < excess.value || lazy >= excess.value / 2 {
        return None;
    }
    let draft = Draft {
        rule: THP,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Pages that were given back and are resident are at least {}, huge pages hold as much, and less than half of it is LazyFree.",
            text(LEAST_EFFECT.0)
        ),
        severity: severity(reviewed, excess.value),
        confidence: Confidence::Likely,
        title: THP.title.to_owned(),
        claim: format!(
            "{} that Go gave back are resident all the same, and {} of the process are in huge pages: the kernel fills a huge page whole.",
            text(excess.value),
            text(huge.value)
        ),
        amount: exact(excess.value),
        citations: (&excess + huge).from,
        against: Vec::new(),
        advice: list(&[
            "Set /sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none to 0, or huge pages to madvise.",
            "GODEBUG=disablethp=1 (1.21.6 and later) keeps the Go heap out of huge pages.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

/// Halves of huge pages that were given back stay charged, in no mapping.
fn half_freed(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let unmapped = cgroup.unmapped()?;
    let cached = cgroup.swapcached.as_ref().map_or(0, |cached| cached.value);
    if unmapped.value < LEAST_EFFECT.0 {
        return None;
    }
    let is_swap_cache = cached >= unmapped.value;
    let cause = if is_swap_cache {
        "Swap cache that no process maps fits the size; so do halves of huge pages that were given back."
    } else {
        "They are halves of huge pages of which the other half was given back."
    };
    let draft = Draft {
        rule: UNMAPPED,
        reclaim: Some(Reclaim::Reclaimable),
        condition: format!(
            "The LRU lists hold at least {} more than anonymous memory and page cache.",
            text(LEAST_EFFECT.0)
        ),
        severity: severity(reviewed, unmapped.value),
        confidence: if is_swap_cache { Confidence::Possible } else { Confidence::Likely },
        title: UNMAPPED.title.to_owned(),
        claim: format!(
            "{} are charged and are in neither anon nor file, so that no process shows them. {cause}",
            text(unmapped.value)
        ),
        amount: exact(unmapped.value),
        citations: unmapped.from,
        against: Vec::new(),
        advice: list(&[
            "The kernel splits such huge pages only under pressure; it does so before it kills.",
            "GODEBUG=disablethp=1 or huge pages on madvise avoid them.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}
