//! Picks the kernel's events that are of a subject, each once.

use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::detectors::Case;
use crate::evidence::oom::{OomEvent, OomKill, OomTask};
use crate::report::Subject;

/// One time that memory ran out: events that came together, told once each.
pub struct Episode<'c> {
    /// The event with the most to say: the last that killed, else the last.
    pub main: &'c OomEvent,
    /// How often the OOM killer was invoked in the log.
    pub invocations: usize,
    /// Processes that were killed, threads and repetitions left out, each once.
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

/// The episode of a subject; `None` if no log speaks of it.
pub fn of_subject<'c>(case: &Case<'c>, subject: &Subject) -> Option<Episode<'c>> {
    let sources: Vec<_> = subject.sources().collect();
    let paths = group_paths(case, subject);
    let mut events: Vec<&OomEvent> = case
        .evidence
        .oom
        .iter()
        .filter(|event| sources.contains(&event.source) && is_of(case, event, &paths))
        .collect();
    // The same event in several logs: keep the one that says most.
    events.order_by_key(|event| (event.since_boot, std::cmp::Reverse(event.stats.len() + event.tasks.len())));
    events.dedup_by(|b, a| a.since_boot.is_some() && a.since_boot == b.since_boot);
    let main =
        events.iter().rev().find(|event| !event.kills.is_empty()).or_else(|| events.last()).copied()?;
    Some(Episode { main, invocations: events.len(), killed: killed(main) })
}

/// Control group paths that the subject's processes state. `/` is a path seen
/// from within and says nothing.
fn group_paths(case: &Case<'_>, subject: &Subject) -> Vec<String> {
    let of_subject = case.memory.iter().filter(|reviewed| reviewed.moment.subject == subject.id);
    let processes =
        of_subject.flat_map(|reviewed| reviewed.moment.process.iter().chain(&reviewed.moment.others));
    let mut paths: Vec<String> = processes
        .filter_map(|process| process.thing.file("cgroup"))
        .flat_map(|view| ["memory", "unified"].into_iter().filter_map(move |key| view.text(key)))
        .filter(|path| path.len() > 1)
        .map(str::to_owned)
        .collect();
    paths.order();
    paths.dedup();
    paths
}

/// True if an event is of one of the groups: its path is theirs, or around or
/// below theirs. Without known paths every event of the subject's logs is.
fn is_of(case: &Case<'_>, event: &OomEvent, paths: &[String]) -> bool {
    let named: Vec<&str> = [event.task_memcg, event.oom_memcg, event.stats_memcg]
        .into_iter()
        .flatten()
        .map(|id| text(case, id))
        .collect();
    let touches = |path: &String| {
        named.iter().any(|name| {
            let inner = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            inner(name, path) || inner(path, name)
        })
    };
    paths.is_empty() || named.is_empty() || event.is_global || paths.iter().any(touches)
}

fn text<'c>(case: &Case<'c>, id: StrId) -> &'c str {
    case.evidence.strings.get(id)
}

/// With `memory.oom.group` the first victim is logged twice, and sometimes under
/// the ids of its threads: the task table lists processes, so that an id that is
/// not in it is a thread's. Without a table, a thread has its process's name.
fn killed(event: &OomEvent) -> Vec<Killed<'_>> {
    let mut killed: Vec<Killed<'_>> = Vec::new();
    for kill in &event.kills {
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
