//! What one dump, or several, say of a group in figures.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::super::grouping::{Group, MemberRow, Population};
use super::super::series::Series;
use crate::base::convert::{to_f64, to_u64};

/// Members at which a single dump can show a ramp.
const RAMP_MEMBERS: u64 = 8;
/// Share of the ids between first and last member that may be members, in percent:
/// pools are started in one go and have neighbouring ids.
const RAMP_DENSITY_PERCENT: u64 = 25;
/// Share of all ids of the dump that the members must span, in percent.
const RAMP_SPAN_PERCENT: u64 = 30;
/// Distinct ages that a ramp must have.
const RAMP_AGES: u64 = 4;
/// Where the median age must lie between 0 and the oldest, in percent:
/// arrivals at a steady rate that never end have it in the middle.
const RAMP_MEDIAN_PERCENT: std::ops::RangeInclusive<u64> = 25..=75;

/// Facts of the last dump that rules of several groups share.
#[derive(Clone, Debug)]
pub struct Census {
    /// Group of each goroutine.
    pub group_of: FxHashMap<u64, usize>,
    /// Children of each goroutine.
    pub children: FxHashMap<u64, Vec<u64>>,
    /// Lowest and highest id.
    pub ids: Option<(u64, u64)>,
    /// Goroutines that nobody is said to have started, without main.
    pub orphans: u64,
    /// Goroutines that somebody started.
    pub created: u64,
}

impl Census {
    /// Looks at the last dump of a series.
    pub fn new(series: &Series) -> Self {
        let mut census = Self {
            group_of: FxHashMap::default(),
            children: FxHashMap::default(),
            ids: None,
            orphans: 0,
            created: 0,
        };
        for (index, group) in series.groups.iter().enumerate() {
            for member in &group.last().members {
                census.group_of.insert(member.goid, index);
                let has_creator = group.creator.is_some() || member.parent.is_some();
                census.created += u64::from(has_creator);
                census.orphans += u64::from(!has_creator && member.goid != 1);
                if let Some(parent) = member.parent {
                    census.children.entry(parent).or_default().push(member.goid);
                }
            }
        }
        let ids = census.group_of.keys().copied();
        census.ids = ids.clone().min().zip(ids.max());
        census
    }
}

/// Accumulation that one dump alone shows: old and young members side by side,
/// with ids far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// Members.
    pub members: u64,
    /// Age of the oldest, in printed minutes.
    pub oldest: u32,
    /// Age of the one in the middle.
    pub median: u32,
    /// Distinct ages.
    pub ages: u64,
    /// Members for each hundred ids of their range.
    pub density_percent: u64,
}

/// The ramp of a group, if its ids and ages form one. `floor` is the least
/// figure of printed minutes that proves waiting.
pub fn ramp(group: &Group, census: &Census, floor: u32) -> Option<Ramp> {
    let members = &group.last().members;
    let count = to_u64(members.len());
    if count < RAMP_MEMBERS {
        return None;
    }
    let (first, last) = (members.first()?.goid, members.last()?.goid);
    let (lowest, highest) = census.ids?;
    let range = last - first + 1;
    let density_percent = percent_of(count, range);
    let span_percent = percent_of(range, highest - lowest + 1);
    if density_percent > RAMP_DENSITY_PERCENT || span_percent < RAMP_SPAN_PERCENT {
        return None;
    }
    let ages = sorted_ages(members);
    let (oldest, median) = (*ages.last()?, *ages.get(ages.len() / 2)?);
    let distinct = to_u64(ages.iter().collect::<BTreeSet<_>>().len());
    let is_middle = RAMP_MEDIAN_PERCENT.contains(&percent_of(u64::from(median), u64::from(oldest)));
    (distinct >= RAMP_AGES && is_middle && median >= floor).then_some(Ramp {
        members: count,
        oldest,
        median,
        ages: distinct,
        density_percent,
    })
}

/// Members for each hundred ids between the first and the last; 0 without ids.
pub fn density_percent(group: &Group) -> u64 {
    let members = &group.last().members;
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return 0 };
    percent_of(to_u64(members.len()), last.goid - first.goid + 1)
}

