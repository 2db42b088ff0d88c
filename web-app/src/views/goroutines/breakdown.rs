//! Goroutines of each snapshot by verdict or state, and those of the last by wait.

use std::collections::BTreeMap;

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::{GoroutineGroup, GoroutineSnapshot, Verdict};

use super::age::{AGES, Age};
use super::filters::VERDICTS;

/// Parts of each snapshot, in one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown<K> {
    /// What the parts are.
    pub keys: Vec<K>,
    /// Goroutines of each part, a row a snapshot.
    pub rows: Vec<Vec<u64>>,
    /// Goroutines of each snapshot that no part has: of groups that are not listed.
    pub rest: Vec<u64>,
}

/// By verdict, worst first.
pub fn by_verdict<'a>(
    snapshots: &[&GoroutineSnapshot],
    groups: impl Iterator<Item = &'a GoroutineGroup>,
) -> Breakdown<Verdict> {
    let mut rows = vec![vec![0_u64; VERDICTS.len()]; snapshots.len()];
    for group in groups {
        let Some(place) = VERDICTS.iter().position(|&verdict| verdict == group.verdict) else { continue };
        for (row, count) in rows.iter_mut().zip(&group.counts) {
            if let Some(part) = row.get_mut(place) {
                *part += count;
            }
        }
    }
    finish(VERDICTS.to_vec(), rows, snapshots)
}

/// By state, the most frequent first.
pub fn by_state(snapshots: &[&GoroutineSnapshot]) -> Breakdown<String> {
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for (state, &count) in snapshots.iter().flat_map(|snapshot| &snapshot.states) {
        let known = most.entry(state).or_default();
        *known = (*known).max(count);
    }
    let mut keys: Vec<(&str, u64)> = most.into_iter().collect();
    keys.order_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let keys: Vec<String> = keys.into_iter().map(|(state, _)| state.to_owned()).collect();
    let row = |snapshot: &&GoroutineSnapshot| {
        keys.iter().map(|state| snapshot.states.get(state).copied().unwrap_or(0)).collect()
    };
    let rows = snapshots.iter().map(row).collect();
    finish(keys, rows, snapshots)
}

fn finish<K>(keys: Vec<K>, rows: Vec<Vec<u64>>, snapshots: &[&GoroutineSnapshot]) -> Breakdown<K> {
    let rest =
        |(row, snapshot): (&Vec<u64>, &&GoroutineSnapshot)| snapshot.total.saturating_sub(row.iter().sum());
    Breakdown { rest: rows.iter().zip(snapshots).map(rest).collect(), keys, rows }
}

/// Goroutines of the last snapshot by wait time and verdict, from the
/// shortest step to the longest that has any.
pub fn by_age<'a>(groups: impl Iterator<Item = &'a GoroutineGroup>) -> Vec<(Age, Vec<u64>)> {
    let mut rows: Vec<(Age, Vec<u64>)> = AGES.iter().map(|&age| (age, vec![0; VERDICTS.len()])).collect();
    for group in groups {
        let Some(place) = VERDICTS.iter().position(|&verdict| verdict == group.verdict) else { continue };
        for wait in &group.waits {
            let age = Age::of(wait.minutes);
            let part = rows.iter_mut().find(|row| row.0 == age).and_then(|row| row.1.get_mut(place));
            if let Some(part) = part {
                *part += wait.count;
            }
        }
    }
    let longest = rows.iter().rposition(|row| row.1.iter().any(|&count| count > 0));
    rows.truncate(longest.map_or(0, |place| place + 1));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::listing::snapshots;
    use super::super::samples::{goroutines, group};
    use super::*;

    #[test]
    fn parts_and_rest_add_up_to_the_runtimes_count() {
        let mut goroutines = goroutines();
        group(&mut goroutines, "main.send").verdict = Verdict::Leak;
        let subject = goroutines.groups[0].subject;
        goroutines.groups.retain(|group| group.stack[0].function != "main.fresh");
        let snapshots = snapshots(&goroutines, subject);
        let parts = by_verdict(&snapshots, goroutines.groups.iter());
        assert_eq!(parts.rows, [[1, 0, 1, 0], [2, 0, 0, 0]]);
        assert_eq!(parts.rest, [0, 1]);
        let states = by_state(&snapshots);
        assert_eq!(states.keys, ["chan send", "chan receive", "select"]);
        assert_eq!(states.rows, [[1, 0, 1], [2, 1, 0]]);
    }

    #[test]
    fn waits_are_counted_up_to_the_longest_step() {
        let goroutines = goroutines();
        let last = goroutines.groups.iter().filter(|group| group.counts.last() != Some(&0));
        let rows = by_age(last);
        let counts: Vec<_> = rows.iter().map(|(age, row)| (age.name, row.iter().sum::<u64>())).collect();
        assert_eq!(counts, [("none", 1), ("1m", 0), ("3m", 1), ("10m", 0), ("30m", 0), ("1h", 1)]);
        assert!(by_age(std::iter::empty()).is_empty());
    }
}
