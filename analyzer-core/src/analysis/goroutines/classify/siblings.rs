//! Groups that are one cause though their stacks differ: a lock that several
//! functions wait for, goroutines that were started together, one place that
//! several calls lead to. And groups that only accompany calls that still run.

use rustc_hash::FxHashMap;

use super::super::grouping::Group;
use super::super::judgment::Judgment;
use super::super::names;
use super::families::locks;
use super::{Assessment, Context, ownership};
use crate::base::order::StableOrder as _;
use crate::report::{Confidence, Role, Verdict};

/// Why a group goes with another that it does not wait for.
pub const STARTED_TOGETHER: &str = "The same call starts both, and they exit together.";

/// Takes back what only accompanies a call that is at work.
pub fn take_back_accompanied(
    context: &Context<'_>,
    assessed: &[Option<Assessment>],
    judgments: &mut [Judgment],
) {
    take_back_coordinators(context, judgments);
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, group) in context.series.groups.iter().enumerate() {
        let is_open = judgments.get(index).is_some_and(|judgment| {
            judgment.verdict == Verdict::Leak && judgment.confidence != Confidence::Certain
        }) && assessed.get(index).and_then(Option::as_ref).is_some_and(may_accompany);
        if is_open && let Some(starters) = ownership::running_starters(context, group) {
            open.push((index, starters));
        }
    }
    // Starters may be taken back themselves: until nothing changes.
    loop {
        let before = open.len();
        open.retain(|(index, starters)| {
            let is_stuck = starters.iter().any(|&starter| starter != *index && is_leak(judgments, starter));
            if !is_stuck {
                let against =
                    "The calls that started them have not returned and are not blocked: these goroutines work for them.";
                suspect(judgments, *index, against.to_owned());
            }
            is_stuck
        });
        if open.len() == before {
            return;
        }
    }
}

/// Who waits for workers that move is no leak.
fn take_back_coordinators(context: &Context<'_>, judgments: &mut [Judgment]) {
    for (index, group) in context.series.groups.iter().enumerate() {
        let is_open = judgments
            .get(index)
            .is_some_and(|judgment| judgment.rule == "waitgroup-stuck" && judgment.verdict == Verdict::Leak);
        if !is_open || group.last().leaked > 0 {
            continue;
        }
        let working = ownership::with_moving_child(context, group);
        if working * 2 >= group.last().count && working > 0 {
            suspect(
                judgments,
                index,
                format!("{working} of them have workers that have moved since the previous dump."),
            );
        }
    }
}

fn suspect(judgments: &mut [Judgment], index: usize, against: String) {
    if let Some(judgment) = judgments.get_mut(index) {
        judgment.verdict = Verdict::Suspect;
        judgment.confidence = Confidence::Possible;
        judgment.against.insert(0, against);
    }
}

/// Waits in which helpers of a running call stand for hours. A blocked send or
/// lock is none of them.
fn may_accompany(assessment: &Assessment) -> bool {
    assessment.policy.is_idle_place || matches!(assessment.rule, "ticker-loop-no-exit" | "sleep-loop")
}

/// Folds groups of one cause under the largest of them.
pub fn fold(context: &Context<'_>, judgments: &mut [Judgment]) {
    fold_locks(context, judgments);
    fold_same_place(context, judgments);
    fold_started_together(context, judgments);
}

fn is_leak(judgments: &[Judgment], index: usize) -> bool {
    judgments.get(index).is_some_and(|judgment| judgment.verdict == Verdict::Leak)
}

/// Leaking, and not explained by another group.
fn is_root(judgments: &[Judgment], index: usize) -> bool {
    judgments
        .get(index)
        .is_some_and(|judgment| judgment.verdict == Verdict::Leak && judgment.role == Some(Role::Root))
}

fn fold_under(judgments: &mut [Judgment], victim: usize, root: usize, reason: &str) {
    // What hung on the victim hangs on the root now: chains have one link.
    for judgment in judgments.iter_mut().filter(|judgment| judgment.root == Some(victim)) {
        judgment.root = Some(root);
    }
    if let Some(judgment) = judgments.get_mut(victim) {
        judgment.role = Some(Role::Victim);
        judgment.root = Some(root);
        judgment.reasons.push(reason.to_owned());
    }
}

