//! The verdict that counters of the control group give, without a log.
//!
//! They say that processes were killed. Whose limit it was, version 2 tells for the
//! group's own (`oom`), and version 1 does not.

use super::{ANCESTOR, CGROUP, UNKILLABLE, UNKNOWN};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::{Term, View};
use crate::analysis::memory::things::{Thing, Things};
use crate::base::source::SourceId;
use crate::detectors::memory::support::{Draft, Reclaim, list, text};
use crate::detectors::{Case, Rule};
use crate::evidence::memory::UNLIMITED;
use crate::report::{Amount, Confidence, Counted, Finding, Severity, Subject};

/// What a group counts of its own.
struct Counters {
    /// Processes killed, whoever ran out.
    kills: Term,
    /// Times that memory ran out at this group's own limit (v2 only).
    own: Option<Term>,
    /// True if `own` leaves groups within this one out.
    is_local: bool,
    /// Times that the limit was hit.
    hits: Option<Term>,
    /// Group kills (v2).
    group_kills: i64,
    limit: Option<Term>,
    peak: Option<Term>,
    /// True if the group's tasks wait for memory because the kill is disabled (v1).
    is_stopped: bool,
}

impl Counters {
    fn of(thing: &Thing<'_>) -> Option<Self> {
        let local = |key: &str| thing.get("memory.events.local", key);
        let v2 = |key: &str| local(key).or_else(|| thing.get("memory.events", key));
        let control = |key: &str| thing.get("memory.oom_control", key);
        let is_set = |key: &str| control(key).is_some_and(|term| term.value == 1);
        let number = |file: &str| thing.get(file, "");
        let is_finite = |limit: &Term| limit.value < UNLIMITED / 2;
        let is_stopped = is_set("under_oom") && is_set("oom_kill_disable");
        let stopped = || control("under_oom").filter(|_| is_stopped).map(|term| term.with_value(0));
        Some(Self {
            kills: v2("oom_kill").or_else(|| control("oom_kill")).or_else(stopped)?,
            own: v2("oom"),
            is_local: local("oom").is_some(),
            hits: v2("max").or_else(|| number("memory.failcnt")),
            group_kills: v2("oom_group_kill").map_or(0, |term| term.value),
            limit: number("memory.max").or_else(|| number("memory.limit_in_bytes")).filter(is_finite),
            peak: number("memory.peak").or_else(|| number("memory.max_usage_in_bytes")),
            is_stopped,
        })
    }
}

/// The counters of the last moment that has some, with that moment; a group's
/// counters alone make no moment.
fn of_subject<'r>(case: &'r Case<'_>, subject: &Subject) -> Option<(Counters, Option<&'r Reviewed<'r>>)> {
    let moments = case.memory.iter().rev().filter(|reviewed| reviewed.moment.subject == subject.id);
    let of_moment = |reviewed: &'r Reviewed<'_>| {
        Some((Counters::of(&reviewed.moment.cgroup.as_ref()?.thing)?, Some(reviewed)))
    };
    moments.filter_map(of_moment).next().or_else(|| {
        let things = things(case, subject);
        let mut groups: Vec<&Thing<'_>> = things.cgroups.iter().collect();
        groups.sort_by_key(|thing| (!thing.place.level.is_empty(), thing.place.level));
        groups.into_iter().find_map(|thing| Some((Counters::of(thing)?, None)))
    })
}

fn things<'c>(case: &Case<'c>, subject: &Subject) -> Things<'c> {
    let sources: Vec<SourceId> = subject.sources().collect();
    Things::of(case.evidence, &sources)
}

/// Containers of which cAdvisor counted kills.
fn measured<'c>(case: &Case<'c>, subject: &Subject) -> Vec<(View<'c>, Term)> {
    let containers = things(case, subject).containers;
    let kills = |view: View<'c>| Some((view, view.get("container_oom_events_total")?));
    containers.into_iter().filter_map(kills).collect()
}

/// True if any input counts kills.
pub fn are_there(case: &Case<'_>) -> bool {
    let has = |subject: &Subject| of_subject(case, subject).is_some() || !measured(case, subject).is_empty();
    case.analysis.subjects.iter().any(has)
}

/// What counters say of a subject.
pub fn by_counters(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let of_group = of_subject(case, subject).and_then(|(counters, reviewed)| {
        let draft = match (counters.kills.value > 0, counters.own.as_ref().is_some_and(|own| own.value > 0)) {
            _ if counters.is_stopped => stopped(&counters),
            (false, false) => return None,
            (false, true) => unkilled(&counters)?,
            (true, _) => killed(&counters, reviewed),
        };
        draft.about(subject.id)
    });
    let of_metrics = measured(case, subject).into_iter().filter(|(_, kills)| kills.value > 0);
    let of_metrics = of_metrics.filter_map(|(view, kills)| by_metrics(&view, kills).about(subject.id));
    of_group.into_iter().chain(of_metrics).collect()
}

