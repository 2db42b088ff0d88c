//! The verdict that counters of the control group give, without a log.

use super::{ANCESTOR, CGROUP, GLOBAL, UNKILLABLE};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::cgroup::Cgroup;
use crate::analysis::memory::term::Term;
use crate::base::units::Unit;
use crate::detectors::Case;
use crate::detectors::memory::support::{Draft, Reclaim, list, text};
use crate::report::{Amount, Confidence, Finding, Severity, Subject};

/// What a group counts of its own.
pub struct Counters {
    /// Processes killed, whoever ran out.
    kills: Term,
    /// Times that memory ran out at this group's own limit (v2 only).
    own: Option<Term>,
}

/// The counters of a moment's group.
pub fn counters(reviewed: &Reviewed<'_>) -> Option<Counters> {
    of_group(reviewed.moment.cgroup.as_ref()?)
}

fn of_group(cgroup: &Cgroup<'_>) -> Option<Counters> {
    let v2 = |key: &str| {
        cgroup.thing.get("memory.events.local", key).or_else(|| cgroup.thing.get("memory.events", key))
    };
    let kills = v2("oom_kill").or_else(|| cgroup.thing.get("memory.oom_control", "oom_kill"))?;
    Some(Counters { kills, own: v2("oom") })
}

/// The last moment with counters decides.
pub fn by_counters(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let of_subject = case.memory.iter().rev().filter(|reviewed| reviewed.moment.subject == subject.id);
    let (reviewed, counters) =
        of_subject.filter_map(|reviewed| Some((reviewed, counters(reviewed)?))).next()?;
    let own = counters.own.as_ref().map_or(0, |own| own.value);
    match (counters.kills.value > 0, own > 0) {
        (false, false) => None,
        (false, true) => unkilled(reviewed, &counters),
        (true, _) => killed(reviewed, &counters),
    }
}

fn killed(reviewed: &Reviewed<'_>, counters: &Counters) -> Option<Finding> {
    let is_own = counters.own.as_ref().is_none_or(|own| own.value > 0);
    let outer =
        reviewed.moment.ancestors.iter().find_map(|group| of_group(group)?.own.filter(|own| own.value > 0));
    let limit =
        reviewed.moment.limit().map_or_else(String::new, |limit| format!(" of {}", text(limit.value)));
    let (rule, title, why) = match (is_own, &outer) {
        (true, _) => (CGROUP, CGROUP.title, format!("memory ran out at the container's own limit{limit}")),
        (false, Some(_)) => (
            ANCESTOR,
            ANCESTOR.title,
            "memory ran out at the limit of a group around it, not at its own".to_owned(),
        ),
        (false, None) => (
            GLOBAL,
            "Killed, not by its own limit",
            "the container's own limit was never the cause (oom is 0): the pod or the whole machine ran out"
                .to_owned(),
        ),
    };
    // Version 1 counts kills alone: the limit is likely, not proven.
    let is_proven = counters.own.is_some() && (is_own || outer.is_some());
    let citations = [Some(counters.kills.clone()), counters.own.clone(), outer, reviewed.moment.limit()]
        .into_iter()
        .flatten()
        .flat_map(|term| term.from)
        .collect();
    let draft = Draft {
        rule,
        reclaim: None,
        condition: "The group counts killed processes, or that memory ran out at its limit.".to_owned(),
        severity: Severity::Critical,
        confidence: if is_proven { Confidence::Certain } else { Confidence::Likely },
        title: title.to_owned(),
        claim: format!("The kernel killed {} in this container: {why}.", times(counters.kills.value)),
        amount: Some(Amount { value: counters.kills.value, low: None, high: None, unit: Unit::Count }),
        citations,
        against: list(&["Group kills count the first process twice, and kills by the node count here too."]),
        advice: list(&[
            "The kernel's log (dmesg, journal of the node) says who was killed and what filled the limit.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

fn times(kills: i64) -> String {
    if kills == 1 { "a process".to_owned() } else { format!("processes (counted {kills} times)") }
}

fn unkilled(reviewed: &Reviewed<'_>, counters: &Counters) -> Option<Finding> {
    let own = counters.own.as_ref()?;
    let draft = Draft {
        rule: UNKILLABLE,
        reclaim: Some(Reclaim::Stays),
        condition: "Memory ran out at the limit (oom), and no process was killed (oom_kill).".to_owned(),
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        title: "Out of memory, and nothing was killed".to_owned(),
        claim: format!(
            "Memory ran out at the limit {} times, and no process was killed: allocations fail instead.",
            own.value
        ),
        amount: Some(Amount { value: own.value, low: None, high: None, unit: Unit::Count }),
        citations: [own.from.clone(), counters.kills.from.clone()].concat(),
        against: list(&["An allocation that may fail counts too, without harm."]),
        advice: list(&[
            "See oom_score_adj of the processes: −1000 protects from the kill, not from failing allocations.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}
