//! A node that is low on memory, by its condition and by the kubelet's events
//! (Kubernetes, pkg/kubelet/eviction, pkg/kubelet/nodestatus).

use super::super::support::{Draft, list};
use super::{PRESSURE, cited, views};
use crate::analysis::memory::term::View;
use crate::detectors::Case;
use crate::evidence::memory::{Record, RecordKind};
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

/// The condition of `kubectl describe node`.
const CONDITION: &str = "MemoryPressure";

/// True for what is said of a node's condition.
pub(super) fn is_node(case: &Case<'_>, record: &Record) -> bool {
    record.kind == RecordKind::Host && (View { evidence: case.evidence, record }).text(CONDITION).is_some()
}

/// One finding for all that is said of the node.
pub(super) fn find(case: &Case<'_>, subject: &Subject, events: &[View<'_>]) -> Option<Finding> {
    let nodes = views(case, subject, RecordKind::Host);
    let under: Vec<&View<'_>> = nodes.iter().filter(|node| node.text(CONDITION) == Some("True")).collect();
    let is_pressure = |event: &&View<'_>| {
        let message = event.text("message").unwrap_or("");
        match event.text("reason").unwrap_or("") {
            "NodeHasInsufficientMemory" | "KubeletHasInsufficientMemory" => true,
            "EvictionThresholdMet" => message.ends_with("memory"),
            _ => false,
        }
    };
    let told: Vec<&View<'_>> = events.iter().filter(is_pressure).collect();
    if under.is_empty() && told.is_empty() {
        return None;
    }
    let reclaims = told.iter().find(|event| event.text("reason") == Some("EvictionThresholdMet"));
    let of_event = |event: &&View<'_>| {
        let object = event.text("object").and_then(|object| object.strip_prefix("node/"));
        let message = event.text("message").and_then(|message| message.strip_prefix("Node "));
        object.or_else(|| message?.split(' ').next()).filter(|name| !name.is_empty()).map(str::to_owned)
    };
    let name = under.iter().find_map(|node| node.text("name").map(str::to_owned));
    let name = name.or_else(|| told.iter().find_map(of_event));
    let node = name.map_or_else(|| "The node".to_owned(), |name| format!("Node {name}"));
    let state = told
        .iter()
        .find(|event| event.text("reason") == Some("KubeletHasInsufficientMemory"))
        .and_then(|event| event.text("lastSeen"))
        .map_or_else(
            || "is under memory pressure".to_owned(),
            |since| format!("has been under memory pressure since {since}"),
        );
    let reclaims = reclaims.map_or_else(String::new, |event| {
        let times = event.value("count").filter(|count| *count > 1);
        let times = times.map_or_else(String::new, |count| format!(" ({count} times)"));
        format!(" The eviction threshold was met{times}: the kubelet reclaims memory and evicts pods.")
    });
    let citations: Vec<Citation> = under
        .iter()
        .flat_map(|node| cited(node, &[CONDITION]))
        .chain(told.iter().flat_map(|event| cited(event, &["reason"])))
        .collect();
    let draft = Draft {
        rule: PRESSURE,
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: "The node's condition MemoryPressure is True, or the kubelet's events report it."
            .to_owned(),
        title: PRESSURE.title.to_owned(),
        claim: format!(
            "{node} {state}.{reclaims} It is the node's memory that is low, not a container's limit."
        ),
        amount: None,
        citations,
        against: list(&["Neither line shows that the kernel killed a process."]),
        advice: list(&[
            "Check requests against use (kubectl top pod -A, kubectl describe node): pods that use more than they request are evicted first.",
            "Check what else runs on the node besides pods.",
        ]),
    };
    draft.about(subject.id)
}
