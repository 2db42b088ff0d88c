//! `spec.drift`: a container runs with other settings than its manifest states.

use super::support::{draft, list, missing_inputs};
use crate::analysis::recipe::Unit;
use crate::detectors::{Case, Detector, Draft, Rule};
use crate::report::{Citation, Confidence, Finding, RecipeContainer, RecipeFact, RecipeFactId, Severity};

const DRIFT: Rule = Rule {
    code: "spec.drift",
    severity: Severity::Warning,
    title: "The running container differs from the manifest",
    meaning: "A limit or a runtime setting in the capture differs from the manifest of the same container.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[DRIFT],
    missing_inputs: |case| {
        let missing = missing_inputs(case);
        let is_joined = |unit: &Unit<'_>| unit.capture.is_some();
        if missing.is_empty() && !case.units.iter().any(is_joined) {
            return list(&[
                "a capture of a container in the manifest: with the same process, folder or pod name",
            ]);
        }
        missing
    },
    detect,
};

fn detect(case: &Case<'_>) -> Vec<Finding> {
    let containers = case.analysis.recipe.iter().flat_map(|recipe| &recipe.containers);
    let mut told: Vec<(String, Draft, Option<crate::report::SubjectId>)> = Vec::new();
    for container in containers {
        let Some(drift) = find(case, container) else { continue };
        let subject = container.capture.as_ref().map(|capture| capture.subject);
        // Several files may state one container alike.
        let key = drift.condition.clone();
        match told.iter_mut().find(|(other, _, of)| *other == key && *of == subject) {
            Some((_, first, _)) => first.citations.extend(drift.citations),
            None => told.push((key, drift, subject)),
        }
    }
    told.into_iter()
        .filter_map(|(_, draft, subject)| Draft { condition: CONDITION.to_owned(), ..draft }.about(subject))
        .collect()
}

const CONDITION: &str = "A capture of the container, matched by name, shows another value; rounding to pages or hundredths of a CPU and Go patch releases do not count.";

/// The differences of one container; its condition is what tells equal ones.
fn find(case: &Case<'_>, container: &RecipeContainer) -> Option<Draft> {
    let capture = container.capture.as_ref()?;
    let differs = |fact: &&RecipeFact| fact.captured.as_ref().is_some_and(|captured| captured.differs);
    let facts: Vec<&RecipeFact> = container.facts.iter().filter(differs).collect();
    let first = facts.first()?;
    let path = case.evidence.sources.get(first.citation.source).map_or("the manifest", |source| &source.path);
    let path = path.rsplit('/').next().unwrap_or(path);
    let each = facts.iter().filter_map(|fact| {
        let captured = fact.captured.as_ref()?;
        let stated =
            if fact.id == RecipeFactId::GoVersion { "Go".to_owned() } else { lowered(fact.id.label()) };
        Some(format!("{stated} {}, but it runs with {}", fact.written, captured.text))
    });
    let each: Vec<String> = each.collect();
    let is_light = |fact: &&RecipeFact| {
        matches!(fact.id, RecipeFactId::Pids | RecipeFactId::Nofile | RecipeFactId::GoVersion)
    };
    let severity = if facts.iter().all(is_light) { Severity::Info } else { Severity::Warning };
    let cited = facts.iter().flat_map(|fact| {
        let captured = fact.captured.as_ref().map(|captured| captured.citation.clone());
        std::iter::once(fact.citation.clone()).chain(captured)
    });
    let citations: Vec<Citation> = cited.collect();
    let mut against = list(&[
        "The manifest may have been changed after the capture and not rolled out yet, or the capture may be from another cluster.",
    ]);
    against.push(format!("Manifest and capture are matched by name: {}.", capture.because));
    if facts.iter().any(|fact| {
        matches!(fact.id, RecipeFactId::Gomemlimit | RecipeFactId::Gogc | RecipeFactId::Gomaxprocs)
    }) {
        against.push(
            "The program may set the value itself: debug.SetMemoryLimit, debug.SetGCPercent, runtime.GOMAXPROCS."
                .to_owned(),
        );
    }
    Some(Draft {
        severity,
        confidence: Confidence::Likely,
        title: format!("{}: {}", DRIFT.title, lowered(&container.name)),
        claim: format!("{}: {path} says {}.", container.name, each.join("; ")),
        citations,
        against,
        advice: list(&[
            "Compare it with the running configuration (kubectl get pod -o yaml, docker inspect), and roll out or correct the manifest: the other manifest checks rely on it.",
        ]),
        ..draft(DRIFT, each.join("; "))
    })
}

