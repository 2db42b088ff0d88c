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
    title: "Released heap is resident again (huge pages)",
    meaning: "Transparent huge pages keep heap resident, or make it resident again, after Go returned it to the kernel.",
};

const UNMAPPED: Rule = Rule {
    code: "mem.unmapped",
    severity: Severity::Warning,
    title: "Charged but not mapped by any process",
    meaning: "Anonymous memory is charged to the container but not mapped by any process: mostly partly freed huge pages.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[THP, UNMAPPED],
    missing_inputs: |case| {
        needs(case, usable, &["/proc/PID/smaps and MemStats of the same moment, or the cgroup's memory.stat"])
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
            "At least {} was returned to the kernel but is resident, huge pages hold as much, and less than half of it is LazyFree.",
            text(LEAST_EFFECT.0)
        ),
        severity: severity(reviewed, excess.value),
        confidence: Confidence::Likely,
        title: THP.title.to_owned(),
        claim: format!(
            "{} that Go returned to the kernel is still resident, and {} of the process's memory is in huge pages: the kernel makes the whole huge page resident.",
            text(excess.value),
            text(huge.value)
        ),
        amount: exact(excess.value),
        citations: (&excess + huge).from,
        against: Vec::new(),
        advice: list(&[
            "Set /sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none to 0, or transparent_hugepage/enabled to madvise.",
            "GODEBUG=disablethp=1 (Go 1.21.6 and later) keeps the Go heap out of huge pages.",
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
        "The amount fits both unmapped swap cache and partly freed huge pages."
    } else {
        "It is the rest of huge pages of which a part was freed."
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
            "{} is charged but in neither anon nor file, so it is not part of any process's figures. {cause}",
            text(unmapped.value)
        ),
        amount: exact(unmapped.value),
        citations: unmapped.from,
        against: Vec::new(),
        advice: list(&[
            "The kernel splits such huge pages only under memory pressure, and does so before it kills a process.",
            "GODEBUG=disablethp=1, or transparent_hugepage/enabled set to madvise, avoids them.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Likely, Possible};
    use crate::report::Severity::{Info, Warning};

    /// An arena of 64 MiB of which Go gave back 32 MiB.
    const METRICS: (&str, &str) = (
        "metrics.prom",
        "go_memstats_heap_sys_bytes <60MiB>\ngo_memstats_stack_inuse_bytes <4MiB>\n\
         go_memstats_heap_released_bytes <32MiB>\ngo_memstats_gc_sys_bytes 0\n",
    );

    fn smaps(resident: &str, huge: &str, lazy: &str) -> String {
        format!(
            "c000000000-c004000000 rw-p 00000000 00:00 0 [anon: Go: heap]\nSize: 65536 kB\nRss: {resident}\n\
             Anonymous: {resident}\nAnonHugePages: {huge}\nLazyFree: {lazy}\n"
        )
    }

    #[test]
    fn released_pages_that_huge_pages_hold_are_said() {
        for (max, severity) in [("max", Warning), ("<320MiB>", Warning), ("<340MiB>", Info)] {
            let smaps = smaps("<48MiB kB>", "<16MiB kB>", "<8MiB-4 kB>");
            let found = check("mem.thp", &[METRICS, ("smaps", &smaps), ("memory.max", max)], &["mem.thp"]);
            assert_eq!(verdicts(&found), [(severity, Likely, Some(16 << 20))]);
        }
    }

    #[test]
    fn fewer_pages_fewer_huge_ones_or_lazily_freed_ones_are_not() {
        for (resident, huge, lazy) in [
            ("<48MiB-4 kB>", "<32MiB kB>", "0 kB"),
            ("<48MiB kB>", "<16MiB-4 kB>", "0 kB"),
            ("<48MiB kB>", "<16MiB kB>", "<8MiB kB>"),
        ] {
            check("mem.thp", &[METRICS, ("smaps", &smaps(resident, huge, lazy))], &[]);
        }
    }

    fn stat(active: &str, swapcached: &str) -> String {
        format!(
            "anon <10MiB>\nfile <20MiB>\nfile_mapped 0\nswapcached {swapcached}\ninactive_anon 0\nactive_anon {active}\n\
             inactive_file 0\nactive_file <20MiB>\nunevictable 0\n"
        )
    }

    #[test]
    fn pages_on_the_lists_that_nothing_maps_are_half_freed_or_swap_cache() {
        for (swapcached, max, severity, confidence) in [
            ("0", "max", Warning, Likely),
            ("<16MiB-1>", "max", Warning, Likely),
            ("<16MiB>", "max", Warning, Possible),
            ("0", "<340MiB>", Info, Likely),
        ] {
            let files = [("memory.stat", &*stat("<26MiB>", swapcached)), ("memory.max", max)];
            let found = check("mem.unmapped", &files, &["mem.unmapped"]);
            assert_eq!(verdicts(&found), [(severity, confidence, Some(16 << 20))]);
        }
        check("mem.unmapped", &[("memory.stat", &*stat("<26MiB-1>", "0"))], &[]);
    }
}
