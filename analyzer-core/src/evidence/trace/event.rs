//! Events of a Go execution trace in their true order, as the reader hands
//! them to whoever summarizes them. Names follow `internal/trace` of Go.

use super::names::{Names, StackRef};
use crate::base::intern::StrId;

/// State of a goroutine. Source: `GoStatus` in `internal/trace/tracev2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoState {
    /// Not known yet: the trace began before the first word about it.
    Undetermined,
    /// Not yet created, or ended.
    NotExist,
    /// Ready, waiting for a processor.
    Runnable,
    /// On a processor.
    Running,
    /// Blocked; the reason says on what.
    Waiting,
    /// In a system call or cgo call.
    Syscall,
}

impl GoState {
    /// Every state, in declaration order.
    pub const ALL: [Self; 6] =
        [Self::Undetermined, Self::NotExist, Self::Runnable, Self::Running, Self::Waiting, Self::Syscall];

    /// The name that `go tool trace -d=parsed` prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undetermined => "Undetermined",
            Self::NotExist => "NotExist",
            Self::Runnable => "Runnable",
            Self::Running => "Running",
            Self::Waiting => "Waiting",
            Self::Syscall => "Syscall",
        }
    }

    /// True if the goroutine exists and its state is known.
    pub const fn is_alive(self) -> bool {
        !matches!(self, Self::Undetermined | Self::NotExist)
    }
}

/// State of a processor (P).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcState {
    /// Not known yet.
    Undetermined,
    /// First seen after the trace's first generation.
    NotExist,
    /// Held by a thread.
    Running,
    /// Held by no thread.
    Idle,
}

impl ProcState {
    /// The name that `go tool trace -d=parsed` prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undetermined => "Undetermined",
            Self::NotExist => "NotExist",
            Self::Running => "Running",
            Self::Idle => "Idle",
        }
    }
}

/// A live goroutine: its id, and the row that stands for it while it lives.
/// Rows are reused once a goroutine has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoRef {
    /// Row of the live goroutine, dense from 0.
    pub slot: u32,
    /// The runtime's goroutine id.
    pub id: u64,
}

/// A processor: its id, and its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcRef {
    /// Row, dense from 0 in order of appearance.
    pub slot: u32,
    /// The runtime's processor id.
    pub id: u64,
}

/// Why a goroutine changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoCause {
    /// Nothing changed: the runtime restates the state once a generation.
    Status,
    /// A status contradicts what the events before it led to (damage); the status is believed.
    Correction,
    /// Created by `go`, `time.AfterFunc`, ...
    Create,
    /// A C thread calls into Go.
    CreateSyscall,
    /// Put on a processor.
    Start,
    /// Taken off its processor while it could have run on.
    Stop,
    /// Blocked.
    Block,
    /// Woken.
    Unblock,
    /// Entered a system call.
    SyscallBegin,
    /// Came back, and still had its processor.
    SyscallEnd,
    /// Came back, and its processor was gone.
    SyscallEndBlocked,
    /// Ended.
    Destroy,
    /// Went back to C.
    DestroySyscall,
    /// Woken by a coroutine switch, which runs it at once.
    SwitchUnblock,
    /// Blocked itself by a coroutine switch.
    SwitchBlock,
    /// Ended by a coroutine switch.
    SwitchDestroy,
    /// Put on the processor by a coroutine switch.
    SwitchStart,
    /// Lost in damage: a whole generation passed without a word about it.
    Vanish,
}

/// A change (or restatement) of a goroutine's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoTransition {
    /// The goroutine that changes, which need not be the one that runs.
    pub go: GoRef,
    /// State before.
    pub from: GoState,
    /// State after.
    pub to: GoState,
    /// Why.
    pub cause: GoCause,
    /// The runtime's wait or stop reason ("chan receive"); empty if none is given.
    pub reason: StrId,
    /// Stack of `go`: where it blocked, or for a new one its start function.
    pub stack: StackRef,
}

/// A change (or restatement) of a processor's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcTransition {
    /// The processor that changes.
    pub proc: ProcRef,
    /// State before.
    pub from: ProcState,
    /// State after.
    pub to: ProcState,
    /// True if another thread took it away.
    pub is_steal: bool,
}

/// Whether a range begins here, ends here, or was open when the generation began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// It begins.
    Begin,
    /// It was open already.
    Active,
    /// It ends.
    End,
}

