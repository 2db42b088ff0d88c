//! Channel operations, selects and sleeps in code that no signature knows.

use super::super::super::grouping::Group;
use super::super::super::names;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy, benign, features, ownership};
use crate::report::Origin;

/// Functions of libraries that acquire a slot by a send.
const ACQUIRES: &[&str] =
    &["golang.org/x/sync/errgroup.(*Group).Go", "golang.org/x/net/netutil.(*limitListener).acquire"];

/// Functions of libraries that send to whoever has subscribed, in a select of that many cases.
const SENDS: &[&str] = &["github.com/ethereum/go-ethereum/event.(*Feed).Send"];

/// Waits for as many slots as it needs; pools of connections are built on it.
const WEIGHTED: &str = "golang.org/x/sync/semaphore.(*Weighted).Acquire";

/// True for the call that takes slots of a weighted semaphore.
pub fn is_acquire(name: &str) -> bool {
    name == WEIGHTED
}

/// True for who waits for a slot of a weighted semaphore.
pub fn is_acquiring(group: &Group) -> bool {
    group.wait == Wait::Select && group.names().next() == Some(WEIGHTED)
}

pub fn assess(context: &Context<'_>, index: usize, group: &Group) -> Option<Assessment> {
    match group.wait {
        Wait::Send => Some(send(context, index, group)),
        Wait::Select if super::has_any(group, SENDS) => Some(send(context, index, group)),
        Wait::Select | Wait::Receive if benign::is_leaving(group) => Some(leaving(group)),
        Wait::Receive | Wait::Channel => {
            let assessment = held_if_pool(context, group, receive(context, index));
            Some(Assessment { is_short: is_in_lock(group), ..assessment })
        }
        Wait::Select if group.has(WEIGHTED) => Some(weighted()),
        Wait::Select => Some(held_if_pool(context, group, select(context, index, group))),
        Wait::Sleep => {
            let policy = Policy { growth: Some(3), is_busy_place: true, ..Policy::default() };
            Some(Assessment::new("sleep-loop", policy))
        }
        _ => None,
    }
}

/// True in a function that is called as what takes a lock is: its caller expects it back at once.
fn is_in_lock(group: &Group) -> bool {
    let name = group.user_frame().and_then(|site| site.function.name.rsplit('.').next());
    name.is_some_and(|name| matches!(name, "lock" | "Lock" | "RLock" | "rlock" | "acquire" | "Acquire"))
}

/// A loop of a library that ends does so at once.
fn leaving(group: &Group) -> Assessment {
    let rule = if group.wait == Wait::Select { "select-no-exit" } else { "chan-recv-unclosed" };
    let policy = Policy { waited_beyond: 2, ..Policy::IDLE };
    let mut assessment = Assessment::new(rule, policy.or_waited(1, 0).or_aged(1, 20));
    assessment.reasons.push(
        "The loop stands in a function that it deferred: it was about to end, or to do something else."
            .to_owned(),
    );
    assessment
}

fn send(context: &Context<'_>, index: usize, group: &Group) -> Assessment {
    let rule = if is_semaphore(context, group) { "semaphore-exhausted" } else { "chan-send-abandoned" };
    let mut assessment = Assessment::new(rule, Policy::GROWTH_OR_RAMP.or_waited(1, 0).or_aged(1, 20));
    if let Some(waiting) =
        context.full_queue.filter(|_| rule == "semaphore-exhausted" && starts_holders(context, group))
    {
        assessment.likely = Some(format!(
            "{waiting} connections wait in an accept queue that is full in two captures, and goroutines started by the accept loop hold the slots."
        ));
    }
    if is_sent_by_worker(group) {
        assessment.reasons.push(
            "It began in another method of the same type, as those that receive there do: workers that send to their own pool wait for each other once all of them do."
                .to_owned(),
        );
    }
    // A generator whose values nobody wants at the moment is one goroutine,
    // and whoever started it is still there.
    let is_single = group.last().count == 1 && features::growth(context.series, index).is_none();
    if is_single && is_closure_of_creator(group) && has_living_parent(context, group) {
        assessment.held_back =
            Some("A single sender whose creator is still running may be a generator that is ahead of its consumer.".to_owned());
    }
    assessment
}

/// `func (p *Pool) worker() { for job := range p.jobs { …; p.Submit(next) } }`.
fn is_sent_by_worker(group: &Group) -> bool {
    let is_user = |origin: Origin| matches!(origin, Origin::Own | Origin::Dependency);
    let mut users = group.frames.iter().filter(|site| is_user(site.origin)).map(|site| &*site.function.name);
    let (Some(sender), Some(entry)) = (users.next(), users.next_back()) else { return false };
    names::is_method(sender)
        && names::is_method(entry)
        && sender != entry
        && names::owner_of(sender) == names::owner_of(entry)
}

