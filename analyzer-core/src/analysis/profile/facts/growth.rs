//! What grew between the heap profiles of a process, by the line that allocated it.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::HeapSeries;
use super::heap::{HeapProfile, Step, steps};
use super::series::HeapMoment;
use super::stacks::{FrameId, StackId, Stacks};
use super::stats::{Change, Level};
use crate::base::convert::{i64_to_f64, to_f64, usize_to_f64};

/// The share of what a class allocated that must have stayed for it to be kept. Of a map that
/// grows it is a half: where a full table is split in two, two are made and one is freed.
const KEPT: f64 = 0.5;
/// What chance may take from it, at most.
const KEPT_SLACK: f64 = 0.15;
/// Objects from which a site is no single big object any more.
const FEW: f64 = 8.0;
/// Bytes from which an object is big.
const BIG: u64 = 256 << 10;

/// What one line keeps more of.
#[derive(Clone, Debug)]
pub struct SiteGrowth {
    /// The line: the frame that the user can act on.
    pub site: FrameId,
    /// First to last profile, of the classes that are kept.
    pub change: Change,
    /// The share of the site's whole growth that is in classes that are kept.
    pub kept: f64,
    /// Of these classes, what stayed of what was allocated in the last step.
    pub lately: Stayed,
    /// And in the steps before; nothing with two profiles.
    pub before: Stayed,
    /// Bytes in use at each moment.
    pub levels: Vec<f64>,
    /// Bytes in use in the last profile.
    pub in_use: Level,
    /// Bytes of the largest object in the first and in the last profile, if the
    /// site is one object that is made anew, larger each time.
    pub big_object: Option<(u64, u64)>,
    /// The stack that most of the growth came through, and its share.
    pub main_stack: StackId,
    /// That share.
    pub main_share: f64,
    /// Where a sample of that stack stands in the last profile.
    pub at: u32,
}

impl SiteGrowth {
    /// How it came to what it grew by, given the moments that the profiles show.
    pub fn course(&self, times: &[f64]) -> Course {
        let steps: Vec<f64> = self.levels.windows(2).map(difference).collect();
        let count = usize_to_f64(steps.len());
        let spans: Vec<f64> = times.windows(2).map(difference).collect();
        let whole: f64 = spans.iter().sum();
        let share = |step: usize| match spans.get(step) {
            Some(span) if spans.len() == steps.len() && whole > 0.0 => span / whole,
            _ => 1.0 / count,
        };
        // What a step may lack of its share of a steady growth, by chance.
        let is_by_chance = |(step, &grown): (usize, &f64)| {
            let (expected, variance) = (self.change.bytes * share(step), self.change.variance * share(step));
            grown > 0.0 || grown >= expected - BY_CHANCE * variance.sqrt()
        };
        let is_flat = |&grown: &f64| grown >= -BY_CHANCE * self.change.variance.sqrt() / count;
        match steps.split_last() {
            None => Course::Uneven,
            Some((&last, _)) if last <= 0.0 => Course::Uneven,
            _ if steps.iter().enumerate().all(is_by_chance) => Course::Rising,
            _ if steps.iter().all(is_flat) => Course::Late,
            _ => Course::Uneven,
        }
    }

    /// Bytes of an object, on average.
    pub fn bytes_per_object(&self) -> f64 {
        if self.change.objects > 0.0 { self.change.bytes / self.change.objects } else { 0.0 }
    }

    /// The rate of the last step over the highest of any step, by the moments
    /// that the profiles show. `None` with one step, or without times.
    pub fn slowing(&self, times: &[f64]) -> Option<f64> {
        last_over_highest(&self.levels, times)
    }
}

/// What stayed of what was allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stayed {
    /// Bytes allocated, as sampled.
    allocated: f64,
    /// Of them in use.
    kept: f64,
    /// Sampled objects allocated.
    sampled: f64,
}

impl Stayed {
    fn add(&mut self, step: &Step) {
        let size = to_f64(step.size);
        self.allocated += size * i64_to_f64(step.allocated);
        self.kept += size * i64_to_f64(step.kept);
        self.sampled += i64_to_f64(step.allocated);
    }

    /// The share that stayed; 0 if nothing was allocated.
    pub fn share(&self) -> f64 {
        if self.allocated > 0.0 { self.kept / self.allocated } else { 0.0 }
    }

    /// True if half or more stayed, but for chance.
    pub fn is_kept(&self) -> bool {
        self.share() >= KEPT - slack(self.sampled)
    }

    /// True if less stays than `before`, by more than chance.
    pub fn has_fallen(&self, before: &Self) -> bool {
        before.sampled <= 0.0 || self.share() < before.share() - slack(self.sampled.min(before.sampled))
    }
}

