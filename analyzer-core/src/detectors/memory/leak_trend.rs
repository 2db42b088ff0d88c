//! `mem.leak.trend`: the live heap grows from capture to capture.

mod shown;

use shown::{Shown, explained};

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
    meaning: "The live heap grew from each capture to the next, in three or more captures.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[TREND],
    missing_inputs: |case| {
        let is_enough =
            case.analysis.subjects.iter().any(|subject| series(case, subject).len() >= LEAST_CAPTURES);
        let needs = "three captures that include the live heap: /gc/heap/live, or MemStats and a gctrace log";
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
    let shown = explained(case, subject);
    let is_large = growth >= LEAST_EFFECT.0 && !matches!(shown, Shown::Ended);
    let draft = Draft {
        rule: TREND,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "The live heap grew in each of at least {LEAST_CAPTURES} captures, by at least {} and {LEAST_GROWTH_PERCENT}% in total; a warning from {}.",
            text(LEAST_GROWTH),
            text(LEAST_EFFECT.0)
        ),
        severity: if is_large { Severity::Warning } else { Severity::Info },
        confidence: if is_large { Confidence::Likely } else { Confidence::Possible },
        title: TREND.title.to_owned(),
        claim: format!(
            "The live heap grew in every one of {} captures, from {} to {}.{}",
            points.len(),
            text(first.live.value),
            text(last.live.value),
            shown.sentence(growth)
        ),
        amount: Some(Amount {
            value: growth,
            low: Some(growth - first.resolution),
            high: Some(high),
            unit: Unit::Bytes,
            of: None,
        }),
        citations: points.iter().flat_map(|point| point.live.from.clone()).collect(),
        against: list(&[
            "A cache that fills up to its maximum size grows the same way at first: capture again later.",
        ]),
        advice: list(&[shown.advice()]),
    };
    draft.about(subject.id)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Likely, Possible};
    use crate::report::Severity::{Info, Warning};

    fn live(live: &str) -> String {
        format!(
            "go_memstats_heap_sys_bytes 1\ngo_gc_heap_live_bytes {live}\ngo_memstats_heap_alloc_bytes <60MiB>\n"
        )
    }

    #[test]
    fn growth_in_each_of_three_captures_is_a_trend_and_from_the_least_effect_on_a_warning() {
        for (last, verdict) in [
            ("<56MiB>", (Warning, Likely, Some(16 << 20))),
            ("<56MiB-1>", (Info, Possible, Some((16 << 20) - 1))),
        ] {
            let files = [
                ("t0/metrics.prom", &*live("<40MiB>")),
                ("t1/metrics.prom", &*live("<41MiB>")),
                ("t2/metrics.prom", &*live(last)),
            ];
            let found = check("mem.leak", &files, &["mem.leak.trend"]);
            assert_eq!(verdicts(&found), [verdict]);
            // What was allocated since the last cycle may be live too.
            assert!(
                found.iter().all(|finding| finding.amount.and_then(|amount| amount.high) == Some(20 << 20))
            );
        }
    }

    #[test]
    fn growth_must_pass_four_megabytes_and_a_quarter() {
        for (series, codes) in [
            (["<8MiB>", "<9MiB>", "<12MiB>"], &["mem.leak.trend"][..]),
            (["<8MiB>", "<9MiB>", "<12MiB-1>"], &[]),
            (["<100MiB>", "<101MiB>", "<125MiB>"], &["mem.leak.trend"]),
            (["<100MiB>", "<101MiB>", "<125MiB-1>"], &[]),
            (["<40MiB>", "<60MiB>", "<60MiB>"], &[]),
            (["<40MiB>", "<39MiB>", "<60MiB>"], &[]),
        ] {
            let [a, b, c] = series.map(live);
            check("mem.leak", &[("t0/a.prom", &*a), ("t1/a.prom", &*b), ("t2/a.prom", &*c)], codes);
        }
    }

    #[test]
    fn two_captures_make_no_trend() {
        let files = [("t0/metrics.prom", &*live("<40MiB>")), ("t1/metrics.prom", &*live("<80MiB>"))];
        check("mem.leak", &files, &[]);
    }

    #[test]
    fn a_trace_tells_the_live_heap_of_the_cycle_to_a_megabyte() {
        let stats = |cycles| {
            format!("go_memstats_heap_sys_bytes 1\ngo_gc_duration_seconds_count {cycles}\n# TYPE a gauge\n")
        };
        let cycle = |number: u64, live: u64| {
            format!(
                "gc {number} @1.0s 1%: 1+1+1 ms clock, 1+1/1/1+1 ms cpu, 90->91->{live} MB, 99 MB goal, 4 P\n"
            )
        };
        let log = [cycle(1, 40), cycle(2, 50), cycle(3, 60)].concat();
        let files = [
            ("t0/a.prom", &*stats(1)),
            ("t1/a.prom", &*stats(2)),
            ("t2/a.prom", &*stats(3)),
            ("t2/gc.log", &*log),
        ];
        let found = check("mem.leak", &files, &["mem.leak.trend"]);
        let amount = found.iter().find_map(|finding| finding.amount);
        assert_eq!(amount.map(|amount| amount.value), Some(20 << 20));
        assert_eq!(amount.and_then(|amount| amount.low.zip(amount.high)), Some((19 << 20, 21 << 20)));
    }
}