/// Printed minutes, ascending; a member without counts as 0.
fn sorted_ages(members: &[MemberRow]) -> Vec<u32> {
    let mut ages: Vec<u32> = members.iter().map(|member| member.minutes.unwrap_or(0)).collect();
    ages.sort_unstable();
    ages
}

/// The members that are known one by one: of the last dump, or of an earlier one where
/// later ones only count, and count no fewer.
pub fn named(group: &Group) -> &[MemberRow] {
    let last = group.last();
    let named = group.at.iter().rev().find(|population| !population.members.is_empty());
    let since = || group.at.iter().rev().take_while(|population| population.members.is_empty());
    match named {
        Some(named) if since().all(|population| population.count >= named.count) => &named.members,
        _ => &last.members,
    }
}

/// Members that print at least `minutes`.
pub fn waited(group: &Group, minutes: u32) -> u64 {
    let waited = |member: &&MemberRow| member.minutes.is_some_and(|printed| printed >= minutes);
    to_u64(named(group).iter().filter(waited).count())
}

/// Shortest printed wait of the last dump; 0 if a member prints none, as young ones do.
pub fn youngest(series: &Series, index: usize) -> u32 {
    let members = series.groups.get(index).map(|group| &group.last().members);
    let minutes = members.into_iter().flatten().map(|member| member.minutes.unwrap_or(0));
    minutes.min().unwrap_or(0)
}

/// Members of the last dump that were born since the dump before.
pub fn births(group: &Group) -> Vec<&MemberRow> {
    let before = group.at.len().checked_sub(2).and_then(|moment| group.at.get(moment));
    let newest = before.and_then(|before| before.members.last()).map_or(0, |member| member.goid);
    group.last().members.iter().filter(|member| member.goid > newest).collect()
}

/// Distinct printed waits of those that were born since the dump before.
pub fn ages_of_births(group: &Group) -> usize {
    births(group).into_iter().map(|member| member.minutes).collect::<BTreeSet<_>>().len()
}

/// Longest printed wait of those that are known one by one.
pub fn longest(group: &Group) -> Option<u32> {
    named(group).iter().filter_map(|member| member.minutes).max()
}

/// Births, over the steps of the last process, with nobody ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Members at the first and the last moment of the process.
    pub from: u64,
    /// Members at the last moment.
    pub to: u64,
    /// Births over all steps.
    pub births: u64,
    /// Members that ended, over all steps.
    pub deaths: u64,
    /// Steps; each has births.
    pub steps: u64,
    /// Survivors of the last step whose printed minutes rose in it.
    pub risen: u64,
    /// Members before the last step.
    pub before: u64,
    /// True if clearly fewer were born in the last step than in the first.
    pub is_slowing: bool,
}

/// Least share of a group that must outlive a step, in percent.
const SURVIVAL_PERCENT: u64 = 95;

/// Settled members from which their staying says something.
const SETTLED_MEMBERS: usize = 4;

/// True if most had waited for a minute before the step, and those are still at
/// their place: only the newly born come and go.
fn settled_stay(before: &Population, after: &Population) -> bool {
    let settled: Vec<u64> =
        before.members.iter().filter(|member| member.minutes.is_some()).map(|member| member.goid).collect();
    let stays = |goid: &&u64| after.members.binary_search_by_key(*goid, |member| member.goid).is_ok();
    let stayed = to_u64(settled.iter().filter(stays).count());
    settled.len() >= SETTLED_MEMBERS
        && to_u64(settled.len()) * 2 >= before.count
        && stayed * 100 >= to_u64(settled.len()) * SURVIVAL_PERCENT
}

/// Members of a dump up to which it says nothing of who stays, if none has waited a minute.
const EARLY_MEMBERS: u64 = 8;

/// True for the few of a dump that was taken before anybody had settled, if half of them
/// stay: the next step tells whether those who settle do.
fn is_early(before: &Population, survivors: u64) -> bool {
    before.count <= EARLY_MEMBERS
        && before.members.iter().all(|member| member.minutes.is_none())
        && survivors * 2 >= before.count
}