/// Whose limit the counters point at, how sure that is, and why.
struct Verdict {
    rule: Rule,
    confidence: Confidence,
    why: String,
}

impl Verdict {
    fn of(counters: &Counters, outer: Option<&(Term, bool)>, limit: Option<&Term>) -> Self {
        let height = limit.map_or_else(String::new, |limit| format!(" of {}", text(limit.value)));
        let new = |rule, confidence, why| Self { rule, confidence, why };
        match (&counters.own, outer) {
            (Some(own), _) if own.value > 0 => {
                let is_covered = counters.kills.value <= own.value || counters.group_kills > 0;
                let confidence = if is_covered { Confidence::Certain } else { Confidence::Likely };
                new(CGROUP, confidence, format!("memory ran out at the container's own limit{height}"))
            }
            (Some(_), Some((_, is_local))) => {
                let confidence = if *is_local { Confidence::Certain } else { Confidence::Likely };
                let why = "memory ran out at the limit of a parent cgroup, not at its own";
                new(ANCESTOR, confidence, why.to_owned())
            }
            (Some(_), None) => new(UNKNOWN, Confidence::Likely, not_own(counters, limit)),
            (None, _) => Self::of_version_1(counters, &height),
        }
    }

    /// Version 1 counts kills alone; whether its limit was ever hit is counted beside.
    fn of_version_1(counters: &Counters, height: &str) -> Self {
        match counters.hits.as_ref().map(|hits| hits.value) {
            Some(0) => Self {
                rule: UNKNOWN,
                confidence: Confidence::Likely,
                why: "the container's own limit was never hit (memory.failcnt is 0), so either a parent cgroup or the machine ran out; these counters do not show which".to_owned(),
            },
            Some(hits) => Self {
                rule: CGROUP,
                confidence: Confidence::Likely,
                why: format!("its own limit{height} was hit {}", times(hits)),
            },
            None => Self {
                rule: UNKNOWN,
                confidence: Confidence::Likely,
                why: "memory.oom_control does not show whose limit was reached: its own, a parent cgroup's, or none, if the node ran out".to_owned(),
            },
        }
    }
}

/// `oom` is zero, and no group around it was captured that ran out.
fn not_own(counters: &Counters, limit: Option<&Term>) -> String {
    let at_limit = counters.peak.as_ref().zip(limit).is_some_and(|(peak, limit)| peak.value >= limit.value);
    let hint = if at_limit {
        ". Its peak is as high as its own limit, which suggests a parent cgroup with the same limit"
    } else {
        ""
    };
    format!(
        "not at its own limit (oom is 0). A parent cgroup (the pod) or the node ran out; these counters do not show which{hint}"
    )
}

fn killed(counters: &Counters, reviewed: Option<&Reviewed<'_>>) -> Draft {
    let ancestors = reviewed.map(|reviewed| reviewed.moment.ancestors.as_slice()).unwrap_or_default();
    let outer = ancestors.iter().find_map(|group| {
        let counters = Counters::of(&group.thing)?;
        Some((counters.own.filter(|own| own.value > 0)?, counters.is_local))
    });
    let limit = reviewed.and_then(|reviewed| reviewed.moment.limit()).or_else(|| counters.limit.clone());
    let verdict = Verdict::of(counters, outer.as_ref(), limit.as_ref());
    let title = if verdict.rule == UNKNOWN && counters.own.is_some() {
        "OOM-killed, but not by its own limit"
    } else {
        verdict.rule.title
    };
    let basis = [
        Some(counters.kills.clone()),
        counters.own.clone(),
        outer.map(|(own, _)| own),
        limit,
        counters.hits.clone(),
    ];
    Draft {
        rule: verdict.rule,
        reclaim: None,
        condition: "The cgroup's counters show killed processes, or that memory ran out at its limit."
            .to_owned(),
        severity: Severity::Critical,
        confidence: verdict.confidence,
        title: title.to_owned(),
        claim: format!(
            "The kernel killed {} in this container: {}.",
            processes(counters.kills.value),
            verdict.why
        ),
        amount: count(counters.kills.value),
        citations: basis.into_iter().flatten().flat_map(|term| term.from).collect(),
        against: list(&[
            "With memory.oom.group, the first process is counted twice. Kills by the node are included.",
        ]),
        advice: list(&[FOR_MORE]),
    }
}

const FOR_MORE: &str = "The node's kernel log (dmesg, journalctl -k) shows which process was killed, whose limit it was and what filled it.";

