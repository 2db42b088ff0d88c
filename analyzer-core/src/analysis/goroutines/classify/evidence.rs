//! From what a rule accepts and what the figures say to a level and reasons.

use super::super::grouping::{Group, count_of};
use super::features::{self, Growth};
use super::ownership;
use super::{Assessment, Context, Level};
use crate::base::convert::to_f64;
use crate::report::number_format;

/// Least number of members, or least share of the group, that must show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Members.
    pub members: u64,
    /// Percent of the group.
    pub percent: u64,
}

/// What evidence a rule takes for likely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Births in every step with nobody ending; this many at least.
    pub growth: Option<u64>,
    /// Old and young members side by side in one dump.
    pub ramp: bool,
    /// Members of the last dump that print more minutes than the collector can add.
    pub waited: Option<Need>,
    /// The same, and more minutes than that by this many.
    pub waited_beyond: u32,
    /// Members that were in the dump before, and did not move since.
    pub aged: Option<Need>,
    /// Waiting and ageing make it very likely by themselves.
    pub is_strong: bool,
    /// Healthy goroutines wait here as well: only the growth of such as did not
    /// move counts, where the dumps are far enough apart to show it.
    pub is_idle_place: bool,
    /// Healthy goroutines pass here in numbers that follow the load, and waits say
    /// nothing: growth must be steady, and counts must rise far.
    pub is_busy_place: bool,
    /// Peers decide how many there are: growth says nothing unless the dumps
    /// show that the members did not move.
    pub follows_peers: bool,
}

impl Policy {
    /// Growth only.
    pub const GROWTH: Self = Self {
        growth: Some(1),
        ramp: false,
        waited: None,
        waited_beyond: 0,
        aged: None,
        is_strong: false,
        is_idle_place: false,
        is_busy_place: false,
        follows_peers: false,
    };
    /// Growth, or a ramp in one dump.
    pub const GROWTH_OR_RAMP: Self = Self { ramp: true, ..Self::GROWTH };
    /// The same at a place where healthy goroutines idle.
    pub const IDLE: Self = Self { is_idle_place: true, ..Self::GROWTH_OR_RAMP };
    /// Growth of what serves peers.
    pub const PEERS: Self =
        Self { growth: Some(3), ramp: false, is_idle_place: true, follows_peers: true, ..Self::GROWTH };

    /// Also members that waited.
    pub const fn or_waited(self, members: u64, percent: u64) -> Self {
        Self { waited: Some(Need { members, percent }), ..self }
    }

    /// Also survivors that did not move.
    pub const fn or_aged(self, members: u64, percent: u64) -> Self {
        Self { aged: Some(Need { members, percent }), ..self }
    }
}

/// What the figures gave.
#[derive(Clone, Debug, Default)]
pub struct Weighed {
    /// The level; `None` if nothing speaks against the group.
    pub level: Option<Level>,
    /// With numbers.
    pub reasons: Vec<String>,
    /// New members a minute.
    pub rate_per_minute: Option<f64>,
}

impl Weighed {
    fn raise(&mut self, level: Level, reason: String) {
        self.level = Some(self.level.map_or(level, |known| known.min(level)));
        self.reasons.push(reason);
    }
}

/// Growth by this many, and to this many times, is strong.
const STRONG_RISE: u64 = 10;
const STRONG_FACTOR: u64 = 2;
/// Births in a single step below which only growth by half says something: a
/// pool that opens one more connection is no leak.
const SUDDEN_BIRTHS: u64 = 5;
/// Births over several steps below which those that were there must not have
/// moved for growth to say something.
const NOTABLE_BIRTHS: u64 = 4;
/// Distinct ages from which members were born one after another, not at one blow.
const WARM_UP_AGES: usize = 3;
/// Minutes beyond the floor from which a wait is long.
const LONG_WAIT_MINUTES: u32 = 2;
/// Percent of the members before that must not have moved in the only step.
const UNMOVED_PERCENT: u64 = 80;

