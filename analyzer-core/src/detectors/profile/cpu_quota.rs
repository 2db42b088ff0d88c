//! `prof.cpu.quota`: the container is throttled.

use std::collections::BTreeSet;

use super::support::{Doubts, percent, place, share_text, with_caller};
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::base::convert::{i64_to_f64, ratio};
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::memory::{Figure, Record, UNLIMITED};
use crate::report::{Amount, Citation, Finding, Severity, StackFrame, Subject, number_format};

/// Share of the periods in which the quota ran out.
const THROTTLED: f64 = 0.1;
/// Preempted leaves that support it.
const STARVED: f64 = 0.2;

const QUOTA: Rule = Rule {
    code: "prof.cpu.quota",
    severity: Severity::Info,
    title: "CPU usage while throttled",
    meaning: "The process is CPU-throttled in many periods (cpu.throttled): where its CPU time goes, and whether GOMAXPROCS is above the quota.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[QUOTA],
    missing_inputs: |case| {
        let is_enough = case.analysis.subjects.iter().any(|subject| periods(case, subject).len() >= 2);
        let is_profiled = case.analysis.profiles.iter().any(|process| process.any_cpu().is_some());
        let mut needs = Vec::new();
        if !is_enough {
            needs.push("two readings of the cgroup's cpu.stat".to_owned());
        }
        if !is_profiled {
            needs.push("a CPU profile".to_owned());
        }
        needs
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

/// One reading of `cpu.stat`.
#[derive(Clone, Copy)]
struct Periods<'c> {
    source: SourceId,
    all: &'c Figure,
    throttled: &'c Figure,
    /// Nanoseconds that threads were stopped.
    stopped: Option<i64>,
}

/// Readings of the main group in the order of the snapshots.
fn periods<'c>(case: &Case<'c>, subject: &Subject) -> Vec<Periods<'c>> {
    let snapshots = subject.snapshots.iter().map(|snapshot| &snapshot.sources);
    snapshots.filter_map(|sources| sources.iter().find_map(|&source| reading(case, source))).collect()
}

fn records<'c>(case: &Case<'c>, source: SourceId, file: &'c str) -> impl Iterator<Item = &'c Record> + 'c {
    let evidence = case.evidence;
    evidence
        .memory
        .records
        .iter()
        .filter(move |record| record.source == source && evidence.strings.get(record.file) == file)
}

fn figure<'c>(case: &Case<'c>, record: &'c Record, key: &str) -> Option<&'c Figure> {
    case.evidence.memory.figure(record, case.evidence.strings.find(key)?)
}

fn reading<'c>(case: &Case<'c>, source: SourceId) -> Option<Periods<'c>> {
    let record = records(case, source, "cpu.stat").next()?;
    // Version 1 counts nanoseconds, version 2 microseconds.
    let stopped = figure(case, record, "throttled_time")
        .map(|figure| figure.value)
        .or_else(|| figure(case, record, "throttled_usec").map(|figure| figure.value.saturating_mul(1_000)));
    Some(Periods {
        source,
        all: figure(case, record, "nr_periods")?,
        throttled: figure(case, record, "nr_throttled")?,
        stopped,
    })
}

/// Cores that the quota allows: `cpu.max`, or version 1's two files.
fn quota(case: &Case<'_>, subject: &Subject) -> Option<f64> {
    let number = |file: &'static str, key: &str| {
        subject.sources().find_map(|source| {
            let record = records(case, source, file).next()?;
            figure(case, record, key).map(|figure| figure.value)
        })
    };
    let v1 =
        || ratio(i128::from(number("cpu.cfs_quota_us", "")?), i128::from(number("cpu.cfs_period_us", "")?));
    // `cpu.max` is the quota, or "max", and the period: a key with its value.
    let v2 = || {
        let figure = subject.sources().find_map(|source| {
            let record = records(case, source, "cpu.max").next()?;
            case.evidence.memory.figures_of(record).first()
        })?;
        let most: i64 = case.evidence.strings.get(figure.key).parse().ok()?;
        ratio(i128::from(most), i128::from(figure.value))
    };
    v1().or_else(v2).filter(|cores| *cores > 0.0 && *cores < i64_to_f64(UNLIMITED))
}