/// `func numbers() <-chan int { go func() { … ch <- n }() … }`: the send stands in
/// a closure of the function that started it.
fn is_closure_of_creator(group: &Group) -> bool {
    let creator = group.creator.as_ref().map(|site| &*site.function.name);
    let sender = group.user_frame().map(|site| &*site.function.name);
    creator.zip(sender).is_some_and(|(creator, sender)| {
        sender.strip_prefix(creator).is_some_and(|rest| rest.starts_with(".func"))
    })
}

/// Workers of one object are its pool, which may grow; so may a pool of connections.
fn held_if_pool(context: &Context<'_>, group: &Group, mut assessment: Assessment) -> Assessment {
    if ownership::is_of_database(context, group) {
        assessment.held_back = Some(
            "There is one for each connection of a database/sql pool, which limits their number.".to_owned(),
        );
    }
    if ownership::is_of_one_object(group) {
        assessment.held_back = Some(
            "All of them were started with the same arguments: they look like the workers of one pool."
                .to_owned(),
        );
    }
    assessment
}

fn has_living_parent(context: &Context<'_>, group: &Group) -> bool {
    let mut parents = group.last().members.iter().filter_map(|member| member.parent);
    parents.any(|goid| context.census.group_of.contains_key(&goid))
}

/// A send that takes a slot: others are past it in the same function, and hold one.
fn is_semaphore(context: &Context<'_>, group: &Group) -> bool {
    if super::has_any(group, ACQUIRES) {
        return true;
    }
    let Some(site) = group.user_frame() else { return false };
    let is_past = |other: &Group| {
        let mut frames = other.frames.iter().filter(|frame| frame.function.name == site.function.name);
        frames.any(|frame| frame.file == site.file && frame.line > site.line)
    };
    let groups = context.series.groups.iter();
    let mut others = groups.filter(|other| other.wait != Wait::Send && other.last().count > 0);
    others.any(is_past) || starts_holders(context, group)
}

/// `slots <- struct{}{}; conn, _ := l.Accept(); go handle(conn)`: whom it starts behind the send has a slot.
fn starts_holders(context: &Context<'_>, group: &Group) -> bool {
    let Some(site) = group.user_frame() else { return false };
    let is_started_behind = |other: &Group| {
        other.creator.as_ref().is_some_and(|creator| {
            creator.function.name == site.function.name
                && creator.file == site.file
                && creator.line > site.line
        })
    };
    let groups = context.series.groups.iter();
    groups
        .filter(|other| other.wait != Wait::Send)
        .any(|other| other.last().count > 0 && is_started_behind(other))
}

fn receive(context: &Context<'_>, index: usize) -> Assessment {
    if wakes(context, index) {
        return ticker(context, index);
    }
    Assessment::new("chan-recv-unclosed", Policy::IDLE)
}

/// A timer ends what nothing else does: the oldest, and none of the younger.
fn long_timer(ended: u64) -> Assessment {
    let mut assessment = Assessment::new("select-long-timer", Policy::default());
    assessment.likely = Some(format!(
        "{ended} of the oldest exited since the previous dump, and none of the younger ones: a long timer ends them."
    ));
    assessment.held_back = Some("Their number is limited: as many exit as start.".to_owned());
    assessment
}

fn select(context: &Context<'_>, index: usize, group: &Group) -> Assessment {
    if group.names().any(|name| name.starts_with("context.(*cancelCtx).propagateCancel.func")) {
        return Assessment::new("ctx-never-cancelled", Policy::IDLE);
    }
    if let Some(ended) = features::oldest_ended(context.series, index, &context.census) {
        return long_timer(ended);
    }
    if wakes(context, index) {
        return ticker(context, index);
    }
    Assessment::new("select-no-exit", Policy::IDLE)
}

/// Workers of one pool wait for slots as others do, and not for long.
fn weighted() -> Assessment {
    let policy = Policy { waited_beyond: 2, ..Policy::GROWTH_OR_RAMP };
    Assessment::new("semaphore-exhausted", policy.or_waited(1, 0).or_aged(1, 20))
}

fn ticker(context: &Context<'_>, index: usize) -> Assessment {
    let policy = Policy { growth: Some(3), is_busy_place: true, ..Policy::default() };
    let mut assessment = Assessment::new("ticker-loop-no-exit", policy);
    let survivors = last_change(context, index).map_or(0, |change| change.survivors);
    assessment.reasons.push(format!(
        "{survivors} have existed for minutes without a long wait time: something wakes them repeatedly."
    ));
    assessment
}

/// Goroutines that outlive minutes and never print a long wait are woken
/// regularly: by a ticker, or by work.
fn wakes(context: &Context<'_>, index: usize) -> bool {
    let Some(group) = context.series.groups.get(index) else { return false };
    let is_old = last_change(context, index).is_some_and(|change| change.survivors > 0 && change.risen == 0);
    context.is_minutes_apart
        && is_old
        && features::waited(group, context.floor) == 0
        && group.last().leaked == 0
}

fn last_change(context: &Context<'_>, index: usize) -> Option<crate::report::GroupChange> {
    context.series.last_steps().last()?.changes.get(index).copied().flatten()
}