fn count(context: &Context<'_>, index: usize) -> u64 {
    context.series.groups.get(index).map_or(0, |group| group.last().count)
}

/// The largest; of equals the first.
fn largest(context: &Context<'_>, indexes: &[usize]) -> Option<usize> {
    indexes.iter().copied().max_by_key(|&index| (count(context, index), std::cmp::Reverse(index)))
}

/// What tells whether two groups wait for one lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum LockKey {
    /// The lock, by its address.
    Lock(usize),
    /// The type or function that locks it, where no address is printed.
    Owner(String),
}

/// Whoever waits for one lock waits for what blocks it, whether or not each of
/// them shows it by itself. Different addresses are different locks; where no
/// address is printed, the type is all there is.
fn fold_locks(context: &Context<'_>, judgments: &mut [Judgment]) {
    let locks_of: Vec<Vec<LockKey>> =
        context.series.groups.iter().map(|group| lock_keys(context, group)).collect();
    let mut by_lock: FxHashMap<&LockKey, Vec<usize>> = FxHashMap::default();
    for (index, keys) in locks_of.iter().enumerate() {
        for key in keys {
            by_lock.entry(key).or_default().push(index);
        }
    }
    let mut shared: Vec<_> = by_lock.into_iter().filter(|(_, members)| members.len() > 1).collect();
    shared.order();
    for (key, members) in shared {
        let roots: Vec<usize> =
            members.iter().copied().filter(|&member| is_root(judgments, member)).collect();
        let explained = members.iter().find_map(|&member| {
            let judgment = judgments.get(member)?;
            judgment.root.filter(|_| judgment.verdict == Verdict::Leak)
        });
        let Some(root) = explained.or_else(|| largest(context, &roots)) else { continue };
        let stuck: Vec<usize> =
            members.iter().copied().filter(|&member| is_leak(judgments, member)).collect();
        for &member in &members {
            let is_folded = judgments.get(member).is_some_and(|judgment| judgment.root.is_some());
            if member == root || is_folded || !is_shared(&locks_of, &stuck, member, key) {
                continue;
            }
            convict(judgments, member, root);
            let reason = match key {
                LockKey::Lock(_) => "They wait for the same lock.",
                LockKey::Owner(_) => "They wait for a lock of the same type, or behind one.",
            };
            fold_under(judgments, member, root, reason);
        }
    }
}

/// The locks that a group waits for, and the type that has them.
fn lock_keys(context: &Context<'_>, group: &Group) -> Vec<LockKey> {
    if !group.wait.is_lock() || locks::is_once_waiter(group) || group.last().count == 0 {
        return Vec::new();
    }
    let known = group.last().members.iter().filter_map(|row| context.holders.lock_of(row.goid));
    let is_named = |lock: &usize| context.holders.names.get(*lock).is_some_and(Option::is_some);
    let mut keys: Vec<LockKey> = known.filter(is_named).map(LockKey::Lock).collect();
    let owner = locks::lock_site(group).map(names::owner_of).filter(|owner| !owner.is_empty());
    keys.extend(owner.map(|owner| LockKey::Owner(owner.to_owned())));
    keys.order();
    keys.dedup();
    keys
}

/// What is said of a group is true of all of it: each of its locks is one that
/// others of the cause wait for. The type alone counts where no lock is known.
fn is_shared(locks_of: &[Vec<LockKey>], stuck: &[usize], member: usize, key: &LockKey) -> bool {
    let Some(keys) = locks_of.get(member) else { return false };
    let locks: Vec<&LockKey> = keys.iter().filter(|key| matches!(key, LockKey::Lock(_))).collect();
    match key {
        LockKey::Owner(_) => locks.is_empty(),
        LockKey::Lock(_) if locks.len() == 1 => true,
        // A group with many locks is looked at once, at the first of them.
        LockKey::Lock(_) => {
            let others = stuck.iter().filter(|&&other| other != member);
            locks.first() == Some(&key)
                && others
                    .filter_map(|&other| locks_of.get(other))
                    .any(|known| locks.iter().all(|lock| known.binary_search(lock).is_ok()))
        }
    }
}

