//! `mem.finalizer`: finalizers or cleanups queue up behind one that does not return.

use std::collections::BTreeSet;

use super::support::{Draft, Reclaim, list};
use crate::base::source::SourceSpan;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::goroutines::{Goroutine, GoroutineDump};
use crate::report::{Amount, Citation, Confidence, Finding, Severity, Subject};

/// Finalizers that wait before the queue itself is worth a warning.
const LEAST_QUEUE: i64 = 1_000;

/// The runtime functions that run finalizers (up to 1.24, from 1.25) and cleanups.
const RUNNERS: [&str; 3] = ["runtime.runfinq", "runtime.runFinalizers", "runtime.runCleanups"];

const FINALIZER: Rule = Rule {
    code: "mem.finalizer",
    severity: Severity::Warning,
    title: "A finalizer does not return",
    meaning: "Finalizers or cleanups queue up behind one that does not return; what they hold is never freed.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[FINALIZER],
    missing_inputs: |case| {
        let has_dump = !case.evidence.goroutines.dumps.is_empty();
        let has_queue = case.analysis.subjects.iter().any(|subject| queue(case, subject).is_some());
        let needs = "a goroutine dump (debug=2), or /gc/finalizers/queued and executed (Go 1.26 and later)";
        if has_dump || has_queue { Vec::new() } else { list(&[needs]) }
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

/// Finalizers and cleanups that were queued and not run, at the last capture that counts them.
fn queue(case: &Case<'_>, subject: &Subject) -> Option<(i64, Vec<Citation>)> {
    let of_subject = case.memory.iter().rev().filter(|reviewed| reviewed.moment.subject == subject.id);
    let mut readings = of_subject.flat_map(|reviewed| reviewed.moment.things.readings.iter());
    readings.find_map(|view| {
        let waiting = |kind: &str| {
            let queued = view.get(&format!("/gc/{kind}/queued:{kind}"))?;
            let executed = view.get(&format!("/gc/{kind}/executed:{kind}"))?;
            Some(&queued - &executed)
        };
        let finalizers = waiting("finalizers")?;
        let all = waiting("cleanups").map_or(finalizers.clone(), |cleanups| &finalizers + &cleanups);
        Some((all.value, all.from))
    })
}

/// A runner that was found within user code.
struct Stuck {
    goid: u64,
    span: SourceSpan,
    function: String,
    state: String,
}

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let stuck = stuck(case, subject);
    let (waiting, cited) = queue(case, subject).unwrap_or_default();
    let dumps: BTreeSet<_> = stuck.iter().map(|stuck| stuck.span.source).collect();
    let is_same = dumps.len() >= 2
        && stuck.iter().all(|other| stuck.first().is_some_and(|first| first.goid == other.goid));
    if stuck.is_empty() && waiting < LEAST_QUEUE {
        return None;
    }
    let severity = if is_same || waiting >= LEAST_QUEUE { Severity::Warning } else { Severity::Info };
    let confidence = match (is_same, stuck.is_empty(), waiting > 0) {
        (true, _, true) => Confidence::Certain,
        (true, ..) | (_, false, true) => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let whom = stuck.first().map_or_else(
        || "Finalizers are queued and not run".to_owned(),
        |stuck| format!("The goroutine that runs finalizers is in {} [{}]", stuck.function, stuck.state),
    );
    let seen = if is_same { format!(" in {} dumps", dumps.len()) } else { String::new() };
    let citations = stuck.iter().map(|stuck| Citation::place(stuck.span)).chain(cited).collect();
    let draft = Draft {
        rule: FINALIZER,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "A finalizer goroutine is within user code, or {LEAST_QUEUE} and more finalizers are queued and not run."
        ),
        severity,
        confidence,
        title: FINALIZER.title.to_owned(),
        claim: if waiting > 0 {
            format!("{whom}{seen}, and {waiting} finalizers wait.")
        } else {
            format!("{whom}{seen}.")
        },
        amount: (waiting > 0).then_some(Amount { value: waiting, low: None, high: None, unit: Unit::Count }),
        citations,
        against: if is_same {
            Vec::new()
        } else {
            list(&["One dump may show a finalizer that only takes its time."])
        },
        advice: list(&[
            "There is one goroutine for all finalizers: while it waits, no object with a finalizer is freed. Never block in one.",
            "Start a goroutine for what may block, or close explicitly; runtime.AddCleanup (1.24) attaches less.",
        ]),
    };
    draft.about(subject.id)
}

/// Runners that are within user code, in each dump of the subject.
fn stuck(case: &Case<'_>, subject: &Subject) -> Vec<Stuck> {
    let sources: Vec<_> = subject.sources().collect();
    let dumps = case.evidence.goroutines.dumps.iter().filter(|dump| sources.contains(&dump.source));
    dumps
        .flat_map(|dump| dump.goroutines.iter().filter_map(|goroutine| runner(case, dump, goroutine)))
        .collect()
}

fn runner(case: &Case<'_>, dump: &GoroutineDump, goroutine: &Goroutine) -> Option<Stuck> {
    let names: Vec<&str> = case
        .evidence
        .stacks
        .leaf_first(goroutine.stack)
        .map(|frame| case.evidence.strings.get(frame.function))
        .collect();
    let at = names.iter().position(|name| RUNNERS.contains(name))?;
    // Without a frame of the user's below it, the runner waits for work.
    let function = names.get(at.checked_sub(1)?)?;
    let is_user = !function.starts_with("runtime.");
    is_user.then(|| Stuck {
        goid: goroutine.goid,
        span: dump.span(u64::from(goroutine.line)),
        function: (*function).to_owned(),
        state: case.evidence.strings.get(goroutine.state).to_owned(),
    })
}
