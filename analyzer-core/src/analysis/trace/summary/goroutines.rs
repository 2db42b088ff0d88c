//! Goroutines, one by one and in groups.

use super::{Durations, GoGroupId, SiteId};
use crate::base::intern::StrId;
use crate::evidence::trace::event::GoState;
use crate::evidence::trace::names::StackRef;

/// A start function and the place that starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// The function; `None` if no stack names it.
    pub start: Option<StrId>,
    /// The creator's stack; none for goroutines that existed before.
    pub creator: StackRef,
    /// True if the members existed before the trace.
    pub existed: bool,
}

/// States of living goroutines that take time, in the order of tables.
pub const TIMED_STATES: [GoState; 4] =
    [GoState::Running, GoState::Runnable, GoState::Waiting, GoState::Syscall];

/// Reasons that one group's waits are told apart by.
const REASONS: usize = 100;

/// Intervals of goroutines by state, and those of waiting by reason; open ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateTimes {
    /// By state, in the order of [`TIMED_STATES`].
    pub states: [Durations; 4],
    /// Waits by reason, in order of appearance.
    pub waits: Vec<ReasonTime>,
}

/// Waits for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonTime {
    /// The runtime's reason; empty if it gives none.
    pub reason: StrId,
    /// How many.
    pub count: u64,
    /// Nanoseconds in all.
    pub total: u64,
}

impl StateTimes {
    /// Adds an interval in the state with this index of [`TIMED_STATES`].
    pub(in crate::analysis::trace) fn add(&mut self, state: usize, reason: Option<StrId>, nanos: u64) {
        if let Some(durations) = self.states.get_mut(state) {
            durations.add(nanos);
        }
        if let Some(reason) = reason {
            self.add_wait(ReasonTime { reason, count: 1, total: nanos });
        }
    }

    /// Adds all that another has.
    pub(in crate::analysis::trace) fn merge(&mut self, other: &Self) {
        for (own, more) in self.states.iter_mut().zip(&other.states) {
            own.merge(more);
        }
        other.waits.iter().for_each(|&wait| self.add_wait(wait));
    }

    fn add_wait(&mut self, more: ReasonTime) {
        if let Some(wait) = self.waits.iter_mut().find(|wait| wait.reason == more.reason) {
            wait.count += more.count;
            wait.total = wait.total.saturating_add(more.total);
        } else if self.waits.len() < REASONS {
            self.waits.push(more);
        }
    }
}

/// Goroutines with one start function and creation stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoGroup {
    /// What they have in common.
    pub key: GroupKey,
    /// True for the runtime's own goroutines and the tracer's (`IsSystemGoroutine` in `internal/trace`).
    pub is_system: bool,
    /// Created inside of the window.
    pub created: u64,
    /// Ended inside of the window.
    pub ended: u64,
    /// Lost in damage, or beyond what is kept.
    pub vanished: u64,
    /// Alive when the window ended.
    pub alive: u64,
    /// What the members spent their time in.
    pub times: StateTimes,
    /// Lifetimes of those that were created and ended.
    pub lifetimes: Durations,
    /// Time in GC mark assists.
    pub assist: u64,
    /// How often members were woken.
    pub woken: u64,
    /// CPU samples.
    pub samples: u64,
    /// `(generation's index, alive at its end)`, where that changed.
    pub history: Vec<(u32, u64)>,
    /// The first creation inside of the window.
    pub first_created: Option<u64>,
    /// The last creation inside of the window.
    pub last_created: Option<u64>,
}

impl GoGroup {
    /// Counts a member's creation, if it was inside of the window.
    pub(in crate::analysis::trace) fn add_creation(&mut self, created: Option<u64>) {
        let Some(created) = created else { return };
        self.created += 1;
        self.first_created = Some(self.first_created.map_or(created, |first| first.min(created)));
        self.last_created = self.last_created.max(Some(created));
    }
}

/// One goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoRow {
    /// The runtime's id.
    pub id: u64,
    /// Its group.
    pub group: GoGroupId,
    /// When it was created; `None` if it existed before.
    pub created: Option<u64>,
    /// When it ended; `None` if it is alive.
    pub ended: Option<u64>,
    /// Its last state.
    pub state: GoState,
    /// When it entered that state. For one that never moved: the window's start.
    pub since: u64,
    /// Where it is in that state.
    pub site: Option<SiteId>,
    /// Time in each of [`TIMED_STATES`].
    pub times: [u64; 4],
    /// How often it was put on a processor.
    pub runs: u64,
    /// How often it was woken.
    pub woken: u64,
    /// Time in GC mark assists.
    pub assist: u64,
}
