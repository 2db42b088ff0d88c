//! The seven questions in text, coverage first.

use std::fmt::Write as _;

use analyzer_core::base::units::Bytes;
use analyzer_core::report::number_format::{bytes, count, count_u64};

use crate::night::Coverage;
use crate::rollup::{Change, Rollup, Service, Site, Slope};

/// Rows of a list.
const ROWS: usize = 10;

/// The answers.
pub fn print(rollup: &Rollup) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = answers(rollup, &mut text);
    text
}

fn answers(rollup: &Rollup, out: &mut String) -> std::fmt::Result {
    writeln!(out, "Night of {}", rollup.night)?;
    if let Some(coverage) = rollup.coverage.get(&rollup.night) {
        writeln!(out, "{}", looked_at(coverage, rollup.services.len()))?;
    }
    match &rollup.previous {
        Some(previous) => {
            writeln!(out, "Compared with {previous}; {} nights in total", rollup.coverage.len())?
        }
        None => writeln!(out, "No earlier night: new, gone and growing cannot be determined")?,
    }
    let leaks: Vec<&Site> =
        rollup.sites.iter().filter(|site| site.verdict == "leak" && site.pods > 0).collect();
    let suspects: Vec<&Site> =
        rollup.sites.iter().filter(|site| site.verdict == "suspect" && site.pods > 0).collect();

    writeln!(out, "\n1. Where do goroutines leak?")?;
    list(out, &leaks, |site| leak(site))?;
    if !suspects.is_empty() {
        writeln!(out, "   Suspected, by the same order:")?;
        list(out, &suspects, |site| leak(site))?;
    }

    writeln!(out, "\n2. What is new, and what is gone?")?;
    let of =
        |change: Change| rollup.sites.iter().filter(move |site| site.change == change).collect::<Vec<_>>();
    let (new, gone) = (of(Change::New), of(Change::Gone));
    if rollup.previous.is_none() {
        writeln!(out, "   unknown: there is no earlier night")?;
    }
    list(out, &new, |site| {
        format!("new   {}  {} of {} pods{}", what(site), site.pods, site.of_pods, versions(site))
    })?;
    list(out, &gone, |site| format!("gone  {}  {} before", what(site), count(site.previous.unwrap_or(0))))?;
    for (change, words) in [
        (Change::NotComparable, "present, but not checked in any earlier night"),
        (Change::NotLooked, "present earlier, but not checked tonight"),
    ] {
        let sites = of(change);
        if !sites.is_empty() {
            writeln!(out, "   {} sites {words}", sites.len())?;
        }
    }

    writeln!(out, "\n3. What grows, and how long does it last?")?;
    let grows = |slope: &Option<Slope>| slope.is_some_and(|slope| slope.per_day > 0.0);
    let mut growing: Vec<&Site> =
        rollup.sites.iter().filter(|site| site.pods > 0 && site.days_to_limit.is_some()).collect();
    growing.sort_by(|a, b| {
        let days = |site: &Site| site.days_to_limit.unwrap_or(f64::MAX);
        days(a).total_cmp(&days(b)).then_with(|| a.site_key.cmp(&b.site_key))
    });
    list(out, &growing, |site| {
        let days = site
            .days_to_limit
            .map(|days| format!(", {} days to the limit by its least bytes", rounded(days)));
        format!("{}  {} a pod{}", what(site), per_day(site.growth, &site.unit), days.unwrap_or_default())
    })?;
    let services: Vec<&Service> = rollup.services.iter().filter(|service| grows(&service.growth)).collect();
    if !services.is_empty() {
        writeln!(out, "   Unreclaimable memory, by service:")?;
        list(out, &services, |service| {
            let days = service.days_to_limit.map(|days| format!(", {} days to the limit", rounded(days)));
            format!(
                "{}  {} a pod{}",
                service.service,
                per_day(service.growth, "bytes"),
                days.unwrap_or_default()
            )
        })?;
    }

    writeln!(out, "\n4. Which pods will be OOM-killed next?")?;
    let near: Vec<&Service> = rollup.services.iter().filter(|service| service.over_80 > 0).collect();
    list(out, &near, |service| {
        format!(
            "{}  {} pods over 80% of their limit, not counting reclaimable memory; worst {}, median {}",
            service.service,
            count_u64(service.over_80),
            share(service.worst_share),
            share(service.median_share)
        )
    })?;

    writeln!(out, "\n5. What is memory spent on?")?;
    let steps: Vec<_> = rollup.memory.iter().collect();
    let all = steps.len();
    rows(out, &steps, all, |step| {
        format!(
            "{:<12} {:>12}  in {} pods, at most {}",
            step.id,
            size(step.bytes),
            count_u64(step.pods),
            size(step.most)
        )
    })?;

    writeln!(out, "\n6. Where is memory wasted?")?;
    let waste =
        |service: &Service, ids: &[&str]| ids.iter().filter_map(|id| service.memory.get(*id)).sum::<i64>();
    let mut wasteful: Vec<&Service> =
        rollup.services.iter().filter(|of| waste(of, &["garbage", "idle"]) > 0).collect();
    wasteful.sort_by(|a, b| {
        let own = |service: &Service| waste(service, &["garbage", "idle"]);
        own(b).cmp(&own(a)).then_with(|| a.service.cmp(&b.service))
    });
    list(out, &wasteful, |service| {
        let part = |id: &str| size(waste(service, &[id]));
        format!(
            "{}  garbage {}, idle heap {}, page cache {}, unused limit {}",
            service.service,
            part("garbage"),
            part("idle"),
            part("file-cache"),
            part("headroom")
        )
    })?;

    writeln!(out, "\n7. What was not checked?")?;
    for (date, coverage) in &rollup.coverage {
        writeln!(out, "   {date}: {}", gaps(coverage))?;
    }
    let failed: Vec<_> = rollup.pods.iter().filter(|pod| pod.error.is_some()).collect();
    list(out, &failed, |pod| format!("{}  {}", pod.object, pod.error.as_deref().unwrap_or_default()))
}