/// The growth of a group: births in every step, the count rising in every
/// step, and at least 95% of each cohort alive at the end of its step, or of
/// those of it that had settled.
pub fn growth(series: &Series, index: usize) -> Option<Growth> {
    let group = series.groups.get(index)?;
    let first = series.first_of_last_process();
    let counts = group.at.get(first..)?;
    let mut growth =
        Growth { from: 0, to: 0, births: 0, deaths: 0, steps: 0, risen: 0, before: 0, is_slowing: false };
    let mut rates = Vec::new();
    growth.from = counts.first()?.count;
    for (at, (step, pair)) in series.last_steps().iter().zip(counts.windows(2)).enumerate() {
        let change = step.changes.get(index).copied().flatten()?;
        let [before, after] = pair else { return None };
        let is_kept = change.survivors * 100 >= before.count * SURVIVAL_PERCENT;
        let next = counts.get(at + 2);
        let is_kept = is_kept
            || settled_stay(before, after)
            || is_early(before, change.survivors) && next.is_some_and(|next| settled_stay(after, next));
        if change.births == 0 || after.count <= before.count || !is_kept {
            return None;
        }
        rates.push((change.births, step.minutes));
        growth.births += change.births;
        growth.deaths += change.deaths;
        growth.steps += 1;
        growth.risen = change.risen;
        growth.before = before.count;
        growth.to = after.count;
    }
    growth.is_slowing = slows_down(&rates);
    // Without a survivor nothing shows that members stay.
    let has_survivors = counts.iter().rev().skip(1).any(|population| population.count > 0);
    (growth.steps > 0 && has_survivors).then_some(growth)
}

/// Members fewer in the last step than in the first from which that is no chance.
const SLOWER: u64 = 3;

/// True if less than half as many came in the last step as in the first: for each
/// minute, where both state their length, else as if all steps were as long. What
/// fills up to a bound slows down, what leaks does not.
fn slows_down(steps: &[(u64, Option<f64>)]) -> bool {
    let [(first, first_minutes), .., (last, last_minutes)] = steps else { return false };
    let (before, after) =
        first_minutes.zip(*last_minutes).filter(|(a, b)| *a > 0.0 && *b > 0.0).unwrap_or((1.0, 1.0));
    first.saturating_sub(*last) >= SLOWER && to_f64(*last) / after * 2.0 < to_f64(*first) / before
}

/// Counts that rise, for forms that name no goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountGrowth {
    /// The first count.
    pub from: u64,
    /// The last count.
    pub to: u64,
    /// Moments.
    pub moments: u64,
    /// True if the last step is clearly lower than the first.
    pub is_slowing: bool,
    /// True if all steps are as high, to a tenth.
    pub is_even: bool,
    /// True if the rise is small, and only its evenness says something.
    pub is_small: bool,
}

impl CountGrowth {
    /// True if the count doubles and rises by [`COUNT_RISE_AT_ONCE`].
    pub const fn is_strong(&self) -> bool {
        self.to >= self.from * 2 && self.to - self.from >= COUNT_RISE_AT_ONCE
    }
}

/// Rise over three moments or more from which counts alone say something.
const COUNT_RISE: u64 = 4;
/// The same, where all steps are as high.
const COUNT_RISE_EVEN: u64 = 2;
/// Rise from which even two moments do, if the count also doubles.
const COUNT_RISE_AT_ONCE: u64 = 10;

/// True if the lowest and the highest differ by a tenth at most.
fn are_even(rises: &[u64]) -> bool {
    let (low, high) = (rises.iter().min().copied(), rises.iter().max().copied());
    low.zip(high).is_some_and(|(low, high)| (high - low).saturating_mul(10) <= high)
}

