//! `trace.blocked-forever`, `trace.goroutine-growth`, `trace.never-woken`,
//! `trace.waited-throughout`: goroutines that the trace saw come, or wait, and
//! never go on.

use super::{figure, window};
use crate::analysis::trace::leaks::{
    GROWTH_CREATED, GROWTH_ENDED_TENTHS, WAIT_NANOS, WAIT_OVER_P99, WAITED_THROUGHOUT as LEAST_WAITED, span,
};
use crate::analysis::trace::stacks::frames_of;
use crate::base::units::Unit;
use crate::detectors::{Detector, Draft, Rule, list};
use crate::report::number_format::count_u64;
use crate::report::trace::{LeakEvidence, LeakSign, Trace};
use crate::report::{Amount, Confidence, Counted, Goroutines, Origin, Severity, StackFrame, Verdict};

const BLOCKED_FOREVER: Rule = Rule {
    code: "trace.blocked-forever",
    severity: Severity::Warning,
    title: "Goroutines blocked forever",
    meaning: "In the trace, goroutines are blocked on a nil channel or in a select without cases: nothing can wake them.",
};

const GROWTH: Rule = Rule {
    code: "trace.goroutine-growth",
    severity: Severity::Warning,
    title: "Goroutines are created but do not exit",
    meaning: "In the trace, goroutines created at one place do not exit.",
};

const WAITED_THROUGHOUT: Rule = Rule {
    code: "trace.waited-throughout",
    severity: Severity::Warning,
    title: "Goroutines blocked during the whole trace",
    meaning: "Goroutines with the same stack were blocked from the start of the trace to its end.",
};

const NEVER_WOKEN: Rule = Rule {
    code: "trace.never-woken",
    severity: Severity::Warning,
    title: "Goroutines that nothing wakes",
    meaning: "Goroutines created in the trace wait at a place where no goroutine was ever woken.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[BLOCKED_FOREVER, GROWTH, WAITED_THROUGHOUT, NEVER_WOKEN],
    missing_inputs: super::missing_inputs,
    detect: |case| super::each(case, |trace| find(trace, case.analysis.goroutines.as_ref())),
};

/// Signs that are worth a finding, and that no dump tells better.
fn find(trace: &Trace, goroutines: Option<&Goroutines>) -> Vec<Draft> {
    let told = trace.leaks.iter().filter(|leak| is_told(leak) && !is_in_dump(leak, goroutines));
    told.map(|leak| draft(trace, leak)).collect()
}

/// A single one that waits is as often in order as not: the view has it.
fn is_told(leak: &LeakEvidence) -> bool {
    match leak.sign {
        LeakSign::BlockedForever | LeakSign::Growth | LeakSign::WaitedThroughout => true,
        LeakSign::NeverWoken => leak.confidence <= Confidence::Likely,
    }
}

/// True if the dumps' group of the same stack is a finding of its own, which has this evidence too.
fn is_in_dump(leak: &LeakEvidence, goroutines: Option<&Goroutines>) -> bool {
    let groups = goroutines.into_iter().flat_map(|section| &section.groups);
    let mut own = groups.filter(|group| leak.dump_group.as_ref() == Some(&group.id));
    own.any(|group| group.verdict == Verdict::Leak)
}

fn draft(trace: &Trace, leak: &LeakEvidence) -> Draft {
    let (rule, condition) = match leak.sign {
        LeakSign::BlockedForever => (
            BLOCKED_FOREVER,
            "A goroutine other than main is blocked on a nil channel or in a select without cases."
                .to_owned(),
        ),
        LeakSign::Growth => (
            GROWTH,
            format!(
                "At least {GROWTH_CREATED} were created in the trace, fewer than {GROWTH_ENDED_TENTHS} in 10 of them exited, their number never fell, and each has waited longer than {} and longer than {WAIT_OVER_P99} times the 99th percentile at its place.",
                span(WAIT_NANOS)
            ),
        ),
        LeakSign::WaitedThroughout => (
            WAITED_THROUGHOUT,
            format!(
                "At least {LEAST_WAITED} with the same stack waited from the start of the trace to its end, for at least {}, and nothing woke any of them. A warning only for senders at a place that no goroutine left.",
                span(WAIT_NANOS)
            ),
        ),
        LeakSign::NeverWoken => (
            NEVER_WOKEN,
            format!(
                "At least two were created in the trace and have waited longer than {}, and no goroutine was ever woken at their place.",
                span(WAIT_NANOS)
            ),
        ),
    };
    Draft {
        rule,
        severity: if leak.confidence <= Confidence::Likely { Severity::Warning } else { Severity::Info },
        confidence: leak.confidence,
        reclaim: None,
        condition,
        title: rule.title.to_owned(),
        claim: claim(trace, leak),
        amount: Some(Amount::counted(i64::try_from(leak.count).unwrap_or(i64::MAX), Counted::Goroutines)),
        citations: figure(trace, "goroutines waiting", leak.count, Unit::Count),
        against: leak.against.iter().map(|line| sentence(line)).collect(),
        advice: advice(&leak.reason),
    }
}