const fn count(value: i64) -> Option<Amount> {
    Some(Amount::counted(value, Counted::Kills))
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn processes(kills: i64) -> String {
    if kills == 1 { "a process".to_owned() } else { format!("processes (counted {kills} times)") }
}

fn unkilled(counters: &Counters) -> Option<Draft> {
    let own = counters.own.as_ref()?;
    Some(Draft {
        rule: UNKILLABLE,
        reclaim: Some(Reclaim::Stays),
        condition: "Memory ran out at the limit (oom), but no process was killed (oom_kill).".to_owned(),
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        title: "Out of memory, but nothing was killed".to_owned(),
        claim: format!(
            "Memory ran out at the limit {}, but no process was killed: allocations fail instead.",
            times(own.value)
        ),
        amount: count(own.value),
        citations: [own.from.clone(), counters.kills.from.clone()].concat(),
        against: list(&["Allocations that are allowed to fail are counted too, and do no harm."]),
        advice: list(&[
            "Check oom_score_adj of the processes: −1000 protects from being killed, not from failing allocations.",
        ]),
    })
}

/// Version 1 can stop the tasks in place of the kill.
fn stopped(counters: &Counters) -> Draft {
    Draft {
        rule: UNKILLABLE,
        reclaim: Some(Reclaim::Stays),
        condition: "The OOM killer is disabled (oom_kill_disable 1), and memory has run out (under_oom 1).".to_owned(),
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        title: "Out of memory, and stalled because the OOM killer is disabled".to_owned(),
        claim: "Memory ran out at the limit, and the OOM killer is disabled: tasks that need memory hang until some is freed or the limit is raised.".to_owned(),
        amount: None,
        citations: counters.kills.from.clone(),
        against: Vec::new(),
        advice: list(&["Raise memory.limit_in_bytes so that they continue, or write 0 to memory.oom_control to enable the OOM killer."]),
    }
}

/// cAdvisor counts the lines of the kernel's log, by the container of the killed process.
fn by_metrics(view: &View<'_>, kills: Term) -> Draft {
    Draft {
        rule: UNKNOWN,
        reclaim: None,
        condition: "A container's container_oom_events_total is above zero.".to_owned(),
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        title: "OOM-killed, according to cAdvisor".to_owned(),
        claim: format!(
            "The kernel killed {} in {} (container_oom_events_total). The counter does not show whose limit was reached: the container's, the pod's or the node's.",
            processes(kills.value),
            view.level()
        ),
        amount: count(kills.value),
        citations: kills.from,
        against: list(&[
            "The counter restarts at zero with cAdvisor or the kubelet, and does not show when the kills happened.",
        ]),
        advice: list(&[FOR_MORE]),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;
    use crate::report::Confidence;

    fn events(max: i64, oom: i64, kills: i64) -> String {
        format!("low 0\nhigh 0\nmax {max}\noom {oom}\noom_kill {kills}\noom_group_kill 0\n")
    }

    #[test]
    fn counters_alone_tell_of_kills_at_the_own_limit() {
        let found = check("mem.oom", &[("memory.events", &events(81, 2, 2))], &["mem.oom.cgroup"]);
        assert!(found[0].claim.contains("counted 2 times"), "{}", found[0].claim);
    }

    #[test]
    fn a_kill_that_was_not_at_the_own_limit_is_not_laid_on_the_machine() {
        let files = [
            ("memory.events", events(0, 0, 1)),
            ("memory.max", "268435456\n".to_owned()),
            ("memory.peak", "268435456\n".to_owned()),
            ("memory.current", "12288\n".to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let found = check("mem.oom", &files, &["mem.oom.unknown"]);
        assert!(found[0].confidence != Confidence::Certain);
        assert!(found[0].claim.contains("suggests a parent cgroup"), "{}", found[0].claim);
    }

    #[test]
    fn version_1_counts_kills_and_says_only_by_its_hits_whose_limit_it_was() {
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        let found = check("mem.oom", &[("memory.oom_control", control)], &["mem.oom.unknown"]);
        assert!(found[0].claim.contains("counted 3 times"), "{}", found[0].claim);
        let usage = ("memory.usage_in_bytes", "4096\n");
        for (hits, code) in [("0\n", "mem.oom.unknown"), ("7\n", "mem.oom.cgroup")] {
            let files = [("memory.oom_control", control), ("memory.failcnt", hits), usage];
            check("mem.oom", &files, &[code]);
        }
    }

    #[test]
    fn a_group_that_is_stopped_for_memory_is_told() {
        let control = "oom_kill_disable 1\nunder_oom 1\noom_kill 0\n";
        check("mem.oom", &[("memory.oom_control", control)], &["mem.oom.unkillable"]);
        let control = "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n";
        check("mem.oom", &[("memory.oom_control", control)], &[]);
    }

    #[test]
    fn memory_that_ran_out_without_a_kill_is_told_and_zeros_are_not() {
        check("mem.oom", &[("memory.events", &events(9, 4, 0))], &["mem.oom.unkillable"]);
        check("mem.oom", &[("memory.events", &events(9, 0, 0))], &[]);
    }

    #[test]
    fn a_pod_that_ran_out_is_the_limit_around_the_container() {
        let files = [
            ("memory.events", events(0, 0, 1)),
            ("memory.current", "12288\n".to_owned()),
            ("pod.memory.events", events(9, 1, 1)),
            ("pod.memory.current", "12288\n".to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        check("mem.oom", &files, &["mem.oom.ancestor"]);
    }
}