/// Counts that rise in every step of at least three moments; or that double
/// and rise by ten in two.
pub fn count_growth(series: &Series, index: usize) -> Option<CountGrowth> {
    // Where every dump names its goroutines, those tell more.
    let is_mixed = series.moments.iter().any(|moment| moment.has_ids);
    if is_mixed && series.moments.iter().all(|moment| moment.has_ids) {
        return None;
    }
    let counts = series.groups.get(index)?.counts();
    let (from, to) = (*counts.first()?, *counts.last()?);
    // What only one form tells apart is new in another.
    if is_mixed && from == 0 {
        return None;
    }
    let rises: Option<Vec<u64>> = counts
        .windows(2)
        .map(|pair| match pair {
            [before, after] => after.checked_sub(*before).filter(|rise| *rise > 0),
            _ => None,
        })
        .collect();
    let rises = rises?;
    let rise = to.saturating_sub(from);
    let is_even = from > 0 && rise >= COUNT_RISE_EVEN && are_even(&rises);
    let is_many = counts.len() >= 3;
    let is_steady = is_many && rise >= COUNT_RISE;
    let is_jump = from > 0 && to >= from * 2 && rise >= COUNT_RISE_AT_ONCE;
    let minutes = series.last_steps().iter().map(|step| step.minutes);
    let steps: Vec<(u64, Option<f64>)> = rises.iter().copied().zip(minutes).collect();
    (is_steady || is_jump || is_many && is_even).then(|| CountGrowth {
        from,
        to,
        moments: to_u64(counts.len()),
        is_slowing: slows_down(&steps),
        is_even,
        is_small: !is_steady && !is_jump,
    })
}

/// Members that must have ended, and stayed, for their order to say something.
const ORDERED_MEMBERS: usize = 3;

/// How many of the dump before ended, if all of them are older than all that
/// stayed, and new ones were born.
pub fn oldest_ended(series: &Series, index: usize, census: &Census) -> Option<u64> {
    let change = series.last_steps().last()?.changes.get(index).copied().flatten()?;
    let group = series.groups.get(index)?;
    let before = group.at.len().checked_sub(2).and_then(|moment| group.at.get(moment))?;
    let (stayed, ended): (Vec<u64>, Vec<u64>) =
        before.members.iter().map(|member| member.goid).partition(|goid| census.group_of.contains_key(goid));
    let is_ordered = ended.iter().max()? < stayed.iter().min()?;
    let is_many = ended.len() >= ORDERED_MEMBERS && stayed.len() >= ORDERED_MEMBERS;
    (is_ordered && is_many && change.births > 0).then(|| to_u64(ended.len()))
}

/// Steps over which a goroutine that is always at one place is taken to stand there.
const STANDING_STEPS: usize = 2;

/// True if all members were at this place, with the same ids, in every one of three
/// dumps or more of the process.
pub fn stood(series: &Series, index: usize) -> bool {
    series.last_steps().len() >= STANDING_STEPS && stayed(series, index)
}

/// The same of one goroutine.
pub fn stood_at(series: &Series, census: &Census, goid: u64) -> bool {
    let group = census.group_of.get(&goid).and_then(|&index| series.groups.get(index));
    let moments = group.and_then(|group| group.at.get(series.first_of_last_process()..));
    series.last_steps().len() >= STANDING_STEPS
        && moments.is_some_and(|moments| moments.iter().all(|moment| moment.has(goid)))
}

/// True if all members were at this place in every dump of the process, of two or
/// more, and no printed wait became shorter.
pub fn stayed(series: &Series, index: usize) -> bool {
    let Some(group) = series.groups.get(index) else { return false };
    let Some((last, before)) =
        group.at.get(series.first_of_last_process()..).and_then(<[Population]>::split_last)
    else {
        return false;
    };
    let is_still_there = |member: &MemberRow| {
        before.iter().all(|moment| {
            moment
                .member(member.goid)
                .is_some_and(|known| known.minutes.unwrap_or(0) <= member.minutes.unwrap_or(0))
        })
    };
    !before.is_empty() && !last.members.is_empty() && last.members.iter().all(is_still_there)
}

/// Survivors of the last step that did not move, and the members before it.
pub fn aged(series: &Series, index: usize) -> Option<(u64, u64)> {
    let step = series.last_steps().last()?;
    let change = step.changes.get(index).copied().flatten()?;
    let group = series.groups.get(index)?;
    let before = group.at.len().checked_sub(2).and_then(|moment| group.at.get(moment))?;
    Some((change.aged, before.count))
}

/// `part` of `whole` in percent, rounded down; 100 if there is no whole.
fn percent_of(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(100)
}
