//! Causes and those that only wait for them: one finding for a cause, however
//! many stand behind it.

use super::super::grouping::{Group, MemberRow};
use super::super::judgment::Judgment;
use super::super::state::Wait;
use super::families::{http_client, http_server, locks, process};
use super::lock_roots::{convict, set_rule, suspect};
use super::{Assessment, Context, catalog, features};
use crate::report::{Confidence, Role, Verdict};

/// Folds victims and satellites under their groups.
pub fn fold(context: &Context<'_>, assessed: &[Option<Assessment>], judgments: &mut [Judgment]) {
    let handler = standing_handler(context, judgments);
    for index in 0..judgments.len() {
        if let Some(handler) = handler {
            fold_stop(context, index, handler, judgments);
        }
        fold_closing(context, index, judgments);
        convict_waiter(context, index, judgments);
        fold_wait_group(context, index, assessed, judgments);
    }
    for (index, assessment) in assessed.iter().enumerate() {
        let owners = assessment.as_ref().and_then(|assessment| assessment.satellite_of.as_ref());
        if let Some(owners) = owners {
            fold_satellite(context, index, owners, judgments);
        }
    }
}

pub fn is_leak(judgments: &[Judgment], index: usize) -> bool {
    judgments.get(index).is_some_and(|judgment| judgment.verdict == Verdict::Leak)
}

pub fn set_victim(judgments: &mut [Judgment], victim: usize, root: usize, reason: String) {
    // What hung on the victim hangs on the root now: chains have one link.
    for judgment in judgments.iter_mut().filter(|judgment| judgment.root == Some(victim)) {
        judgment.root = Some(root);
    }
    if let Some(judgment) = judgments.get_mut(victim) {
        judgment.role = Some(Role::Victim);
        judgment.root = Some(root);
        judgment.reasons.push(reason);
    }
}

pub fn count(context: &Context<'_>, index: usize) -> u64 {
    context.series.groups.get(index).map_or(0, |group| group.last().count)
}

/// A group that has the waiter's function on its stack, past the line where the
/// waiter stands, and waits for something else.
pub fn holder(
    context: &Context<'_>,
    waiter: &Group,
    index: usize,
    is_caller: impl Fn(&str) -> bool,
) -> Option<usize> {
    let site = waiter.frames.iter().find(|site| is_caller(&site.function.name))?;
    let is_holder = |other: &Group| {
        let past = other.frames.iter().any(|frame| {
            frame.function.name == site.function.name && frame.file == site.file && frame.line > site.line
        });
        let waits_elsewhere = !matches!(other.wait, Wait::Running | Wait::Runtime)
            && locks::lock_site(other).filter(|_| other.wait.is_lock()) != Some(&*site.function.name);
        past && waits_elsewhere && other.last().count > 0 && !other.wait.is_lock()
    };
    let groups = context.series.groups.iter().enumerate();
    groups.filter(|(other, group)| *other != index && is_holder(group)).map(|(other, _)| other).min()
}

/// Waiters for each holder from which holding the lock is the point.
const WAITERS_PER_HOLDER: u64 = 3;

/// Makes a group the root of what a leaking group waits for.
pub fn promote(
    context: &Context<'_>,
    victim: usize,
    root: usize,
    rule: &'static str,
    judgments: &mut [Judgment],
) {
    let Some(confidence) = judgments.get(victim).map(|judgment| judgment.confidence) else { return };
    let Some(judgment) = judgments.get_mut(root) else { return };
    let was_leak = judgment.verdict == Verdict::Leak;
    // Several holders beside as many waiters leak by themselves: what they wait
    // in says more than that they hold a lock.
    let holders = count(context, root);
    let is_dominated = holders == 1 || count(context, victim) >= holders.saturating_mul(WAITERS_PER_HOLDER);
    if was_leak && !is_dominated {
        return;
    }
    judgment.confidence = if was_leak { judgment.confidence.min(confidence) } else { confidence };
    judgment.verdict = Verdict::Leak;
    judgment.rule = rule;
    judgment.role = Some(Role::Root);
    judgment.root = None;
    if let Some(rule) = catalog::rule(rule) {
        judgment.advice = rule.advice.iter().map(|text| (*text).to_owned()).collect();
        judgment.against = Vec::from_iter((!rule.against.is_empty()).then(|| rule.against.to_owned()));
    }
    if !was_leak {
        let waiting = count(context, victim);
        let (subject, verb) = if waiting == 1 { ("goroutine", "does not") } else { ("goroutines", "do not") };
        judgment.reasons.push(format!("{waiting} {subject} {verb} continue before it does."));
    }
}

