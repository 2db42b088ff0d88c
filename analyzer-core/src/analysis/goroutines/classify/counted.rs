//! What stands in counted snapshots. `debug=1` and protobuf name no goroutine and
//! print no minutes, but a stack that is counted alike in three snapshots may show
//! by its calls that nothing can end it: who waits for a lock stands in code that
//! holds the one that the other waits for, all workers of a group wait for the
//! group, the child of a command is gone.

mod locks;

use super::super::grouping::Group;
use rustc_hash::FxHashMap;

use super::super::holders::{ERRGROUP_GO, ERRGROUP_TRY_GO, ERRGROUP_WAIT, SINGLEFLIGHT, is_once_code};
use super::super::judgment::Judgment;
use super::super::names;
use super::super::state::Wait;
use super::families::{channels, first_outside, http_server, locks as lock_family, process};
use super::lock_roots::{convict, set_rule, suspect};
use super::roots::{count, is_leak, set_victim};
use super::{Context, features};
use crate::base::intern::StrId;
use crate::report::Origin;

/// Snapshots from which a stack that is counted alike in each is taken to stand.
const SNAPSHOTS: usize = 3;

/// Says of counted snapshots what their structure tells.
pub fn tell(context: &Context<'_>, judgments: &mut [Judgment]) {
    tell_pipes(context, judgments);
    let moments = &context.series.moments;
    if moments.iter().any(|moment| moment.has_ids) || !are_whole(context) {
        return;
    }
    locks::tell(context, judgments);
    if moments.len() >= SNAPSHOTS {
        locks::tell_holders(context, judgments);
    }
    tell_errgroups(context, judgments);
    tell_flights(context, judgments);
    if moments.len() >= SNAPSHOTS {
        tell_stops(context, judgments);
        tell_onces(context, judgments);
        tell_slots(context, judgments);
        tell_last_worker(context, judgments);
    }
}

/// True if every goroutine of each snapshot is listed: of the others nobody knows what they hold.
fn are_whole(context: &Context<'_>) -> bool {
    let groups = &context.series.groups;
    context.series.moments.iter().enumerate().all(|(at, moment)| {
        let counts = groups.iter().filter_map(|group| group.at.get(at)).map(|population| population.count);
        counts.fold(0, u64::saturating_add) >= moment.total
    })
}

