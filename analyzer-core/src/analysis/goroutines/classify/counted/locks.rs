//! Locks, told by the types and functions that take them: a closed circle of
//! waiters, each in code that may hold what another waits for, with nobody else
//! in any of that code.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::super::grouping::{CallSite, Group};
use super::super::super::holders::{is_lock_code, is_once_code};
use super::super::super::judgment::Judgment;
use super::super::super::names;
use super::super::super::state::Wait;
use super::super::Context;
use super::{in_snapshots, is_leak, stands, suspect, tell_one};
use crate::report::Origin;

/// Waiters of a circle that are drawn.
const DRAWN: usize = 16;

/// A lock, as far as names tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Lock<'a> {
    /// Of a type, or taken in a function.
    Of(&'a str),
    /// A Once, by who calls Do.
    Once(&'a str),
}

/// Goroutines that wait for a lock.
#[derive(Debug)]
struct Waiter<'a> {
    group: usize,
    wants: Lock<'a>,
    /// What code further out on the stack may hold.
    holds: FxHashSet<Lock<'a>>,
    stands: bool,
}

/// Says of each circle that it is one.
pub fn tell(context: &Context<'_>, judgments: &mut [Judgment]) {
    let groups = &context.series.groups;
    let mut waiters: Vec<Waiter<'_>> = Vec::new();
    // What somebody may hold who waits for no lock.
    let mut open: FxHashSet<Lock<'_>> = FxHashSet::default();
    for (index, group) in groups.iter().enumerate().filter(|(_, group)| group.last().count > 0) {
        match waiter(index, group) {
            Some(waiter) => waiters.push(waiter),
            None => open.extend(held(group, 0)),
        }
    }
    let holders = holders(&waiters);
    let stuck = closed(&waiters, &holders, &open);
    let next = |at: usize| {
        let wanted = waiters.get(at).and_then(|waiter| holders.get(&waiter.wants));
        wanted.and_then(|holders| holders.first().copied())
    };
    for (circle, members) in circles(&stuck, next) {
        let Some(&root) = circle.first() else { continue };
        let of = |&at: &usize| waiters.get(at).map(|waiter| waiter.group);
        let others = members.iter().filter(|&&at| at != root);
        let all: Vec<usize> = [root].iter().chain(others).filter_map(of).collect();
        let drawn: Vec<&Waiter<'_>> = circle.iter().filter_map(|&at| waiters.get(at)).collect();
        let (rule, reason) = told(context, &drawn);
        // Each object of a type may have a lock of its own, as the nodes of a tree do.
        let is_of_type = matches!(drawn[..], [Waiter { wants: Lock::Of(_), .. }]);
        if is_of_type || may_rotate(context, &waiters, &drawn, members.as_slice()) {
            suspect(judgments, all.first().copied().unwrap_or_default(), rule, &reason);
            continue;
        }
        let behind = "They are a part of a circle of locks, or behind it.";
        tell_one(context, judgments, &all, (rule, &reason), behind);
    }
}

/// Says who holds a lock whose waiters pile up: the only other goroutine in code of the type, in a
/// channel operation in each snapshot.
pub fn tell_holders(context: &Context<'_>, judgments: &mut [Judgment]) {
    let groups = &context.series.groups;
    let mut waiting: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    // The only one past code of each type that waits for no lock; `None` if there are several.
    let mut inside: FxHashMap<&str, Option<usize>> = FxHashMap::default();
    for (index, group) in groups.iter().enumerate() {
        match waiter(index, group) {
            Some(Waiter { wants: Lock::Of(owner), .. }) if group.last().count > 0 => {
                waiting.entry(owner).or_default().push(index);
            }
            Some(_) => {}
            None => {
                // One that was in that code in an earlier snapshot is another that takes the lock.
                let owners: FxHashSet<&str> = group.names().map(names::owner_of).collect();
                for owner in owners {
                    inside.entry(owner).and_modify(|known| *known = None).or_insert(Some(index));
                }
            }
        }
    }
    let holds = |index: usize| {
        let is_channel = |group: &Group| matches!(group.wait, Wait::Send | Wait::Receive | Wait::Channel);
        groups.get(index).is_some_and(|group| group.last().count == 1 && stands(group) && is_channel(group))
    };
    let mut found: Vec<(usize, Vec<usize>, &str)> = waiting
        .into_iter()
        .filter(|(_, waiters)| waiters.iter().any(|&waiter| is_leak(judgments, waiter)))
        .filter_map(|(owner, waiters)| {
            let holder = inside.get(owner).copied().flatten().filter(|&index| holds(index))?;
            Some((holder, waiters, owner))
        })
        .filter(|(_, _, owner)| owner.ends_with(')'))
        .collect();
    found.sort_unstable();
    for (holder, waiters, owner) in found {
        if is_leak(judgments, holder) {
            continue;
        }
        let reason = format!(
            "In every snapshot it stands in code of {}, in which all others wait for a lock, and they become more: it may hold that lock.",
            names::short(owner)
        );
        let all: Vec<usize> = [holder].into_iter().chain(waiters).collect();
        tell_one(context, judgments, &all, ("blocked-holding-lock", &reason), "They wait for its lock.");
    }
}

