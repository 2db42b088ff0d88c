//! `mem.swap`: part of the program is in swap.

use super::support::{Draft, Reclaim, effect, exact, latest, least_effect, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

const SWAP: Rule = Rule {
    code: "mem.swap",
    severity: Severity::Warning,
    title: "Memory in swap",
    meaning: "Part of the program's memory is swapped out.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SWAP],
    missing_inputs: |case| {
        needs(case, usable, &["memory.swap.current (v1: memory.stat), or /proc/PID/smaps or status"])
    },
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    swap(reviewed).is_some()
}

fn swap(reviewed: &Reviewed<'_>) -> Option<Term> {
    let of_cgroup = reviewed.moment.cgroup.as_ref().and_then(|cgroup| cgroup.swap.clone());
    of_cgroup.or_else(|| reviewed.moment.process.as_ref()?.swap.clone())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let swap = swap(reviewed)?;
    if swap.value < least_effect(reviewed) {
        return None;
    }
    let zswap = reviewed
        .moment
        .cgroup
        .as_ref()
        .and_then(|cgroup| {
            cgroup.kernel_parts.iter().find(|(key, _)| *key == "zswap").map(|(_, term)| term.clone())
        })
        .filter(|zswap| zswap.value > 0);
    let compressed = zswap.as_ref().map_or_else(String::new, |zswap| {
        format!(
            " Part of it is compressed in memory (zswap) and takes {} of kernel memory.",
            text(zswap.value)
        )
    });
    let draft = Draft {
        rule: SWAP,
        reclaim: Some(Reclaim::NotCharged),
        condition: format!("Swap in use is at least {}.", effect(reviewed)),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: SWAP.title.to_owned(),
        claim: format!(
            "{} of the container's memory is in swap: RSS and usage understate what the program needs.{compressed}",
            text(swap.value)
        ),
        amount: exact(swap.value),
        citations: swap.from,
        against: list(&["Pages in the swap cache are counted both here and as resident."]),
        advice: list(&[
            "Each garbage collection reads the whole heap back from swap, which slows it down. Raise the container's memory limit, or lower GOMEMLIMIT.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    #[test]
    fn swap_of_the_group_or_of_the_process_is_said_from_the_least_effect_on() {
        let status = "Name:\tapp\nVmRSS:\t4 kB\nVmSwap:\t<16MiB kB>\nThreads:\t1\n";
        let group = [("memory.current", "4096"), ("memory.swap.current", "<16MiB>")];
        for files in [&group[..], &[("status", status)]] {
            let found = check("mem.swap", files, &["mem.swap"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, Some(16 << 20))]);
        }
    }

    #[test]
    fn less_is_not() {
        for (swap, max) in [("<16MiB-1>", "max"), ("<50MiB-1>", "<1000MiB>")] {
            let files = [("memory.current", "4096"), ("memory.swap.current", swap), ("memory.max", max)];
            check("mem.swap", &files, &[]);
        }
    }

    #[test]
    fn what_zswap_keeps_in_memory_is_told_apart() {
        for (zswap, is_told) in [("0", false), ("<4MiB>", true)] {
            let stat = format!("anon 0\nfile 0\nfile_mapped 0\nzswap {zswap}\n");
            let files = [("memory.swap.current", "<16MiB>"), ("memory.stat", &*stat)];
            let found = check("mem.swap", &files, &["mem.swap"]);
            assert!(found.iter().all(|finding| finding.claim.contains("zswap") == is_told));
        }
    }
}
