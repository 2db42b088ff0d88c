//! Garbage collection: cycles, pauses, assists, sweeps, heap and goal.

use std::collections::BTreeMap;

use super::goroutines::track;
use super::share::Share;
use super::{Builder, Stays};
use crate::analysis::trace::summary::{Durations, GcCycle, LastToStop, Pause};
use crate::analysis::trace::timeline::Steps;
use crate::base::intern::StrId;
use crate::base::limits::{TRACE_ANNOTATION_NAMES, TRACE_GC_ROWS};
use crate::evidence::trace::event::{Edge, Event, GoRef, GoState, GoTransition, ProcRef};
use crate::evidence::trace::names::Names;

/// Labels that the runtime puts on its GC workers, by what they are worth to it.
const WORKER_LABELS: [&str; 3] = ["GC (dedicated)", "GC (fractional)", "GC (idle)"];
/// Pauses that belong to a cycle, in order.
const CYCLE_PAUSES: [&str; 2] = ["GC sweep termination", "GC mark termination"];
/// Pauses that can be open at once: one in the runtime; damage may leave more.
const OPEN_PAUSES: usize = 8;

/// What is open, and what was summed up.
#[derive(Debug)]
pub(super) struct GcState {
    pub cycles: Vec<GcCycle>,
    /// The last of `cycles` goes on.
    is_marking: bool,
    /// Cycles without a row.
    pub folded_cycles: u64,
    last_heap: Option<u64>,
    last_goal: Option<u64>,
    pub assists: Durations,
    pub workers: [u64; 3],
    pub sweeps: (Durations, u64, u64),
    open_sweeps: Vec<(u64, u64)>,
    open_pauses: Vec<Pause>,
    pub pauses: Vec<Pause>,
    /// Pauses without a row.
    pub folded_pauses: u64,
    pub pause_kinds: BTreeMap<StrId, Durations>,
    pub stopping: Durations,
    /// Goroutines that are no GC workers, while they run.
    pub mutators: Share,
    /// Those of them that help to mark.
    pub assisting: Share,
}

impl GcState {
    pub(super) fn new(goal: Option<u64>) -> Self {
        Self {
            cycles: Vec::new(),
            is_marking: false,
            folded_cycles: 0,
            last_heap: None,
            last_goal: goal,
            assists: Durations::default(),
            workers: [0; 3],
            sweeps: (Durations::default(), 0, 0),
            open_sweeps: Vec::new(),
            open_pauses: Vec::new(),
            pauses: Vec::new(),
            folded_pauses: 0,
            pause_kinds: BTreeMap::new(),
            stopping: Durations::default(),
            mutators: Share::default(),
            assisting: Share::default(),
        }
    }

    /// A GC worker ran.
    pub(super) fn worked(&mut self, mode: usize, nanos: u64) {
        if let Some(sum) = self.workers.get_mut(mode) {
            *sum = sum.saturating_add(nanos);
        }
        if let Some(sum) = self.cycles.last_mut().and_then(|cycle| cycle.workers.get_mut(mode)) {
            *sum = sum.saturating_add(nanos);
        }
    }

    /// Ends what is open.
    pub(super) fn finish(&mut self, time: u64) {
        if self.is_marking {
            self.close_cycle(time);
        }
        for pause in std::mem::take(&mut self.open_pauses) {
            self.keep_pause(pause);
        }
    }

    fn close_cycle(&mut self, time: u64) {
        self.is_marking = false;
        let (mutator, assist) = (self.mutators.close(time), self.assisting.close(time));
        if let Some(cycle) = self.cycles.last_mut() {
            cycle.mutator = mutator;
            cycle.assist = assist;
        }
    }

    fn keep_pause(&mut self, pause: Pause) {
        if self.pauses.len() < TRACE_GC_ROWS {
            self.pauses.push(pause);
        } else {
            self.folded_pauses += 1;
        }
    }
}

impl<L: Stays> Builder<L> {
    /// The live heap changes.
    pub(super) fn heap_alloc(&mut self, time: u64, bytes: u64) {
        self.gc.last_heap = Some(bytes);
        if self.gc.is_marking
            && let Some(cycle) = self.gc.cycles.last_mut()
        {
            cycle.peak = Some(cycle.peak.map_or(bytes, |peak| peak.max(bytes)));
            cycle.marked = Some(bytes);
        }
        if self.is_inside(time) {
            self.heap.set(bytes);
            self.timeline.heap(time, bytes);
        }
    }

