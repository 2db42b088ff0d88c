//! What heap profiles say of a live heap that grows: the lines that explain it.

use crate::analysis::profile::facts::growth::SiteGrowth;
use crate::analysis::profile::facts::stats::{least_growth, whole};
use crate::detectors::Case;
use crate::detectors::memory::support::text;
use crate::detectors::profile::{heap_growth, support as profile_support};
use crate::report::Subject;

/// What the heap profiles of the same process say of the growth.
pub enum Shown {
    /// There are not two to compare.
    Unknown,
    /// These lines grew, by so many bytes in all.
    Lines {
        /// The first of them.
        named: Vec<String>,
        /// Bytes.
        bytes: i64,
    },
    /// The heap in use grew, and no line did by enough to be told from noise.
    Spread {
        /// The least growth of one line that would have shown.
        least: i64,
    },
    /// The last profile is fresh, and the growth had all but ended by then.
    Ended,
}

/// The rate of the last step over the highest, below which the growth is over.
const ENDED: f64 = 0.4;
/// Allocations in the last profile over `TotalAlloc` from which it shows its own moment.
const FRESH: f64 = 0.8;
/// Lines that are named.
const NAMED: usize = 3;

/// Looks the growth up in the heap profiles.
pub fn explained(case: &Case<'_>, subject: &Subject) -> Shown {
    let process = case.analysis.profiles.iter().find(|process| process.subject == subject.id);
    let Some(process) = process else { return Shown::Unknown };
    let Some(growth) = &process.growth else { return Shown::Unknown };
    let sites = heap_growth::sites(case, process, growth);
    if !sites.is_empty() {
        let bytes = sites.iter().map(|(site, _)| whole(site.change.bytes)).fold(0, i64::saturating_add);
        // The amount of the only line is that of all.
        let is_only = sites.len() == 1;
        let place = |(site, _): &(&SiteGrowth, _)| {
            let place = profile_support::place(case, process, site.site);
            if is_only { place } else { format!("{place}, {}", text(whole(site.change.bytes))) }
        };
        return Shown::Lines { named: sites.iter().take(NAMED).map(place).collect(), bytes };
    }
    let moments = &process.heap.moments;
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else { return Shown::Unknown };
    let is_fresh = last.freshness.is_some_and(|fresh| fresh >= FRESH);
    if is_fresh && moments.len() >= 3 && growth.slowing().is_some_and(|rate| rate < ENDED) {
        return Shown::Ended;
    }
    Shown::Spread { least: whole(least_growth(first.profile.in_use.bytes, last.profile.rate)) }
}

impl Shown {
    /// As a sentence of the claim, with a space before it; empty if nothing is known.
    pub fn sentence(&self, growth: i64) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Lines { named, bytes } => {
                let rest = if *bytes < growth / 2 {
                    " The rest is spread over lines too small to attribute, or is newer than the last profile."
                } else {
                    ""
                };
                // Estimates of lines may add up to more than grew.
                let share = if *bytes >= growth { "all".to_owned() } else { text(*bytes) };
                format!(
                    " According to the heap profiles, {share} of it was allocated at {}.{rest}",
                    named.join("; ")
                )
            }
            Self::Spread { least } => format!(
                " No single line in the heap profiles explains it: a line would be visible from about {}.",
                text(*least)
            ),
            Self::Ended => {
                " The heap profiles show that the growth had almost stopped by the last of them.".to_owned()
            }
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Lines { .. } => {
                "Find what retains the objects that these lines allocate: a map, a cache, a slice that is only appended to."
            }
            Self::Ended => {
                "Capture again later: growth that continues is a leak; growth that has stopped was startup or a cache filling up."
            }
            Self::Unknown | Self::Spread { .. } => {
                "Compare two heap profiles (inuse_space), taken with heap?gc=1: what grew is what is retained."
            }
        }
    }
}
