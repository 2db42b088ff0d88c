//! How long goroutines have waited, in steps.

use analyzer_core::report::GoroutineGroup;

/// A step of printed waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    /// Name in the address.
    pub name: &'static str,
    /// On the page.
    pub label: &'static str,
    /// The first minute; `None` if the dump prints none.
    from: Option<u32>,
}

/// Every step, shortest first. Up to two minutes a wait proves nothing: the
/// runtime stamps with the time of the collection before.
pub const AGES: [Age; 8] = [
    Age { name: "none", label: "unknown", from: None },
    Age { name: "1m", label: "under 3 min", from: Some(0) },
    Age { name: "3m", label: "3 to 9 min", from: Some(3) },
    Age { name: "10m", label: "10 to 29 min", from: Some(10) },
    Age { name: "30m", label: "30 to 59 min", from: Some(30) },
    Age { name: "1h", label: "1 to 5 h", from: Some(60) },
    Age { name: "6h", label: "6 to 23 h", from: Some(360) },
    Age { name: "1d", label: "a day or more", from: Some(1440) },
];

impl Age {
    /// The step of a wait.
    pub fn of(minutes: Option<u32>) -> Self {
        AGES.into_iter().rev().find(|age| age.from <= minutes).unwrap_or(AGES[0])
    }

    /// The step of this name.
    pub fn named(name: &str) -> Option<Self> {
        AGES.into_iter().find(|age| age.name == name)
    }

    /// Members of a group in the last snapshot that have waited so long.
    pub fn members(self, group: &GoroutineGroup) -> u64 {
        group.waits.iter().filter(|wait| Self::of(wait.minutes) == self).map(|wait| wait.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wait_is_in_one_step() {
        let label = |minutes| Age::of(minutes).label;
        assert_eq!(label(None), "unknown");
        assert_eq!(
            [1, 2, 3, 9, 10, 59, 60, 359, 1440, u32::MAX].map(|minutes| label(Some(minutes))),
            [
                "under 3 min",
                "under 3 min",
                "3 to 9 min",
                "3 to 9 min",
                "10 to 29 min",
                "30 to 59 min",
                "1 to 5 h",
                "1 to 5 h",
                "a day or more",
                "a day or more",
            ]
        );
        assert_eq!(Age::named("3m"), Some(AGES[2]));
    }
}
