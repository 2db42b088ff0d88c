//! `spec.gomemlimit.missing`: a Go container with a limit that the runtime does not know of.

use super::support::{
    Draft, advised_gomemlimit, draft, judge, list, memory, missing_inputs, place, served, written,
};
use crate::detectors::{Detector, Rule};
use crate::report::{Confidence, Severity};

const MISSING: Rule = Rule {
    code: "spec.gomemlimit.missing",
    severity: Severity::Info,
    title: "Memory limit without GOMEMLIMIT",
    meaning: "The container has a memory limit, but the Go runtime does not know it.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[MISSING],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let limit = served(unit)?.memory_limit.as_ref()?;
            let is_set = unit.may_be_set("GOMEMLIMIT") || unit.may_be_set("AUTOMEMLIMIT");
            if is_set || unit.helpers().memory {
                return None;
            }
            let go = unit.go.map(|at| place(at, "Go"));
            Some(Draft {
                confidence: Confidence::Likely,
                claim: format!(
                    "{} is limited to {} but does not set GOMEMLIMIT.",
                    unit.name(),
                    written(limit)
                ),
                citations: std::iter::once(memory(limit, "memory limit")).chain(go).collect(),
                against: list(&[
                    "A heap that never comes near the limit does not need GOMEMLIMIT.",
                    "The program may call debug.SetMemoryLimit.",
                ]),
                advice: vec![advised_gomemlimit(unit, limit)],
                ..draft(MISSING, "A Go container has a memory limit but no GOMEMLIMIT.")
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

    const LIMIT: &str = "resources: {limits: {memory: 1Gi}}";

    #[test]
    fn a_go_container_with_a_limit_alone_is_told_what_to_set() {
        let found = check(
            "spec.gomemlimit",
            &pod("{name: GOGC, value: \"50\"}", LIMIT),
            &["spec.gomemlimit.missing"],
        );
        assert!(found[0].advice[0].contains("921MiB"), "{:?}", found[0].advice);
    }

    #[test]
    fn what_may_be_set_elsewhere_and_what_is_not_go_is_not_told() {
        check("spec", &pod("", LIMIT), &[]);
        check("spec", &pod("{name: MALLOC_ARENA_MAX, value: \"2\"}", LIMIT), &[]);
        let gogc = "{name: GOGC, value: \"50\"}";
        check("spec.gomemlimit.missing", &pod(gogc, ""), &[]);
        check(
            "spec.gomemlimit.missing",
            &pod(gogc, &format!("envFrom: [{{secretRef: {{name: x}}}}]\n        {LIMIT}")),
            &[],
        );
        check(
            "spec.gomemlimit.missing",
            &pod(&format!("{gogc}, {{name: AUTOMEMLIMIT, value: \"0.9\"}}"), LIMIT),
            &[],
        );
        let [(path, text)] = pod(gogc, LIMIT);
        let module =
            "module example.com/api\n\ngo 1.26\n\nrequire github.com/KimMachineGun/automemlimit v0.7.0\n"
                .to_owned();
        check("spec.gomemlimit.missing", &[(path, text), ("go.mod", module)], &[]);
    }
}
