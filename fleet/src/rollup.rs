//! The nights together: what is new, what is gone, what grows; for the page and for the summary.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::night::{Coverage, Night, Pod, STEPS, Seen, SiteFacts, SiteKey, float};
use crate::owners::Owners;

/// Identifies the shape of [`Rollup`].
pub const SCHEMA: &str = "strata-fleet/1";

/// What the last nights say.
#[derive(Clone, Debug, Serialize)]
pub struct Rollup {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// Version of the program.
    pub engine: &'static str,
    /// The last night.
    pub night: String,
    /// The one before, if there is one.
    pub previous: Option<String>,
    /// How a bundle's object becomes a link: `https://store/{object}`.
    pub open: Option<String>,
    /// Coverage by night.
    pub coverage: BTreeMap<String, Coverage>,
    /// Sites, the most first.
    pub sites: Vec<Site>,
    /// Sites that are not among them.
    pub sites_left_out: u64,
    /// Services, those nearest to their limit first.
    pub services: Vec<Service>,
    /// Bytes by step of the reconciliation, over all pods.
    pub memory: Vec<Step>,
    /// Pods of the last night, those nearest to their limit first.
    pub pods: Vec<Pod>,
}

/// What a site is to the night before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The night before looked, and did not have it.
    New,
    /// Both have it.
    Known,
    /// The night before had it, and tonight looked and does not.
    Gone,
    /// Tonight has it, and no night before looked.
    NotComparable,
    /// The night before had it, and tonight did not look.
    NotLooked,
}

/// A leak or another finding, over all pods of a service.
#[derive(Clone, Debug, Serialize)]
pub struct Site {
    /// Its key, together with the service.
    pub site_key: String,
    /// The service.
    pub service: String,
    /// Rule or code.
    pub rule: String,
    /// `leak`, `suspect`, or the severity.
    pub verdict: String,
    /// The function.
    pub function: String,
    /// `file:line`.
    pub place: String,
    /// Its package.
    pub package: String,
    /// Who is asked.
    pub owners: Vec<String>,
    /// What is counted.
    pub unit: String,
    /// Pods that have it.
    pub pods: u64,
    /// Pods of the service that were looked at.
    pub of_pods: u64,
    /// Sum over pods.
    pub amount: i64,
    /// The most in one pod.
    pub worst: i64,
    /// That pod.
    pub worst_pod: String,
    /// Its bundle.
    pub worst_object: String,
    /// Root of the mean square over the pods that were looked at: ranks many small as few large.
    pub rms: f64,
    /// Bytes that it holds at least, all pods together.
    pub bytes: i64,
    /// Sum of the night before.
    pub previous: Option<i64>,
    /// What it is to the night before.
    pub change: Change,
    /// The first night of these that has it.
    pub first_seen: String,
    /// Pods by build.
    pub builds: BTreeMap<String, u64>,
    /// Builds that were looked at and do not have it.
    pub builds_without: Vec<String>,
    /// Growth of a pod in a day.
    pub growth: Option<Slope>,
    /// Days until its bytes alone fill a pod.
    pub days_to_limit: Option<f64>,
}

/// What changes in a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Slope {
    /// Change of the median pod in a day.
    pub per_day: f64,
    /// Standard error; `None` with two nights, and with one.
    pub error: Option<f64>,
    /// Nights that it is of; 1 says: by the age of the processes, a first guess.
    pub nights: u32,
}

/// A service and its memory.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    /// Its name.
    pub service: String,
    /// Pods.
    pub pods: u64,
    /// Share of the limit that cannot be taken back, of the median pod.
    pub median_share: Option<f64>,
    /// Of the worst.
    pub worst_share: Option<f64>,
    /// Pods over 80% of it.
    pub over_80: u64,
    /// Growth of what cannot be taken back, in bytes a day.
    pub growth: Option<Slope>,
    /// Days until the median pod is at its limit.
    pub days_to_limit: Option<f64>,
    /// Bytes by step of the reconciliation.
    pub memory: BTreeMap<String, i64>,
}

/// A step of the reconciliation, over all pods.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Pods that it is known of.
    pub pods: u64,
    /// All together.
    pub bytes: i64,
    /// The most in one pod.
    pub most: i64,
}

