//! Who waits for a lock, and the goroutine that holds it; waiters that wait for
//! themselves; locks in a circle.

use std::collections::BTreeMap;

use super::super::grouping::MemberRow;
use super::super::holders::{Answer, OwnGroup, OwnKind, is_lock_code};
use super::super::judgment::Judgment;
use super::families::locks;
use super::roots::{count, holder, is_leak, promote, set_victim};
use super::{Context, NOTHING_ACCUMULATES, catalog, features};
use crate::base::convert::to_u64;
use crate::report::{Confidence, Role, Verdict};

/// Folds the waiters of locks under what they wait for.
pub fn fold(context: &Context<'_>, judgments: &mut [Judgment]) {
    for cycle in 0..context.holders.cycles.len() {
        fold_cycle(context, cycle, judgments);
    }
    for index in 0..judgments.len() {
        tell_own_group(context, index, judgments);
    }
    for index in 0..judgments.len() {
        tell_behind(context, index, judgments);
        tell_itself(context, index, judgments);
        let Some(group) = context.series.groups.get(index) else { continue };
        if !is_leak(judgments, index) || !group.wait.is_lock() {
            continue;
        }
        let is_named = group.last().members.iter().any(|row| context.holders.lock_of(row.goid).is_some());
        match (is_named, locks::is_once_waiter(group)) {
            (true, _) => fold_waiters(context, index, judgments),
            (false, true) => fold_once_waiter(context, index, judgments),
            (false, false) => fold_lock_waiter(context, index, judgments),
        }
    }
}

/// Goroutines that wait for a group that cannot come to its end.
fn tell_own_group(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(group) = context.series.groups.get(index) else { return };
    let members = &group.last().members;
    let known: Vec<&OwnGroup> =
        members.iter().filter_map(|row| context.holders.own_groups.get(&row.goid)).collect();
    // What is said is true of all of them.
    let Some(first) = known
        .first()
        .filter(|first| known.len() == members.len() && known.iter().all(|own| own.kind.is_like(first.kind)))
    else {
        return;
    };
    let is_long = features::waited(group, context.floor) > 0
        || is_leak(judgments, index)
        || features::stood(context.series, index);
    match first.kind {
        OwnKind::LastWorker if features::stood(context.series, index) => {
            convict(judgments, index);
            set_rule(judgments, index, "waitgroup-stuck", &first.reason);
        }
        OwnKind::Itself | OwnKind::Slots if is_long => {
            convict(judgments, index);
            let rule = if first.kind == OwnKind::Slots { "semaphore-exhausted" } else { "self-deadlock" };
            set_rule(judgments, index, rule, &first.reason);
        }
        OwnKind::Behind(_) => {}
        OwnKind::Itself | OwnKind::Slots | OwnKind::Unmanned | OwnKind::LastWorker => {
            let is_over_long = features::waited(group, context.floor.saturating_add(2)) > 0;
            let is_of_structure = matches!(first.kind, OwnKind::Itself | OwnKind::Slots);
            let is_told = is_of_structure || is_over_long || features::stayed(context.series, index);
            if is_told {
                suspect(judgments, index, "waitgroup-stuck", &first.reason);
            }
        }
    }
}

/// Who waits for the group of one that waits for itself goes with that one.
fn tell_behind(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(group) = context.series.groups.get(index) else { return };
    let root = |row: &MemberRow| match context.holders.own_groups.get(&row.goid)?.kind {
        OwnKind::Behind(root) => context.census.group_of.get(&root).copied(),
        _ => None,
    };
    let members = &group.last().members;
    let Some(first) = members.first().and_then(root) else { return };
    if first == index || !is_leak(judgments, first) || members.iter().any(|row| root(row) != Some(first)) {
        return;
    }
    convict(judgments, index);
    if let Some(judgment) = judgments.get_mut(index) {
        judgment.rule = "waitgroup-stuck";
    }
    set_victim(judgments, index, first, "They wait for a group of one that waits for itself.".to_owned());
}

/// At least suspected: what one or two dumps show of a wait that structure alone explains.
pub fn suspect(judgments: &mut [Judgment], index: usize, rule: &'static str, reason: &str) {
    let Some(judgment) = judgments.get_mut(index).filter(|judgment| judgment.verdict != Verdict::Leak) else {
        return;
    };
    judgment.verdict = Verdict::Suspect;
    judgment.confidence = Confidence::Possible;
    judgment.reasons.retain(|known| !known.ends_with(NOTHING_ACCUMULATES));
    set_rule(judgments, index, rule, reason);
}

/// Likely at least, where the structure and the ids of all dumps tell it.
pub fn convict(judgments: &mut [Judgment], index: usize) {
    if let Some(judgment) = judgments.get_mut(index).filter(|judgment| judgment.verdict != Verdict::Leak) {
        judgment.verdict = Verdict::Leak;
        judgment.confidence = Confidence::Likely;
        judgment.reasons.retain(|known| !known.ends_with(NOTHING_ACCUMULATES));
    }
}

