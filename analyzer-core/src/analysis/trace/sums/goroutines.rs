//! Goroutine states: stays, groups, wake-ups.

use super::live::{Interval, timed};
use super::sites::syscall_key;
use super::{Builder, Crossing, GoStay, LongStay, Stays};
use crate::analysis::trace::summary::{GoGroupId, RunnableCause, SiteId, SiteKey, SiteKind};
use crate::analysis::trace::timeline::Steps;
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::TRACE_CROSSINGS;
use crate::evidence::trace::event::{Event, GoCause, GoState, GoTransition};
use crate::evidence::trace::names::Names;

/// Waits that say nothing of the program: they are as long as it wishes.
const EXPECTED_WAITS: [&str; 2] = ["sleep", "network"];

impl<L: Stays> Builder<L> {
    #[inline]
    pub(super) fn go(&mut self, event: &Event, change: &GoTransition, names: &Names) {
        let time = event.time;
        if self.is_inside(time) {
            self.counts.transitions[state_index(change.from)][state_index(change.to)] += 1;
            if matches!(change.cause, GoCause::Block | GoCause::SwitchBlock) {
                *self.counts.blocks.entry(change.reason).or_default() += 1;
            }
        }
        let slot = change.go.slot;
        if !change.from.is_alive() || self.live(slot).is_none_or(|live| live.id != change.go.id) {
            self.appear(event, change, names);
            return;
        }
        if change.cause == GoCause::Status {
            self.restate(slot, change, names);
            return;
        }
        if self.live(slot).is_some_and(|live| live.group.is_none()) && change.stack != Names::NO_STACK {
            self.identify(slot, change.stack, names);
        }
        self.leave(slot, event, change, names);
        if change.to == GoState::NotExist {
            self.disappear(slot, time, change.cause == GoCause::Vanish);
        } else {
            self.enter(slot, event, change);
        }
        self.proc_activity(event, change);
    }