/// How a sentence begins about what is so in all snapshots that there are.
fn in_snapshots(context: &Context<'_>) -> &'static str {
    match context.series.moments.len() {
        0 | 1 => "In the only snapshot",
        2 => "In both snapshots",
        _ => "In every snapshot",
    }
}

/// As many in each snapshot.
fn stands(group: &Group) -> bool {
    group.last().count > 0 && group.at.iter().all(|moment| moment.count == group.last().count)
}

/// The groups of the last snapshot that a test holds for.
fn having(context: &Context<'_>, is_wanted: impl Fn(&Group) -> bool) -> Vec<usize> {
    let groups = context.series.groups.iter().enumerate();
    groups.filter(|(_, group)| group.last().count > 0 && is_wanted(group)).map(|(index, _)| index).collect()
}

/// One cause, and those that wait because of it. In fewer snapshots it is suspected.
fn tell_one(
    context: &Context<'_>,
    judgments: &mut [Judgment],
    groups: &[usize],
    (rule, reason): (&'static str, &str),
    behind: &str,
) {
    let Some((&root, others)) = groups.split_first() else { return };
    if context.series.moments.len() < SNAPSHOTS {
        suspect(judgments, root, rule, reason);
        return;
    }
    convict(judgments, root);
    set_rule(judgments, root, rule, reason);
    for &other in others {
        convict(judgments, other);
        if let Some(judgment) = judgments.get_mut(other) {
            judgment.rule = rule;
        }
        set_victim(judgments, other, root, behind.to_owned());
    }
}

/// Workers of errgroups that all wait for an errgroup, or for a slot of one: nobody
/// is left who could end it, or free a slot.
fn tell_errgroups(context: &Context<'_>, judgments: &mut [Judgment]) {
    let starts = |name: &str| {
        let go = name.strip_suffix(".func1");
        go.is_some_and(|go| matches!(go, ERRGROUP_GO | ERRGROUP_TRY_GO))
    };
    let waits_for_slot = |group: &Group| {
        matches!(group.wait, Wait::Send | Wait::Channel) && group.names().next() == Some(ERRGROUP_GO)
    };
    let workers = having(context, |group| group.names().any(starts));
    let group_of = |&index: &usize| context.series.groups.get(index);
    let is_stuck = |group: &Group| stands(group) && (waits_for_slot(group) || waits_for_group(group));
    if workers.is_empty() || !workers.iter().filter_map(group_of).all(is_stuck) {
        return;
    }
    let (rule, reason) = if workers.iter().filter_map(group_of).any(waits_for_slot) {
        (
            "semaphore-exhausted",
            "All workers of errgroups in the snapshots wait in Go for a free slot (SetLimit), or for such a group: the workers themselves hold the slots.",
        )
    } else {
        (
            "self-deadlock",
            "All workers of errgroups in the snapshots wait for an errgroup: none is left whose end they could wait for.",
        )
    };
    let waiters = having(context, |group| waits_for_group(group) && !group.names().any(starts));
    let all: Vec<usize> = workers.into_iter().chain(waiters).collect();
    tell_one(context, judgments, &all, (rule, reason), "They wait for the same workers.");
}

/// True for who waits in an errgroup's `Wait`.
fn waits_for_group(group: &Group) -> bool {
    let caller = first_outside(group, |name| name.starts_with("sync."));
    group.wait == Wait::WaitGroup && caller.is_some_and(|site| &*site.function.name == ERRGROUP_WAIT)
}

/// A singleflight call from within the call of the same function.
fn tell_flights(context: &Context<'_>, judgments: &mut [Judgment]) {
    let is_do = |name: &str| name.ends_with("singleflight.(*Group).Do");
    let caller = |group: &Group| {
        let at = group.names().position(is_do)?;
        let waits =
            group.wait == Wait::WaitGroup && group.names().take(at).all(|name| name.starts_with("sync."));
        group.names().nth(at + 1).filter(|_| waits).map(str::to_owned)
    };
    let is_itself = |group: &Group| {
        let Some(inner) = caller(group) else { return false };
        let Some(at) = group.names().position(|name| SINGLEFLIGHT.contains(&name)) else { return false };
        let outer = group.names().skip(at).skip_while(|name| !is_do(name)).nth(1);
        stands(group) && outer == Some(&*inner)
    };
    let callers = having(context, |group| group.names().any(|name| SINGLEFLIGHT.contains(&name)));
    let [only] = callers[..] else { return };
    let Some(group) = context.series.groups.get(only).filter(|group| is_itself(group)) else { return };
    let reason = format!(
        "{} a goroutine calls singleflight from within such a call of the same function{}: it waits for itself.",
        in_snapshots(context),
        caller(group).map(|name| format!(", {name}")).unwrap_or_default()
    );
    let behind = having(context, |other| stands(other) && caller(other).is_some() && !is_itself(other));
    let all: Vec<usize> = [only].into_iter().chain(behind).collect();
    tell_one(context, judgments, &all, ("self-deadlock", &reason), "They wait for the same call.");
}

/// Output of a child that has ended is copied in no time.
fn tell_pipes(context: &Context<'_>, judgments: &mut [Judgment]) {
    for index in having(context, process::is_waiting_for_pipes) {
        let group = context.series.groups.get(index);
        let is_named = group.is_some_and(|group| !group.last().members.is_empty());
        let has_stood = if is_named {
            features::stood(context.series, index)
        } else {
            context.series.moments.len() >= SNAPSHOTS && group.is_some_and(stands)
        };
        if is_leak(judgments, index) {
            continue;
        }
        let reason = "The child itself has ended: Wait only waits for the end of its output.";
        if has_stood {
            convict(judgments, index);
            set_rule(judgments, index, "exec-pipe-inherited", reason);
        } else {
            suspect(judgments, index, "exec-pipe-inherited", reason);
        }
    }
}

/// A server that stops in every snapshot, and handlers that stand.
fn tell_stops(context: &Context<'_>, judgments: &mut [Judgment]) {
    let stops = having(context, |group| stands(group) && process::is_stopping(group));
    let mut handlers = having(context, |group| stands(group) && http_server::is_waiting_handler(group));
    handlers.sort_by_key(|&index| std::cmp::Reverse(count(context, index)));
    if stops.is_empty() || handlers.is_empty() {
        return;
    }
    handlers.truncate(1);
    let all: Vec<usize> = handlers.into_iter().chain(stops).collect();
    let reason = "The server stops in every snapshot, and this handler stands as long.";
    let behind = "The server waits for handlers that do not return.";
    tell_one(context, judgments, &all, ("http-handler-stuck", reason), behind);
}

/// Who stands in front of a Once whose function is stuck.
fn tell_onces(context: &Context<'_>, judgments: &mut [Judgment]) {
    let is_body = |group: &Group| group.names().any(is_once_code) && !lock_family::is_once_waiter(group);
    let bodies: Vec<usize> =
        having(context, is_body).into_iter().filter(|&index| is_leak(judgments, index)).collect();
    for index in having(context, |group| stands(group) && lock_family::is_once_waiter(group)) {
        let Some(group) = context.series.groups.get(index).filter(|_| !is_leak(judgments, index)) else {
            continue;
        };
        let body = bodies.iter().copied().find(|&body| {
            let body = context.series.groups.get(body);
            body.is_some_and(|body| lock_family::has_same_body(group, body))
        });
        if let Some(body) = body {
            let root = judgments.get(body).and_then(|judgment| judgment.root).unwrap_or(body);
            convict(judgments, index);
            if let Some(judgment) = judgments.get_mut(index) {
                judgment.rule = "once-stuck";
            }
            let behind = "They wait for the goroutine that is inside the same sync.Once.";
            set_victim(judgments, index, root, behind.to_owned());
        }
    }
}

/// Who has a slot and waits for another one, while those that wait for their first pile up.
fn tell_slots(context: &Context<'_>, judgments: &mut [Judgment]) {
    let groups = &context.series.groups;
    // Where those that pile up wait for their first slot: function, file, line.
    let mut first: FxHashMap<(&str, Option<StrId>), (u32, usize)> = FxHashMap::default();
    for index in having(context, channels::is_acquiring) {
        let site = groups.get(index).and_then(|group| first_outside(group, channels::is_acquire));
        if let Some((site, line)) = site.and_then(|site| Some((site, site.line?)))
            && is_leak(judgments, index)
        {
            let at = first.entry((&*site.function.name, site.file)).or_insert((line, index));
            *at = (*at).min((line, index));
        }
    }
    for index in having(context, |group| stands(group) && channels::is_acquiring(group)) {
        let Some(group) = groups.get(index).filter(|_| !is_leak(judgments, index)) else { continue };
        let past = group.frames.iter().find_map(|site| {
            let &(line, waiters) = first.get(&(&*site.function.name, site.file))?;
            (waiters != index && site.line > Some(line)).then_some((site, waiters))
        });
        let Some((site, waiters)) = past else { continue };
        let reason = format!(
            "In every snapshot it waits in Acquire, called from {} past the place where the others wait for their first slot: it probably has one of the slots that it waits for.",
            names::short(&site.function.name)
        );
        let behind = "They wait for a slot that is not given back.";
        tell_one(context, judgments, &[index, waiters], ("semaphore-exhausted", &reason), behind);
    }
}

/// Who began in a method of a type and waits in another one for the workers of it, with no
/// other goroutine of the program left that could be one.
fn tell_last_worker(context: &Context<'_>, judgments: &mut [Judgment]) {
    let is_user = |origin: Origin| matches!(origin, Origin::Own | Origin::Dependency);
    let is_capture = |name: &str| name.starts_with("runtime/pprof.") || name.starts_with("net/http/pprof.");
    let of_program = |group: &Group| {
        group.frames.iter().any(|site| is_user(site.origin)) && !group.names().any(is_capture)
    };
    let [index] = having(context, of_program)[..] else { return };
    let Some(group) = context.series.groups.get(index) else { return };
    let mut users = group.frames.iter().filter(|site| is_user(site.origin)).map(|site| &*site.function.name);
    let (Some(waiter), Some(entry)) = (users.next(), users.next_back()) else { return };
    let is_of_type = names::is_method(waiter)
        && names::is_method(entry)
        && waiter != entry
        && names::owner_of(waiter) == names::owner_of(entry);
    if group.wait != Wait::WaitGroup || !stands(group) || group.last().count != 1 || !is_of_type {
        return;
    }
    let reason = format!(
        "In every snapshot it waits for a WaitGroup in {}, called from {}, and no other goroutine of the program is left that could call Done: it may be a worker of that group itself.",
        names::short(waiter),
        names::short(entry)
    );
    tell_one(context, judgments, &[index], ("waitgroup-stuck", &reason), "");
}
