//! Gates and effects of goroutine events.

use super::state::{Goroutine, ProcStatus};
use super::{Context, Order, Step};
use crate::base::intern::{StrId, StringTable};
use crate::evidence::trace::event::{EventKind, EventSink, GoCause, GoRef, GoState, GoTransition, ProcState};
use crate::evidence::trace::names::{Names, StackRef};
use crate::formats::go_trace::framing::NO_THREAD;
use crate::formats::go_trace::wire::ev;

/// What a transition says beside the goroutine and its new state.
#[derive(Clone, Copy, Debug)]
struct Change {
    from: GoState,
    to: GoState,
    cause: GoCause,
    reason: StrId,
    /// Stack of the goroutine that changes.
    stack: StackRef,
    /// Stack of the goroutine that runs where the event was written.
    context_stack: StackRef,
}

impl Change {
    const fn new(from: GoState, to: GoState, cause: GoCause) -> Self {
        let none = Names::NO_STACK;
        Self { from, to, cause, reason: StringTable::EMPTY, stack: none, context_stack: none }
    }
}

impl Order {
    /// A runnable goroutine is put on the thread's processor.
    #[inline]
    pub(super) fn go_start<S: EventSink>(&mut self, step: &Step<'_>, context: Context, sink: &mut S) -> bool {
        let [id, number, ..] = step.raw.args;
        let Some(go) = self.gate(step, id, number, GoState::Runnable) else { return false };
        let Some(go) = go.or_else(|| self.add_go(id, GoState::Runnable)) else { return true };
        let from = self.enter(go, GoState::Running, number);
        if let Some(thread) = step.thread {
            self.scheduler.unbind_go(go);
            self.scheduler.bind_go(thread, go);
        }
        self.emit_go(step, context, go, Change::new(from, GoState::Running, GoCause::Start), sink);
        true
    }

