//! The true order of events: batches of one thread are in order, batches of
//! different threads are not. Each event has a gate that says whether it can
//! be the next; the caller tries threads by time until one opens.
//!
//! The gates are those of `internal/trace/order.go`; its validations are not
//! here. What contradicts the order so far is believed where the runtime
//! restates it (statuses), and counted.

mod goroutines;
mod procs;
mod ranges;
mod state;

use super::tables::Tables;
use super::wire::{RawEvent, ev};
use crate::base::intern::{StrId, StringTable};
use crate::evidence::trace::event::{
    Event, EventKind, EventSink, GoCause, GoRef, GoState, GoTransition, ProcRef,
};
use crate::evidence::trace::names::{Names, StackRef};
use state::{Scheduler, Sequence};

/// What did not go by the rules, for the notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Events handed to the sink.
    pub emitted: u64,
    /// Events that no gate let through when nothing else was left.
    pub forced: u64,
    /// Statuses that contradict what the events before them led to.
    pub conflicts: u64,
    /// Events that say nothing without a goroutine or processor, which the thread lacks.
    pub unplaced: u64,
    /// Events that need a processor, on a thread without one.
    pub without_proc: u64,
    /// Strings and stacks that the generation's tables lack.
    pub missing_names: u64,
    /// Goroutines, processors and threads beyond the ceilings.
    pub over_limit: u64,
}

/// One try to let an event be the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    /// The event.
    pub raw: &'a RawEvent,
    /// Its time, in nanoseconds since the trace's first batch.
    pub time: u64,
    /// Row of the thread that wrote it; `None` for no thread.
    pub thread: Option<u32>,
    /// Names of its generation.
    pub tables: &'a Tables,
    /// Names of the trace.
    pub names: &'a Names,
    /// Let it through whatever its gate says.
    pub is_forced: bool,
}

/// Where an event happens.
#[derive(Clone, Copy, Debug)]
struct Context {
    thread: Option<u64>,
    proc: Option<ProcRef>,
    go: Option<GoRef>,
}

/// The state of the order.
#[derive(Debug, Default)]
pub(super) struct Order {
    scheduler: Scheduler,
    generation: u64,
    is_first_generation: bool,
    /// Damage came before: what is restated counts as new, what is not is gone.
    is_after_damage: bool,
    /// Number of the last GC event.
    gc_sequence: Option<u64>,
    /// What did not go by the rules, since the trace began.
    pub(super) tally: Tally,
}

impl Order {
    /// A generation begins. `is_first` if nothing is known before it.
    pub(super) fn begin_generation(&mut self, number: u64, is_first: bool) {
        self.generation = number;
        self.is_first_generation = is_first;
    }

    /// A generation is over. Goroutines that a whole generation after damage
    /// does not mention are gone: the runtime mentions every live one.
    pub(super) fn end_generation<S: EventSink>(
        &mut self,
        is_whole: bool,
        time: u64,
        names: &Names,
        sink: &mut S,
    ) {
        if !is_whole {
            self.is_after_damage = true;
            self.gc_sequence = None;
            return;
        }
        if !self.is_after_damage {
            return;
        }
        self.is_after_damage = false;
        let nobody = Context { thread: None, proc: None, go: None };
        for go in self.scheduler.silent_since(self.generation) {
            let from = self.scheduler.go(go).map_or(GoState::Undetermined, |row| row.state);
            self.scheduler.unbind_go(go);
            let change = GoTransition {
                go,
                from,
                to: GoState::NotExist,
                cause: GoCause::Vanish,
                reason: StringTable::EMPTY,
                stack: Names::NO_STACK,
            };
            let event = event_at(time, nobody, Names::NO_STACK, EventKind::Go(change));
            sink.event(&event, names);
            self.scheduler.remove_go(go);
        }
    }

    /// The row of a thread, for [`Step::thread`].
    pub(super) fn thread_row(&mut self, id: u64) -> Option<u32> {
        let row = self.scheduler.thread_row(id);
        self.tally.over_limit += u64::from(row.is_none());
        row
    }

    /// The live goroutine with this id.
    pub(super) fn find_go(&self, id: u64) -> Option<GoRef> {
        self.scheduler.find_go(id)
    }

    /// The processor with this id.
    pub(super) fn find_proc(&self, id: u64) -> Option<ProcRef> {
        self.scheduler.find_proc(id)
    }

