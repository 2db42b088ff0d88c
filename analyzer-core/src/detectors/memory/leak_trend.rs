//! `mem.leak.trend`: the live heap grows from capture to capture.

use super::support::{Draft, LEAST_EFFECT, Reclaim, list, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::base::source::SourceSpan;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Amount, Citation, Confidence, Finding, Severity, Subject};

/// Captures that a trend needs: two points always make a line.
const LEAST_CAPTURES: usize = 3;

/// Growth that is more than the resolution of a trace (1 MiB) and than warming up.
const LEAST_GROWTH: i64 = 4 << 20;

/// Growth as a share of the first capture, in percent.
const LEAST_GROWTH_PERCENT: i64 = 25;

/// A trace prints the live heap in whole MiB, cut off.
const RESOLUTION: i64 = 1 << 20;

const TREND: Rule = Rule {
    code: "mem.leak.trend",
    severity: Severity::Warning,
    title: "The live heap grows",
    meaning: "The live heap grew in every capture of three or more.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[TREND],
    missing_inputs: |case| {
        let is_enough =
            case.analysis.subjects.iter().any(|subject| series(case, subject).len() >= LEAST_CAPTURES);
        let needs = "three captures with the live heap: /gc/heap/live, or MemStats and a gctrace log";
        if is_enough { Vec::new() } else { list(&[needs]) }
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

/// The live heap at one capture.
struct Point<'c> {
    reviewed: &'c Reviewed<'c>,
    live: Term,
    /// How much more it may be.
    resolution: i64,
}

/// One point for each capture whose last cycle is known.
fn series<'c>(case: &Case<'c>, subject: &Subject) -> Vec<Point<'c>> {
    let of_subject = case.memory.iter().filter(|reviewed| reviewed.moment.subject == subject.id);
    of_subject.filter_map(|reviewed| point(case, subject, reviewed)).collect()
}

fn point<'c>(case: &Case<'c>, subject: &Subject, reviewed: &'c Reviewed<'c>) -> Option<Point<'c>> {
    let traced = || {
        let number = reviewed.moment.go.as_ref()?.num_gc.as_ref()?.value;
        let sources: Vec<_> = subject.sources().collect();
        let is_it = |number_of: u64| i64::try_from(number_of) == Ok(number);
        let cycle = case
            .evidence
            .gc
            .cycles
            .iter()
            .find(|cycle| is_it(cycle.number) && sources.contains(&cycle.source))?;
        let span = SourceSpan { source: cycle.source, at: cycle.at };
        let citation = Citation::figure(span, format!("gc {number}: live"), cycle.live.0, Unit::Bytes);
        Some(Point {
            reviewed,
            live: Term { value: cycle.live.0, from: vec![citation] },
            resolution: RESOLUTION,
        })
    };
    // One kind for all captures: a trace line if there is a trace, else the metric.
    traced().or_else(|| Some(Point { reviewed, live: reviewed.moment.live()?, resolution: 0 }))
}

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let points = series(case, subject);
    let (first, last) = (points.first()?, points.last()?);
    let is_rising = points.windows(2).all(|pair| matches!(pair, [a, b] if b.live.value > a.live.value));
    let growth = last.live.value - first.live.value;
    let least = LEAST_GROWTH.max(first.live.value / 100 * LEAST_GROWTH_PERCENT);
    if points.len() < LEAST_CAPTURES || !is_rising || growth < least {
        return None;
    }
    // What was allocated since the last cycle may be live too.
    let alloc =
        last.reviewed.moment.go.as_ref()?.heap_alloc.as_ref().map_or(last.live.value, |alloc| alloc.value);
    let high = (alloc - first.live.value).max(growth + last.resolution);
    let is_large = growth >= LEAST_EFFECT.0;
    let draft = Draft {
        rule: TREND,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "The live heap grew in each of {LEAST_CAPTURES} or more captures, by {} and {LEAST_GROWTH_PERCENT}% in all; a warning from {}.",
            text(LEAST_GROWTH),
            text(LEAST_EFFECT.0)
        ),
        severity: if is_large { Severity::Warning } else { Severity::Info },
        confidence: if is_large { Confidence::Likely } else { Confidence::Possible },
        title: TREND.title.to_owned(),
        claim: format!(
            "The live heap grew in every one of {} captures, from {} to {}.",
            points.len(),
            text(first.live.value),
            text(last.live.value)
        ),
        amount: Some(Amount {
            value: growth,
            low: Some(growth - first.resolution),
            high: Some(high),
            unit: Unit::Bytes,
        }),
        citations: points.iter().flat_map(|point| point.live.from.clone()).collect(),
        against: list(&[
            "A cache that fills up to its bound grows the same way at first; capture again later.",
        ]),
        advice: list(&["Compare two heap profiles (inuse_space): what grew is what is kept."]),
    };
    draft.about(subject.id)
}