fn claim(trace: &Trace, leak: &LeakEvidence) -> String {
    let is_forever = leak.sign == LeakSign::BlockedForever;
    let noun = match (leak.count, is_forever) {
        (1, true) => "goroutine is blocked forever",
        (_, true) => "goroutines are blocked forever",
        (1, false) => "goroutine waits",
        (_, false) => "goroutines wait",
    };
    let is_told = is_forever || leak.reason.is_empty();
    let reason = if is_told { String::new() } else { format!(" in [{}]", leak.reason) };
    let place = leak.stack.and_then(|stack| place(trace, stack));
    let is_start = |start: &&str| place.is_none_or(|frame| frame.function != *start);
    let place = place.map(|frame| format!(" at {}", frame.call_site())).unwrap_or_default();
    let start = leak
        .start
        .as_deref()
        .filter(is_start)
        .map(|start| format!(", started as {start}"))
        .unwrap_or_default();
    let mut claim = format!(
        "At the end of {} of trace, {} {noun}{reason}{place}{start}.",
        window(trace),
        count_u64(leak.count)
    );
    for reason in leak.reasons.iter().take(2) {
        claim.push(' ');
        claim.push_str(&sentence(reason));
    }
    claim
}

/// The frame that names a wait: the program's own, else the first that is not the runtime's.
fn place(trace: &Trace, stack: u32) -> Option<&StackFrame> {
    let of = |origin: Origin| frames_of(trace, stack).find(move |frame| frame.origin == origin);
    of(Origin::Own).or_else(|| of(Origin::Dependency)).or_else(|| of(Origin::Standard))
}

fn advice(reason: &str) -> Vec<String> {
    let first = match reason {
        "forever" => "Create the channel before it is used. An empty select belongs only in main.",
        "chan send" => {
            "Give the channel a buffer for every sender, or select on ctx.Done() as well as the send."
        }
        "chan receive" => {
            "Close the channel when nothing more is sent, or select on ctx.Done() as well as the receive."
        }
        "select" => "Add a case that ends the wait: ctx.Done(), or a channel that gets closed.",
        "sync.(*Cond).Wait" => {
            "Call Signal or Broadcast also when the work is done, not only when there is more."
        }
        _ => {
            "Find the goroutine that holds the lock or has to call Done: in the Trace view, Who waits for whom shows which goroutines woke others here."
        }
    };
    list(&[
        first,
        "Confirm it with two goroutine dumps (/debug/pprof/goroutine?debug=2) taken a few minutes apart, or with Go 1.27's /debug/pprof/goroutineleak.",
    ])
}

/// A line of the evidence as a sentence.
fn sentence(line: &str) -> String {
    let mut characters = line.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::detectors::testing::{check_trace, report, verdicts};
    use crate::report::Confidence::{Certain, Likely, Possible};
    use crate::report::Severity::{Info, Warning};
    use crate::report::{Goroutines, Verdict};

    /// A second in which three goroutines show a sign, in the dump's group if one is named.
    fn trace(sign: &str, confidence: &str, group: Option<&str>) -> Value {
        json!({
            "to": 1_000_000_000,
            "leaks": [{
                "sign": sign, "confidence": confidence, "group": 0, "reason": "chan send", "is_inferred": false,
                "count": 3, "waited_at_least": 0, "reasons": [], "against": [], "goroutines": [],
                "dump_group": group,
            }],
        })
    }

    /// What a dump says that has a leak, with the id of its group.
    fn dump() -> (Goroutines, String) {
        let text = "goroutine 1 [select]:\nmain.main()\n\t/app/main.go:9 +0x1d\n\n\
                    goroutine 7 [chan send (nil chan)]:\nmain.run()\n\t/app/main.go:12 +0x1d\n";
        let section = report(&[("goroutine.txt", text.as_bytes())]).goroutines.expect("a dump");
        let leaks = section.groups.iter().filter(|group| group.verdict == Verdict::Leak);
        let id = leaks.map(|group| group.id.clone()).next().expect("a leak");
        (section, id)
    }

    #[test]
    fn blocked_forever_is_said_unless_a_dump_says_it() {
        let found =
            check_trace("trace", trace("blocked-forever", "certain", None), None, &["trace.blocked-forever"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(3))]);
        let (section, id) = dump();
        check_trace("trace", trace("blocked-forever", "certain", Some(&id)), Some(section), &[]);
    }

    #[test]
    fn growth_is_said_unless_a_dump_says_it() {
        for (confidence, verdict) in
            [("likely", (Warning, Likely, Some(3))), ("possible", (Info, Possible, Some(3)))]
        {
            let found =
                check_trace("trace", trace("growth", confidence, None), None, &["trace.goroutine-growth"]);
            assert_eq!(verdicts(&found), [verdict]);
        }
        let (section, id) = dump();
        check_trace("trace", trace("growth", "likely", Some(&id)), Some(section), &[]);
    }

    #[test]
    fn waiting_throughout_is_said_unless_a_dump_says_it() {
        for (confidence, severity) in [("likely", Warning), ("possible", Info)] {
            let trace = trace("waited-throughout", confidence, None);
            let found = check_trace("trace", trace, None, &["trace.waited-throughout"]);
            assert!(found.iter().all(|finding| finding.severity == severity));
        }
        let (section, id) = dump();
        check_trace("trace", trace("waited-throughout", "likely", Some(&id)), Some(section), &[]);
    }

    #[test]
    fn never_woken_is_said_only_if_it_is_likely() {
        let found = check_trace("trace", trace("never-woken", "likely", None), None, &["trace.never-woken"]);
        assert_eq!(verdicts(&found), [(Warning, Likely, Some(3))]);
        check_trace("trace", trace("never-woken", "possible", None), None, &[]);
    }
}
