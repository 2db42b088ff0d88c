//! Sentences in which somebody tells that it ended a process or a pod for memory: the
//! kubelet, and killers that act before the kernel does.
//!
//! ```text
//! The node was low on resource: memory. Container api was using 9Ki, which exceeds its request of 0.
//! Cgroup OOM encountered, victim process: api, pid: 42
//! [talos] Sending SIGKILL to cgroup {"component": "…", "cgroup": "/sys/fs/cgroup/…"}
//! systemd-oomd[512]: Killed /system.slice/api.service due to memory pressure for /system.slice being …
//! earlyoom[412]: sending SIGTERM to process 42 uid 1000 "api": badness 900, VmRSS 1443 MiB
//! systemd[1]: api.service: A process of this unit has been killed by the OOM killer.
//! systemd[1]: api.service: Main process exited, code=killed, status=9/KILL
//! ```
//! Kubernetes, pkg/kubelet/eviction/helpers.go and pkg/kubelet/oom; Talos,
//! internal/app/machined/pkg/controllers/runtime/oom.go; systemd, src/oom/oomd-manager.c, src/core/unit.c, service.c;
//! earlyoom, kill.c. They are quoted without what they stood in: a message that is
//! broken over lines is put together.

use super::pod::Event;
use super::redaction;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::oom_log::prefix;
use crate::formats::record::{nothing_found, text_lines};

/// The format of this module.
pub const FORMATS: [Format; 1] = [Format {
    name: "memory-notices",
    label: "OOM and eviction notices (kubelet, systemd-oomd, earlyoom, Talos)",
    content: Content::Lines,
    sniff,
    parse,
    secrets: redaction::free_text,
}];

/// The reason under which kills of the machine's own killers are kept.
const USERSPACE: &str = "UserspaceOOM";
/// What the kubelet says of an eviction.
const LOW: &str = "The node was low on resource: ";
/// Victims of the kernel, as the kubelet tells of them, and the reason of that event.
const VICTIMS: [(&str, &str); 2] = [
    ("Cgroup OOM encountered, victim process: ", "CgroupOOM"),
    ("System OOM encountered, victim process: ", "SystemOOM"),
];
const TALOS: &str = "Sending SIGKILL to cgroup {";
/// Why systemd-oomd kills.
const PRESSURE: [&str; 3] = [" due to memory pressure for ", " due to memory used ", " due to swap used "];
const EARLY: [&str; 2] = ["sending SIGTERM to process ", "sending SIGKILL to process "];
/// What systemd says of a unit that the kernel killed a process of, and the reason of that event.
const UNIT_OOM: ([&str; 3], &str) = (
    [
        ": A process of this unit has been killed by the OOM killer",
        ": The kernel OOM killer killed some processes in this unit",
        ": Failed with result 'oom-kill'",
    ],
    "UnitOOM",
);
/// What it says of one whose first process ended by SIGKILL, whoever sent it.
const UNIT_KILLED: ([&str; 3], &str) = (
    [
        ": Main process exited, code=killed, status=9/KILL",
        ": main process exited, code=killed, status=9/KILL",
        "ain process exited, code=exited, status=137",
    ],
    "UnitKilled",
);
/// Lines over which one message is broken, at most.
const PIECES: usize = 3;
/// Bytes of one line that are looked at.
const LINE_BYTES: usize = 4096;

fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = String::from_utf8_lossy(probe.head());
    if head.lines().any(|line| notice(line).is_some()) { Sniff::ByContent } else { Sniff::No }
}

/// True for a line with such a sentence.
pub fn is_notice(line: &[u8]) -> bool {
    line.len() > LOW.len()
        && std::str::from_utf8(line.get(..LINE_BYTES).unwrap_or(line))
            .is_ok_and(|line| notice(line).is_some())
}

/// What one line tells.
struct Notice<'a> {
    reason: &'static str,
    /// The sentence, or who killed and why.
    message: String,
    /// Whom: empty if the line does not say it.
    whom: String,
    /// Where the sentence goes on if it is broken.
    rest: &'a str,
}

fn notice(line: &str) -> Option<Notice<'_>> {
    if let Some(at) = line.find(LOW) {
        let rest = line.get(at..)?;
        return Some(Notice { reason: "Evicted", message: String::new(), whom: String::new(), rest });
    }
    for (words, reason) in VICTIMS {
        if let Some(at) = line.find(words) {
            let message = line.get(at..)?.trim_end_matches(['"', '\'', '`', ',', ' ']).to_owned();
            return Some(Notice { reason, message, whom: String::new(), rest: "" });
        }
    }
    if let Some((reason, whom)) = unit(line) {
        return Some(Notice { reason, message: String::new(), whom, rest: "" });
    }
    let (whom, message) = talos(line).or_else(|| systemd(line)).or_else(|| early(line))?;
    Some(Notice { reason: USERSPACE, message, whom, rest: "" })
}

/// The unit that systemd tells of, and what of it.
fn unit(line: &str) -> Option<(&'static str, String)> {
    let (at, reason) = [UNIT_OOM, UNIT_KILLED]
        .into_iter()
        .find_map(|(words, reason)| words.iter().find_map(|words| line.find(words)).map(|at| (at, reason)))?;
    // The third form is found behind its first letter.
    let before = line.get(..at)?.trim_end_matches(['M', 'm']).trim_end_matches([' ', ':']);
    let name = before.rsplit([' ', ':']).next()?;
    let is_unit = [".service", ".scope", ".slice"].iter().any(|end| name.ends_with(end));
    is_unit.then(|| (reason, format!("unit/{name}")))
}

