//! `mem.evicted`, `mem.sigkill`, and `mem.oom.cgroup` by the word of the kubelet:
//! how Kubernetes says that containers ended.

use super::oom::CGROUP;
use super::support::{Draft, list, text};
use crate::analysis::memory::term::View;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::RecordKind;
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

/// Exit code of a process that SIGKILL ended: 128 + 9.
const KILLED: i64 = 137;

const EVICTED: Rule = Rule {
    code: "mem.evicted",
    severity: Severity::Critical,
    title: "Evicted by the kubelet",
    meaning: "The kubelet evicted the pod to relieve the node.",
};

const SIGKILL: Rule = Rule {
    code: "mem.sigkill",
    severity: Severity::Warning,
    title: "Killed with SIGKILL",
    meaning: "A container ended with exit code 137, and Kubernetes does not say OOMKilled.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[EVICTED, CGROUP, SIGKILL],
    missing_inputs: |case| {
        let has_pod = case.evidence.memory.records.iter().any(|record| record.kind == RecordKind::Pod);
        if has_pod { Vec::new() } else { list(&["the pod (kubectl get pod NAME -o json)"]) }
    },
    detect: |case: &Case<'_>| case.analysis.subjects.iter().flat_map(|subject| find(case, subject)).collect(),
};

fn find(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let views = views(case, subject);
    // A kernel log says more than the kubelet.
    let has_log = !case.evidence.oom.is_empty();
    let containers = views.iter().filter(|view| !view.level().is_empty() && !has_log);
    let ended = containers.filter_map(|container| killed(subject, container));
    views.iter().filter_map(|pod| evicted(subject, pod)).chain(ended).collect()
}

fn views<'c>(case: &Case<'c>, subject: &Subject) -> Vec<View<'c>> {
    let sources: Vec<_> = subject.sources().collect();
    let of_subject =
        |view: &View<'_>| view.record.kind == RecordKind::Pod && sources.contains(&view.record.source);
    case.evidence
        .memory
        .records
        .iter()
        .map(|record| View { evidence: case.evidence, record })
        .filter(of_subject)
        .collect()
}

/// The place of a text of the pod's.
fn cited(view: &View<'_>, key: &str) -> Vec<Citation> {
    let place = view.place_of_text(key);
    place.map(Citation::place).into_iter().collect()
}

/// Eviction is the kubelet's: about the node's memory, never about the container's limit.
fn evicted(subject: &Subject, pod: &View<'_>) -> Option<Finding> {
    let is_evicted = pod.text("phase") == Some("Failed") && pod.text("reason") == Some("Evicted");
    if !is_evicted || !pod.level().is_empty() {
        return None;
    }
    let message = pod.text("message").unwrap_or("no message").trim_end_matches('.').to_owned();
    let class = pod.text("qosClass").map_or_else(String::new, |class| format!(" Its class is {class}."));
    let draft = Draft {
        rule: EVICTED,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: "The pod's phase is Failed and its reason Evicted.".to_owned(),
        title: EVICTED.title.to_owned(),
        claim: format!(
            "The kubelet evicted the pod: {message}.{class} No limit of the container was reached."
        ),
        amount: None,
        citations: cited(pod, "reason"),
        against: list(&["Pods are evicted for disk space and process ids too: see the message."]),
        advice: list(&[
            "Raise the memory request to what the pod uses: pods far above their request are evicted first.",
            "The limit was not the cause; look at what else runs on the node.",
        ]),
    };
    draft.about(subject.id)
}

/// SIGKILL, now or at the restart before.
fn killed(subject: &Subject, container: &View<'_>) -> Option<Finding> {
    let state = ["state", "lastState"]
        .into_iter()
        .find(|state| container.value(&format!("{state}.exitCode")) == Some(KILLED))?;
    let code = container.get(&format!("{state}.exitCode"))?;
    let reason = container.text(&format!("{state}.reason")).unwrap_or("no reason");
    let name = container.level();
    let limit =
        container.value("limits.memory").map_or_else(String::new, |limit| format!(" of {}", text(limit)));
    let restarts = container.value("restartCount").unwrap_or(0);
    let is_oom = reason == "OOMKilled";
    let draft = Draft {
        rule: if is_oom { CGROUP } else { SIGKILL },
        severity: if is_oom { CGROUP.severity } else { SIGKILL.severity },
        confidence: if is_oom { Confidence::Likely } else { Confidence::Possible },
        reclaim: None,
        condition: format!(
            "A container ended with exit code {KILLED}; OOMKilled tells the kernel's kill from others."
        ),
        title: if is_oom { "Killed for memory" } else { SIGKILL.title }.to_owned(),
        claim: if is_oom {
            format!("Container {name} was OOMKilled with a limit{limit}; it restarted {restarts} times.")
        } else {
            format!(
                "Container {name} ended with exit code {KILLED} ({reason}): someone sent SIGKILL, and Kubernetes does not say OOMKilled."
            )
        },
        amount: None,
        citations: code.from,
        against: list(if is_oom {
            &[
                "Kubernetes says OOMKilled for kills by the pod's limit and by the node too: the kernel's log tells which.",
            ]
        } else {
            &[
                "It may have been memory all the same: a kill of a child process, or one that the container runtime did not see.",
            ]
        }),
        advice: list(if is_oom {
            &[
                "Capture dmesg of the node, and memory.stat and smaps before the next kill: they say what filled the limit.",
            ]
        } else {
            &[
                "Look at liveness probes and at the grace period: both end in SIGKILL. memory.events of the cgroup tells whether it was memory.",
            ]
        }),
    };
    draft.about(subject.id)
}