/// True if the circle may be one of types alone: locks of several objects that are handed on,
/// with the one that was just woken still in its call of Lock. More wait in its code than a
/// circle has places, as many in each snapshot, and no others pile up behind it; or somebody
/// may hold a lock of it whose stack does not show that: the lock was taken by a function that
/// has returned.
fn may_rotate(
    context: &Context<'_>,
    waiters: &[Waiter<'_>],
    circle: &[&Waiter<'_>],
    members: &[usize],
) -> bool {
    if circle.iter().all(|waiter| matches!(waiter.wants, Lock::Once(_))) {
        return false;
    }
    let group = |index: usize| context.series.groups.get(index);
    let stuck: FxHashSet<usize> =
        members.iter().filter_map(|&at| waiters.get(at)).map(|waiter| waiter.group).collect();
    let in_circle = circle.iter().filter_map(|waiter| group(waiter.group));
    let is_crowd = in_circle.clone().any(|group| group.last().count > 1);
    let pile_up = |group: &Group| {
        let counts = group.counts();
        let never_fall = counts.windows(2).all(|pair| pair.first() <= pair.last());
        never_fall && counts.first() < counts.last()
    };
    if is_crowd && !stuck.iter().filter_map(|&index| group(index)).any(pile_up) {
        return true;
    }
    let takes_for_caller =
        |group: &Group| group.names().find(|name| !is_lock_code(name)).is_some_and(is_named_as_lock);
    if in_circle.clone().any(takes_for_caller) {
        let entries: FxHashSet<&str> = in_circle.filter_map(entry).collect();
        let others = context.series.groups.iter().enumerate();
        return others
            .filter(|(index, other)| other.last().count > 0 && !stuck.contains(index))
            .any(|(_, other)| entry(other).is_some_and(|entry| entries.contains(entry)));
    }
    false
}

/// The outermost function of the program or of a library.
fn entry(group: &Group) -> Option<&str> {
    let is_user = |site: &&CallSite| matches!(site.origin, Origin::Own | Origin::Dependency);
    group.frames.iter().rfind(is_user).map(|site| &*site.function.name)
}

/// True for functions that take a lock for their caller, by their name.
fn is_named_as_lock(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    ["lock", "acquire", "enter"].iter().any(|verb| name.contains(verb))
}

fn waiter(index: usize, group: &Group) -> Option<Waiter<'_>> {
    if !group.wait.is_lock() {
        return None;
    }
    let site = group.names().position(|name| !is_lock_code(name))?;
    let once = group.names().skip(site).take_while(|name| is_once_code(name)).count();
    let caller = names::owner_of(group.names().nth(site + once)?);
    let (wants, outer) =
        if once > 0 { (Lock::Once(caller), site + once) } else { (Lock::Of(caller), site + 1) };
    // A method that calls another one of its type takes no lock by that alone.
    let is_own = |name: &&str| once == 0 && names::owner_of(name) == caller;
    let inner = group.names().skip(outer).take_while(is_own).count();
    let holds = held(group, outer + inner);
    Some(Waiter { group: index, wants, holds, stands: stands(group) })
}

/// What the frames from `outer` on may hold.
fn held(group: &Group, outer: usize) -> FxHashSet<Lock<'_>> {
    let mut held = FxHashSet::default();
    let mut is_in_once = false;
    for name in group.names().skip(outer) {
        if is_once_code(name) {
            is_in_once = true;
            continue;
        }
        let owner = names::owner_of(name);
        held.insert(Lock::Of(owner));
        if std::mem::take(&mut is_in_once) {
            held.insert(Lock::Once(owner));
        }
    }
    held
}

/// The waiters that may hold each lock that somebody waits for.
fn holders<'a>(waiters: &[Waiter<'a>]) -> FxHashMap<Lock<'a>, Vec<usize>> {
    let mut holders: FxHashMap<Lock<'_>, Vec<usize>> =
        waiters.iter().map(|waiter| (waiter.wants, Vec::new())).collect();
    for (at, waiter) in waiters.iter().enumerate() {
        for lock in &waiter.holds {
            if let Some(known) = holders.get_mut(lock) {
                known.push(at);
            }
        }
    }
    holders
}

