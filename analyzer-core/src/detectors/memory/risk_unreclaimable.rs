//! `mem.risk.unreclaimable`: what the kernel cannot take back nearly fills the limit.

use super::support::{Draft, Reclaim, exact, latest, list, needs, percent, share_text, swap_room, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::cgroup::Cgroup;
use crate::analysis::memory::term::Term;
use crate::base::order::StableOrder;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the limit from which too little room is left: Go's guide asks for 5 to 10 percent.
const LEAST_LIMIT_PERCENT: i64 = 90;

/// Share of the limit from which the next allocation may be the last.
const CRITICAL_PERCENT: i64 = 97;

/// Share of it from which garbage changes the verdict.
const GARBAGE_PERCENT: i64 = 20;

const UNRECLAIMABLE: Rule = Rule {
    code: "mem.risk.unreclaimable",
    severity: Severity::Critical,
    title: "Little headroom below the limit",
    meaning: "Memory that the kernel cannot reclaim nearly fills the limit.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[UNRECLAIMABLE],
    missing_inputs: |case| {
        needs(
            case,
            usable,
            &["the cgroup's memory.stat and memory limit (memory.max; v1: memory.limit_in_bytes)"],
        )
    },
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    let limited = reviewed.moment.limit().is_some();
    limited && reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| unreclaimable(cgroup).is_some())
}

/// Anonymous and shared memory, kernel memory that no shrinker frees, socket
/// buffers and locked pages. Lazily freed pages are the kernel's for the taking.
pub fn unreclaimable(cgroup: &Cgroup<'_>) -> Option<Term> {
    let mut sum = cgroup.anon.as_ref()? + cgroup.shmem.as_ref()?;
    for part in [&cgroup.kernel, &cgroup.sock].into_iter().flatten() {
        sum = &sum + part;
    }
    if let Some(slab) = &cgroup.slab_reclaimable {
        sum = &sum - slab;
    }
    Some(sum)
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let limit = reviewed.moment.limit()?;
    let mut stays = unreclaimable(cgroup)?;
    if let Some(lazy) = reviewed.moment.process.as_ref().and_then(|process| process.lazy_free.as_ref()) {
        stays = &stays - lazy;
    }
    // Anonymous memory can go to swap while there is room.
    if stays.value - swap_room(reviewed) < percent(limit.value, LEAST_LIMIT_PERCENT) {
        return None;
    }
    let garbage = garbage(reviewed).filter(|garbage| *garbage >= percent(stays.value, GARBAGE_PERCENT));
    let is_critical = garbage.is_none() && stays.value >= percent(limit.value, CRITICAL_PERCENT);
    let draft = Draft {
        rule: UNRECLAIMABLE,
        reclaim: Some(Reclaim::Stays),
        condition: format!("Memory that cannot be reclaimed, minus free swap, reaches {LEAST_LIMIT_PERCENT}% of the limit; critical from {CRITICAL_PERCENT}%, unless {GARBAGE_PERCENT}% of it is garbage."),
        severity: if is_critical { Severity::Critical } else { Severity::Warning },
        confidence: Confidence::Certain,
        title: UNRECLAIMABLE.title.to_owned(),
        claim: format!(
            "{} of the {} limit ({}) is memory that the kernel cannot reclaim: {}.",
            text(stays.value),
            text(limit.value),
            share_text(stays.value, limit.value),
            parts(cgroup),
        ),
        amount: exact(stays.value),
        citations: (&stays + &limit).from,
        against: garbage.map_or_else(Vec::new, |garbage| {
            vec![format!("Up to {} of it is garbage or new objects: only Go's next garbage collection can free the garbage.", text(garbage))]
        }),
        advice: list(&[
            "Raise the limit, or reduce the largest item in this list. There is almost no page cache left to reclaim.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

/// Heap that the last collection did not find live.
fn garbage(reviewed: &Reviewed<'_>) -> Option<i64> {
    let alloc = reviewed.moment.go.as_ref()?.heap_alloc.as_ref()?;
    Some(alloc.value - reviewed.moment.live()?.value)
}

/// The parts, the largest first.
fn parts(cgroup: &Cgroup<'_>) -> String {
    let named = [
        ("anonymous", &cgroup.anon),
        ("shared memory", &cgroup.shmem),
        ("kernel", &cgroup.kernel),
        ("sockets", &cgroup.sock),
    ];
    let mut parts: Vec<(i64, &str)> = named
        .into_iter()
        .filter_map(|(name, term)| term.as_ref().map(|term| (term.value, name)))
        .filter(|(value, _)| *value >= 1 << 20)
        .collect();
    parts.order_by(|a, b| b.cmp(a));
    parts.iter().map(|(value, name)| format!("{name} {}", text(*value))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Critical, Warning};

    /// 20 MiB that stay beside anonymous memory: shared, kernel without
    /// reclaimable slab, sockets.
    fn stat(anon: &str) -> String {
        format!(
            "anon {anon}\nfile <50MiB>\nfile_mapped 0\nshmem <8MiB>\nkernel <9MiB>\nslab_reclaimable <2MiB>\n\
             slab_unreclaimable 0\nsock <5MiB>\n"
        )
    }

    const MAX: (&str, &str) = ("memory.max", "<100MiB>");

    #[test]
    fn what_stays_is_a_risk_from_ninety_percent_and_critical_from_ninety_seven() {
        for (anon, severity, stays) in [
            ("<70MiB>", Warning, 90 << 20),
            ("<77MiB-1>", Warning, (97 << 20) - 1),
            ("<77MiB>", Critical, 97 << 20),
        ] {
            let files = [("memory.stat", &*stat(anon)), MAX];
            let found = check("mem.risk", &files, &["mem.risk.unreclaimable"]);
            assert_eq!(verdicts(&found), [(severity, Certain, Some(stays))]);
        }
        check("mem.risk", &[("memory.stat", &*stat("<70MiB-1>")), MAX], &[]);
    }

    #[test]
    fn pages_freed_lazily_and_room_in_swap_do_not_count() {
        let rollup = |lazy: &str| {
            format!(
                "00400000-7fff00000000 ---p 00000000 00:00 0 [rollup]\nRss: <75MiB kB>\nAnonymous: <75MiB kB>\nLazyFree: {lazy}\n"
            )
        };
        let stat = stat("<75MiB>");
        for (lazy, codes) in [("<5MiB kB>", &["mem.risk.unreclaimable"][..]), ("<6MiB kB>", &[])] {
            let files = [("memory.stat", &*stat), MAX, ("smaps_rollup", &rollup(lazy))];
            check("mem.risk", &files, codes);
        }
        let swap = |most| [("memory.stat", &*stat), MAX, ("memory.swap.max", most)];
        check("mem.risk", &swap("<5MiB>"), &["mem.risk.unreclaimable"]);
        check("mem.risk", &swap("<5MiB+1>"), &[]);
    }

    #[test]
    fn a_fifth_of_garbage_makes_it_less_than_critical() {
        let stat = stat("<80MiB>");
        for (live, severity) in [("<50MiB>", Warning), ("<51MiB>", Critical)] {
            let metrics = format!(
                "go_memstats_heap_sys_bytes <80MiB>\ngo_memstats_heap_alloc_bytes <70MiB>\ngo_gc_heap_live_bytes {live}\n"
            );
            let files = [("memory.stat", &*stat), MAX, ("metrics.prom", &*metrics)];
            let found = check("mem.risk.unreclaimable", &files, &["mem.risk.unreclaimable"]);
            assert_eq!(verdicts(&found), [(severity, Certain, Some(100 << 20))]);
        }
    }
}
