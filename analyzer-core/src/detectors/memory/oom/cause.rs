//! What led to a kill: what filled the limit, who held it, and how it got there.

use super::claim::named;
use super::events::Episode;
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::cgroup::Cgroup;
use crate::analysis::memory::killed;
use crate::analysis::memory::term::Term;
use crate::analysis::profile::facts::stats::whole;
use crate::base::order::StableOrder;
use crate::detectors::Case;
use crate::detectors::memory::support::{share_of, text};
use crate::detectors::profile::heap_oom;
use crate::detectors::profile::support::place;
use crate::report::{Citation, Subject};

/// Names of the classes.
const ANONYMOUS: &str = "anonymous memory";
pub const SHARED: &str = "tmpfs and shared memory";
const CACHE: &str = "page cache";
const CACHE_AND_SHARED: &str = "page cache and shared memory";
pub const KERNEL: &str = "kernel memory";
const SOCKETS: &str = "socket buffers";

/// Amounts below are not worth a word.
const WORTH_A_WORD: i64 = 1 << 20;

/// A class of memory as it stood at the kill.
struct Class {
    name: &'static str,
    term: Term,
}

/// What is known of how a kill came about.
pub struct Cause<'c, 'r> {
    classes: Vec<Class>,
    charged: Option<i64>,
    shmem: Option<i64>,
    /// The last capture of the runtime before the kill.
    pub before: Option<&'r Reviewed<'c>>,
    /// Captures before the kill that tell the charge.
    captures: Vec<&'r Reviewed<'c>>,
}

impl<'c, 'r> Cause<'c, 'r> {
    /// Gathers it: the log's figures, and the captures if the kill is the subject's own.
    pub fn of(case: &'r Case<'c>, subject: &Subject, episode: &Episode<'_>) -> Self {
        let cgroup = killed::cgroup(case.evidence, episode.main);
        let captures: Vec<&Reviewed<'c>> = case
            .memory
            .iter()
            .filter(|reviewed| episode.is_own && reviewed.moment.subject == subject.id)
            .filter(|reviewed| !reviewed.moment.label.contains("after"))
            .collect();
        Self {
            classes: cgroup.as_ref().map(classes).unwrap_or_default(),
            charged: episode.main.memory.map(|memory| memory.usage.0),
            shmem: cgroup.and_then(|cgroup| cgroup.shmem).map(|shmem| shmem.value),
            before: captures.iter().rev().find(|reviewed| reviewed.moment.go.is_some()).copied(),
            captures,
        }
    }

