//! The CPU quota beside the collector: a throttled process collects late, whatever its pacing.

use std::collections::BTreeMap;

use analyzer_core::base::units::Nanos;
use analyzer_core::report::number_format::cpus;
use analyzer_core::report::{Citation, Cpu, Report, ResourceSnapshot, SubjectId};
use yew::prelude::*;

use crate::components::citation::citations;
use crate::components::found;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;

/// Rules on what the panel shows.
const FAMILIES: &[&str] = &["cpu."];
/// Snapshots of a process that are shown: the latest.
const ROWS: usize = 20;

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "cgroup v2, twice, at least 10 s apart",
        command: "cd /sys/fs/cgroup && for t in t0 t1; do mkdir -p /tmp/cpu/$t; for f in cpu.max cpu.stat cpu.pressure; do cat $f > /tmp/cpu/$t/$f; done; sleep 10; done",
    },
    Recipe {
        what: "Version 1",
        command: "cd /sys/fs/cgroup/cpu,cpuacct && for t in t0 t1; do mkdir -p /tmp/cpu/$t; for f in cpu.cfs_quota_us cpu.cfs_period_us cpu.stat cpuacct.usage; do cat $f > /tmp/cpu/$t/$f; done; sleep 10; done",
    },
    Recipe {
        what: "GOMAXPROCS, from the runtime's Prometheus metrics",
        command: "curl -s localhost:6060/metrics > metrics.txt",
    },
];

/// One snapshot, with what happened since the one before.
#[derive(Clone, Debug, PartialEq)]
struct Reading<'r> {
    label: &'r str,
    cpu: &'r Cpu,
    used: Used,
    throttled: Throttled,
}

/// CPU time used since the snapshot before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Used {
    /// Not known.
    Unknown,
    /// So much; how long that took is not known.
    Time(Nanos),
    /// So many thousandths of a processor.
    Milli(u64),
}

/// Periods in which the quota ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Throttled {
    /// Not known.
    Unknown,
    /// Of these periods since the snapshot before.
    Between { throttled: u64, periods: u64 },
    /// Of these since the control group exists: there is no earlier reading.
    Since { throttled: u64, periods: u64 },
}

/// The panel.
pub fn panel(report: &Report) -> Html {
    let subjects = by_subject(report);
    html! {
        <section class="panel gc-cpu" aria-labelledby="gc-cpu">
            <h3 id="gc-cpu">{ "CPU quota" }</h3>
            if subjects.is_empty() {
                <Needs recipes={RECIPES}>
                    { "A throttled process also collects garbage late. Quota, throttled periods and pressure are in the cgroup\u{2019}s files; the counters need two snapshots." }
                </Needs>
            } else {
                <p class="quiet">
                    { "In a throttled period, the quota was used up. Throttled time is summed over CPUs, not a share of elapsed time. Waiting for a busy CPU is not throttling: see pressure." }
                </p>
                { found::lines(report, FAMILIES, None) }
                { for subjects.iter().map(|(subject, moments)| {
                    let name = selectors::subject(report, *subject).filter(|_| subjects.len() > 1);
                    table(report, name.map(selectors::subject_name), moments)
                }) }
            }
        </section>
    }
}

fn by_subject(report: &Report) -> BTreeMap<SubjectId, Vec<&ResourceSnapshot>> {
    let mut subjects: BTreeMap<SubjectId, Vec<&ResourceSnapshot>> = BTreeMap::new();
    let moments = report.resources.iter().flat_map(|section| &section.snapshots);
    for moment in moments.filter(|moment| moment.cpu.is_some()) {
        subjects.entry(moment.subject).or_default().push(moment);
    }
    subjects
}

fn table(report: &Report, name: Option<String>, moments: &[&ResourceSnapshot]) -> Html {
    let readings = readings(report, moments);
    let hidden = readings.len().saturating_sub(ROWS);
    let places: Vec<Citation> = readings.last().map(|reading| sources(reading.cpu)).unwrap_or_default();
    html! {
        <>
            <table class="table stacked gc-cpu-table">
                <caption>
                    { name.map_or_else(String::new, |name| format!("{name}: ")) }
                    { "Quota and CPU time used, by snapshot" }
                    if hidden > 0 { { format!("; {} are not shown", text::counted(hidden, "earlier snapshot", "earlier snapshots")) } }
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Snapshot" }</th>
                        <th scope="col" class="number">{ "Quota" }</th>
                        <th scope="col" class="number">{ "CPU used" }</th>
                        <th scope="col">{ "Throttled periods" }</th>
                        <th scope="col" class="number">{ "GOMAXPROCS" }</th>
                        <th scope="col" class="number" title="CPUs that the process may run on (Cpus_allowed_list)">{ "Processors" }</th>
                        <th scope="col" class="number" title="cpu.pressure, some avg60: share of the last minute in which some thread waited for a CPU">{ "Pressure" }</th>
                    </tr>
                </thead>
                <tbody>{ for readings.iter().skip(hidden).map(row) }</tbody>
            </table>
            { citations(report, &places) }
        </>
    }
}