/// Sites that a roll-up lists: more than people look at, and few enough for a page.
const SITES: usize = 5_000;

/// Puts nights together; `None` without one.
pub fn roll_up(nights: &BTreeMap<String, Night>, owners: &Owners, open: Option<String>) -> Option<Rollup> {
    let (date, last) = nights.last_key_value()?;
    let previous = nights.range(..date.clone()).next_back();
    let keys: BTreeSet<&SiteKey> =
        last.sites.keys().chain(previous.iter().flat_map(|(_, night)| night.sites.keys())).collect();
    let mut sites: Vec<Site> =
        keys.into_iter().filter_map(|key| site(key, nights, date, last, previous, owners)).collect();
    sites.sort_by(|a, b| {
        let is_gone = |site: &Site| site.pods == 0;
        let is_counted = |site: &Site| site.unit != "goroutines";
        (is_gone(a), is_counted(a), &a.verdict)
            .cmp(&(is_gone(b), is_counted(b), &b.verdict))
            .then(b.rms.total_cmp(&a.rms))
            .then(a.service.cmp(&b.service))
            .then(a.site_key.cmp(&b.site_key))
    });
    let sites_left_out = sites.len().saturating_sub(SITES) as u64;
    sites.truncate(SITES);
    let mut pods = last.pods.clone();
    pods.sort_by(|a, b| {
        let share = |pod: &Pod| pod.share().unwrap_or(-1.0);
        share(b).total_cmp(&share(a)).then_with(|| a.object.cmp(&b.object))
    });
    Some(Rollup {
        schema: SCHEMA,
        engine: env!("CARGO_PKG_VERSION"),
        night: date.clone(),
        previous: previous.map(|(date, _)| date.clone()),
        open,
        coverage: nights.iter().map(|(date, night)| (date.clone(), night.coverage.clone())).collect(),
        services: services(nights, last),
        memory: memory(last),
        sites,
        sites_left_out,
        pods,
    })
}

fn site(
    key: &SiteKey,
    nights: &BTreeMap<String, Night>,
    date: &str,
    last: &Night,
    previous: Option<(&String, &Night)>,
    owners: &Owners,
) -> Option<Site> {
    let (service, site_key) = key;
    let now = last.sites.get(key);
    let before = previous.and_then(|(_, night)| night.sites.get(key));
    let facts = &now.or(before)?.facts;
    let none = BTreeMap::new();
    let pods = now.map_or(&none, |site| &site.pods);
    let of_service = last.services.get(service);
    let of_pods = of_service
        .map_or(0, |of| if facts.unit == "goroutines" { of.with_dump.len() } else { of.pods.len() });
    let squares: f64 = pods.values().map(|seen| float(seen.amount) * float(seen.amount)).sum();
    let counted = of_pods.max(pods.len()).max(1);
    let worst = pods.iter().max_by(|a, b| a.1.amount.cmp(&b.1.amount).then(b.0.cmp(a.0)));
    let mut builds: BTreeMap<String, u64> = BTreeMap::new();
    pods.values().for_each(|seen| *builds.entry(seen.build.clone()).or_default() += 1);
    let without = of_service.map(|of| {
        let builds = of
            .builds()
            .into_iter()
            .filter(|build| !builds.contains_key(*build) && of.looked(facts, Some(build)) > 0);
        builds.map(str::to_owned).collect::<Vec<_>>()
    });
    let growth = growth(key, nights, date, |seen| seen.amount);
    let of_bytes = growth_of_bytes(key, nights, date, facts);
    let first_seen = nights.iter().find(|(_, night)| night.sites.contains_key(key));
    Some(Site {
        site_key: site_key.clone(),
        service: service.clone(),
        rule: facts.rule.clone(),
        verdict: facts.verdict.clone(),
        function: facts.function.clone(),
        place: facts.place.clone(),
        package: facts.package.clone(),
        owners: owners.of(service, &facts.package).to_vec(),
        unit: facts.unit.clone(),
        pods: pods.len() as u64,
        of_pods: of_pods.max(pods.len()) as u64,
        amount: pods.values().map(|seen| seen.amount).sum(),
        worst: worst.map_or(0, |(_, seen)| seen.amount),
        worst_pod: worst.map(|(pod, _)| pod.clone()).unwrap_or_default(),
        worst_object: worst.map(|(_, seen)| seen.object.clone()).unwrap_or_default(),
        rms: (squares / float(counted as i64)).sqrt(),
        bytes: pods.values().map(|seen| seen.bytes).sum(),
        previous: before.map(|site| site.pods.values().map(|seen| seen.amount).sum()),
        change: change(service, facts, now.is_some(), before.is_some(), last, previous),
        first_seen: first_seen.map(|(date, _)| date.clone()).unwrap_or_default(),
        builds,
        builds_without: without.unwrap_or_default(),
        days_to_limit: of_bytes.and_then(|slope| days_to_limit(last, service, slope.per_day)),
        growth,
    })
}