    /// The largest class, if the log tells.
    pub fn largest(&self) -> Option<&'static str> {
        self.classes.first().map(|class| class.name)
    }

    /// True unless the log says that something other than anonymous memory filled the limit.
    pub fn may_be_heap(&self) -> bool {
        self.largest().is_none_or(|name| name == ANONYMOUS)
    }

    /// The figures that the sentences rest on.
    pub fn citations(&self) -> Vec<Citation> {
        let terms: Vec<&Term> = self.classes.iter().map(|class| &class.term).collect();
        Term::citations(&terms)
    }

    /// One sentence each, as far as the inputs tell.
    pub fn sentences(&self, case: &Case<'_>, episode: &Episode<'_>) -> Vec<String> {
        [
            self.filled(),
            self.holders(case, episode),
            self.survives(episode),
            self.before.map(held),
            self.grew(),
            self.by_line(case),
            self.course(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The lines of code whose memory grew, or was most, before the kill: said where
    /// anonymous memory was the most of what was charged.
    fn by_line(&self, case: &Case<'_>) -> Option<String> {
        const NAMED: usize = 2;
        let subject = self.captures.last()?.moment.subject;
        let process = case.analysis.profiles.iter().find(|process| process.subject == subject)?;
        if !self.may_be_heap() {
            return None;
        }
        let fillers = heap_oom::fillers(case, process);
        let named: Vec<String> = fillers
            .iter()
            .take(NAMED)
            .map(|filler| {
                let rate = filler.rate.map_or_else(String::new, |rate| {
                    format!(", growing by {} per minute", text(whole(rate)))
                });
                format!("{}, {}{rate}", place(case, process, filler.site), text(whole(filler.level)))
            })
            .collect();
        let grows = fillers.iter().any(|filler| filler.rate.is_some());
        let what = if grows {
            "According to the heap profiles, these lines grew:"
        } else {
            "Most of the heap was allocated at"
        };
        (!named.is_empty()).then(|| format!("{what} {}.", named.join("; ")))
    }

    fn filled(&self) -> Option<String> {
        let charged = self.charged?;
        let part = |class: &Class| {
            let value = class.term.value;
            format!("{} {} ({}%)", class.name, text(value), share_of(value, charged))
        };
        let parts: Vec<String> = self.classes.iter().map(part).collect();
        (!parts.is_empty())
            .then(|| format!("Of the {} charged at that moment: {}.", text(charged), parts.join(", ")))
    }

    /// Whose the anonymous memory was: the killed processes', and the largest of the table.
    fn holders(&self, case: &Case<'_>, episode: &Episode<'_>) -> Option<String> {
        let tasks = &episode.main.tasks;
        let largest = tasks.iter().max_by_key(|task| (task.rss, std::cmp::Reverse(task.pid)));
        if let Some(largest) = largest.filter(|_| episode.killed.is_empty() && tasks.len() > 1) {
            return Some(format!(
                "The largest process in the task table is {} with {} resident; that is not proof that it was killed.",
                named(case, largest.name, largest.pid),
                text(largest.rss.0)
            ));
        }
        let is_killed = |pid: u64| episode.killed.iter().any(|killed| killed.kill.pid == pid);
        if let Some(largest) = largest.filter(|task| !episode.killed.is_empty() && !is_killed(task.pid)) {
            return Some(format!(
                "The largest process in the task table, {} with {} resident, is not the one that was killed.",
                named(case, largest.name, largest.pid),
                text(largest.rss.0)
            ));
        }
        let anon = self.classes.iter().find(|class| class.name == ANONYMOUS);
        let held: i64 = episode
            .killed
            .iter()
            .filter_map(|killed| Some(killed.kill.anon_rss?.0))
            .fold(0, i64::saturating_add);
        (held >= WORTH_A_WORD).then(|| {
            let who = if episode.killed.len() == 1 { "The killed process" } else { "The killed processes" };
            match anon.map(|class| share_of(held, class.term.value).min(100)) {
                Some(share) => format!("{who} held {} of the anonymous memory ({share}%).", text(held)),
                None => format!("{who} held {} of anonymous memory.", text(held)),
            }
        })
    }

    /// What stays charged after the kill: shared memory that the victims did not map.
    fn survives(&self, episode: &Episode<'_>) -> Option<String> {
        let mapped: i64 = episode
            .killed
            .iter()
            .filter_map(|killed| Some(killed.kill.shmem_rss?.0))
            .fold(0, i64::saturating_add);
        let left = self.shmem?.saturating_sub(mapped);
        (left > WORTH_A_WORD).then(|| {
            format!("{} is tmpfs or shared memory that remains after the process is killed.", text(left))
        })
    }

    /// Whether the charge rose from capture to capture, or at once after the last.
    fn course(&self) -> Option<String> {
        let usage = |reviewed: &&Reviewed<'_>| {
            let usage = reviewed.moment.cgroup.as_ref()?.usage.as_ref()?.value;
            Some((reviewed.moment.label.clone(), usage))
        };
        let points: Vec<(String, i64)> = self.captures.iter().filter_map(usage).collect();
        let (charged, (label, last)) = (self.charged?, points.last()?);
        let steps: Vec<i64> =
            points.iter().zip(points.iter().skip(1)).map(|(before, after)| after.1 - before.1).collect();
        let jump = charged - last;
        if jump < WORTH_A_WORD {
            return None;
        }
        let greatest = steps.iter().copied().max().unwrap_or(0);
        let seen: Vec<String> =
            points.iter().map(|(label, usage)| format!("{} ({label})", text(*usage))).collect();
        let is_trend = !steps.is_empty() && steps.iter().all(|step| *step > 0) && jump / 2 <= greatest;
        Some(if is_trend {
            format!(
                "The charge rose from capture to capture: {}, {} at the kill.",
                seen.join(", "),
                text(charged)
            )
        } else if !steps.is_empty() && jump / 4 > greatest {
            format!(
                "The charge rose suddenly: {} in the last capture ({label}), {} at the kill, and little change between the earlier captures.",
                text(*last),
                text(charged)
            )
        } else {
            format!(
                "The charge was {} in the last capture ({label}) and {} at the kill.",
                text(*last),
                text(charged)
            )
        })
    }

    /// What grew most from the last capture to the kill.
    fn grew(&self) -> Option<String> {
        let cgroup = self.before?.moment.cgroup.as_ref()?;
        let value = |term: &Option<Term>| term.as_ref().map(|term| term.value);
        let then = |name: &str| match name {
            ANONYMOUS => value(&cgroup.anon),
            SHARED => value(&cgroup.shmem),
            CACHE => Some(value(&cgroup.file)? - value(&cgroup.shmem)?),
            CACHE_AND_SHARED => value(&cgroup.file),
            KERNEL => value(&cgroup.kernel),
            _ => value(&cgroup.sock),
        };
        let changes =
            self.classes.iter().filter_map(|class| Some((class.term.value - then(class.name)?, class.name)));
        let (by, name) = changes.max_by_key(|(by, _)| *by)?;
        (by >= WORTH_A_WORD)
            .then(|| format!("Between that capture and the kill, {name} grew most, by {}.", text(by)))
    }
}

/// What was charged at the kill, the largest first.
fn classes(cgroup: &Cgroup<'_>) -> Vec<Class> {
    let cache = match (&cgroup.file, &cgroup.shmem) {
        (Some(file), Some(shmem)) => Some((CACHE, file - shmem)),
        (Some(file), None) => Some((CACHE_AND_SHARED, file.clone())),
        (None, _) => None,
    };
    let rest = [
        (ANONYMOUS, &cgroup.anon),
        (SHARED, &cgroup.shmem),
        (KERNEL, &cgroup.kernel),
        (SOCKETS, &cgroup.sock),
    ];
    let rest = rest.into_iter().filter_map(|(name, term)| Some((name, term.clone()?)));
    let mut classes: Vec<Class> = rest.chain(cache).map(|(name, term)| Class { name, term }).collect();
    classes.retain(|class| class.term.value >= WORTH_A_WORD);
    classes.order_by(|a, b| b.term.value.cmp(&a.term.value).then(a.name.cmp(b.name)));
    classes
}

/// What Go held then.
fn held(reviewed: &Reviewed<'_>) -> String {
    let go = reviewed.moment.go.as_ref();
    let committed = go
        .and_then(|go| go.committed())
        .map_or_else(|| "an unknown amount".to_owned(), |term| text(term.value));
    let live =
        reviewed.moment.live().map_or_else(String::new, |live| format!(", {} of it live", text(live.value)));
    format!("Before the kill ({}), Go had committed {committed}{live}.", reviewed.moment.label)
}
