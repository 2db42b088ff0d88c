//! What a bundle says of itself: the manifest of a capture, and what
//! `go version -m` prints of the program.

use std::collections::BTreeMap;

use serde_json::Value;

use super::redaction::{Kind, Marks, free_text, is_go_version};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::{JSON_BYTES, MANIFEST_LABEL_BYTES, MANIFEST_LABELS};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position, SourceSpan};
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::captures::CaptureSkew;
use crate::evidence::recipe::{Helpers, Program, Stated};

/// Notes of one manifest: a capture that misses more misses everything.
const MISSING: usize = 100;

/// Snapshots of one manifest: a capture that goes on has them in several bundles.
const SNAPSHOTS: usize = 1000;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "capture-manifest",
        label: "manifest of a capture",
        content: Content::Document,
        sniff: sniff_manifest,
        parse: parse_manifest,
        secrets: free_text,
    },
    Format {
        name: "go-build-info",
        label: "build information of a Go program (go version -m)",
        content: Content::Document,
        sniff: sniff_build_info,
        parse: parse_build_info,
        secrets: secrets_of_build_info,
    },
];

fn sniff_manifest(probe: &Probe<'_>) -> Sniff {
    let head = probe.head().trim_ascii_start();
    let is_manifest = head.starts_with(b"{") && memchr::memmem::find(head, b"\"strata-capture/1\"").is_some();
    if is_manifest { Sniff::ByContent } else { Sniff::No }
}

/// Repeats what the capture could not get, and how far apart it read what is compared.
/// # Errors
/// `Malformed` for what is not JSON.
fn parse_manifest(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let error =
        |message: String| ParseError::new(ErrorKind::Malformed, Position::line(1), "manifest", message);
    if input.bytes.len() > JSON_BYTES {
        return Err(error("too large for a manifest".to_owned()));
    }
    let root: Value = serde_json::from_slice(input.bytes).map_err(|fault| error(fault.to_string()))?;
    let list = |key: &str| root.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for missing in list("missing").iter().filter_map(Value::as_str).take(MISSING) {
        facts.notes.data_loss("not-captured", None, format!("not captured: {missing}"));
    }
    let seconds = root.get("process_started_unix").and_then(Value::as_i64);
    facts.started_at = seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000)).map(Nanos);
    facts.labels = labels(&root);
    let mut told = Vec::new();
    for (label, skew) in list("snapshots").iter().take(SNAPSHOTS).filter_map(skew) {
        let tenths = skew.0.saturating_add(50_000) / 100_000;
        told.push(format!("{}.{} ms ({label})", tenths / 10, tenths % 10));
        evidence.skews.push(CaptureSkew { source: input.source, label: label.to_owned(), skew });
    }
    if !told.is_empty() {
        let message =
            format!("runtime, process and cgroup were read within {} of each other", told.join(", "));
        facts.notes.info("skew", None, message);
    }
    Ok(())
}

/// What whoever captured says of the process.
fn labels(manifest: &Value) -> BTreeMap<String, String> {
    let pairs = manifest.get("labels").and_then(Value::as_object).into_iter().flatten();
    let texts = pairs.filter_map(|(key, value)| Some((key, value.as_str()?)));
    let is_short = |text: &str| text.len() <= MANIFEST_LABEL_BYTES;
    texts
        .filter(|(key, value)| is_short(key) && is_short(value))
        .take(MANIFEST_LABELS)
        .map(|(key, value)| (key.clone(), value.to_owned()))
        .collect()
}

/// The label of a snapshot, and how far apart its files were read.
fn skew(snapshot: &Value) -> Option<(&str, Nanos)> {
    let label = snapshot.get("label")?.as_str()?;
    let micros = snapshot.get("skew_microseconds")?.as_i64().filter(|micros| *micros >= 0)?;
    Some((label, Nanos(micros.saturating_mul(1000))))
}

/// `leaky: go1.27.3`, then lines that begin with a tab.
fn sniff_build_info(probe: &Probe<'_>) -> Sniff {
    let mut lines = Lines::new(probe.head_lines());
    let is_headed = lines.next().is_some_and(|line| version(line.text()).is_some());
    let is_info = lines.next().is_some_and(|line| {
        ["\tpath\t", "\tmod\t", "\tbuild\t", "\tdep\t"].iter().any(|start| line.text().starts_with(start))
    });
    if is_headed && is_info { Sniff::ByContent } else { Sniff::No }
}

fn version(line: &str) -> Option<&str> {
    let (_, version) = line.trim_end().rsplit_once(": ")?;
    let is_version = version.starts_with("go1.") || version.starts_with("devel ");
    is_version.then_some(version)
}

