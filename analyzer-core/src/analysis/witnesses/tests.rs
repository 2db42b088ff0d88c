use super::*;
use crate::report::{Outcome, Report};
use crate::session::Session;

const VET: &str = r#"{
	"example.com/orders/internal/feed": {
		"lostcancel": [
			{
				"posn": "/home/ci/orders/internal/feed/feed.go:17:7",
				"message": "the cancel function returned by context.WithCancel should be called, not discarded, to avoid a context leak"
			}
		],
		"printf": [
			{
				"posn": "/home/ci/orders/internal/feed/feed.go:16:7",
				"message": "fmt.Printf format %d has arg of wrong type"
			}
		]
	}
}
"#;

fn dump(goroutines: u32) -> String {
    let of_feed = |id: u32| {
        format!(
            "goroutine {id} [chan receive, 12 minutes]:\nexample.com/orders/internal/feed.Subscribe.func1()\n\
             \t/src/orders/internal/feed/feed.go:19 +0x2d\ncreated by example.com/orders/internal/feed.Subscribe in goroutine 1\n\
             \t/src/orders/internal/feed/feed.go:18 +0x9c\n\n"
        )
    };
    (10..10 + goroutines).map(of_feed).collect()
}

fn report(vet: &[(&str, &str)]) -> Report {
    let mut session = Session::default();
    for (name, goroutines) in [("t0/goroutine.txt", 20), ("t1/goroutine.txt", 40), ("t2/goroutine.txt", 60)] {
        session.add(name, dump(goroutines).into_bytes());
    }
    for (name, text) in vet {
        session.add(name, text.as_bytes().to_vec());
    }
    session.report()
}

fn leak(report: &Report) -> &Finding {
    report.findings.iter().find(|finding| finding.code.starts_with("goroutine.")).unwrap()
}

#[test]
fn an_analyzer_that_points_at_a_leak_is_said_and_makes_it_surer() {
    let (alone, joined) = (report(&[]), report(&[("vet.json", VET)]));
    let (alone, leak) = (leak(&alone), leak(&joined));
    assert_eq!((alone.confidence, leak.confidence), (Confidence::Likely, Confidence::Certain));
    let said = "go vet (lostcancel) reports next to it, feed/feed.go:17: \u{201c}the cancel function returned by \
                context.WithCancel should be called";
    assert!(leak.claim.contains(said), "{}", leak.claim);
    let cited = leak.citations.as_slice().last().unwrap();
    assert_eq!((joined.sources[3].path.as_str(), cited.source), ("vet.json", joined.sources[3].id));
    assert_eq!(cited.at.and_then(|at| at.line), Some(5));
}

#[test]
fn what_only_the_analyzer_says_is_its_own() {
    let joined = report(&[("vet.json", VET)]);
    let rows: Vec<_> = joined.analyzers.iter().map(|row| (row.name(), row.bears_out.as_deref())).collect();
    let code = leak(&joined).code.clone();
    let bears_out = [("go vet (lostcancel)", Some(&*code)), ("go vet (printf)", None)];
    assert_eq!(rows, bears_out.map(|(name, code)| (name.to_owned(), code)));
    assert!(!leak(&joined).claim.contains("Printf"));
    let mut alone = Session::default();
    alone.add("vet.json", VET.as_bytes().to_vec());
    let alone = alone.report();
    assert_eq!((alone.findings.len(), alone.analyzers.len(), alone.subjects.len()), (0, 2, 0));
    assert_eq!(alone.outcome, Outcome::Unjudged);
}

#[test]
fn files_compare_by_the_ends_of_their_paths() {
    let is_same = |one: &str, other: &str| is_same_file(one, other);
    assert!(is_same("internal/feed/feed.go", "example.com/orders/internal/feed/feed.go"));
    assert!(is_same("feed.go", "example.com/orders/internal/feed/feed.go"));
    assert!(is_same(r"C:\ci\feed\feed.go", "/src/feed/feed.go"));
    assert!(!is_same("/ci/cmd/a/main.go", "/src/cmd/b/main.go"));
}

/// A real module, its goroutines and what `go vet` says of it.
#[test]
fn go_vet_names_the_leak_of_a_real_module() {
    let mut session = Session::default();
    for (name, bytes) in [
        (
            "t0-goroutine.debug2.txt",
            &include_bytes!("../../../tests/fixtures/analyzers/orders/t0-goroutine.debug2.txt")[..],
        ),
        (
            "t1-goroutine.debug2.txt",
            include_bytes!("../../../tests/fixtures/analyzers/orders/t1-goroutine.debug2.txt"),
        ),
        (
            "t2-goroutine.debug2.txt",
            include_bytes!("../../../tests/fixtures/analyzers/orders/t2-goroutine.debug2.txt"),
        ),
        ("go-vet.json", include_bytes!("../../../tests/fixtures/analyzers/orders/go-vet.json")),
        ("go1.21.json", include_bytes!("../../../tests/fixtures/analyzers/go1.21/go-vet.json")),
    ] {
        session.add(name, bytes.to_vec());
    }
    let report = session.report();
    let leak = leak(&report);
    assert_eq!((leak.code.as_str(), leak.confidence), ("goroutine.chan-recv-unclosed", Confidence::Certain));
    assert!(leak.claim.contains("go vet (lostcancel) reports next to it, feed/feed.go:17"), "{}", leak.claim);
    let own: Vec<_> = report.analyzers.iter().filter(|row| row.bears_out.is_none()).collect();
    assert_eq!(own.iter().map(|row| row.place()).collect::<Vec<_>>(), ["ordersd/main.go:32"]);
    assert!(report.to_markdown().contains("ordersd/main.go:32: go vet (printf)"));
}
