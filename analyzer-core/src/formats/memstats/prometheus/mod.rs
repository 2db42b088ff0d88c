//! Prometheus text: the Go and process collectors of client_golang, the
//! `container_memory_*` metrics of cAdvisor and the kubelet, and what
//! kube-state-metrics says of limits and restarts.

mod collect;
mod containers;
mod kube;
mod sample;
mod spans;

pub(in crate::formats) use collect::Collector;
pub(in crate::formats) use sample::{Labels, Sample, sample, series};

use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::names::NameParts;
use crate::formats::record::text_lines;
use crate::formats::{Facts, Probe, Sniff};

/// Names of metrics that are looked for, by their start.
const OURS: [&str; 6] = ["go_", "process_", "container_", "kube_pod_", "otelcol_", "otel_sdk_"];

/// Lines that are no sample are few: a prompt above, a page's title.
const OTHERS_AT_MOST: usize = 3;

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let (mut comments, mut ours, mut samples, mut others) = (0, 0, 0, 0);
    for (_, text) in text_lines(probe.head()) {
        if text.starts_with("# HELP ") || text.starts_with("# TYPE ") {
            comments += 1;
        } else if let Some(sample) = sample(text) {
            samples += 1;
            ours += usize::from(OURS.iter().any(|start| sample.metric.starts_with(start)));
        } else if !text.starts_with('#') {
            others += 1;
        }
        if others > OTHERS_AT_MOST {
            return Sniff::No;
        }
    }
    // A program's own metrics may fill the first pages of a text without comments.
    let is_ours = || ours > 0 || (samples > 40 && has_runtime(probe.bytes));
    let is_metrics = others <= samples
        && ((comments > 0 && samples + comments > 1) || (samples > 2 && is_ours()) || ours > 1);
    if is_metrics { Sniff::ByContent } else { Sniff::No }
}

fn has_runtime(bytes: &[u8]) -> bool {
    ["\ngo_memstats_", "\nprocess_resident_memory_bytes", "\ngo_goroutines "]
        .iter()
        .any(|name| memchr::memmem::find(bytes, name.as_bytes()).is_some())
}

/// Parses the figures of the runtime, of its process, and those of each
/// container into one record each. Other metrics are not used.
/// # Errors
/// None for a file that was recognized; a broken line is noted.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut collector = Collector::default();
    for (line, text) in text_lines(input.bytes).filter(|(_, text)| !text.starts_with('#')) {
        let at = line.position();
        match sample(text) {
            Some(sample) => drop(collector.add(&sample, at)),
            None => facts.notes.info(
                "foreign-line",
                Some(at),
                "A line is not a sample in the Prometheus text format.",
            ),
        }
    }
    facts.kind = Some(NameParts::of(input.path, "metrics").kind("metrics"));
    if !collector.store(input, evidence, facts) {
        facts.notes.info(
            "nothing-used",
            None,
            "It contains no metric of the Go runtime, the process or a container's memory.",
        );
    }
    Ok(())
}
