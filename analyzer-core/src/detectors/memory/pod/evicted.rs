//! Evictions by the kubelet, by their cause: it stands in the message
//! (Kubernetes, pkg/kubelet/eviction/helpers.go).

use super::super::support::{Draft, list};
use super::{EVICTED, EVICTED_OTHERWISE, cited};
use crate::analysis::memory::term::View;
use crate::report::{Citation, Confidence, Finding, Severity, Subject};

/// What ran low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Memory,
    /// A volume in memory grew over its own limit.
    MemoryVolume,
    Disk,
    Inodes,
    Pids,
    Unknown,
}

/// The resource of "The node was low on resource: RESOURCE", and of limits on a
/// pod's own files.
fn cause(message: &str, has_memory_volume: bool) -> Cause {
    let low_on = message.split("low on resource: ").nth(1).unwrap_or("");
    let resource = low_on.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or("");
    match resource {
        "memory" => return Cause::Memory,
        "pids" | "pid" => return Cause::Pids,
        "inodes" => return Cause::Inodes,
        "ephemeral-storage" | "nodefs" | "imagefs" | "containerfs" | "storage" | "disk" => {
            return Cause::Disk;
        }
        _ => {}
    }
    let lower = message.to_ascii_lowercase();
    let says = |word: &str| lower.contains(word);
    match () {
        () if says("emptydir volume") && has_memory_volume => Cause::MemoryVolume,
        () if says("emptydir volume") || says("ephemeral") || says("diskpressure") => Cause::Disk,
        () if says("inodes") => Cause::Inodes,
        () if says("pidpressure") => Cause::Pids,
        () if says("memorypressure") || says("low on memory") => Cause::Memory,
        () => Cause::Unknown,
    }
}

/// The pod's own word.
pub(super) fn of_pod(subject: &Subject, pod: &View<'_>) -> Option<Finding> {
    let is_evicted = pod.text("phase") == Some("Failed") && pod.text("reason") == Some("Evicted");
    if !is_evicted {
        return None;
    }
    let has_memory_volume = pod.figures().any(|(key, _)| key.starts_with("emptyDir "));
    let class = pod.text("qosClass").map_or_else(String::new, |class| format!(" Its QoS class is {class}."));
    let name = pod.text("name").filter(|name| !name.is_empty());
    let pod_name = name.map_or_else(|| "the pod".to_owned(), |name| format!("pod {name}"));
    let eviction = Eviction { pod: pod_name, message: pod.text("message"), class, has_memory_volume };
    eviction.finding(subject, cited(pod, &["reason"]))
}

/// One eviction.
pub(super) struct Eviction<'a> {
    pub pod: String,
    pub message: Option<&'a str>,
    /// A sentence, or empty.
    pub class: String,
    pub has_memory_volume: bool,
}

impl Eviction<'_> {
    pub fn finding(&self, subject: &Subject, citations: Vec<Citation>) -> Option<Finding> {
        let message = self.message.unwrap_or("").trim_end_matches(['.', ' ']);
        let cause = cause(message, self.has_memory_volume);
        let is_memory = matches!(cause, Cause::Memory | Cause::MemoryVolume);
        let rule = if is_memory { EVICTED } else { EVICTED_OTHERWISE };
        let quoted =
            if message.is_empty() { String::new() } else { format!(" The kubelet's message: {message}.") };
        let why = match cause {
            Cause::Memory => "because the node was low on memory; the container did not reach its limit",
            Cause::MemoryVolume => "because a memory-backed volume exceeded its size limit",
            Cause::Disk => "because of disk space, not memory",
            Cause::Inodes => "because a file system ran out of inodes, not because of memory",
            Cause::Pids => "because of process IDs, not memory",
            Cause::Unknown => "but the captures do not show why",
        };
        let advice: &[&str] = match cause {
            Cause::Memory => &[
                "Raise the memory request to what the pod uses: pods that exceed their request the most are evicted first.",
                "The limit was not the cause: check what else runs on the node.",
            ],
            Cause::MemoryVolume => &[
                "Write less to the volume, or raise its sizeLimit: the volume counts toward the container's memory.",
            ],
            Cause::Disk => &[
                "Set requests and limits for ephemeral-storage, and check the logs and files that the container writes.",
            ],
            Cause::Inodes => {
                &["Look for many small files on the node's disk: inodes run out before space does."]
            }
            Cause::Pids => &[
                "Look for processes and threads that accumulate. The kubelet's podPidsLimit limits each pod.",
            ],
            Cause::Unknown => {
                &["kubectl get pod NAME -o json contains the kubelet's message with the cause."]
            }
        };
        let draft = Draft {
            rule,
            severity: if is_memory { Severity::Critical } else { Severity::Warning },
            confidence: if cause == Cause::Unknown { Confidence::Likely } else { Confidence::Certain },
            reclaim: None,
            condition: "The pod's phase is Failed with reason Evicted, or an event reports it. The cause is taken from the message.".to_owned(),
            title: rule.title.to_owned(),
            claim: format!("The kubelet evicted {}, {why}.{quoted}{}", self.pod, self.class),
            amount: None,
            citations,
            against: Vec::new(),
            advice: list(advice),
        };
        draft.about(subject.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_the_resource_that_ran_low() {
        for (message, expected) in [
            (
                "The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi.",
                Cause::Memory,
            ),
            (
                "The node was low on resource: ephemeral-storage. Container b was using 10Gi, which exceeds its request of 0.",
                Cause::Disk,
            ),
            ("The node was low on resource: inodes.", Cause::Inodes),
            ("The node was low on resource: pids. ", Cause::Pids),
            ("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ", Cause::Disk),
            ("Usage of EmptyDir volume \"scratch\" exceeds the limit \"64Mi\". ", Cause::Disk),
            ("Pod was rejected: The node had condition: [DiskPressure]. ", Cause::Disk),
            ("The node had condition: [MemoryPressure]. ", Cause::Memory),
            ("", Cause::Unknown),
        ] {
            assert_eq!(cause(message, false), expected, "{message}");
        }
        assert_eq!(
            cause("Usage of EmptyDir volume \"scratch\" exceeds the limit \"64Mi\". ", true),
            Cause::MemoryVolume
        );
    }
}
