//! `cpu.throttled`: the quota runs out, and every thread of the group waits for the next period.

use crate::base::units::{Nanos, Unit};
use crate::detectors::course::{Course, courses};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Amount, Citation, Confidence, Cpu, Finding, Severity, number_format};

/// Share of the periods, in hundredths of a percent, from which it is worth knowing, and from which it hurts.
const KNOWN: i64 = 500;
const HURTS: i64 = 2_500;
/// Periods that must have passed: five seconds of 100 ms.
const LEAST_PERIODS: i64 = 50;

const THROTTLED: Rule = Rule {
    code: "cpu.throttled",
    severity: Severity::Warning,
    title: "CPU throttling",
    meaning: "The container uses up its CPU quota, and the kernel stops all of its threads until the next period: requests and the GC wait.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[THROTTLED],
    missing_inputs: |case| {
        let is_enough = courses(case).iter().any(|course| readings(course).len() > 1);
        if is_enough { Vec::new() } else { list(&["two readings of the cgroup's cpu.stat"]) }
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

/// One reading of `cpu.stat`.
struct Reading<'c> {
    periods: &'c Citation,
    throttled: &'c Citation,
    cpu: &'c Cpu,
}

fn readings<'c>(course: &Course<'c>) -> Vec<Reading<'c>> {
    course.values(|moment| {
        let cpu = moment.cpu.as_ref()?;
        Some(Reading { periods: cpu.periods.as_ref()?, throttled: cpu.throttled.as_ref()?, cpu })
    })
}

/// How much of the time between the first and the last reading was throttled.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Periods between them.
    pub periods: i64,
    /// Periods in which the quota ran out.
    pub throttled: i64,
    /// In hundredths of a percent.
    pub basis_points: i64,
}

/// The share of throttled periods; `None` without two readings, or if the group was made anew in between.
pub fn share(course: &Course<'_>) -> Option<Share> {
    let readings = readings(course);
    let [first, .., last] = readings.as_slice() else { return None };
    let periods = last.periods.value?.checked_sub(first.periods.value?)?;
    let throttled = last.throttled.value?.checked_sub(first.throttled.value?)?;
    if periods <= 0 || throttled < 0 {
        return None;
    }
    Some(Share { periods, throttled, basis_points: throttled.saturating_mul(10_000) / periods })
}

/// True if the subject is throttled so that it hurts: then the pacing of the collector is not to blame.
pub fn hurts(course: &Course<'_>) -> bool {
    share(course).is_some_and(|share| share.periods >= LEAST_PERIODS && share.basis_points >= HURTS)
}

fn find(course: &Course<'_>) -> Option<Finding> {
    let share =
        share(course).filter(|share| share.periods >= LEAST_PERIODS && share.basis_points >= KNOWN)?;
    let readings = readings(course);
    let (first, last) = (readings.first()?, readings.last()?);
    let severity = if share.basis_points >= HURTS { Severity::Warning } else { Severity::Info };
    let mut claim = format!(
        "The container was CPU-throttled in {} of the periods ({} of {}).",
        number_format::percent(share.throttled, share.periods),
        number_format::count(share.throttled),
        number_format::count(share.periods)
    );
    if let Some(quota) = last.cpu.quota_milli.or(last.cpu.outer_quota_milli) {
        claim.push_str(&format!(" The quota is {} CPU.", number_format::cpus(quota)));
    }
    let rise = |of: fn(&Cpu) -> Option<Nanos>| Some(Nanos(of(last.cpu)?.0.checked_sub(of(first.cpu)?.0)?));
    if let Some(used) = rise(|cpu| cpu.usage) {
        claim.push_str(&format!(" It used {} of CPU time in between.", number_format::duration(used)));
    }
    if let Some(stopped) = rise(|cpu| cpu.throttled_time) {
        claim.push_str(&format!(
            " The total throttled time is {}, summed over all CPUs.",
            number_format::duration(stopped)
        ));
    }
    let draft = Draft {
        rule: THROTTLED,
        severity,
        confidence: Confidence::Certain,
        reclaim: None,
        condition:
            "The container was throttled in 5% of at least 50 periods between two readings; a warning from 25%."
                .to_owned(),
        title: THROTTLED.title.to_owned(),
        claim,
        amount: Some(Amount::exact(share.basis_points, Unit::BasisPoints)),
        citations: [first.periods, first.throttled, last.periods, last.throttled]
            .into_iter()
            .cloned()
            .collect(),
        against: list(&[
            "Batch work may use up its quota on purpose. A short burst waits at most until the next period.",
        ]),
        advice: list(&[
            "Raise the CPU limit, or remove it and keep the request: the request guarantees a share, the limit only withholds idle CPU time.",
            "Limit concurrency in bursts: with GOMAXPROCS above the quota, they use up the quota early in the period, and then all threads stop.",
        ]),
    };
    draft.about(course.subject.id)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::detectors::course::fixtures::borrowed;
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Info, Warning};

    /// Two readings of `cpu.stat`, the second so many periods later.
    pub fn readings(periods: u64, throttled: u64) -> Vec<(String, String)> {
        let stat = |periods: u64, throttled: u64| {
            format!(
                "usage_usec 1\nnr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec {}\n",
                throttled * 50_000
            )
        };
        vec![
            ("shop/t0/cgroup/cpu.stat".to_owned(), stat(1000, 500)),
            ("shop/t1/cgroup/cpu.stat".to_owned(), stat(1000 + periods, 500 + throttled)),
        ]
    }

    #[test]
    fn a_quarter_of_the_periods_is_a_warning_and_a_twentieth_worth_knowing() {
        let found = check("cpu.throttled", &borrowed(&readings(100, 25)), &["cpu.throttled"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(2_500))]);
        let found = check("cpu.throttled", &borrowed(&readings(100, 5)), &["cpu.throttled"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some(500))]);
    }

    #[test]
    fn batch_work_and_short_bursts_speak_against() {
        for (periods, throttled) in [(100, 5), (100, 25), (100, 99)] {
            let found = check("cpu.throttled", &borrowed(&readings(periods, throttled)), &["cpu.throttled"]);
            assert!(
                found[0].against.iter().any(|line| line.contains("Batch work")),
                "{:?}",
                found[0].against
            );
        }
    }

    #[test]
    fn few_periods_a_lesser_share_and_what_was_before_are_none() {
        for (periods, throttled) in [(49, 49), (100, 4), (100, 0)] {
            check("cpu.throttled", &borrowed(&readings(periods, throttled)), &[]);
        }
    }
}
