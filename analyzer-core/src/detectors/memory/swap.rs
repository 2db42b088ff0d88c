//! `mem.swap`: part of the program is in swap.

use super::support::{Draft, Reclaim, effect, exact, latest, least_effect, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

const SWAP: Rule = Rule {
    code: "mem.swap",
    severity: Severity::Warning,
    title: "In swap",
    meaning: "Part of the program is in swap.",
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
            " Part of it is compressed in memory (zswap), where it takes {} of kernel memory.",
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
            "{} of the container are in swap: RSS and usage say less than the program needs.{compressed}",
            text(swap.value)
        ),
        amount: exact(swap.value),
        citations: swap.from,
        against: list(&["Pages in the swap cache are counted here and as resident."]),
        advice: list(&[
            "A collection reads the whole heap back: pauses grow. Give the container the memory, or lower GOMEMLIMIT.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}