    /// A waiting goroutine is woken by whatever runs on the thread.
    #[inline]
    pub(super) fn go_unblock<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, number, waker, _] = step.raw.args;
        let Some(go) = self.gate(step, id, number, GoState::Waiting) else { return false };
        let Some(go) = go.or_else(|| self.add_go(id, GoState::Waiting)) else { return true };
        let from = self.enter(go, GoState::Runnable, number);
        let context_stack = self.stack(step, waker);
        let change = Change { context_stack, ..Change::new(from, GoState::Runnable, GoCause::Unblock) };
        self.emit_go(step, context, go, change, sink);
        true
    }

    /// The running goroutine yields, blocks or ends.
    #[inline]
    pub(super) fn go_stop<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        cause: GoCause,
        sink: &mut S,
    ) -> bool {
        let Some(go) = self.current(context) else { return self.drop_unplaced() };
        let [reason, stack, ..] = step.raw.args;
        let to = match cause {
            GoCause::Stop => GoState::Runnable,
            GoCause::Block => GoState::Waiting,
            _ => GoState::NotExist,
        };
        let mut change = Change::new(GoState::Running, to, cause);
        if to != GoState::NotExist {
            change.reason = self.string(step, reason);
            change.stack = self.stack(step, stack);
            change.context_stack = change.stack;
        }
        change.from = self.leave_thread(go, to);
        self.emit_go(step, context, go, change, sink);
        if to == GoState::NotExist {
            self.scheduler.remove_go(go);
        }
        true
    }

    /// A goroutine is made, runnable or (a coroutine) waiting.
    pub(super) fn go_create<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, start, creator, _] = step.raw.args;
        let is_blocked = step.raw.kind == ev::GO_CREATE_BLOCKED;
        let state = if is_blocked { GoState::Waiting } else { GoState::Runnable };
        let Some(go) = self.add_go(id, state) else { return true };
        let change = Change {
            stack: self.stack(step, start),
            context_stack: self.stack(step, creator),
            ..Change::new(GoState::NotExist, state, GoCause::Create)
        };
        self.emit_go(step, context, go, change, sink);
        true
    }

    /// A C thread calls into Go: its goroutine appears, in a system call.
    pub(super) fn go_create_syscall<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, ..] = step.raw.args;
        let Some(go) = self.add_go(id, GoState::Syscall) else { return true };
        if let Some(thread) = step.thread {
            self.scheduler.bind_go(thread, go);
        }
        let change = Change::new(GoState::NotExist, GoState::Syscall, GoCause::CreateSyscall);
        self.emit_go(step, context, go, change, sink);
        true
    }

    /// The goroutine of a C thread goes back to C. Its processor, if it still
    /// has one, is lost with it: the thread's number may be used again.
    pub(super) fn go_destroy_syscall<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let Some(go) = self.current(context) else { return self.drop_unplaced() };
        if let Some(proc) = context.proc {
            self.scheduler.unbind_proc(proc);
            if let Some(row) = self.scheduler.proc_mut(proc) {
                row.status = ProcStatus::SyscallAbandoned;
            }
            self.emit_proc(step, context, proc, ProcState::Running, ProcState::Idle, true, sink);
        }
        let from = self.leave_thread(go, GoState::NotExist);
        let change = Change::new(from, GoState::NotExist, GoCause::DestroySyscall);
        self.emit_go(step, context, go, change, sink);
        self.scheduler.remove_go(go);
        true
    }

    /// The running goroutine enters a system call, and keeps its processor for now.
    pub(super) fn go_syscall_begin<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let Some(go) = self.current(context) else { return self.drop_unplaced() };
        let [number, stack, ..] = step.raw.args;
        let sequence = self.sequence(number);
        if let Some(row) = context.proc.and_then(|proc| self.scheduler.proc_mut(proc)) {
            row.status = ProcStatus::Syscall;
            // The number ties a later steal to this very call.
            row.sequence = sequence;
        }
        let stack = self.stack(step, stack);
        let from = self.set_state(go, GoState::Syscall);
        let change = Change {
            stack,
            context_stack: stack,
            ..Change::new(from, GoState::Syscall, GoCause::SyscallBegin)
        };
        self.emit_go(step, context, go, change, sink);
        true
    }

    /// It comes back, and has its processor still.
    pub(super) fn go_syscall_end<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let Some(go) = self.current(context) else { return self.drop_unplaced() };
        if let Some(row) = context.proc.and_then(|proc| self.scheduler.proc_mut(proc)) {
            row.status = ProcStatus::Running;
        }
        let from = self.set_state(go, GoState::Running);
        self.emit_go(step, context, go, Change::new(from, GoState::Running, GoCause::SyscallEnd), sink);
        true
    }

    /// It comes back, and its processor was taken: it waits until the trace
    /// has shown how.
    pub(super) fn go_syscall_end_blocked<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let status = context.proc.and_then(|proc| self.scheduler.proc(proc)).map(|row| row.status);
        if status == Some(ProcStatus::Syscall) && !step.is_forced {
            return false;
        }
        let Some(go) = self.current(context) else { return self.drop_unplaced() };
        let from = self.leave_thread(go, GoState::Runnable);
        let change = Change::new(from, GoState::Runnable, GoCause::SyscallEndBlocked);
        self.emit_go(step, context, go, change, sink);
        true
    }

    /// The running goroutine hands its thread over to a waiting one (a coroutine).
    pub(super) fn go_switch<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, number, ..] = step.raw.args;
        let Some(next) = self.gate(step, id, number, GoState::Waiting) else { return false };
        let Some(next) = next.or_else(|| self.add_go(id, GoState::Waiting)) else { return true };
        let woken = self.enter(next, GoState::Runnable, number);
        let change = Change::new(woken, GoState::Runnable, GoCause::SwitchUnblock);
        self.emit_go(step, context, next, change, sink);
        if let Some(go) = self.current(context) {
            let is_end = step.raw.kind == ev::GO_SWITCH_DESTROY;
            let (to, cause) = if is_end {
                (GoState::NotExist, GoCause::SwitchDestroy)
            } else {
                (GoState::Waiting, GoCause::SwitchBlock)
            };
            let from = self.leave_thread(go, to);
            self.emit_go(step, context, go, Change::new(from, to, cause), sink);
            if is_end {
                self.scheduler.remove_go(go);
            }
        }
        let from = self.enter(next, GoState::Running, number);
        if let Some(thread) = step.thread {
            self.scheduler.unbind_go(next);
            self.scheduler.bind_go(thread, next);
        }
        let context = Context { go: None, ..context };
        self.emit_go(step, context, next, Change::new(from, GoState::Running, GoCause::SwitchStart), sink);
        true
    }

    /// The runtime states a goroutine's status, before its first event of a
    /// generation, or at the generation's end if it has none.
    pub(super) fn go_status<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, thread_id, status, stack] = step.raw.args;
        let state = match status {
            1 => GoState::Runnable,
            2 => GoState::Running,
            3 => GoState::Syscall,
            4 => GoState::Waiting,
            _ => return self.drop_unplaced(),
        };
        let stack = self.stack(step, stack);
        let (go, from, cause) = match self.scheduler.find_go(id) {
            Some(go) => {
                let old = self.enter(go, state, 0);
                self.tally.conflicts += u64::from(old != state);
                (go, old, if old == state { GoCause::Status } else { GoCause::Correction })
            }
            None => match self.add_go(id, state) {
                Some(go) => (go, GoState::Undetermined, GoCause::Status),
                None => return true,
            },
        };
        let context = self.bind_by_status(step, context, go, state, thread_id);
        let change = Change { stack, context_stack: stack, ..Change::new(from, state, cause) };
        self.emit_go(step, context, go, change, sink);
        true
    }

    /// Ties a goroutine to the thread that its status names; the context in which the status counts.
    fn bind_by_status(
        &mut self,
        step: &Step<'_>,
        context: Context,
        go: GoRef,
        state: GoState,
        thread_id: u64,
    ) -> Context {
        let own = context.thread.filter(|_| state == GoState::Running || context.thread == Some(thread_id));
        match state {
            GoState::Running | GoState::Syscall if own.is_some() => {
                if let Some(thread) = step.thread.filter(|_| context.go != Some(go)) {
                    self.scheduler.unbind_go(go);
                    self.scheduler.bind_go(thread, go);
                }
                context
            }
            // It sits in a system call on another thread, with no processor:
            // the runtime takes those away before each generation.
            GoState::Syscall if thread_id != NO_THREAD => {
                let was_known = self.scheduler.find_thread(thread_id).is_some();
                if let Some(thread) = self.thread_row(thread_id) {
                    self.scheduler.unbind_go(go);
                    self.scheduler.bind_go(thread, go);
                }
                let seen = was_known.then_some(go);
                Context { thread: Some(thread_id), go: seen.or(context.go), ..context }
            }
            GoState::Running | GoState::Syscall => context,
            _ => {
                self.scheduler.unbind_go(go);
                context
            }
        }
    }

    /// The goroutine `id` if it is in `state` and this is its next event: the
    /// outer `None` means wait, the inner one that it is unknown and forced.
    #[inline]
    #[expect(clippy::option_option, reason = "wait, unknown and found are three answers")]
    fn gate(&self, step: &Step<'_>, id: u64, number: u64, state: GoState) -> Option<Option<GoRef>> {
        let found = self.scheduler.find_go(id);
        let row = found.and_then(|go| self.scheduler.go(go));
        let sequence = self.sequence(number);
        let is_open = row.is_some_and(|row| row.state == state && sequence.follows(row.sequence));
        (is_open || step.is_forced).then_some(found)
    }

    /// Sets state and place in the order; the state before.
    #[inline]
    fn enter(&mut self, go: GoRef, to: GoState, number: u64) -> GoState {
        let sequence = self.sequence(number);
        match self.scheduler.go_mut(go) {
            Some(row) => {
                row.sequence = sequence;
                std::mem::replace(&mut row.state, to)
            }
            None => GoState::Undetermined,
        }
    }

    /// Sets the state alone; the state before.
    #[inline]
    fn set_state(&mut self, go: GoRef, to: GoState) -> GoState {
        self.scheduler.go_mut(go).map_or(GoState::Undetermined, |row| std::mem::replace(&mut row.state, to))
    }

    /// Takes a goroutine off its thread; the state before.
    #[inline]
    fn leave_thread(&mut self, go: GoRef, to: GoState) -> GoState {
        self.scheduler.unbind_go(go);
        self.set_state(go, to)
    }

    /// The goroutine that runs where the event was written, if it still lives.
    #[inline]
    fn current(&self, context: Context) -> Option<GoRef> {
        context.go.filter(|&go| self.scheduler.go(go).is_some())
    }

    /// Adds a goroutine in a state, at the start of its order.
    fn add_go(&mut self, id: u64, state: GoState) -> Option<GoRef> {
        if let Some(old) = self.scheduler.find_go(id) {
            // Numbers are not used twice; only damage makes two of one.
            self.tally.conflicts += 1;
            self.scheduler.unbind_go(old);
            self.scheduler.remove_go(old);
        }
        let sequence = self.sequence(0);
        let row = Goroutine { id, state, sequence, thread: None, stops_world_for: None };
        let added = self.scheduler.add_go(row);
        self.tally.over_limit += u64::from(added.is_none());
        added
    }

    #[inline]
    fn emit_go<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        go: GoRef,
        change: Change,
        sink: &mut S,
    ) {
        let Change { from, to, cause, reason, stack, context_stack } = change;
        let kind = EventKind::Go(GoTransition { go, from, to, cause, reason, stack });
        self.emit(step, context, context_stack, kind, sink);
    }
}
