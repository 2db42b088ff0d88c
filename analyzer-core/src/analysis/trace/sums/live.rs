//! What is known of a goroutine while it lives.

use crate::analysis::trace::summary::{GoGroupId, GoRow, SiteId, StateTimes};
use crate::base::intern::StrId;
use crate::evidence::trace::event::GoState;

/// Intervals that a goroutine without a group keeps one by one; more of them are added up.
const PENDING_INTERVALS: usize = 64;

/// An interval in one state: the state's index, the reason if it is a wait, and its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub state: usize,
    pub reason: Option<StrId>,
    pub nanos: u64,
}

/// An open user region.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRegion {
    pub name: StrId,
    pub task: u64,
    pub begin: u64,
}

/// Parts that few goroutines need.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare {
    pub pending: Pending,
    pub regions: Vec<OpenRegion>,
}

/// What a goroutine did while no stack had shown yet which group it belongs to.
///
/// Few intervals are listed, many are added up: a list of any length would take several times the
/// memory of the events, sums for each of a million goroutines with one interval even more.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    intervals: Vec<Interval>,
    /// `None` while all are listed.
    times: Option<Box<StateTimes>>,
    pub samples: u64,
}

impl Pending {
    pub(super) fn add(&mut self, interval: Interval) {
        if self.intervals.len() >= PENDING_INTERVALS {
            add_all(self.times.get_or_insert_default(), &self.intervals);
            self.intervals.clear();
        }
        self.intervals.push(interval);
    }

    /// Adds what was kept to the times of its group.
    pub(super) fn add_to(self, times: &mut StateTimes) {
        if let Some(folded) = &self.times {
            times.merge(folded);
        }
        add_all(times, &self.intervals);
    }
}

fn add_all(times: &mut StateTimes, intervals: &[Interval]) {
    intervals.iter().for_each(|interval| times.add(interval.state, interval.reason, interval.nanos));
}

/// One living goroutine.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub id: u64,
    pub group: Option<GoGroupId>,
    pub created: Option<u64>,
    pub state: GoState,
    /// When it entered the state.
    pub since: u64,
    /// When the trace first showed it, if that was in this very state; else as `since`.
    pub witnessed: u64,
    pub site: Option<SiteId>,
    pub first_run: Option<u64>,
    pub times: [u64; 4],
    pub runs: u64,
    pub woken: u64,
    /// When the mark assist began that goes on.
    pub assist: Option<u64>,
    pub assist_nanos: u64,
    /// Row of the GC worker's mode: dedicated, fractional, idle.
    pub gc_mode: Option<usize>,
    /// When the processor of its system call was taken.
    pub lost_proc: Option<u64>,
    /// Row of the processor that it runs on.
    pub proc: Option<u32>,
    pub rare: Option<Box<Rare>>,
}

impl Live {
    pub(super) fn new(id: u64, state: GoState, since: u64, witnessed: u64) -> Self {
        Self {
            id,
            group: None,
            created: None,
            state,
            since,
            witnessed,
            site: None,
            first_run: None,
            times: [0; 4],
            runs: 0,
            woken: 0,
            assist: None,
            assist_nanos: 0,
            gc_mode: None,
            lost_proc: None,
            proc: None,
            rare: None,
        }
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_with(Default::default)
    }

    pub(super) fn row(&self, group: GoGroupId, ended: Option<u64>) -> GoRow {
        GoRow {
            id: self.id,
            group,
            created: self.created,
            ended,
            state: if ended.is_some() { GoState::NotExist } else { self.state },
            since: self.since,
            site: self.site,
            times: self.times,
            runs: self.runs,
            woken: self.woken,
            assist: self.assist_nanos,
        }
    }
}

/// The index of a state in [`crate::analysis::trace::summary::TIMED_STATES`].
pub(super) const fn timed(state: GoState) -> Option<usize> {
    match state {
        GoState::Running => Some(0),
        GoState::Runnable => Some(1),
        GoState::Waiting => Some(2),
        GoState::Syscall => Some(3),
        GoState::Undetermined | GoState::NotExist => None,
    }
}
