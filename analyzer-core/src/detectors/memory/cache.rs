//! `mem.cache.dominant`: much of the charge is page cache. Not a leak, ever.

use super::support::{
    Draft, Reclaim, effect, event, exact, latest, least_effect, list, needs, percent, share_of, text,
};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the charge from which page cache explains the figure.
const LEAST_SHARE_PERCENT: i64 = 30;

const DOMINANT: Rule = Rule {
    code: "mem.cache.dominant",
    severity: Severity::Info,
    title: "Page cache",
    meaning: "Much of the charge is page cache, which the kernel reclaims under pressure: no leak.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[DOMINANT],
    missing_inputs: |case| {
        needs(case, usable, &["memory.current (v1: memory.usage_in_bytes) and memory.stat of the cgroup"])
    },
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| cgroup.usage.is_some() && cgroup.file.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let usage = cgroup.usage.as_ref()?;
    let cache = cgroup.file.as_ref()? - cgroup.shmem.as_ref()?;
    if cache.value < least_effect(reviewed) || cache.value < percent(usage.value, LEAST_SHARE_PERCENT) {
        return None;
    }
    let working_set = cgroup.working_set();
    let seen = working_set.as_ref().map_or_else(String::new, |set| {
        format!(" kubectl top shows {}: it leaves out what is inactive.", text(set.value))
    });
    let mut citations = (&cache + usage).from;
    citations.extend(working_set.into_iter().flat_map(|set| set.from));
    citations.dedup();
    let hits = event(reviewed, "max").or_else(|| cgroup.thing.get("memory.failcnt", ""));
    let draft = Draft {
        rule: DOMINANT,
        reclaim: Some(Reclaim::Reclaimable),
        condition: format!(
            "Page cache is at least {} and {LEAST_SHARE_PERCENT}% of the charge.",
            effect(reviewed)
        ),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: DOMINANT.title.to_owned(),
        claim: format!(
            "{} of the {} charged ({}%) is page cache of files that were read or written.{seen}",
            text(cache.value),
            text(usage.value),
            share_of(cache.value, usage.value),
        ),
        amount: exact(cache.value),
        citations,
        against: match hits {
            Some(hits) if hits.value > 0 => vec![format!(
                "The limit was hit {} times: if the same files are read again and again, they may not fit.",
                hits.value
            )],
            _ => Vec::new(),
        },
        advice: list(&[
            "It is no leak, and no reason to raise the limit: the kernel drops it before it kills.",
            "Alert on the working set, not on usage.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}
