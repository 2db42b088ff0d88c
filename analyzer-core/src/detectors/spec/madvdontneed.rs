//! `spec.godebug.madvdontneed`: memory that is given back and stays in Rss.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::detectors::{Detector, Rule};
use crate::report::Severity;

const MADVDONTNEED: Rule = Rule {
    code: "spec.godebug.madvdontneed",
    severity: Severity::Info,
    title: "GODEBUG has madvdontneed=0",
    meaning: "Memory that Go frees stays in Rss until the kernel needs it.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[MADVDONTNEED],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let (value, at) = unit.godebug("madvdontneed")?;
            (value == "0").then(|| Draft {
                claim: format!(
                    "{} has madvdontneed=0 in GODEBUG: memory that Go frees stays in Rss until the kernel needs it.",
                    unit.name()
                ),
                citations: vec![place(at, "GODEBUG")],
                against: list(&["It saves CPU time if memory is freed and reused all the time."]),
                advice: list(&["Remove it if you monitor Rss or the container's charge."]),
                ..draft(MADVDONTNEED, "GODEBUG has madvdontneed=0.")
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
    fn the_last_setting_of_the_list_holds() {
        check(
            "spec",
            &pod("{name: GODEBUG, value: 'gctrace=1,madvdontneed=0'}", ""),
            &["spec.godebug.madvdontneed"],
        );
        check("spec", &pod("{name: GODEBUG, value: 'madvdontneed=0,madvdontneed=1'}", ""), &[]);
        check("spec", &pod("{name: GODEBUG, value: 'madvdontneed=1'}", ""), &[]);
    }
}
