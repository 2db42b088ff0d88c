//! The truths of the services' bundles: counts of `go tool trace -d=parsed`.

use analyzer_core::report::trace::AnnotationKind;
use analyzer_core::report::{Report, Severity};
use serde_json::Value;

use super::checks::Checks;

/// Compares a service's trace with its truth.
pub fn check(report: &Report, truth: &Value, checks: &mut Checks) {
    let reference = &truth["trace_reference"];
    let Some(trace) = super::trace(report) else {
        let advises = report.sources[0].notes.iter().any(|note| note.message.contains("Go 1.22 or later"));
        checks.holds("the old format is refused with advice", advises, || {
            format!("{:?}", report.sources[0].notes)
        });
        return;
    };
    checks.equal_counts("kind", &trace.events.kinds, reference.get("events"));
    checks.equal(
        "goroutines",
        trace.goroutines_created + trace.goroutines_existed,
        reference.get("goroutines_seen"),
    );
    checks.equal("mark phases", trace.gc.begun, reference.get("gc_mark_phases_begun"));
    // Go's tool adds one nanosecond for its last Sync.
    checks.near("span_ns", trace.to, reference.get("span_ns"), 1);
    let mut transitions = trace.events.transitions.clone();
    transitions.remove("Running->Waiting");
    for (reason, count) in &trace.events.blocks {
        transitions.insert(format!("Running->Waiting {reason}").trim_end().to_owned(), *count);
    }
    checks.equal_counts("transition", &transitions, reference.get("goroutine_transitions"));
    if truth["verdict"].as_str() == Some("healthy") {
        let serious: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity < Severity::Info && finding.code.starts_with("trace."))
            .map(|finding| format!("{}: {}", finding.code, finding.claim))
            .collect();
        checks.holds("a healthy trace warns of nothing", serious.is_empty(), || serious.join("; "));
    }
}

/// Compares the large trace with what its program and Go's tool counted.
pub fn check_big(report: &Report, truth: &Value, checks: &mut Checks) {
    let Some(trace) = super::trace(report) else {
        checks.holds("is read", false, || "no trace".to_owned());
        return;
    };
    checks.equal("bytes", report.sources[0].decoded_bytes, truth.get("bytes"));
    checks.equal_counts("kind", &trace.events.kinds, truth.get("go_tool_trace_parsed_events"));
    let begun = |kinds: &[AnnotationKind]| kinds.iter().map(|kind| kind.done.count + kind.open).sum();
    checks.equal("tasks", begun(&trace.tasks), truth.get("tasks"));
    checks.equal("regions", begun(&trace.regions), truth.get("regions"));
    checks.equal("logs", trace.log_categories.iter().map(|row| row.count).sum(), truth.get("logs"));
}
