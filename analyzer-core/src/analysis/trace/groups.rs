//! Goroutine groups as the report shows them.

use std::collections::BTreeMap;

use super::Scope;
use super::reasons::reason;
use super::spread;
use crate::analysis::trace::summary::{Durations, GoGroup, GoGroupId, GoRow};
use crate::base::convert::{id_to_usize, to_u64, to_usize};
use crate::base::intern::StringTable;
use crate::base::order::StableOrder;
use crate::evidence::trace::event::GoState;
use crate::evidence::trace::names::{Names, StackRef};
use crate::report::trace::{AliveState, Existence, GoroutineGroupTimes, TraceGroup, Wait};

/// Ids of goroutines listed with a state.
const LISTED: usize = 10;

/// What the members that live at the end are in, most first.
pub(super) type Alive<'a> = BTreeMap<GoGroupId, Vec<AliveIn<'a>>>;

/// Members of one group in one state at one place.
#[derive(Clone, Debug)]
pub(super) struct AliveIn<'a> {
    pub state: GoState,
    pub word: &'a str,
    pub is_inferred: bool,
    pub stack: StackRef,
    pub rows: Vec<&'a GoRow>,
}

impl AliveIn<'_> {
    /// When the first of them entered the state.
    pub(super) fn since(&self) -> u64 {
        self.rows.iter().map(|row| row.since).min().unwrap_or(0)
    }

    /// When the last of them did.
    pub(super) fn last_since(&self) -> u64 {
        self.rows.iter().map(|row| row.since).max().unwrap_or(0)
    }

    /// How often they were woken.
    pub(super) fn woken(&self) -> u64 {
        self.rows.iter().map(|row| row.woken).sum()
    }

    /// How many were in the state from `start` on, and never woken.
    pub(super) fn throughout(&self, start: u64) -> u64 {
        to_u64(self.rows.iter().filter(|row| row.since <= start && row.woken == 0).count())
    }

    /// Ids of the first few.
    pub(super) fn ids(&self) -> Vec<u64> {
        self.rows.iter().take(LISTED).map(|row| row.id).collect()
    }
}

/// Sorts the living by group, state and place.
pub(super) fn alive<'a>(scope: &Scope<'a>) -> Alive<'a> {
    let mut places: BTreeMap<(GoGroupId, GoState, &str, StackRef, bool), Vec<&GoRow>> = BTreeMap::new();
    for row in scope.summary.goroutines.iter().filter(|row| row.ended.is_none()) {
        let key = row.site.and_then(|site| scope.summary.sites.get(site)).map(|site| site.key);
        let (said, stack) = key.map_or((StringTable::EMPTY, Names::NO_STACK), |key| (key.reason, key.stack));
        let waits = row.state == GoState::Waiting;
        let why = if waits {
            reason(scope.names, said, stack)
        } else {
            super::reasons::Reason { word: scope.names.strings.get(said), is_inferred: false }
        };
        // Whoever made it runnable is elsewhere.
        let stack =
            if matches!(row.state, GoState::Waiting | GoState::Syscall) { stack } else { Names::NO_STACK };
        places.entry((row.group, row.state, why.word, stack, why.is_inferred)).or_default().push(row);
    }
    let mut alive = Alive::new();
    for ((group, state, word, stack, is_inferred), rows) in places {
        alive.entry(group).or_default().push(AliveIn { state, word, is_inferred, stack, rows });
    }
    for places in alive.values_mut() {
        places.order_by_key(|place| std::cmp::Reverse(place.rows.len()));
    }
    alive
}

/// Every group that has something to show, the most time on processors first.
pub(super) fn rows(scope: &mut Scope<'_>, alive: &Alive<'_>) -> Vec<TraceGroup> {
    let summary = scope.summary;
    let mut rows: Vec<TraceGroup> = summary
        .groups
        .iter_enumerated()
        .filter(|(_, group)| group.created + group.alive + group.ended + group.vanished > 0)
        .map(|(id, group)| row(scope, id, group, alive))
        .collect();
    rows.order_by_key(|row| (std::cmp::Reverse(row.times.running.total), row.id));
    rows
}

fn row(scope: &mut Scope<'_>, id: GoGroupId, group: &GoGroup, alive: &Alive<'_>) -> TraceGroup {
    let places = alive.get(&id).map(Vec::as_slice).unwrap_or_default();
    let summary = scope.summary;
    let alive_states = places
        .iter()
        .map(|place| AliveState {
            state: place.state.name().to_owned(),
            reason: place.word.to_owned(),
            is_inferred: place.is_inferred,
            stack: scope.stacks.index(place.stack),
            count: to_u64(place.rows.len()),
            since: place.since(),
            woken: place.woken(),
            throughout: place.throughout(summary.from),
            goroutines: place.ids(),
        })
        .collect();
    let waits = group.times.waits.iter();
    let mut waits: Vec<Wait> = waits
        .map(|wait| Wait { reason: scope.text(wait.reason), count: wait.count, total: wait.total })
        .collect();
    waits.order_by(|a, b| b.total.cmp(&a.total).then_with(|| a.reason.cmp(&b.reason)));
    TraceGroup {
        id: id.0,
        start: group.key.start.map(|start| scope.text(start)),
        existence: if group.key.existed { Existence::Existed } else { Existence::Created },
        created_by: scope.stacks.index(group.key.creator),
        is_system: group.is_system,
        created: group.created,
        ended: group.ended,
        alive: group.alive,
        alive_by_generation: history(group, scope.generations),
        alive_states,
        times: times(&group.times.states),
        waits,
        lifetimes: spread(&group.lifetimes),
        assist: group.assist,
        woken: group.woken,
        cpu_samples: group.samples,
    }
}

/// Members alive at the end of each generation.
pub(super) fn history(group: &GoGroup, generations: u64) -> Vec<u64> {
    let mut steps = group.history.iter().peekable();
    let mut alive = 0;
    (0..to_usize(generations).unwrap_or(0))
        .map(|index| {
            while let Some(&&(at, count)) = steps.peek().filter(|(at, _)| id_to_usize(*at) <= index) {
                let _ = at;
                alive = count;
                steps.next();
            }
            alive
        })
        .collect()
}

fn times(states: &[Durations; 4]) -> GoroutineGroupTimes {
    let [running, runnable, waiting, syscall] = states;
    GoroutineGroupTimes {
        running: spread(running),
        runnable: spread(runnable),
        waiting: spread(waiting),
        syscall: spread(syscall),
    }
}

/// The start function of a group, for people.
pub(super) fn start_of(scope: &Scope<'_>, group: GoGroupId) -> Option<String> {
    let start = scope.summary.groups.get(group).and_then(|group| group.key.start)?;
    Some(scope.text(start))
}
