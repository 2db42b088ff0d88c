//! How a container ended, now or the time before, by its reason and exit code.

use super::super::oom::CGROUP;
use super::super::support::{Draft, list, text};
use super::{EXITED, RESTARTED, SIGKILL, cited};
use crate::analysis::memory::term::View;
use crate::detectors::crash::support::quote;
use crate::detectors::{Case, Rule};
use crate::evidence::oom::{OomEvent, OomScope};
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

/// The reason that stands for the kernel's kill, whatever the exit code: that is
/// of the container's first process, which may outlive the one that was killed.
const OOM_KILLED: &str = "OOMKilled";

/// What an exit code says. Codes from 128 on are of a signal.
struct Exit {
    code: i64,
    rule: Rule,
    severity: Severity,
    /// What it proves.
    proves: &'static str,
    /// What it does not.
    against: &'static str,
    advice: &'static str,
}

const EXITS: [Exit; 6] = [
    Exit {
        code: 137,
        rule: SIGKILL,
        severity: Severity::Warning,
        proves: "it received SIGKILL, but the reason is not OOMKilled",
        against: "It may still have been an OOM kill: of a child process, or one that the container runtime did not notice.",
        advice: "Check liveness probes and the grace period: both end in SIGKILL. The cgroup's memory.events shows whether it was memory.",
    },
    Exit {
        code: 139,
        rule: EXITED,
        severity: Severity::Warning,
        proves: "killed by SIGSEGV: a fault in C code, or one that the Go runtime could not turn into a panic",
        against: "This was not an OOM kill: the OOM killer uses SIGKILL (exit code 137).",
        advice: "kubectl logs --previous shows what it printed; GOTRACEBACK=crash produces a core dump.",
    },
    Exit {
        code: 134,
        rule: EXITED,
        severity: Severity::Warning,
        proves: "killed by SIGABRT: abort() in C, or Go with GOTRACEBACK=crash after a panic or fatal error",
        against: "This was not an OOM kill: the OOM killer uses SIGKILL (exit code 137).",
        advice: "kubectl logs --previous contains the message and the goroutines: add it to the capture.",
    },
    Exit {
        code: 2,
        rule: EXITED,
        severity: Severity::Warning,
        proves: "the exit code of a Go program after a panic or a fatal error, including \"out of memory\"",
        against: "Invalid command-line flags and os.Exit(2) give the same exit code.",
        advice: "kubectl logs --previous contains the message and the goroutines: add it to the capture.",
    },
    Exit { code: 1, proves: "the program exited with an error, as os.Exit(1) and log.Fatal do", ..FAILED },
    Exit {
        code: 143,
        rule: EXITED,
        severity: Severity::Info,
        proves: "stopped by SIGTERM, for example by a rollout, a scale-down or a failed liveness probe",
        against: "This is not a crash, and not related to memory.",
        advice: "kubectl get events shows what stopped it.",
    },
];

/// An exit code that has no meaning of its own.
const FAILED: Exit = Exit {
    code: -1,
    rule: EXITED,
    severity: Severity::Warning,
    proves: "the program exited with an error",
    against: "The exit code does not show what the error was.",
    advice: "kubectl logs --previous contains the last output: add it to the capture.",
};

/// A main process that ends without an error and is started again and again.
const ENDED: Exit = Exit {
    code: 0,
    rule: EXITED,
    severity: Severity::Warning,
    proves: "the program exited without an error, but the container is meant to keep running",
    against: "A container that is meant to finish belongs in a Job.",
    advice: "kubectl logs --previous contains the last output: add it to the capture.",
};

/// The kubelet waits before it starts a container again that keeps exiting.
const BACK_OFF: &str = "CrashLoopBackOff";

/// What an exit code says; `None` for the end of a container that has done its work.
fn exit_of(code: i64, now: Option<&str>) -> Option<&'static Exit> {
    let known = EXITS.iter().find(|exit| exit.code == code);
    known.or(match (code, now) {
        (0, Some(BACK_OFF)) => Some(&ENDED),
        (0, _) | (_, Some("Completed")) => None,
        _ => Some(&FAILED),
    })
}

