//! The gate and its outputs, over a report with one finding of each kind.

use analyzer_core::report::{Report, SCHEMA};
use serde_json::{Value, json};

use super::gate::{Fate, Gate, Outcome};
use super::*;
use analyzer_core::report::Severity;

const HOSTILE: &str = "]]> <b>&amp; \u{0} \u{1b}[31m \u{202e} \u{fffe} \"quoted\" 'x' [a](1) {0} %";

fn report(text: &str) -> Report {
    let finding = |code: &str, severity: &str, title: &str, group: Option<&str>| {
        json!({
            "code": code, "severity": severity, "confidence": "likely", "title": title,
            "claim": format!("{title}: {text}"), "against": [], "advice": [text], "group": group,
            "amount": { "value": 7, "unit": "count" },
            "citations": [
                { "source": 0, "at": { "line": 12 } },
                { "source": 1, "at": { "offset": 34 }, "quantity": text, "value": 1, "unit": "bytes" }
            ]
        })
    };
    let group = |id: &str, function: &str, line: u32| {
        let frame = json!({ "function": function, "file": "/build/app/worker.go", "line": line });
        json!({
            "id": id, "subject": 0, "verdict": "leak", "rule": "chan-send-abandoned", "confidence": "likely",
            "counts": [3, 40], "state": "chan send", "user_frame": frame, "stack": [frame], "labels": {},
            "reasons": [], "against": [], "advice": [], "citations": []
        })
    };
    let source = |id: u32, path: &str| {
        json!({
            "id": id, "path": path, "format": "smaps", "bytes": 1, "decoded_bytes": 1, "status": "partial",
            "notes": [{ "severity": "info", "code": "cut", "message": text, "count": 1 }]
        })
    };
    let report = json!({
        "schema": SCHEMA, "engine": "0.1.0", "verdict": text,
        "sources": [source(0, "t0/smaps"), source(1, text)],
        "subjects": [],
        "findings": [
            finding("mem.oom.cgroup", "critical", "Killed at 512.0 MiB", None),
            finding("goroutine.chan-send-abandoned", "warning", "40 goroutines", Some("g1")),
            finding("goroutine.chan-send-abandoned", "warning", "40 goroutines", Some("g2")),
            finding("mem.idle", "info", "12 MiB idle", None),
        ],
        "checks_run": 3,
        "not_run": [{ "code": "mem.pressure", "needs": [text] }],
        "goroutines": { "snapshots": [], "groups": [group("g1", "main.work", 7), group("g2", "main.other", 9)] }
    });
    serde_json::from_value(report).unwrap()
}

fn fates(outcome: &Outcome<'_>) -> Vec<Fate> {
    outcome.findings.iter().map(|judged| judged.fate).collect()
}

fn judge<'a>(report: &'a Report, gates: &'a [Gate]) -> Outcome<'a> {
    Outcome::judge(report, gates, Baseline::default(), false)
}

#[test]
fn a_severity_fails_itself_and_what_is_worse() {
    use Fate::{Allowed, Fails};
    let report = report("x");
    let gate = |word: &str| [word.parse::<Gate>().unwrap()];
    assert_eq!(fates(&judge(&report, &gate("critical"))), [Fails, Allowed, Allowed, Allowed]);
    assert_eq!(fates(&judge(&report, &gate("warning"))), [Fails, Fails, Fails, Allowed]);
    assert_eq!(fates(&judge(&report, &gate("info"))), [Fails; 4]);
    assert_eq!(judge(&report, &gate("none")).status(), Status::Passed);
}

#[test]
fn a_code_fails_itself_and_its_family_only() {
    use Fate::{Allowed, Fails};
    let report = report("x");
    let gate = |code: &str| [Gate::Code(code.to_owned())];
    assert_eq!(fates(&judge(&report, &gate("mem.idle"))), [Allowed, Allowed, Allowed, Fails]);
    assert_eq!(fates(&judge(&report, &gate("goroutine"))), [Allowed, Fails, Fails, Allowed]);
    assert_eq!(judge(&report, &gate("gorout")).status(), Status::Passed);
    assert!("no.such-rule".parse::<Gate>().is_err());
}

