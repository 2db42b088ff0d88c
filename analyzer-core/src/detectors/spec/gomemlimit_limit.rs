//! `spec.gomemlimit.above_limit`, `equals_limit`, `tight`: a GOMEMLIMIT that the container's limit does not leave room for.

use super::support::{
    Draft, advised_gomemlimit, draft, gomemlimit, judge, list, memory, missing_inputs, place, text, written,
};
use crate::analysis::recipe::Unit;
use crate::analysis::recipe::advised::TIGHT_PERCENT;
use crate::base::units::Unit as Measure;
use crate::detectors::{Detector, Rule};
use crate::evidence::recipe::{Stated, VariableValue};
use crate::report::{Citation, Confidence, Severity};

const ABOVE: Rule = Rule {
    code: "spec.gomemlimit.above_limit",
    severity: Severity::Critical,
    title: "GOMEMLIMIT is not below the memory limit",
    meaning: "The kernel kills the container before the garbage collector responds.",
};

const EQUALS: Rule = Rule {
    code: "spec.gomemlimit.equals_limit",
    severity: Severity::Warning,
    title: "GOMEMLIMIT equals the memory limit",
    meaning: "GOMEMLIMIT is set to the container's limit: nothing is left for memory outside the Go runtime.",
};

const TIGHT: Rule = Rule {
    code: "spec.gomemlimit.tight",
    severity: Severity::Warning,
    title: "GOMEMLIMIT leaves little headroom",
    meaning: "Thread stacks, C memory, page cache and tmpfs share what GOMEMLIMIT leaves.",
};

/// The rules.
pub const DETECTOR: Detector =
    Detector { rules: &[ABOVE, EQUALS, TIGHT], missing_inputs, detect: |case| judge(case, find) };

fn find(unit: &Unit<'_>) -> Option<Draft> {
    let limit = unit.container?.memory_limit.as_ref()?;
    let (value, at) = unit.variable("GOMEMLIMIT")?;
    let mut found = match value {
        VariableValue::Resource(resource) if resource == "limits.memory" => Draft {
            claim: format!(
                "{} takes GOMEMLIMIT from limits.memory: it is {} of {}, which leaves nothing for memory outside the Go runtime.",
                unit.name(),
                text(limit.value),
                written(limit)
            ),
            citations: vec![place(at, "GOMEMLIMIT")],
            ..draft(EQUALS, "GOMEMLIMIT is a reference to limits.memory.")
        },
        _ => of_literal(unit, limit)?,
    };
    let against = if found.rule == ABOVE {
        "The program may set another limit with debug.SetMemoryLimit."
    } else {
        "It may be enough for a pure Go program with few threads and without tmpfs."
    };
    found.citations.push(memory(limit, "memory limit"));
    found.against = list(&[against]);
    found.advice = vec![format!("{} Otherwise raise the limit.", advised_gomemlimit(unit, limit))];
    Some(found)
}

fn of_literal(unit: &Unit<'_>, limit: &Stated<i64>) -> Option<Draft> {
    let (value, words, at) = gomemlimit(unit)?;
    let cited = vec![Citation::figure(at, "GOMEMLIMIT", value, Measure::Bytes)];
    let given = format!("{} has GOMEMLIMIT={words}", unit.name());
    if value >= limit.value {
        return Some(Draft {
            claim: format!(
                "{given}, and its memory limit is {}: the kernel kills it before the garbage collector responds.",
                written(limit)
            ),
            citations: cited,
            ..draft(ABOVE, "GOMEMLIMIT is at or above the container's memory limit.")
        });
    }
    (value > limit.value / 100 * TIGHT_PERCENT).then(|| Draft {
        confidence: Confidence::Likely,
        claim: format!(
            "{given} with a memory limit of {}: {} is left for memory outside the Go runtime.",
            written(limit),
            text(limit.value - value)
        ),
        citations: cited,
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
