//! `cpu.pressure`: threads of the group wait for a processor.

use super::throttled;
use crate::base::units::Unit;
use crate::detectors::course::{Course, courses, needs};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Amount, Confidence, Finding, Severity, number_format};

/// Share of the last minute, in hundredths of a percent.
const LEAST: i64 = 2_000;

const PRESSURE: Rule = Rule {
    code: "cpu.pressure",
    severity: Severity::Info,
    title: "CPU pressure",
    meaning: "Runnable threads of the container waited for a CPU for much of the last minute, because of other workloads on the node or its own quota.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PRESSURE],
    missing_inputs: |case| {
        let has = |moment: &crate::report::ResourceSnapshot| {
            moment.cpu.as_ref().is_some_and(|cpu| cpu.pressure.is_some())
        };
        needs(case, has, "the cgroup's cpu.pressure")
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

fn find(course: &Course<'_>) -> Option<Finding> {
    let pressure = *course.values(|moment| moment.cpu.as_ref()?.pressure.as_ref()).last()?;
    let share = pressure.value.filter(|share| *share >= LEAST)?;
    let is_throttled = throttled::share(course).is_some_and(|share| share.basis_points >= 500);
    let why = if is_throttled {
        "The container is throttled by its quota, and throttled time counts as waiting. This explains the pressure."
    } else {
        "The quota does not explain it: other workloads on the node are using the CPUs."
    };
    let draft = Draft {
        rule: PRESSURE,
        severity: Severity::Info,
        confidence: if is_throttled || throttled::share(course).is_some() {
            Confidence::Likely
        } else {
            Confidence::Possible
        },
        reclaim: None,
        condition:
            "Some thread waited for a CPU for 20% of the last minute (some avg60 of the cgroup's cpu.pressure)."
                .to_owned(),
        title: PRESSURE.title.to_owned(),
        claim: format!(
            "For {} of the last minute, some runnable thread of the container waited for a CPU. {why}",
            number_format::basis_points(share)
        ),
        amount: Some(Amount::exact(share, Unit::BasisPoints)),
        citations: vec![pressure.clone()],
        against: list(&["A cgroup with more runnable threads than CPUs always shows pressure, even on an idle node."]),
        advice: list(&[
            "Raise the CPU request: it determines the container's share when the node is busy.",
        ]),
    };
    draft.about(course.subject.id)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn pressure(share: &str) -> String {
        format!(
            "some avg10=41.20 avg60={share} avg300=22.07 total=5211884012\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
        )
    }

    #[test]
    fn a_fifth_of_the_minute_is_worth_knowing() {
        check("cpu.pressure", &[("shop/t0/cgroup/cpu.pressure", &*pressure("20.00"))], &["cpu.pressure"]);
    }

    #[test]
    fn less_and_the_pressure_of_the_machine_are_not() {
        check("cpu.pressure", &[("shop/t0/cgroup/cpu.pressure", &*pressure("19.99"))], &[]);
        check("cpu.pressure", &[("shop/t0/proc/pressure-cpu", &*pressure("96.00"))], &[]);
    }
}