/// The largest group of handlers that stand: those that are known to be stuck first.
fn standing_handler(context: &Context<'_>, judgments: &[Judgment]) -> Option<usize> {
    let is_known =
        |index: usize| judgments.get(index).is_some_and(|judgment| judgment.rule == "http-handler-stuck");
    let is_handler = |&index: &usize| {
        let group = context.series.groups.get(index);
        (is_known(index) || group.is_some_and(http_server::is_waiting_handler))
            && count(context, index) > 0
            && (is_leak(judgments, index) || has_stood(context, index))
    };
    let handlers = (0..judgments.len()).filter(is_handler);
    handlers.max_by_key(|&index| (is_known(index), count(context, index), std::cmp::Reverse(index)))
}

/// True for what waited long, or was there in every dump.
fn has_stood(context: &Context<'_>, index: usize) -> bool {
    let group = context.series.groups.get(index);
    features::stayed(context.series, index)
        || group.is_some_and(|group| features::waited(group, context.floor) == group.last().count)
}

/// A stop that hangs waits for a handler: one that stands is the cause.
fn fold_stop(context: &Context<'_>, index: usize, root: usize, judgments: &mut [Judgment]) {
    let is_hanging = context.series.groups.get(index).is_some_and(process::is_stopping);
    if !is_hanging || !is_leak(judgments, index) {
        return;
    }
    promote(context, index, root, "http-handler-stuck", judgments);
    set_victim(judgments, index, root, "The server waits for handlers that do not return.".to_owned());
    fold_calls(context, root, judgments);
}

/// A call of Close that waits for a goroutine of the same object goes with that one, if
/// it is stuck; else the call hangs by itself once it has waited long.
fn fold_closing(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(group) = context.series.groups.get(index) else { return };
    let members = &group.last().members;
    let closing = |row: &MemberRow| context.holders.closings.get(&row.goid);
    let Some(first) = members.first().and_then(closing) else { return };
    if !members.iter().all(|row| closing(row).is_some()) {
        return;
    }
    let root = context.census.group_of.get(&first.by).copied();
    if let Some(root) = root.filter(|&root| root != index && is_leak(judgments, root)) {
        if has_stood(context, index) || is_leak(judgments, index) {
            let root = judgments.get(root).and_then(|judgment| judgment.root).unwrap_or(root);
            convict(judgments, index);
            if let Some(judgment) = judgments.get_mut(index).filter(|judgment| judgment.rule.is_empty()) {
                judgment.rule = "shutdown-hang";
            }
            set_victim(judgments, index, root, first.reason.clone());
            push(judgments, root, &first.reason);
        }
        return;
    }
    let least = context.floor.saturating_add(2);
    let is_long = features::waited(group, least) == group.last().count;
    if !is_long || is_leak(judgments, index) {
        return;
    }
    // Who moved a moment ago is about to end.
    let stands = |row: &MemberRow| {
        closing(row).is_some_and(|closing| closing.minutes.is_some_and(|minutes| minutes >= least))
    };
    if members.iter().all(stands) {
        convict(judgments, index);
        set_rule(judgments, index, "shutdown-hang", &first.reason);
    } else {
        suspect(judgments, index, "shutdown-hang", &first.reason);
    }
}

fn push(judgments: &mut [Judgment], index: usize, reason: &str) {
    if let Some(judgment) = judgments.get_mut(index) {
        judgment.reasons.push(reason.to_owned());
    }
}

/// Minutes between a call and its handler: the call comes first.
const CALL_GAP_MINUTES: u32 = 1;

/// Calls of a test, as many as there are handlers that stand, and as long: it calls the
/// server that it stops. Elsewhere equal numbers are chance, and a stream waits for other servers.
fn fold_calls(context: &Context<'_>, root: usize, judgments: &mut [Judgment]) {
    let groups = &context.series.groups;
    let is_of_test = |name: &str| name == "testing.tRunner" || name.starts_with("net/http/httptest.");
    if !groups.iter().any(|group| group.last().count > 0 && group.names().any(is_of_test)) {
        return;
    }
    let minutes = |group: &Group| features::longest(group).unwrap_or(0);
    let handled = groups.get(root).map_or(0, minutes).saturating_add(CALL_GAP_MINUTES);
    for (index, group) in groups.iter().enumerate() {
        let is_call = http_client::is_calling(group)
            && !http_client::is_stream(group)
            && !http_server::is_waiting_handler(group)
            && minutes(group) <= handled;
        let is_alike = group.last().count == count(context, root) && has_stood(context, index);
        if !is_call || !is_alike || index == root {
            continue;
        }
        convict(judgments, index);
        if let Some(judgment) = judgments.get_mut(index) {
            judgment.rule = "http-client-no-timeout";
        }
        let why = "As many calls of this process wait as long as handlers of its own server do.";
        set_victim(judgments, index, root, why.to_owned());
    }
}

