//! `spec.gomaxprocs.above_cpu`: more running goroutines than the quota pays for.

use super::support::{Draft, cpus, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::advised::{LEAST_PROCS as LEAST, PROCS_TIMES as TIMES};
use crate::base::units::Unit as Measure;
use crate::detectors::{Detector, Rule};
use crate::report::{Citation, Severity};

const ABOVE: Rule = Rule {
    code: "spec.gomaxprocs.above_cpu",
    severity: Severity::Warning,
    title: "GOMAXPROCS is far above the CPU limit",
    meaning: "The quota is used up early in each period, and all threads then wait for the next one.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[ABOVE],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let (words, at) = unit.literal("GOMAXPROCS")?;
            let value: i64 = words.parse().ok()?;
            let limit = unit.container?.cpu_limit.as_ref()?;
            if value <= LEAST || value.saturating_mul(1000) <= limit.value.saturating_mul(TIMES) {
                return None;
            }
            Some(Draft {
                claim: format!(
                    "{} has GOMAXPROCS={value} and a CPU limit of {}: with {value} running threads, the quota of a 100 ms period is used up after {} ms.",
                    unit.name(),
                    cpus(limit.value),
                    limit.value / 10 / value
                ),
                citations: vec![
                    Citation::figure(at, "GOMAXPROCS", value, Measure::Count),
                    place(limit.at, "CPU limit"),
                ],
                against: list(&["A program that never runs that many goroutines at once is not throttled."]),
                advice: list(&[
                    "With Go 1.25 or later and go 1.25 in go.mod, leave GOMAXPROCS unset: the runtime reads the quota.",
                    "Otherwise set it to the CPU limit, rounded up.",
                ]),
                ..draft(ABOVE, format!("GOMAXPROCS is above {LEAST} and above {TIMES} times the CPU limit."))
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
    fn more_than_twice_the_quota_is_told_and_two_or_what_is_near_it_is_not() {
        for (procs, cpu, codes) in [
            ("16", "500m", &["spec.gomaxprocs.above_cpu"][..]),
            ("3", "'1'", &["spec.gomaxprocs.above_cpu"]),
            ("5", "2.4", &["spec.gomaxprocs.above_cpu"]),
            ("2", "100m", &[]),
            ("4", "'2'", &[]),
            ("auto", "500m", &[]),
        ] {
            let env = format!("{{name: GOMAXPROCS, value: '{procs}'}}");
            let files = pod(&env, &format!("resources: {{limits: {{cpu: {cpu}}}}}"));
            check("spec.gomaxprocs.above_cpu", &files, codes);
        }
        check("spec.gomaxprocs.above_cpu", &pod("{name: GOMAXPROCS, value: '16'}", ""), &[]);
    }
}
