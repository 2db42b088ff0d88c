//! `spec.liveness.kills`: restarts that the kubelet asked for.

use super::support::{Draft, draft, list, missing_inputs};
use crate::analysis::memory::term::View;
use crate::base::units::Unit as Measure;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::RecordKind;
use crate::report::{Citation, Confidence, Finding, Severity};

/// What the kubelet says when it restarts a container for its probe (pkg/kubelet/kuberuntime).
const SAYS: &str = "failed liveness probe, will be restarted";

const KILLS: Rule = Rule {
    code: "spec.liveness.kills",
    severity: Severity::Warning,
    title: "The liveness probe kills the container",
    meaning: "The kubelet restarts containers that fail their liveness probe. This is not a crash, and exit code 137 or 143 is not an OOM kill.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[KILLS],
    missing_inputs: |case| {
        let has_event = case.evidence.memory.records.iter().any(|record| record.kind == RecordKind::Event);
        if has_event {
            Vec::new()
        } else if case.evidence.recipe.containers.is_empty() {
            missing_inputs(case)
        } else {
            list(&["the pod's events (kubectl get events, kubectl describe pod)"])
        }
    },
    detect: |case| find(case).into_iter().collect(),
};

fn find(case: &Case<'_>) -> Option<Finding> {
    let views = case.evidence.memory.records.iter().map(|record| View { evidence: case.evidence, record });
    let is_kill = |view: &View<'_>| {
        let message = view.text("message").unwrap_or_default();
        view.record.kind == RecordKind::Event && message.contains(SAYS)
    };
    let kills: Vec<View<'_>> = views.filter(is_kill).collect();
    let first = kills.first()?;
    let name = first.text("message")?.split_whitespace().nth(1).unwrap_or("(not named)");
    let count = |view: &View<'_>| view.value("count").map_or(1, |count| count.max(1));
    let times = kills.iter().map(count).fold(0_i64, i64::saturating_add);
    let cited = kills.iter().filter_map(|view| {
        let at = view.place_of_text("message")?;
        Some(Citation::figure(at, "Killing", count(view), Measure::Count))
    });
    let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let draft = Draft {
        confidence: Confidence::Certain,
        claim: format!(
            "The kubelet restarted container {name} {often} because its liveness probe failed. This is not a crash, and its exit code does not mean an OOM kill."
        ),
        citations: cited.take(20).collect(),
        against: list(&[
            "If the program hangs, the restart is correct: a goroutine dump from before the restart shows whether it does.",
        ]),
        advice: list(&[
            "Give the probe more time (timeoutSeconds, failureThreshold), and do not let it depend on other services.",
            "Capture a goroutine dump and cpu.stat while it fails.",
        ]),
        ..draft(KILLS, "An event contains \"failed liveness probe, will be restarted\".")
    };
    let subject =
        case.analysis.subjects.iter().find(|subject| subject.sources().any(|id| id == first.record.source));
    draft.about(subject.map(|subject| subject.id))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn events(message: &str) -> [(&'static str, String); 1] {
        [(
            "events.txt",
            format!(
                "LAST SEEN   TYPE      REASON      OBJECT        MESSAGE\n5m          Normal    Killing     pod/api-0     {message}\n"
            ),
        )]
    }

    #[test]
    fn a_restart_for_the_probe_is_told_and_a_stop_is_not() {
        check(
            "spec",
            &events("Container api failed liveness probe, will be restarted"),
            &["spec.liveness.kills"],
        );
        check("spec", &events("Stopping container api"), &[]);
        check("spec", &events("Liveness probe failed: Get \"http://10.0.0.1/live\": EOF"), &[]);
    }
}
