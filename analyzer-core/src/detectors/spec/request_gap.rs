//! `spec.request.gap`: a request that says little of what the container may use.

use super::support::{Draft, draft, judge, list, memory, missing_inputs, served, text, written};
use crate::analysis::recipe::Unit;
use crate::analysis::recipe::advised::LEAST_REQUEST_PERCENT as LEAST_PERCENT;
use crate::analysis::recipe::seen::working_set;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::recipe::Dialect;
use crate::report::{Confidence, Severity};

const GAP: Rule = Rule {
    code: "spec.request.gap",
    severity: Severity::Warning,
    title: "The memory request is far below the limit",
    meaning: "Under memory pressure, the kubelet first evicts pods that use more than they requested.",
};

/// The rule.
pub const DETECTOR: Detector =
    Detector { rules: &[GAP], missing_inputs, detect: |case| judge(case, |unit| find(case, unit)) };

fn find(case: &Case<'_>, unit: &Unit<'_>) -> Option<Draft> {
    let container = served(unit).filter(|container| container.dialect == Dialect::Kubernetes)?;
    let request = container.memory_request.as_ref()?;
    let limit = container.memory_limit.as_ref();
    let least = |whole: i64| whole / 100 * LEAST_PERCENT;
    let subjects = unit.capture.as_ref().map(|capture| capture.subjects.as_slice()).unwrap_or_default();
    let used = working_set(case.memory, subjects).filter(|used| request.value < least(used.value));
    let requests = format!("{} requests {}", unit.name(), written(request));
    let cited = memory(request, "memory request");
    let advice = list(&[
        "Request what it actually uses. For a service that must not be evicted, set the request to the limit.",
    ]);
    if let Some(used) = used {
        let limited = limit.map_or_else(String::new, |limit| format!(" with a limit of {}", written(limit)));
        return Some(Draft {
            confidence: Confidence::Likely,
            claim: format!(
                "{requests}{limited} and uses {}: when the node is low on memory, it is among the first to be evicted.",
                text(used.value)
            ),
            citations: std::iter::once(cited).chain(used.from).collect(),
            against: list(&["A node that is never low on memory does not evict pods."]),
            advice,
            ..draft(
                GAP,
                format!(
                    "The memory request is below {LEAST_PERCENT}% of the working set that a capture shows."
                ),
            )
        });
    }
    let limit = limit.filter(|limit| request.value < least(limit.value))?;
    Some(Draft {
        severity: Severity::Info,
        confidence: Confidence::Possible,
        claim: format!(
            "{requests} with a limit of {}: the scheduler only considers requests, and the pod is evicted early if it uses more.",
            written(limit)
        ),
        citations: vec![cited, memory(limit, "memory limit")],
        against: list(&["A service that stays within its request is not evicted for this."]),
        advice,
        ..draft(GAP, format!("The memory request is below {LEAST_PERCENT}% of the memory limit."))
    })
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    /// A pod with one container.
    fn pod(env: &str, rest: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        env: [{env}]\n        {rest}\n"
        );
        [("deploy.yaml", text)]
    }

    #[test]
    fn less_than_half_of_the_limit_is_told_of_go_alone() {
        for (request, codes) in [
            ("64Mi", &["spec.request.gap"][..]),
            ("200M", &["spec.request.gap"]),
            ("256Mi", &[]),
            ("512Mi", &[]),
        ] {
            let rest = format!("resources: {{requests: {{memory: {request}}}, limits: {{memory: 512Mi}}}}");
            check("spec.request.gap", &pod("{name: GOMEMLIMIT, value: 400MiB}", &rest), codes);
            check("spec", &pod("", &rest), &[]);
        }
        let rest = "resources: {limits: {memory: 512Mi}}";
        check("spec.request.gap", &pod("{name: GOMEMLIMIT, value: 400MiB}", rest), &[]);
    }
    #[test]
    fn less_than_half_of_what_a_capture_shows_is_a_warning() {
        let rest = "resources: {requests: {memory: 128Mi}}";
        let [(path, text)] = pod("{name: GOGC, value: '100'}", rest);
        let files = |used: &str, name: &str| {
            [
                (path, text.clone()),
                ("api/t0/proc/status", format!("Name:\t{name}\nPid:\t7\nVmRSS:\t<250MiB kB>\n")),
                ("api/t0/cgroup/memory.current", format!("{used}\n")),
                ("api/t0/cgroup/memory.stat", "anon 1\ninactive_file 0\n".to_owned()),
            ]
        };
        let found = check("spec.request.gap", &files("<300MiB>", "api"), &["spec.request.gap"]);
        assert_eq!(found[0].severity, crate::report::Severity::Warning);
        assert!(found[0].claim.contains("300.0 MiB"), "{}", found[0].claim);
        check("spec.request.gap", &files("<200MiB>", "api"), &[]);
        let mut other = files("<300MiB>", "cart");
        other.iter_mut().for_each(|(path, _)| {
            *path = if path.starts_with("api/t0/proc") {
                "cart/t0/proc/status"
            } else if path.ends_with("current") {
                "cart/t0/cgroup/memory.current"
            } else if path.ends_with("stat") {
                "cart/t0/cgroup/memory.stat"
            } else {
                *path
            }
        });
        check("spec.request.gap", &other, &[]);
    }
}
