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
        condition: "The kernel log contains an OOM event of this container.".to_owned(),
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
    if episode.is_own {
        rule.title.to_owned()
    } else {
        "Another container on the node was OOM-killed".to_owned()
    }
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
            "Memory ran out at {limit} {times}{when}, and nothing could be killed (oom_score_adj −1000): allocations fail instead."
        );
    }
    let killed = killing(case, episode);
    let container = if episode.is_own { "the container" } else { "another container" };
    let path = limit_path(case, event).unwrap_or_default();
    match episode.whose {
        Whose::Own => format!("{killed}{when}: {container} reached {limit}."),
        Whose::Outer => {
            format!("{killed}{when}: a parent cgroup of {} ({path}) reached {limit}.", this(episode))
        }
        Whose::Named if rule == ANCESTOR => {
            format!(
                "{killed}{when}: a pod ({path}) reached {limit}. This log does not show which of its containers the process was in."
            )
        }
        Whose::Named => format!(
            "{killed}{when}: the cgroup {path} reached {limit}. This log does not show whether it is the process's own cgroup or a parent."
        ),
        Whose::Group => {
            let limit = if event.memory.is_some() { limit } else { "the limit".to_owned() };
            let which = event.counted_memcg.map_or_else(
                || "This log does not show which one".to_owned(),
                |path| format!("It is {} or a parent cgroup of it", name(case, path)),
            );
            format!("{killed}{when}: a cgroup reached {limit}; it was not the machine that ran out. {which}.")
        }
        Whose::Machine => {
            let limit = match event.task_memcg {
                Some(_) => format!("{} did not reach its limit", this(episode)),
                None => "no cgroup had reached a limit".to_owned(),
            };
            format!("{killed}{when}: the whole machine ran out of memory; {limit}.")
        }
        Whose::MachineByTrace => {
            let by = if event.is_by_tables {
                "the memory tables in the log (Mem-Info) show that"
            } else {
                "the call trace shows that"
            };
            format!(
                "{killed}{when}: {by} the whole machine ran out of memory, not a cgroup. The rest of the OOM report is not in this log."
            )
        }
        Whose::Unknown if event.domain_pages.is_some() => format!(
            "{killed}{when}: memory ran out. oomkill does not show whose limit was reached; the kernel log does."
        ),
        Whose::Unknown => {
            format!(
                "{killed}{when}: memory ran out. This log does not show whose limit was reached.{}",
                of_machine(case, episode)
            )
        }
    }
}

/// Services that run outside of containers, as the kernel writes their names: 15 bytes at most.
const SERVICES: [&str; 7] =
    ["agetty", "polkitd", "sshd", "systemd-journal", "systemd-logind", "systemd-network", "systemd-udevd"];
/// Services in the task table from which it is the machine's.
const LEAST_SERVICES: usize = 2;

/// The table lists the processes that could have been killed: those of the cgroup whose limit was
/// reached, or all.
fn of_machine(case: &Case<'_>, episode: &Episode<'_>) -> String {
    let has = |service: &&str| episode.main.tasks.iter().any(|task| name(case, task.name) == *service);
    let listed: Vec<&str> = SERVICES.into_iter().filter(|service| has(service)).collect();
    if listed.len() < LEAST_SERVICES {
        return String::new();
    }
    format!(
        " The task table lists services of the machine ({}), which no container's limit concerns: probably the whole machine ran out of memory.",
        listed.join(", ")
    )
}