/// The waiters for locks that only such waiters can hold, and that some do.
fn closed(
    waiters: &[Waiter<'_>],
    holders: &FxHashMap<Lock<'_>, Vec<usize>>,
    open: &FxHashSet<Lock<'_>>,
) -> Vec<usize> {
    let stands = |holder: &usize| waiters.get(*holder).is_some_and(|holder| holder.stands);
    let can_end = |(lock, holders): (&Lock<'_>, &Vec<usize>)| {
        open.contains(lock) || holders.is_empty() || !holders.iter().all(stands)
    };
    let mut waiting: FxHashMap<Lock<'_>, Vec<usize>> = FxHashMap::default();
    for (at, waiter) in waiters.iter().enumerate() {
        waiting.entry(waiter.wants).or_default().push(at);
    }
    let mut released: Vec<Lock<'_>> =
        holders.iter().filter(|(lock, holders)| can_end((*lock, *holders))).map(|(lock, _)| *lock).collect();
    // Who gets its lock gives back what it holds.
    while let Some(lock) = released.pop() {
        for at in waiting.remove(&lock).unwrap_or_default() {
            released.extend(waiters.get(at).into_iter().flat_map(|waiter| &waiter.holds));
        }
    }
    let mut stuck: Vec<usize> = waiting.into_values().flatten().collect();
    stuck.sort_unstable();
    stuck
}

/// Circles in which the ways from waiters to who holds what they want end, each from its lowest
/// member on and with all waiters that lead to it.
fn circles(stuck: &[usize], next: impl Fn(usize) -> Option<usize>) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut found: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    // The circle of each waiter that is known; `None` while its way is walked.
    let mut of_waiter: FxHashMap<usize, Option<usize>> = FxHashMap::default();
    for &start in stuck {
        let mut way: Vec<usize> = Vec::new();
        let mut at = Some(start);
        while let Some(waiter) = at.filter(|waiter| !of_waiter.contains_key(waiter)) {
            of_waiter.insert(waiter, None);
            way.push(waiter);
            at = next(waiter);
        }
        let Some(end) = at else { continue };
        let known = of_waiter.get(&end).copied().flatten();
        let number = known.unwrap_or(found.len());
        if known.is_none() {
            let mut circle: Vec<usize> = way.iter().copied().skip_while(|&waiter| waiter != end).collect();
            let lowest = circle.iter().enumerate().min_by_key(|(_, waiter)| **waiter).map(|(place, _)| place);
            circle.rotate_left(lowest.unwrap_or(0));
            found.push((circle, Vec::new()));
        }
        for waiter in way {
            of_waiter.insert(waiter, Some(number));
        }
    }
    for &at in stuck {
        let circle = of_waiter.get(&at).copied().flatten().and_then(|number| found.get_mut(number));
        circle.into_iter().for_each(|(_, members)| members.push(at));
    }
    found.sort_unstable();
    found
}

/// The rule, and the circle drawn.
fn told(context: &Context<'_>, circle: &[&Waiter<'_>]) -> (&'static str, String) {
    let name = |lock: Lock<'_>| match lock {
        Lock::Of(owner) if owner.ends_with(')') => format!("the lock of {}", names::short(owner)),
        Lock::Of(owner) => format!("the lock that is taken in {}", names::short(owner)),
        Lock::Once(owner) => format!("the sync.Once of {}", names::short(owner)),
    };
    let place = |waiter: &Waiter<'_>| {
        let group = context.series.groups.get(waiter.group);
        let site = group.and_then(Group::user_frame);
        site.map(|site| names::short(&site.function.name).to_owned()).unwrap_or_default()
    };
    let is_of_onces = circle.iter().all(|waiter| matches!(waiter.wants, Lock::Once(_)));
    if let [only] = circle {
        let several = context.series.groups.get(only.group).is_some_and(|group| group.last().count > 1);
        let lock = name(only.wants);
        let how = if several { "each of them" } else { "it" };
        let reason = format!(
            "{} {how} stands in {} and waits for {lock}, from within code that takes it; nobody else in the snapshot is in that code.",
            in_snapshots(context),
            place(only)
        );
        let rule = match (is_of_onces, several) {
            (_, true) => "lock-cycle",
            (true, false) => "once-stuck",
            (false, false) => "self-deadlock",
        };
        return (rule, reason);
    }
    // Each holds what the one before waits for.
    let parts: Vec<String> = circle
        .iter()
        .take(DRAWN)
        .zip(circle.iter().cycle().skip(circle.len() - 1))
        .map(|(waiter, before)| {
            format!(
                "in {} some may hold {} and wait for {}",
                place(waiter),
                name(before.wants),
                name(waiter.wants)
            )
        })
        .collect();
    let reason = format!(
        "{} they wait for each other: {}{}. Nobody else in the snapshot is in that code.",
        in_snapshots(context),
        parts.join("; "),
        if circle.len() > DRAWN { format!("; and {} more", circle.len() - DRAWN) } else { String::new() }
    );
    (if is_of_onces { "once-stuck" } else { "lock-cycle" }, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waiter_is_of_the_circle_that_its_way_leads_to() {
        let next = |at: usize| [1, 3, 1, 1, 4, 4].get(at).copied();
        let found = circles(&[0, 1, 2, 3, 4, 5], next);
        assert_eq!(found, [(vec![1, 3], vec![0, 1, 2, 3]), (vec![4], vec![4, 5])]);
    }
}