/// A waiter that took the lock itself, where nobody else can hold it, needs no age if it
/// stood there in every dump; in fewer dumps it is suspected.
fn tell_itself(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(group) = context.series.groups.get(index).filter(|group| group.wait.is_lock()) else { return };
    if is_leak(judgments, index) {
        return;
    }
    let answer = |goid: u64| {
        let lock = context.holders.lock_of(goid)?;
        match context.holders.answers.get(lock)? {
            Answer::Itself { by, reason, is_settled: true } if *by == goid => Some(reason),
            _ => None,
        }
    };
    let members = &group.last().members;
    let perhaps = |goid: u64| match context.holders.answers.get(context.holders.lock_of(goid)?)? {
        Answer::Perhaps { by, reason } if *by == goid => Some(reason),
        _ => None,
    };
    let Some(reason) = members.iter().find_map(|row| answer(row.goid)) else {
        if let Some(reason) = members.iter().find_map(|row| perhaps(row.goid)) {
            suspect(judgments, index, "self-deadlock", reason);
        }
        return;
    };
    // A read lock that is taken twice has others of the same stack behind it.
    if features::stood(context.series, index) {
        convict(judgments, index);
        set_rule(judgments, index, "self-deadlock", reason);
    } else {
        suspect(judgments, index, "self-deadlock", reason);
    }
}

/// Where what a lock's answer names stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Cycle(usize),
    Held(usize),
    Itself(usize),
    Open,
}

/// All groups of a cycle are one cause; what is stuck in one was found stuck by
/// its minutes, the others follow from it.
fn fold_cycle(context: &Context<'_>, number: usize, judgments: &mut [Judgment]) {
    let Some(cycle) = context.holders.cycles.get(number) else { return };
    let mut groups: Vec<usize> =
        cycle.goids.iter().filter_map(|goid| context.census.group_of.get(goid).copied()).collect();
    groups.sort_unstable();
    groups.dedup();
    let is_standing = cycle.is_settled
        && cycle.goids.iter().all(|&goid| features::stood_at(context.series, &context.census, goid));
    if let Some(&first) = groups.first().filter(|_| is_standing) {
        convict(judgments, first);
    }
    let stuck = groups.iter().copied().find(|&group| is_leak(judgments, group));
    let Some(root) = stuck.or_else(|| groups.first().copied()) else { return };
    if stuck.is_none() {
        // Too young to tell from two that are about to go on.
        suspect(judgments, root, "lock-cycle", &cycle.text);
        return;
    }
    set_rule(judgments, root, "lock-cycle", &cycle.text);
    let confidence = judgments.get(root).map_or(Confidence::Likely, |judgment| judgment.confidence);
    for group in groups.into_iter().filter(|&group| group != root) {
        if let Some(judgment) = judgments.get_mut(group).filter(|judgment| judgment.verdict != Verdict::Leak)
        {
            judgment.verdict = Verdict::Leak;
            judgment.rule = "lock-cycle";
            judgment.confidence = confidence;
        }
        set_victim(judgments, group, root, "They are part of a lock cycle.".to_owned());
    }
}

/// Makes a rule the first that is said of a group.
pub fn set_rule(judgments: &mut [Judgment], index: usize, rule: &'static str, reason: &str) {
    let Some(judgment) = judgments.get_mut(index) else { return };
    judgment.rule = rule;
    judgment.role = Some(Role::Root);
    judgment.root = None;
    judgment.reasons.insert(0, reason.to_owned());
    if let Some(rule) = catalog::rule(rule) {
        judgment.advice = rule.advice.iter().map(|text| (*text).to_owned()).collect();
        judgment.against = Vec::from_iter((!rule.against.is_empty()).then(|| rule.against.to_owned()));
    }
}

/// What most members wait for decides; what is said counts those it is true of.
fn fold_waiters(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(group) = context.series.groups.get(index) else { return };
    let mut targets: BTreeMap<Target, (u64, usize)> = BTreeMap::new();
    for lock in group.last().members.iter().filter_map(|row| context.holders.lock_of(row.goid)) {
        targets.entry(target(context, lock)).or_insert((0, lock)).0 += 1;
    }
    let total = to_u64(group.last().members.len());
    let Some((&target, &(members, lock))) =
        targets.iter().max_by_key(|(target, (count, _))| (*count, std::cmp::Reverse(**target)))
    else {
        return;
    };
    let answer = context.holders.answers.get(lock);
    let subject =
        if members == total { "They wait".to_owned() } else { format!("{members} of {total} wait") };
    match (target, answer) {
        (Target::Cycle(cycle), _) => {
            let first = context.holders.cycles.get(cycle).and_then(|cycle| {
                cycle.goids.iter().find_map(|goid| {
                    let group = *context.census.group_of.get(goid)?;
                    Some(judgments.get(group)?.root.unwrap_or(group))
                })
            });
            if let Some(root) = first.filter(|&root| root != index && is_leak(judgments, root)) {
                set_victim(judgments, index, root, format!("{subject} for a lock in a lock cycle."));
            }
        }
        (Target::Held(holder), Some(Answer::Held { reason, .. })) if holder != index => {
            let is_once = locks::is_once_waiter(group);
            let rule = if is_once { "once-stuck" } else { "blocked-holding-lock" };
            fold_held(context, index, holder, (rule, reason), judgments);
            let what = if is_once {
                "the goroutine that is inside the same sync.Once"
            } else {
                "the goroutine that holds the lock"
            };
            let root = judgments.get(index).and_then(|judgment| judgment.root);
            if root.is_none() {
                let root = judgments.get(holder).and_then(|judgment| judgment.root).unwrap_or(holder);
                if root != index {
                    set_victim(judgments, index, root, format!("{subject} for {what}."));
                }
            }
        }
        (Target::Itself(own), Some(Answer::Itself { reason, .. })) => {
            if own == index {
                set_rule(judgments, index, "self-deadlock", reason);
            } else if is_leak(judgments, own) {
                set_victim(
                    judgments,
                    index,
                    own,
                    format!("{subject} for a goroutine that waits for itself."),
                );
            }
        }
        (_, Some(Answer::Candidates(text) | Answer::Perhaps { reason: text, .. })) => {
            push(judgments, index, text.clone())
        }
        (_, Some(Answer::Held { reason, .. })) => push(judgments, index, reason.clone()),
        _ => unknown(context, index, judgments),
    }
}

