//! How Kubernetes and container engines say that containers ended: the states of
//! pods and containers, evictions, events, and what systemd says of its units.

mod ended;
mod events;
mod evicted;
mod node;
mod units;

use super::oom::{CGROUP, GLOBAL, UNKNOWN};
use super::support::list;
use crate::analysis::memory::term::View;
use crate::base::order::StableOrder;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::RecordKind;
use crate::report::{Citation, Finding, Severity, Subject};

const EVICTED: Rule = Rule {
    code: "mem.evicted",
    severity: Severity::Critical,
    title: "Evicted by the kubelet",
    meaning: "The kubelet evicted the pod because the node ran low on memory.",
};

const EVICTED_OTHERWISE: Rule = Rule {
    code: "pod.evicted",
    severity: Severity::Warning,
    title: "Evicted by the kubelet",
    meaning: "The kubelet evicted the pod for a reason other than memory: disk, inodes or process IDs.",
};

const USERSPACE: Rule = Rule {
    code: "mem.oom.userspace",
    severity: Severity::Critical,
    title: "Killed by a userspace OOM killer",
    meaning: "A userspace OOM killer (systemd-oomd, earlyoom, Talos) killed a process before the kernel had to, because memory was low.",
};

const PRESSURE: Rule = Rule {
    code: "mem.node-pressure",
    severity: Severity::Warning,
    title: "The node is low on memory",
    meaning: "The kubelet reports memory pressure on the node: it reclaims memory and evicts pods, whatever their limits are.",
};

const SIGKILL: Rule = Rule {
    code: "mem.sigkill",
    severity: Severity::Warning,
    title: "Killed with SIGKILL",
    meaning: "A container exited with code 137, but Kubernetes does not report OOMKilled.",
};

const EXITED: Rule = Rule {
    code: "pod.exited",
    severity: Severity::Warning,
    title: "A container exited",
    meaning: "The exit code distinguishes a crash (2, 134, 139) and an error (1) from a requested stop (143).",
};

const RESTARTED: Rule = Rule {
    code: "pod.restarted",
    severity: Severity::Warning,
    title: "A container restarted for an unknown reason",
    meaning: "A container has restarted, but the text does not contain its exit code; a warning if it is in CrashLoopBackOff or Error.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[
        EVICTED,
        EVICTED_OTHERWISE,
        CGROUP,
        GLOBAL,
        UNKNOWN,
        USERSPACE,
        PRESSURE,
        SIGKILL,
        EXITED,
        RESTARTED,
    ],
    missing_inputs: |case| {
        let records = &case.evidence.memory.records;
        let is_told = |kind| matches!(kind, RecordKind::Pod | RecordKind::Event);
        let has_pod = records.iter().any(|record| {
            let view = View { evidence: case.evidence, record };
            (is_told(record.kind) && view.file() != RESOURCES) || node::is_node(case, record)
        });
        if has_pod { Vec::new() } else { list(&["the pod (kubectl get pod NAME -o json)"]) }
    },
    detect: |case: &Case<'_>| case.analysis.subjects.iter().flat_map(|subject| find(case, subject)).collect(),
};

/// The file of a block `resources:` that stands by itself.
const RESOURCES: &str = "resources";

/// Findings of one kind that a list of pods may give: the rest is only counted.
const FINDINGS: usize = 24;

fn find(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let pods = views(case, subject, RecordKind::Pod);
    let mut containers: Vec<&View<'_>> = pods.iter().filter(|view| !view.level().is_empty()).collect();
    containers.order_by_key(|view| std::cmp::Reverse(view.value("restartCount")));
    let has_several_pods = pod_names(&pods) > 1;
    // One block beside one container is of it.
    let blocks: Vec<&View<'_>> = pods.iter().filter(|view| view.file() == RESOURCES).collect();
    let block = if let [block] = blocks.as_slice() { Some(*block) } else { None };
    let mut found: Vec<Finding> = containers
        .into_iter()
        .filter(|container| !ended::is_told_by_log(case, container))
        .filter_map(|container| ended::find(subject, container, block, has_several_pods))
        .collect();
    found.extend(
        pods.iter()
            .filter(|view| view.level().is_empty() && view.file() != RESOURCES)
            .filter_map(|pod| evicted::of_pod(subject, pod)),
    );
    let told = events::find(case, subject, &mut found);
    found.extend(told);
    found.extend(units::find(case, subject));
    let mut kept: Vec<Finding> = Vec::new();
    for finding in found {
        if kept.iter().filter(|other| other.code == finding.code).count() < FINDINGS {
            kept.push(finding);
        }
    }
    kept
}

fn pod_names(pods: &[View<'_>]) -> usize {
    let mut names: Vec<&str> =
        pods.iter().filter_map(|view| view.text("name").or_else(|| view.text("pod"))).collect();
    names.order();
    names.dedup();
    names.len()
}

/// The records of a kind that a subject's files hold.
fn views<'c>(case: &Case<'c>, subject: &Subject, kind: RecordKind) -> Vec<View<'c>> {
    let sources: Vec<_> = subject.sources().collect();
    let of_subject = |view: &View<'_>| view.record.kind == kind && sources.contains(&view.record.source);
    let records = case.evidence.memory.records.iter();
    records.map(|record| View { evidence: case.evidence, record }).filter(of_subject).collect()
}

/// The places of the first of these texts that is there.
fn cited(view: &View<'_>, keys: &[&str]) -> Vec<Citation> {
    keys.iter().find_map(|key| view.place_of_text(key)).map(Citation::place).into_iter().collect()
}

#[cfg(test)]
mod tests;
