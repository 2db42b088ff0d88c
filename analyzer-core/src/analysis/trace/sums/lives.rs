//! Goroutines come and go, and become known by their stacks.

use super::goroutines::track;
use super::live::{Live, OpenRegion};
use super::sites::{root_function, start_function, syscall_key};
use super::{AnnotationSpan, Builder, Crossing, Stays};
use crate::analysis::trace::summary::{GoGroupId, GroupKey, RunnableCause, SiteKey, SiteKind};
use crate::base::convert::id_to_usize;
use crate::base::intern::StringTable;
use crate::base::limits::TRACE_ENDED_GOROUTINES;
use crate::evidence::trace::event::{Event, GoState, GoTransition};
use crate::evidence::trace::names::{Names, StackRef};

impl<L: Stays> Builder<L> {
    /// A goroutine is seen for the first time.
    pub(super) fn appear(&mut self, event: &Event, change: &GoTransition, names: &Names) {
        let slot = change.go.slot;
        if self.live(slot).is_some() {
            self.disappear(slot, event.time, true);
        }
        if change.to == GoState::NotExist {
            return;
        }
        let is_new = change.from == GoState::NotExist;
        let known = if is_new { None } else { self.known.crossings.get(&change.go.id).copied() };
        let live = self.first_state(event, change, is_new, known);
        let (since, is_gc) = (live.since, live.gc_mode.is_some());
        self.existed += u64::from(live.created.is_none_or(|created| created < self.from));
        let row = id_to_usize(slot);
        if row >= self.live.len() {
            self.live.resize(row + 1, None);
        }
        if let Some(entry) = self.live.get_mut(row) {
            *entry = Some(live);
        }
        if let Some(group) = known.and_then(|known| known.group) {
            self.join_known(slot, group);
        } else if is_new {
            // Goroutines of C threads have no start function; a later stack names them.
            if let Some(start) = start_function(names, change.stack) {
                let key = GroupKey { start: Some(start), creator: event.stack, existed: false };
                self.join(slot, key, names);
            }
        } else if change.stack != Names::NO_STACK {
            self.identify(slot, change.stack, names);
        }
        self.settle(slot, event, change);
        self.timeline.step(track(change.to, is_gc), since, 1);
        if change.to == GoState::Running {
            self.runs_from(slot, event.time, since);
        }
        if !is_new {
            self.proc_activity(event, change);
        }
    }

    /// What is known of a goroutine at its first event.
    fn first_state(
        &self,
        event: &Event,
        change: &GoTransition,
        is_new: bool,
        known: Option<Crossing>,
    ) -> Live {
        let time = event.time;
        // A status says what was so all along: since the generation's start, at least.
        let since = if is_new { time } else { self.generation_start.min(time) };
        let mut live = Live::new(change.go.id, change.to, since, time);
        live.created = is_new.then_some(time);
        if let Some(spans) = self.known.regions.get(&change.go.id).filter(|_| !is_new) {
            let open =
                |span: &AnnotationSpan| OpenRegion { name: span.name, task: span.task, begin: span.begin };
            live.rare().regions = spans.iter().map(open).collect();
        }
        let Some(known) = known else { return live };
        live.created = known.created;
        if known.state == change.to {
            live.since = known.from;
            live.site = known.site;
            live.gc_mode = known.gc_mode;
        }
        live
    }

    /// A state is restated: what was unknown of it may be known now.
    pub(super) fn restate(&mut self, slot: u32, change: &GoTransition, names: &Names) {
        if change.stack == Names::NO_STACK {
            return;
        }
        let Some(live) = self.live(slot) else { return };
        let lacks_stack = live
            .site
            .and_then(|site| self.sites.key(site))
            .is_none_or(|key| key.stack == Names::NO_STACK && key.reason == StringTable::EMPTY);
        let is_unknown = live.group.is_none();
        if lacks_stack && change.to == GoState::Waiting {
            let site =
                self.sites.id(SiteKey { kind: SiteKind::Wait, reason: change.reason, stack: change.stack });
            if let Some(live) = self.live_mut(slot) {
                live.site = Some(site);
            }
        }
        if is_unknown {
            self.identify(slot, change.stack, names);
        }
    }