fn row(reading: &Reading<'_>) -> Html {
    let cpu = reading.cpu;
    let stopped = cpu.throttled_time.map(|time| {
        format!("Throttled for {} since the cgroup was created, summed over CPUs", text::duration(time.0))
    });
    let pressure = cpu.pressure.as_ref().and_then(|pressure| pressure.value);
    html! {
        <tr>
            <th scope="row">{ selectors::visible(reading.label) }</th>
            { cell("Quota", quota(cpu), Some("CPU that the cgroup may use; none: no quota is set; a dash: not captured")) }
            { cell("CPU used", used(reading.used), None) }
            <td data-label="Throttled" title={stopped} class={classes!((reading.throttled == Throttled::Unknown).then_some("unset"))}>
                { throttled(reading.throttled) }
            </td>
            { cell("GOMAXPROCS", cpu.gomaxprocs.map(text::count_u64), None) }
            { cell("Processors", cpu.processors.map(text::count_u64), None) }
            { cell("Pressure", pressure.map(|share| text::percent(share, 10_000)), None) }
        </tr>
    }
}

fn cell(label: &'static str, value: Option<String>, title: Option<&'static str>) -> Html {
    html! {
        <td class={classes!("number", value.is_none().then_some("unset"))} data-label={label} {title}>
            { value.unwrap_or_else(|| "\u{2013}".to_owned()) }
        </td>
    }
}

fn quota(cpu: &Cpu) -> Option<String> {
    match (cpu.quota_milli, cpu.outer_quota_milli) {
        (own, Some(outer)) => {
            let own = own.map_or_else(|| "none".to_owned(), |own| format!("{} CPU", cpus(own)));
            Some(format!("{own}; parent cgroup {} CPU", cpus(outer)))
        }
        (Some(own), None) => Some(format!("{} CPU", cpus(own))),
        (None, None) => cpu.no_quota.as_ref().map(|_| "none".to_owned()),
    }
}

fn used(used: Used) -> Option<String> {
    match used {
        Used::Unknown => None,
        Used::Time(time) => Some(text::duration(time.0)),
        Used::Milli(milli) => Some(format!("{} CPU", cpus(milli))),
    }
}

fn throttled(throttled: Throttled) -> String {
    let of = |throttled, periods| {
        format!("{} of {}", text::count_u64(throttled), text::counted_u64(periods, "period", "periods"))
    };
    let share = |part: u64, whole: u64| {
        let whole_or_one = i64::try_from(whole).unwrap_or(i64::MAX).max(1);
        text::percent(i64::try_from(part).unwrap_or(i64::MAX), whole_or_one)
    };
    match throttled {
        Throttled::Unknown => "\u{2013}".to_owned(),
        Throttled::Between { periods: 0, .. } => "no period since the previous snapshot".to_owned(),
        Throttled::Between { throttled, periods } => {
            format!("{} ({})", share(throttled, periods), of(throttled, periods))
        }
        Throttled::Since { throttled, periods } => {
            format!("{} since the cgroup was created", of(throttled, periods))
        }
    }
}