/// The first state, now or before, whose end says something.
pub(super) fn find(
    subject: &Subject,
    container: &View<'_>,
    block: Option<&View<'_>>,
    has_several_pods: bool,
) -> Option<Finding> {
    let reason = |state: &str| container.text(&format!("{state}.reason"));
    let states = ["state", "lastState"];
    if let Some(state) = states.into_iter().find(|state| reason(state) == Some(OOM_KILLED)) {
        return killed(subject, container, block, state, has_several_pods);
    }
    let told = states.into_iter().find_map(|state| {
        let code = container.get(&format!("{state}.exitCode"))?;
        let exit = exit_of(code.value, reason("state"))?;
        exited(subject, container, state, (code.value, exit), code.from, has_several_pods)
    });
    told.or_else(|| restarted(subject, container, has_several_pods))
}

/// A container that was started again, and nothing tells how it ended.
fn restarted(subject: &Subject, container: &View<'_>, has_several_pods: bool) -> Option<Finding> {
    let state = container.text("state.reason");
    let has_end =
        ["state", "lastState"].iter().any(|state| container.get(&format!("{state}.exitCode")).is_some());
    // An engine counts starts over the whole life of a container that runs.
    if has_end || is_of_engine(container) || state == Some("Completed") {
        return None;
    }
    let restarts = container.get("restartCount").filter(|count| count.value > 0);
    let times = restarts.as_ref().map(|count| match count.value {
        1 => "restarted once".to_owned(),
        count => format!("restarted {count} times"),
    });
    let (failing, unknown) = match state {
        Some(BACK_OFF) => (Some("is in CrashLoopBackOff"), "how it ended"),
        Some("Error") => (Some("exited with an error"), "its exit code"),
        _ => (None, "how it ended"),
    };
    let told: Vec<String> = failing.map(str::to_owned).into_iter().chain(times).collect();
    if told.is_empty() {
        return None;
    }
    let name = name(container, has_several_pods);
    let limit = container.value("limits.memory");
    let limit = limit.map_or_else(String::new, |limit| format!(" Its memory limit is {}.", text(limit)));
    let draft = Draft {
        rule: RESTARTED,
        severity: if failing.is_some() { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Certain,
        reclaim: None,
        condition: "A container has restarted or failed, but its exit code is not in the text.".to_owned(),
        title: if failing.is_some() { "A container keeps failing" } else { RESTARTED.title }.to_owned(),
        claim: format!("{name} {}; the text does not show {unknown}.{limit}", told.join(" and ")),
        amount: None,
        citations: restarts.map_or_else(|| cited(container, &["state.reason"]), |count| count.from),
        against: Vec::new(),
        advice: list(&[
            "kubectl describe pod shows the last state with reason and exit code, kubectl logs --previous its last output.",
        ]),
    };
    draft.about(subject.id)
}

/// "Container api", "Init container proxy of pod p", "A container of pod p".
fn name(container: &View<'_>, has_several_pods: bool) -> String {
    let role = container.text("role").unwrap_or("");
    if role == "listed" {
        return format!("A container of pod {}", container.level());
    }
    let kind = match role {
        "init" => "Init container",
        "sidecar" => "Sidecar",
        "ephemeral" => "Ephemeral container",
        _ => "Container",
    };
    let pod = container.text("pod").filter(|pod| has_several_pods && !pod.is_empty());
    let of = pod.map_or_else(String::new, |pod| format!(" of pod {pod}"));
    format!("{kind} {}{of}", container.level())
}

/// "; it restarted 4 times and last exited at …".
fn history(container: &View<'_>, state: &str) -> String {
    let times = match container.value("restartCount") {
        None => None,
        Some(0) => Some("it did not restart".to_owned()),
        Some(1) => Some("it restarted once".to_owned()),
        Some(count) => Some(format!("it restarted {count} times")),
    };
    match (times, container.text(&format!("{state}.finishedAt"))) {
        (Some(times), Some(time)) => format!("; {times} and last exited at {time}"),
        (Some(times), None) => format!("; {times}"),
        (None, Some(time)) => format!("; it exited at {time}"),
        (None, None) => String::new(),
    }
}

/// What the program wrote last, where Kubernetes keeps it (terminationMessagePolicy).
fn last_words(container: &View<'_>, state: &str) -> String {
    let message = container.text(&format!("{state}.message")).map(str::trim).unwrap_or_default();
    if message.is_empty() { String::new() } else { format!(" Its last output: {}.", quote(message)) }
}

fn citations(container: &View<'_>, state: &str) -> Vec<Citation> {
    let code = container.get(&format!("{state}.exitCode"));
    let reason = || cited(container, &[&format!("{state}.reason"), "pod", state]);
    code.map_or_else(reason, |code| code.from)
}

fn killed(
    subject: &Subject,
    container: &View<'_>,
    block: Option<&View<'_>>,
    state: &str,
    has_several_pods: bool,
) -> Option<Finding> {
    let name = name(container, has_several_pods);
    let quoted = block.and_then(|block| block.value("limits.memory"));
    let limit = match (container.value("limits.memory"), quoted) {
        (Some(limit), _) => format!(" with a limit of {}", text(limit)),
        (None, Some(limit)) => format!(" with a limit of {} (from the quoted resources)", text(limit)),
        (None, None) => " (its limit is not in the captures)".to_owned(),
    };
    let code = container.value(&format!("{state}.exitCode"));
    let is_running = state == "state" && container.text("state") == Some("running");
    let outlived = match code {
        _ if is_running => " A process in it was killed; the container itself is still running.".to_owned(),
        Some(code) if code != 137 => {
            format!(" Its exit code {code} is that of the first process, which outlived the killed one.")
        }
        _ => String::new(),
    };
    let draft = Draft {
        rule: CGROUP,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: "The reason of the container's current or last state is OOMKilled, with any exit code."
            .to_owned(),
        title: "OOM-killed".to_owned(),
        claim: format!("{name} was OOMKilled{limit}{}.{outlived}", history(container, state)),
        amount: None,
        citations: citations(container, state),
        against: list(&[if is_of_engine(container) {
            "The container engine reports OOMKilled for any process of the container that the OOM killer killed, whether the container or the machine ran out of memory: the kernel log shows which."
        } else {
            "Kubernetes also reports OOMKilled for kills caused by the pod's limit or the node: the kernel log shows which."
        }]),
        advice: list(&[
            "Capture the node's dmesg, and memory.stat and smaps before the next kill: they show what filled the limit.",
        ]),
    };
    draft.about(subject.id)
}

/// True for what an engine's inspect prints: its words are not the kubelet's.
fn is_of_engine(container: &View<'_>) -> bool {
    container.file() == "inspect"
}

fn exited(
    subject: &Subject,
    container: &View<'_>,
    state: &str,
    (code, exit): (i64, &Exit),
    citations: Vec<Citation>,
    has_several_pods: bool,
) -> Option<Finding> {
    let name = name(container, has_several_pods);
    let reason =
        container.text(&format!("{state}.reason")).map_or_else(String::new, |reason| format!(" ({reason})"));
    let is_waiting = container.text("state.reason") == Some(BACK_OFF);
    let back_off = if is_waiting { " It is in CrashLoopBackOff." } else { "" };
    let draft = Draft {
        rule: exit.rule,
        severity: exit.severity,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: format!("A container exited with code {code}, and its reason is not OOMKilled."),
        title: exit.rule.title.to_owned(),
        claim: format!(
            "{name} exited with code {code}{reason}: {}{}.{back_off}{}",
            exit.proves,
            history(container, state),
            last_words(container, state)
        ),
        amount: None,
        citations,
        against: list(&[exit.against]),
        advice: list(&[exit.advice]),
    };
    draft.about(subject.id)
}

/// True if a kernel's log tells of this container's kill: it says more then. A
/// kill in another container hides nothing.
pub(super) fn is_told_by_log(case: &Case<'_>, container: &View<'_>) -> bool {
    let limit = container.value("limits.memory");
    let ids: Vec<&str> = ["containerID", "podUID"].iter().filter_map(|key| container.text(key)).collect();
    let has_kill = |event: &&OomEvent| !event.victims().is_empty();
    case.evidence.oom.iter().filter(has_kill).any(|event| {
        let paths = [event.task_memcg, event.oom_memcg, event.stats_memcg];
        let paths: Vec<&str> = paths.into_iter().flatten().map(|id| case.evidence.strings.get(id)).collect();
        let names_it = |id: &&str| {
            // In paths of systemd a pod's id has underscores.
            let systemd = id.replace('-', "_");
            paths.iter().any(|path| path.contains(*id) || path.contains(&systemd))
        };
        if ids.iter().any(names_it) {
            return true;
        }
        let is_outer = matches!((event.oom_memcg, event.task_memcg), (Some(oom), Some(task)) if oom != task);
        let is_global = event.said.or(event.traced) == Some(OomScope::Machine);
        let stated = event.memory.and_then(|memory| memory.limit).map(|stated| stated.0);
        match (stated, limit) {
            _ if is_global || is_outer => ids.is_empty(),
            (Some(stated), Some(limit)) => stated == limit,
            _ => false,
        }
    })
}
