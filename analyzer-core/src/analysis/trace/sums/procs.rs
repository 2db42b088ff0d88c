//! What processors do, and whether one is free.

use super::{Builder, Stays};
use crate::analysis::trace::summary::ProcTimes;
use crate::analysis::trace::timeline::Steps;
use crate::base::convert::id_to_usize;
use crate::base::order::StableOrder;
use crate::evidence::trace::event::{
    Event, GoCause, GoState, GoTransition, ProcRef, ProcState, ProcTransition,
};

/// What a processor is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Activity {
    #[default]
    Idle,
    Scheduler,
    Running,
    Gc,
    Syscall,
}

#[derive(Clone, Copy, Debug, Default)]
struct ProcRow {
    times: ProcTimes,
    activity: Activity,
    since: u64,
    /// The goroutine whose system call keeps it.
    go: Option<u32>,
    is_known: bool,
}

/// All processors.
#[derive(Debug, Default)]
pub(super) struct Procs {
    rows: Vec<ProcRow>,
    held: u64,
    limit: u64,
    /// When a processor was last free; meaningless while one is.
    last_free: u64,
}

impl Procs {
    /// The runtime's id of a processor.
    pub(super) fn id(&self, row: u32) -> Option<u64> {
        self.rows.get(id_to_usize(row)).map(|row| row.times.id)
    }

    /// True if no processor was free from `since` until now.
    pub(super) fn all_taken_since(&self, since: u64) -> bool {
        self.limit > 0 && self.held >= self.limit && self.last_free <= since
    }

    /// What a processor is first seen at it has done all along: since the generation began.
    fn was_busy(&mut self, proc: ProcRef, since: u64, activity: Activity) {
        let row = self.rows.get_mut(id_to_usize(proc.slot));
        if let Some(row) = row.filter(|row| row.activity == Activity::Scheduler && row.since <= since) {
            row.activity = activity;
        }
    }

    /// What runs on a processor turns out to be a GC worker.
    pub(super) fn is_gc_work(&mut self, proc: ProcRef) {
        let row = self.rows.get_mut(id_to_usize(proc.slot));
        if let Some(row) = row.filter(|row| row.activity == Activity::Running) {
            row.activity = Activity::Gc;
        }
    }

    fn hold(&mut self, time: u64, by: i64) {
        let was_free = self.held < self.limit;
        self.held = self.held.saturating_add_signed(by);
        if was_free {
            self.last_free = self.last_free.max(time);
        }
    }

    /// Ends what every processor is at, and gives the sums by id.
    pub(super) fn finish(mut self, from: u64, to: u64) -> Vec<ProcTimes> {
        for row in &mut self.rows {
            row.account(from, to, to);
        }
        let mut times: Vec<_> = self.rows.iter().filter(|row| row.is_known).map(|row| row.times).collect();
        times.order_by_key(|times| times.id);
        times
    }
}

impl ProcRow {
    /// Adds the time from the last change until now.
    fn account(&mut self, from: u64, to: u64, time: u64) {
        let nanos = time.min(to).saturating_sub(self.since.max(from));
        let sum = match self.activity {
            Activity::Idle => &mut self.times.idle,
            Activity::Scheduler => &mut self.times.scheduler,
            Activity::Running => &mut self.times.running,
            Activity::Gc => &mut self.times.gc,
            Activity::Syscall => &mut self.times.syscall,
        };
        *sum = sum.saturating_add(nanos);
        self.since = time.max(self.since);
    }
}

impl<L: Stays> Builder<L> {
    /// A processor's state changes or is restated.
    pub(super) fn proc(&mut self, event: &Event, change: &ProcTransition) {
        let time = event.time;
        let row = id_to_usize(change.proc.slot);
        if row >= self.procs.rows.len() {
            self.procs.rows.resize(row + 1, ProcRow::default());
        }
        let (from, to, start, inside) = (self.from, self.to, self.generation_start, self.is_inside(time));
        let Some(proc) = self.procs.rows.get_mut(row) else { return };
        let is_new = !proc.is_known;
        let was_held = !is_new && proc.activity != Activity::Idle;
        if is_new {
            proc.is_known = true;
            proc.times.id = change.proc.id;
            proc.since = start.min(time);
        } else if change.from != change.to {
            proc.account(from, to, time);
        }
        let is_held = change.to == ProcState::Running;
        let mut lost_call = None;
        if is_held {
            if !was_held {
                proc.activity = Activity::Scheduler;
                proc.times.starts += u64::from(inside);
            }
        } else {
            if proc.activity == Activity::Syscall {
                lost_call = proc.go;
            }
            proc.activity = Activity::Idle;
            proc.go = None;
            proc.times.steals += u64::from(inside && change.is_steal);
        }
        if is_held != was_held {
            let (by, at) = (if is_held { 1 } else { -1 }, if is_new { start.min(time) } else { time });
            self.procs.hold(at, by);
            self.timeline.step(Steps::Processors, at, by);
        }
        if let Some(live) = lost_call.and_then(|slot| self.live_mut(slot)) {
            live.lost_proc = Some(time);
        }
    }

    /// GOMAXPROCS is restated or changed.
    pub(super) fn procs_change(&mut self, time: u64, count: u64) {
        let before = i64::try_from(self.procs.limit).unwrap_or(0);
        let now = i64::try_from(count).unwrap_or(0);
        // What is said first was so from the start.
        let at = if self.procs.limit == 0 { self.generation_start.min(time) } else { time };
        self.timeline.step(Steps::Procs, at, now.saturating_sub(before));
        self.procs.hold(time, 0);
        self.procs.limit = count;
        if self.is_inside(time) {
            self.gomaxprocs.set(count);
        }
    }

    /// A goroutine's change as seen from the processor that it happens on.
    #[inline]
    pub(super) fn proc_activity(&mut self, event: &Event, change: &GoTransition) {
        let Some(proc) = event.proc else { return };
        let is_gc = self.live(change.go.slot).is_some_and(|live| live.gc_mode.is_some());
        let busy = if is_gc { Activity::Gc } else { Activity::Running };
        let activity = match (change.cause, change.to) {
            (GoCause::Start | GoCause::SwitchStart | GoCause::SyscallEnd, _)
            | (GoCause::Status, GoState::Running) => busy,
            (GoCause::SyscallBegin, _) | (GoCause::Status, GoState::Syscall) => Activity::Syscall,
            (GoCause::Stop | GoCause::Block | GoCause::Destroy, _) => {
                self.stopped(event, change);
                Activity::Scheduler
            }
            (GoCause::SwitchBlock | GoCause::SwitchDestroy, _) => Activity::Scheduler,
            _ => return,
        };
        if change.from == GoState::Undetermined {
            self.procs.was_busy(proc, self.generation_start, activity);
        }
        self.set_activity(proc, event.time, activity, change.go.slot);
    }

    fn set_activity(&mut self, proc: ProcRef, time: u64, activity: Activity, slot: u32) {
        let (from, to) = (self.from, self.to);
        let Some(row) = self.procs.rows.get_mut(id_to_usize(proc.slot)) else { return };
        if row.activity != activity {
            row.account(from, to, time);
            row.activity = activity;
        }
        row.go = (activity == Activity::Syscall).then_some(slot);
        let is_on = matches!(activity, Activity::Running | Activity::Gc | Activity::Syscall);
        if let Some(live) = self.live_mut(slot) {
            live.proc = is_on.then_some(proc.slot);
        }
    }
}
