//! The one helper of the rules' tests: literal files in, codes out.

use crate::report::{Confidence, Finding, Report, Severity};
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
pub fn check(family: &str, files: &[(&str, &str)], codes: &[&str]) -> Vec<Finding> {
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (*path, written_out(text))).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    check_bytes(family, &files, codes)
}

/// As [`check`], of files that are not text.
#[track_caller]
pub fn check_bytes(family: &str, files: &[(&str, &[u8])], codes: &[&str]) -> Vec<Finding> {
    let report = report(files);
    for source in &report.sources {
        assert!(source.format.is_some(), "{} is not recognized: {:?}", source.path, source.notes);
    }
    let is_asked = |finding: &Finding| super::is_in(&finding.code, family);
    let found: Vec<Finding> = report.findings.into_iter().filter(is_asked).collect();
    let found_codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(found_codes, codes, "of {family}");
    found
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
