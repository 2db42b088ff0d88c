//! `spec.gomaxprocs.unaware`: a Go runtime that does not read the CPU quota (before Go 1.25).

use super::support::{Draft, cpus, draft, judge, list, missing_inputs, place, served};
use crate::detectors::{Detector, Rule};
use crate::report::{Confidence, Severity};

const UNAWARE: Rule = Rule {
    code: "spec.gomaxprocs.unaware",
    severity: Severity::Warning,
    title: "The Go runtime ignores the CPU limit",
    meaning: "GOMAXPROCS defaults to the node's number of CPUs, regardless of the container's limit.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[UNAWARE],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            if unit.may_be_set("GOMAXPROCS") || unit.helpers().processors {
                return None;
            }
            let (why, at) = unit.ignores_quota()?;
            let container = match unit.container {
                Some(_) => Some(served(unit)?),
                None => None,
            };
            // Without a manifest the limit is not known.
            let limit = match container {
                Some(container) => Some(container.cpu_limit.as_ref()?),
                None => None,
            };
            let (severity, confidence) = match limit {
                Some(_) => (Severity::Warning, Confidence::Likely),
                None => (Severity::Info, Confidence::Possible),
            };
            let claim = match limit {
                Some(limit) => format!(
                    "{} has a CPU limit of {}, and {why}: GOMAXPROCS defaults to the node's number of CPUs.",
                    unit.name(),
                    cpus(limit.value)
                ),
                None => format!(
                    "{}: {why}. With a CPU limit, GOMAXPROCS defaults to the node's number of CPUs.",
                    unit.name()
                ),
            };
            let cited = std::iter::once(place(at, "Go version"));
            Some(Draft {
                severity,
                confidence,
                claim,
                citations: cited.chain(limit.map(|limit| place(limit.at, "CPU limit"))).collect(),
                against: list(&[
                    "It makes no difference on a node with no more CPUs than the limit.",
                    "The program may call runtime.GOMAXPROCS or use automaxprocs.",
                ]),
                advice: list(&[
                    "Build with Go 1.25 or later and go 1.25 in go.mod, or set GOMAXPROCS to the CPU limit, rounded up.",
                ]),
                ..draft(
                    UNAWARE,
                    "The toolchain or the go line of go.mod is older than 1.25, or GODEBUG has containermaxprocs=0; GOMAXPROCS is not set.",
                )
            })
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;
    use crate::report::Severity;

    fn files(golang: &str, go_mod: &str, container: &str) -> Vec<(&'static str, String)> {
        let build = format!(
            "FROM golang:{golang} AS b\nRUN CGO_ENABLED=0 go build -o /api .\nFROM scratch\nCOPY --from=b /api /api\nENTRYPOINT [\"/api\"]\n"
        );
        let deploy = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        {container}\n"
        );
        let mut files = vec![
            ("shop/Dockerfile", build),
            ("shop/go.mod", format!("module example.com/shop\n\n{go_mod}\n")),
        ];
        if !container.is_empty() {
            files.push(("shop/deploy.yaml", deploy));
        }
        files
    }

    const LIMIT: &str = "resources: {limits: {cpu: 750m}}";

    #[test]
    fn an_old_toolchain_an_old_go_line_and_a_switch_are_told() {
        for (golang, go_mod, more) in [
            ("1.24", "go 1.24", ""),
            ("1.26-alpine", "go 1.23.0", ""),
            (
                "1.26",
                "go 1.26",
                "\n        env: [{name: GODEBUG, value: 'madvdontneed=1,containermaxprocs=0'}]",
            ),
        ] {
            let found = check(
                "spec.gomaxprocs",
                &files(golang, go_mod, &format!("{LIMIT}{more}")),
                &["spec.gomaxprocs.unaware"],
            );
            assert_eq!(found[0].severity, Severity::Warning);
        }
    }

    #[test]
    fn an_image_alone_is_told_as_what_may_be() {
        let found = check("spec.gomaxprocs", &files("1.23", "go 1.23", ""), &["spec.gomaxprocs.unaware"]);
        assert_eq!(found[0].severity, Severity::Info);
        check("spec.gomaxprocs", &files("1.25", "go 1.25", ""), &[]);
    }

    #[test]
    fn where_it_is_read_set_or_not_limited_nothing_is_told() {
        check("spec.gomaxprocs", &files("1.26", "go 1.25.1", LIMIT), &[]);
        check("spec.gomaxprocs", &files("1.26", "go 1.24\ngodebug containermaxprocs=1", LIMIT), &[]);
        check(
            "spec.gomaxprocs",
            &files("1.24", "go 1.24\nrequire go.uber.org/automaxprocs v1.6.0", LIMIT),
            &[],
        );
        check("spec.gomaxprocs", &files("1.24", "go 1.24", "env: [{name: GOMAXPROCS, value: \"1\"}]"), &[]);
        check("spec.gomaxprocs", &files("1.24", "go 1.24", "image: x"), &[]);
        check("spec.gomaxprocs", &files("latest", "module2", LIMIT), &[]);
    }

    #[test]
    fn a_line_that_two_containers_share_is_cited_once() {
        let files = files("1.23", "go 1.23", "resources: {limits: {cpu: 500m}}");
        let twice: Vec<(&str, String)> = files
            .into_iter()
            .map(|(path, text)| {
                let again = text.replace("name: shop", "name: shop, namespace: b");
                (path, if path.ends_with("deploy.yaml") { format!("{text}---\n{again}") } else { text })
            })
            .collect();
        let found = check("spec.gomaxprocs.unaware", &twice, &["spec.gomaxprocs.unaware"]);
        let mut places = found[0].citations.as_slice().to_vec();
        assert_eq!(places.len(), 3, "{places:?}");
        places.dedup();
        assert_eq!(places.len(), 3);
    }
}
