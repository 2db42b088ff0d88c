//! `spec.probe.pprof`: a probe that takes a profile each time.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::PPROF_PATH;
use crate::detectors::{Detector, Rule};
use crate::report::Severity;

const PPROF: Rule = Rule {
    code: "spec.probe.pprof",
    severity: Severity::Warning,
    title: "A probe uses net/http/pprof",
    meaning: "Each probe takes a profile, or stops the program to list its goroutines, and does not check its health.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PPROF],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let probe = unit.container?.probes.iter().find(|probe| probe.written.contains(PPROF_PATH))?;
            Some(Draft {
                claim: format!(
                    "The {} of {} requests {}: each probe makes the program list its goroutines or take a profile.",
                    probe.value,
                    name(&unit.name()),
                    probe.written
                ),
                citations: vec![place(probe.at, &probe.value)],
                against: list(&[
                    "The index page /debug/pprof/ is cheap, but it does not check the service's health either.",
                ]),
                advice: list(&["Use a handler that checks what the service needs, such as /livez."]),
                ..draft(PPROF, "The path or command of a probe contains /debug/pprof.")
            })
        })
    },
};

fn name(unit: &str) -> String {
    unit.replacen("Container ", "container ", 1).replacen("Service ", "service ", 1)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn pod(probe: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: api\n    {probe}\n"
        );
        [("pod.yaml", text)]
    }

    #[test]
    fn probes_of_every_kind_are_looked_at() {
        for probe in [
            "livenessProbe: {httpGet: {path: '/debug/pprof/goroutine?debug=1', port: 6060}}",
            "startupProbe: {httpGet: {path: /debug/pprof/, port: 6060}}",
            "readinessProbe: {exec: {command: [wget, -qO-, 'localhost:6060/debug/pprof/heap']}}",
        ] {
            check("spec", &pod(probe), &["spec.probe.pprof"]);
        }
    }

    #[test]
    fn other_paths_are_fine() {
        check("spec.probe.pprof", &pod("livenessProbe: {httpGet: {path: /debug/health, port: 6060}}"), &[]);
        check("spec.probe.pprof", &pod("livenessProbe: {tcpSocket: {port: 6060}}"), &[]);
    }
}
