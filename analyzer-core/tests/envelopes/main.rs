//! One capture in every shape that logs, stores and people give it: the report
//! says the same of each, and leads to the lines that are there.

#![allow(clippy::unwrap_used)]

use analyzer_core::base::source::SourceId;
use analyzer_core::session::{Session, question};
use serde_json::Value;

mod captures;
mod fixtures;
mod pasted;
mod quoted;
mod states;
mod wraps;

/// What a report says, without the inventory and without places.
fn substance(report: &Value) -> Value {
    fn strip(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .filter(|(name, _)| {
                    !matches!(name.as_str(), "at" | "line" | "sources" | "captured_at" | "label")
                })
                .map(|(name, value)| (name.clone(), strip(value)))
                .collect(),
            Value::Array(values) => values.iter().map(strip).collect(),
            other => other.clone(),
        }
    }
    strip(report)
}

fn report(path: &str, bytes: &[u8]) -> (Session, Value) {
    let mut session = Session::default();
    session.add(path, bytes.to_vec());
    let report = serde_json::to_value(session.report()).expect("a report is always JSON");
    (session, report)
}

/// Lines of the file that the citations of goroutine groups lead to.
fn cited_lines(session: &mut Session, report: &Value) -> Vec<String> {
    let groups = report["goroutines"]["groups"].as_array().cloned().unwrap_or_default();
    let citations =
        groups.iter().flat_map(|group| group["citations"].as_array().cloned().unwrap_or_default());
    citations
        .map(|citation| {
            let source = SourceId(u32::try_from(citation["source"].as_u64().unwrap()).unwrap());
            let first_line = citation["at"]["line"].as_u64().expect("a line");
            let text = session
                .ask(question::Text { source, first_line, lines: 1 })
                .unwrap_or_else(|error| panic!("no text of {source:?}: {error:?}"));
            let column =
                citation["at"]["column"].as_u64().map_or(0, |column| usize::try_from(column).unwrap() - 1);
            let line = text.lines.first().expect("the line is there").clone();
            line.get(column..).unwrap_or_else(|| panic!("column {column} of {line}")).to_owned()
        })
        .collect()
}

#[test]
fn every_capture_is_the_same_in_every_envelope() {
    let mut wrong = Vec::new();
    for (capture, text) in captures::CAPTURES {
        let (_, plain) = report("capture.txt", text.as_bytes());
        assert_ne!(plain["sources"][0]["status"], "unrecognized", "{capture} by itself");
        for (envelope, wrap) in wraps::ENVELOPES {
            if wraps::UNTOLD.contains(&(*capture, *envelope)) {
                continue;
            }
            let (mut session, wrapped) = report("capture.txt", &wrap(text));
            if substance(&wrapped) != substance(&plain) {
                wrong.push(format!("{capture} in {envelope}: {}", wrapped["sources"]));
                continue;
            }
            let lines = cited_lines(&mut session, &wrapped);
            if wraps::ILLEGIBLE.contains(envelope) {
                continue;
            }
            let strays: Vec<&String> = lines.iter().filter(|line| !captures::holds_start(line)).collect();
            if !strays.is_empty() {
                wrong.push(format!("{capture} in {envelope} cites {strays:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn envelopes_in_envelopes_are_peeled() {
    let (_, text) = captures::CAPTURES[0];
    let (_, plain) = report("capture.txt", text.as_bytes());
    let inner = ["one JSON string", "Docker", "logfmt", "compose"];
    let outer =
        ["Docker", "kubectl --prefix --timestamps", "journald short", "Stackdriver", "quote", "ANSI", "CRI"];
    let find = |name: &str| wraps::ENVELOPES.iter().find(|(known, _)| *known == name).expect(name).1;
    for first in inner {
        for second in outer {
            let once = find(first)(text);
            let twice = find(second)(std::str::from_utf8(&once).unwrap());
            let (_, wrapped) = report("capture.txt", &twice);
            assert_eq!(substance(&wrapped), substance(&plain), "{first} in {second}: {}", wrapped["sources"]);
        }
    }
}

#[test]
fn several_captures_in_one_text_are_sources_of_their_own() {
    for (what, text, expected) in captures::MIXED {
        let (_, report) = report("session.txt", text.as_bytes());
        let sources = report["sources"].as_array().unwrap();
        let found: Vec<String> = sources
            .iter()
            .map(|source| {
                format!("{}={}", source["path"].as_str().unwrap(), source["format"].as_str().unwrap_or("?"))
            })
            .collect();
        assert_eq!(found, *expected, "{what}");
    }
}

#[test]
fn nothing_is_lost_at_the_edges() {
    for (what, text, goroutines) in captures::EDGES {
        let (_, report) = report("paste.txt", text.as_bytes());
        let total = &report["goroutines"]["snapshots"][0]["total"];
        assert_eq!(total.as_u64(), Some(*goroutines), "{what}: {report}");
        let notes = report["sources"][0]["notes"].to_string();
        assert!(!notes.contains("data-loss"), "{what}: {notes}");
    }
}

#[test]
fn a_string_that_ends_with_the_file_is_said_to_be_cut() {
    let text = r#"{"log":"goroutine 1 [running]:\nmain.f()\n\t/srv/main.go:3 +0x1\n\ngoroutine 2 [select]:\nmain.g("#;
    let (_, report) = report("app.log", text.as_bytes());
    assert_eq!(report["goroutines"]["snapshots"][0]["total"], 2);
    assert_eq!(report["sources"][0]["status"], "partial");
    let notes = report["sources"][0]["notes"].to_string();
    assert!(notes.contains("dump-cut") && notes.contains("column"), "{notes}");
}

#[test]
fn a_recovered_panic_in_the_fields_of_an_entry_is_a_crash() {
    let stack = r#""goroutine 51 [running]:\nmain.(*Cart).Total(0x0)\n\t/srv/cart.go:88 +0x4c\n""#;
    for entry in [
        format!(r#"{{"level":"ERROR","msg":"panic recovered","err":"nil pointer","stack":{stack}}}"#),
        format!(
            r#"{{"level":"ERROR","msg":"Panic in handler","error":"nil pointer","stack_trace":{stack}}}"#
        ),
        format!(r#"{{"msg":"Observed a panic","panic":"nil pointer","stacktrace":{stack}}}"#),
        format!(r#"{{"error":"code = Internal desc = panic: nil pointer","stack":{stack}}}"#),
    ] {
        let (_, report) = report("app.log", format!("{entry}\n").as_bytes());
        let crashes = report["goroutines"]["crashes"].to_string();
        assert!(crashes.contains("nil pointer"), "{entry}: {crashes}");
    }
}

#[test]
fn figures_that_are_cut_are_said_to_be_cut() {
    let (_, report) =
        report("heap.txt", b"# runtime.MemStats\n# Alloc = 9233720\n# Sys = 215866212\n# HeapSys = 199");
    let notes = report["sources"][0]["notes"].to_string();
    assert!(notes.contains("HeapSys") && notes.contains("data-loss"), "{notes}");
    assert!(!report.to_string().contains(r#""value":199"#));
}
