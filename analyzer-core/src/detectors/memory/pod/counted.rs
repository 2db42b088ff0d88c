//! Kills that cAdvisor counts for a container (`container_oom_events_total`):
//! that they happened, and not by whose limit.

use super::super::oom::CGROUP;
use super::super::support::{Draft, list, text};
use super::views;
use crate::analysis::memory::term::View;
use crate::base::units::Unit;
use crate::detectors::Case;
use crate::evidence::memory::RecordKind;
use crate::report::{Amount, Confidence, Finding, Severity, Subject};

const EVENTS: &str = "container_oom_events_total";

/// True if any container's kills are counted.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    let mut records = case.evidence.memory.records.iter();
    records.any(|record| {
        record.kind == RecordKind::Container
            && View { evidence: case.evidence, record }.value(EVENTS).is_some()
    })
}

pub(super) fn find(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    if !case.evidence.oom.is_empty() {
        return Vec::new();
    }
    let containers = views(case, subject, RecordKind::Container);
    containers.iter().filter_map(|container| of_container(subject, container)).collect()
}

fn of_container(subject: &Subject, container: &View<'_>) -> Option<Finding> {
    let kills = container.get(EVENTS).filter(|kills| kills.value > 0)?;
    let limit = container.get("container_spec_memory_limit_bytes").filter(|limit| limit.value > 0);
    let of =
        limit.as_ref().map_or_else(String::new, |limit| format!(", whose limit is {}", text(limit.value)));
    let times = if kills.value == 1 { "1 kill".to_owned() } else { format!("{} kills", kills.value) };
    let draft = Draft {
        rule: CGROUP,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: format!("{EVENTS} of a container is above zero."),
        title: "Killed for memory".to_owned(),
        claim: format!("cAdvisor counts {times} for memory in container {}{of}.", container.level()),
        amount: Some(Amount { value: kills.value, low: None, high: None, unit: Unit::Count }),
        citations: kills.from.into_iter().chain(limit.into_iter().flat_map(|limit| limit.from)).collect(),
        against: list(&["It counts kills by the pod's limit and by the node too, and says not when."]),
        advice: list(&[
            "The kernel's log (dmesg, journal of the node) says who was killed, by whose limit, and what filled it.",
        ]),
    };
    draft.about(subject.id)
}
