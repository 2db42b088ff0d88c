//! The verdict that a kernel log gives.

use super::events::{Episode, Killed};
use super::{ANCESTOR, CGROUP, GLOBAL, UNKILLABLE};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::memory::support::{Draft, beside_go, exact, list, share_of, text};
use crate::detectors::{Case, Rule};
use crate::evidence::memory::Figure;
use crate::evidence::oom::OomEvent;
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

/// Names of the classes.
const ANONYMOUS: &str = "anonymous memory";
const SHARED: &str = "tmpfs and shared memory";
const CACHE: &str = "page cache";
const KERNEL: &str = "kernel memory";
const SOCKETS: &str = "socket buffers";

/// A class of memory as it stood at the kill.
struct Class {
    name: &'static str,
    bytes: i64,
}

/// Who, which limit, what filled it, what would have helped.
pub fn by_log(case: &Case<'_>, subject: &Subject, episode: &Episode<'_>) -> Option<Finding> {
    let event = episode.main;
    let verdict = Verdict::of(case, episode);
    let classes = classes(case, event);
    let charged = event.memory.map(|memory| memory.usage.0);
    let mut claim = vec![verdict.who];
    claim.extend(filled(&classes, charged));
    claim.extend(survives(case, event, episode));
    let before = before(case, subject);
    claim.extend(before.map(held));
    claim.extend(before.and_then(|before| grew(before, &classes)));
    let draft = Draft {
        rule: verdict.rule,
        reclaim: None,
        condition: "The kernel's log has an out-of-memory event of this container.".to_owned(),
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        title: verdict.rule.title.to_owned(),
        claim: claim.join(" "),
        amount: charged
            .or_else(|| episode.killed.first().map(|killed| killed.kill.anon_rss.0))
            .and_then(exact),
        citations: citations(case, event, episode),
        against: list(&["The killed process is the largest that could be killed, not always the cause."]),
        advice: advice(verdict.rule, &classes, before),
    };
    draft.about(subject.id)
}

struct Verdict {
    rule: Rule,
    who: String,
}

impl Verdict {
    fn of(case: &Case<'_>, episode: &Episode<'_>) -> Self {
        let event = episode.main;
        let name = |id| case.evidence.strings.get(id);
        let limit = event
            .memory
            .and_then(|memory| memory.limit)
            .map_or_else(|| "its limit".to_owned(), |limit| format!("the limit of {}", text(limit.0)));
        let whom = whom(case, &episode.killed);
        let is_outer = matches!((event.oom_memcg, event.task_memcg), (Some(oom), Some(task)) if oom != task);
        if event.is_global || episode.killed.iter().any(|killed| killed.kill.is_global) {
            let who = format!(
                "The machine ran out of memory, and the kernel killed {whom}: no limit of this container was reached."
            );
            return Self { rule: GLOBAL, who };
        }
        if episode.killed.is_empty() && event.is_unkillable {
            let who = format!(
                "Memory ran out at {limit} {} times and nothing could be killed (oom_score_adj −1000): allocations fail instead.",
                episode.invocations
            );
            return Self { rule: UNKILLABLE, who };
        }
        if is_outer {
            let outer = event.oom_memcg.map_or("", name);
            let who = format!(
                "The kernel killed {whom}: {limit} of a group around this container ({outer}) was reached."
            );
            return Self { rule: ANCESTOR, who };
        }
        let together = if event.group.is_some() { " (memory.oom.group: all of them together)" } else { "" };
        let who = format!("The kernel killed {whom}{together}: the container reached {limit}.");
        Self { rule: CGROUP, who }
    }
}

fn whom(case: &Case<'_>, killed: &[Killed<'_>]) -> String {
    let names: Vec<String> = killed
        .iter()
        .map(|killed| format!("{} (pid {})", case.evidence.strings.get(killed.kill.name), killed.kill.pid))
        .collect();
    match names.as_slice() {
        [] => "a process".to_owned(),
        [one] => one.clone(),
        many => format!("{} processes, {}", many.len(), many.join(", ")),
    }
}

