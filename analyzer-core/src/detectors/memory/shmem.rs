//! `mem.shmem`: tmpfs, memfd and shared mappings fill the container.

use super::support::{
    Draft, Reclaim, effect, exact, latest, least_effect, list, needs, percent, share_text, text,
};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the limit from which shared memory is worth a warning.
const LEAST_LIMIT_PERCENT: i64 = 10;

const SHMEM: Rule = Rule {
    code: "mem.shmem",
    severity: Severity::Warning,
    title: "Shared memory and tmpfs",
    meaning: "tmpfs, memfd and shared mappings fill much of the limit. Restarting the process does not free tmpfs files.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SHMEM],
    missing_inputs: |case| needs(case, usable, &["the cgroup's memory.stat"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| cgroup.shmem.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let shmem = cgroup.shmem.as_ref()?;
    let limit = reviewed.moment.limit();
    let of_limit = limit.as_ref().map_or(0, |limit| percent(limit.value, LEAST_LIMIT_PERCENT));
    if shmem.value < least_effect(reviewed).max(of_limit) {
        return None;
    }
    let against_limit = limit
        .map_or_else(String::new, |limit| format!(", {} of the limit", share_text(shmem.value, limit.value)));
    let draft = Draft {
        rule: SHMEM,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Shared memory is at least {} and {LEAST_LIMIT_PERCENT}% of the limit.",
            effect(reviewed)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: SHMEM.title.to_owned(),
        claim: format!(
            "{} of the container's memory is tmpfs or shared memory{against_limit}.",
            text(shmem.value)
        ),
        amount: exact(shmem.value),
        citations: shmem.from.clone(),
        against: list(&["If a sidecar maps the same file, either container may be charged for it."]),
        advice: list(&[
            "It stays charged after the process exits, until the file or the volume is deleted.",
            "Check emptyDir volumes with medium: Memory (set a sizeLimit), /dev/shm, and memfd_create.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    fn stat(shmem: &str) -> String {
        format!("anon 0\nfile {shmem}\nfile_mapped 0\nshmem {shmem}\n")
    }

    #[test]
    fn shared_memory_is_said_from_a_tenth_of_the_limit_on() {
        for (shmem, max, amount) in [("<16MiB>", "max", 16 << 20), ("<20MiB>", "<200MiB>", 20 << 20)] {
            let files = [("memory.stat", &*stat(shmem)), ("memory.max", max)];
            let found = check("mem.shmem", &files, &["mem.shmem"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, Some(amount))]);
        }
    }

    #[test]
    fn less_is_not() {
        for (shmem, max) in [("<16MiB-1>", "max"), ("<20MiB-1>", "<200MiB>")] {
            check("mem.shmem", &[("memory.stat", &*stat(shmem)), ("memory.max", max)], &[]);
        }
    }
}
