//! What the scheduler looked like at a point of the trace: goroutines (G),
//! processors (P), threads (M), and which holds which.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::base::convert::{id_to_usize, to_u32};
use crate::base::intern::StrId;
use crate::base::limits::{TRACE_LIVE_GOROUTINES, TRACE_PROCS, TRACE_THREADS};
use crate::evidence::trace::event::{GoRef, GoState, ProcRef, ProcState};

/// A position in the order of one goroutine's or processor's events. The
/// runtime counts from 0 again in each generation, at the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    generation: u64,
    number: u64,
}

impl Sequence {
    pub(super) const fn new(generation: u64, number: u64) -> Self {
        Self { generation, number }
    }

    /// True if `self` is the very next after `before`.
    pub(super) const fn follows(self, before: Self) -> bool {
        self.generation == before.generation && self.number == before.number.wrapping_add(1)
    }

    pub(super) const fn generation(self) -> u64 {
        self.generation
    }
}

/// A live goroutine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goroutine {
    pub id: u64,
    pub state: GoState,
    pub sequence: Sequence,
    /// The thread that it runs on or makes its system call on.
    pub thread: Option<u32>,
    /// The kind of work for which it stopped the world, while it does.
    pub stops_world_for: Option<StrId>,
}

/// What the wire says of a processor; finer than [`ProcState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProcStatus {
    Running,
    Idle,
    Syscall,
    /// In a system call, and the trace lost sight of the thread.
    SyscallAbandoned,
}

impl ProcStatus {
    pub(super) const fn from_wire(status: u64) -> Option<Self> {
        match status {
            1 => Some(Self::Running),
            2 => Some(Self::Idle),
            3 => Some(Self::Syscall),
            4 => Some(Self::SyscallAbandoned),
            _ => None,
        }
    }

    pub(super) const fn state(self) -> ProcState {
        match self {
            Self::Running | Self::Syscall => ProcState::Running,
            Self::Idle | Self::SyscallAbandoned => ProcState::Idle,
        }
    }
}

/// A processor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proc {
    pub status: ProcStatus,
    pub sequence: Sequence,
    /// The thread that holds it.
    pub thread: Option<u32>,
}

/// A thread, and what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thread {
    pub id: u64,
    pub go: Option<GoRef>,
    pub proc: Option<ProcRef>,
}

/// Everything at one point of the order.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    goroutines: Vec<Option<Goroutine>>,
    free: Vec<u32>,
    go_by_id: HashMap<u64, u32, FxBuildHasher>,
    procs: Vec<Proc>,
    proc_by_id: HashMap<u64, u32, FxBuildHasher>,
    threads: Vec<Thread>,
    thread_by_id: HashMap<u64, u32, FxBuildHasher>,
}

impl Scheduler {
    /// The live goroutine with this id.
    #[inline]
    pub(super) fn find_go(&self, id: u64) -> Option<GoRef> {
        self.go_by_id.get(&id).map(|&slot| GoRef { slot, id })
    }

    /// The goroutine, if it still lives.
    #[inline]
    pub(super) fn go(&self, go: GoRef) -> Option<&Goroutine> {
        self.goroutines.get(id_to_usize(go.slot))?.as_ref().filter(|row| row.id == go.id)
    }

    /// The goroutine for writing, if it still lives.
    #[inline]
    pub(super) fn go_mut(&mut self, go: GoRef) -> Option<&mut Goroutine> {
        self.goroutines.get_mut(id_to_usize(go.slot))?.as_mut().filter(|row| row.id == go.id)
    }

    /// Adds a goroutine; `None` if there are too many.
    pub(super) fn add_go(&mut self, row: Goroutine) -> Option<GoRef> {
        let id = row.id;
        let slot = match self.free.pop() {
            Some(slot) => {
                *self.goroutines.get_mut(id_to_usize(slot))? = Some(row);
                slot
            }
            None if self.goroutines.len() < TRACE_LIVE_GOROUTINES => {
                self.goroutines.push(Some(row));
                to_u32(self.goroutines.len() - 1)
            }
            None => return None,
        };
        self.go_by_id.insert(id, slot);
        Some(GoRef { slot, id })
    }

