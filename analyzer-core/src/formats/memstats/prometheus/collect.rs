//! Sorts samples, wherever they come from, into records: the Go runtime, its
//! process, containers, pods.

use std::collections::BTreeMap;

use super::containers::Containers;
use super::kube::Pods;
use super::sample::Sample;
use super::spans;
use crate::base::convert::rounded_i64;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::Facts;
use crate::formats::memstats::fields::prometheus_key;
use crate::formats::names::NameParts;
use crate::formats::record::RecordBuilder;

/// A figure on its way into a record.
pub(super) struct Row {
    pub key: &'static str,
    pub name: String,
    pub value: i64,
    pub unit: Unit,
    pub at: Position,
}

/// What the process collectors of client_golang and of others say: the key under
/// which the kernel's own files have it.
const PROCESS: [(&str, &str, Unit); 5] = [
    ("process_resident_memory_bytes", "Rss", Unit::Bytes),
    ("process_virtual_memory_bytes", "VmSize", Unit::Bytes),
    ("process_start_time_seconds", "process_start_time_seconds", Unit::Nanoseconds),
    ("process_open_fds", "process_open_fds", Unit::Count),
    ("process_max_fds", "process_max_fds", Unit::Count),
];

/// One program that was scraped.
#[derive(Default)]
struct Program {
    runtime: Vec<Row>,
    process: Vec<Row>,
    version: Option<(String, Position)>,
}

/// Samples so far.
#[derive(Default)]
pub(in crate::formats) struct Collector {
    /// By where it was scraped; one page is of one program.
    programs: BTreeMap<String, Program>,
    containers: Containers,
    pods: Pods,
    spans: Vec<spans::Counter>,
}

impl Collector {
    /// Takes a sample; false if it is of nothing that is looked at.
    pub fn add(&mut self, sample: &Sample<'_>, at: Position) -> bool {
        if sample.metric.starts_with("container_") {
            return self.containers.add(sample, at);
        }
        if sample.metric.starts_with("otel")
            && self.spans.len() < CONTAINERS
            && let Some(counter) = spans::counter(sample, at)
        {
            self.spans.push(counter);
            return true;
        }
        if self.pods.add(sample, at) {
            return true;
        }
        if sample.metric == "go_info" {
            let version = sample.labels.get("version").map(|version| (version.to_owned(), at));
            return self.program(sample).map(|program| program.version = version).is_some();
        }
        let process = PROCESS.into_iter().find(|(name, _, _)| *name == sample.metric);
        let known = process.map(|(_, key, unit)| (key, unit)).or_else(|| {
            let is_part = ["quantile", "le"].iter().any(|label| sample.labels.get(label).is_some());
            prometheus_key(sample.metric).filter(|_| !is_part)
        });
        let Some((key, unit)) = known else { return false };
        let Some(value) = value_of(sample.value, unit) else { return true };
        let row = Row { key, name: sample.metric.to_owned(), value, unit, at };
        if let Some(program) = self.program(sample) {
            if process.is_some() { program.process.push(row) } else { program.runtime.push(row) }
        }
        true
    }

    fn program(&mut self, sample: &Sample<'_>) -> Option<&mut Program> {
        let names: Vec<&str> =
            ["namespace", "pod", "instance"].iter().filter_map(|name| sample.labels.get(name)).collect();
        let name = names.join("/");
        let has_room = self.programs.len() < CONTAINERS || self.programs.contains_key(&name);
        has_room.then(|| self.programs.entry(name).or_default())
    }

    /// Stores everything; false if there is nothing.
    pub fn store(self, input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> bool {
        let is_one = self.programs.len() == 1;
        for (name, program) in &self.programs {
            let parts = NameParts::of(input.path, "metrics");
            let level = if is_one { parts.level.clone() } else { name.clone() };
            program.store(&NameParts { level, ..parts }, input, evidence);
        }
        facts.go_version = self
            .programs
            .values()
            .next()
            .filter(|_| is_one)
            .and_then(|program| program.version.as_ref().map(|(version, _)| version.clone()));
        if self.programs.len() > 1 {
            let message = format!(
                "It contains {} programs, and none of them is used as the subject. Query a single pod or instance.",
                self.programs.len()
            );
            facts.notes.info("several-programs", None, message);
        }
        spans::store(&self.spans, input, evidence);
        let is_used = !self.programs.is_empty()
            || !self.containers.is_empty()
            || !self.pods.is_empty()
            || !self.spans.is_empty();
        self.containers.store(input, evidence, facts);
        self.pods.store(input, evidence);
        is_used
    }
}

impl Program {
    fn store(&self, parts: &NameParts, input: &Input<'_>, evidence: &mut Evidence) {
        for (kind, rows) in [(RecordKind::Runtime, &self.runtime), (RecordKind::Process, &self.process)] {
            if rows.is_empty() {
                continue;
            }
            let mut record = RecordBuilder::with_parts(input, evidence, kind, "metrics", parts);
            for row in rows {
                record.named_figure(row.key, &row.name, row.value, row.unit, row.at);
            }
            if let Some((version, at)) = self.version.as_ref().filter(|_| kind == RecordKind::Runtime) {
                record.text("go version", version, *at);
            }
            record.finish();
        }
    }
}

/// Seconds become nanoseconds. What is beyond 2^63 stands for "off".
pub(super) fn value_of(value: f64, unit: Unit) -> Option<i64> {
    match unit {
        Unit::Nanoseconds => rounded_i64(value * 1e9),
        _ if value >= 9.2e18 => Some(UNLIMITED),
        _ => rounded_i64(value),
    }
}