/// Weighs one group.
pub fn weigh(context: &Context<'_>, index: usize, group: &Group, assessment: &Assessment) -> Weighed {
    let mut weighed = Weighed::default();
    let last = group.last();
    if last.count == 0 {
        return weighed;
    }
    if let Some(reason) = &assessment.certain {
        weighed.raise(Level::Certain, reason.clone());
    }
    if let Some(reason) = &assessment.likely {
        weighed.raise(Level::Likely, reason.clone());
    }
    if last.leaked > 0 && assessment.rule != "select-forever" {
        weighed.raise(
            Level::Certain,
            format!(
                "The runtime's leak-finding GC proved that {} of {} can never wake up.",
                last.leaked, last.count
            ),
        );
    }
    if context.is_deadlock && group.wait.is_lock() {
        weighed.raise(Level::Likely, "The runtime found that no goroutine can go on.".to_owned());
    }
    growth(context, index, &assessment.policy, &mut weighed);
    count_growth(context, index, assessment, &mut weighed);
    ramp(context, group, &assessment.policy, &mut weighed);
    waiting(context, index, group, &assessment.policy, &mut weighed);
    if weighed.level.is_none() && assessment.is_short {
        long_call(context, group, &mut weighed);
    }
    if weighed.level.is_none() && !is_constant(context, group) {
        possible(context, group, &assessment.policy, &mut weighed);
    }
    weighed
}

fn growth(context: &Context<'_>, index: usize, policy: &Policy, weighed: &mut Weighed) {
    let (Some(least), Some(growth)) = (policy.growth, features::growth(context.series, index)) else {
        return;
    };
    if growth.births < least {
        return;
    }
    let youngest = features::youngest(context.series, index);
    // After a warm-up, too, all that were born stay; but it is over.
    let is_over = policy.is_idle_place
        && growth.steps == 1
        && youngest >= context.floor
        && context
            .series
            .groups
            .get(index)
            .is_some_and(|group| features::ages_of_births(group) >= WARM_UP_AGES);
    let fills_up = policy.is_idle_place || policy.is_busy_place;
    let is_slowing = fills_up && growth.is_slowing;
    let is_staged = fills_up && growth.steps == 1 && ownership::are_staged(context, index);
    let is_open = is_over || is_slowing || is_staged;
    let level = if is_open { Level::Possible } else { growth_level(context, policy, &growth) };
    let ended =
        if growth.deaths == 0 { "none finished".to_owned() } else { format!("{} finished", growth.deaths) };
    let series = counts(context, index, context.series.first_of_last_process());
    weighed.raise(level, format!("{series}: {} started, {ended}.", growth.births));
    if growth.risen > 0 {
        weighed.reasons.push(format!(
            "{} of the {} goroutines from the previous dump now show a longer wait.",
            growth.risen, growth.before
        ));
    }
    if is_slowing {
        weighed.reasons.push(SLOWING.to_owned());
    }
    if is_staged {
        weighed.reasons.push(
            "A goroutine that is still running started them one after another: startup in stages, or a pool that fills up, looks the same. In a third dump, a leak will have continued at the same rate."
                .to_owned(),
        );
    }
    if is_over {
        weighed.reasons.push(format!(
            "The youngest has waited {youngest} minutes: none was created recently, as after a warm-up. A third dump will show whether they grow."
        ));
    }
    weighed.rate_per_minute = rate(context, index);
}

/// Members from which counts that rise unevenly say something where healthy goroutines idle.
const COUNT_CROWD: u64 = 80;
/// Said of what becomes more, but not as fast as before.
const SLOWING: &str = "Fewer were added between the last dumps than between the first ones, as when something fills up to its maximum. Another dump will show whether they still grow.";

