//! `spec.grace.prestop`: a hook that takes the whole time there is to stop.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::advised::GRACE;
use crate::detectors::{Detector, Rule};
use crate::evidence::recipe::Dialect;
use crate::report::Severity;

const PRESTOP: Rule = Rule {
    code: "spec.grace.prestop",
    severity: Severity::Critical,
    title: "The preStop hook takes the whole grace period",
    meaning: "SIGTERM is sent when the grace period is already over: SIGKILL follows immediately, and no graceful shutdown takes place.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PRESTOP],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let container = unit.container.filter(|container| container.dialect == Dialect::Kubernetes)?;
            let hook = container.pre_stop.as_ref()?;
            let grace = container.grace.as_ref().map_or(GRACE, |grace| grace.value);
            if hook.value < grace {
                return None;
            }
            let default = if container.grace.is_none() { " (the default)" } else { "" };
            let cited =
                container.grace.as_ref().map(|grace| place(grace.at, "terminationGracePeriodSeconds"));
            Some(Draft {
                claim: format!(
                    "{} sleeps {} s in its preStop hook, but its grace period is {grace} s{default}: no time is left for a graceful shutdown.",
                    unit.name(),
                    hook.value
                ),
                citations: std::iter::once(place(hook.at, "preStop")).chain(cited).collect(),
                against: list(&[
                    "The kubelet extends the grace period once by 2 s if the hook has not finished, which is too short for most shutdowns.",
                ]),
                advice: vec![format!(
                    "Set terminationGracePeriodSeconds to the hook's time plus the time that Shutdown needs, for example {}.",
                    hook.value.saturating_add(GRACE)
                )],
                ..draft(PRESTOP, "The preStop hook sleeps at least as long as the grace period.")
            })
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn pod(grace: &str, hook: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  {grace}\n  containers:\n  - name: api\n    env: [{{name: GOGC, value: \"50\"}}]\n    lifecycle: {{preStop: {hook}}}\n"
        );
        [("pod.yaml", text)]
    }

    #[test]
    fn both_forms_of_a_sleep_are_compared_with_the_grace_period() {
        for (grace, hook) in [
            ("terminationGracePeriodSeconds: 10", "{sleep: {seconds: 10}}"),
            ("", "{exec: {command: [sh, -c, 'sleep 30']}}"),
            ("terminationGracePeriodSeconds: 15", "{exec: {command: [/bin/sleep, \"20\"]}}"),
        ] {
            check("spec", &pod(grace, hook), &["spec.grace.prestop"]);
        }
    }

    #[test]
    fn a_hook_that_leaves_time_is_not_told() {
        for (grace, hook) in [
            ("terminationGracePeriodSeconds: 45", "{sleep: {seconds: 5}}"),
            ("", "{exec: {command: [sleep, \"29\"]}}"),
            ("terminationGracePeriodSeconds: 5", "{exec: {command: [/drain]}}"),
            ("terminationGracePeriodSeconds: 5", "{httpGet: {path: /drain, port: 80}}"),
        ] {
            check("spec.grace.prestop", &pod(grace, hook), &[]);
        }
    }
}
