//! Sorts the kernel's events by whose limit it was, which container and which process.

use std::collections::BTreeMap;

use super::{ANCESTOR, CGROUP, GLOBAL, UNKILLABLE, UNKNOWN};
use crate::analysis::memory::kills;
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::detectors::{Case, Rule};
use crate::evidence::oom::{OomEvent, OomKill, OomScope, OomTask};
use crate::report::{Confidence, Subject, number_format};

/// Whose limit was reached, as far as a log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The group's of the killed process.
    Own,
    /// A group's around it.
    Outer,
    /// That of a group whose path is known; that of the killed process is not.
    Named,
    /// Some control group's.
    Group,
    /// The machine ran out.
    Machine,
    /// The machine ran out, by the call trace alone.
    MachineByTrace,
    /// Nothing tells.
    Unknown,
}

/// Kills that are told together: of one container, one process and one kind of limit.
pub struct Episode<'c> {
    /// The newest.
    pub main: &'c OomEvent,
    /// Those before it, the newest first.
    pub earlier: Vec<&'c OomEvent>,
    /// False if it is another container's.
    pub is_own: bool,
    /// Whose limit it was.
    pub whose: Whose,
    /// Processes that were killed in the newest, threads and repetitions left out, each once.
    pub killed: Vec<Killed<'c>>,
}

/// A process that was killed.
#[derive(Clone, Copy)]
pub struct Killed<'c> {
    /// Its line.
    pub kill: &'c OomKill,
    /// Its row in the task table, if the table is there.
    pub task: Option<&'c OomTask>,
}

/// The episodes of a subject: its own first, and the newest first.
pub fn of_subject<'c>(case: &Case<'c>, subject: &Subject) -> Vec<Episode<'c>> {
    // By whether it is another container's, code, home and name: the newest's index, and all of them.
    type Key<'c> = (bool, &'c str, &'c str, &'c str);
    let mut groups: BTreeMap<Key<'c>, (usize, Vec<&'c OomEvent>)> = BTreeMap::new();
    for (index, kill) in kills::of_subject(case.evidence, subject).into_iter().enumerate() {
        let event = kill.event;
        let name = event.victims().first().map_or("", |victim| text(case, victim.name));
        let whose = whose(event);
        let rule = rule(case, event, whose);
        // What is not known of an event keeps it apart from others.
        let entry = groups.entry((!kill.is_own, rule.code, home(case, event), name)).or_default();
        entry.0 = index;
        entry.1.push(event);
    }
    let mut episodes: Vec<(bool, usize, Episode<'c>)> = groups
        .into_iter()
        .filter_map(|((is_other, ..), (newest, mut events))| {
            let main = events.pop()?;
            events.reverse();
            let episode = Episode {
                main,
                earlier: events,
                is_own: !is_other,
                whose: whose(main),
                killed: killed(main),
            };
            Some((is_other, newest, episode))
        })
        .collect();
    episodes.order_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    episodes.into_iter().map(|(.., episode)| episode).collect()
}

fn whose(event: &OomEvent) -> Whose {
    let limit = event.oom_memcg.or(event.stats_memcg);
    match (event.said, event.traced) {
        (Some(OomScope::Machine), _) => Whose::Machine,
        (Some(OomScope::Group), _) => match (limit, event.task_memcg) {
            (Some(limit), Some(task)) if limit == task => Whose::Own,
            (Some(_), Some(_)) => Whose::Outer,
            (Some(_), None) => Whose::Named,
            (None, _) => Whose::Group,
        },
        (None, Some(OomScope::Machine)) => Whose::MachineByTrace,
        (None, Some(OomScope::Group)) => Whose::Group,
        (None, None) => Whose::Unknown,
    }
}

/// The rule that speaks of an event.
pub fn rule(case: &Case<'_>, event: &OomEvent, whose: Whose) -> Rule {
    if event.victims().is_empty() && event.is_unkillable {
        return UNKILLABLE;
    }
    match whose {
        Whose::Own => CGROUP,
        Whose::Outer => ANCESTOR,
        Whose::Named if limit_path(case, event).is_some_and(is_pod) => ANCESTOR,
        Whose::Named => CGROUP,
        Whose::Machine | Whose::MachineByTrace => GLOBAL,
        Whose::Group | Whose::Unknown => UNKNOWN,
    }
}

/// How sure that is.
pub const fn confidence(whose: Whose) -> Confidence {
    match whose {
        Whose::Own | Whose::Outer | Whose::Machine => Confidence::Certain,
        _ => Confidence::Likely,
    }
}

/// The group whose limit was reached.
pub fn limit_path<'c>(case: &Case<'c>, event: &OomEvent) -> Option<&'c str> {
    event.oom_memcg.or(event.stats_memcg).map(|id| text(case, id))
}

/// True for the path of a pod: `/kubepods/burstable/pod1f2e...`, `/kubepods.slice/kubepods-pod1f2e.slice`.
fn is_pod(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("/kubepods") && (last.starts_with("pod") || last.contains("-pod"))
}

/// What names the container over its restarts: its pod's path, or its own.
fn home<'c>(case: &Case<'c>, event: &OomEvent) -> &'c str {
    let Some(path) = event.task_memcg.map(|id| text(case, id)).or_else(|| limit_path(case, event)) else {
        return "";
    };
    let mut end = path.len();
    while let Some(head) = path.get(..end) {
        if is_pod(head) {
            return head;
        }
        let Some(slash) = head.rfind('/') else { break };
        end = slash;
    }
    path
}

/// When it was, as the log prints it, or since boot.
pub fn when(case: &Case<'_>, event: &OomEvent) -> Option<String> {
    let stamp = event.stamp.map(|stamp| text(case, stamp).to_owned());
    let after_boot = || Some(format!("{} after boot", number_format::duration(event.since_boot?)));
    // A tracer has the time of day, where the kernel's ring buffer has that since boot.
    let traced = || {
        let same = case
            .evidence
            .oom
            .iter()
            .find(|other| other.domain_pages.is_some() && kills::is_same(event, other))?;
        Some(text(case, same.stamp?))
    };
    match (stamp, traced()) {
        (Some(stamp), _) => Some(stamp),
        (None, Some(time)) => {
            let boot = after_boot().map_or_else(String::new, |boot| format!("{boot}, "));
            Some(format!("{boot}{time} by oomkill"))
        }
        (None, None) => after_boot(),
    }
}

pub fn text<'c>(case: &Case<'c>, id: StrId) -> &'c str {
    case.evidence.strings.get(id)
}

/// With `memory.oom.group` the first victim is logged twice, and sometimes under
/// the ids of its threads: the task table lists processes, so that an id that is
/// not in it is a thread's. Without a table, a thread has its process's name.
fn killed(event: &OomEvent) -> Vec<Killed<'_>> {
    let mut killed: Vec<Killed<'_>> = Vec::new();
    for kill in event.victims() {
        let task = event.tasks.iter().find(|task| task.pid == kill.pid);
        let is_repeated = killed.iter().any(|before| before.kill.pid == kill.pid);
        let is_listed = task.is_some() || killed.is_empty();
        let is_other = event.tasks.is_empty() && killed.iter().all(|before| before.kill.name != kill.name);
        if !is_repeated && (is_listed || is_other) {
            killed.push(Killed { kill, task });
        }
    }
    killed
}