/// Two dumps cannot tell a leak from a service that warms up or takes more
/// load, unless those that were there did not move for minutes, or nobody of
/// a crowd left. Three that are seconds apart cannot tell it from chance if
/// the rise is by one each.
fn growth_level(context: &Context<'_>, policy: &Policy, growth: &Growth) -> Level {
    let is_strong = growth.to >= growth.from * STRONG_FACTOR && growth.to - growth.from >= STRONG_RISE;
    let is_unmoved = growth.risen * 100 >= growth.before * UNMOVED_PERCENT && growth.risen > 0;
    let could_show = context.is_minutes_apart || policy.follows_peers;
    if policy.is_idle_place && could_show && !is_unmoved {
        return Level::Possible;
    }
    if growth.steps >= 2 {
        return match (is_strong || is_unmoved, growth.births >= NOTABLE_BIRTHS) {
            (true, _) => Level::VeryLikely,
            (false, true) => Level::Likely,
            (false, false) => Level::Possible,
        };
    }
    let is_notable = growth.births >= SUDDEN_BIRTHS || growth.births * 2 >= growth.before;
    let is_crowd = growth.births >= SUDDEN_BIRTHS
        && growth.before >= SUDDEN_BIRTHS
        && growth.births * 4 >= growth.before
        && context.is_minutes_apart;
    // Where nobody stays in healthy code, a crowd that doubles while nobody
    // leaves needs no minutes.
    let is_flood = !policy.is_idle_place && is_strong && growth.deaths == 0;
    match (is_unmoved && is_notable, is_crowd || is_flood) {
        (true, _) if is_strong => Level::VeryLikely,
        (true, _) | (_, true) => Level::Likely,
        _ => Level::Possible,
    }
}

fn count_growth(context: &Context<'_>, index: usize, assessment: &Assessment, weighed: &mut Weighed) {
    let Some(growth) = features::count_growth(context.series, index) else { return };
    let policy = &assessment.policy;
    if policy.growth.is_none_or(|least| growth.to - growth.from < least) {
        return;
    }
    // Who waits for workers is judged by them.
    let is_coordinator = assessment.rule == "waitgroup-stuck";
    let is_idle = policy.is_idle_place && !is_coordinator;
    // Counts do not say whether the same goroutines stay: where peers decide, or
    // where more load is the simpler reading, they say little.
    let is_explained = policy.follows_peers
        || policy.is_idle_place && ownership::is_load_rising(context, index)
        || policy.is_busy_place && !growth.is_strong()
        || is_idle && !growth.is_even && together(context, index) < COUNT_CROWD
        || ownership::is_lock_at_work(context, index);
    // A few more say something only where nobody stays in healthy code.
    let is_too_small =
        growth.is_small && (is_idle || is_coordinator && ownership::others_rise(context, index));
    let fills_up = policy.is_idle_place || policy.is_busy_place;
    let is_slowing = fills_up && growth.is_slowing;
    if is_too_small {
        return;
    }
    let is_told = growth.moments >= 3 && !is_explained && !is_slowing;
    let level = if is_told { Level::Likely } else { Level::Possible };
    weighed.raise(level, format!("{}.", counts(context, index, 0)));
    if is_slowing {
        weighed.reasons.push(SLOWING.to_owned());
    }
    weighed.rate_per_minute = rate(context, index);
}

/// Members of all groups that have as many at every moment: what is started together
/// counts together.
fn together(context: &Context<'_>, index: usize) -> u64 {
    let groups = &context.series.groups;
    let counts = groups.get(index).map(Group::counts).unwrap_or_default();
    groups.iter().filter(|group| group.counts() == counts).map(|group| group.last().count).sum()
}

/// The counts from a moment on, as `12, 40, 100`.
fn counts(context: &Context<'_>, index: usize, first: usize) -> String {
    let counts = context.series.groups.get(index).map(Group::counts).unwrap_or_default();
    let counts = counts.get(first..).unwrap_or_default();
    format!("{} over {} dumps", number_format::series(counts), number_format::few(counts.len()))
}

fn ramp(context: &Context<'_>, group: &Group, policy: &Policy, weighed: &mut Weighed) {
    if !policy.ramp {
        return;
    }
    let Some(ramp) = features::ramp(group, &context.census, context.floor) else { return };
    weighed.raise(
        Level::Likely,
        format!(
            "A single dump shows accumulation: {} members of {} different ages from 0 to {} minutes (median {}), and {} of every 100 goroutine ids between the first and the last.",
            ramp.members, ramp.ages, ramp.oldest, ramp.median, ramp.density_percent
        ),
    );
    if weighed.rate_per_minute.is_none() && ramp.oldest > 0 {
        weighed.rate_per_minute = Some(to_f64(ramp.members) / f64::from(ramp.oldest));
    }
}