    /// The stay in the old state is over.
    #[inline]
    fn leave(&mut self, slot: u32, event: &Event, change: &GoTransition, names: &Names) {
        let time = event.time;
        let Some(live) = self.live(slot) else { return };
        let (state, since, site, group) = (live.state, live.since, live.site, live.group);
        let (witnessed, first_run, is_gc, id) =
            (live.witnessed, live.first_run, live.gc_mode.is_some(), live.id);
        let (lost_proc, created, gc_mode) = (live.lost_proc, live.created, live.gc_mode);
        let Some(index) = timed(state) else { return };
        let nanos = self.clip(since, time);
        self.timeline.step(track(state, is_gc), time, -1);
        self.emit_stay(slot, time, false);
        if since < self.generation_start {
            self.keep_crossing(Crossing {
                go: id,
                group,
                created,
                state,
                gc_mode,
                from: since,
                to: time,
                site,
            });
        }
        if state == GoState::Running {
            self.account_running(slot, time);
            if time >= self.from {
                self.add_to_group(slot, group, Interval { state: index, reason: None, nanos });
            }
            return;
        }
        // Stays that were over before the window are none of it.
        if time < self.from {
            if let Some(live) = self.live_mut(slot) {
                live.lost_proc = None;
            }
            return;
        }
        let reason = site.and_then(|site| self.sites.key(site)).map(|key| key.reason);
        let reason = if state == GoState::Waiting { reason.or(Some(StringTable::EMPTY)) } else { None };
        if let Some(live) = self.live_mut(slot) {
            live.times[index] = live.times[index].saturating_add(nanos);
            live.lost_proc = None;
        }
        self.add_to_group(slot, group, Interval { state: index, reason, nanos });
        if let Some(site) = site {
            if let Some(row) = self.sites.rows.get_mut(site) {
                row.done.add(nanos);
                // Stays of no length count, as Go's tool keeps events a nanosecond apart.
                let after_first = first_run.filter(|&first| witnessed >= first || time > first);
                if let Some(first) = after_first {
                    let counted = time.saturating_sub(witnessed.max(first));
                    row.as_go_tool.0 += 1;
                    row.as_go_tool.1 = row.as_go_tool.1.saturating_add(counted);
                }
                if state == GoState::Syscall && change.cause == GoCause::SyscallEndBlocked {
                    row.without_proc.0 += 1;
                    let without = lost_proc.map_or(0, |lost| time.saturating_sub(lost));
                    row.without_proc.1 = row.without_proc.1.saturating_add(without);
                }
            }
            self.rank(state, site, group, id, since, nanos, reason, names);
            if state == GoState::Waiting && matches!(change.cause, GoCause::Unblock | GoCause::SwitchUnblock)
            {
                self.woken(slot, event, site, nanos);
            }
        }
        if state == GoState::Runnable {
            self.delayed(site, since, nanos);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one stay")]
    fn rank(
        &mut self,
        state: GoState,
        site: SiteId,
        group: Option<GoGroupId>,
        go: u64,
        since: u64,
        nanos: u64,
        reason: Option<StrId>,
        names: &Names,
    ) {
        let is_system =
            group.and_then(|group| self.groups.rows.get(group)).is_some_and(|group| group.is_system);
        if is_system {
            return;
        }
        let from = std::cmp::Reverse(since.max(self.from));
        let stay = LongStay { from, go, group, site, began_before: since < self.from };
        match state {
            GoState::Waiting => {
                let is_expected = reason.is_some_and(|reason| {
                    let reason = names.strings.get(reason);
                    EXPECTED_WAITS.contains(&reason)
                });
                if !is_expected {
                    self.longest_waits.offer((nanos, stay));
                }
            }
            GoState::Runnable => self.longest_delays.offer((nanos, stay)),
            _ => {}
        }
    }

    fn woken(&mut self, slot: u32, event: &Event, site: SiteId, nanos: u64) {
        let waker_group = event.go.and_then(|go| self.live(go.slot)).and_then(|live| live.group);
        self.wakes.add(event.stack, waker_group, site, nanos);
        let Some(live) = self.live_mut(slot) else { return };
        live.woken += 1;
        if let Some(group) = live.group.and_then(|group| self.groups.rows.get_mut(group)) {
            group.woken += 1;
        }
    }

    fn delayed(&mut self, site: Option<SiteId>, since: u64, nanos: u64) {
        let cause = match site.and_then(|site| self.sites.key(site)).map(|key| key.kind) {
            Some(SiteKind::Runnable(cause)) => cause,
            _ => RunnableCause::Existed,
        };
        self.delays[cause.index()].add(nanos);
        if self.procs.all_taken_since(since) {
            let starved = &mut self.starved[cause.index()];
            *starved = (starved.0 + 1, starved.1.saturating_add(nanos));
        }
    }

    #[inline]
    fn add_to_group(&mut self, slot: u32, group: Option<GoGroupId>, interval: Interval) {
        if let Some(group) = group.and_then(|group| self.groups.rows.get_mut(group)) {
            group.times.add(interval.state, interval.reason, interval.nanos);
        } else if let Some(live) = self.live_mut(slot) {
            live.rare().pending.add(interval);
        }
    }

    /// The stay in the new state begins.
    #[inline]
    fn enter(&mut self, slot: u32, event: &Event, change: &GoTransition) {
        let time = event.time;
        let empty = StringTable::EMPTY;
        let key = match (change.to, change.cause) {
            (GoState::Waiting, _) => {
                Some(SiteKey { kind: SiteKind::Wait, reason: change.reason, stack: change.stack })
            }
            (GoState::Syscall, _) => Some(syscall_key(change.stack)),
            (GoState::Runnable, cause) => {
                let (cause, reason) = match cause {
                    GoCause::Stop => (RunnableCause::Preempted, change.reason),
                    GoCause::SyscallEndBlocked => (RunnableCause::SyscallReturn, empty),
                    _ => (RunnableCause::Woken, empty),
                };
                Some(SiteKey { kind: SiteKind::Runnable(cause), reason, stack: event.stack })
            }
            _ => None,
        };
        let site = key.map(|key| self.sites.id(key));
        let mut is_gc = false;
        if let Some(live) = self.live_mut(slot) {
            live.state = change.to;
            live.since = time;
            live.witnessed = time;
            live.site = site;
            is_gc = live.gc_mode.is_some();
        }
        self.timeline.step(track(change.to, is_gc), time, 1);
        if change.to == GoState::Running {
            self.runs_from(slot, time, time);
        }
    }

    /// It is seen to run at `time`, and has run since `since`.
    pub(super) fn runs_from(&mut self, slot: u32, time: u64, since: u64) {
        let starts_inside = since == time && self.is_inside(time);
        let Some(live) = self.live_mut(slot) else { return };
        live.first_run.get_or_insert(time);
        live.runs += u64::from(starts_inside);
        if live.gc_mode.is_none() {
            let assist = live.assist;
            self.gc.mutators.starts(since);
            if let Some(begin) = assist {
                self.gc.assisting.starts(since.max(begin));
            }
        }
    }

    /// Adds the running time up to now.
    pub(super) fn account_running(&mut self, slot: u32, time: u64) {
        let Some(live) = self.live(slot) else { return };
        let (since, mode) = (live.since, live.gc_mode);
        let nanos = self.clip(since, time);
        if let Some(live) = self.live_mut(slot) {
            live.times[0] = live.times[0].saturating_add(nanos);
        }
        if let Some(mode) = mode {
            self.gc.worked(mode, nanos);
        }
        self.stops_running(slot, time);
    }

    /// A goroutine that is no GC worker runs no more, if it did.
    pub(super) fn stops_running(&mut self, slot: u32, time: u64) {
        let Some(live) = self.live(slot) else { return };
        if live.state != GoState::Running || live.gc_mode.is_some() {
            return;
        }
        let is_assisting = live.assist.is_some();
        self.gc.mutators.stops(time);
        if is_assisting {
            self.gc.assisting.stops(time);
        }
    }

    pub(super) fn keep_crossing(&mut self, crossing: Crossing) {
        match self.carried.as_mut() {
            Some(kept) if kept.states.len() < TRACE_CROSSINGS => kept.states.push(crossing),
            Some(_) => self.folded.crossings += 1,
            None => {}
        }
    }

    /// Tells the lanes of a stay that ends now.
    #[inline]
    pub(super) fn emit_stay(&mut self, slot: u32, time: u64, is_open: bool) {
        let Some(live) = self.live(slot) else { return };
        let stay = GoStay {
            go: live.id,
            group: live.group,
            state: live.state,
            is_gc: live.gc_mode.is_some(),
            from: live.since,
            to: time,
            site: live.site,
            proc: live.proc.and_then(|proc| self.procs.id(proc)),
            is_open,
        };
        self.lanes.go(&stay);
    }
}

/// The track that counts goroutines in a state.
pub(super) fn track(state: GoState, is_gc: bool) -> Steps {
    match state {
        GoState::Running if is_gc => Steps::GcWorkers,
        GoState::Running => Steps::Running,
        GoState::Runnable => Steps::Runnable,
        GoState::Syscall => Steps::Syscall,
        _ => Steps::Waiting,
    }
}

pub(super) const fn state_index(state: GoState) -> usize {
    match state {
        GoState::Undetermined => 0,
        GoState::NotExist => 1,
        GoState::Runnable => 2,
        GoState::Running => 3,
        GoState::Waiting => 4,
        GoState::Syscall => 5,
    }
}