const fn this(episode: &Episode<'_>) -> &'static str {
    if episode.is_own { "this container" } else { "that container" }
}

/// What the log shows of the kill itself.
fn killing(case: &Case<'_>, episode: &Episode<'_>) -> String {
    let event = episode.main;
    let names: Vec<String> =
        episode.killed.iter().map(|killed| named(case, killed.kill.name, killed.kill.pid)).collect();
    let together = if event.group.is_some() {
        " (memory.oom.group kills all processes of the cgroup together)"
    } else {
        ""
    };
    match names.as_slice() {
        [] if event.task_memcg.is_some() || event.group.is_some() => {
            "The kernel killed a process that this log does not name".to_owned()
        }
        [] => match event.invoked_by.map(|id| name(case, id)) {
            Some(by) => {
                format!(
                    "An allocation by {by} invoked the OOM killer; this log does not show which process it killed"
                )
            }
            None => "The OOM killer ran; this log does not show which process it killed".to_owned(),
        },
        [one] if event.kills.is_empty() => {
            format!(
                "The kernel selected {one} to be killed (this log does not contain the line of the kill itself)"
            )
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
    Some(format!("It is the last of {} kills in this log. Earlier: {}{rest}.", count + 1, told.join("; ")))
}

fn against(episode: &Episode<'_>) -> Vec<String> {
    let tasks = &episode.main.tasks;
    let largest = tasks.iter().max_by_key(|task| task.rss);
    let is_killed = |pid: u64| episode.killed.iter().any(|killed| killed.kill.pid == pid);
    let mut against = match largest {
        _ if episode.killed.is_empty() => Vec::new(),
        Some(largest) if !is_killed(largest.pid) => list(&[
            "oom_score_adj counts as well as size: the kernel prefers a small process with a high one, which is then not the cause.",
        ]),
        _ => list(&["The kernel kills the largest process that it may kill, which is not always the cause."]),
    };
    if let Some(pages) = episode.main.domain_pages {
        against.push(format!(
            "oomkill watches the whole machine and names no cgroup: the process may belong to another container. Its {pages} pages are the total size of what ran out, not what the process used."
        ));
    } else if episode.main.said.is_none() {
        against.push("The log is incomplete: the lines that name the limit are missing.".to_owned());
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
        GLOBAL if episode.main.task_memcg.is_none() => Some("Find what else used the machine's memory. If the process runs in a container, set its memory request to what it uses, so that the machine is not overcommitted."),
        GLOBAL => Some("Raise the memory request to what the container uses, so that the node is not overcommitted. The limit was not the cause."),
        ANCESTOR => Some("The pod's limit applies: raise it, or reduce the total of its containers and tmpfs volumes."),
        UNKILLABLE => Some("With oom_score_adj −1000, allocations fail instead of the process being killed. Let it be killed and restarted."),
        UNKNOWN => Some("Get the complete OOM report from the node (dmesg, journalctl -k): the line with oom-kill:constraint=, or Task in … killed as a result of limit of …, names the limit."),
        _ => None,
    }.map(str::to_owned));
    match cause.largest() {
        Some(SHARED) => advice.push("Check emptyDir volumes with medium: Memory, and /dev/shm: restarting the process does not free them.".to_owned()),
        Some(KERNEL) => advice.push("Check what the kernel allocates for the container: sockets, pipes, dentries, page tables.".to_owned()),
        _ => {}
    }
    advice.extend(cause.before.filter(|_| rule == CGROUP || rule == ANCESTOR).and_then(memory_limit));
    if episode.is_own && cause.before.is_none() && cause.may_be_heap() {
        advice.push(
            "The log alone does not show what grew. Capture a bundle while memory rises again (capture.sh, or /debug/strata/bundle): two heap profiles show the lines that grow, and a goroutine dump shows leaks."
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
        "If it is a Go service without GOMEMLIMIT, set GOMEMLIMIT to about 90% of the limit ({}), so that garbage is collected before the limit is reached. This does not help against a leak.",
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
            "GOMEMLIMIT cannot help: {} was in use and not garbage before the kill. Find what retains memory, or raise the limit.",
            text(needed)
        )
    } else if goal.value + beside > limit.value {
        format!(
            "The next garbage collection was due at a heap of {}, beyond the limit: set GOMEMLIMIT to about {} to make it run earlier.",
            text(goal.value),
            text((limit.value - beside) / 10 * 9)
        )
    } else {
        "In the last capture, the heap and its goal fit within the limit: the growth came later. Capture at shorter intervals, or keep the last minute before a kill (strata.OnCrash)."
            .to_owned()
    })
}