/// What happened, beside where and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A goroutine's state.
    Go(GoTransition),
    /// A processor's state.
    Proc(ProcTransition),
    /// GOMAXPROCS is this.
    ProcsChange(u64),
    /// Live heap (`heapLive`), in bytes.
    HeapAlloc(u64),
    /// Heap goal, in bytes; 0 if the GC is off.
    HeapGoal(u64),
    /// The concurrent mark phase.
    Gc(Edge),
    /// A pause of every goroutine, for a kind of work; bound to the goroutine that runs.
    StopTheWorld(Edge, StrId),
    /// A goroutine helps the GC to mark.
    MarkAssist(Edge, Option<GoRef>),
    /// A processor sweeps.
    Sweep {
        /// Begin, end, or open already.
        edge: Edge,
        /// The processor.
        proc: Option<ProcRef>,
        /// Bytes swept, at the end.
        swept: u64,
        /// Bytes reclaimed, at the end.
        reclaimed: u64,
    },
    /// The running goroutine is labelled (a GC worker's mode).
    GoLabel(StrId),
    /// `trace.NewTask`: task, parent (0 if none), name.
    TaskBegin(u64, u64, StrId),
    /// `Task.End`.
    TaskEnd(u64),
    /// `trace.StartRegion`: task (0 if none), name.
    RegionBegin(u64, StrId),
    /// `Region.End`.
    RegionEnd(u64, StrId),
    /// `trace.Log`: task, category, message.
    Log(u64, StrId, StrId),
    /// A CPU profile sample; thread, processor, goroutine and stack of the event are the sample's.
    CpuSample {
        /// Processor id as the sample has it; `u64::MAX` if none.
        proc: u64,
        /// Goroutine id as the sample has it; 0 if none.
        go: u64,
    },
    /// An event of an experiment, with its wire number.
    Experimental(u8),
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Nanoseconds since the trace's first batch. Raw: neighbours of different
    /// threads can be out of order by the clock's error.
    pub time: u64,
    /// The thread (M) that wrote it; `None` for states that nobody witnessed.
    pub thread: Option<u64>,
    /// The processor of that thread, before the event.
    pub proc: Option<ProcRef>,
    /// The goroutine that ran there, before the event.
    pub go: Option<GoRef>,
    /// Stack of that goroutine.
    pub stack: StackRef,
    /// What happened.
    pub kind: EventKind,
}

/// Clocks of one generation, read at nearly the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSnapshot {
    /// Nanoseconds since the trace's first batch.
    pub time: u64,
    /// The monotonic clock, in nanoseconds.
    pub mono: u64,
    /// Unix time, in nanoseconds.
    pub wall: i64,
}

/// A stretch of about a second that can be read alone: the runtime restates
/// every goroutine and processor in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The runtime's number; never 0, and not always from 1.
    pub number: u64,
    /// First byte in the file.
    pub start_offset: u64,
    /// Byte after the last one.
    pub end_offset: u64,
    /// Earliest batch, in nanoseconds since the trace's first batch.
    pub start: u64,
    /// Latest event, in nanoseconds since the trace's first batch.
    pub end: u64,
    /// Clock ticks in a second.
    pub frequency: u64,
    /// The earliest batch, in ticks of the trace clock.
    pub start_ticks: u64,
    /// Clocks, from Go 1.25 on.
    pub clock: Option<ClockSnapshot>,
    /// Events that were ordered.
    pub events: u64,
    /// Events that no rule allowed yet when their turn came.
    pub forced: u64,
    /// False if its end is missing or part of it was damaged.
    pub is_whole: bool,
}

/// Receives a trace while it is decoded.
pub trait EventSink {
    /// A generation begins; `start` is its earliest batch, in nanoseconds since the trace's first batch.
    fn generation_begins(&mut self, number: u64, start: u64) {
        let _ = (number, start);
    }

    /// The next event.
    fn event(&mut self, event: &Event, names: &Names);

    /// A generation is over.
    fn generation_ends(&mut self, generation: &Generation, names: &Names) {
        let _ = (generation, names);
    }

    /// Asked between generations: true if nothing more is wanted.
    fn is_satisfied(&self) -> bool {
        false
    }
}

impl EventSink for &mut dyn EventSink {
    fn generation_begins(&mut self, number: u64, start: u64) {
        (**self).generation_begins(number, start);
    }

    fn event(&mut self, event: &Event, names: &Names) {
        (**self).event(event, names);
    }

    fn generation_ends(&mut self, generation: &Generation, names: &Names) {
        (**self).generation_ends(generation, names);
    }

    fn is_satisfied(&self) -> bool {
        (**self).is_satisfied()
    }
}