/// Two standard deviations of a half, of so many samples.
fn slack(sampled: f64) -> f64 {
    (BY_CHANCE * 0.5 / sampled.max(1.0).sqrt()).min(KEPT_SLACK)
}

fn is_kept(step: &Step) -> bool {
    step.allocated > 0 && step.kept_share() >= KEPT - slack(i64_to_f64(step.allocated))
}

/// How a site came to what it grew by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It rose from each profile to the next; where it did not, that is chance.
    Rising,
    /// It stood, and rose in the last step.
    Late,
    /// It fell between two profiles, or rose and stands.
    Uneven,
}

/// Standard deviations that chance explains, of one step of one site.
const BY_CHANCE: f64 = 2.0;

fn difference(pair: &[f64]) -> f64 {
    if let [before, after] = pair { after - before } else { 0.0 }
}

/// The rate of the last step over the highest of any step.
fn last_over_highest(levels: &[f64], times: &[f64]) -> Option<f64> {
    let steps = levels.windows(2).zip(times.windows(2));
    let rates: Vec<f64> = steps
        .filter_map(|pairs| match pairs {
            ([a, b], [from, to]) if to > from => Some((b - a) / (to - from)),
            _ => None,
        })
        .collect();
    if rates.len() < 2 || rates.len() + 1 != levels.len() {
        return None;
    }
    let highest = rates.iter().copied().fold(0.0, f64::max);
    (highest > 0.0).then(|| rates.last().copied().unwrap_or(0.0) / highest)
}

/// What grew in all.
#[derive(Clone, Debug)]
pub struct Growth {
    /// The sites that grew, the most first.
    pub sites: Vec<SiteGrowth>,
    /// All classes together, the captures' own left out.
    pub change: Change,
    /// The moments that the profiles show, in nanoseconds; times of writing without a clock.
    pub times: Vec<f64>,
    /// True if those are by the process's own clock.
    pub has_clock: bool,
    /// Bytes in use at each moment.
    pub levels: Vec<f64>,
}

impl Growth {
    /// The rate of the last step of the whole heap over the highest of any step.
    pub fn slowing(&self) -> Option<f64> {
        last_over_highest(&self.levels, &self.times)
    }

    /// Seconds from the first to the last profile.
    pub fn seconds(&self) -> Option<f64> {
        let (first, last) = (self.times.first()?, self.times.last()?);
        (last > first).then(|| (last - first) / 1e9)
    }
}

impl HeapSeries {
    /// The profiles' moments: by the clock if all have it, else when they were written.
    fn times(&self) -> (Vec<f64>, bool) {
        let by_clock: Option<Vec<f64>> = self.moments.iter().map(|moment| moment.as_of).collect();
        let is_in_order = |times: &Vec<f64>| times.windows(2).all(|pair| difference(pair) > 0.0);
        if let Some(times) = by_clock.filter(is_in_order) {
            return (times, true);
        }
        let written = |moment: &HeapMoment| moment.profile.time.map(|time| i64_to_f64(time.0));
        (self.moments.iter().filter_map(written).collect(), false)
    }
}

/// Compares the first with the last profile; `None` with fewer than two.
pub fn growth(stacks: &Stacks, heap: &HeapSeries) -> Option<Growth> {
    let moments = &heap.moments;
    let (first, before_last, last) = match moments.as_slice() {
        [first, last] => (first, first, last),
        [first, .., before, last] => (first, before, last),
        _ => return None,
    };
    let rate = last.profile.rate;
    let all = steps(&first.profile, &last.profile);
    let lately = steps(&before_last.profile, &last.profile);
    let before = steps(&first.profile, &before_last.profile);
    let mut sites: BTreeMap<FrameId, Site> = BTreeMap::new();
    let mut change = Change::default();
    for step in &all {
        let Some(site) = site_of(stacks, step.stack) else { continue };
        step.add_to(&mut change, rate);
        sites.entry(site).or_default().add(step, rate);
    }
    let stayed = lately.iter().map(|step| (step, true)).chain(before.iter().map(|step| (step, false)));
    for (step, is_late) in stayed {
        let Some(site) = site_of(stacks, step.stack).and_then(|site| sites.get_mut(&site)) else { continue };
        if site.kept_classes.contains(&(step.stack, step.size)) {
            let stayed = if is_late { &mut site.lately } else { &mut site.before };
            stayed.add(step);
        }
    }
    let profiles: Vec<&HeapProfile> = moments.iter().map(|moment| &moment.profile).collect();
    let big = big_objects(stacks, &profiles);
    let mut grown: Vec<SiteGrowth> = sites
        .into_iter()
        .filter(|(_, site)| site.whole.bytes > 0.0 || site.kept.bytes > 0.0)
        .filter_map(|(id, site)| site.finish(id, big.get(&id).copied()))
        .collect();
    fill_levels(stacks, &profiles, &all, &mut grown);
    grown.sort_by(|a, b| b.change.bytes.total_cmp(&a.change.bytes).then(a.site.cmp(&b.site)));
    let (times, has_clock) = heap.times();
    let levels = profiles.iter().map(|profile| profile.in_use.bytes).collect();
    Some(Growth { sites: grown, change, times, has_clock, levels })
}

