//! kube-state-metrics: limits and ends of containers, as the pod's object has them.

use std::collections::BTreeMap;

use super::collect::value_of;
use super::sample::Sample;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::RecordBuilder;

/// What one container's samples say.
#[derive(Default)]
struct Described {
    pod: String,
    figures: Vec<(&'static str, i64, Unit, Position)>,
    texts: Vec<(&'static str, String, Position)>,
}

/// Containers so far, by namespace, pod and name.
#[derive(Default)]
pub(super) struct Pods {
    containers: BTreeMap<(String, String, String), Described>,
}

impl Pods {
    /// Takes a sample of kube-state-metrics; false if it is none that bears on memory.
    pub fn add(&mut self, sample: &Sample<'_>, at: Position) -> bool {
        let Some(metric) = sample.metric.strip_prefix("kube_pod_") else { return false };
        let label = |name: &str| {
            let exporters = sample.labels.get(&format!("exported_{name}"));
            exporters.or_else(|| sample.labels.get(name)).unwrap_or("")
        };
        let is_memory = label("resource") == "memory";
        let figure = match metric {
            "container_resource_limits" if is_memory => Some(("limits.memory", Unit::Bytes)),
            "container_resource_limits_memory_bytes" => Some(("limits.memory", Unit::Bytes)),
            "container_resource_requests" if is_memory => Some(("requests.memory", Unit::Bytes)),
            "container_resource_requests_memory_bytes" => Some(("requests.memory", Unit::Bytes)),
            "container_status_restarts_total" => Some(("restartCount", Unit::Count)),
            "container_status_last_terminated_exitcode" => Some(("lastState.exitCode", Unit::Count)),
            _ => None,
        };
        // A reason is a label, true where the value is 1.
        let reason = match metric {
            "container_status_last_terminated_reason" => Some("lastState.reason"),
            "container_status_terminated_reason" => Some("state.reason"),
            _ => None,
        };
        let is_true = sample.value > 0.0;
        if figure.is_none() && !(reason.is_some() && is_true) {
            return reason.is_some();
        }
        let key = (label("namespace").to_owned(), label("pod").to_owned(), label("container").to_owned());
        if key.2.is_empty() || (self.containers.len() >= CONTAINERS && !self.containers.contains_key(&key)) {
            return true;
        }
        let pod = key.1.clone();
        let described = self.containers.entry(key).or_default();
        described.pod = pod;
        if let Some((key, unit)) = figure {
            described.figures.extend(value_of(sample.value, unit).map(|value| (key, value, unit, at)));
        }
        if let Some(key) = reason {
            described.texts.push((key, label("reason").to_owned(), at));
        }
        true
    }

    /// True without any container.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty()
    }

    /// Stores them as a pod's object would be.
    pub fn store(&self, input: &Input<'_>, evidence: &mut Evidence) {
        for ((_, _, name), described) in &self.containers {
            let parts = NameParts { level: name.clone(), ..NameParts::of(input.path, "pod") };
            let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Pod, "pod", &parts);
            for (key, value, unit, at) in &described.figures {
                record.figure(key, *value, *unit, *at);
            }
            for (key, value, at) in &described.texts {
                record.text(key, value, *at);
            }
            let at = described.figures.first().map(|(_, _, _, at)| *at);
            let at = at.or_else(|| described.texts.first().map(|(_, _, at)| *at)).unwrap_or_default();
            record.text("pod", &described.pod, at);
            record.finish();
        }
    }
}
