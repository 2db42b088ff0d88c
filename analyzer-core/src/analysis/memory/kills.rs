//! Which events of the kernel's logs are of a subject: each once, the oldest first.

use std::collections::BTreeMap;

use super::term::View;
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::oom::OomEvent;
use crate::report::Subject;

/// A time that memory ran out.
#[derive(Clone, Copy, Debug)]
pub struct Kill<'e> {
    /// What the log says.
    pub event: &'e OomEvent,
    /// False if it is of a control group that is none of the subject's. A node's log
    /// tells of all its containers.
    pub is_own: bool,
}

/// The events of a subject's logs.
pub fn of_subject<'e>(evidence: &'e Evidence, subject: &Subject) -> Vec<Kill<'e>> {
    let sources: Vec<SourceId> = subject.sources().collect();
    let of_sources = || evidence.oom.iter().filter(|event| sources.contains(&event.source));
    if of_sources().next().is_none() {
        return Vec::new();
    }
    let paths = group_paths(evidence, &sources);
    // A tracer tells of the same kill, and less of it.
    let is_told = |event: &&OomEvent| {
        event.domain_pages.is_some()
            && of_sources().any(|other| other.domain_pages.is_none() && is_same(other, event))
    };
    let events = once(of_sources().filter(|event| !is_told(event)));
    events.into_iter().map(|event| Kill { event, is_own: is_of(evidence, event, &paths) }).collect()
}

/// True if both tell of one victim.
pub fn is_same(a: &OomEvent, b: &OomEvent) -> bool {
    let victims = |event: &OomEvent| event.victims().first().map(|kill| (kill.pid, kill.name));
    victims(a).is_some() && victims(a) == victims(b)
}

/// The same event in several logs: keeps the one that says most.
fn once<'e>(events: impl Iterator<Item = &'e OomEvent>) -> Vec<&'e OomEvent> {
    type Key = (Option<Nanos>, Option<StrId>, Option<u64>);
    let mut kept: Vec<&OomEvent> = Vec::new();
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    let size = |event: &OomEvent| event.stats.len() + event.tasks.len();
    for event in events {
        let stamp = event.stamp.filter(|_| event.since_boot.is_none());
        let key = (event.since_boot, stamp, event.victims().first().map(|kill| kill.pid));
        let same =
            known.get(&key).copied().filter(|_| event.since_boot.or(stamp.map(|_| Nanos(0))).is_some());
        match same.and_then(|index| kept.get_mut(index)) {
            Some(before) if before.source != event.source => {
                if size(event) > size(before) {
                    *before = event;
                }
            }
            _ => {
                known.insert(key, kept.len());
                kept.push(event);
            }
        }
    }
    // One log is in order, though a restart of the machine sets its clock back.
    let is_several = kept.iter().any(|event| kept.first().is_some_and(|first| first.source != event.source));
    if is_several && kept.iter().all(|event| event.since_boot.is_some()) {
        kept.order_by_key(|event| event.since_boot);
    }
    kept
}

/// Control group paths that the subject's processes state. `/` is a path seen
/// from within and says nothing.
fn group_paths<'e>(evidence: &'e Evidence, sources: &[SourceId]) -> Vec<&'e str> {
    let records = evidence.memory.records.iter().filter(|record| sources.contains(&record.source));
    let views = records.map(|record| View { evidence, record }).filter(|view| view.file() == "cgroup");
    let mut paths: Vec<&str> = views
        .flat_map(|view| ["memory", "unified"].into_iter().filter_map(move |key| view.text(key)))
        .filter(|path| path.len() > 1)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// True if an event is of one of the groups: its path is theirs, or around or
/// below theirs. Without known paths every event of the subject's logs is.
fn is_of(evidence: &Evidence, event: &OomEvent, paths: &[&str]) -> bool {
    let named: Vec<&str> = [event.task_memcg, event.oom_memcg, event.stats_memcg]
        .into_iter()
        .flatten()
        .map(|id| evidence.strings.get(id))
        .collect();
    let inner = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let touches = |path: &&str| named.iter().any(|name| inner(name, path) || inner(path, name));
    paths.is_empty() || named.is_empty() || paths.iter().any(touches)
}
