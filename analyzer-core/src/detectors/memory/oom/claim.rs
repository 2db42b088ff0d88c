//! The verdict that a kernel log gives.

use super::cause::{Cause, KERNEL, SHARED};
use super::events::{Episode, Whose, confidence, limit_path, rule, text as name, when};
use super::{ANCESTOR, CGROUP, GLOBAL, UNKILLABLE, UNKNOWN};
use crate::analysis::memory::Reviewed;
use crate::base::intern::StrId;
use crate::base::source::{Position, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::memory::support::{Draft, beside_go, exact, list, text};
use crate::detectors::{Case, Rule};
use crate::evidence::oom::{OomEvent, OomKill};
use crate::report::{Citation, Finding, Severity, Subject};

/// Earlier kills that are told and cited by themselves.
const TOLD: usize = 10;

/// Who, which limit, what filled it, what would have helped.
pub fn by_log(case: &Case<'_>, subject: &Subject, episode: &Episode<'_>) -> Option<Finding> {
    let event = episode.main;
    let rule = rule(case, event, episode.whose);
    let cause = Cause::of(case, subject, episode);
    let mut claim = vec![verdict(case, episode, rule)];
    claim.extend(earlier(case, episode));
    claim.extend(cause.sentences(case, episode));
    let charged = event.memory.map(|memory| memory.usage.0);
    let draft = Draft {
        rule,
        reclaim: None,
        condition: "The kernel's log has an out-of-memory event of this container.".to_owned(),
        severity: severity(episode),
        confidence: confidence(episode.whose),
        title: title(episode, rule),
        claim: claim.join(" "),
        amount: charged.or_else(|| Some(episode.killed.first()?.kill.anon_rss?.0)).and_then(exact),
        citations: citations(event, episode, &cause),
        against: against(episode),
        advice: advice(rule, episode, &cause),
    };
    draft.about(subject.id)
}

/// Kills of other containers are told, and are no fault of this one.
fn severity(episode: &Episode<'_>) -> Severity {
    let event = episode.main;
    let is_killed = !episode.killed.is_empty() || event.group.is_some() || event.task_memcg.is_some();
    match (episode.is_own, is_killed || event.is_unkillable) {
        (true, true) => Severity::Critical,
        (true, false) => Severity::Warning,
        (false, _) => Severity::Info,
    }
}

fn title(episode: &Episode<'_>, rule: Rule) -> String {
    if episode.is_own { rule.title.to_owned() } else { "Another container of the node was killed".to_owned() }
}

fn verdict(case: &Case<'_>, episode: &Episode<'_>, rule: Rule) -> String {
    let event = episode.main;
    let moment = when(case, event);
    let when = moment.as_ref().map_or_else(String::new, |when| format!(", {when}"));
    let limit = event
        .memory
        .and_then(|memory| memory.limit)
        .map_or_else(|| "its limit".to_owned(), |limit| format!("the limit of {}", text(limit.0)));
    if rule == UNKILLABLE {
        let times = times(1 + episode.earlier.len());
        let when = moment.map_or_else(String::new, |when| format!(" ({when})"));
        return format!(
            "Memory ran out at {limit} {times}{when} and nothing could be killed (oom_score_adj −1000): allocations fail instead."
        );
    }
    let killed = killing(case, episode);
    let container = if episode.is_own { "the container" } else { "another container" };
    let path = limit_path(case, event).unwrap_or_default();
    match episode.whose {
        Whose::Own => format!("{killed}{when}: {container} reached {limit}."),
        Whose::Outer => {
            format!("{killed}{when}: {limit} of a group around {} ({path}) was reached.", this(episode))
        }
        Whose::Named if rule == ANCESTOR => {
            format!(
                "{killed}{when}: {limit} of a pod ({path}) was reached, and which of its containers the process was in is not in this log."
            )
        }
        Whose::Named => format!(
            "{killed}{when}: {limit} of {path} was reached; whether that is the process's own group or one around it is not in this log."
        ),
        Whose::Group => {
            let limit = if event.memory.is_some() { limit } else { "the limit".to_owned() };
            let which = event.counted_memcg.map_or_else(
                || "Which group's is not in this log".to_owned(),
                |path| format!("It is that of {} or of a group around it", name(case, path)),
            );
            format!("{killed}{when}: {limit} of a control group was reached, not the machine's. {which}.")
        }
        Whose::Machine => {
            format!(
                "{killed}{when}: the machine ran out of memory, and no limit of {} was reached.",
                this(episode)
            )
        }
        Whose::MachineByTrace => {
            let by = if event.is_by_tables {
                "by the tables of its memory (Mem-Info)"
            } else {
                "by the call trace"
            };
            format!(
                "{killed}{when}: {by} the machine ran out of memory, not a control group; the rest of the record is not in this log."
            )
        }
        Whose::Unknown if event.domain_pages.is_some() => format!(
            "{killed}{when}: memory ran out. Whose limit was reached oomkill does not say: the kernel's log does."
        ),
        Whose::Unknown => {
            format!("{killed}{when}: memory ran out. Whose limit was reached is not in this log.")
        }
    }
}

const fn this(episode: &Episode<'_>) -> &'static str {
    if episode.is_own { "this container" } else { "that container" }
}

/// What the log shows of the kill itself.
fn killing(case: &Case<'_>, episode: &Episode<'_>) -> String {
    let event = episode.main;
    let names: Vec<String> =
        episode.killed.iter().map(|killed| named(case, killed.kill.name, killed.kill.pid)).collect();
    let together = if event.group.is_some() { " (memory.oom.group: all of them together)" } else { "" };
    match names.as_slice() {
        [] if event.task_memcg.is_some() || event.group.is_some() => {
            "The kernel killed a process that this log does not name".to_owned()
        }
        [] => match event.invoked_by.map(|id| name(case, id)) {
            Some(by) => {
                format!("An allocation of {by} invoked the OOM killer, and whom it killed is not in this log")
            }
            None => "The OOM killer ran, and whom it killed is not in this log".to_owned(),
        },
        [one] if event.kills.is_empty() => {
            format!("The kernel chose {one} to be killed (the line of the kill is not in this log)")
        }
        [one] => format!("The kernel killed {one}{together}"),
        many => format!("The kernel killed {} processes, {}{together}", many.len(), many.join(", ")),
    }
}

/// `api (pid 42)`.
pub fn named(case: &Case<'_>, command: StrId, pid: u64) -> String {
    format!("{} (pid {pid})", name(case, command))
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// The kills before the newest one.
fn earlier(case: &Case<'_>, episode: &Episode<'_>) -> Option<String> {
    let count = episode.earlier.len();
    if count == 0 || (episode.main.is_unkillable && episode.killed.is_empty()) {
        return None;
    }
    let one = |event: &&OomEvent| {
        let who = event.victims().first().map_or_else(
            || "an unnamed process".to_owned(),
            |kill: &OomKill| named(case, kill.name, kill.pid),
        );
        when(case, event).map_or_else(|| who.clone(), |when| format!("{who}, {when}"))
    };
    let told: Vec<String> = episode.earlier.iter().take(TOLD).map(one).collect();
    let rest = match count.saturating_sub(TOLD) {
        0 => String::new(),
        rest => format!("; and {rest} more"),
    };
    Some(format!("It is the last of {} kills in this log; before it: {}{rest}.", count + 1, told.join("; ")))
}

fn against(episode: &Episode<'_>) -> Vec<String> {
    let mut against =
        list(&["The killed process is the largest that could be killed, not always the cause."]);
    if let Some(pages) = episode.main.domain_pages {
        against.push(format!(
            "oomkill sees the whole machine and names no control group: the process may be another container's. Its {pages} pages are the size of what ran out, not what the process used."
        ));
    } else if episode.main.said.is_none() {
        against.push("The log is cut: the lines that name the limit are missing.".to_owned());
    }
    against
}

fn citations(event: &OomEvent, episode: &Episode<'_>, cause: &Cause<'_, '_>) -> Vec<Citation> {
    let span = |at: Position| SourceSpan { source: event.source, at };
    let mut citations = Vec::new();
    for killed in &episode.killed {
        let at = span(killed.kill.at);
        citations.push(match killed.kill.anon_rss {
            Some(size) => Citation::figure(at, "anon-rss", size.0, Unit::Bytes),
            None => Citation::place(at),
        });
        if let Some(task) = killed.task {
            citations.push(Citation::figure(span(task.at), "rss", task.rss.0, Unit::Bytes));
        }
    }
    if let Some(memory) = event.memory {
        citations.push(Citation::figure(span(memory.at), "memory: usage", memory.usage.0, Unit::Bytes));
    }
    citations.extend(cause.citations());
    if citations.is_empty() {
        citations.push(Citation::place(span(event.at)));
    }
    let place = |event: &&OomEvent| {
        let at = event.victims().first().map_or(event.at, |kill| kill.at);
        Citation::place(SourceSpan { source: event.source, at })
    };
    citations.extend(episode.earlier.iter().take(TOLD).map(place));
    citations
}

fn advice(rule: Rule, episode: &Episode<'_>, cause: &Cause<'_, '_>) -> Vec<String> {
    let mut advice = Vec::new();
    advice.extend(match rule {
        GLOBAL => Some("Raise the request to what the container uses, so that the node is not overcommitted; the limit was not the cause."),
        ANCESTOR => Some("The limit of the pod counts: raise it, or lower the sum of its containers and its tmpfs volumes."),
        UNKILLABLE => Some("With oom_score_adj −1000 the program meets failing allocations in place of a kill: allow it to be killed, and restart."),
        UNKNOWN => Some("Take the whole record from the node (dmesg, journalctl -k): the lines with oom-kill:constraint=, or Task in … killed as a result of limit of …, name the limit."),
        _ => None,
    }.map(str::to_owned));
    match cause.largest() {
        Some(SHARED) => advice.push("Look at emptyDir volumes with medium: Memory and at /dev/shm; a restart of the process does not free them.".to_owned()),
        Some(KERNEL) => advice.push("Look at what the kernel keeps for the container: sockets, pipes, directory entries, page tables.".to_owned()),
        _ => {}
    }
    advice.extend(cause.before.filter(|_| rule == CGROUP || rule == ANCESTOR).and_then(memory_limit));
    if episode.is_own && cause.before.is_none() && cause.may_be_heap() {
        advice.push(
            "The log alone does not say what grew. Capture a bundle while memory rises again (capture.sh, or /debug/strata/bundle of the import): two heap profiles name the lines that grow, a goroutine dump what leaks."
                .to_owned(),
        );
        advice.extend(limit_for_go(rule, episode));
    }
    advice
}

/// What a Go service would be told of a limit that it reached, before anything else is known of it.
fn limit_for_go(rule: Rule, episode: &Episode<'_>) -> Option<String> {
    let limit = episode.main.memory?.limit.filter(|_| rule == CGROUP)?;
    Some(format!(
        "If it is a Go service without GOMEMLIMIT, set that to about 90% of the limit ({}): garbage is then collected before the limit is reached. Against a leak it does not help.",
        text(limit.0 / 10 * 9)
    ))
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
        "In the last capture the heap and its goal fitted the limit: what grew came after it. Capture at shorter intervals, or keep the last minute before a kill (strata.OnCrash)."
            .to_owned()
    })
}
