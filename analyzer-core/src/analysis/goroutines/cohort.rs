//! What happened to a group's goroutines between two dumps of one process.
//!
//! Ids are never given twice, so a dump is a census: an id that the dump
//! before lacks was born between the two, one that the dump after lacks has
//! ended. A goroutine that is in both may have worked between them and stand
//! at the same place again: only its printed minutes can show that it did not.

use rustc_hash::FxHashSet;

use super::grouping::{Group, MemberRow, Population};
use crate::base::convert::to_u64;
use crate::report::GroupChange;

/// All ids of one moment.
pub type Census = FxHashSet<u64>;

/// Every id of a moment.
pub fn census(groups: &[Group], moment: usize) -> Census {
    groups
        .iter()
        .filter_map(|group| group.at.get(moment))
        .flat_map(|population| population.members.iter().map(|member| member.goid))
        .collect()
}

/// What changed in a group from one moment to the next.
pub fn change(
    before: &Population,
    after: &Population,
    all_before: &Census,
    all_after: &Census,
) -> GroupChange {
    let mut change = GroupChange::default();
    let mut old = before.members.iter().peekable();
    for member in &after.members {
        while old.next_if(|row| row.goid < member.goid).is_some() {}
        match old.peek().filter(|row| row.goid == member.goid) {
            Some(row) => add_survivor(&mut change, row, member),
            None if !all_before.contains(&member.goid) => change.births += 1,
            None => {}
        }
    }
    change.deaths = to_u64(before.members.iter().filter(|row| !all_after.contains(&row.goid)).count());
    change
}

fn add_survivor(change: &mut GroupChange, before: &MemberRow, after: &MemberRow) {
    change.survivors += 1;
    let is_risen = match (before.minutes, after.minutes) {
        // A leaked mark replaces the minutes.
        (Some(_), None) => after.is_leaked,
        (old, new) => new > old,
    };
    // One stamp can be wrong by an interval; two in a row that rise would need
    // two collections that each fell into another wait at the same place.
    let is_sure =
        before.minutes.is_some() || after.minutes.is_some_and(|minutes| minutes > STAMP_SLACK_MINUTES);
    change.risen += u64::from(is_risen);
    change.aged += u64::from(is_risen && is_sure);
    change.reset += u64::from(before.minutes.is_some() && !is_risen);
}

/// Minutes that a stamp may exceed the truth by: garbage is collected at
/// least every two minutes (runtime/proc.go, forcegcperiod).
const STAMP_SLACK_MINUTES: u32 = 2;

/// True if the dump after can be of the process of the dump before: ids only
/// rise, and goroutines that waited long have not become young at their places.
pub fn is_same_process(groups: &[Group], before: usize, after: usize) -> bool {
    let ids = |moment: usize| {
        groups.iter().filter_map(move |group| group.at.get(moment)).flat_map(|population| &population.members)
    };
    let (Some(old_max), Some(new_max)) =
        (ids(before).map(|m| m.goid).max(), ids(after).map(|m| m.goid).max())
    else {
        return true;
    };
    let (mut common, mut younger, mut old_waiters, mut aged) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut stamped, mut risen) = (0_u64, 0_u64);
    for group in groups {
        let (Some(before), Some(after)) = (group.at.get(before), group.at.get(after)) else { continue };
        for row in &before.members {
            let Ok(at) = after.members.binary_search_by_key(&row.goid, |member| member.goid) else {
                continue;
            };
            common += 1;
            let Some(minutes) = row.minutes else { continue };
            let new = after
                .members
                .get(at)
                .map_or(0, |m| if m.is_leaked { minutes } else { m.minutes.unwrap_or(0) });
            stamped += 1;
            risen += u64::from(new > minutes);
            if minutes < OLD_MINUTES {
                continue;
            }
            old_waiters += 1;
            younger += u64::from(new < minutes);
            aged += u64::from(new > minutes);
        }
    }
    let before_ids = to_u64(ids(before).count());
    if younger * 2 > old_waiters.max(1) {
        return false;
    }
    if new_max < old_max {
        // The newest may all have ended, and processors hand out ids from ranges of
        // their own (runtime/proc.go, _GoidCacheBatch); then most of the rest is
        // still there, or has become older.
        return aged > 0 || risen * 2 > stamped || common * 10 >= before_ids * 9;
    }
    // Something of a living process lasts: its listeners, its pools.
    common * 20 >= before_ids.min(20)
}

/// Minutes from which a wait counts as long in [`is_same_process`].
const OLD_MINUTES: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::goroutines::LabelSets;

    fn population(rows: &[(u64, Option<u32>)]) -> Population {
        let members = rows.iter().map(|&(goid, minutes)| MemberRow {
            goid,
            parent: None,
            minutes,
            line: 1,
            is_leaked: false,
            is_locked: false,
            is_left: false,
            arguments: 0,
            labels: LabelSets::EMPTY,
        });
        Population { count: to_u64(rows.len()), members: members.collect(), ..Population::default() }
    }

    #[test]
    fn births_deaths_and_aged_survivors() {
        let before = population(&[(1, Some(2)), (2, Some(4)), (3, None), (4, Some(1)), (5, None)]);
        let after =
            population(&[(1, Some(7)), (2, Some(1)), (3, Some(5)), (5, Some(1)), (7, None), (9, None)]);
        // 9 was elsewhere before: it moved here, it was not born.
        let all_before = [1, 2, 3, 4, 5, 9].into_iter().collect();
        let all_after = [1, 2, 3, 5, 7, 9].into_iter().collect();
        let change = change(&before, &after, &all_before, &all_after);
        assert_eq!(change, GroupChange { births: 1, deaths: 1, survivors: 4, aged: 2, risen: 3, reset: 1 });
    }
}
