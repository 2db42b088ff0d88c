//! `mem.finalizer`: finalizers or cleanups queue up behind one that does not return.

use std::collections::BTreeSet;

use super::support::{Draft, Reclaim, list};
use crate::base::source::SourceSpan;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::goroutines::{Goroutine, GoroutineDump};
use crate::report::{Amount, Citation, Confidence, Counted, Finding, Severity, Subject};

/// Finalizers that wait before the queue itself is worth a warning.
const LEAST_QUEUE: i64 = 1_000;

/// The runtime functions that run finalizers (up to 1.24, from 1.25) and cleanups.
const RUNNERS: [&str; 3] = ["runtime.runfinq", "runtime.runFinalizers", "runtime.runCleanups"];

const FINALIZER: Rule = Rule {
    code: "mem.finalizer",
    severity: Severity::Warning,
    title: "Blocked finalizer",
    meaning: "Finalizers or cleanups queue up behind one that does not return, and the memory they hold is never freed.",
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
        || "Finalizers are queued but do not run".to_owned(),
        |stuck| format!("The goroutine that runs finalizers is in {} [{}]", stuck.function, stuck.state),
    );
    let seen = if is_same { format!(" in {} dumps", dumps.len()) } else { String::new() };
    let citations = stuck.iter().map(|stuck| Citation::place(stuck.span)).chain(cited).collect();
    let draft = Draft {
        rule: FINALIZER,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "A finalizer goroutine is in user code, or at least {LEAST_QUEUE} finalizers are queued and not run."
        ),
        severity,
        confidence,
        title: FINALIZER.title.to_owned(),
        claim: if waiting > 0 {
            format!("{whom}{seen}, and {waiting} finalizers are waiting.")
        } else {
            format!("{whom}{seen}.")
        },
        amount: (waiting > 0).then_some(Amount::counted(waiting, Counted::Finalizers)),
        citations,
        against: if is_same {
            Vec::new()
        } else {
            list(&["With a single dump, the finalizer may only be slow."])
        },
        advice: list(&[
            "One goroutine runs all finalizers: while it is blocked, no object with a finalizer is freed. Never block in a finalizer.",
            "Start a goroutine for anything that may block, or close resources explicitly. runtime.AddCleanup (Go 1.24) keeps fewer objects alive.",
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
    let frames = case.evidence.stacks.leaf_first(goroutine.stack);
    let mut names = frames.map(|frame| case.evidence.strings.get(frame.function));
    let mut below = None;
    names.find(|name| {
        let is_runner = RUNNERS.contains(name);
        below = if is_runner { below } else { Some(*name) };
        is_runner
    })?;
    // Without a frame of the user's below it, the runner waits for work.
    let function = below?;
    let is_user = !function.starts_with("runtime.");
    is_user.then(|| Stuck {
        goid: goroutine.goid,
        span: dump.span(u64::from(goroutine.line)),
        function: function.to_owned(),
        state: case.evidence.strings.get(goroutine.state).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely, Possible};
    use crate::report::Severity::{Info, Warning};

    /// A dump in which `runner` runs with `inner` innermost.
    fn dump(goid: u64, runner: &str, inner: &str) -> String {
        format!(
            "goroutine {goid} [chan receive]:\n{inner}(0x1)\n\t/app/main.go:9 +0x1d\n\
             {runner}()\n\t/go/src/runtime/mfinal.go:255 +0x1d\n"
        )
    }

    fn queue(queued: u64, executed: u64) -> String {
        format!(
            "go_memstats_heap_sys_bytes 1\ngo_gc_finalizers_queued_finalizers_total {queued}\n\
             go_gc_finalizers_executed_finalizers_total {executed}\ngo_gc_cleanups_queued_cleanups_total 10\n\
             go_gc_cleanups_executed_cleanups_total 0\n"
        )
    }

    #[test]
    fn one_dump_with_user_code_in_a_runner_is_a_hint() {
        for runner in super::RUNNERS {
            let found = check("mem", &[("goroutine.txt", &dump(5, runner, "main.slow"))], &["mem.finalizer"]);
            assert_eq!(verdicts(&found), [(Info, Possible, None)], "{runner}");
        }
    }

    #[test]
    fn a_runner_that_waits_for_work_is_healthy() {
        check("mem", &[("goroutine.txt", &dump(5, "runtime.runfinq", "runtime.gopark"))], &[]);
    }

    #[test]
    fn the_same_runner_in_two_dumps_is_a_warning() {
        let text = |goid| dump(goid, "runtime.runfinq", "main.slow");
        for (second, verdict) in [(5, (Warning, Likely, None)), (6, (Info, Possible, None))] {
            let files = [("t0/goroutine.txt", &*text(5)), ("t1/goroutine.txt", &*text(second))];
            assert_eq!(verdicts(&check("mem", &files, &["mem.finalizer"])), [verdict]);
        }
    }

    #[test]
    fn a_queue_of_a_thousand_is_a_warning_by_itself() {
        let found = check("mem", &[("metrics.prom", &queue(1_490, 500))], &["mem.finalizer"]);
        assert_eq!(verdicts(&found), [(Warning, Possible, Some(1_000))], "990 finalizers and 10 cleanups");
        check("mem", &[("metrics.prom", &queue(1_489, 500))], &[]);
    }

    #[test]
    fn a_queue_makes_what_the_dumps_show_surer() {
        let text = dump(5, "runtime.runfinq", "main.slow");
        let one = [("goroutine.txt", &*text), ("metrics.prom", &*queue(1, 0))];
        assert_eq!(verdicts(&check("mem", &one, &["mem.finalizer"])), [(Info, Likely, Some(11))]);
        let two =
            [("t0/goroutine.txt", &*text), ("t1/goroutine.txt", &*text), ("t1/metrics.prom", &*queue(1, 0))];
        assert_eq!(verdicts(&check("mem", &two, &["mem.finalizer"])), [(Warning, Certain, Some(11))]);
    }
}
