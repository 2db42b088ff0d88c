//! `mem.oom.*`: who was killed for memory, by which limit, and what filled it.
//!
//! The kernel's log tells all of it, as far as it is whole. Without one, counters tell
//! of kills: `oom` counts this group's own failures, `oom_kill` every killed process,
//! whoever ran out (measured: a kill by the pod or the machine leaves `oom` at 0).

mod cause;
mod claim;
mod counters;
mod events;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words;

use super::support::list;
use crate::detectors::{Case, Detector, Rule};
use crate::report::Severity;
use crate::report::{Finding, Subject};

/// Killed by its own limit: the kubelet says so too.
pub const CGROUP: Rule = Rule {
    code: "mem.oom.cgroup",
    severity: Severity::Critical,
    title: "OOM-killed: the container reached its memory limit",
    meaning: "The kernel killed a process because the container reached its own memory limit.",
};

const ANCESTOR: Rule = Rule {
    code: "mem.oom.ancestor",
    severity: Severity::Critical,
    title: "OOM-killed: the pod reached its memory limit",
    meaning: "The kernel killed a process because a parent cgroup of the container (usually the pod) reached its limit.",
};

/// Killed because the whole machine ran out.
pub const GLOBAL: Rule = Rule {
    code: "mem.oom.global",
    severity: Severity::Critical,
    title: "OOM-killed: the node ran out of memory",
    meaning: "The kernel killed a process because the whole machine ran out of memory.",
};

const UNKILLABLE: Rule = Rule {
    code: "mem.oom.unkillable",
    severity: Severity::Critical,
    title: "Out of memory, but nothing could be killed",
    meaning: "Memory ran out at the limit, but no process could be killed: allocations fail instead.",
};

/// Killed, and whose limit it was is not told.
pub const UNKNOWN: Rule = Rule {
    code: "mem.oom.unknown",
    severity: Severity::Critical,
    title: "OOM-killed: whose limit is unknown",
    meaning: "Memory ran out, and the inputs do not show whether the container, a parent cgroup or the machine reached its limit.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[CGROUP, ANCESTOR, GLOBAL, UNKILLABLE, UNKNOWN],
    missing_inputs: |case| {
        let needs =
            "a kernel log (dmesg, journalctl -k), or the cgroup's memory.events (v1: memory.oom_control)";
        if case.evidence.oom.is_empty() && !counters::are_there(case) { list(&[needs]) } else { Vec::new() }
    },
    detect: |case: &Case<'_>| case.analysis.subjects.iter().flat_map(|subject| find(case, subject)).collect(),
};

/// The log's verdict on every kill; without one of the subject's own, that of the counters too.
fn find(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let episodes = events::of_subject(case, subject);
    let told = episodes.iter().filter_map(|episode| claim::by_log(case, subject, episode));
    let mut findings: Vec<Finding> = told.collect();
    if !episodes.iter().any(|episode| episode.is_own) {
        findings.extend(counters::by_counters(case, subject));
    }
    findings
}
