//! Locks, once, WaitGroup, Cond: package sync.

use rustc_hash::FxHashSet;

use super::super::super::grouping::Group;
use super::super::super::holders::{Answer, is_lock_code, is_once_code};
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy};
use crate::base::convert::to_u64;

/// Closes a connection: waits for its open rows (database/sql, closemu).
const CONN_CLOSE: &str = "database/sql.(*Conn).close";

/// Somebody waits for a `sync.Once` body, or is in one that others wait for.
pub fn once(context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    if !group.names().any(is_once_code) {
        return None;
    }
    let policy = Policy::GROWTH.or_waited(1, 0).or_aged(1, 20);
    if is_once_waiter(group) {
        return Some(Assessment::new("once-stuck", policy));
    }
    // Without waiters a slow body is only work.
    let waiters = waiters_of(context, group);
    if waiters == 0 || group.wait == Wait::Running {
        return None;
    }
    let mut assessment = Assessment::new("once-stuck", policy);
    let subject = if waiters == 1 { "goroutine waits" } else { "goroutines wait" };
    assessment.reasons.push(format!("{waiters} {subject} for this call of sync.Once.Do to return."));
    Some(assessment)
}

/// True if the group waits for the lock of a Once, whose body another one runs.
pub fn is_once_waiter(group: &Group) -> bool {
    group.wait.is_lock() && lock_site(group).is_some_and(is_once_code)
}

/// Who waits for the body that a group is in: by the address of the Once where
/// ids are known, else by the caller.
fn waiters_of(context: &Context<'_>, group: &Group) -> u64 {
    let members = &group.last().members;
    if members.is_empty() {
        return super::inside(context, |other| is_once_waiter(other) && has_same_body(other, group));
    }
    let ids: FxHashSet<u64> = members.iter().map(|member| member.goid).collect();
    let is_held_here = |goid: u64| {
        let answer = context.holders.lock_of(goid).and_then(|lock| context.holders.answers.get(lock));
        matches!(answer, Some(Answer::Held { by, .. }) if ids.contains(by))
    };
    let waiters = context.series.groups.iter().filter(|other| is_once_waiter(other));
    to_u64(waiters.flat_map(|other| &other.last().members).filter(|row| is_held_here(row.goid)).count())
}

/// True if the waiter calls Do in the function that the body's caller is in:
/// the frame below the Once is the same function.
pub fn has_same_body(waiter: &Group, body: &Group) -> bool {
    caller_of_once(waiter).is_some() && caller_of_once(waiter) == caller_of_once(body)
}

fn caller_of_once(group: &Group) -> Option<&str> {
    let at = group.names().position(is_once_code)?;
    group.names().skip(at).find(|name| !name.starts_with("sync.(*Once)") && !name.starts_with("sync.Once"))
}

/// The function that called Lock: the first outside the lock's own code.
pub fn lock_site(group: &Group) -> Option<&str> {
    super::first_outside(group, is_lock_code).map(|site| &*site.function.name)
}

pub fn assess(context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    match group.wait {
        Wait::Mutex | Wait::RwMutex => {
            let policy = Policy { is_strong: true, ..Policy::GROWTH_OR_RAMP.or_waited(1, 0).or_aged(1, 20) };
            let is_of_rows = lock_site(group) == Some(CONN_CLOSE);
            let mut assessment =
                Assessment::new(if is_of_rows { "sql-rows" } else { "lock-never-released" }, policy);
            if is_of_rows {
                assessment.reasons.push(
                    "To close a connection, database/sql waits until all rows and transactions of it are closed: some of it is not."
                        .to_owned(),
                );
            }
            Some(assessment)
        }
        Wait::WaitGroup => Some(wait_group(context, group)),
        Wait::Cond => Some(Assessment::new("cond-never-signalled", Policy::IDLE)),
        _ => None,
    }
}

/// Several that wait long are stuck, unless the workers that they wait for move.
fn wait_group(context: &Context<'_>, group: &Group) -> Assessment {
    let mut assessment = Assessment::new("waitgroup-stuck", Policy::IDLE.or_waited(3, 0).or_aged(3, 0));
    let (working, waiters) = waiters_with_moving_workers(context, group);
    if waiters > 0 && working * 2 >= waiters {
        assessment.held_back =
            Some(format!("{working} of {waiters} have workers that moved within the last minutes."));
    }
    assessment
}

/// How many members started goroutines that are at work or began to wait only lately.
fn waiters_with_moving_workers(context: &Context<'_>, group: &Group) -> (u64, u64) {
    let members = &group.last().members;
    let moves = |goid: &u64| {
        let index = context.census.group_of.get(goid);
        let worker = index.and_then(|&index| context.series.groups.get(index));
        worker.is_some_and(|worker| {
            let row = worker.last().members.iter().find(|member| member.goid == *goid);
            row.is_some_and(|row| !row.is_leaked && row.minutes.is_none_or(|minutes| minutes < context.floor))
        })
    };
    let has_moving =
        |goid: u64| context.census.children.get(&goid).is_some_and(|workers| workers.iter().any(moves));
    let waiting: Vec<u64> = members
        .iter()
        .filter(|member| member.minutes.is_some_and(|minutes| minutes >= context.floor))
        .map(|member| member.goid)
        .collect();
    let working = waiting.iter().filter(|&&goid| has_moving(goid)).count();
    (to_u64(working), to_u64(waiting.len()))
}