fn lowered(name: &str) -> String {
    let is_word = name.chars().nth(1).is_some_and(char::is_lowercase);
    match name.chars().next().filter(|_| is_word) {
        Some(first) => first.to_lowercase().chain(name.chars().skip(1)).collect(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;
    use crate::report::Severity;

    /// A deployment of one container, which has these limits and variables.
    fn deployment(workload: &str, name: &str, limits: &str, env: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {workload}}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: {name}\n        image: registry.example/{name}:3\n        env: [{env}]\n        resources: {{limits: {{{limits}}}}}\n"
        )
    }

    /// A capture of a process that is called so, in a container with these limits.
    fn capture(process: &str, memory: &str, cpu: &str, environ: &str) -> Vec<(&'static str, String)> {
        vec![
            ("x/t0/proc/status", format!("Name:\t{process}\nPid:\t7\nVmRSS:\t<90MiB kB>\nThreads:\t9\n")),
            ("x/t0/proc/environ", environ.to_owned()),
            ("x/t0/cgroup/memory.max", format!("{memory}\n")),
            ("x/t0/cgroup/memory.current", "<100MiB>\n".to_owned()),
            ("x/t0/cgroup/cpu.max", format!("{cpu}\n")),
            (
                "x/t0/cgroup/cpu.stat",
                "usage_usec 5\nnr_periods 9\nnr_throttled 0\nthrottled_usec 0\n".to_owned(),
            ),
        ]
    }

    fn with(
        mut files: Vec<(&'static str, String)>,
        more: &[(&'static str, String)],
    ) -> Vec<(&'static str, String)> {
        files.extend_from_slice(more);
        files
    }

    const GO: &str = "{name: GOMEMLIMIT, value: 400MiB}, {name: GOMAXPROCS, value: '2'}";

    #[test]
    fn a_limit_a_quota_and_a_variable_that_differ_are_told_with_both_places() {
        let manifest = deployment("shop", "api", "memory: 512Mi, cpu: 2", GO);
        for (memory, cpu, environ, says) in [
            (
                "<256MiB>",
                "200000 100000",
                "GOMEMLIMIT=400MiB\0GOMAXPROCS=2\0",
                "memory limit 512Mi, but it runs with 256.0 MiB",
            ),
            (
                "<512MiB>",
                "100000 100000",
                "GOMEMLIMIT=400MiB\0GOMAXPROCS=2\0",
                "CPU limit 2, but it runs with 1",
            ),
            (
                "<512MiB>",
                "200000 100000",
                "GOMEMLIMIT=240MiB\0GOMAXPROCS=2\0",
                "GOMEMLIMIT 400MiB, but it runs with 240.0 MiB",
            ),
            ("max", "200000 100000", "GOMAXPROCS=2\0", "memory limit 512Mi, but it runs with none"),
        ] {
            let files = with(capture("api", memory, cpu, environ), &[("deploy.yaml", manifest.clone())]);
            let found = check("spec.drift", &files, &["spec.drift"]);
            assert!(found[0].claim.contains(says), "{}", found[0].claim);
            assert_eq!((found[0].citations.as_slice().len(), found[0].severity), (2, Severity::Warning));
        }
    }

    #[test]
    fn what_is_stated_and_rounded_and_what_is_not_stated_is_no_difference() {
        let same = capture("api", "399998976", "50000 100000", "GOMEMLIMIT=300MiB\0");
        let manifest =
            deployment("shop", "api", "memory: 400M, cpu: 495m", "{name: GOMEMLIMIT, value: 300MiB}");
        check("spec.drift", &with(same.clone(), &[("deploy.yaml", manifest)]), &[]);
        let silent = deployment("shop", "api", "ephemeral-storage: 1Gi", "{name: GOTRACEBACK, value: all}");
        check("spec.drift", &with(same, &[("deploy.yaml", silent)]), &[]);
    }

    #[test]
    fn another_container_is_never_compared() {
        let capture = capture("cart", "<256MiB>", "100000 100000", "GOMEMLIMIT=200MiB\0");
        for (workload, name) in [("shop", "api"), ("cartographer", "map"), ("shop-cart", "proxy")] {
            let manifest = deployment(workload, name, "memory: 512Mi, cpu: 2", GO);
            check("spec.drift", &with(capture.clone(), &[("deploy.yaml", manifest)]), &[]);
        }
        // Two workloads with a container of this name: it may be either.
        let two = [
            ("a.yaml", deployment("shop", "cart", "memory: 512Mi", GO)),
            ("b.yaml", deployment("depot", "cart", "memory: 384Mi", GO)),
        ];
        check("spec.drift", &with(capture, &two), &[]);
    }

    #[test]
    fn of_two_environments_the_one_that_runs_is_enough() {
        let capture = capture("api", "<256MiB>", "200000 100000", "GOMEMLIMIT=400MiB\0GOMAXPROCS=2\0");
        let dev = ("dev/deploy.yaml", deployment("shop", "api", "memory: 256Mi", GO));
        let prod = ("prod/deploy.yaml", deployment("shop", "api", "memory: 512Mi", GO));
        check("spec.drift", &with(capture.clone(), &[dev, prod.clone()]), &[]);
        let stage = ("stage/deploy.yaml", deployment("shop", "api", "memory: 384Mi", GO));
        check("spec.drift", &with(capture.clone(), &[prod.clone(), stage]), &[]);
        let again = ("all.yaml", prod.1.clone());
        let found = check("spec.drift", &with(capture, &[prod, again]), &["spec.drift"]);
        assert_eq!(found[0].citations.as_slice().len(), 4);
    }

    #[test]
    fn a_compose_service_and_a_pod_by_its_workload_are_joined_too() {
        let capture = capture("server", "<256MiB>", "200000 100000", "GOMEMLIMIT=200MiB\0");
        let compose = "services:\n  api:\n    image: api\n    command: [/usr/bin/server, -v]\n    environment: {GOMEMLIMIT: 200MiB}\n    mem_limit: 512m\n";
        check("spec.drift", &with(capture.clone(), &[("compose.yaml", compose.to_owned())]), &["spec.drift"]);
        let pod: Vec<(&str, String)> = capture
            .into_iter()
            .map(|(path, text)| (path, text.replace("server", "main")))
            .chain([
                ("x/manifest.json", r#"{"capture": "strata-capture/1", "labels": {"pod": "shop-7d9f8c6b5-x2x5l"}, "snapshots": [{"label": "t0"}]}"#.to_owned()),
                ("deploy.yaml", deployment("shop", "api", "memory: 512Mi", GO)),
            ])
            .collect();
        check("spec.drift", &pod, &["spec.drift"]);
    }
}