    /// Where the goroutine is in its first state.
    fn settle(&mut self, slot: u32, event: &Event, change: &GoTransition) {
        if self.live(slot).is_some_and(|live| live.site.is_some()) {
            return;
        }
        let site = match change.to {
            GoState::Waiting => {
                Some(SiteKey { kind: SiteKind::Wait, reason: change.reason, stack: change.stack })
            }
            GoState::Runnable => {
                let is_new = change.from == GoState::NotExist;
                let cause = if is_new { RunnableCause::Created } else { RunnableCause::Existed };
                let kind = SiteKind::Runnable(cause);
                Some(SiteKey { kind, reason: StringTable::EMPTY, stack: event.stack })
            }
            GoState::Syscall => Some(syscall_key(change.stack)),
            _ => None,
        };
        let site = site.map(|key| self.sites.id(key));
        if let Some(live) = self.live_mut(slot) {
            live.site = site;
        }
    }

    /// Names a goroutine that existed before, by the outermost frame of one of its stacks.
    pub(super) fn identify(&mut self, slot: u32, stack: StackRef, names: &Names) {
        let Some(start) = root_function(names, stack) else { return };
        let existed = self.live(slot).is_some_and(|live| live.created.is_none());
        self.join(slot, GroupKey { start: Some(start), creator: Names::NO_STACK, existed }, names);
    }

    fn join(&mut self, slot: u32, key: GroupKey, names: &Names) {
        let id = self.groups.id(key, names);
        self.join_known(slot, id);
    }

    /// Makes a goroutine a member of a group, with what it has done so far.
    fn join_known(&mut self, slot: u32, id: GoGroupId) {
        self.groups.came(id);
        let from = self.from;
        let Some(live) = self.live_mut(slot) else { return };
        live.group = Some(id);
        let (woken, assist, created) = (live.woken, live.assist_nanos, live.created);
        let pending = live.rare.as_mut().map(|rare| std::mem::take(&mut rare.pending)).unwrap_or_default();
        let Some(group) = self.groups.rows.get_mut(id) else { return };
        group.woken += woken;
        group.assist = group.assist.saturating_add(assist);
        group.add_creation(created.filter(|&created| created >= from));
        group.samples += pending.samples;
        pending.add_to(&mut group.times);
    }

    /// The group of a goroutine; one that no stack ever named joins the nameless.
    pub(super) fn group_of(&mut self, slot: u32) -> Option<GoGroupId> {
        let live = self.live(slot)?;
        if live.group.is_none() {
            let unknown = self.groups.unknown(live.created.is_none());
            self.join_known(slot, unknown);
        }
        self.live(slot)?.group
    }

    /// A goroutine ended, or is lost.
    pub(super) fn disappear(&mut self, slot: u32, time: u64, is_lost: bool) {
        let Some(group) = self.group_of(slot) else { return };
        if is_lost && self.live(slot).is_some_and(|live| live.state.is_alive()) {
            // Whatever it was in, nobody saw the end of it.
            self.stops_running(slot, time);
            let Some(live) = self.live(slot) else { return };
            self.timeline.step(track(live.state, live.gc_mode.is_some()), time, -1);
        }
        self.assist_ends(slot, time);
        let Some(mut live) = self.live.get_mut(id_to_usize(slot)).and_then(Option::take) else { return };
        let inside = time >= self.from;
        if let Some(row) = self.groups.rows.get_mut(group) {
            if is_lost {
                row.vanished += 1;
            } else if inside {
                row.ended += 1;
                if let Some(created) = live.created.filter(|&created| created >= self.from) {
                    row.lifetimes.add(time.saturating_sub(created));
                }
            }
        }
        self.groups.left(group);
        if !inside {
            return;
        }
        if self.rows.len() < TRACE_ENDED_GOROUTINES {
            live.since = time;
            live.site = None;
            self.rows.push(live.row(group, Some(time)));
        } else {
            self.folded.goroutines += 1;
        }
    }
}
