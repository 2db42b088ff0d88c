//! Events beside goroutine and processor states: GC, pauses, metrics, annotations.

use super::{Context, Order, Step};
use crate::base::intern::StringTable;
use crate::evidence::trace::event::{Edge, EventKind, EventSink};
use crate::evidence::trace::names::{Names, StackRef};
use crate::formats::go_trace::wire::ev;

impl Order {
    /// The mark phase: one number counts its begins, ends and restatements.
    pub(super) fn gc<S: EventSink>(&mut self, step: &Step<'_>, context: Context, sink: &mut S) -> bool {
        let [sequence, stack, ..] = step.raw.args;
        let is_next = self.gc_sequence.is_some_and(|last| sequence == last.wrapping_add(1));
        let is_open = match step.raw.kind {
            ev::GC_ACTIVE => is_next || self.is_first_generation || self.gc_sequence.is_none(),
            ev::GC_BEGIN => is_next || self.gc_sequence.is_none(),
            // Without a beginning in sight, only damage explains an end.
            _ => is_next || (self.gc_sequence.is_none() && self.is_after_damage),
        };
        if !is_open && !step.is_forced {
            return false;
        }
        self.gc_sequence = Some(sequence);
        let (edge, stack) = match step.raw.kind {
            ev::GC_ACTIVE => (Edge::Active, Names::NO_STACK),
            ev::GC_BEGIN => (Edge::Begin, self.stack(step, stack)),
            _ => (Edge::End, Names::NO_STACK),
        };
        self.emit(step, context, stack, EventKind::Gc(edge), sink);
        true
    }

    /// Events that never wait.
    pub(super) fn ungated<S: EventSink>(&mut self, step: &Step<'_>, context: Context, sink: &mut S) -> bool {
        let [a, b, c, d] = step.raw.args;
        let none = Names::NO_STACK;
        let (stack, kind): (StackRef, EventKind) = match step.raw.kind {
            ev::PROCS_CHANGE => (self.stack(step, b), EventKind::ProcsChange(a)),
            ev::HEAP_ALLOC => (none, EventKind::HeapAlloc(a)),
            ev::HEAP_GOAL => (none, EventKind::HeapGoal(a)),
            ev::STW_BEGIN | ev::STW_END => return self.stop_the_world(step, context, sink),
            ev::GC_SWEEP_ACTIVE => {
                let proc = self.scheduler.find_proc(a);
                (none, EventKind::Sweep { edge: Edge::Active, proc, swept: 0, reclaimed: 0 })
            }
            ev::GC_SWEEP_BEGIN => {
                let kind = EventKind::Sweep { edge: Edge::Begin, proc: context.proc, swept: 0, reclaimed: 0 };
                (self.stack(step, a), kind)
            }
            ev::GC_SWEEP_END => {
                (none, EventKind::Sweep { edge: Edge::End, proc: context.proc, swept: a, reclaimed: b })
            }
            ev::GC_MARK_ASSIST_ACTIVE => {
                (none, EventKind::MarkAssist(Edge::Active, self.scheduler.find_go(a)))
            }
            ev::GC_MARK_ASSIST_BEGIN => (self.stack(step, a), EventKind::MarkAssist(Edge::Begin, context.go)),
            ev::GC_MARK_ASSIST_END => (none, EventKind::MarkAssist(Edge::End, context.go)),
            ev::GO_LABEL => (none, EventKind::GoLabel(self.string(step, a))),
            ev::USER_TASK_BEGIN => (self.stack(step, d), EventKind::TaskBegin(a, b, self.string(step, c))),
            ev::USER_TASK_END => (self.stack(step, b), EventKind::TaskEnd(a)),
            ev::USER_REGION_BEGIN => (self.stack(step, c), EventKind::RegionBegin(a, self.string(step, b))),
            ev::USER_REGION_END => (self.stack(step, c), EventKind::RegionEnd(a, self.string(step, b))),
            ev::USER_LOG => {
                let (key, value) = (self.string(step, b), self.string(step, c));
                (self.stack(step, d), EventKind::Log(a, key, value))
            }
            experimental => (none, EventKind::Experimental(experimental)),
        };
        self.emit(step, context, stack, kind, sink);
        true
    }

    fn stop_the_world<S: EventSink>(&mut self, step: &Step<'_>, context: Context, sink: &mut S) -> bool {
        let [kind, stack, ..] = step.raw.args;
        let row = context.go.and_then(|go| self.scheduler.go(go));
        if step.raw.kind == ev::STW_END {
            let kind = row.and_then(|row| row.stops_world_for).unwrap_or(StringTable::EMPTY);
            if let Some(row) = context.go.and_then(|go| self.scheduler.go_mut(go)) {
                row.stops_world_for = None;
            }
            self.emit(step, context, Names::NO_STACK, EventKind::StopTheWorld(Edge::End, kind), sink);
            return true;
        }
        let kind = self.string(step, kind);
        if let Some(row) = context.go.and_then(|go| self.scheduler.go_mut(go)) {
            row.stops_world_for = Some(kind);
        }
        let stack = self.stack(step, stack);
        self.emit(step, context, stack, EventKind::StopTheWorld(Edge::Begin, kind), sink);
        true
    }
}
