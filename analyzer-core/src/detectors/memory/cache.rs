//! `mem.cache.dominant`: much of the charge is page cache. Not a leak, ever.

use super::support::{
    Draft, Reclaim, effect, event, exact, latest, least_effect, list, needs, percent, share_text, text,
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
    meaning: "Much of the charge is page cache, which the kernel reclaims under pressure. It is not a leak.",
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
        format!(" kubectl top shows {}: it does not count inactive page cache.", text(set.value))
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
            "{} of the {} charged ({}) is page cache of files that were read or written.{seen}",
            text(cache.value),
            text(usage.value),
            share_text(cache.value, usage.value),
        ),
        amount: exact(cache.value),
        citations,
        against: match hits {
            Some(hits) if hits.value > 0 => vec![format!(
                "The limit was hit {} times: if the same files are read repeatedly, they may not fit in the cache.",
                hits.value
            )],
            _ => Vec::new(),
        },
        advice: list(&[
            "This is not a leak and no reason to raise the limit: the kernel drops page cache before it kills a process.",
            "Set alerts on the working set, not on usage.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Info;

    fn stat(file: &str) -> String {
        format!("anon 0\nfile {file}\nfile_mapped 0\nshmem <2MiB>\n")
    }

    #[test]
    fn page_cache_without_shared_memory_explains_the_charge_from_thirty_percent_on() {
        for (current, file, amount) in [("<100MiB>", "<32MiB>", 30 << 20), ("<40MiB>", "<18MiB>", 16 << 20)] {
            let files = [("memory.current", current), ("memory.stat", &stat(file))];
            let found = check("mem.cache", &files, &["mem.cache.dominant"]);
            assert_eq!(verdicts(&found), [(Info, Certain, Some(amount))]);
        }
    }

    #[test]
    fn less_than_the_share_or_the_least_effect_is_not_said() {
        for (current, file, max) in [
            ("<100MiB>", "<32MiB-1>", "max"),
            ("<40MiB>", "<18MiB-1>", "max"),
            ("<100MiB>", "<52MiB-1>", "<1000MiB>"),
        ] {
            let files = [("memory.current", current), ("memory.stat", &stat(file)), ("memory.max", max)];
            check("mem.cache", &files, &[]);
        }
    }

    #[test]
    fn hits_of_the_limit_speak_against_it() {
        for (hits, count) in [("0", 0), ("7", 1)] {
            let events = format!("low 0\nhigh 0\nmax {hits}\noom 0\noom_kill 0\n");
            let files = [
                ("memory.current", "<100MiB>"),
                ("memory.stat", &stat("<40MiB>")),
                ("memory.events", &events),
            ];
            let found = check("mem.cache", &files, &["mem.cache.dominant"]);
            assert!(found.iter().all(|finding| finding.against.len() == count));
        }
    }
}