fn change(
    service: &str,
    facts: &SiteFacts,
    is_now: bool,
    was_before: bool,
    last: &Night,
    previous: Option<(&String, &Night)>,
) -> Change {
    let looked = |night: &Night| night.services.get(service).is_some_and(|of| of.looked(facts, None) > 0);
    match (is_now, was_before) {
        (true, true) => Change::Known,
        (true, false) if previous.is_some_and(|(_, night)| looked(night)) => Change::New,
        (true, false) => Change::NotComparable,
        (false, _) if looked(last) => Change::Gone,
        (false, _) => Change::NotLooked,
    }
}

/// A kind of pods that compare over nights.
type Series<'a> = (&'a str, &'a str);

/// The steepest slope among the pods of one cluster and build: pods are replaced, builds restart what grows.
fn growth(
    key: &SiteKey,
    nights: &BTreeMap<String, Night>,
    date: &str,
    of: impl Fn(&Seen) -> i64 + Copy,
) -> Option<Slope> {
    let mut series: BTreeMap<Series<'_>, Vec<(f64, f64)>> = BTreeMap::new();
    for (day, night) in nights {
        let Some((site, number)) = night.sites.get(key).zip(day_number(day)) else { continue };
        let mut pods: BTreeMap<Series<'_>, Vec<f64>> = BTreeMap::new();
        for seen in site.pods.values() {
            pods.entry((&seen.cluster, &seen.build)).or_default().push(float(of(seen)));
        }
        for (kind, values) in pods {
            series.entry(kind).or_default().extend(median(values).map(|value| (number, value)));
        }
    }
    let today = day_number(date)?;
    let is_current = |points: &&Vec<(f64, f64)>| points.last().is_some_and(|(day, _)| *day == today);
    let slopes = series.values().filter(is_current).filter_map(|points| slope(points));
    slopes.max_by(|a, b| a.per_day.total_cmp(&b.per_day)).or_else(|| by_age(key, nights.get(date)?, of))
}

fn growth_of_bytes(
    key: &SiteKey,
    nights: &BTreeMap<String, Night>,
    date: &str,
    facts: &SiteFacts,
) -> Option<Slope> {
    let has_bytes = matches!(facts.unit.as_str(), "goroutines" | "bytes");
    if has_bytes { growth(key, nights, date, |seen| seen.bytes) } else { None }
}

/// By the age of the processes: of the median pod, as if it had grown from nothing.
fn by_age(key: &SiteKey, night: &Night, of: impl Fn(&Seen) -> i64) -> Option<Slope> {
    let site = night.sites.get(key)?;
    // Minutes of life tell nothing of days.
    let aged =
        site.pods.values().filter_map(|seen| Some((seen, seen.age_days.filter(|&age| age >= 1.0 / 24.0)?)));
    let per_day = median(aged.map(|(seen, age)| float(of(seen)) / age).collect())?;
    Some(Slope { per_day, error: None, nights: 1 })
}

/// Least squares over nights.
fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    let count = float(points.len() as i64);
    if points.len() < 2 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x) * (point.0 - x)).sum();
    if spread <= 0.0 {
        return None;
    }
    let per_day = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
    let rest: f64 = points.iter().map(|point| (point.1 - y - per_day * (point.0 - x)).powi(2)).sum();
    let error = (points.len() > 2).then(|| (rest / (count - 2.0) / spread).sqrt());
    Some(Slope { per_day, error, nights: u32::try_from(points.len()).unwrap_or(u32::MAX) })
}

