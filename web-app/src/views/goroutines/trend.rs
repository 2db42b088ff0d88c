//! What a group did over the snapshots.

use std::collections::BTreeSet;

use analyzer_core::report::GoroutineGroup;

/// What a group did from the first snapshot to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trend {
    /// Not in the first snapshot, and in the last.
    New,
    /// In the first snapshot, and not in the last.
    Gone,
    /// More members than at first.
    Grown,
    /// Fewer members than at first.
    Shrunk,
    /// Some members did not move from one snapshot to the next, or are proven leaked.
    Stuck,
}

impl Trend {
    /// Every trend, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::New, Self::Grown, Self::Stuck, Self::Shrunk, Self::Gone];

    /// Name in the address, and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Grown => "grown",
            Self::Shrunk => "shrunk",
            Self::Stuck => "stuck",
        }
    }

    /// A mark that tells it apart without color.
    pub fn mark(self) -> &'static str {
        match self {
            Self::New => "+",
            Self::Gone => "\u{2212}",
            Self::Grown => "\u{2197}",
            Self::Shrunk => "\u{2198}",
            Self::Stuck => "\u{25a0}",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::New => "New: only in the last snapshot",
            Self::Gone => "Gone: only in the first snapshot",
            Self::Grown => "More goroutines in the last snapshot than in the first",
            Self::Shrunk => "Fewer goroutines in the last snapshot than in the first",
            Self::Stuck => {
                "Goroutines that did not move between two snapshots, or that the runtime proved leaked"
            }
        }
    }
}

/// The trends of a group; a group may both grow and be stuck.
pub fn trends(group: &GoroutineGroup) -> BTreeSet<Trend> {
    let mut trends = BTreeSet::new();
    if let [first, .., last] = group.counts.as_slice() {
        trends.extend(match (first, last) {
            (0, 0) => None,
            (0, _) => Some(Trend::New),
            (_, 0) => Some(Trend::Gone),
            _ if last > first => Some(Trend::Grown),
            _ if last < first => Some(Trend::Shrunk),
            _ => None,
        });
    }
    if stuck(group) > 0 {
        trends.insert(Trend::Stuck);
    }
    trends
}

/// Members in the last snapshot.
pub fn last_count(group: &GoroutineGroup) -> u64 {
    group.counts.last().copied().unwrap_or(0)
}

/// Members of the last snapshot that did not move since the one before, or are proven leaked.
pub fn stuck(group: &GoroutineGroup) -> u64 {
    if last_count(group) == 0 {
        return 0;
    }
    let aged = group.changes.last().and_then(Option::as_ref).map_or(0, |change| change.aged);
    aged.max(group.leaked)
}

/// Members in the last snapshot less those in the first.
pub fn change(group: &GoroutineGroup) -> i64 {
    let [first, .., last] = group.counts.as_slice() else { return 0 };
    let signed = |count: &u64| i64::try_from(*count).unwrap_or(i64::MAX);
    signed(last) - signed(first)
}

/// A trend over several groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Groups with the trend.
    pub groups: usize,
    /// What it does to the number of goroutines; of stuck ones, how many they are.
    pub goroutines: i64,
}

/// The trend over groups.
pub fn tally<'a>(groups: impl Iterator<Item = &'a GoroutineGroup>, trend: Trend) -> Tally {
    let mut tally = Tally::default();
    for group in groups.filter(|group| trends(group).contains(&trend)) {
        tally.groups += 1;
        tally.goroutines += match trend {
            Trend::Stuck => i64::try_from(stuck(group)).unwrap_or(i64::MAX),
            _ => change(group),
        };
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::super::samples::{goroutines, group};
    use super::*;

    #[test]
    fn what_came_went_and_grew_is_told_apart() {
        let mut goroutines = goroutines();
        let mut trend =
            |function: &str| trends(group(&mut goroutines, function)).into_iter().collect::<Vec<_>>();
        assert_eq!(trend("main.send"), [Trend::Grown, Trend::Stuck], "its wait rose to four minutes");
        assert_eq!(trend("main.wait"), [Trend::Gone]);
        assert_eq!(trend("main.fresh"), [Trend::New]);
        group(&mut goroutines, "main.fresh").leaked = 1;
        assert!(trends(group(&mut goroutines, "main.fresh")).contains(&Trend::Stuck));
    }

    #[test]
    fn trends_add_up_to_the_change_of_the_total() {
        let mut goroutines = goroutines();
        group(&mut goroutines, "main.send").leaked = 2;
        let tally = |trend| tally(goroutines.groups.iter(), trend);
        assert_eq!(tally(Trend::New), Tally { groups: 1, goroutines: 1 });
        assert_eq!(tally(Trend::Gone), Tally { groups: 1, goroutines: -1 });
        assert_eq!(tally(Trend::Grown), Tally { groups: 1, goroutines: 1 });
        assert_eq!(tally(Trend::Stuck), Tally { groups: 1, goroutines: 2 });
        assert_eq!(tally(Trend::Shrunk), Tally::default());
    }
}
