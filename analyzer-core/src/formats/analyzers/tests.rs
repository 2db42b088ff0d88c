use crate::evidence::sources::SourceStatus;
use crate::report::Report;
use crate::session::Session;

fn read(name: &str, text: &str) -> Report {
    let mut session = Session::default();
    session.add(name, text.as_bytes().to_vec());
    session.report()
}

/// The format, and each diagnostic as `tool rule file:line message @line`.
fn said(text: &str) -> (String, Vec<String>) {
    let report = read("analysis.txt", text);
    let rows = report.analyzers.iter().map(|row| {
        let at = row.at.and_then(|at| at.line).unwrap_or(0);
        format!("{} {} {}:{} {} @{at}", row.tool, row.rule, row.file, row.line, row.message)
    });
    (report.sources[0].format.clone().unwrap_or_default(), rows.collect())
}

#[test]
fn go_vet_writes_an_object_for_each_package() {
    let text = "# example.com/a\n{\n\t\"example.com/a\": {\n\t\t\"lostcancel\": [\n\t\t\t{\n\t\t\t\t\"posn\": \"/a/a.go:7:2\",\n\t\t\t\t\"message\": \"never called\"\n\t\t\t}\n\t\t]\n\t}\n}\n# example.com/b\n{\n\t\"example.com/b\": {\n\t\t\"printf\": [{\"posn\": \"/b/b.go:9\", \"message\": \"bad verb\"}]\n\t}\n}\n";
    let (format, rows) = said(text);
    assert_eq!(format, "go-vet");
    assert_eq!(rows, ["go vet lostcancel /a/a.go:7 never called @6", "go vet printf /b/b.go:9 bad verb @15"]);
}

#[test]
fn an_analyzer_of_go_vet_that_failed_is_a_loss() {
    let text = r#"{"a": {"nilness": {"error": "no export data"}, "printf": [{"posn": "a.go:1:2", "message": "m"}]}}"#;
    let report = read("vet.json", text);
    assert_eq!((report.sources[0].status, report.analyzers.len()), (SourceStatus::Partial, 1));
}

#[test]
fn staticcheck_writes_an_object_a_line() {
    let text = concat!(
        r#"{"code":"SA1015","severity":"error","location":{"file":"/a/t.go","line":12,"column":9},"end":{"file":"/a/t.go","line":12,"column":30},"message":"using time.Tick leaks the underlying ticker"}"#,
        "\n",
        r#"{"code":"U1000","severity":"ignored","location":{"file":"/a/t.go","line":3,"column":1},"end":{"file":"","line":0,"column":0},"message":"unused"}"#,
        "\n"
    );
    let (format, rows) = said(text);
    assert_eq!(format, "staticcheck");
    assert_eq!(rows, ["staticcheck SA1015 /a/t.go:12 using time.Tick leaks the underlying ticker @1"]);
}

#[test]
fn golangci_lint_names_the_linter_and_often_its_rule() {
    let text = r#"{"Issues":[{"FromLinter":"govet","Text":"lostcancel: the cancel function is not used on all paths","Severity":"","SourceLines":["\tctx, cancel := context.WithCancel(p)"],"Pos":{"Filename":"internal/feed/feed.go","Offset":331,"Line":17,"Column":7},"ExpectNoLint":false,"ExpectedNoLintLinter":""},{"FromLinter":"bodyclose","Text":"response body must be closed","Pos":{"Filename":"get.go","Line":4,"Column":1}}],"Report":{"Linters":[{"Name":"govet","Enabled":true}]}}
2 issues:
* bodyclose: 1
"#;
    let (format, rows) = said(text);
    assert_eq!(format, "golangci-lint");
    let first =
        "golangci-lint lostcancel internal/feed/feed.go:17 the cancel function is not used on all paths @1";
    assert_eq!(rows, [first, "golangci-lint bodyclose get.go:4 response body must be closed @1"]);
}

#[test]
fn sarif_has_runs_with_results_and_rules_by_index() {
    let text = r#"{
  "version": "2.1.0",
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "runs": [{
    "tool": {"driver": {"name": "gosec", "rules": [{"id": "G402"}]}},
    "results": [
      {"ruleIndex": 0, "message": {"text": "TLS InsecureSkipVerify set true."},
       "locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///src/my%20app/tls.go"}, "region": {"startLine": 21}}}]},
      {"ruleId": "G104", "suppressions": [{"kind": "inSource"}], "message": {"text": "ignored"},
       "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.go"}, "region": {"startLine": 1}}}]}
    ]
  }]
}"#;
    let (format, rows) = said(text);
    assert_eq!(format, "sarif");
    assert_eq!(rows, ["gosec G402 /src/my app/tls.go:21 TLS InsecureSkipVerify set true. @8"]);
}

#[test]
fn what_is_cut_or_nonsense_is_said_and_does_no_harm() {
    let whole = r#"{"a": {"printf": [{"posn": "a.go:1:2", "message": "m"}]}}"#;
    let report = read("vet.json", &format!("{whole}\n{}", &whole[..40]));
    assert_eq!((report.sources[0].status, report.analyzers.len()), (SourceStatus::Partial, 1));
    for text in [
        "{\"posn\" \"message\"",
        "{\"$schema\": \"sarif\", \"version\": 1, \"runs\": 3}",
        "{\"Issues\": {\"FromLinter\": 0}}",
    ] {
        assert_eq!(read("x.json", text).sources[0].status, SourceStatus::Failed, "{text}");
    }
}
