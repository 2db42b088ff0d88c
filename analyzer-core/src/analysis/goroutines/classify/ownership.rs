//! Whose goroutines a group is: what tells a pool that grows, or helpers of
//! calls that are still running, from goroutines that were left behind.

use std::collections::HashSet;

use super::super::grouping::Group;
use super::Context;
use crate::base::convert::to_u64;

/// Members from which sharing an object says something.
const POOL_MEMBERS: usize = 3;
/// Percent of the members whose starter must still be in the call that started them.
const ACCOMPANIED_PERCENT: u64 = 80;
/// Members that one starter may have: a loop that starts goroutines for ever
/// is always in the call that starts them.
const HELPERS_PER_STARTER: u64 = 8;

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
/// are still in the very call that did: what they started is at work for it,
/// and a leak only if the call is stuck itself.
pub fn running_starters(context: &Context<'_>, group: &Group) -> Option<Vec<usize>> {
    let creator = &*group.creator.as_ref()?.function.name;
    let members = &group.last().members;
    let mut starters = HashSet::new();
    let mut groups = Vec::new();
    let mut accompanied = 0_u64;
    for parent in members.iter().filter_map(|member| member.parent) {
        let Some(&index) = context.census.group_of.get(&parent) else { continue };
        if context.series.groups.get(index).is_some_and(|group| group.has(creator)) {
            accompanied += 1;
            starters.insert(parent);
            groups.push(index);
        }
    }
    let starters = to_u64(starters.len());
    let is_accompanied = accompanied * 100 >= to_u64(members.len()) * ACCOMPANIED_PERCENT;
    groups.sort_unstable();
    groups.dedup();
    (starters >= 2 && is_accompanied && starters * HELPERS_PER_STARTER >= accompanied).then_some(groups)
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
    const READS: [&str; 2] = ["internal/poll.(*FD).Read", "net/http.(*conn).serve"];
    group.names().any(|name| READS.contains(&name) || name.ends_with(".ServeHTTP"))
}
