//! `mem.oom.*`: who was killed for memory, by which limit, and what filled it.
//!
//! The kernel's log tells all of it. Without one, counters tell which limit:
//! `oom` counts this group's own failures, `oom_kill` every killed process,
//! whoever ran out (measured: a kill by the pod or the machine leaves `oom` at 0).

mod claim;
mod counters;
mod events;

use super::mem_support::list;
use super::{Case, Detector};
use crate::report::{Finding, Subject};

/// The rules.
pub const DETECTOR: Detector = Detector {
    code: "mem.oom",
    lacks: |case| {
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
