//! The one helper of the rules' tests: literal files in, codes out.

use crate::report::{Finding, Report};
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
/// codes, in the report's order, and gives them. Texts are files as captured;
/// the family is a code or a prefix of codes (`mem.oom`).
#[track_caller]
pub fn check(family: &str, files: &[(&str, &str)], codes: &[&str]) -> Vec<Finding> {
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