/// Takes the Go version, whether it is linked with cgo, and modules that set limits themselves.
/// # Errors
/// None for a file that was recognized.
fn parse_build_info(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut lines = Lines::new(input.bytes);
    let first = lines.next();
    let version = first.as_ref().and_then(|line| version(line.text()));
    facts.go_version = version.filter(|version| version.starts_with("go1.")).map(str::to_owned);
    let Some((line, go)) = first.as_ref().zip(version) else { return Ok(()) };
    let path = line.text().split(": ").next().unwrap_or_default();
    let (mut cgo, mut helpers) = (None, Helpers::default());
    for line in lines {
        let mut cells = line.text().split('\t').skip(1);
        match (cells.next(), cells.next()) {
            (Some("dep"), Some(module)) => helpers.look(module),
            (Some("build"), Some(setting)) => {
                cgo = setting.strip_prefix("CGO_ENABLED=").map(|on| on == "1").or(cgo)
            }
            _ => {}
        }
    }
    let at = SourceSpan { source: input.source, at: line.position() };
    evidence.recipe.programs.push(Program {
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        go: Stated { value: go.to_owned(), written: go.to_owned(), at },
        cgo,
        helpers,
    });
    Ok(())
}

/// The program's name gets a pseudonym. What is read stays: the version of Go, cgo, modules that set limits.
fn secrets_of_build_info(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    let mut lines = Lines::new(input.bytes);
    if let Some((path, version)) = lines.next().and_then(|line| line.text().trim_end().rsplit_once(": ")) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let folder = path.get(..path.len() - name.len()).unwrap_or_default();
        marks.words(folder.as_bytes(), Kind::Path);
        marks.words(name.as_bytes(), Kind::Name);
        let is_release = is_go_version(version.as_bytes());
        let kept = if is_release { version } else { version.split(' ').next().unwrap_or_default() };
        if is_release || kept == "devel" {
            marks.keep(kept.as_bytes());
        }
    }
    for line in lines {
        let mut cells = line.text().split('\t').skip(1);
        let Some(keyword) = cells.next().filter(|word| KEYWORDS.contains(word)) else { continue };
        marks.keep(keyword.as_bytes());
        let Some(value) = cells.next() else { continue };
        let is_cgo = keyword == "build" && matches!(value, "CGO_ENABLED=0" | "CGO_ENABLED=1");
        if is_cgo || (keyword == "dep" && Helpers::are(value)) {
            marks.keep(value.as_bytes());
        }
    }
    Ok(())
}

/// What the lines of a program's build information begin with.
const KEYWORDS: [&str; 5] = ["path", "mod", "dep", "build", "=>"];

#[cfg(test)]
mod tests {
    use crate::formats::{Probe, recognize};
    use crate::session::Session;

    const MANIFEST: &str = r#"{"capture": "strata-capture/1", "pid": 7, "snapshots": [
        {"label": "t0", "skew_microseconds": 729}, {"label": "t1", "skew_microseconds": 1083}],
        "missing": ["/debug/vars (the server refused)"]}"#;

    fn notes(path: &str, text: &str) -> Vec<String> {
        let mut session = Session::default();
        session.add(path, text.as_bytes().to_vec());
        let report = session.report();
        report.sources.iter().flat_map(|source| &source.notes).map(|note| note.message.clone()).collect()
    }

    #[test]
    fn a_manifest_says_what_is_missing_and_how_far_apart_the_layers_were_read() {
        let notes = notes("api/manifest.json", MANIFEST);
        assert_eq!(
            notes,
            [
                "not captured: /debug/vars (the server refused)",
                "runtime, process and cgroup were read within 0.7 ms (t0), 1.1 ms (t1) of each other"
            ]
        );
    }

    #[test]
    fn a_manifest_names_the_pod_and_when_its_process_started() {
        let mut session = Session::default();
        let manifest = r#"{"capture": "strata-capture/1", "process_started_unix": 1700000000,
            "labels": {"pod": "api-7d9f", "node": "n1", "wrong": 5}}"#;
        session.add("api/manifest.json", manifest.as_bytes().to_vec());
        session.add("api/t0/status", b"Name:\tapi\nPid:\t1\nThreads:\t1\n".to_vec());
        let report = session.report();
        let subject = &report.subjects[0];
        assert_eq!(subject.started_at.map(|at| at.0), Some(1_700_000_000_000_000_000));
        let labels: Vec<_> = subject.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(labels, ["node=n1", "pod=api-7d9f"]);
    }

    #[test]
    fn the_process_collector_says_when_the_process_started() {
        let mut session = Session::default();
        let page = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.7e+09\n\
            # TYPE go_goroutines gauge\ngo_goroutines 8\n";
        session.add("api/t0/metrics.prom", page.as_bytes().to_vec());
        let report = session.report();
        assert_eq!(report.subjects[0].started_at.map(|at| at.0), Some(1_700_000_000_000_000_000));
    }

    #[test]
    fn a_manifest_that_is_cut_is_an_error_with_its_place() {
        let notes = notes("api/manifest.json", &MANIFEST[..80]);
        assert!(notes.iter().any(|note| note.contains("line 2")), "{notes:?}");
    }

    #[test]
    fn build_information_is_told_by_its_first_lines() {
        let name = |text: &str| {
            recognize(&Probe { path: "x.txt", bytes: text.as_bytes() }).map(|format| format.name)
        };
        let info = "api: go1.27.3\n\tpath\texample.com/api\n\tbuild\tGOARCH=amd64\n";
        assert_eq!(name(info), Some("go-build-info"));
        assert_ne!(name("api: go1.27.3\nstarted\n"), Some("go-build-info"));
        assert_ne!(name("2026/11/30 listening: go away\n\tpath\tx\n"), Some("go-build-info"));
    }
}
