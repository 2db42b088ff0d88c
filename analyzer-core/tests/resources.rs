//! Captures of services with planted leaks, from the archive to what the report says.

use std::fs;
use std::path::Path;

use analyzer_core::report::{Finding, Report};
use analyzer_core::session::Session;

fn captured(name: &str) -> Report {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/resources");
    let mut session = Session::default();
    session.add(name, fs::read(folder.join(name)).expect("a capture"));
    session.report()
}

fn finding<'r>(report: &'r Report, code: &str) -> &'r Finding {
    let known = || report.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>();
    report.findings.iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("{:?}", known()))
}

/// Each leak has a finding that names the code, and leads to its goroutines.
#[test]
fn three_leaks_of_one_service_are_told_each_with_its_goroutines() {
    let report = captured("storefront-go1.27.tar.gz");
    for (code, words) in [
        ("net.accept.stopped", "[chan send] in main.(*intake).acceptLoop (main.go:69)"),
        ("net.close_wait.client", "353 of them waiting for a response body to be read or closed"),
        ("fd.leak.pidfd", "119 goroutines wait on a pipe. Most are in main.readEvents (main.go:51)"),
        ("fd.leak.pipe", "started by main.startWatcher"),
    ] {
        let found = finding(&report, code);
        assert!(found.claim.contains(words), "{code}: {}", found.claim);
        let groups = &report.goroutines.as_ref().expect("dumps").groups;
        assert!(groups.iter().any(|group| Some(&group.id) == found.group.as_ref()), "{code} has no group");
    }
    assert!(finding(&report, "net.close_wait.client").claim.contains("127.0.0.7:7000"));
    assert!(finding(&report, "goroutine.http-body-not-closed").claim.contains("87 → 220 → 353"));
}

#[test]
fn the_verdict_names_each_cause_once() {
    let verdict = captured("storefront-go1.27.tar.gz").verdict;
    assert!(verdict.starts_with("17 connections wait to be accepted on 127.0.0.2:9000"), "{verdict}");
    let causes = "HTTP client connections with an unclosed response body; Child processes without Wait.";
    assert!(verdict.contains(causes), "{verdict}");
    assert!(!verdict.contains("Pipes leak"), "{verdict}");
}
