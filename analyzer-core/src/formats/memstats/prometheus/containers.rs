//! Rows of cAdvisor and the kubelet: which of them are a container.
//!
//! A row is of a container if it names one: `container` (`container_name` up to
//! Kubernetes 1.15), or `name` with an `image` where there is no Kubernetes.
//! Rows without are of the machine (`id="/"`), of slices and of whole pods; the
//! pause container holds a pod's namespaces. A container that restarted has one
//! `id` for each of its runs.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::{Row, value_of};
use super::sample::Sample;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::Facts;
use crate::formats::names::NameParts;
use crate::formats::record::RecordBuilder;

/// Metrics of a container's memory, with their units.
const METRICS: [(&str, Unit); 18] = [
    ("container_memory_usage_bytes", Unit::Bytes),
    ("container_memory_working_set_bytes", Unit::Bytes),
    ("container_memory_rss", Unit::Bytes),
    ("container_memory_cache", Unit::Bytes),
    ("container_memory_mapped_file", Unit::Bytes),
    ("container_memory_swap", Unit::Bytes),
    ("container_memory_kernel_usage", Unit::Bytes),
    ("container_memory_max_usage_bytes", Unit::Bytes),
    ("container_memory_total_inactive_file_bytes", Unit::Bytes),
    ("container_memory_total_active_file_bytes", Unit::Bytes),
    ("container_memory_failcnt", Unit::Count),
    ("container_oom_events_total", Unit::Count),
    ("container_spec_memory_limit_bytes", Unit::Bytes),
    ("container_pressure_memory_waiting_seconds_total", Unit::Nanoseconds),
    ("container_pressure_memory_stalled_seconds_total", Unit::Nanoseconds),
    (STARTED, Unit::Nanoseconds),
    (LAST_SEEN, Unit::Nanoseconds),
    // The kubelet's /metrics/resource has no other name for it.
    ("container_swap_usage_bytes", Unit::Bytes),
];

const STARTED: &str = "container_start_time_seconds";
const LAST_SEEN: &str = "container_last_seen";

/// Labels that name a container, those of standalone cAdvisor last. Where the scrape adds
/// labels of the same name, Prometheus keeps the exporter's own as `exported_…`.
const CONTAINER: [&str; 4] =
    ["exported_container", "container", "container_name", "container_label_io_kubernetes_container_name"];
const POD: [&str; 4] = ["exported_pod", "pod", "pod_name", "container_label_io_kubernetes_pod_name"];
const NAMESPACE: [&str; 3] =
    ["exported_namespace", "namespace", "container_label_io_kubernetes_pod_namespace"];

/// What a row is of.
enum Owner {
    /// A container, by its name.
    Container(String),
    Pause,
    /// The machine, a slice, or a whole pod.
    Group,
}

fn owner(sample: &Sample<'_>) -> Owner {
    let label = |names: &[&str]| sample.labels.first(names);
    let (container, pod) = (label(&CONTAINER), label(&POD));
    if container == "POD" || label(&["image"]).contains("/pause:") || label(&["name"]).starts_with("k8s_POD_")
    {
        return Owner::Pause;
    }
    if !container.is_empty() {
        return Owner::Container([label(&NAMESPACE), pod, container].join("/"));
    }
    let name = label(&["name"]);
    if pod.is_empty() && !name.is_empty() && !label(&["image"]).is_empty() {
        return Owner::Container(name.to_owned());
    }
    Owner::Group
}

/// Rows so far.
#[derive(Default)]
pub(super) struct Containers {
    /// By name, then by the id of a run.
    rows: BTreeMap<String, BTreeMap<String, Vec<Row>>>,
    runs: usize,
    pauses: BTreeSet<String>,
    groups: BTreeSet<String>,
    is_cut: bool,
}

impl Containers {
    /// Takes a sample of a container's memory; false if it is none.
    pub fn add(&mut self, sample: &Sample<'_>, at: Position) -> bool {
        let Some((key, unit)) = METRICS.into_iter().find(|(name, _)| *name == sample.metric) else {
            return false;
        };
        let Some(value) = value_of(sample.value, unit) else { return true };
        let id = sample.labels.first(&["id", "instance"]);
        match owner(sample) {
            Owner::Container(name) => {
                let is_known = self.rows.get(&name).is_some_and(|runs| runs.contains_key(id));
                if !is_known && self.runs == CONTAINERS {
                    self.is_cut = true;
                    return true;
                }
                self.runs += usize::from(!is_known);
                let row = Row { key, name: sample.metric.to_owned(), value, unit, at };
                self.rows.entry(name).or_default().entry(id.to_owned()).or_default().push(row);
            }
            Owner::Pause if self.pauses.len() < CONTAINERS => drop(self.pauses.insert(id.to_owned())),
            Owner::Group if self.groups.len() < CONTAINERS => drop(self.groups.insert(id.to_owned())),
            Owner::Pause | Owner::Group => {}
        }
        true
    }

    /// True without any row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.pauses.is_empty() && self.groups.is_empty()
    }

    /// Stores the newest run of each container, and says what was left out.
    pub fn store(&self, input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) {
        for (name, runs) in &self.rows {
            let Some(rows) = newest(runs) else { continue };
            let parts = NameParts { level: name.clone(), ..NameParts::of(input.path, "metrics") };
            let mut record =
                RecordBuilder::with_parts(input, evidence, RecordKind::Container, "cadvisor", &parts);
            for row in rows {
                record.named_figure(row.key, &row.name, row.value, row.unit, row.at);
            }
            record.finish();
        }
        self.note(facts);
    }

    fn note(&self, facts: &mut Facts) {
        if self.is_cut {
            facts.is_partial = true;
            let message =
                format!("There are rows of more than {CONTAINERS} containers; the rest is ignored.");
            facts.notes.data_loss("too-many-containers", None, message);
        }
        let restarted: Vec<&str> =
            self.rows.iter().filter(|(_, runs)| runs.len() > 1).map(|(name, _)| name.as_str()).collect();
        if let Some(first) = restarted.first() {
            let message = match restarted.len() {
                1 => {
                    format!(
                        "{first} has rows of several runs because it restarted: only the newest run is used."
                    )
                }
                count => format!(
                    "{count} containers have rows of several runs (the first is {first}): only the newest run of each is used."
                ),
            };
            facts.notes.info("earlier-runs", None, message);
        }
        if self.rows.len() > 1 {
            let message = format!("It contains {} containers; each is shown separately.", self.rows.len());
            facts.notes.info("several-containers", None, message);
        }
        let kinds = [
            (self.pauses.len(), ["pause container", "pause containers"]),
            (self.groups.len(), ["whole machine, slice or pod", "whole machines, slices or pods"]),
        ];
        let left: Vec<String> = kinds
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, [one, many])| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        if !left.is_empty() {
            let message = format!("Rows that do not belong to a container are omitted: {}.", left.join(", "));
            facts.notes.info("not-a-container", None, message);
        }
    }
}

/// The run that started last; without that, the one that was seen last; without
/// that, the one that uses most, for a run that ended uses next to nothing.
fn newest(runs: &BTreeMap<String, Vec<Row>>) -> Option<&Vec<Row>> {
    let value = |rows: &[Row], key: &str| rows.iter().rev().find(|row| row.key == key).map(|row| row.value);
    runs.values().max_by_key(|rows| {
        let usage =
            ["container_memory_usage_bytes", "container_memory_working_set_bytes", "container_memory_rss"]
                .iter()
                .find_map(|key| value(rows, key));
        (value(rows, STARTED), value(rows, LAST_SEEN), usage)
    })
}
