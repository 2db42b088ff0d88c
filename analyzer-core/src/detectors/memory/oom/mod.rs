//! `mem.oom.*`: who was killed for memory, by which limit, and what filled it.
//!
//! The kernel's log tells all of it. Without one, counters tell which limit:
//! `oom` counts this group's own failures, `oom_kill` every killed process,
//! whoever ran out (measured: a kill by the pod or the machine leaves `oom` at 0).

mod claim;
mod counters;
mod events;

use super::support::list;
use crate::detectors::{Case, Detector, Rule};
use crate::report::Severity;
use crate::report::{Finding, Subject};

/// Killed by its own limit: the kubelet says so too.
pub const CGROUP: Rule = Rule {
    code: "mem.oom.cgroup",
    severity: Severity::Critical,
    title: "Killed: the container's limit was reached",
    meaning: "The kernel killed a process because the container reached its own memory limit.",
};

const ANCESTOR: Rule = Rule {
    code: "mem.oom.ancestor",
    severity: Severity::Critical,
    title: "Killed by the limit of the pod",
    meaning: "The kernel killed a process because a control group around the container reached its limit.",
};

const GLOBAL: Rule = Rule {
    code: "mem.oom.global",
    severity: Severity::Critical,
    title: "Killed: the node was out of memory",
    meaning: "The kernel killed a process because the whole machine ran out of memory.",
};

const UNKILLABLE: Rule = Rule {
    code: "mem.oom.unkillable",
    severity: Severity::Critical,
    title: "Out of memory, and nothing to kill",
    meaning: "Memory ran out at the limit and no process could be killed: allocations fail instead.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[CGROUP, ANCESTOR, GLOBAL, UNKILLABLE],
    missing_inputs: |case| {
        let has_counters = case.memory.iter().any(|reviewed| counters::counters(reviewed).is_some());
        let needs = "a kernel log (dmesg, journal), or memory.events (v1: memory.oom_control) of the cgroup";
        if case.evidence.oom.is_empty() && !has_counters { list(&[needs]) } else { Vec::new() }
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

/// The log's verdict if there is one, else that of the counters.
fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    events::of_subject(case, subject)
        .and_then(|episode| claim::by_log(case, subject, &episode))
        .or_else(|| counters::by_counters(case, subject))
}