/// GOMAXPROCS as the last cycle of a trace, or a metric, says.
fn procs(case: &Case<'_>, subject: &Subject) -> Option<i64> {
    let sources: BTreeSet<SourceId> = subject.sources().collect();
    let traced = sources.iter().rev().find_map(|&source| case.evidence.gc.cycles_of(source).last());
    let metric = || {
        let key = case.evidence.strings.find("/sched/gomaxprocs:threads")?;
        let mut records =
            case.evidence.memory.records.iter().filter(|record| sources.contains(&record.source));
        records.find_map(|record| case.evidence.memory.figure(record, key)).map(|figure| figure.value)
    };
    traced.map(|cycle| cycle.procs).or_else(metric)
}

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let readings = periods(case, subject);
    let (first, last) = (readings.first()?, readings.last()?);
    let all = last.all.value.saturating_sub(first.all.value);
    let throttled = last.throttled.value.saturating_sub(first.throttled.value);
    let share = ratio(i128::from(throttled), i128::from(all)).filter(|_| readings.len() >= 2 && all > 0)?;
    if share < THROTTLED {
        return None;
    }
    let (quota, procs) = (quota(case, subject), procs(case, subject));
    // That it ran out is told by cpu.throttled: without what ran, there is nothing to add.
    let (mut claim, places) = hottest(case, subject)?;
    claim.push_str(&format!(
        " The container was CPU-throttled in {} of the periods ({} of {}).",
        number_format::percent(throttled, all),
        number_format::count(throttled),
        number_format::count(all)
    ));
    if let Some(stopped) = last.stopped.zip(first.stopped).map(|(last, first)| last.saturating_sub(first)) {
        claim.push_str(&format!(
            " Threads were throttled for {} in total.",
            number_format::duration(crate::base::units::Nanos(stopped))
        ));
    }
    let mut doubts = Doubts::default();
    match quota.zip(procs) {
        Some((quota, procs)) if i64_to_f64(procs) > quota.ceil() => claim.push_str(&format!(
            " The quota is {} cores, but GOMAXPROCS is {procs}: a burst uses up the quota early in the period.",
            crate::report::number_format::rate(quota)
        )),
        Some(_) => doubts.add("GOMAXPROCS is not above the quota: the load exceeds the quota, or comes in bursts."),
        None => doubts.add("It is unknown whether GOMAXPROCS is above the quota: capture cpu.max, and a gctrace log or /metrics."),
    }
    let cite = |reading: &Periods<'_>, figure: &Figure| {
        let span = SourceSpan { source: reading.source, at: figure.at };
        Citation::figure(span, case.evidence.strings.get(figure.name), figure.value, Unit::Count)
    };
    let draft = Draft {
        rule: QUOTA,
        severity: Severity::Info,
        confidence: doubts.confidence(),
        reclaim: None,
        condition: format!(
            "The container was throttled in at least {}% of the periods; likely if GOMAXPROCS is above the quota.",
            percent(THROTTLED)
        ),
        title: QUOTA.title.to_owned(),
        claim,
        amount: Some(Amount::exact(
            crate::analysis::profile::facts::stats::whole(share * 10_000.0),
            Unit::BasisPoints,
        )),
        citations: vec![
            cite(first, first.all),
            cite(first, first.throttled),
            cite(last, last.all),
            cite(last, last.throttled),
        ],
        against: doubts.0,
        advice: list(&[
            "Set GOMAXPROCS to the quota, rounded up (the default from Go 1.25 on), or raise the quota.",
        ]),
    };
    let mut found = draft.about(subject.id)?;
    found.places = places;
    Some(found)
}

/// What ran while it was throttled.
fn hottest(case: &Case<'_>, subject: &Subject) -> Option<(String, Vec<StackFrame>)> {
    let process = case.analysis.profiles.iter().find(|process| process.subject == subject.id)?;
    let cpu = process.any_cpu()?;
    let samples = CpuSamples::new(&process.stacks, cpu);
    let site = samples.by_site(|_| true).into_iter().next()?;
    let (value, bounds) = samples.share(site.count);
    let mut text = format!(
        "{} of the CPU time is spent in {}.",
        share_text(value, bounds),
        place(case, process, site.site)
    );
    let (preempted, starved) = samples.share(samples.preempted());
    if starved.low >= STARVED {
        text.push_str(&format!(
            " {}% of the samples were taken while a thread was being preempted.",
            percent(preempted)
        ));
    }
    Some((text, with_caller(case, process, site.stack, site.site)))
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::{check, check_bytes};

    const LOG: &str = "gc 1 @0.1s 0%: 0.1+1+0.2 ms clock, 0.2+1/2/1+0.4 ms cpu, 4->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 8 P\n";

    fn stat(periods: u64, throttled: u64) -> String {
        format!(
            "usage_usec 1\nnr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec {}\n",
            throttled * 50_000
        )
    }

    #[test]
    fn a_quota_below_gomaxprocs_that_runs_out_is_likely() {
        let (before, after) = (stat(10, 2), stat(110, 62));
        let profile = cpu(&[("main.main main.sum", 70), ("main.main main.rest", 30)]);
        let files = [
            ("shop/t0/cpu.stat", before.as_bytes()),
            ("shop/t1/cpu.stat", after.as_bytes()),
            ("shop/t1/cpu.max", b"200000 100000\n"),
            ("shop/t1/cpu.pb", &profile),
            ("shop/gctrace.log", LOG.as_bytes()),
        ];
        let found = check_bytes("prof.cpu.quota", &files, &["prof.cpu.quota"]);
        assert_eq!(found[0].confidence, crate::report::Confidence::Likely);
        assert!(
            found[0].claim.starts_with("70% (60 to 78%) of the CPU time is spent in main.sum")
                && found[0].claim.contains("60.0% of the periods")
                && found[0].claim.contains("3.00 s"),
            "{}",
            found[0].claim
        );
    }

    #[test]
    fn without_what_ran_there_is_nothing_to_add() {
        let (before, after) = (stat(10, 2), stat(110, 62));
        check("prof.cpu.quota", &[("shop/t0/cpu.stat", &before), ("shop/t1/cpu.stat", &after)], &[]);
    }

    #[test]
    fn a_quota_that_seldom_runs_out_is_none() {
        let (before, after) = (stat(10, 2), stat(110, 11));
        check("prof.cpu.quota", &[("shop/t0/cpu.stat", &before), ("shop/t1/cpu.stat", &after)], &[]);
    }
}
