//! Events that tell of kills and evictions.
//!
//! `SystemOOM` is the kubelet's, for kills that the whole machine's memory
//! caused (pkg/kubelet/oom/oom_watcher_linux.go). `OOMKilling` is
//! node-problem-detector's, with the kernel's own line.

use super::super::oom::{CGROUP, GLOBAL};
use super::super::support::{Draft, list, text};
use super::evicted::Eviction;
use super::{USERSPACE, cited, node, views};
use crate::analysis::memory::term::View;
use crate::detectors::Case;
use crate::evidence::memory::RecordKind;
use crate::report::{Confidence, Finding, Severity, Subject};

/// The title where an event does not tell the container's limit from one above it.
const IN_CGROUP: &str = "OOM-killed: a container or a parent cgroup reached its memory limit";

/// What the events say that the states of `known` do not.
pub(super) fn find(case: &Case<'_>, subject: &Subject, known: &mut [Finding]) -> Vec<Finding> {
    // A kernel's log says more than an event that quotes it.
    let has_log = !case.evidence.oom.is_empty();
    let events = views(case, subject, RecordKind::Event);
    let mut found = Vec::new();
    for event in &events {
        let message = event.text("message").unwrap_or("");
        let finding = match event.text("reason").unwrap_or("") {
            "SystemOOM" if !has_log => machine(subject, event, message),
            "CgroupOOM" if !has_log => group(subject, event, message),
            "UserspaceOOM" => userspace(subject, event, message),
            // Rules of one's own for node-problem-detector have names such as PodOOMKilling.
            reason if !has_log && reason.ends_with("OOMKilling") => match of_victim(known, message) {
                // The container's state tells of the same kill.
                Some(told) => {
                    told.citations.extend(cited(event, &["reason"]));
                    None
                }
                None => kernel(subject, event, message),
            },
            "Evicted" if !is_told(known, message) => {
                let object = event.text("object").unwrap_or("").replacen("pod/", "pod ", 1);
                let pod = if object.is_empty() { "a pod".to_owned() } else { object };
                let start = format!("The kubelet evicted {pod},");
                let eviction =
                    Eviction { pod, message: Some(message), class: String::new(), has_memory_volume: false };
                let told = eviction.finding(subject, cited(event, &["reason"]));
                // The status says that it was evicted, the event why.
                match known.iter_mut().find(|known| known.claim.starts_with(&start)).zip(told.clone()) {
                    Some((status, mut told)) => {
                        told.citations.extend(status.citations.as_slice().iter().cloned());
                        *status = told;
                        None
                    }
                    None => told,
                }
            }
            _ => None,
        };
        found.extend(finding);
    }
    found.extend(node::find(case, subject, &events));
    found
}

/// True if the status of a pod tells of the same eviction.
fn is_told(known: &[Finding], message: &str) -> bool {
    let message = message.trim().trim_end_matches('.');
    known.iter().any(|finding| {
        finding.code.ends_with(".evicted") && (message.is_empty() || finding.claim.contains(message))
    })
}

/// What is told already of the container that a killed process is called like.
fn of_victim<'k>(known: &'k mut [Finding], message: &str) -> Option<&'k mut Finding> {
    let (_, victim) = message.strip_prefix("Memory cgroup")?.split_once("process ")?.1.split_once('(')?;
    let of = format!("Container {} ", victim.split_once(')')?.0);
    known.iter_mut().find(|finding| finding.code == CGROUP.code && finding.claim.starts_with(&of))
}