/// What the figures of a snapshot stand on.
fn sources(cpu: &Cpu) -> Vec<Citation> {
    [&cpu.quota_citation, &cpu.periods, &cpu.throttled, &cpu.gomaxprocs_citation, &cpu.pressure]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

/// Each snapshot with the one before.
fn readings<'r>(report: &'r Report, moments: &[&'r ResourceSnapshot]) -> Vec<Reading<'r>> {
    let mut before: Option<(&ResourceSnapshot, &Cpu)> = None;
    let mut readings = Vec::new();
    for &moment in moments {
        let Some(cpu) = &moment.cpu else { continue };
        let apart = before.and_then(|(earlier, _)| apart(report, earlier, moment));
        readings.push(Reading {
            label: &moment.snapshot,
            cpu,
            used: used_since(before.map(|(_, earlier)| earlier), cpu, apart),
            throttled: throttled_since(before.map(|(_, earlier)| earlier), cpu),
        });
        before = Some((moment, cpu));
    }
    readings
}

/// Time between two snapshots of a subject, if both say when they were taken.
fn apart(report: &Report, before: &ResourceSnapshot, after: &ResourceSnapshot) -> Option<i64> {
    let snapshots = &selectors::subject(report, after.subject)?.snapshots;
    let at = |label: &str| Some(snapshots.iter().find(|snapshot| snapshot.label == label)?.captured_at?.0);
    at(&after.snapshot)?.checked_sub(at(&before.snapshot)?).filter(|nanos| *nanos > 0)
}

fn used_since(before: Option<&Cpu>, cpu: &Cpu, apart: Option<i64>) -> Used {
    let rise = || cpu.usage?.0.checked_sub(before?.usage?.0).filter(|nanos| *nanos >= 0);
    let Some(nanos) = rise() else { return Used::Unknown };
    let milli = apart.and_then(|apart| (i128::from(nanos) * 1_000).checked_div(i128::from(apart)));
    milli.and_then(|milli| u64::try_from(milli).ok()).map_or(Used::Time(Nanos(nanos)), Used::Milli)
}

fn throttled_since(before: Option<&Cpu>, cpu: &Cpu) -> Throttled {
    let counters = |cpu: &Cpu| Some((cpu.periods.as_ref()?.finite()?, cpu.throttled.as_ref()?.finite()?));
    let Some((periods, throttled)) = counters(cpu) else { return Throttled::Unknown };
    let earlier = before.and_then(counters);
    // Counters that fell are of another control group: they begin anew.
    let since = earlier.and_then(|(from, of)| Some((periods.checked_sub(from)?, throttled.checked_sub(of)?)));
    match since {
        Some((periods, throttled)) => Throttled::Between { throttled, periods },
        None => Throttled::Since { throttled, periods },
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::session::Session;

    use super::*;

    fn report(files: &[(&str, &str)]) -> Report {
        let mut session = Session::default();
        for (path, text) in files {
            session.add(path, text.as_bytes().to_vec());
        }
        session.report()
    }

    fn rows(report: &Report) -> Vec<(Option<String>, Option<String>, String)> {
        let subjects = by_subject(report);
        let readings = subjects.values().flat_map(|moments| readings(report, moments));
        readings
            .map(|reading| (quota(reading.cpu), used(reading.used), throttled(reading.throttled)))
            .collect()
    }

    #[test]
    fn counters_are_told_between_snapshots_and_the_first_since_the_start() {
        let report = report(&[
            ("shop/t0/cgroup/cpu.max", "60000 100000\n"),
            (
                "shop/t0/cgroup/cpu.stat",
                "usage_usec 1000000\nuser_usec 900000\nsystem_usec 100000\nnr_periods 1000\nnr_throttled 10\nthrottled_usec 5\n",
            ),
            ("shop/t1/cgroup/cpu.max", "60000 100000\n"),
            (
                "shop/t1/cgroup/cpu.stat",
                "usage_usec 6500000\nuser_usec 6000000\nsystem_usec 500000\nnr_periods 1100\nnr_throttled 83\nthrottled_usec 9\n",
            ),
        ]);
        let quota = Some("0.6 CPU".to_owned());
        assert_eq!(
            rows(&report),
            [
                (quota.clone(), None, "10 of 1,000 periods since the cgroup was created".to_owned()),
                (quota, Some("5.50 s".to_owned()), "73.0% (73 of 100 periods)".to_owned()),
            ]
        );
    }

    #[test]
    fn no_quota_is_told_from_a_quota_that_was_not_captured() {
        const STAT: &str = "usage_usec 1000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n";
        let max = report(&[("shop/t0/cgroup/cpu.max", "max 100000\n"), ("shop/t0/cgroup/cpu.stat", STAT)]);
        let absent = report(&[("shop/t0/cgroup/cpu.stat", STAT)]);
        assert_eq!(rows(&max)[0].0.as_deref(), Some("none"));
        assert_eq!(rows(&absent)[0].0, None);
    }

    #[test]
    fn counters_that_fell_are_of_another_group() {
        let cpu = |periods: i64| {
            let figure = |value| {
                Some(Citation {
                    source: analyzer_core::base::source::SourceId(0),
                    at: None,
                    quantity: None,
                    value: Some(value),
                    unit: None,
                })
            };
            Cpu {
                periods: figure(periods),
                throttled: figure(4),
                usage: Some(Nanos(periods)),
                ..Cpu::default()
            }
        };
        assert_eq!(
            throttled_since(Some(&cpu(900)), &cpu(50)),
            Throttled::Since { throttled: 4, periods: 50 }
        );
        assert_eq!(used_since(Some(&cpu(900)), &cpu(50), Some(1_000)), Used::Unknown);
        assert_eq!(used_since(Some(&cpu(50)), &cpu(650), Some(1_000)), Used::Milli(600));
        assert_eq!(throttled_since(None, &Cpu::default()), Throttled::Unknown);
    }
}
