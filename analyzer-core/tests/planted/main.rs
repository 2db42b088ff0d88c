//! Secrets planted at every place of every format, in every way of writing them: none may be left
//! in a redacted bundle or in anything that is made of it.
#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

mod detect;
mod plant;
mod profile;
mod templates;

use std::collections::BTreeMap;

use analyzer_core::session::{FileInfo, Redacted, Session};
use plant::Planted;

fn redact(planted: &Planted) -> Redacted {
    let mut session = Session::default();
    let id = session.open(FileInfo { path: planted.path.clone(), bytes: 0, modified_at: None });
    session.chunk(id, planted.bytes.clone());
    session.close_to_redact(id);
    session.redact()
}

/// Everything that leaves the engine for a planted capture.
fn outputs(redacted: &Redacted) -> Vec<u8> {
    let mut all = Vec::new();
    for (file, bytes) in redacted.each_file() {
        all.extend_from_slice(file.path.as_bytes());
        all.push(b'\n');
        all.extend_from_slice(bytes);
        all.push(b'\n');
    }
    let report = redacted.report();
    all.extend_from_slice(report.to_markdown().as_bytes());
    all.extend_from_slice(&serde_json::to_vec(&report).expect("a report is always JSON"));
    all
}

#[test]
fn no_planted_secret_is_left_whatever_format_place_and_escape() {
    let all = plant::all();
    let mut survivors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    for planted in &all {
        count += 1;
        let redacted = redact(planted);
        if !redacted.summary.left_out.is_empty() {
            *left_out.entry(planted.template).or_default() += 1;
        }
        let out = outputs(&redacted);
        if detect::Secrets::new([planted.secret.as_str()]).find(&out).is_some() {
            survivors
                .entry(format!("{} {}", planted.template, planted.place))
                .or_default()
                .push(planted.encoding.to_owned());
        }
    }
    assert!(count >= 500, "{count} secrets are planted");
    let lines: Vec<String> =
        survivors.iter().map(|(place, encodings)| format!("{place}: {}", encodings.join(", "))).collect();
    let sum: usize = survivors.values().map(Vec::len).sum();
    assert!(
        survivors.is_empty(),
        "{sum} of {count} secrets are left, left out: {left_out:?}\n{}",
        lines.join("\n")
    );
}

#[test]
fn what_can_be_redacted_is_not_left_out() {
    // Of texts, sentences and other programs' files nothing is kept.
    const LEFT_OUT: [&str; 8] = [
        "oom/notices.log",
        "other/app.log",
        "other/claims.txt",
        "other/redaction.txt",
        "other/table.csv",
        "other/other.json",
        "pod/pod.yaml",
        "promql/grafana.csv",
    ];
    for template in templates::ALL {
        let planted = plant::plain(template);
        let redacted = redact(&planted);
        let is_left_out = !redacted.summary.left_out.is_empty();
        if !LEFT_OUT.contains(&template.path) {
            let texts: Vec<_> =
                redacted.each_file().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
            assert!(!is_left_out, "{}: {:?}\n{texts:?}", template.path, redacted.summary.left_out);
        }
    }
}
