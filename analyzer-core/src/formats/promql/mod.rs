//! Answers of Prometheus' HTTP API (`/api/v1/query`, `/api/v1/query_range`), and
//! the CSV that Grafana exports of a panel.
//!
//! Spec: the HTTP API of Prometheus 2 and 3 (result types `vector`, `matrix`),
//! which Thanos, Mimir and VictoriaMetrics answer in too; Grafana 7 to 12 for
//! the CSV. A range gives its newest sample; what the range spans is said.
//! Not read: values of expressions that lost the metric's name.
//!
//! Any input is safe: documents are bounded by [`JSON_BYTES`], series by the
//! collector's ceilings.
//!
//! [`JSON_BYTES`]: crate::base::limits::JSON_BYTES

mod answer;
mod csv;
mod secrets;

use super::{Content, Format};
use super::{Facts, Sniff};
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::memstats::prometheus::Collector;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "promql",
        label: "Prometheus query result (JSON)",
        content: Content::Document,
        sniff: answer::sniff,
        parse: answer::parse,
        secrets: secrets::json,
    },
    Format {
        name: "grafana-csv",
        label: "Grafana export (CSV)",
        content: Content::Document,
        sniff: csv::sniff,
        parse: csv::parse,
        secrets: secrets::csv,
    },
];

/// What series gave beside their newest samples.
#[derive(Default)]
struct Series {
    collector: Collector,
    /// Series without a metric's name.
    nameless: u64,
    /// The most samples of one series.
    samples: usize,
}

impl Series {
    /// Stores the figures, and says what of the answer they are.
    fn finish(self, input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) {
        if self.nameless > 0 {
            let message = "A series without a metric name: functions such as sum() and rate() drop it, and a legend hides it. Query the metric itself.";
            facts.notes.info("no-metric-name", None, message);
        }
        if self.samples > 1 {
            let message = format!(
                "A range of up to {} samples per series: the newest one of each is used.",
                self.samples
            );
            facts.notes.info("newest-of-range", None, message);
        }
        if !self.collector.store(input, evidence, facts) {
            let message = "It contains no metric of the Go runtime, the process or a container's memory.";
            facts.notes.info("nothing-used", None, message);
        }
    }
}

/// Sniffs by a test.
fn by_content(is: bool) -> Sniff {
    if is { Sniff::ByContent } else { Sniff::No }
}

#[cfg(test)]
mod tests;