    /// Forgets a goroutine; its slot will be used again.
    pub(super) fn remove_go(&mut self, go: GoRef) {
        if self.go(go).is_none() {
            return;
        }
        self.go_by_id.remove(&go.id);
        if let Some(row) = self.goroutines.get_mut(id_to_usize(go.slot)) {
            *row = None;
            self.free.push(go.slot);
        }
    }

    /// Live goroutines whose last word is from before `generation`.
    pub(super) fn silent_since(&self, generation: u64) -> Vec<GoRef> {
        let rows = self.goroutines.iter().enumerate();
        rows.filter_map(|(slot, row)| {
            let row = row.as_ref().filter(|row| row.sequence.generation() != generation)?;
            Some(GoRef { slot: to_u32(slot), id: row.id })
        })
        .collect()
    }

    /// The processor with this id.
    #[inline]
    pub(super) fn find_proc(&self, id: u64) -> Option<ProcRef> {
        self.proc_by_id.get(&id).map(|&slot| ProcRef { slot, id })
    }

    /// The processor.
    #[inline]
    pub(super) fn proc(&self, proc: ProcRef) -> Option<&Proc> {
        self.procs.get(id_to_usize(proc.slot))
    }

    /// The processor for writing.
    #[inline]
    pub(super) fn proc_mut(&mut self, proc: ProcRef) -> Option<&mut Proc> {
        self.procs.get_mut(id_to_usize(proc.slot))
    }

    /// Adds a processor; `None` if there are too many.
    pub(super) fn add_proc(&mut self, id: u64, row: Proc) -> Option<ProcRef> {
        if self.procs.len() >= TRACE_PROCS {
            return None;
        }
        let slot = to_u32(self.procs.len());
        self.procs.push(row);
        self.proc_by_id.insert(id, slot);
        Some(ProcRef { slot, id })
    }

    /// The row of a thread, if it was seen.
    pub(super) fn find_thread(&self, id: u64) -> Option<u32> {
        self.thread_by_id.get(&id).copied()
    }

    /// The row of a thread, made on first sight; `None` if there are too many.
    pub(super) fn thread_row(&mut self, id: u64) -> Option<u32> {
        if let Some(row) = self.find_thread(id) {
            return Some(row);
        }
        if self.threads.len() >= TRACE_THREADS {
            return None;
        }
        let row = to_u32(self.threads.len());
        self.threads.push(Thread { id, go: None, proc: None });
        self.thread_by_id.insert(id, row);
        Some(row)
    }

    /// A thread by its row.
    #[inline]
    pub(super) fn thread(&self, row: u32) -> Option<&Thread> {
        self.threads.get(id_to_usize(row))
    }

    /// A thread by its row, for writing.
    #[inline]
    pub(super) fn thread_mut(&mut self, row: u32) -> Option<&mut Thread> {
        self.threads.get_mut(id_to_usize(row))
    }

    /// Puts a goroutine on a thread.
    #[inline]
    pub(super) fn bind_go(&mut self, thread: u32, go: GoRef) {
        if let Some(row) = self.thread_mut(thread) {
            row.go = Some(go);
        }
        if let Some(row) = self.go_mut(go) {
            row.thread = Some(thread);
        }
    }

    /// Takes a goroutine off its thread, if it is on one.
    #[inline]
    pub(super) fn unbind_go(&mut self, go: GoRef) {
        let Some(thread) = self.go_mut(go).and_then(|row| row.thread.take()) else { return };
        if let Some(row) = self.thread_mut(thread).filter(|row| row.go == Some(go)) {
            row.go = None;
        }
    }

    /// Gives a processor to a thread.
    #[inline]
    pub(super) fn bind_proc(&mut self, thread: u32, proc: ProcRef) {
        self.unbind_proc(proc);
        if let Some(row) = self.thread_mut(thread) {
            row.proc = Some(proc);
        }
        if let Some(row) = self.proc_mut(proc) {
            row.thread = Some(thread);
        }
    }

    /// Takes a processor from its thread, if it is with one.
    #[inline]
    pub(super) fn unbind_proc(&mut self, proc: ProcRef) {
        let Some(thread) = self.proc_mut(proc).and_then(|row| row.thread.take()) else { return };
        if let Some(row) = self.thread_mut(thread).filter(|row| row.proc == Some(proc)) {
            row.proc = None;
        }
    }
}