/// Who waits for nobody but goroutines that are stuck is stuck as well, long or not.
fn convict_waiter(context: &Context<'_>, index: usize, judgments: &mut [Judgment]) {
    let Some(waiter) = context.series.groups.get(index) else { return };
    if !waits_for_workers(waiter) || is_leak(judgments, index) {
        return;
    }
    let is_stuck = |goid: &u64| {
        let worker = context.census.group_of.get(goid).copied();
        worker.is_some_and(|worker| worker != index && is_leak(judgments, worker))
    };
    let workers = |member: &MemberRow| context.census.children.get(&member.goid);
    let members = &waiter.last().members;
    let waits_for_stuck = |member: &MemberRow| {
        member.goid != MAIN && workers(member).is_some_and(|workers| workers.iter().all(is_stuck))
    };
    if !members.is_empty()
        && members.iter().all(waits_for_stuck)
        && let Some(judgment) = judgments.get_mut(index)
    {
        judgment.verdict = Verdict::Leak;
        judgment.confidence = Confidence::Likely;
        judgment.rule = "waitgroup-stuck";
        judgment.role = Some(Role::Root);
        judgment.reasons.clear();
    }
}

/// True for waits that end with the goroutines that the waiter started.
fn waits_for_workers(group: &Group) -> bool {
    let first = group.frames.iter().find(|site| !site.function.is_runtime);
    group.wait == Wait::WaitGroup || first.is_some_and(|site| &*site.function.name == "testing.(*T).Run")
}

/// The goroutine of `main.main` waits for the program's end.
const MAIN: u64 = 1;

/// Who waits for workers that leak waits because of them.
fn fold_wait_group(
    context: &Context<'_>,
    index: usize,
    assessed: &[Option<Assessment>],
    judgments: &mut [Judgment],
) {
    let Some(waiter) = context.series.groups.get(index) else { return };
    if !is_leak(judgments, index) || !waits_for_workers(waiter) {
        return;
    }
    let mut workers: Vec<usize> = Vec::new();
    for member in &waiter.last().members {
        let own = context.census.children.get(&member.goid).into_iter().flatten();
        workers.extend(own.filter_map(|goid| context.census.group_of.get(goid).copied()));
    }
    workers.retain(|&worker| worker != index && is_leak(judgments, worker));
    workers.sort_unstable();
    workers.dedup();
    if let Some(root) = workers.into_iter().max_by_key(|&worker| count(context, worker)) {
        set_victim(
            judgments,
            index,
            root,
            "The goroutines that they started are blocked as well.".to_owned(),
        );
        return;
    }
    // One call does the work that the others wait for, as singleflight has it.
    let is_caller = |name: &str| !name.starts_with("sync.");
    let worker = holder(context, waiter, index, is_caller);
    let Some(worker) = worker.filter(|&worker| is_old(context, worker)) else { return };
    let rule = assessed.get(worker).and_then(Option::as_ref).map(|assessment| assessment.rule);
    promote(context, index, worker, rule.unwrap_or("waitgroup-stuck"), judgments);
    set_victim(
        judgments,
        index,
        worker,
        "Another goroutine is further on in the same function, and they wait for it.".to_owned(),
    );
}

/// True if members were there before, or print a long wait.
fn is_old(context: &Context<'_>, index: usize) -> bool {
    let step = context.series.last_steps().last();
    let change = step.and_then(|step| step.changes.get(index).copied().flatten());
    let group = context.series.groups.get(index);
    change.is_some_and(|change| change.survivors > 0)
        || group.is_some_and(|group| features::waited(group, context.floor) > 0)
}

/// A satellite goes with the group that it belongs to, and is nothing without it.
fn fold_satellite(context: &Context<'_>, index: usize, owners: &[usize], judgments: &mut [Judgment]) {
    let owner = owners
        .iter()
        .copied()
        .filter(|&owner| is_leak(judgments, owner))
        .max_by_key(|&owner| count(context, owner));
    let Some(owner) = owner else { return };
    let Some((rule, confidence)) = judgments.get(owner).map(|judgment| (judgment.rule, judgment.confidence))
    else {
        return;
    };
    if let Some(judgment) = judgments.get_mut(index) {
        judgment.verdict = Verdict::Leak;
        judgment.rule = rule;
        judgment.confidence = confidence;
        judgment.role = Some(Role::Satellite);
        judgment.root = Some(owner);
        judgment
            .reasons
            .push("It serves goroutines of the group that it belongs to, and exits with them.".to_owned());
    }
}
