//! `mem.pressure`: tasks of the container wait for memory.

use super::support::{Draft, latest, list, needs, pressure, share_text};
use crate::analysis::memory::Reviewed;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Rule};
use crate::report::number_format::basis_points;
use crate::report::{Amount, Confidence, Finding, Severity};

/// Share of the last minute in which some task waited, in hundredths of a percent.
const LEAST_SOME: i64 = 1_000;

/// Share in which all tasks waited.
const LEAST_FULL: i64 = 100;

const PRESSURE: Rule = Rule {
    code: "mem.pressure",
    severity: Severity::Warning,
    title: "Memory pressure",
    meaning: "Tasks in the container are stalled on memory (PSI).",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PRESSURE],
    missing_inputs: |case| needs(case, usable, &["the cgroup's memory.pressure (v2)"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    pressure(reviewed, "some avg60").is_some()
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let some = pressure(reviewed, "some avg60")?;
    let full = pressure(reviewed, "full avg60")?;
    if some.value < LEAST_SOME && full.value < LEAST_FULL {
        return None;
    }
    let usage = reviewed.moment.cgroup.as_ref().and_then(|cgroup| cgroup.usage.clone());
    let fill = usage.zip(reviewed.moment.limit()).map(|(usage, limit)| share_text(usage.value, limit.value));
    let draft = Draft {
        rule: PRESSURE,
        reclaim: None,
        condition: format!(
            "Some tasks were stalled for {} of the last 60 s, or all tasks for {}.",
            basis_points(LEAST_SOME),
            basis_points(LEAST_FULL)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: PRESSURE.title.to_owned(),
        claim: format!(
            "In the last minute, some task was stalled on memory for {} of the time, and all tasks at once for {}{}.",
            basis_points(some.value),
            basis_points(full.value),
            fill.map_or_else(String::new, |fill| format!("; the charge is {fill} of the limit"))
        ),
        amount: Some(Amount::exact(some.value, Unit::BasisPoints)),
        citations: [some.from, full.from].concat(),
        against: list(&["PSI averages decay slowly: the pressure may already be over."]),
        advice: list(&["Compare the PSI totals of two captures, and check what fills the limit."]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    fn pressure(some: &str, full: &str) -> String {
        format!(
            "some avg10=0.00 avg60={some} avg300=0.00 total=0\nfull avg10=0.00 avg60={full} avg300=0.00 total=0\n"
        )
    }

    #[test]
    fn a_tenth_of_a_minute_of_some_or_a_hundredth_of_all_is_pressure() {
        for (some, full, amount) in [("10.00", "0.00", 1_000), ("1.00", "1.00", 100)] {
            let files = [("memory.current", "4096"), ("memory.pressure", &*pressure(some, full))];
            let found = check("mem.pressure", &files, &["mem.pressure"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, Some(amount))]);
        }
    }

    #[test]
    fn shorter_waits_are_not() {
        check(
            "mem.pressure",
            &[("memory.current", "4096"), ("memory.pressure", &pressure("9.99", "0.99"))],
            &[],
        );
    }
}