    /// Lets the event be the next if its gate is open: the state moves on and
    /// the sink gets it. False, and nothing changed, if it must wait.
    #[inline]
    pub(super) fn advance<S: EventSink>(&mut self, step: &Step<'_>, sink: &mut S) -> bool {
        let context = self.context(step.thread);
        if context.proc.is_none() && needs_processor(step.raw.kind) {
            return self.advance_without_processor(step, context, sink);
        }
        self.advance_in(step, context, sink)
    }

    /// An event of a thread that would need a processor, and has none. Go's reader stops there. A system
    /// call cannot end so; other events say enough of their goroutine to go on with it.
    #[cold]
    fn advance_without_processor<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let is_done = step.raw.kind == ev::GO_SYSCALL_END || self.advance_in(step, context, sink);
        self.tally.without_proc += u64::from(is_done);
        is_done
    }

    #[inline]
    fn advance_in<S: EventSink>(&mut self, step: &Step<'_>, context: Context, sink: &mut S) -> bool {
        match step.raw.kind {
            ev::GO_START => self.go_start(step, context, sink),
            ev::GO_UNBLOCK => self.go_unblock(step, context, sink),
            ev::GO_STOP => self.go_stop(step, context, GoCause::Stop, sink),
            ev::GO_BLOCK => self.go_stop(step, context, GoCause::Block, sink),
            ev::GO_DESTROY => self.go_stop(step, context, GoCause::Destroy, sink),
            ev::GO_CREATE | ev::GO_CREATE_BLOCKED => self.go_create(step, context, sink),
            ev::GO_CREATE_SYSCALL => self.go_create_syscall(step, context, sink),
            ev::GO_DESTROY_SYSCALL => self.go_destroy_syscall(step, context, sink),
            ev::GO_SYSCALL_BEGIN => self.go_syscall_begin(step, context, sink),
            ev::GO_SYSCALL_END => self.go_syscall_end(step, context, sink),
            ev::GO_SYSCALL_END_BLOCKED => self.go_syscall_end_blocked(step, context, sink),
            ev::GO_STATUS | ev::GO_STATUS_STACK => self.go_status(step, context, sink),
            ev::GO_SWITCH | ev::GO_SWITCH_DESTROY => self.go_switch(step, context, sink),
            ev::PROC_START => self.proc_start(step, context, sink),
            ev::PROC_STOP => self.proc_stop(step, context, sink),
            ev::PROC_STEAL => self.proc_steal(step, context, sink),
            ev::PROC_STATUS => self.proc_status(step, context, sink),
            ev::GC_ACTIVE | ev::GC_BEGIN | ev::GC_END => self.gc(step, context, sink),
            _ => self.ungated(step, context, sink),
        }
    }

    fn context(&self, thread: Option<u32>) -> Context {
        match thread.and_then(|row| self.scheduler.thread(row)) {
            Some(row) => Context { thread: Some(row.id), proc: row.proc, go: row.go },
            None => Context { thread: None, proc: None, go: None },
        }
    }

    fn sequence(&self, number: u64) -> Sequence {
        Sequence::new(self.generation, number)
    }

    fn emit<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        stack: StackRef,
        kind: EventKind,
        sink: &mut S,
    ) {
        self.tally.emitted += 1;
        sink.event(&event_at(step.time, context, stack, kind), step.names);
    }

    /// Drops an event that has no meaning without what its thread lacks.
    fn drop_unplaced(&mut self) -> bool {
        self.tally.unplaced += 1;
        true
    }

    #[inline]
    fn string(&mut self, step: &Step<'_>, id: u64) -> StrId {
        step.tables.string(id).unwrap_or_else(|| {
            self.tally.missing_names += 1;
            StringTable::EMPTY
        })
    }

    #[inline]
    fn stack(&mut self, step: &Step<'_>, id: u64) -> StackRef {
        step.tables.stack(id).unwrap_or_else(|| {
            self.tally.missing_names += 1;
            Names::NO_STACK
        })
    }
}

/// True for events that only a thread with a processor can write.
/// Source: the `schedReqs` of `internal/trace/order.go`.
#[inline]
const fn needs_processor(kind: u8) -> bool {
    matches!(
        kind,
        ev::GO_START
            | ev::GO_STOP
            | ev::GO_BLOCK
            | ev::GO_DESTROY
            | ev::GO_CREATE
            | ev::GO_CREATE_BLOCKED
            | ev::GO_SYSCALL_BEGIN
            | ev::GO_SYSCALL_END
            | ev::GO_SWITCH
            | ev::GO_SWITCH_DESTROY
            | ev::PROC_STOP
    )
}

fn event_at(time: u64, context: Context, stack: StackRef, kind: EventKind) -> Event {
    Event { time, thread: context.thread, proc: context.proc, go: context.go, stack, kind }
}
