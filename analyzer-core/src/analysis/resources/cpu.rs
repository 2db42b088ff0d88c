//! The quota of a group, what it used of it, and what the runtime believes.

use super::files::{Files, cite, figure};
use crate::analysis::memory::term::View;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::{Nanos, Unit};
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::report::trace::Trace;
use crate::report::{Citation, Cpu, Subject};

pub(super) fn of(
    evidence: &Evidence,
    subject: &Subject,
    sources: &[SourceId],
    files: &Files<'_>,
    traces: &[Trace],
) -> Option<Cpu> {
    let stats = files.named("cpu.stat");
    let stat = |key: &str| stats.first().and_then(|view| figure(view, key));
    let value = |key: &str| stat(key).and_then(|citation| citation.value);
    let quotas = quotas(files);
    let own = quotas.first().and_then(|quota| quota.milli);
    let outer = quotas.iter().skip(1).filter_map(|quota| quota.milli).min();
    let outer = outer.filter(|outer| own.is_none_or(|own| *outer < own));
    let holding = quotas.iter().find(|quota| quota.milli.is_some() && quota.milli == outer.or(own));
    let pressure =
        files.named("cpu.pressure").into_iter().filter(|view| view.record.kind == RecordKind::Cgroup);
    let gomaxprocs = gomaxprocs(evidence, subject, sources, files, traces);
    let micros = |key: &str| value(key).map(|micros| Nanos(micros.saturating_mul(1_000)));
    let cpu = Cpu {
        quota_milli: own,
        outer_quota_milli: outer,
        // The figure beside `max` is the period's.
        no_quota: quotas.first().filter(|_| holding.is_none()).map(|quota| Citation {
            value: None,
            unit: None,
            ..quota.citation.clone()
        }),
        quota_citation: holding.map(|quota| quota.citation.clone()),
        periods: stat("nr_periods"),
        throttled: stat("nr_throttled"),
        // Version 1 counts nanoseconds, version 2 microseconds.
        throttled_time: value("throttled_time").map(Nanos).or_else(|| micros("throttled_usec")),
        usage: micros("usage_usec").or_else(|| files.value("cpuacct.usage", "").map(Nanos)),
        pressure: pressure.into_iter().find_map(|view| figure(&view, "some avg60")),
        gomaxprocs: gomaxprocs.as_ref().and_then(|found| u64::try_from(found.value?).ok()),
        gomaxprocs_citation: gomaxprocs,
        processors: files.text("status", "Cpus_allowed_list").and_then(|(list, _)| count_of_list(list)),
    };
    let has_any = cpu.quota_citation.is_some()
        || cpu.no_quota.is_some()
        || cpu.periods.is_some()
        || cpu.pressure.is_some()
        || cpu.usage.is_some();
    has_any.then_some(cpu)
}

struct Quota {
    /// `None` for `max` and -1.
    milli: Option<u64>,
    citation: Citation,
}

/// The quotas of the group and of those around it, the innermost first.
fn quotas(files: &Files<'_>) -> Vec<Quota> {
    let v2 = files.named("cpu.max");
    if !v2.is_empty() {
        return v2.iter().filter_map(unified).collect();
    }
    let periods = files.named("cpu.cfs_period_us");
    let quotas = files.named("cpu.cfs_quota_us");
    quotas.iter().filter_map(|view| first_version(view, &periods)).collect()
}

/// `150000 100000` or `max 100000`: a key with its value.
fn unified(view: &View<'_>) -> Option<Quota> {
    let (key, period) = view.figures().next()?;
    let citation = Citation { quantity: Some("cpu.max".to_owned()), ..cite(view, period) };
    Some(Quota { milli: milli(key.parse().ok(), period.value), citation })
}

fn first_version(view: &View<'_>, periods: &[View<'_>]) -> Option<Quota> {
    let period =
        periods.iter().find(|period| period.folder() == view.folder() && period.level() == view.level());
    let period = period.and_then(|period| period.value("")).unwrap_or(100_000);
    // -1 is kept as text.
    let Some(quota) = figure(view, "") else {
        let span = SourceSpan { source: view.record.source, at: Position::line(1) };
        return Some(Quota { milli: None, citation: Citation::place(span) });
    };
    Some(Quota { milli: milli(quota.value, period), citation: quota })
}

fn milli(quota: Option<i64>, period: i64) -> Option<u64> {
    let quota = i128::from(quota?.max(0));
    let milli = (quota * 1000).checked_div(i128::from(period)).filter(|milli| *milli > 0)?;
    u64::try_from(milli).ok()
}

/// What the runtime says itself, else what its environment asks for.
fn gomaxprocs(
    evidence: &Evidence,
    subject: &Subject,
    sources: &[SourceId],
    files: &Files<'_>,
    traces: &[Trace],
) -> Option<Citation> {
    let all: Vec<SourceId> = subject.sources().collect();
    let cite = |source: SourceId, line: Option<u64>, value: i64| {
        let at = line.map_or_else(Position::default, Position::line);
        let citation = Citation::figure(SourceSpan { source, at }, "GOMAXPROCS", value, Unit::Count);
        Citation { at: line.map(Position::line), ..citation }
    };
    let collected = || {
        let last = all
            .iter()
            .rev()
            .find_map(|&source| evidence.gc.cycles_of(source).last().map(|cycle| (source, cycle)));
        last.map(|(source, cycle)| cite(source, cycle.at.line, cycle.procs))
    };
    let traced = || {
        // A trace may be taken in one snapshot alone: the setting seldom changes.
        let own = traces.iter().filter(|trace| trace.subject == Some(subject.id));
        let most = own.filter_map(|trace| Some((trace.source, *trace.overview.gomaxprocs.iter().max()?)));
        let (source, procs) = most.max_by_key(|(source, _)| (sources.contains(source), *source))?;
        // Means over a stretch of time, in thousandths.
        i64::try_from(procs.div_ceil(1_000))
            .ok()
            .filter(|procs| *procs > 0)
            .map(|procs| cite(source, None, procs))
    };
    let asked = || {
        let (text, source) = files.text("environ", "GOMAXPROCS")?;
        text.trim().parse().ok().filter(|procs| *procs > 0).map(|procs| cite(source, Some(1), procs))
    };
    files.of_runtime("/sched/gomaxprocs:threads").or_else(collected).or_else(traced).or_else(asked)
}

/// `0-3,8` as 5.
fn count_of_list(list: &str) -> Option<u64> {
    let mut count: u64 = 0;
    for part in list.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        count = count.saturating_add(last.checked_sub(first)?.saturating_add(1));
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_counted() {
        assert_eq!(count_of_list("0-3,8"), Some(5));
        assert_eq!((count_of_list("7"), count_of_list(""), count_of_list("3-1")), (Some(1), None, None));
    }
}