fn stat<'e>(case: &Case<'_>, event: &'e OomEvent, names: &[&str]) -> Option<&'e Figure> {
    names.iter().find_map(|name| {
        let key = case.evidence.strings.find(name)?;
        event.stats.iter().find(|figure| figure.key == key)
    })
}

/// What was charged at the kill, the largest first. Version 1 prints its own
/// names from 6.12 on, and version 2's before.
fn classes(case: &Case<'_>, event: &OomEvent) -> Vec<Class> {
    let value = |names: &[&str]| stat(case, event, names).map(|figure| figure.value);
    let shmem = value(&["total_shmem", "shmem"]).unwrap_or(0);
    let mut classes = vec![
        Class { name: ANONYMOUS, bytes: value(&["total_rss", "anon"]).unwrap_or(0) },
        Class { name: SHARED, bytes: shmem },
        Class { name: CACHE, bytes: value(&["total_cache", "file"]).map_or(0, |file| file - shmem) },
        Class {
            name: KERNEL,
            bytes: value(&["kernel"]).or(event.kmem.map(|kmem| kmem.usage.0)).unwrap_or(0),
        },
        Class { name: SOCKETS, bytes: value(&["sock"]).unwrap_or(0) },
    ];
    classes.retain(|class| class.bytes >= 1 << 20);
    classes.order_by(|a, b| b.bytes.cmp(&a.bytes).then(a.name.cmp(b.name)));
    classes
}

fn filled(classes: &[Class], charged: Option<i64>) -> Option<String> {
    let charged = charged?;
    let parts: Vec<String> = classes
        .iter()
        .map(|class| format!("{} {} ({}%)", class.name, text(class.bytes), share_of(class.bytes, charged)))
        .collect();
    (!parts.is_empty()).then(|| format!("Of {} charged at that moment: {}.", text(charged), parts.join(", ")))
}

/// What stays charged after the kill: shared memory that the victims did not map.
fn survives(case: &Case<'_>, event: &OomEvent, episode: &Episode<'_>) -> Option<String> {
    const WORTH_A_WORD: i64 = 1 << 20;
    let shmem = stat(case, event, &["total_shmem", "shmem"])?.value;
    let mapped: i64 = episode.killed.iter().map(|killed| killed.kill.shmem_rss.0).sum();
    (shmem - mapped > WORTH_A_WORD).then(|| {
        format!("{} of it is tmpfs or shared memory that outlives the killed process.", text(shmem - mapped))
    })
}

/// The last moment at which the runtime was captured: what it was like before.
fn before<'c>(case: &Case<'c>, subject: &Subject) -> Option<&'c Reviewed<'c>> {
    case.memory
        .iter()
        .rev()
        .find(|reviewed| reviewed.moment.subject == subject.id && reviewed.moment.go.is_some())
}

/// What grew most from then to the kill.
fn grew(before: &Reviewed<'_>, at_kill: &[Class]) -> Option<String> {
    const WORTH_A_WORD: i64 = 1 << 20;
    let cgroup = before.moment.cgroup.as_ref()?;
    let value = |term: &Option<Term>| term.as_ref().map(|term| term.value);
    let then = |name: &str| match name {
        ANONYMOUS => value(&cgroup.anon),
        SHARED => value(&cgroup.shmem),
        CACHE => Some(value(&cgroup.file)? - value(&cgroup.shmem)?),
        KERNEL => value(&cgroup.kernel),
        _ => value(&cgroup.sock),
    };
    let changes = at_kill.iter().filter_map(|class| Some((class.bytes - then(class.name)?, class.name)));
    let (by, name) = changes.max_by_key(|(by, _)| *by)?;
    (by >= WORTH_A_WORD).then(|| format!("From then to the kill {name} grew most, by {}.", text(by)))
}