    /// The heap goal changes.
    pub(super) fn heap_goal(&mut self, time: u64, bytes: u64) {
        self.gc.last_goal = Some(bytes);
        if !self.gc.is_marking
            && let Some(cycle) = self.gc.cycles.last_mut().filter(|cycle| cycle.end.is_some())
        {
            cycle.next_goal.get_or_insert(bytes);
        }
        if self.is_inside(time) {
            self.goal.set(bytes);
            self.timeline.goal(time, bytes);
        }
    }

    /// The mark phase begins, goes on, or ends.
    pub(super) fn mark_phase(&mut self, time: u64, edge: Edge) {
        if edge == Edge::End {
            if self.gc.is_marking {
                self.gc.close_cycle(time);
                self.timeline.step(Steps::Gc, time, -1);
            }
            // A cycle that was over before the window is none of its.
            if time < self.from {
                self.gc.cycles.clear();
            } else if let Some(cycle) = self.gc.cycles.last_mut() {
                cycle.end.get_or_insert(time);
            }
            return;
        }
        if self.gc.is_marking {
            // Restated at a generation's start.
            return;
        }
        let is_begin = edge == Edge::Begin;
        let begin = if is_begin { time } else { self.generation_start.min(time) };
        self.timeline.step(Steps::Gc, begin, 1);
        self.gc.is_marking = true;
        let counted_from = begin.max(self.from);
        self.gc.mutators.open(counted_from);
        self.gc.assisting.open(counted_from);
        if self.gc.cycles.len() >= TRACE_GC_ROWS {
            self.gc.folded_cycles += 1;
            self.gc.cycles.pop();
        }
        let known = if is_begin { self.gc.last_heap } else { None };
        self.gc.cycles.push(GcCycle {
            begin: (is_begin && time >= self.from).then_some(time),
            goal: self.gc.last_goal.filter(|&goal| goal > 0),
            trigger: known,
            peak: known,
            ..GcCycle::default()
        });
    }

    /// The world is stopped, or runs again.
    pub(super) fn stop_the_world(&mut self, event: &Event, edge: Edge, kind: StrId, names: &Names) {
        let time = event.time;
        let go = event.go.map(|go| go.id);
        if edge == Edge::Begin {
            self.timeline.step(Steps::StopTheWorld, time, 1);
            if self.gc.open_pauses.len() >= OPEN_PAUSES {
                self.gc.open_pauses.remove(0);
            }
            let pause = Pause { kind, begin: time, end: None, go, stack: event.stack, last_to_stop: None };
            self.gc.open_pauses.push(pause);
            return;
        }
        let position = self.gc.open_pauses.iter().rposition(|pause| pause.go == go && pause.kind == kind);
        let Some(mut pause) = position.map(|at| self.gc.open_pauses.remove(at)) else { return };
        self.timeline.step(Steps::StopTheWorld, time, -1);
        pause.end = Some(time);
        if time < self.from {
            return;
        }
        let nanos = time.saturating_sub(pause.begin);
        let clipped = self.clip(pause.begin, time);
        if self.gc.pause_kinds.len() < TRACE_ANNOTATION_NAMES || self.gc.pause_kinds.contains_key(&kind) {
            self.gc.pause_kinds.entry(kind).or_default().add(clipped);
        }
        if let Some(last) = pause.last_to_stop {
            self.gc.stopping.add(last.after);
        }
        let kind = names.strings.get(kind);
        if let Some(row) = CYCLE_PAUSES.iter().position(|cycle| *cycle == kind)
            && let Some(sum) = self.gc.cycles.last_mut().and_then(|cycle| cycle.pauses.get_mut(row))
        {
            *sum = Some(sum.unwrap_or(0).saturating_add(nanos));
        }
        self.gc.keep_pause(pause);
    }

    /// A goroutine left its processor: if the world is to stop, it may be what it waited for.
    #[inline]
    pub(super) fn stopped(&mut self, event: &Event, change: &GoTransition) {
        if self.gc.open_pauses.is_empty() {
            return;
        }
        let group = self.live(change.go.slot).and_then(|live| live.group);
        for pause in &mut self.gc.open_pauses {
            let after = event.time.saturating_sub(pause.begin);
            let is_later = pause.last_to_stop.is_none_or(|last| last.after < after);
            if pause.go != Some(change.go.id) && event.time >= pause.begin && is_later {
                pause.last_to_stop = Some(LastToStop { go: change.go.id, group, stack: change.stack, after });
            }
        }
    }