/// " (last seen 5m ago, 3 times)".
fn when(event: &View<'_>) -> String {
    let seen = event.text("lastSeen").map(|seen| {
        let is_age = seen.ends_with(['s', 'm', 'h', 'd']) && !seen.contains(':');
        format!("last seen {seen}{}", if is_age { " before the capture" } else { "" })
    });
    let times = event.value("count").filter(|count| *count > 1).map(|count| format!("{count} times"));
    let parts: Vec<String> = seen.into_iter().chain(times).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// The process of "System OOM encountered, victim process: svc, pid: 42".
fn victim(message: &str) -> Option<String> {
    let (name, pid) = message.split_once("victim process: ")?.1.rsplit_once(", pid: ")?;
    Some(format!("{name} (pid {})", pid.trim_end_matches('.')))
}

/// "Cgroup OOM encountered, victim process: svc, pid: 42".
fn group(subject: &Subject, event: &View<'_>, message: &str) -> Option<Finding> {
    let pod = event.text("object").and_then(|object| object.strip_prefix("pod/"));
    let pod = pod.filter(|pod| !pod.is_empty()).map_or_else(String::new, |pod| format!(" of pod {pod}"));
    let draft = Draft {
        rule: CGROUP,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: "The kubelet reports that a cgroup ran out of memory.".to_owned(),
        title: IN_CGROUP.to_owned(),
        claim: format!(
            "The kernel killed {}{pod}{}: its container or a parent cgroup reached its limit.",
            victim(message).unwrap_or_else(|| "a process".to_owned()),
            when(event)
        ),
        amount: None,
        citations: cited(event, &["reason"]),
        against: list(&["The event does not show which limit was reached: the kernel log does."]),
        advice: list(&[
            "The node's dmesg contains the complete OOM report: what filled the limit, and the other processes.",
        ]),
    };
    draft.about(subject.id)
}

/// A killer of the machine's own acts before the kernel has to.
fn userspace(subject: &Subject, event: &View<'_>, message: &str) -> Option<Finding> {
    let whom = event.text("object").filter(|object| !object.is_empty()).unwrap_or("a process");
    let (killer, why) = message.split_once(':').unwrap_or((message, ""));
    let why = why.trim();
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    let draft = Draft {
        rule: USERSPACE,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: "The log of the userspace OOM killer reports it.".to_owned(),
        title: USERSPACE.title.to_owned(),
        claim: format!(
            "{killer} killed {whom}{why}: the machine was low on memory. This was not the kernel's OOM killer."
        ),
        amount: None,
        citations: cited(event, &["reason"]),
        against: list(&["The line does not show what used the memory."]),
        advice: list(&[
            "Check what else ran on the machine, and the thresholds of the killer: it kills the cgroup with the most pressure, which is not necessarily the one that leaks.",
        ]),
    };
    draft.about(subject.id)
}

fn machine(subject: &Subject, event: &View<'_>, message: &str) -> Option<Finding> {
    // Kubelets before 1.17 name no process.
    let (claim, against) = match victim(message) {
        Some(whom) => (
            format!(
                "The node ran out of memory, and the kernel killed {whom}{}. No container reached its limit.",
                when(event)
            ),
            "The event names the killed process, but not its container: the kernel log does.",
        ),
        None => (
            format!("The node ran out of memory, and the kernel killed a process{}.", when(event)),
            "The event names neither the killed process nor its container: the kernel log does.",
        ),
    };
    let draft = Draft {
        rule: GLOBAL,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: "The kubelet reports SystemOOM.".to_owned(),
        title: GLOBAL.title.to_owned(),
        claim,
        amount: None,
        citations: cited(event, &["reason"]),
        against: list(&[against]),
        advice: list(&[
            "The node's dmesg shows what used the memory. Look for pods without limits, and for requests below actual use.",
        ]),
    };
    draft.about(subject.id)
}

/// " It held 7.7 GiB of anonymous memory.": the kernel's line tells it in kB.
fn held(message: &str) -> String {
    let rest = message.split_once("anon-rss:").map_or("", |(_, rest)| rest);
    let kib = rest.split_once("kB").and_then(|(digits, _)| digits.parse::<i64>().ok());
    let bytes = kib.and_then(|kib| kib.checked_mul(1024)).filter(|bytes| *bytes > 0);
    bytes.map_or_else(String::new, |bytes| format!(" It held {} of anonymous memory.", text(bytes)))
}

/// "Memory cgroup out of memory: Killed process 42 (svc) …", "Out of memory: Kill process 42 (svc) …".
fn kernel(subject: &Subject, event: &View<'_>, message: &str) -> Option<Finding> {
    let is_cgroup = message.starts_with("Memory cgroup");
    let victim = message.split_once("process ").map(|(_, victim)| victim)?;
    let (pid, rest) = victim.split_once(' ').unwrap_or((victim, ""));
    // A name may hold parentheses of its own: `((sd-pam))`.
    let end = rest.rfind(')').unwrap_or(rest.len());
    let name = rest.get(..end).unwrap_or("");
    let name = name.strip_prefix('(').unwrap_or(name);
    let rule = if is_cgroup { CGROUP } else { GLOBAL };
    let why = if is_cgroup {
        "its container or a parent cgroup reached its limit"
    } else {
        "the node ran out of memory, and no container reached its limit"
    };
    let draft = Draft {
        rule,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: "node-problem-detector reports OOMKilling and quotes the kernel's line.".to_owned(),
        title: if is_cgroup { IN_CGROUP } else { rule.title }.to_owned(),
        claim: format!("The kernel killed {name} (pid {pid}){}: {why}.{}", when(event), held(message)),
        amount: None,
        citations: cited(event, &["reason"]),
        against: list(&[
            "The event quotes one line of the kernel log; the lines before it show whose limit was reached.",
        ]),
        advice: list(&[
            "The node's dmesg contains the complete OOM report: what filled the limit, and the other processes.",
        ]),
    };
    draft.about(subject.id)
}
