//! `cpu.gomaxprocs.above_quota`, `cpu.gomaxprocs.unaware`: Go runs on more processors than the quota allows.

use super::throttled;
use crate::analysis::recipe::version_of;
use crate::detectors::course::{Course, Told, courses, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::evidence::recipe::Stated;
use crate::report::{Citation, Confidence, Cpu, Finding, ResourceSnapshot, Severity, Subject, number_format};

/// The least that Go chooses itself.
const LEAST: u64 = 2;
/// The first minor version that reads the quota.
const AWARE: u64 = 25;
const AWARE_MINOR: u32 = 25;

const ABOVE: Rule = Rule {
    code: "cpu.gomaxprocs.above_quota",
    severity: Severity::Warning,
    title: "GOMAXPROCS is above the CPU quota",
    meaning: "More threads run at once than the quota allows: a burst uses up the quota early in the period, and then all threads are throttled.",
};
const UNAWARE: Rule = Rule {
    code: "cpu.gomaxprocs.unaware",
    severity: Severity::Warning,
    title: "Go ignores the CPU quota",
    meaning: "Before Go 1.25, and with GODEBUG=containermaxprocs=0, GOMAXPROCS defaults to the machine's number of CPUs, regardless of the quota.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[ABOVE, UNAWARE],
    missing_inputs: |case| {
        let has = |moment: &ResourceSnapshot| {
            moment.cpu.as_ref().is_some_and(|cpu| cpu.quota_milli.is_some() || cpu.no_quota.is_some())
        };
        needs(
            case,
            has,
            "the cgroup's cpu.max (v1: cpu.cfs_quota_us), and GOMAXPROCS from /metrics, a gctrace log, a trace or the environment",
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
            "GOMAXPROCS is above the quota, rounded up, and above 2; a warning if the container is throttled."
                .to_owned(),
        claim: format!(
            "GOMAXPROCS is {}, but the quota is {} CPU.{old}",
            number_format::count_u64(procs),
            number_format::cpus(quota)
        ),
        amount: procs,
        citations: std::iter::once(citation).chain(cpu.quota_citation.clone()).collect(),
        against: list(&[
            "This may be intended: if the quota is never used up, a higher GOMAXPROCS finishes bursts sooner.",
        ]),
        advice: list(&[
            "With go 1.25 or later in go.mod, leave GOMAXPROCS unset: Go then follows the quota. With earlier versions, set it to the quota, rounded up.",
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

/// The module that is built, if its file says that the runtime does not read quotas: the `go` line decides,
/// whatever compiles. Of several modules nothing tells whose the process is.
fn old_module<'c>(case: &Case<'c>) -> Option<&'c Stated<String>> {
    let [module] = case.evidence.recipe.modules.as_slice() else { return None };
    let go = module.go.as_ref().filter(|_| module.container_max_procs != Some(true))?;
    let is_old = version_of(&go.value).is_some_and(|version| version.is_before(AWARE_MINOR));
    (is_old || module.container_max_procs == Some(false)).then_some(go)
}

/// True if the one module has automaxprocs, which sets GOMAXPROCS to the quota.
fn has_helper(case: &Case<'_>) -> bool {
    matches!(case.evidence.recipe.modules.as_slice(), [module] if module.helpers.processors)
}

fn unaware(case: &Case<'_>, course: &Course<'_>, cpu: &Cpu, quota: u64) -> Option<Finding> {
    if has_helper(case) {
        return None;
    }
    let is_off = is_switched_off(case, course);
    let version = is_old(course.subject);
    let module = old_module(case);
    let processors = cpu.processors.filter(|count| *count > LEAST && *count > quota.div_ceil(1000))?;
    let why = match (is_off, version, module) {
        (true, _, _) => "GODEBUG=containermaxprocs=0 is set".to_owned(),
        (_, Some(version), _) => format!("{version} does not read the quota"),
        (_, _, Some(go)) => {
            format!("go.mod says go {}, with which the runtime does not read the quota", go.value)
        }
        (false, None, None) => return None,
    };
    let stated = module.map(|go| Citation::place(go.at));
    let told = Told {
        rule: UNAWARE,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: "The quota is below the machine's number of CPUs; the Go version or the go line of go.mod is below 1.25, or GODEBUG has containermaxprocs=0; and neither GOMAXPROCS nor automaxprocs is used.".to_owned(),
        claim: format!("The quota is {} CPU on a machine with {processors} CPUs, and {why}: GOMAXPROCS defaults to {processors}.", number_format::cpus(quota)),
        amount: processors,
        citations: std::iter::once(cpu.quota_citation.clone()?).chain(stated).collect(),
        against: if case.evidence.recipe.modules.is_empty() {
            list(&["A library such as automaxprocs may set it: the captures do not list the program's modules."])
        } else {
            list(&["The go.mod in the input may belong to another program."])
        },
        advice: list(&["Set go 1.25 or later in go.mod and build with that toolchain, or set GOMAXPROCS to the quota, rounded up."]),
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

    fn on_a_large_machine(environment: &str, module: &str) -> Vec<(String, String)> {
        let mut files = files(environment, 80);
        files.push((
            "shop/t1/proc/status".to_owned(),
            "Name:\tshop\nPid:\t6\nThreads:\t6\nCpus_allowed_list:\t0-63\n".to_owned(),
        ));
        files.push(("go.mod".to_owned(), module.to_owned()));
        files
    }

    #[test]
    fn an_old_go_line_of_the_module_is_cited() {
        let module = "module example.com/shop\n\ngo 1.24\n";
        let found = check(
            "cpu.gomaxprocs",
            &borrowed(&on_a_large_machine("A=b\0", module)),
            &["cpu.gomaxprocs.unaware"],
        );
        let lines: Vec<_> =
            found[0].citations.as_slice().iter().filter_map(|citation| citation.at?.line).collect();
        assert!(lines.contains(&3), "{lines:?}");
        assert!(found[0].claim.contains("go.mod says go 1.24"), "{}", found[0].claim);
        assert!(found[0].against[0].contains("another program"), "{:?}", found[0].against);
    }

    #[test]
    fn a_new_go_line_automaxprocs_and_a_set_gomaxprocs_are_none() {
        for module in [
            "module example.com/shop\n\ngo 1.25\n",
            "module example.com/shop\n\ngo 1.24\n\nrequire go.uber.org/automaxprocs v1.6.0\n",
            "module example.com/shop\n\ngo 1.24\n\ngodebug containermaxprocs=1\n",
        ] {
            check("cpu.gomaxprocs", &borrowed(&on_a_large_machine("A=b\0", module)), &[]);
        }
    }

    #[test]
    fn a_quota_of_max_is_no_missing_file() {
        let asks = |quota: Option<&str>| {
            let mut files = readings(100, 0);
            files.extend(quota.map(|text| ("shop/t1/cgroup/cpu.max".to_owned(), text.to_owned())));
            let files: Vec<(&str, &[u8])> =
                files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
            let report = crate::detectors::testing::report(&files);
            let is_missing = report.not_run.iter().any(|row| row.code.starts_with("cpu.gomaxprocs"));
            (is_missing, report.resources.expect("processors").snapshots.last().expect("t1").facts())
        };
        let (is_missing, facts) = asks(Some("max 100000\n"));
        assert!(!is_missing && facts.iter().any(|(_, line)| line.contains("no quota")), "{facts:?}");
        let (is_missing, facts) = asks(None);
        assert!(is_missing && facts.iter().all(|(_, line)| !line.contains("quota")), "{facts:?}");
    }

    #[test]
    fn what_speaks_against_is_said() {
        let found =
            check("cpu.gomaxprocs", &borrowed(&files("GOMAXPROCS=8\0", 80)), &["cpu.gomaxprocs.above_quota"]);
        assert!(found[0].against[0].contains("may be intended"), "{:?}", found[0].against);
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
