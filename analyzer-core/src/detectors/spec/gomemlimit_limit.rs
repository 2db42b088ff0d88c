//! `spec.gomemlimit.above_limit`, `equals_limit`, `tight`: a GOMEMLIMIT that the container's limit does not leave room for.

use super::support::{
    Draft, draft, gomemlimit, in_mib, judge, list, memory, missing_inputs, place, set_variable, text, written,
};
use crate::analysis::recipe::Unit;
use crate::base::units::Unit as Measure;
use crate::detectors::{Detector, Rule};
use crate::evidence::recipe::{Stated, VariableValue};
use crate::report::advisor::ADVISED_PERCENT;
use crate::report::{Citation, Confidence, Severity};

/// Share of the limit above which a GOMEMLIMIT leaves no room, in percent.
pub const TIGHT_PERCENT: i64 = 95;

const ABOVE: Rule = Rule {
    code: "spec.gomemlimit.above_limit",
    severity: Severity::Critical,
    title: "GOMEMLIMIT is not below the memory limit",
    meaning: "The kernel kills the container before the collector hurries.",
};

const EQUALS: Rule = Rule {
    code: "spec.gomemlimit.equals_limit",
    severity: Severity::Warning,
    title: "GOMEMLIMIT is the whole memory limit",
    meaning: "GOMEMLIMIT is taken from the container's limit: nothing is left for what is not Go's.",
};

const TIGHT: Rule = Rule {
    code: "spec.gomemlimit.tight",
    severity: Severity::Warning,
    title: "GOMEMLIMIT leaves little of the memory limit",
    meaning: "Thread stacks, C memory, page cache and tmpfs share what GOMEMLIMIT leaves.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[ABOVE, EQUALS, TIGHT],
    missing_inputs,
    detect: |case| judge(case, |unit| of_resource(unit).or_else(|| of_literal(unit))),
};

fn advice(unit: &Unit<'_>, limit: &Stated<i64>) -> String {
    let advised = in_mib(limit.value / 100 * ADVISED_PERCENT);
    format!(
        "Set {ADVISED_PERCENT}% of the limit, less what is beside Go: {}. Or raise the limit.",
        set_variable(unit, "GOMEMLIMIT", &advised)
    )
}

fn of_resource(unit: &Unit<'_>) -> Option<Draft> {
    let (value, at) = unit.variable("GOMEMLIMIT")?;
    let limit = unit.container?.memory_limit.as_ref()?;
    if !matches!(value, VariableValue::Resource(resource) if resource == "limits.memory") {
        return None;
    }
    Some(Draft {
        claim: format!(
            "{} takes GOMEMLIMIT from limits.memory: it is {} of {}, with no room for anything but Go.",
            unit.name(),
            text(limit.value),
            written(limit)
        ),
        citations: vec![place(at, "GOMEMLIMIT"), memory(limit, "limits.memory")],
        against: list(&["A pure Go program with few threads and no tmpfs may live with it."]),
        advice: vec![advice(unit, limit)],
        ..draft(EQUALS, "GOMEMLIMIT is a reference to limits.memory.")
    })
}

fn of_literal(unit: &Unit<'_>) -> Option<Draft> {
    let (value, words, at) = gomemlimit(unit)?;
    let limit = unit.container?.memory_limit.as_ref()?;
    let cited =
        vec![Citation::figure(at, "GOMEMLIMIT", value, Measure::Bytes), memory(limit, "memory limit")];
    if value >= limit.value {
        return Some(Draft {
            claim: format!(
                "{} has GOMEMLIMIT={words}, and its memory limit is {}: the kernel kills it before the collector hurries.",
                unit.name(),
                written(limit)
            ),
            citations: cited,
            against: list(&["A program may set another limit with debug.SetMemoryLimit."]),
            advice: vec![advice(unit, limit)],
            ..draft(ABOVE, "GOMEMLIMIT is at or above the container's memory limit.")
        });
    }
    if value <= limit.value / 100 * TIGHT_PERCENT {
        return None;
    }
    Some(Draft {
        confidence: Confidence::Likely,
        claim: format!(
            "{} has GOMEMLIMIT={words} of a memory limit of {}: {} are left for what is not Go's.",
            unit.name(),
            written(limit),
            text(limit.value - value)
        ),
        citations: cited,
        against: list(&["A pure Go program with few threads and no tmpfs may live with it."]),
        advice: vec![advice(unit, limit)],
        ..draft(TIGHT, format!("GOMEMLIMIT is above {TIGHT_PERCENT}% of the container's memory limit."))
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
    fn units_are_told_apart_and_a_twentieth_must_be_left() {
        for (value, limit, codes) in [
            ("512MiB", "512Mi", &["spec.gomemlimit.above_limit"][..]),
            ("390MiB", "400M", &["spec.gomemlimit.above_limit"]),
            ("'400000001'", "400M", &["spec.gomemlimit.above_limit"]),
            ("350MiB", "400M", &[]),
            ("500MiB", "512Mi", &["spec.gomemlimit.tight"]),
            ("460MiB", "512Mi", &[]),
            ("off", "512Mi", &[]),
        ] {
            let env = format!("{{name: GOMEMLIMIT, value: {value}}}");
            let files = pod(&env, &format!("resources: {{limits: {{memory: {limit}}}}}"));
            check("spec.gomemlimit", &files, codes);
        }
    }

    #[test]
    fn a_reference_to_the_limit_leaves_nothing() {
        let env = "{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}";
        let found = check(
            "spec.gomemlimit",
            &pod(env, "resources: {limits: {memory: 300Mi}}"),
            &["spec.gomemlimit.equals_limit"],
        );
        assert!(found[0].advice[0].contains("270MiB"), "{:?}", found[0].advice);
        check("spec.gomemlimit", &pod(env, ""), &[]);
    }

    #[test]
    fn a_config_map_of_the_same_stream_counts_and_another_namespace_does_not() {
        let deploy =
            &pod("", "envFrom: [{configMapRef: {name: env}}]\n        resources: {limits: {memory: 192Mi}}")
                [0]
            .1;
        let deploy = deploy.replace("{name: shop}", "{name: shop, namespace: a}");
        let map = |namespace: &str| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: env, namespace: {namespace}}}\ndata: {{GOMEMLIMIT: 230MiB}}\n---\n"
            )
        };
        let text = format!("{}{deploy}", map("a"));
        let found = check("spec.gomemlimit", &[("all.yaml", &text)], &["spec.gomemlimit.above_limit"]);
        assert_eq!(found[0].citations.as_slice()[0].at.and_then(|at| at.line), Some(4));
        check("spec.gomemlimit", &[("all.yaml", format!("{}{deploy}", map("b")))], &[]);
    }
}
