//! `spec.gomemlimit.syntax`: a GOMEMLIMIT with which no Go program starts.

use super::support::{Draft, draft, go_bytes, judge, list, missing_inputs, place};
use crate::detectors::{Detector, Rule};
use crate::report::Severity;

const SYNTAX: Rule = Rule {
    code: "spec.gomemlimit.syntax",
    severity: Severity::Critical,
    title: "Malformed GOMEMLIMIT",
    meaning: "The Go runtime exits immediately with \"malformed GOMEMLIMIT\" (exit code 2).",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SYNTAX],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let (text, at) = unit.literal("GOMEMLIMIT")?;
            if text == "off" || go_bytes(text).is_some() {
                return None;
            }
            let meant = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
            let advice = match (meant.parse::<i64>(), unit_of(text.trim())) {
                (Ok(number), Some(unit)) => format!("Write GOMEMLIMIT={number}{unit}."),
                _ => "Write a whole number with B, KiB, MiB, GiB or TiB, or off.".to_owned(),
            };
            Some(Draft {
                claim: format!(
                    "{} has GOMEMLIMIT={text}: the Go runtime accepts only a whole number with B, KiB, MiB, GiB or TiB, and does not start otherwise.",
                    unit.name()
                ),
                citations: vec![place(at, "GOMEMLIMIT")],
                against: list(&["Programs not written in Go do not read it."]),
                advice: vec![advice],
                ..draft(SYNTAX, "GOMEMLIMIT is neither off nor a whole number with B, KiB, MiB, GiB or TiB.")
            })
        })
    },
};

/// The unit that was meant: Kubernetes writes Mi, docker m.
fn unit_of(text: &str) -> Option<&'static str> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    match unit.to_ascii_lowercase().as_str() {
        "k" | "ki" | "kb" => Some("KiB"),
        "m" | "mi" | "mb" | "mib" => Some("MiB"),
        "g" | "gi" | "gb" | "gib" => Some("GiB"),
        _ => None,
    }
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
    fn units_of_kubernetes_and_fractions_are_none_of_go() {
        for (value, advice) in [
            ("512Mi", "512MiB"),
            ("1.5GiB", "whole number"),
            ("512MB", "512MiB"),
            ("1g", "1GiB"),
            ("\" 1GiB\"", "1GiB"),
            ("lots", "whole number"),
        ] {
            let found = check(
                "spec.gomemlimit.syntax",
                &pod(&format!("{{name: GOMEMLIMIT, value: {value}}}"), ""),
                &["spec.gomemlimit.syntax"],
            );
            assert!(found[0].advice[0].contains(advice), "{value}: {:?}", found[0].advice);
            assert_eq!(found[0].citations.as_slice()[0].at.and_then(|at| at.line), Some(9));
        }
    }

    #[test]
    fn what_the_runtime_takes_and_what_is_filled_in_later_is_no_mistake() {
        for value in ["512MiB", "\"536870912\"", "1TiB", "off", "\"\"", "$(LIMIT)", "100B"] {
            check("spec.gomemlimit.syntax", &pod(&format!("{{name: GOMEMLIMIT, value: {value}}}"), ""), &[]);
        }
    }
}