/// What Go held then.
fn held(reviewed: &Reviewed<'_>) -> String {
    let go = reviewed.moment.go.as_ref();
    let committed = go
        .and_then(|go| go.committed())
        .map_or_else(|| "an unknown amount".to_owned(), |term| text(term.value));
    let live =
        reviewed.moment.live().map_or_else(String::new, |live| format!(", {} of it live", text(live.value)));
    format!("Before ({}), Go held {committed}{live}.", reviewed.moment.label)
}

fn citations(case: &Case<'_>, event: &OomEvent, episode: &Episode<'_>) -> Vec<Citation> {
    let span = |at: Position| SourceSpan { source: event.source, at };
    let mut citations = Vec::new();
    for killed in &episode.killed {
        citations.push(Citation::figure(
            span(killed.kill.at),
            "anon-rss",
            killed.kill.anon_rss.0,
            Unit::Bytes,
        ));
        if let Some(task) = killed.task {
            citations.push(Citation::figure(span(task.at), "rss", task.rss.0, Unit::Bytes));
        }
    }
    if let Some(memory) = event.memory {
        citations.push(Citation::figure(span(memory.at), "memory: usage", memory.usage.0, Unit::Bytes));
    }
    for names in
        [["total_rss", "anon"], ["total_cache", "file"], ["total_shmem", "shmem"], ["kernel", "sock"]]
    {
        if let Some(figure) = stat(case, event, &names) {
            let name = case.evidence.strings.get(figure.name);
            citations.push(Citation::figure(span(figure.at), name, figure.value, Unit::Bytes));
        }
    }
    if citations.is_empty() {
        citations.push(Citation::place(span(event.at)));
    }
    citations
}

fn advice(rule: Rule, classes: &[Class], before: Option<&Reviewed<'_>>) -> Vec<String> {
    let mut advice = Vec::new();
    match rule {
        GLOBAL => advice.push("Raise the request to what the container uses, so that the node is not overcommitted; the limit was not the cause.".to_owned()),
        ANCESTOR => advice.push("The limit of the pod counts: raise it, or lower the sum of its containers and its tmpfs volumes.".to_owned()),
        UNKILLABLE => advice.push("With oom_score_adj −1000 the program meets failing allocations in place of a kill: allow it to be killed, and restart.".to_owned()),
        _ => {}
    }
    match classes.first().map(|class| class.name) {
        Some(SHARED) => advice.push("Look at emptyDir volumes with medium: Memory and at /dev/shm; a restart of the process does not free them.".to_owned()),
        Some(KERNEL) => advice.push("Look at what the kernel keeps for the container: sockets, pipes, directory entries, page tables.".to_owned()),
        _ => {}
    }
    advice.extend(before.and_then(memory_limit));
    advice
}

/// Whether GOMEMLIMIT could have helped, by what was live before.
fn memory_limit(reviewed: &Reviewed<'_>) -> Option<String> {
    let go = reviewed.moment.go.as_ref()?;
    let limit = reviewed.moment.limit()?;
    let live = reviewed.moment.live().or_else(|| go.heap_alloc.clone())?;
    let goal = go.next_gc.as_ref()?;
    let beside = beside_go(reviewed).map_or(0, |beside| beside.value);
    let needed = live.value + go.stack_inuse.as_ref()?.value + go.metadata()?.value + beside;
    Some(if needed >= limit.value {
        format!(
            "No GOMEMLIMIT helps: {} were in use and needed before the kill. Find what is kept, or raise the limit.",
            text(needed)
        )
    } else if goal.value + beside > limit.value {
        format!(
            "The next collection was due at a heap of {}, beyond the limit: GOMEMLIMIT (about {}) makes it run earlier.",
            text(goal.value),
            text((limit.value - beside) / 10 * 9)
        )
    } else {
        "Before the kill the heap and its goal fitted the limit: see what grew after that capture.".to_owned()
    })
}