fn waiting(context: &Context<'_>, index: usize, group: &Group, policy: &Policy, weighed: &mut Weighed) {
    let floor = context.floor.saturating_add(policy.waited_beyond);
    let waited = features::waited(group, floor);
    let members = count_of(features::named(group));
    let longest = features::longest(group).unwrap_or(0);
    let is_met = |need: Need, count: u64, of: u64| {
        count > 0 && count >= need.members && count * 100 >= of * need.percent
    };
    let is_long = longest >= context.floor.saturating_add(LONG_WAIT_MINUTES);
    if policy.waited.is_some_and(|need| is_met(need, waited, members)) {
        let level = if policy.is_strong && is_long { Level::VeryLikely } else { Level::Likely };
        weighed.raise(
            level,
            format!(
                "{waited} of {members} have waited for at least {floor} minutes, the longest for {longest}."
            ),
        );
    }
    let Some((aged, before)) = features::aged(context.series, index) else { return };
    if policy.aged.is_some_and(|need| is_met(need, aged, before)) {
        let level = if policy.is_strong { Level::VeryLikely } else { Level::Likely };
        weighed.raise(
            level,
            format!("{aged} of the {before} in the previous dump still wait at the same place with a longer wait time: they have not moved."),
        );
    }
}

/// As many at every moment of several: nothing accumulates.
fn is_constant(context: &Context<'_>, group: &Group) -> bool {
    let counts = group.counts();
    context.series.moments.len() > 1 && counts.windows(2).all(|pair| pair.first() == pair.last())
}

/// Members for each hundred ids of their range from which they were started in one go.
const POOL_DENSITY_PERCENT: u64 = 45;

/// A call that is over in seconds, and that has waited for minutes: too few for a rule,
/// too long for health.
fn long_call(context: &Context<'_>, group: &Group, weighed: &mut Weighed) {
    let floor = context.floor.saturating_add(LONG_WAIT_MINUTES);
    let waited = features::waited(group, floor);
    if waited > 0 {
        let verb = if waited == 1 { "has" } else { "have" };
        weighed.raise(
            Level::Possible,
            format!("{waited} {verb} waited for at least {floor} minutes, longer than this usually takes."),
        );
    }
}

/// A count or an age alone.
fn possible(context: &Context<'_>, group: &Group, policy: &Policy, weighed: &mut Weighed) {
    /// Where healthy goroutines idle, and where they only pass.
    const MANY_IDLE: u64 = 100;
    const MANY_BLOCKED: u64 = 20;
    /// Percent of all goroutines, of so many at least, from which a place stands out.
    const SHARE_PERCENT: u64 = 40;
    const SHARE_MEMBERS: u64 = 32;
    let last = group.last();
    let many = if policy.waited.is_some() { MANY_BLOCKED } else { MANY_IDLE };
    // A pool that was started in one go has neighboring ids.
    let is_pool = policy.waited.is_none() && features::density_percent(group) >= POOL_DENSITY_PERCENT;
    // Half of a process at one place is no chance.
    let total = context.series.moments.last().map_or(0, |moment| moment.total);
    let is_counted = context.series.moments.last().is_some_and(|moment| !moment.has_ids);
    // Idle pools are most of many healthy processes.
    let is_share = is_counted
        && policy.waited.is_some()
        && last.count >= SHARE_MEMBERS
        && last.count * 100 >= total * SHARE_PERCENT;
    if (last.count >= many || is_share) && !is_pool {
        weighed.raise(Level::Possible, format!("{} goroutines wait at one place.", last.count));
    }
    let waited = features::waited(group, context.floor.saturating_add(LONG_WAIT_MINUTES));
    if waited >= 8 {
        weighed.raise(
            Level::Possible,
            format!("{waited} have waited for at least {} minutes.", context.floor + LONG_WAIT_MINUTES),
        );
    }
}

/// Births less deaths a minute over the steps whose length is known.
fn rate(context: &Context<'_>, index: usize) -> Option<f64> {
    let group = context.series.groups.get(index)?;
    let first = context.series.first_of_last_process();
    let counts = group.at.get(first..)?;
    let (from, to) = (counts.first()?.count, counts.last()?.count);
    let minutes: Option<f64> = context.series.last_steps().iter().map(|step| step.minutes).sum();
    let minutes = minutes.filter(|&minutes| minutes > 0.0)?;
    Some((to_f64(to) - to_f64(from)) / minutes)
}
