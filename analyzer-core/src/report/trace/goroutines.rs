//! Goroutine groups of a trace, and what speaks for a leak.

use serde::{Deserialize, Serialize};

use super::super::finding::Confidence;
use super::Spread;

/// Whether a goroutine was there before the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Existence {
    /// It was created inside of the window.
    Created,
    /// It was there before.
    Existed,
}

/// Members of a group that are in one state at the end of the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AliveState {
    /// State ("Waiting").
    pub state: String,
    /// The runtime's reason, or the one that the stack tells; empty if neither does.
    pub reason: String,
    /// True if the reason is read off the stack, because the trace gives none.
    pub is_inferred: bool,
    /// Where; an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
    /// How many.
    pub count: u64,
    /// When the first of them entered the state.
    pub since: u64,
    /// How often these goroutines were woken.
    pub woken: u64,
    /// Those that were in this state when the window began, and were never woken in it.
    pub throughout: u64,
    /// Ids of the first few.
    pub goroutines: Vec<u64>,
}

/// Waits of a group for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Wait {
    /// The runtime's reason; empty if it gives none.
    pub reason: String,
    /// How many, open ones included.
    pub count: u64,
    /// Sum.
    pub total: u64,
}

/// Time of a group's members in each state, open stays included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoroutineGroupTimes {
    /// On a processor.
    pub running: Spread,
    /// Ready, waiting for a processor.
    pub runnable: Spread,
    /// Blocked.
    pub waiting: Spread,
    /// In system calls.
    pub syscall: Spread,
}

/// Goroutines with one start function and creator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TraceGroup {
    /// Number of the group in this trace, the same for every part of it.
    pub id: u32,
    /// The start function; `None` if no stack names it.
    pub start: Option<String>,
    /// Whether its members were there before.
    pub existence: Existence,
    /// Stack of the creator, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<u32>,
    /// True for the runtime's own goroutines and the tracer's.
    pub is_system: bool,
    /// Created inside of the window.
    pub created: u64,
    /// Ended inside of the window.
    pub ended: u64,
    /// Alive at the end.
    pub alive: u64,
    /// Alive at the end of each generation.
    pub alive_by_generation: Vec<u64>,
    /// What those alive at the end are in.
    pub alive_states: Vec<AliveState>,
    /// Time in each state.
    pub times: GoroutineGroupTimes,
    /// Waits by reason, the most time first.
    pub waits: Vec<Wait>,
    /// Lifetimes of those that were created and ended.
    pub lifetimes: Spread,
    /// Time in GC mark assists.
    pub assist: u64,
    /// How often members were woken.
    pub woken: u64,
    /// CPU samples.
    pub cpu_samples: u64,
}

/// What a sign of a leak rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LeakSign {
    /// Nothing can wake them: a nil channel, or a select without cases.
    BlockedForever,
    /// Many were created, hardly any ended, and their number never fell.
    Growth,
    /// Created inside of the window, blocked, and never woken.
    NeverWoken,
    /// There before, blocked all the time, and never woken.
    WaitedThroughout,
}

/// Goroutines that may not end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeakEvidence {
    /// What it rests on.
    pub sign: LeakSign,
    /// How sure it is.
    pub confidence: Confidence,
    /// The group.
    pub group: u32,
    /// Its start function.
    pub start: Option<String>,
    /// What they wait for.
    pub reason: String,
    /// True if the reason is read off the stack.
    pub is_inferred: bool,
    /// Where they wait, an index into `stacks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
    /// How many.
    pub count: u64,
    /// For how long the last of them has waited at the window's end, at least.
    pub waited_at_least: u64,
    /// Why, with numbers; each sentence names the window's length.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// Ids of the first few.
    pub goroutines: Vec<u64>,
    /// Group of the goroutine dumps with this stack, if there are dumps of the same process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump_group: Option<String>,
}
