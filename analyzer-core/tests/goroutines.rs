//! Series of real dumps: healthy programs under rising load give no finding,
//! leaking ones one for each cause.

use std::fs;
use std::path::Path;

use analyzer_core::report::{GoroutineGroup, Report, Role, Severity, Verdict};
use analyzer_core::session::Session;

fn dump(series: &str, moment: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/goroutine_series");
    fs::read(folder.join(series).join(format!("{moment}.txt.gz"))).expect("fixture")
}

fn report(series: &str) -> Report {
    let mut session = Session::default();
    for moment in ["t0", "t1", "t2"] {
        session.add(&format!("service/{moment}/goroutine.txt.gz"), dump(series, moment));
    }
    session.report()
}

/// Codes of the findings that would fail a gate.
fn problems(report: &Report) -> Vec<&str> {
    let serious = report.findings.iter().filter(|finding| finding.severity < Severity::Info);
    serious.map(|finding| finding.code.as_str()).collect()
}

fn leaks(report: &Report) -> Vec<&GoroutineGroup> {
    let groups = report.goroutines.as_ref().map(|section| section.groups.as_slice()).unwrap_or_default();
    groups.iter().filter(|group| group.verdict == Verdict::Leak).collect()
}

#[test]
fn rising_load_is_no_leak() {
    for series in [
        "sessions-busy",
        "sessions-quiet",
        "keep-alive",
        "event-streams",
        "long-polls",
        "sql-pool",
        "upstream-pool",
        "batches",
        "client-polls",
    ] {
        let report = report(series);
        let total = |index: usize| report.goroutines.as_ref().expect("section").snapshots[index].total;
        assert!(total(0) < total(1) && total(1) < total(2), "{series} rises");
        assert_eq!(problems(&report), Vec::<&str>::new(), "{series}");
        assert!(leaks(&report).is_empty(), "{series}");
    }
}

#[test]
fn a_leak_is_one_finding() {
    for (series, code) in [
        ("tick", "goroutine.ticker-loop-no-exit"),
        ("timer-loops", "goroutine.ticker-loop-no-exit"),
        ("read-lock-kept", "goroutine.lock-never-released"),
        ("lock-order", "goroutine.lock-cycle"),
        ("handlers-left", "goroutine.http-handler-stuck"),
        ("singleflight", "goroutine.http-client-no-timeout"),
        ("log-pipe-full", "goroutine.blocked-holding-lock"),
        ("lock-ring", "goroutine.lock-cycle"),
        ("read-lock-twice", "goroutine.self-deadlock"),
        ("lock-taken-again", "goroutine.self-deadlock"),
        ("exec-pipe", "goroutine.exec-pipe-inherited"),
    ] {
        assert_eq!(problems(&report(series)), [code], "{series}");
    }
}

#[test]
fn a_root_lists_who_waits_behind_it() {
    let report = report("singleflight");
    let leaks = leaks(&report);
    let root = leaks.iter().find(|group| group.role == Some(Role::Root)).expect("a root");
    let victims: Vec<&str> = leaks
        .iter()
        .filter(|group| group.root.as_ref() == Some(&root.id))
        .map(|group| group.id.as_str())
        .collect();
    assert!(
        leaks.iter().any(|group| group.role == Some(Role::Victim) && group.state == "sync.WaitGroup.Wait")
    );
    let mut listed: Vec<&str> = root.victims.iter().map(String::as_str).collect();
    listed.sort_unstable();
    let mut expected = victims;
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn copies_of_one_download_are_ordered_by_their_newest_goroutine() {
    // The browser numbered them in the order of saving, which was another.
    let mut session = Session::default();
    session.add("goroutine.txt.gz", dump("tick", "t2"));
    session.add("goroutine(1).txt.gz", dump("tick", "t0"));
    session.add("goroutine(2).txt.gz", dump("tick", "t1"));
    let report = session.report();
    assert_eq!(problems(&report), ["goroutine.ticker-loop-no-exit"]);
    let [group] = leaks(&report)[..] else { panic!("one group") };
    assert_eq!(group.counts, [5, 20, 35]);
}

#[test]
fn what_one_dump_cannot_tell_is_said_and_is_no_problem() {
    let mut session = Session::default();
    session.add("service/t0/goroutine.txt.gz", dump("handlers-left", "t2"));
    let report = session.report();
    assert_eq!(problems(&report), Vec::<&str>::new());
    let suspicion = report.findings.iter().find(|finding| finding.code == "goroutine.suspect");
    let claim = &suspicion.expect("a suspicion").claim;
    assert!(claim.starts_with("One dump cannot show whether 104 goroutines are stuck"), "{claim}");
    assert!(report.verdict.ends_with(claim.as_str()), "{}", report.verdict);
}