    /// A goroutine begins or ends to help with marking.
    pub(super) fn mark_assist(&mut self, time: u64, edge: Edge, go: Option<GoRef>) {
        let start = self.generation_start;
        let Some(go) = go else { return };
        if edge == Edge::End {
            self.assist_ends(go.slot, time);
            return;
        }
        let Some(live) = self.live_mut(go.slot).filter(|live| live.assist.is_none()) else { return };
        let begin = if edge == Edge::Begin { time } else { start.min(time) };
        live.assist = Some(begin);
        let runs_since =
            (live.state == GoState::Running && live.gc_mode.is_none()).then_some(live.since.max(begin));
        self.timeline.step(Steps::Assists, begin, 1);
        if let Some(since) = runs_since {
            self.gc.assisting.starts(since);
        }
    }

    /// A goroutine's help with marking is over, if it did: it says so, or it or the window ends.
    pub(super) fn assist_ends(&mut self, slot: u32, time: u64) {
        let Some(live) = self.live_mut(slot) else { return };
        let Some(begin) = live.assist.take() else { return };
        let is_running = live.state == GoState::Running && live.gc_mode.is_none();
        if is_running {
            self.gc.assisting.stops(time);
        }
        self.timeline.step(Steps::Assists, time, -1);
        if time < self.from {
            return;
        }
        let nanos = self.clip(begin, time);
        self.gc.assists.add(nanos);
        let Some(live) = self.live_mut(slot) else { return };
        live.assist_nanos = live.assist_nanos.saturating_add(nanos);
        if let Some(group) = live.group.and_then(|group| self.groups.rows.get_mut(group)) {
            group.assist = group.assist.saturating_add(nanos);
        }
    }

    /// A processor begins or ends to sweep.
    pub(super) fn sweep(&mut self, time: u64, edge: Edge, proc: Option<ProcRef>, swept: u64, reclaimed: u64) {
        let Some(proc) = proc else { return };
        let open = self.gc.open_sweeps.iter().position(|&(id, _)| id == proc.id);
        match (edge, open) {
            (Edge::End, Some(at)) => {
                let (_, begin) = self.gc.open_sweeps.swap_remove(at);
                if time < self.from {
                    return;
                }
                let nanos = self.clip(begin, time);
                self.gc.sweeps.0.add(nanos);
                self.gc.sweeps.1 = self.gc.sweeps.1.saturating_add(swept);
                self.gc.sweeps.2 = self.gc.sweeps.2.saturating_add(reclaimed);
            }
            (Edge::Begin, None) => self.gc.open_sweeps.push((proc.id, time)),
            (Edge::Active, None) => self.gc.open_sweeps.push((proc.id, self.generation_start.min(time))),
            _ => {}
        }
    }

    /// The running goroutine is labelled: the runtime tells its GC workers' modes so.
    pub(super) fn label(&mut self, event: &Event, label: StrId, names: &Names) {
        self.annotations.label(label, self.is_inside(event.time));
        let label = names.strings.get(label);
        let mode = WORKER_LABELS.iter().position(|known| *known == label);
        let Some(go) = event.go else { return };
        let Some(live) = self.live(go.slot) else { return };
        if live.gc_mode == mode {
            return;
        }
        let (before, since) = (live.gc_mode, live.since);
        if live.state == GoState::Running {
            // The runtime labels a worker as it puts it on the processor: all of the run is that work.
            self.timeline.step(track(GoState::Running, before.is_some()), since, -1);
            self.timeline.step(track(GoState::Running, mode.is_some()), since, 1);
            match (before, mode) {
                (None, Some(_)) => self.stops_running(go.slot, since),
                (Some(_), None) => self.gc.mutators.starts(since),
                _ => {}
            }
        }
        if let Some(live) = self.live_mut(go.slot) {
            live.gc_mode = mode;
        }
        if let Some(proc) = event.proc.filter(|_| mode.is_some()) {
            self.procs.is_gc_work(proc);
        }
    }
}
