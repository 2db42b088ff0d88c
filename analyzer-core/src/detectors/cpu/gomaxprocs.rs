//! `cpu.gomaxprocs.above_quota`, `cpu.gomaxprocs.unaware`: Go runs on more processors than the quota allows.

use super::throttled;
use crate::detectors::course::{Course, Told, courses, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Cpu, Finding, ResourceSnapshot, Severity, Subject, number_format};

/// The least that Go chooses itself.
const LEAST: u64 = 2;
/// The first minor version that reads the quota.
const AWARE: u64 = 25;

const ABOVE: Rule = Rule {
    code: "cpu.gomaxprocs.above_quota",
    severity: Severity::Warning,
    title: "GOMAXPROCS is above the CPU quota",
    meaning: "More threads run at once than the quota allows: a burst uses the period up in a part of it, and then all of them stop.",
};
const UNAWARE: Rule = Rule {
    code: "cpu.gomaxprocs.unaware",
    severity: Severity::Warning,
    title: "Go does not read the CPU quota",
    meaning: "Before Go 1.25, and with GODEBUG=containermaxprocs=0, GOMAXPROCS is the number of the machine's processors, whatever the quota is.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[ABOVE, UNAWARE],
    missing_inputs: |case| {
        let has =
            |moment: &ResourceSnapshot| moment.cpu.as_ref().is_some_and(|cpu| cpu.quota_milli.is_some());
        needs(
            case,
            has,
            "cpu.max of the control group (or cpu.cfs_quota_us), and GOMAXPROCS: /metrics, a gctrace log, a trace or the environment",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(|course| find(case, course)).collect(),
};

fn find(case: &Case<'_>, course: &Course<'_>) -> Option<Finding> {
    // What one snapshot says holds for the others: both seldom change.
    let cpus = course.values(|moment| moment.cpu.as_ref());
    let cpu = *cpus.iter().rev().find(|cpu| cpu.quota_milli.is_some())?;
    let quota = cpu.quota_milli?;
    let stated = cpus.iter().rev().find_map(|cpu| cpu.gomaxprocs.zip(cpu.gomaxprocs_citation.clone()));
    match stated {
        Some((procs, citation)) => above(course, cpu, quota, procs, citation),
        None => unaware(case, course, cpu, quota),
    }
}

fn above(
    course: &Course<'_>,
    cpu: &Cpu,
    quota: u64,
    procs: u64,
    citation: crate::report::Citation,
) -> Option<Finding> {
    if procs <= LEAST || procs <= quota.div_ceil(1000) {
        return None;
    }
    let is_throttled = throttled::share(course).is_some_and(|share| share.basis_points >= 500);
    let old = is_old(course.subject)
        .map_or_else(String::new, |version| format!(" {version} does not read the quota."));
    let told = Told {
        rule: ABOVE,
        severity: if is_throttled { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Certain,
        condition:
            "GOMAXPROCS is above the quota, rounded up, and above 2; a warning where the quota runs out."
                .to_owned(),
        claim: format!(
            "GOMAXPROCS is {}, and the quota is {} CPU.{old}",
            number_format::count_u64(procs),
            number_format::cpus(quota)
        ),
        amount: procs,
        citations: std::iter::once(citation).chain(cpu.quota_citation.clone()).collect(),
        against: list(&[
            "It may be chosen: where the quota never runs out, more processors finish a burst sooner.",
        ]),
        advice: list(&[
            "Unset GOMAXPROCS and build with go 1.25 or later in go.mod: Go then follows the quota. Before that, set it to the quota, rounded up.",
        ]),
    };
    told.about(course)
}

/// The version, if it is one that does not read quotas: `go1.24.11`.
fn is_old(subject: &Subject) -> Option<&str> {
    let version = subject.go_version.as_deref()?;
    let minor: u64 = version.strip_prefix("go1.")?.split(['.', ' ', '-', 'r', 'b']).next()?.parse().ok()?;
    (minor < AWARE).then_some(version)
}

fn unaware(case: &Case<'_>, course: &Course<'_>, cpu: &Cpu, quota: u64) -> Option<Finding> {
    let is_off = is_switched_off(case, course);
    let version = is_old(course.subject);
    let processors = cpu.processors.filter(|count| *count > LEAST && *count > quota.div_ceil(1000))?;
    if version.is_none() && !is_off {
        return None;
    }
    let why = if is_off {
        "GODEBUG=containermaxprocs=0 is set".to_owned()
    } else {
        format!("{} does not read quotas", version.unwrap_or("this Go version"))
    };
    let told = Told {
        rule: UNAWARE,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: "A quota below the processors of the machine, a Go version before 1.25 or GODEBUG=containermaxprocs=0, and no GOMAXPROCS.".to_owned(),
        claim: format!("The quota is {} CPU on {processors} processors, and {why}: GOMAXPROCS is then {processors}.", number_format::cpus(quota)),
        amount: processors,
        citations: vec![cpu.quota_citation.clone()?],
        against: list(&["A library (automaxprocs) may set it: the program's modules are not in the captures."]),
        advice: list(&["Set go 1.25 or later in go.mod and build with such a toolchain, or set GOMAXPROCS to the quota, rounded up."]),
    };
    told.about(course)
}

fn is_switched_off(case: &Case<'_>, course: &Course<'_>) -> bool {
    let Some(key) = case.evidence.strings.find("GODEBUG") else { return false };
    let tables = &case.evidence.memory;
    let own =
        tables.records.iter().filter(|record| course.subject.sources().any(|source| source == record.source));
    own.flat_map(|record| tables.texts_of(record)).any(|text| {
        text.key == key
            && case
                .evidence
                .strings
                .get(text.value)
                .split(',')
                .any(|setting| setting == "containermaxprocs=0")
    })
}

#[cfg(test)]
mod tests {
    use super::super::throttled::tests::readings;
    use crate::detectors::course::fixtures::borrowed;
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::{Info, Warning};

    fn files(environment: &str, throttled: u64) -> Vec<(String, String)> {
        let mut files = readings(100, throttled);
        files.push(("shop/t1/cgroup/cpu.max".to_owned(), "150000 100000\n".to_owned()));
        files.push(("shop/t1/proc/environ".to_owned(), environment.to_owned()));
        files
    }

    #[test]
    fn more_processors_than_the_quota_are_a_warning_where_it_runs_out() {
        let found =
            check("cpu.gomaxprocs", &borrowed(&files("GOMAXPROCS=8\0", 80)), &["cpu.gomaxprocs.above_quota"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(8))]);
        let found =
            check("cpu.gomaxprocs", &borrowed(&files("GOMAXPROCS=8\0", 0)), &["cpu.gomaxprocs.above_quota"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some(8))]);
    }

    #[test]
    fn the_least_that_go_chooses_and_an_amount_that_go_does_not_read_are_none() {
        check("cpu.gomaxprocs", &borrowed(&files("GOMAXPROCS=2\0", 80)), &[]);
        check("cpu.gomaxprocs", &borrowed(&files("GOMAXPROCS=500m\0", 80)), &[]);
    }

    #[test]
    fn a_switch_or_an_old_version_that_ignores_the_quota_is_told() {
        let mut unaware = files("GODEBUG=containermaxprocs=0\0", 80);
        unaware.push((
            "shop/t1/proc/status".to_owned(),
            "Name:\tshop\nPid:\t6\nThreads:\t6\nCpus_allowed_list:\t0-63\n".to_owned(),
        ));
        check("cpu.gomaxprocs", &borrowed(&unaware), &["cpu.gomaxprocs.unaware"]);
        let mut small = files("GODEBUG=containermaxprocs=0\0", 80);
        small.push((
            "shop/t1/proc/status".to_owned(),
            "Name:\tshop\nPid:\t6\nThreads:\t6\nCpus_allowed_list:\t0-1\n".to_owned(),
        ));
        check("cpu.gomaxprocs", &borrowed(&small), &[]);
    }
}
