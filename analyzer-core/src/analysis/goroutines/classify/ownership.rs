//! Whose goroutines a group is: what tells a pool that grows, or helpers of
//! calls that are still running, from goroutines that were left behind.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::super::grouping::Group;
use super::super::state::Wait;
use super::families::locks;
use super::{Context, features};
use crate::base::convert::to_u64;
use crate::report::Origin;

/// Members from which sharing an object says something.
const POOL_MEMBERS: usize = 3;
/// Percent of the members whose starter must still be in the call that started them.
const ACCOMPANIED_PERCENT: u64 = 80;
/// Members that one starter may have: a loop that starts goroutines for ever
/// is always in the call that starts them.
const HELPERS_PER_STARTER: u64 = 8;
/// Starters with one member each from which that is no chance.
const EACH_STARTERS: u64 = 3;

/// True if all members were started with the same addresses: workers of one
/// object, as those of a pool are. What a call leaves behind has a channel or
/// a context of its own.
pub fn is_of_one_object(group: &Group) -> bool {
    let members = &group.last().members;
    let Some(first) = members.first().filter(|member| member.arguments != 0) else { return false };
    members.len() >= POOL_MEMBERS && members.iter().all(|member| member.arguments == first.arguments)
}

/// True if a function that opens connections started them, in a process that
/// has a `database/sql` pool. Connections that are not given back show in who
/// holds them: rows, transactions, and the queue for the pool.
pub fn is_of_database(context: &Context<'_>, group: &Group) -> bool {
    const OPENERS: [&str; 4] = ["Open", "OpenConnector", "Connect", "startWatcher"];
    let creator = group.creator.as_ref().map(|site| &*site.function.name);
    let is_opener =
        creator.and_then(|name| name.rsplit('.').next()).is_some_and(|last| OPENERS.contains(&last));
    is_opener && context.series.groups.iter().any(|group| group.has("database/sql.(*DB).connectionOpener"))
}

/// The groups of the goroutines that started this group's members, if those
/// are still in the very call that did, or each has one of them: what they
/// started is at work for them, and a leak only if they are stuck themselves.
/// A connection of an HTTP server outlives the requests that it serves: it
/// counts only within the call.
pub fn running_starters(context: &Context<'_>, group: &Group) -> Option<Vec<usize>> {
    let creator = &*group.creator.as_ref()?.function.name;
    let members = &group.last().members;
    let (mut in_call, mut living) = (Starters::default(), Starters::default());
    for parent in members.iter().filter_map(|member| member.parent) {
        let Some(&index) = context.census.group_of.get(&parent) else { continue };
        let Some(starter) = context.series.groups.get(index) else { continue };
        if starter.has(creator) {
            in_call.add(parent, index);
        }
        if starter.has(creator) || !starter.has(SERVED) {
            living.add(parent, index);
        }
    }
    let has_most =
        |starters: &Starters| starters.children * 100 >= to_u64(members.len()) * ACCOMPANIED_PERCENT;
    if has_most(&in_call) && in_call.count() >= 2 && in_call.count() * HELPERS_PER_STARTER >= in_call.children
    {
        return Some(in_call.groups());
    }
    let is_each = living.count() == living.children && living.count() >= EACH_STARTERS;
    (has_most(&living) && is_each).then(|| living.groups())
}

/// Births between two dumps that one goroutine makes one after another.
const STAGED_BIRTHS: usize = 512;
/// Births for each hundred ids of their range from which they were made at one blow.
const AT_ONE_BLOW_PERCENT: u64 = 45;
/// Distinct printed waits from which births were made one after another.
const STAGED_AGES: usize = 2;

/// True if one goroutine of the program that is still there started all that were
/// born since the dump before, one after another, as a service does that warms up.
/// What calls leave behind has as many starters as there were calls, or none that
/// lives; a server's connection that starts them is such a call again and again.
pub fn are_staged(context: &Context<'_>, index: usize) -> bool {
    let Some(group) = context.series.groups.get(index) else { return false };
    let births = features::births(group);
    let (Some(first), Some(last)) = (births.first(), births.last()) else { return false };
    let starter = first.parent.filter(|&goid| goid != MAIN);
    let group_of =
        |goid: u64| context.census.group_of.get(&goid).and_then(|&at| context.series.groups.get(at));
    let runs = |goid: &u64| group_of(*goid).is_some_and(|starter| !starter.has(SERVED));
    let creator = group.creator.as_ref().map(|site| &*site.function.name);
    let is_in_call = || starter.and_then(group_of).zip(creator).is_some_and(|(at, creator)| at.has(creator));
    let is_own = group.creator.as_ref().is_some_and(|site| site.origin == Origin::Own);
    let range = last.goid - first.goid + 1;
    is_own
        && starter.as_ref().is_some_and(runs)
        && births.len() <= STAGED_BIRTHS
        && births.iter().all(|member| member.parent == starter)
        && (features::ages_of_births(group) >= STAGED_AGES
            || to_u64(births.len()) * 100 < range.saturating_mul(AT_ONE_BLOW_PERCENT)
            || is_in_call())
}

/// The goroutine of `main.main`.
const MAIN: u64 = 1;
/// Serves the requests of one connection.
const SERVED: &str = "net/http.(*conn).serve";

