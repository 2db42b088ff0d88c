//! `cpu.quota.below_two`, `cpu.quota.ancestor`: quotas that the runtime cannot follow.

use crate::detectors::course::{Course, Told, courses, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::number_format::cpus;
use crate::report::{Confidence, Finding, Severity};

const BELOW_TWO: Rule = Rule {
    code: "cpu.quota.below_two",
    severity: Severity::Info,
    title: "CPU quota below one CPU",
    meaning: "Go sets GOMAXPROCS to at least 2 by default: two running threads use up such a quota early in each period.",
};
const ANCESTOR: Rule = Rule {
    code: "cpu.quota.ancestor",
    severity: Severity::Warning,
    title: "The CPU quota is set on a parent cgroup",
    meaning: "Go reads only the quota of its own cgroup, not a quota that is set on a parent cgroup.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[BELOW_TWO, ANCESTOR],
    missing_inputs: |case| {
        let has = |moment: &crate::report::ResourceSnapshot| {
            moment.cpu.as_ref().is_some_and(|cpu| cpu.quota_citation.is_some() || cpu.no_quota.is_some())
        };
        needs(case, has, "the cgroup's cpu.max, or cpu.cfs_quota_us and cpu.cfs_period_us")
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        courses.iter().filter_map(below_two).chain(courses.iter().filter_map(ancestor)).collect()
    },
};

fn below_two(course: &Course<'_>) -> Option<Finding> {
    let cpu = *course.values(|moment| moment.cpu.as_ref()).last()?;
    let quota = cpu.quota_milli.filter(|quota| *quota < 1000)?;
    let told = Told {
        rule: BELOW_TWO,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        condition: "The quota is below one CPU.".to_owned(),
        claim: format!(
            "The quota is {} CPU: two running threads use up its {} ms within {} ms of each 100 ms period and are then throttled.",
            cpus(quota),
            quota / 10,
            quota / 20
        ),
        amount: quota,
        citations: vec![cpu.quota_citation.clone()?],
        against: Vec::new(),
        advice: list(&["If latency matters, set the CPU limit to at least one CPU, or remove it."]),
    };
    told.about(course)
}

fn ancestor(course: &Course<'_>) -> Option<Finding> {
    let cpu = *course.values(|moment| moment.cpu.as_ref()).last()?;
    let outer = cpu.outer_quota_milli?;
    // A GOMAXPROCS that fits needs no reading of quotas.
    if cpu
        .gomaxprocs
        .is_some_and(|procs| procs <= 2 || procs.saturating_mul(1000) <= outer.div_ceil(1000) * 1000)
    {
        return None;
    }
    let told = Told {
        rule: ANCESTOR,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition:
            "A parent cgroup has a lower quota than the process's own cgroup, and GOMAXPROCS is not known to match it."
                .to_owned(),
        claim: format!(
            "A parent cgroup of the container allows {} CPU; Go does not read that quota.",
            cpus(outer)
        ),
        amount: outer,
        citations: vec![cpu.quota_citation.clone()?],
        against: list(&["Parent cgroups are usually not visible from inside a container; here they were captured."]),
        advice: list(&["Set GOMAXPROCS to that quota, rounded up."]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    #[test]
    fn a_quota_below_one_cpu_is_worth_knowing() {
        let v1 = [
            ("shop/t0/cgroup/cpu.cfs_quota_us", "60000\n"),
            ("shop/t0/cgroup/cpu.cfs_period_us", "100000\n"),
        ];
        let found = check("cpu.quota", &v1, &["cpu.quota.below_two"]);
        assert!(
            found[0].claim.contains("0.6 CPU") && found[0].claim.contains("in 30 ms"),
            "{}",
            found[0].claim
        );
        check("cpu.quota", &[("shop/t0/cpu.max", "100000 100000\n")], &[]);
        check("cpu.quota", &[("shop/t0/cpu.max", "max 100000\n")], &[]);
    }

    #[test]
    fn a_quota_of_a_group_around_is_not_followed() {
        let files = [
            ("shop/t0/kubepods/cpu.max", "150000 100000\n"),
            ("shop/t0/kubepods/pod1/cpu.max", "max 100000\n"),
        ];
        let files =
            files.map(|(path, text)| (path.replace("kubepods", "cgroup").replace("pod1", "memory"), text));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        check("cpu.quota", &files, &["cpu.quota.ancestor"]);
        let own = [
            ("shop/t0/cgroup/cpu.max", "300000 100000\n"),
            ("shop/t0/cgroup/memory/cpu.max", "150000 100000\n"),
        ];
        check("cpu.quota", &own, &[]);
    }
}
