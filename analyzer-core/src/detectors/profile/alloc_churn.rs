//! `prof.alloc.churn`: a line allocates much that is garbage at once.

use super::support::{bytes, callee, frame, needs, path, percent, place, processes, sample};
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::analysis::profile::facts::growth::{Allocations, Churn};
use crate::analysis::profile::facts::stats::whole;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Amount, Confidence, Finding, Severity, number_format};

/// Share of all that was allocated.
pub const SHARE: f64 = 0.3;
/// Bytes a second.
pub const RATE: f64 = 10e6;
/// The most that may still be in use: more is growth.
const KEPT: f64 = 0.2;
/// Sampled objects.
const SAMPLED: f64 = 20.0;
/// Share of CPU time in collections, by its lower bound, from which garbage is a problem.
const GC_SHARE: f64 = 0.1;

const CHURN: Rule = Rule {
    code: "prof.alloc.churn",
    severity: Severity::Warning,
    title: "High allocation rate of short-lived objects",
    meaning: "One line allocates a large part of all bytes, at a high rate, and almost all of it becomes garbage quickly.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[CHURN],
    missing_inputs: |case| {
        needs(
            case,
            |process| process.allocations.is_some(),
            &["two heap or allocs profiles of the same process"],
        )
    },
    detect: |case: &Case<'_>| processes(case).iter().flat_map(|process| find(case, process)).collect(),
};

/// Lines that allocate by the rule's conditions.
pub fn sites(all: &Allocations) -> impl Iterator<Item = &Churn> {
    let is_churn = move |churn: &&Churn| {
        churn.allocated.bytes >= SHARE * all.bytes
            && churn.allocated.bytes / all.seconds >= RATE
            && churn.kept <= KEPT
            && churn.allocated.sampled >= SAMPLED
    };
    all.sites.iter().filter(is_churn)
}

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Finding> {
    let Some(all) = &process.allocations else { return Vec::new() };
    sites(all).filter_map(|churn| finding(case, process, all, churn)).collect()
}

fn finding(case: &Case<'_>, process: &ProcessProfiles, all: &Allocations, churn: &Churn) -> Option<Finding> {
    let rate = churn.allocated.bytes / all.seconds;
    let each = churn.allocated.bytes / churn.allocated.objects.max(1.0);
    let mut claim = format!(
        "{} allocates {} per second, {}% of all: {} objects per second of {} each, and {}% of the bytes stay in use.",
        place(case, process, churn.site),
        bytes(rate),
        percent(churn.allocated.bytes / all.bytes),
        number_format::rate(churn.allocated.objects / all.seconds),
        bytes(each),
        percent(churn.kept)
    );
    if let Some(callee) = callee(case, process, churn.stack, churn.site) {
        claim.push_str(&format!(" Most of it is allocated in {callee}."));
    }
    let path = path(case, process, churn.stack, churn.site);
    if !path.is_empty() {
        claim.push_str(&format!(" It is called from {path}."));
    }
    let collecting = process.main_cpu().map(|cpu| CpuSamples::new(&process.stacks, cpu)).map(|samples| {
        let (value, bounds) = samples.share(samples.collecting());
        claim.push_str(&format!(" Garbage collection takes {}% of the CPU time.", percent(value)));
        bounds.low
    });
    let is_costly = collecting.is_some_and(|low| low >= GC_SHARE);
    let last = process.heap.all.last()?;
    let interval = churn.allocated.interval();
    let draft = Draft {
        rule: CHURN,
        severity: if is_costly { Severity::Warning } else { Severity::Info },
        confidence: Confidence::Likely,
        reclaim: None,
        condition: format!(
            "A line allocates at least {}% of all bytes and {} per second, and at most {}% of that stays in use; a warning if garbage collection takes at least {}% of the CPU time.",
            percent(SHARE),
            bytes(RATE),
            percent(KEPT),
            percent(GC_SHARE)
        ),
        title: CHURN.title.to_owned(),
        claim,
        amount: Some(Amount {
            value: whole(churn.allocated.bytes),
            low: Some(whole(interval.low)),
            high: Some(whole(interval.high)),
            unit: Unit::Bytes,
            of: None,
        }),
        citations: vec![sample(
            last.source,
            churn.at,
            "alloc_space",
            whole(churn.allocated.bytes),
            Unit::Bytes,
        )],
        against: list(&["Garbage is not a problem in itself, only if collecting it takes much CPU time."]),
        advice: list(&[
            "Reuse the objects (a buffer kept by its owner, a sync.Pool), allocate them with their final size, or use the package's append-style functions.",
        ]),
    };
    let mut finding = draft.about(process.subject)?;
    finding.places = vec![frame(case, process, churn.site)];
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::heap;
    use crate::detectors::testing::check_bytes;

    fn made(at: i64, allocated: i64, in_use: i64) -> Vec<u8> {
        heap(at, &[("main.main main.render", &[allocated / 1000, allocated, in_use / 1000, in_use])])
    }

    #[test]
    fn garbage_at_a_high_rate_is_named() {
        let (before, after) = (made(1_000, 1_000_000, 0), made(1_010, 501_000_000, 1_000_000));
        let files: [(&str, &[u8]); 2] = [("t0.heap.pb", &before), ("t1.heap.pb", &after)];
        let found = check_bytes("prof.alloc", &files, &["prof.alloc.churn"]);
        assert!(
            found[0].claim.contains("main.render (code.go:7) allocates 47.7 MiB per second"),
            "{}",
            found[0].claim
        );
    }

    #[test]
    fn what_is_kept_or_slow_is_no_churn() {
        for (allocated, in_use) in [(501_000_000, 400_000_000), (51_000_000, 0)] {
            let (before, after) = (made(1_000, 1_000_000, 0), made(1_010, allocated, in_use));
            check_bytes("prof.alloc", &[("t0.heap.pb", &before), ("t1.heap.pb", &after)], &[]);
        }
    }
}
