//! What a CPU profile's samples went to: garbage collection, known costs, lines.

use std::collections::BTreeMap;

use super::counted::{Counted, Row};
use super::stacks::{FrameId, StackId, Stacks};
use super::stats::{Interval, share};
use crate::base::convert::{i64_to_f64, to_f64};
use crate::base::intern::StrId;

/// Roles of garbage collection.
const GC: [&str; 1] = ["gc"];
/// Marking on processors that had nothing else to do.
const IDLE: [&str; 1] = ["gc.mark.idle"];

/// Samples of one CPU profile, what taking it cost left out.
#[derive(Clone, Debug)]
pub struct CpuSamples<'p> {
    stacks: &'p Stacks,
    profile: &'p Counted,
    /// All samples.
    pub count: u64,
}

/// Samples of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtSite {
    /// Its line that has the most.
    pub site: FrameId,
    /// Samples of all its lines.
    pub count: u64,
    /// The stack with the most of that line.
    pub stack: StackId,
    /// Where a sample of that stack stands.
    pub at: u32,
}

impl<'p> CpuSamples<'p> {
    /// Reads a profile.
    pub fn new(stacks: &'p Stacks, profile: &'p Counted) -> Self {
        let mut samples = Self { stacks, profile, count: 0 };
        samples.count = samples.count_of(|_| true);
        samples
    }

    /// The rows that count.
    pub fn rows(&self) -> impl Iterator<Item = &'p Row> + '_ {
        self.profile.rows.iter().filter(|row| !self.stacks.is_capture(row.stack))
    }

    /// Samples of stacks that are so.
    pub fn count_of(&self, is_so: impl Fn(StackId) -> bool) -> u64 {
        let counts =
            self.rows().filter(|row| is_so(row.stack)).map(|row| u64::try_from(row.count).unwrap_or(0));
        counts.fold(0, u64::saturating_add)
    }

    /// The share of so many samples.
    pub fn share(&self, part: u64) -> (f64, Interval) {
        let value = if self.count > 0 { to_f64(part) / to_f64(self.count) } else { 0.0 };
        (value, share(part, self.count))
    }

    /// Samples of garbage collection that the program pays for.
    pub fn collecting(&self) -> u64 {
        self.count_of(|stack| self.stacks.has_role(stack, &GC) && !self.stacks.has_role(stack, &IDLE))
    }

    /// Samples whose innermost frame is a preemption: the thread was ready and got no processor.
    pub fn preempted(&self) -> u64 {
        self.count_of(|stack| {
            let leaf = self.stacks.frames(stack).next();
            leaf.and_then(|frame| frame.role).is_some_and(|role| role == "preempt")
        })
    }

    /// Cores that the samples account for; `None` without a duration.
    pub fn cores(&self) -> Option<f64> {
        let nanos = self.profile.rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.nanos));
        self.profile.duration.map(|duration| i64_to_f64(nanos) / i64_to_f64(duration.0))
    }

    /// Functions by samples, the most first, of the stacks that are so: each with
    /// its line that has the most.
    pub fn by_site(&self, is_so: impl Fn(StackId) -> bool) -> Vec<AtSite> {
        let mut lines: BTreeMap<FrameId, (AtSite, i64)> = BTreeMap::new();
        for row in self.rows().filter(|row| is_so(row.stack)) {
            let Some(site) = self.stacks.user(row.stack) else { continue };
            let first = (AtSite { site, count: 0, stack: row.stack, at: row.at }, 0);
            let (at_site, most) = lines.entry(site).or_insert(first);
            at_site.count = at_site.count.saturating_add(u64::try_from(row.count).unwrap_or(0));
            if row.count > *most {
                (at_site.stack, at_site.at, *most) = (row.stack, row.at, row.count);
            }
        }
        let mut functions: BTreeMap<StrId, (AtSite, u64)> = BTreeMap::new();
        for (line, _) in lines.into_values() {
            let function = self.stacks.get(line.site).function;
            let (best, total) = functions.entry(function).or_insert((line, 0));
            *total = total.saturating_add(line.count);
            if line.count > best.count {
                *best = line;
            }
        }
        let whole = |(best, count): (AtSite, u64)| AtSite { count, ..best };
        let mut sites: Vec<AtSite> = functions.into_values().map(whole).collect();
        sites.sort_by(|a, b| b.count.cmp(&a.count).then(a.site.cmp(&b.site)));
        sites
    }
}
