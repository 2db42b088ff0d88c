//! Gates and effects of processor events.

use super::state::{Proc, ProcStatus};
use super::{Context, Order, Step};
use crate::evidence::trace::event::{EventKind, EventSink, ProcRef, ProcState, ProcTransition};
use crate::evidence::trace::names::Names;

impl Order {
    /// A thread takes an idle processor.
    pub(super) fn proc_start<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, number, ..] = step.raw.args;
        let sequence = self.sequence(number);
        let found = self.scheduler.find_proc(id);
        let row = found.and_then(|proc| self.scheduler.proc(proc));
        let is_open = row.is_some_and(|row| {
            row.status == ProcStatus::Idle && sequence.follows(row.sequence) && context.proc.is_none()
        });
        if !is_open && !step.is_forced {
            return false;
        }
        let Some(proc) = found.or_else(|| self.add_proc(id, ProcStatus::Idle)) else { return true };
        let Some(thread) = step.thread else { return self.drop_unplaced() };
        if let Some(old) = context.proc {
            self.scheduler.unbind_proc(old);
        }
        self.scheduler.bind_proc(thread, proc);
        if let Some(row) = self.scheduler.proc_mut(proc) {
            row.status = ProcStatus::Running;
            row.sequence = sequence;
        }
        self.emit_proc(step, context, proc, ProcState::Idle, ProcState::Running, false, sink);
        true
    }

    /// A thread drops its processor.
    pub(super) fn proc_stop<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let Some(proc) = context.proc else { return self.drop_unplaced() };
        self.scheduler.unbind_proc(proc);
        if let Some(row) = self.scheduler.proc_mut(proc) {
            row.status = ProcStatus::Idle;
        }
        self.emit_proc(step, context, proc, ProcState::Running, ProcState::Idle, false, sink);
        true
    }

    /// A thread takes the processor of a system call away from another (or from itself).
    pub(super) fn proc_steal<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, number, ..] = step.raw.args;
        let sequence = self.sequence(number);
        let found = self.scheduler.find_proc(id);
        let row = found.and_then(|proc| self.scheduler.proc(proc));
        let is_open = row.is_some_and(|row| {
            matches!(row.status, ProcStatus::Syscall | ProcStatus::SyscallAbandoned)
                && sequence.follows(row.sequence)
        });
        if !is_open && !step.is_forced {
            return false;
        }
        // Sight of the thread was lost, so the processor already counts as idle.
        let was_abandoned = row.is_some_and(|row| row.status == ProcStatus::SyscallAbandoned);
        let Some(proc) = found.or_else(|| self.add_proc(id, ProcStatus::Idle)) else { return true };
        if !was_abandoned {
            // Nothing ties the processor to its thread any more, which lets
            // that thread's GoSyscallEndBlocked go on.
            self.scheduler.unbind_proc(proc);
        }
        if let Some(row) = self.scheduler.proc_mut(proc) {
            row.status = ProcStatus::Idle;
            row.sequence = sequence;
        }
        let from = if was_abandoned { ProcState::Idle } else { ProcState::Running };
        self.emit_proc(step, context, proc, from, ProcState::Idle, true, sink);
        true
    }

    /// The runtime states a processor's status, before its first event of a generation.
    pub(super) fn proc_status<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        sink: &mut S,
    ) -> bool {
        let [id, status, ..] = step.raw.args;
        let Some(status) = ProcStatus::from_wire(status) else { return self.drop_unplaced() };
        let sequence = self.sequence(0);
        let Some(proc) = self.scheduler.find_proc(id) else {
            let Some(proc) = self.add_proc(id, status) else { return true };
            let from = if self.is_first_generation { ProcState::Undetermined } else { ProcState::NotExist };
            self.bind_proc_by_status(step, proc, status);
            self.emit_proc(step, context, proc, from, status.state(), false, sink);
            return true;
        };
        let old = self.scheduler.proc(proc).map_or(status, |row| row.status);
        let is_known_syscall = status == ProcStatus::SyscallAbandoned && old == ProcStatus::Syscall;
        if let Some(row) = self.scheduler.proc_mut(proc) {
            row.sequence = sequence;
            // "Abandoned" says less than what is known: the thread that has it.
            if !is_known_syscall {
                row.status = status;
            }
        }
        if is_known_syscall {
            let holder = self.holder(proc).unwrap_or(context);
            self.emit_proc(step, holder, proc, ProcState::Running, ProcState::Running, false, sink);
            return true;
        }
        self.tally.conflicts += u64::from(old != status);
        if old != status {
            self.scheduler.unbind_proc(proc);
        }
        self.bind_proc_by_status(step, proc, status);
        let from = if old == status { status.state() } else { old.state() };
        self.emit_proc(step, context, proc, from, status.state(), false, sink);
        true
    }

    fn bind_proc_by_status(&mut self, step: &Step<'_>, proc: ProcRef, status: ProcStatus) {
        if matches!(status, ProcStatus::Running | ProcStatus::Syscall)
            && let Some(thread) = step.thread
        {
            self.scheduler.bind_proc(thread, proc);
        }
    }

    fn holder(&self, proc: ProcRef) -> Option<Context> {
        self.scheduler.proc(proc)?.thread.map(|row| self.context(Some(row)))
    }

    pub(super) fn add_proc(&mut self, id: u64, status: ProcStatus) -> Option<ProcRef> {
        let row = Proc { status, sequence: self.sequence(0), thread: None };
        let added = self.scheduler.add_proc(id, row);
        self.tally.over_limit += u64::from(added.is_none());
        added
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one event")]
    pub(super) fn emit_proc<S: EventSink>(
        &mut self,
        step: &Step<'_>,
        context: Context,
        proc: ProcRef,
        from: ProcState,
        to: ProcState,
        is_steal: bool,
        sink: &mut S,
    ) {
        let kind = EventKind::Proc(ProcTransition { proc, from, to, is_steal });
        self.emit(step, context, Names::NO_STACK, kind, sink);
    }
}
