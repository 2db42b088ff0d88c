//! What a trace says to be wrong, alone and beside a goroutine dump.

use analyzer_core::report::{Confidence, Report, Severity, Verdict};
use analyzer_core::session::Session;

use super::fixture;

fn report(files: &[(&str, &str)]) -> Report {
    let mut session = Session::default();
    for (path, name) in files {
        session.add(path, fixture(name));
    }
    session.report()
}

fn codes(report: &Report) -> Vec<(&str, Severity, Option<i64>)> {
    let rows = report.findings.iter();
    rows.map(|finding| (finding.code.as_str(), finding.severity, finding.amount.map(|amount| amount.value)))
        .collect()
}

/// What the program of the small captures leaks inside of the trace (fixtures/go_trace/README.md).
#[test]
fn leaks_that_begin_in_the_trace_are_found() {
    for name in ["small-go1.22.trace.gz", "small-go1.24.trace.gz", "small-go1.27.trace.gz"] {
        let report = report(&[("app.trace", name)]);
        let count = |code: &str| -> i64 {
            let own = report.findings.iter().filter(|finding| finding.code == code);
            own.filter_map(|finding| finding.amount).map(|amount| amount.value).sum()
        };
        // Three on nil channels, one in an empty select.
        assert_eq!(count("trace.blocked-forever"), 4, "{name}");
        // Seven receive, five send, four select, two wait for a mutex.
        assert_eq!(count("trace.goroutine-growth") + count("trace.never-woken"), 18, "{name}");
        for finding in report.findings.iter().filter(|finding| finding.code.starts_with("trace.")) {
            let length = &report.traces[0];
            let window = analyzer_core::analysis::trace::leaks::span(length.to - length.from);
            assert!(finding.claim.contains(&window), "{name}: {}", finding.claim);
        }
    }
}

#[test]
fn senders_that_nobody_hears_are_a_warning_and_name_the_window() {
    let report = report(&[("trace.out", "pricing-go1.26.trace.gz")]);
    let own = |code, severity, count| (code, severity, Some(count));
    assert_eq!(
        codes(&report),
        [100, 80, 17].map(|count| own("trace.waited-throughout", Severity::Warning, count))
    );
    let first = &report.findings[0];
    assert_eq!(first.confidence, Confidence::Likely);
    assert!(
        first.claim.starts_with("At the end of 2.00 s of trace, 100 goroutines wait in [chan send] at "),
        "{}",
        first.claim
    );
    let sentence = first.claim.split(". ").next().unwrap_or_default();
    assert!(report.verdict.starts_with(sentence), "{}", report.verdict);
}

#[test]
fn a_healthy_trace_warns_of_nothing() {
    let report = report(&[("trace.out", "shop-go1.26.trace.gz")]);
    assert!(
        report.findings.iter().all(|finding| finding.severity == Severity::Info),
        "{:?}",
        report.findings
    );
    assert!(!report.not_run.iter().any(|row| row.code == "trace"));
}

#[test]
fn a_dump_and_a_trace_of_one_process_bear_each_other_out() {
    let files = [
        ("trace.out", "pricing-go1.26.trace.gz"),
        ("goroutine.debug2.txt", "pricing-go1.26.goroutine.debug2.txt.gz"),
    ];
    let report = report(&files);
    let trace = &report.traces[0];
    let groups = &report.goroutines.as_ref().unwrap().groups;
    assert_eq!(trace.leaks.iter().map(|leak| leak.count).collect::<Vec<_>>(), [100, 80, 17]);
    for leak in &trace.leaks {
        let group = groups.iter().find(|group| leak.dump_group.as_ref() == Some(&group.id)).unwrap();
        assert_eq!(group.counts, [leak.count]);
        let said = format!("the goroutine dump also counts {} with this stack", leak.count);
        assert!(leak.reasons.iter().any(|reason| reason.starts_with(&said)), "{:?}", leak.reasons);
        let seen = format!("in the execution trace's 2.00 s, {} waited here from start to end", leak.count);
        assert!(
            group.verdict > Verdict::Suspect || group.reasons.iter().any(|reason| reason.starts_with(&seen))
        );
        // The cause is told once.
        let is_told = |code: &str| {
            report.findings.iter().any(|f| {
                f.code.starts_with(code)
                    && f.amount.is_some_and(|a| a.value == i64::try_from(leak.count).unwrap())
            })
        };
        assert_eq!(is_told("trace."), group.verdict != Verdict::Leak, "{}", leak.count);
        assert!(is_told("trace.") || is_told("goroutine."), "{}", leak.count);
    }
}

#[test]
fn dumps_of_another_process_say_nothing_of_a_trace() {
    let files = [
        ("a/t0/trace.out", "pricing-go1.26.trace.gz"),
        ("b/t0/goroutine.debug2.txt", "pricing-go1.26.goroutine.debug2.txt.gz"),
    ];
    let report = report(&files);
    assert!(report.traces[0].leaks.iter().all(|leak| leak.dump_group.is_none()));
}
