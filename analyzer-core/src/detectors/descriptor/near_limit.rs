//! `fd.near_limit`: the process will soon be refused descriptors.

use crate::detectors::course::{Course, Told, courses, is_near, needs, value};
use crate::detectors::{Case, Detector, Rule, list};
use crate::evidence::memory::UNLIMITED;
use crate::report::{Confidence, Finding, Severity, number_format};

/// Share of the limit from which it is near.
const NEAR_PERCENT: u64 = 80;

const NEAR: Rule = Rule {
    code: "fd.near_limit",
    severity: Severity::Warning,
    title: "Close to the limit of open files",
    meaning: "The process is close to its limit of open file descriptors. At the limit, accept, dial and open fail (EMFILE), and pprof is not reachable.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[NEAR],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.descriptors.as_ref().is_some_and(|open| open.soft_limit.is_some()),
            "ls -l /proc/PID/fd (or lsof -nP -p PID), and /proc/PID/limits",
        )
    },
    detect: |case: &Case<'_>| courses(case).iter().filter_map(find).collect(),
};

fn find(course: &Course<'_>) -> Option<Finding> {
    let open = *course.values(|moment| moment.descriptors.as_ref()).last()?;
    let limit = open.soft_limit.as_ref().filter(|limit| limit.value != Some(UNLIMITED))?;
    let most = value(limit)?;
    if !is_near(open.total, most, NEAR_PERCENT) {
        return None;
    }
    let kind = open.kinds.first()?;
    let mut claim = format!(
        "{} of {} file descriptors are open; the most common kind is {}: {}.",
        number_format::count_u64(open.total),
        number_format::count_u64(most),
        kind.kind.plural(),
        number_format::count_u64(kind.count)
    );
    let hard = open.hard_limit.as_ref().and_then(value);
    // Go raises the soft limit to one below the hard one as it starts.
    if hard == Some(most + 1) {
        claim.push_str(" Go has raised the soft limit to just below the hard limit.");
    }
    let told = Told {
        rule: NEAR,
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        condition: format!("{NEAR_PERCENT}% of the soft limit (RLIMIT_NOFILE) is used."),
        claim,
        amount: open.total,
        citations: vec![open.citation.clone(), limit.clone(), kind.citation.clone()],
        against: Vec::new(),
        advice: list(&[
            "If this kind grows, find what opens it without closing it. Otherwise raise the limit (systemd's LimitNOFILE, the container runtime's ulimits).",
            "Limit the number of concurrent connections (netutil.LimitListener).",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::fds;
    use crate::detectors::testing::check;

    fn files(open: u64, soft: &str) -> [(&'static str, String); 2] {
        let limits = format!(
            "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            {soft:<20} 4096                 files     \n"
        );
        [("shop/t0/proc/fd.txt", fds(&[(100, open - 1)], &[])), ("shop/t0/proc/limits", limits)]
    }

    #[test]
    fn four_fifths_of_the_limit_are_near_it() {
        check("fd.near_limit", &files(80, "100"), &["fd.near_limit"]);
    }

    #[test]
    fn fewer_and_no_limit_are_not() {
        check("fd.near_limit", &files(79, "100"), &[]);
        check("fd.near_limit", &files(80, "unlimited"), &[]);
    }
}