/// The line that a stack counts for: the user's, else the innermost that is not the runtime's.
pub fn site_of(stacks: &Stacks, stack: StackId) -> Option<FrameId> {
    if stacks.is_capture(stack) {
        return None;
    }
    stacks.user(stack).or_else(|| stacks.ids(stack).first().copied())
}

/// A site in the making.
#[derive(Debug, Default)]
struct Site {
    whole: Change,
    kept: Change,
    lately: Stayed,
    before: Stayed,
    kept_classes: FxHashSet<(StackId, u64)>,
    /// Growth by stack, with the place of a sample.
    by_stack: BTreeMap<StackId, (f64, u32)>,
}

impl Site {
    fn add(&mut self, step: &Step, rate: i64) {
        step.add_to(&mut self.whole, rate);
        if is_kept(step) {
            step.add_to(&mut self.kept, rate);
            self.kept_classes.insert((step.stack, step.size));
        }
        let mut own = Change::default();
        step.add_to(&mut own, rate);
        let of_stack = self.by_stack.entry(step.stack).or_insert((0.0, step.at));
        of_stack.0 += own.bytes;
    }

    fn finish(self, site: FrameId, big_object: Option<(u64, u64)>) -> Option<SiteGrowth> {
        let (&main_stack, &(bytes, at)) =
            self.by_stack.iter().max_by(|(a, (x, _)), (b, (y, _))| x.total_cmp(y).then(b.cmp(a)))?;
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let change = if big_object.is_some() { self.whole } else { self.kept };
        Some(SiteGrowth {
            site,
            change,
            kept: share(self.kept.bytes, self.whole.bytes),
            lately: self.lately,
            before: self.before,
            levels: Vec::new(),
            in_use: Level::default(),
            big_object,
            main_stack,
            main_share: share(bytes, self.whole.bytes).clamp(0.0, 1.0),
            at,
        })
    }
}

/// Sites whose memory is one big object, or a few, in the last profile, with the
/// largest size in the first and in the last, where that rose.
fn big_objects(stacks: &Stacks, profiles: &[&HeapProfile]) -> BTreeMap<FrameId, (u64, u64)> {
    #[derive(Default)]
    struct Largest {
        before: u64,
        after: u64,
        bytes: Level,
        big: Level,
    }
    let mut sites: BTreeMap<FrameId, Largest> = BTreeMap::new();
    let (Some(first), Some(last)) = (profiles.first(), profiles.last()) else { return BTreeMap::new() };
    for class in last.classes.iter().filter(|class| class.in_use > 0) {
        let Some(site) = site_of(stacks, class.stack) else { continue };
        let largest = sites.entry(site).or_default();
        largest.bytes.add(class.size, to_f64(class.in_use), last.rate);
        if class.size >= BIG {
            largest.big.add(class.size, to_f64(class.in_use), last.rate);
            largest.after = largest.after.max(class.size);
        }
    }
    for class in first.classes.iter().filter(|class| class.in_use > 0) {
        let site = site_of(stacks, class.stack).and_then(|site| sites.get_mut(&site));
        if let Some(largest) = site {
            largest.before = largest.before.max(class.size);
        }
    }
    let is_big = |largest: &Largest| {
        // Most of the bytes are in the few big ones.
        largest.big.objects > 0.0
            && largest.big.objects <= FEW
            && largest.big.bytes >= 0.8 * largest.bytes.bytes
            && largest.after > largest.before
            && largest.before > 0
    };
    let big = sites.into_iter().filter(|(_, largest)| is_big(largest));
    big.map(|(site, largest)| (site, (largest.before, largest.after))).collect()
}