#[test]
fn what_the_baseline_knows_does_not_fail_and_what_is_new_does() {
    let before = report("x");
    let baseline = Baseline::of(&judge(&before, &[])).to_json().unwrap();
    let gates = [Gate::Severity(Severity::Info)];
    let against = |report: &Report| fates(&Outcome::judge(report, &gates, read(&baseline), false));
    assert_eq!(against(&before), [Fate::Known; 4]);

    // Other sizes, other lines, other wording around the same things.
    let mut later = report("y");
    later.findings[0].title = "Killed at 1.2 GiB".to_owned();
    let groups = &mut later.goroutines.as_mut().unwrap().groups;
    groups[0].stack[0].line = Some(99);
    groups[0].counts = vec![400];
    assert_eq!(against(&later), [Fate::Known; 4]);

    // A third leak of the same code in another function, a second of the same.
    later.findings.push(later.findings[1].clone());
    let mut elsewhere = later.findings[1].clone();
    elsewhere.group = Some("g3".to_owned());
    let groups = &mut later.goroutines.as_mut().unwrap().groups;
    let mut group = groups[0].clone();
    group.id = "g3".to_owned();
    group.stack[0].function = "main.third".to_owned();
    groups.push(group);
    later.findings.push(elsewhere);
    assert_eq!(against(&later)[4..], [Fate::Fails, Fate::Fails]);
}

fn read(baseline: &str) -> Baseline {
    let path = std::env::temp_dir().join(format!("strata-baseline-{}.json", std::process::id()));
    std::fs::write(&path, baseline).unwrap();
    let read = Baseline::read(&path);
    std::fs::remove_file(&path).unwrap();
    read.unwrap()
}

#[test]
fn junit_says_what_fails_passes_and_could_not_run() {
    for text in ["x", HOSTILE] {
        let report = report(text);
        let xml = junit::print(&judge(&report, &[Gate::Severity(Severity::Warning)])).unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let root = document.root_element();
        assert_eq!(
            (root.tag_name().name(), root.attribute("tests"), root.attribute("failures")),
            ("testsuites", Some("5"), Some("3"))
        );
        let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        let child = |case: &roxmltree::Node<'_, '_>| {
            case.first_element_child().map(|child| child.tag_name().name().to_owned())
        };
        let results: Vec<_> = cases.iter().map(child).collect();
        let failure = || Some("failure".to_owned());
        assert_eq!(results, [failure(), failure(), failure(), None, Some("skipped".to_owned())]);
        let names: Vec<_> = cases.iter().filter_map(|case| case.attribute("classname")).collect();
        assert_eq!(names[0], "mem.oom.cgroup");
        let message = cases[0].first_element_child().unwrap().attribute("message").unwrap();
        assert!(message.starts_with("Killed at 512.0 MiB: "), "{message}");
        assert!(!xml.contains(['\u{0}', '\u{1b}', '\u{202e}']), "{xml}");
    }
}

#[test]
fn junit_of_a_passed_check_has_a_passed_case() {
    let mut report = report("No problem found.");
    report.findings.clear();
    report.not_run.clear();
    let xml = junit::print(&judge(&report, &[Gate::Severity(Severity::Warning)])).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].attribute("name"), Some("No problem found."));
    assert!(cases[0].first_element_child().is_none());
}

