//! Where time goes: sites, delays, wake-ups, processors, annotations, samples.

use serde::{Deserialize, Serialize};

use super::Spread;

/// What happens at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SiteKind {
    /// A goroutine blocks.
    Wait,
    /// A goroutine makes a system call.
    Syscall,
    /// A goroutine becomes runnable; the stack is of whoever made it so.
    Runnable,
}

/// Why a goroutine could run, and waited for a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DelayCause {
    /// It was just created.
    Created,
    /// It was woken.
    Woken,
    /// It was taken off its processor, or yielded.
    Preempted,
    /// It came back from a system call, and its processor was gone.
    SyscallReturn,
    /// It was runnable when the window began.
    Existed,
}

/// A place where goroutines stop running, with what that cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Site {
    /// Number of the site in this trace, the same for every part of it.
    pub id: u32,
    /// What happens.
    pub kind: SiteKind,
    /// Why it waits for a processor, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<DelayCause>,
    /// The runtime's reason, or the one that the stack tells; empty if neither does.
    pub reason: String,
    /// True if the reason is read off the stack, because the trace gives none.
    pub is_inferred: bool,
    /// Where, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
    /// Completed stays.
    pub done: Spread,
    /// Stays that were open at the window's end.
    pub open: Spread,
    /// System calls that lost their processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_processor: Option<u64>,
    /// Time of system calls without a processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_processor: Option<u64>,
}

/// Goroutines that run one stack wake goroutines that wait at a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Wake {
    /// Stack of the waker, an index into `stacks`; none for timers, the network poller and the runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waker_stack: Option<u32>,
    /// Start function of the waker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waker: Option<String>,
    /// What was waited for.
    pub reason: String,
    /// Where, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
    /// How often.
    pub count: u64,
    /// Sum of the waits that ended so.
    pub total: u64,
    /// Longest of them.
    pub max: u64,
}

/// One stay, among the longest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Interval {
    /// How long.
    pub nanos: u64,
    /// When it began.
    pub from: u64,
    /// True if it began before the window.
    pub began_before: bool,
    /// The goroutine.
    pub goroutine: u64,
    /// Its start function.
    pub start: Option<String>,
    /// The runtime's reason, or the one that the stack tells.
    pub reason: String,
    /// Why it waited for a processor, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<DelayCause>,
    /// Where, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
}

/// Delays of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Delays {
    /// Why they waited.
    pub cause: DelayCause,
    /// How long.
    pub spread: Spread,
    /// Those in which no processor was free all the while.
    pub starved: u64,
    /// Their sum.
    pub starved_total: u64,
}

/// The sum of one profile of `go tool trace`: completed stays only, and
/// nothing before a goroutine's first run inside of the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoToolProfile {
    /// `net`, `sync`, `syscall` or `sched`.
    pub name: String,
    /// Distinct stacks.
    pub stacks: u64,
    /// Stays.
    pub count: u64,
    /// Their sum.
    pub delay: u64,
}

/// One processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Proc {
    /// The runtime's id.
    pub id: u64,
    /// Ran goroutines.
    pub running: u64,
    /// Ran GC workers.
    pub gc: u64,
    /// Was held in a system call.
    pub syscall: u64,
    /// Was held by a thread that looked for work.
    pub scheduler: u64,
    /// Was held by no thread.
    pub idle: u64,
    /// How often a thread took it.
    pub starts: u64,
    /// How often it was taken away from a system call.
    pub steals: u64,
}

/// User tasks or regions of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnotationKind {
    /// The name; empty for tasks that began before the window.
    pub name: String,
    /// Those that began and ended.
    pub done: Spread,
    /// Those that did not end.
    pub open: u64,
    /// Ends without a beginning.
    pub ended_only: u64,
    /// Durations by power of two: exponent (of nanoseconds), count.
    pub histogram: Vec<(u32, u64)>,
}

/// One user task or region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnotationRow {
    /// The name.
    pub name: String,
    /// The task; for a region the one that it belongs to, 0 if none.
    pub task: u64,
    /// Parent task; 0 if none.
    pub parent: u64,
    /// The goroutine that began it.
    pub goroutine: Option<u64>,
    /// Begin.
    pub begin: u64,
    /// End; `None` if it is open.
    pub end: Option<u64>,
}

/// Logs of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogCategory {
    /// The category.
    pub category: String,
    /// How many.
    pub count: u64,
}

/// One `trace.Log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogLine {
    /// When.
    pub time: u64,
    /// The goroutine.
    pub goroutine: Option<u64>,
    /// The task; 0 if none.
    pub task: u64,
    /// The category.
    pub category: String,
    /// The message.
    pub message: String,
}

/// CPU profile samples inside of the trace: there are some only if the CPU
/// profiler ran too, and their rate is not recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CpuSamples {
    /// How many.
    pub count: u64,
    /// Distinct stacks.
    pub stacks: u64,
}