fn push(judgments: &mut [Judgment], index: usize, reason: String) {
    if let Some(judgment) = judgments.get_mut(index) {
        judgment.reasons.push(reason);
    }
}

fn target(context: &Context<'_>, lock: usize) -> Target {
    let group = |goid: &u64| context.census.group_of.get(goid).copied();
    match context.holders.answers.get(lock) {
        Some(Answer::Cycle(cycle)) => Target::Cycle(*cycle),
        Some(Answer::Held { by, .. }) => group(by).map_or(Target::Open, Target::Held),
        Some(Answer::Itself { by, .. }) => group(by).map_or(Target::Open, Target::Itself),
        _ => Target::Open,
    }
}

/// The holder becomes the cause, with the evidence.
fn fold_held(
    context: &Context<'_>,
    index: usize,
    holder: usize,
    (rule, reason): (&'static str, &str),
    judgments: &mut [Judgment],
) {
    if judgments.get(holder).is_some_and(|judgment| judgment.role == Some(Role::Victim)) {
        return;
    }
    promote(context, index, holder, rule, judgments);
    if let Some(judgment) =
        judgments.get_mut(holder).filter(|judgment| !judgment.reasons.iter().any(|known| known == reason))
    {
        judgment.reasons.insert(0, reason.to_owned());
    }
}

/// Nobody can be told to hold it: which lock, and what that leaves.
fn unknown(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(group) = context.series.groups.get(index) else { return };
    let mut locks: Vec<usize> =
        group.last().members.iter().filter_map(|row| context.holders.lock_of(row.goid)).collect();
    locks.sort_unstable();
    locks.dedup();
    let name = locks.first().and_then(|&lock| context.holders.names.get(lock)?.as_deref());
    let reason = match (&locks[..], name) {
        ([_], Some(name)) => format!(
            "It is {name}. No goroutine in the dump appears to hold it: the goroutine that locked it has probably returned without calling Unlock."
        ),
        ([_, _, ..], Some(_)) => format!("They wait for {} different locks.", locks.len()),
        _ => return,
    };
    push(judgments, index, reason);
}

/// Who waits for a Once waits for the goroutine that is in its body.
fn fold_once_waiter(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(waiter) = context.series.groups.get(index) else { return };
    if !is_leak(judgments, index) || !locks::is_once_waiter(waiter) {
        return;
    }
    let body = (0..context.series.groups.len()).find(|&other| {
        context.series.groups.get(other).is_some_and(|group| {
            group.last().count > 0
                && group.has("sync.(*Once).doSlow")
                && !locks::is_once_waiter(group)
                && locks::has_same_body(waiter, group)
        })
    });
    if let Some(body) = body {
        promote(context, index, body, "once-stuck", judgments);
        set_victim(
            judgments,
            index,
            body,
            "They wait for the goroutine that is inside the same sync.Once.".to_owned(),
        );
    }
}

/// Who waits for a lock waits for its holder: a goroutine that has the same
/// function on its stack, past the call of Lock, and waits for something else.
fn fold_lock_waiter(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(waiter) = context.series.groups.get(index) else { return };
    if !is_leak(judgments, index) || !waiter.wait.is_lock() || locks::is_once_waiter(waiter) {
        return;
    }
    let is_caller = |name: &str| !is_lock_code(name);
    let Some(holder) = holder(context, waiter, index, is_caller) else { return };
    let function = locks::lock_site(waiter).unwrap_or_default().to_owned();
    let state = context.series.groups.get(holder).map_or("", |group| group.state.as_str()).to_owned();
    let waiters = count(context, index);
    promote(context, index, holder, "blocked-holding-lock", judgments);
    if let Some(judgment) = judgments.get_mut(holder) {
        judgment.reasons.push(format!(
            "It is in {function}, past its call to Lock, and waits in [{state}] while {waiters} wait for that lock."
        ));
    }
    set_victim(judgments, index, holder, format!("A goroutine that waits in [{state}] holds the lock."));
}