fn list<T>(out: &mut String, rows_of: &[T], line: impl Fn(&T) -> String) -> std::fmt::Result {
    rows(out, rows_of, ROWS, line)
}

fn rows<T>(out: &mut String, rows: &[T], limit: usize, line: impl Fn(&T) -> String) -> std::fmt::Result {
    if rows.is_empty() {
        return writeln!(out, "   none");
    }
    for row in rows.iter().take(limit) {
        writeln!(out, "   {}", line(row))?;
    }
    if rows.len() > limit {
        writeln!(out, "   and {} more", rows.len() - limit)?;
    }
    Ok(())
}

fn looked_at(coverage: &Coverage, services: usize) -> String {
    format!("{} bundles of {services} services; {}", count_u64(coverage.bundles), gaps(coverage))
}

fn gaps(coverage: &Coverage) -> String {
    let parts = [
        (coverage.failed, "unreadable"),
        (coverage.partial, "with a part missing"),
        (coverage.no_dump, "without a goroutine dump"),
        (coverage.one_dump, "with one dump only"),
        (coverage.no_heap, "without a heap profile"),
        (coverage.no_cgroup, "without cgroup files"),
        (coverage.no_limit, "without a limit"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, words)| format!("{} {words}", count_u64(*number))).collect();
    if parts.is_empty() { "all of it was read".to_owned() } else { parts.join(", ") }
}

fn what(site: &Site) -> String {
    let place = if site.place.is_empty() { String::new() } else { format!(" ({})", site.place) };
    let owners = if site.owners.is_empty() { String::new() } else { format!(" [{}]", site.owners.join(" ")) };
    let rule =
        if site.function.is_empty() { site.rule.clone() } else { format!("{} {}", site.rule, site.function) };
    format!("{}  {rule}{place}{owners}", site.service)
}

fn leak(site: &Site) -> String {
    format!(
        "{}  {} of {} pods, {} goroutines, at most {}, {} at least",
        what(site),
        site.pods,
        site.of_pods,
        count(site.amount),
        count(site.worst),
        size(site.bytes)
    )
}

fn versions(site: &Site) -> String {
    if site.builds_without.is_empty() { String::new() } else { ", not in other builds of tonight".to_owned() }
}

fn per_day(slope: Option<Slope>, unit: &str) -> String {
    let Some(slope) = slope else { return "growth unknown".to_owned() };
    let amount = |value: f64| if unit == "bytes" { size(whole(value)) } else { rounded(value) };
    let sign = if slope.per_day < 0.0 { '-' } else { '+' };
    let error = slope.error.map(|error| format!(" ± {}", amount(error))).unwrap_or_default();
    let unit = if unit == "bytes" { String::new() } else { format!(" {unit}") };
    let by = match slope.nights {
        1 => "by the age of the processes".to_owned(),
        nights => format!("over {nights} nights"),
    };
    format!("{sign}{}{error}{unit} per day ({by})", amount(slope.per_day.abs()))
}

fn size(value: i64) -> String {
    bytes(Bytes(value))
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "unknown".to_owned(), |share| format!("{}%", rounded(share * 100.0)))
}

fn rounded(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:.1}") } else { count(whole(value)) }
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates, and no figure is near the ends")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