#[test]
fn sarif_is_what_its_schema_allows() {
    for text in ["x", "", HOSTILE] {
        let report = report(text);
        let outcome = judge(&report, &[Gate::Severity(Severity::Warning)]);
        let text = sarif::print(&outcome, Some("/build/app/"), true).unwrap();
        let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
        // The types drop what the schema does not have.
        let mut value: Value = serde_json::from_str(&text).unwrap();
        let mut known = serde_json::to_value(&typed).unwrap();
        without_nulls(&mut value);
        without_nulls(&mut known);
        assert_eq!(known, value);
    }
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

#[test]
fn sarif_places_a_leak_in_the_source_and_others_in_the_capture() {
    let report = report("x");
    let baseline = Baseline::of(&judge(&report, &[]));
    let outcome = Outcome::judge(&report, &[], baseline, false);
    let log: Value =
        serde_json::from_str(&sarif::print(&outcome, Some("/build/app"), true).unwrap()).unwrap();
    let results = &log["runs"][0]["results"];
    let place = |n: usize| &results[n]["locations"][0]["physicalLocation"];
    assert_eq!(
        *place(0),
        json!({ "artifactLocation": { "uri": "t0/smaps" }, "region": { "startLine": 12 } })
    );
    assert_eq!(
        *place(1),
        json!({ "artifactLocation": { "uri": "worker.go" }, "region": { "startLine": 7 } })
    );
    assert_eq!(results[1]["relatedLocations"][1]["physicalLocation"]["region"], json!({ "byteOffset": 34 }));
    assert_eq!(results[0]["baselineState"], "unchanged");
    assert_eq!((&results[0]["level"], &results[3]["level"]), (&json!("error"), &json!("note")));
    assert_eq!(results[1]["partialFingerprints"]["strata/v1"], json!(outcome.findings[1].fingerprint));
}

#[test]
fn text_leads_with_the_result_and_names_what_was_not_checked() {
    let report = report("x \u{1b}[2J");
    let failed = text::print(&judge(&report, &[Gate::Severity(Severity::Warning)]));
    assert!(failed.starts_with("FAILED: 3 of 4 findings (warning)\n"), "{failed}");
    assert!(failed.contains("CRITICAL Killed at 512.0 MiB [mem.oom.cgroup]"), "{failed}");
    assert!(failed.contains("not checked:\n  mem.pressure: needs x"), "{failed}");
    assert!(failed.contains("info 12 MiB idle [mem.idle]") && !failed.contains('\u{1b}'), "{failed}");
    let passed = text::print(&judge(&report, &[Gate::None]));
    assert!(passed.starts_with("passed: none of 4 findings fails (none)\n"), "{passed}");
}

#[test]
fn json_has_every_finding_with_its_fate() {
    let report = report("x");
    let outcome = judge(&report, &[Gate::Severity(Severity::Critical)]);
    let check: Value = serde_json::from_str(&json::print(&outcome).unwrap()).unwrap();
    assert_eq!((&check["schema"], &check["status"]), (&json!("strata-check/1"), &json!("failed")));
    assert_eq!(check["findings"].as_array().unwrap().len(), 4);
    assert_eq!(
        (&check["findings"][0]["fate"], &check["findings"][1]["fate"]),
        (&json!("fails"), &json!("allowed"))
    );
    assert_eq!(check["findings"][0]["code"], "mem.oom.cgroup");
}

#[test]
fn input_that_could_not_be_read_is_no_pass() {
    let mut report = report("Nothing could be read.");
    report.findings.clear();
    report.sources.clear();
    let gates = [Gate::Severity(Severity::Warning)];
    let outcome = judge(&report, &gates);
    assert_eq!(outcome.status(), Status::Unreadable);
    assert_eq!(text::print(&outcome).lines().next(), Some("Nothing could be read."));
    assert!(junit::print(&outcome).unwrap().contains("errors=\"1\""));
    assert!(sarif::print(&outcome, None, false).unwrap().contains("\"executionSuccessful\": false"));
    assert!(json::print(&outcome).unwrap().contains("\"status\": \"unreadable\""));
}

/// A manifest with a GOMEMLIMIT above its limit, under so many comments.
fn manifest(comments: usize, more: &str) -> Report {
    let text = format!(
        "{}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        env:\n        - name: GOMEMLIMIT\n          value: 600MiB\n{more}        resources: {{limits: {{memory: 512Mi}}}}\n",
        "# a comment\n".repeat(comments)
    );
    let mut session = analyzer_core::session::Session::default();
    session.add("deploy/shop.yaml", text.into_bytes());
    session.report()
}

#[test]
fn sarif_points_at_the_line_of_a_manifest_and_a_baseline_outlives_moved_lines() {
    let gates = [Gate::Severity(Severity::Warning)];
    let report = manifest(0, "");
    let first = judge(&report, &gates);
    let log: Value = serde_json::from_str(&sarif::print(&first, None, false).unwrap()).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "spec.gomemlimit.above_limit");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deploy/shop.yaml");
    assert_eq!((&place["region"]["startLine"], first.status()), (&json!(11), Status::Failed));

    let moved = manifest(3, "");
    let known = Outcome::judge(&moved, &gates, Baseline::of(&judge(&report, &[])), false);
    let log: Value = serde_json::from_str(&sarif::print(&known, None, true).unwrap()).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&result["baselineState"], known.status()), (&json!("unchanged"), Status::Passed));
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 14);

    let worse = manifest(
        3,
        "        - {name: GOGC, value: 'off'}\n        lifecycle: {preStop: {sleep: {seconds: 60}}}\n",
    );
    let known = Outcome::judge(&worse, &gates, Baseline::of(&judge(&report, &[])), false);
    assert_eq!(known.status(), Status::Failed);
}