/// Days until the median pod of a service is full at so many bytes a day.
fn days_to_limit(night: &Night, service: &str, per_day: f64) -> Option<f64> {
    let room = night.services.get(service)?.memory.values().map(|(held, limit)| float((limit - held).max(0)));
    let room = median(room.collect())?;
    (per_day > 0.0).then(|| room / per_day)
}

fn services(nights: &BTreeMap<String, Night>, last: &Night) -> Vec<Service> {
    let mut services: Vec<Service> = last
        .services
        .iter()
        .map(|(name, night)| {
            let pods = || last.pods.iter().filter(|pod| pod.service == *name);
            let shares: Vec<f64> = pods().filter_map(Pod::share).collect();
            let mut memory: BTreeMap<String, i64> = BTreeMap::new();
            for (id, bytes) in pods().flat_map(|pod| &pod.memory) {
                *memory.entry(id.clone()).or_default() += bytes;
            }
            let growth = held_growth(nights, name);
            Service {
                service: name.clone(),
                pods: night.pods.len() as u64,
                median_share: median(shares.clone()),
                worst_share: shares.iter().copied().max_by(f64::total_cmp),
                over_80: shares.iter().filter(|&&share| share > 0.8).count() as u64,
                growth,
                days_to_limit: growth.and_then(|slope| days_to_limit(last, name, slope.per_day)),
                memory,
            }
        })
        .collect();
    services.sort_by(|a, b| {
        let share = |service: &Service| service.worst_share.unwrap_or(-1.0);
        share(b).total_cmp(&share(a)).then_with(|| a.service.cmp(&b.service))
    });
    services
}

/// Growth of what the pods of a service hold, by builds that are in several nights.
fn held_growth(nights: &BTreeMap<String, Night>, service: &str) -> Option<Slope> {
    let mut series: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for (day, night) in nights {
        let Some((of, number)) = night.services.get(service).zip(day_number(day)) else { continue };
        let mut held: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for ((build, _), (bytes, _)) in &of.memory {
            held.entry(build).or_default().push(float(*bytes));
        }
        for (build, bytes) in held {
            series.entry(build).or_default().extend(median(bytes).map(|bytes| (number, bytes)));
        }
    }
    let today = nights.last_key_value().and_then(|(day, _)| day_number(day));
    let current = series.values().filter(|points| points.last().map(|point| point.0) == today);
    current.filter_map(|points| slope(points)).max_by(|a, b| a.per_day.total_cmp(&b.per_day))
}

fn memory(night: &Night) -> Vec<Step> {
    let of = |id: &&str| {
        let bytes: Vec<i64> = night.pods.iter().filter_map(|pod| pod.memory.get(*id)).copied().collect();
        Step {
            id: (*id).to_owned(),
            pods: bytes.len() as u64,
            bytes: bytes.iter().sum(),
            most: bytes.iter().copied().max().unwrap_or(0),
        }
    };
    let mut steps: Vec<Step> = STEPS.iter().map(of).filter(|step| step.pods > 0).collect();
    steps.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.id.cmp(&b.id)));
    steps
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((low + high) / 2.0)
}

/// Days since some day, for differences.
fn day_number(date: &str) -> Option<f64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    Some(float(year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_over_nights_has_an_error_from_three_on() {
        let line = slope(&[(0.0, 10.0), (1.0, 20.0), (2.0, 30.0)]).unwrap();
        assert_eq!((line.per_day, line.error, line.nights), (10.0, Some(0.0), 3));
        let bent = slope(&[(0.0, 10.0), (1.0, 26.0), (2.0, 30.0)]).unwrap();
        assert!((bent.per_day - 10.0).abs() < 1e-9 && bent.error.is_some_and(|error| error > 3.0));
        assert_eq!(slope(&[(0.0, 10.0), (1.0, 20.0)]).and_then(|line| line.error), None);
        assert_eq!(slope(&[(0.0, 10.0)]), None);
    }

    #[test]
    fn days_are_counted_over_ends_of_months_and_years() {
        let between = |from, to| day_number(to).unwrap() - day_number(from).unwrap();
        assert_eq!(between("2026-11-29", "2026-12-01"), 2.0);
        assert_eq!(between("2023-12-31", "2024-03-01"), 61.0);
        assert_eq!(between("2026-02-28", "2026-03-01"), 1.0);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(vec![9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(vec![]), None);
    }
}