/// True if somebody is past the call of Lock that the group waits in, and at
/// work: the lock changes hands.
pub fn is_lock_at_work(context: &Context<'_>, index: usize) -> bool {
    let Some(group) = context.series.groups.get(index).filter(|group| group.wait.is_lock()) else {
        return false;
    };
    let Some(name) = locks::lock_site(group) else { return false };
    let Some(site) = group.frames.iter().find(|site| &*site.function.name == name) else { return false };
    let is_past = |other: &Group| {
        matches!(other.wait, Wait::Running | Wait::Sleep)
            && other.last().count > 0
            && other.frames.iter().any(|frame| {
                frame.function.name == site.function.name
                    && frame.file == site.file
                    && frame.line >= site.line
            })
    };
    context.series.groups.iter().any(is_past)
}

/// True if others than those that wait as this group does, and for locks or in
/// sends, became more as well: workers that are still on their way.
pub fn others_rise(context: &Context<'_>, index: usize) -> bool {
    let groups = context.series.groups.iter().enumerate();
    let mut others = groups.filter(|(other, group)| {
        *other != index && !group.wait.is_lock() && !matches!(group.wait, Wait::WaitGroup | Wait::Send)
    });
    others.any(|(_, group)| {
        let counts = group.counts();
        counts.last() > counts.first() && !group.is_system() && !is_of_capture(group)
    })
}

/// True for the goroutine that writes the capture.
fn is_of_capture(group: &Group) -> bool {
    group.names().any(|name| name.starts_with("runtime/pprof.") || name.starts_with("net/http/pprof."))
}

/// Goroutines that started members of a group.
#[derive(Debug, Default)]
struct Starters {
    /// The goroutines and their groups.
    by_id: FxHashMap<u64, usize>,
    /// Members that they started.
    children: u64,
}

impl Starters {
    fn add(&mut self, goid: u64, group: usize) {
        self.by_id.insert(goid, group);
        self.children += 1;
    }

    fn count(&self) -> u64 {
        to_u64(self.by_id.len())
    }

    fn groups(self) -> Vec<usize> {
        let groups: BTreeSet<usize> = self.by_id.into_values().collect();
        groups.into_iter().collect()
    }
}

/// How many members have a child in a function.
pub fn with_child_in(context: &Context<'_>, group: &Group, function: &str) -> u64 {
    let is_in = |goid: &u64| {
        let index = context.census.group_of.get(goid);
        index.and_then(|&index| context.series.groups.get(index)).is_some_and(|child| child.has(function))
    };
    let has_child =
        |goid: u64| context.census.children.get(&goid).is_some_and(|children| children.iter().any(is_in));
    to_u64(group.last().members.iter().filter(|member| has_child(member.goid)).count())
}

/// How many members have a child that moved since the dump before: it stands
/// where others stood then, and none of those prints a longer wait.
pub fn with_moving_child(context: &Context<'_>, group: &Group) -> u64 {
    let Some(step) = context.series.last_steps().last().filter(|_| context.is_minutes_apart) else {
        return 0;
    };
    let moves = |goid: &u64| {
        let index = context.census.group_of.get(goid).copied();
        let change = index.and_then(|index| step.changes.get(index).copied().flatten());
        change.is_some_and(|change| change.survivors > 0 && change.risen == 0)
    };
    let has_moving =
        |goid: u64| context.census.children.get(&goid).is_some_and(|children| children.iter().any(moves));
    to_u64(group.last().members.iter().filter(|member| has_moving(member.goid)).count())
}

/// Moments from which counts tell a trend.
const TREND_MOMENTS: usize = 3;
/// Percent by which the goroutines that serve peers must have grown for more
/// load to be the simplest reading.
const LOAD_PERCENT: u64 = 150;
/// Goroutines that serve peers below which nothing is said of the load.
const LOAD_MEMBERS: u64 = 10;

/// True if the goroutines that read from peers or serve requests became more
/// from moment to moment: the load rises, and what goes with a connection does too.
pub fn is_load_rising(context: &Context<'_>, index: usize) -> bool {
    let groups = context.series.groups.iter().enumerate();
    let serving = groups.filter(|(other, group)| *other != index && is_serving(group));
    let mut sums = vec![0_u64; context.series.moments.len()];
    for (_, group) in serving {
        for (sum, population) in sums.iter_mut().zip(&group.at) {
            *sum = sum.saturating_add(population.count);
        }
    }
    let (Some(&first), Some(&last)) = (sums.first(), sums.last()) else { return false };
    let rises = sums.windows(2).all(|pair| matches!(pair, [before, after] if after > before));
    sums.len() >= TREND_MOMENTS
        && rises
        && last >= LOAD_MEMBERS
        && last.saturating_mul(100) >= first.max(1) * LOAD_PERCENT
}

/// Reads from a peer, or runs a handler. A connection that sends no request is no load.
fn is_serving(group: &Group) -> bool {
    if group.has("net/http.(*conn).readRequest") {
        return false;
    }
    const READS: [&str; 2] = ["internal/poll.(*FD).Read", SERVED];
    group.names().any(|name| READS.contains(&name) || name.ends_with(".ServeHTTP"))
}
