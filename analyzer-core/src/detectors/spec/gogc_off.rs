//! `spec.gogc.off`: nothing ever collects.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::detectors::{Detector, Rule};
use crate::report::{Confidence, Severity};

const OFF: Rule = Rule {
    code: "spec.gogc.off",
    severity: Severity::Critical,
    title: "GOGC=off without GOMEMLIMIT",
    meaning: "The garbage collector never runs: the heap grows until the container is killed.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[OFF],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let (value, at) = unit.literal("GOGC")?;
            let is_off = value == "off" || value.parse::<i32>().is_ok_and(|percent| percent < 0);
            let is_limited = unit.may_be_set("GOMEMLIMIT")
                && unit.literal("GOMEMLIMIT").is_none_or(|(text, _)| text != "off");
            if !is_off || is_limited || unit.helpers().memory {
                return None;
            }
            // An image's defaults may be replaced by whoever starts it.
            let is_alone = unit.container.is_none();
            Some(Draft {
                confidence: if is_alone { Confidence::Likely } else { Confidence::Certain },
                claim: format!(
                    "{} has GOGC={value} but no GOMEMLIMIT: the garbage collector never runs.",
                    unit.name()
                ),
                citations: vec![place(at, "GOGC")],
                against: list(&["This may be intended for a short job that exits before memory runs out."]),
                advice: list(&["Set GOMEMLIMIT below the container's memory limit, or remove GOGC=off."]),
                ..draft(OFF, "GOGC is off or negative, and GOMEMLIMIT is not set.")
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

    const OFF: &str = "{name: GOGC, value: \"off\"}";

    #[test]
    fn a_collector_that_never_runs_is_told_from_manifests_and_images() {
        check("spec.gogc", &pod(OFF, ""), &["spec.gogc.off"]);
        check(
            "spec.gogc",
            &pod("{name: GOGC, value: \"-1\"}, {name: GOMEMLIMIT, value: \"off\"}", ""),
            &["spec.gogc.off"],
        );
        let image = "FROM golang:1.26\nRUN go build -o /api .\nENV GOGC=off\nCMD [\"/api\"]\n";
        check("spec.gogc", &[("Dockerfile", image)], &["spec.gogc.off"]);
    }

    #[test]
    fn with_a_memory_limit_it_is_legitimate() {
        check("spec.gogc", &pod(&format!("{OFF}, {{name: GOMEMLIMIT, value: 400MiB}}"), ""), &[]);
        check(
            "spec.gogc",
            &pod(
                &format!("{OFF}, {{name: GOMEMLIMIT, valueFrom: {{secretKeyRef: {{name: a, key: b}}}}}}"),
                "",
            ),
            &[],
        );
        check("spec.gogc", &pod("{name: GOGC, value: \"50\"}", ""), &[]);
    }
}
