//! The one helper of the rules' tests: literal files in, codes out.

use serde_json::Value;

use super::{Case, all, rules};
use crate::analysis::Analysis;
use crate::base::words::one_of_many;
use crate::evidence::Evidence;
use crate::report::{Confidence, Finding, Goroutines, Report, Severity};
use crate::session::Session;

/// The report of these files.
pub fn report(files: &[(&str, &[u8])]) -> Report {
    let mut session = Session::default();
    for (path, bytes) in files {
        session.add(path, bytes.to_vec());
    }
    session.report()
}

/// Asserts that the findings of these files within `family` have exactly these
/// codes, in the report's order, and gives them. Texts are files as captured,
/// but for amounts, which may be written as [`written_out`] reads them; the
/// family is a code or a prefix of codes (`mem.oom`).
#[track_caller]
pub fn check(family: &str, files: &[(&str, impl AsRef<str>)], codes: &[&str]) -> Vec<Finding> {
    let files: Vec<(&str, String)> =
        files.iter().map(|(path, text)| (*path, written_out(text.as_ref()))).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    check_bytes(family, &files, codes)
}

/// As [`check`], of files that are not text.
#[track_caller]
pub fn check_bytes(family: &str, files: &[(&str, &[u8])], codes: &[&str]) -> Vec<Finding> {
    let report = report(files);
    for source in &report.sources {
        assert!(source.format.is_some(), "{} is not recognized: {:?}", source.path, source.notes);
        assert_eq!(
            source.notes.iter().find_map(|note| one_of_many(&note.message)),
            None,
            "of {}",
            source.path
        );
    }
    expect(family, report.findings, codes)
}

/// As [`check`], of an execution trace by the figures of its report, as JSON:
/// what is not given is empty. `goroutines` is what dumps say of the same process.
#[track_caller]
pub fn check_trace(
    family: &str,
    trace: Value,
    goroutines: Option<Goroutines>,
    codes: &[&str],
) -> Vec<Finding> {
    let mut whole = serde_json::from_str(EMPTY_TRACE).expect("JSON");
    merge(&mut whole, trace);
    let trace = serde_json::from_value(whole).expect("a trace as the report has it");
    let analysis = Analysis { traces: vec![trace], goroutines, ..Analysis::default() };
    let case = Case { evidence: &Evidence::default(), analysis: &analysis, memory: &[], units: &[] };
    let able = all().filter(|detector| (detector.missing_inputs)(&case).is_empty());
    let found = able.flat_map(|detector| (detector.detect)(&case)).collect();
    expect(family, found, codes)
}

#[track_caller]
fn expect(family: &str, found: Vec<Finding>, codes: &[&str]) -> Vec<Finding> {
    let is_asked = |finding: &Finding| super::is_in(&finding.code, family);
    let found: Vec<Finding> = found.into_iter().filter(is_asked).collect();
    let found_codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(found_codes, codes, "of {family}");
    for finding in &found {
        let mut declared = rules().filter(|rule| rule.code == finding.code);
        let is_worse = declared.any(|rule| finding.severity < rule.severity);
        assert!(!is_worse, "{} is graver than it is declared", finding.code);
        let texts = finding.against.iter().chain(&finding.advice).chain([&finding.claim, &finding.title]);
        assert_eq!(texts.into_iter().find_map(|text| one_of_many(text)), None, "of {}", finding.code);
    }
    found
}

/// A trace in which nothing happens.
const EMPTY_TRACE: &str = r#"{
    "source": 0, "subject": 0, "format": 26, "start_nanos": 0, "from": 0, "to": 0,
    "events": {"total": 0, "kinds": {}, "transitions": {}, "blocks": {}, "ranges": {}, "records": {}},
    "goroutines_existed": 0, "goroutines_created": 0, "goroutines_ended": 0, "goroutines_alive": 0,
    "generations": [], "groups": [], "leaks": [], "sites": [], "wakes": [], "longest_waits": [],
    "longest_delays": [], "delays": [], "go_tool_profiles": [], "procs": [], "pause_kinds": [], "pauses": [],
    "tasks": [], "regions": [], "task_rows": [], "region_rows": [], "log_categories": [], "logs": [],
    "gc": {
        "cycles": [], "begun": 0, "ended": 0, "marking": 0, "assists": {"count": 0, "total": 0, "max": 0},
        "assist_running": 0, "workers": [0, 0, 0], "sweeps": {"count": 0, "total": 0, "max": 0}, "swept": 0,
        "reclaimed": 0
    },
    "heap": {}, "cpu_samples": {"count": 0, "stacks": 0},
    "overview": {
        "running": [], "gc_workers": [], "runnable": [], "waiting": [], "syscall": [], "marking": [],
        "stopped": [], "assists": [], "processors": [], "gomaxprocs": [], "heap_max": [], "heap_min": [],
        "goal": [], "samples": []
    },
    "folded": [], "stacks": [], "frames": [], "citations": [{"source": 0}]
}"#;

/// Puts the fields of `from` in the place of those of `into`.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// What a rule decides about each finding: severity, confidence and the amount's value.
pub fn verdicts(findings: &[Finding]) -> Vec<(Severity, Confidence, Option<i64>)> {
    let amount = |finding: &Finding| finding.amount.map(|amount| amount.value);
    findings.iter().map(|finding| (finding.severity, finding.confidence, amount(finding))).collect()
}

/// Writes amounts out as the kernel and Go print them: `<16MiB>` in bytes,
/// `<16MiB kB>` in the kernel's kB, `<16MiB-1>` one byte (or one kB) less. What
/// is no amount stays.
fn written_out(text: &str) -> String {
    let mut parts = text.split('<');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('>').and_then(|(inner, rest)| Some((amount(inner)?, rest))) {
            Some((amount, rest)) => out.extend([amount.as_str(), rest]),
            None => out.extend(["<", part]),
        }
    }
    out
}

/// The amount that stands within `<` and `>`.
fn amount(inner: &str) -> Option<String> {
    let (amount, is_kib) = inner.strip_suffix(" kB").map_or((inner, false), |amount| (amount, true));
    let end = amount.find(['+', '-']).unwrap_or(amount.len());
    let (amount, change) = amount.split_at(end);
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let (number, shift) = units.iter().find_map(|(unit, shift)| Some((amount.strip_suffix(unit)?, shift)))?;
    let bytes: i64 = number.parse::<i64>().ok()? << shift;
    let change: i64 = if change.is_empty() { 0 } else { change.parse().ok()? };
    Some(if is_kib { format!("{} kB", (bytes >> 10) + change) } else { (bytes + change).to_string() })
}

#[test]
fn amounts_are_written_out_and_other_text_stays() {
    let text = "Rss: <1MiB-4 kB>\nanon <2KiB+1>\nGOMEMLIMIT=200MiB <nil> a<b\n";
    assert_eq!(written_out(text), "Rss: 1020 kB\nanon 2049\nGOMEMLIMIT=200MiB <nil> a<b\n");
}