/// Bytes in use at each moment: of the kept classes, or of all for a big object.
fn fill_levels(stacks: &Stacks, profiles: &[&HeapProfile], all: &[Step], sites: &mut [SiteGrowth]) {
    let place: BTreeMap<FrameId, usize> =
        sites.iter().enumerate().map(|(index, site)| (site.site, index)).collect();
    let kept: FxHashSet<(StackId, u64)> =
        all.iter().filter(|step| is_kept(step)).map(|step| (step.stack, step.size)).collect();
    for (moment, profile) in profiles.iter().enumerate() {
        let mut levels = vec![Level::default(); sites.len()];
        for class in &profile.classes {
            let index = site_of(stacks, class.stack).and_then(|site| place.get(&site)).copied();
            let Some((index, site)) = index.and_then(|index| Some((index, sites.get_mut(index)?))) else {
                continue;
            };
            let is_last = moment + 1 == profiles.len();
            if is_last {
                site.in_use.add(class.size, to_f64(class.in_use), profile.rate);
            }
            if site.big_object.is_none() && !kept.contains(&(class.stack, class.size)) {
                continue;
            }
            if let Some(level) = levels.get_mut(index) {
                level.add(class.size, to_f64(class.in_use), profile.rate);
            }
        }
        for (site, level) in sites.iter_mut().zip(levels) {
            site.levels.push(level.bytes);
        }
    }
}

/// What a line has in use in one profile.
#[derive(Clone, Copy, Debug)]
pub struct SiteLevel {
    /// The line.
    pub site: FrameId,
    /// What is in use.
    pub level: Level,
    /// The stack with the most of it.
    pub stack: StackId,
    /// Where a sample of that stack stands.
    pub at: u32,
}

/// What each line has in use in a profile, the most first.
pub fn levels(stacks: &Stacks, profile: &HeapProfile) -> Vec<SiteLevel> {
    let mut sites: BTreeMap<FrameId, (SiteLevel, f64)> = BTreeMap::new();
    for class in profile.classes.iter().filter(|class| class.in_use > 0) {
        let Some(site) = site_of(stacks, class.stack) else { continue };
        let first = SiteLevel { site, level: Level::default(), stack: class.stack, at: class.at };
        let (level, most) = sites.entry(site).or_insert((first, 0.0));
        level.level.add(class.size, to_f64(class.in_use), profile.rate);
        let own = to_f64(class.in_use) * to_f64(class.size);
        if own > *most {
            (level.stack, level.at, *most) = (class.stack, class.at, own);
        }
    }
    let mut sites: Vec<SiteLevel> = sites.into_values().map(|(level, _)| level).collect();
    sites.sort_by(|a, b| b.level.bytes.total_cmp(&a.level.bytes).then(a.site.cmp(&b.site)));
    sites
}

/// What a line allocated between two profiles.
#[derive(Clone, Copy, Debug)]
pub struct Churn {
    /// The line.
    pub site: FrameId,
    /// What was allocated.
    pub allocated: Level,
    /// The share that is still in use.
    pub kept: f64,
    /// The stack with the most of it.
    pub stack: StackId,
    /// Where a sample of that stack stands.
    pub at: u32,
}

/// What was allocated from the first to the last profile of a process, `allocs` among them.
#[derive(Clone, Debug)]
pub struct Allocations {
    /// The lines, the most first.
    pub sites: Vec<Churn>,
    /// Bytes in all, the captures' own left out.
    pub bytes: f64,
    /// Seconds in between.
    pub seconds: f64,
}

/// `None` with fewer than two profiles, or without times.
pub fn allocations(stacks: &Stacks, heap: &HeapSeries) -> Option<Allocations> {
    let (first, last) = (heap.all.first()?, heap.all.last()?);
    let seconds = i64_to_f64(last.time?.0 - first.time?.0) / 1e9;
    if seconds <= 0.0 {
        return None;
    }
    let mut sites: BTreeMap<FrameId, (Churn, f64, f64)> = BTreeMap::new();
    let mut bytes = 0.0;
    for step in steps(first, last).iter().filter(|step| step.allocated > 0) {
        let Some(site) = site_of(stacks, step.stack) else { continue };
        let mut own = Level::default();
        own.add(step.size, i64_to_f64(step.allocated), last.rate);
        bytes += own.bytes;
        let none = Churn { site, allocated: Level::default(), kept: 0.0, stack: step.stack, at: step.at };
        let (churn, kept, most) = sites.entry(site).or_insert((none, 0.0, 0.0));
        churn.allocated.add(step.size, i64_to_f64(step.allocated), last.rate);
        *kept += own.bytes * step.kept_share();
        if own.bytes > *most {
            (churn.stack, churn.at, *most) = (step.stack, step.at, own.bytes);
        }
    }
    let share = |(churn, kept, _): (Churn, f64, f64)| {
        let all = churn.allocated.bytes;
        Churn { kept: if all > 0.0 { (kept / all).clamp(0.0, 1.0) } else { 0.0 }, ..churn }
    };
    let mut sites: Vec<Churn> = sites.into_values().map(share).collect();
    sites.sort_by(|a, b| b.allocated.bytes.total_cmp(&a.allocated.bytes).then(a.site.cmp(&b.site)));
    Some(Allocations { sites, bytes, seconds })
}
