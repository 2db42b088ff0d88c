//! `spec.request.gap`: a request that says little of what the container may use.

use super::support::{Draft, draft, judge, list, memory, missing_inputs, served, written};
use crate::detectors::{Detector, Rule};
use crate::evidence::recipe::Dialect;
use crate::report::{Confidence, Severity};

/// Share of the limit below which a request is told, in percent.
pub const LEAST_PERCENT: i64 = 50;

const GAP: Rule = Rule {
    code: "spec.request.gap",
    severity: Severity::Info,
    title: "The memory request is far below the limit",
    meaning: "Under pressure the kubelet evicts first what uses more than it requested.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[GAP],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let container = served(unit).filter(|container| container.dialect == Dialect::Kubernetes)?;
            let limit = container.memory_limit.as_ref()?;
            let request = container.memory_request.as_ref()?;
            if request.value >= limit.value / 100 * LEAST_PERCENT {
                return None;
            }
            Some(Draft {
                confidence: Confidence::Possible,
                claim: format!(
                    "{} requests {} of a limit of {}: the node is filled by requests, and it is evicted early when it uses more.",
                    unit.name(),
                    written(request),
                    written(limit)
                ),
                citations: vec![memory(request, "memory request"), memory(limit, "memory limit")],
                against: list(&["A service that stays at its request is not evicted for it."]),
                advice: list(&[
                    "Request what it uses in fact; for a service that must stay, request the limit.",
                ]),
                ..draft(GAP, format!("The memory request is below {LEAST_PERCENT}% of the memory limit."))
            })
        })
    },
};

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
}