fn talos(line: &str) -> Option<(String, String)> {
    let rest = line.get(line.find(TALOS)?..)?;
    let group = rest.split_once("\"cgroup\": \"")?.1.split_once('"')?.0;
    Some((format!("cgroup {group}"), "Talos: its OOM controller".to_owned()))
}

fn systemd(line: &str) -> Option<(String, String)> {
    let (before, why) = PRESSURE.iter().find_map(|words| Some((line.find(words)?, *words)))?;
    let group = line.get(..before)?.rsplit_once("Killed ")?.1;
    let why = line.get(before..)?.trim_start_matches(why.split(' ').take(3).last().unwrap_or_default());
    let is_group = group.starts_with('/') && !group.contains(' ');
    is_group.then(|| (format!("cgroup {group}"), format!("systemd-oomd:{why}")))
}

fn early(line: &str) -> Option<(String, String)> {
    let rest = EARLY.iter().find_map(|words| line.split_once(words))?.1;
    let pid = rest.split(' ').next().filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit()))?;
    let name = rest.split_once('"')?.1.split_once('"')?.0;
    let resident = rest.split_once("VmRSS ").map(|(_, size)| format!(" resident {size}"));
    Some((format!("{name} (pid {pid})"), format!("earlyoom:{}", resident.unwrap_or_default())))
}

/// Parses every notice, each an event.
/// # Errors
/// `Malformed` without one.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut count = 0;
    let mut pod = String::new();
    let mut lines = text_lines(input.bytes).peekable();
    while let Some((line, text)) = lines.next() {
        if let Some(name) = named(text) {
            pod = name;
        }
        let Some(notice) = notice(text).filter(|_| count < CONTAINERS) else { continue };
        let mut message = notice.message;
        if !notice.rest.is_empty() {
            notice.rest.clone_into(&mut message);
            for _ in 1..PIECES {
                let Some((_, next)) = lines.peek().filter(|_| !is_whole(&message)) else { break };
                let is_word = next.starts_with(' ') || is_between_words(&message, next);
                message.push_str(if is_word || message.ends_with(',') { " " } else { "" });
                message.push_str(next.trim());
                lines.next();
            }
        }
        let object = match notice.whom {
            whom if whom.is_empty() && !pod.is_empty() => format!("pod/{pod}"),
            whom => whom,
        };
        let message = message.trim_end_matches(|c: char| c.is_whitespace() || "\"'`*,".contains(c));
        // When systemd logged it tells whether the kernel's log is of the same kill.
        let is_of_unit = [UNIT_OOM.1, UNIT_KILLED.1].contains(&notice.reason);
        let before = text.split_once("systemd").filter(|_| is_of_unit).map(|(before, _)| before);
        let last_seen = before.and_then(prefix::stamp).unwrap_or_default();
        let event = Event { kind: "Warning", reason: notice.reason, message, object, last_seen, count: None };
        event.store(input, evidence, line.position());
        count += 1;
    }
    facts.kind = Some("notices".to_owned());
    if count == 0 { Err(nothing_found("notices", "a sentence of a killer")) } else { Ok(()) }
}

/// The words that the kubelet puts around names and amounts (pkg/kubelet/eviction/helpers.go).
const WORDS: [&str; 22] = [
    "The",
    "node",
    "was",
    "low",
    "on",
    "resource:",
    "Threshold",
    "quantity:",
    "available:",
    "Container",
    "using",
    "which",
    "exceeds",
    "its",
    "request",
    "of",
    "is",
    "has",
    "larger",
    "consumption",
    "memory.",
    "ephemeral-storage.",
];

/// True if a message was broken at a blank, as a folded text of YAML is, and not within a word, as a
/// terminal does at its edge.
fn is_between_words(message: &str, next: &str) -> bool {
    let last = message.rsplit(' ').next().unwrap_or_default();
    let first = next.split(' ').next().unwrap_or_default();
    WORDS.contains(&last) || WORDS.contains(&first)
}

/// True if a message ends where a sentence does.
fn is_whole(message: &str) -> bool {
    message.trim_end_matches(|c: char| c.is_whitespace() || "\"'`*,".contains(c)).ends_with('.')
}

/// The pod that `Name:  api-7`, `name: "api-7",` names.
fn named(text: &str) -> Option<String> {
    let (key, value) = text.trim().split_once(':')?;
    let name = value.trim().trim_matches(['"', '\'', ',']).trim_end_matches('"');
    let is_name = matches!(key.trim_matches('"'), "Name" | "name")
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::session::Session;

    #[test]
    fn a_message_that_is_broken_over_lines_is_put_together() {
        let whole = "The node was low on resource: memory. Container api-server was using 9000Ki, which exceeds its request of 0.";
        for broken in [
            "The node was low on resource: memory. Container api-server\nwas using 9000Ki, which exceeds its request of 0.\n",
            "The node was low on resource: memory. Container api-server was using\n9000Ki, which exceeds its request of 0.\n",
            "Message:  The node was low on resource: memory. Container api-server was using 9000Ki, which e\nxceeds its request of 0.\n",
            "  message: 'The node was low on resource: memory. Container api-server was using 9000Ki,\n    which exceeds its request of 0. '\n",
        ] {
            let mut session = Session::default();
            session.add("paste.txt", broken.as_bytes().to_vec());
            let report = session.report();
            let found = report.findings.iter().find(|finding| finding.code == "mem.evicted");
            assert!(found.is_some_and(|found| found.claim.contains(whole)), "{broken}\n{:?}", report.verdict);
        }
    }
}