/// A group of which the figures say nothing takes the verdict of its cause.
fn convict(judgments: &mut [Judgment], victim: usize, root: usize) {
    let Some(confidence) = judgments.get(root).map(|judgment| judgment.confidence) else { return };
    if let Some(judgment) = judgments.get_mut(victim)
        && judgment.verdict != Verdict::Leak
    {
        judgment.verdict = Verdict::Leak;
        judgment.rule = "lock-never-released";
        judgment.confidence = confidence.max(Confidence::Likely);
    }
}

/// One place that several `go` statements lead to.
fn fold_same_place(context: &Context<'_>, judgments: &mut [Judgment]) {
    let mut by_place: FxHashMap<Vec<(&str, Option<u32>)>, Vec<usize>> = FxHashMap::default();
    for (index, group) in context.series.groups.iter().enumerate() {
        if is_root(judgments, index) && group.user_frame().is_some() {
            let frames = group.frames.iter().map(|site| (&*site.function.name, site.line)).collect();
            by_place.entry(frames).or_default().push(index);
        }
    }
    let mut places: Vec<Vec<usize>> = by_place.into_values().filter(|places| places.len() > 1).collect();
    places.order();
    for members in places {
        let Some(root) = largest(context, &members) else { continue };
        for member in members.into_iter().filter(|&member| member != root) {
            fold_under(judgments, member, root, "They wait at the same place; another call started them.");
        }
    }
}

/// Goroutines that one function starts together, always as many of each kind:
/// one call leaves all of them behind.
fn fold_started_together(context: &Context<'_>, judgments: &mut [Judgment]) {
    let groups = &context.series.groups;
    let mut by_start: FxHashMap<(&str, Vec<u64>), Vec<usize>> = FxHashMap::default();
    for (index, group) in groups.iter().enumerate() {
        let creator = group.creator.as_ref().filter(|_| is_root(judgments, index));
        if let Some(creator) = creator {
            by_start.entry((&creator.function.name, group.counts())).or_default().push(index);
        }
    }
    let mut sets: Vec<Vec<usize>> = by_start.into_values().filter(|set| set.len() > 1).collect();
    sets.order();
    for set in sets {
        let Some(root) = set.iter().copied().min_by_key(|&index| (is_receiver(groups.get(index)), index))
        else {
            continue;
        };
        for member in set.into_iter().filter(|&member| member != root) {
            if let (Some(a), Some(b)) = (groups.get(root), groups.get(member))
                && are_neighbors(a, b)
                && (b.last().count >= TOGETHER || have_one_object(a, b))
            {
                fold_under(judgments, member, root, STARTED_TOGETHER);
            }
        }
    }
}

/// A receive may only wait for what the other does not send.
fn is_receiver(group: Option<&Group>) -> bool {
    group.is_some_and(|group| group.wait == super::super::state::Wait::Receive)
}

/// Ids between two goroutines of one call: it starts few others in between.
const NEIGHBOR_IDS: u64 = 8;

/// Pairs from which starting together is no chance.
const TOGETHER: u64 = 3;

/// True if each pair was started with the same addresses.
fn have_one_object(a: &Group, b: &Group) -> bool {
    let mut pairs = a.last().members.iter().zip(&b.last().members);
    pairs.all(|(a, b)| a.arguments != 0 && a.arguments == b.arguments)
}

/// True if the ids pair up.
fn are_neighbors(a: &Group, b: &Group) -> bool {
    let pairs = a.last().members.iter().zip(&b.last().members);
    !a.last().members.is_empty()
        && pairs.into_iter().all(|(a, b)| a.goid.abs_diff(b.goid) <= NEIGHBOR_IDS && a.parent == b.parent)
}
