//! JUnit XML: a test case for each finding and for each rule that could not
//! run. CI servers show no suite without a case, so a run without findings
//! has one that passed.

use analyzer_core::report::plain_text::visible;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::gate::{Fate, Judged, Outcome, Status};
use super::text::losses;

/// # Errors
/// None: XML is written to memory.
pub(super) fn print(outcome: &Outcome<'_>) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new("strata check");
    suite.add_test_cases(outcome.findings.iter().map(case));
    for rule in &outcome.report.not_run {
        let mut status = TestCaseStatus::skipped();
        status.set_message(visible(&format!("needs {}", rule.needs.join("; "))));
        suite.add_test_case(named(&rule.code, "could not run", status));
    }
    let verdict = match outcome.status() {
        Status::Passed => Some(TestCaseStatus::success()),
        Status::Unreadable => Some(TestCaseStatus::non_success(NonSuccessKind::Error)),
        Status::Failed => None,
    };
    suite.add_test_cases(verdict.map(|status| named("verdict", &outcome.report.verdict, status)));
    let lost: Vec<String> =
        losses(outcome.report).map(|(path, message)| visible_line(path, message)).collect();
    if !lost.is_empty() {
        suite.set_system_err(lost.concat());
    }
    let mut report = Report::new("strata");
    report.add_test_suite(suite);
    report.to_string()
}

fn case(judged: &Judged<'_>) -> TestCase {
    let finding = judged.finding;
    let mut status = match judged.fate {
        Fate::Fails => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Fate::Known | Fate::Allowed => TestCaseStatus::success(),
    };
    if judged.fate == Fate::Fails {
        let advice: String = finding.advice.iter().map(|advice| format!("\n{}", visible(advice))).collect();
        status.set_type(visible(&finding.code));
        status.set_message(visible(&finding.claim));
        status.set_description(format!(
            "{}{advice}\nfingerprint {}",
            visible(&finding.claim),
            judged.fingerprint
        ));
    }
    named(&finding.code, &finding.title, status)
}

fn named(code: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(visible(name), status);
    case.set_classname(visible(code));
    case
}

fn visible_line(path: &str, message: &str) -> String {
    format!("{}: {}\n", visible(path), visible(message))
}
