//! What the program says of itself: tasks, regions, logs.

use super::Durations;
use crate::base::intern::StrId;

/// User tasks, regions or logs of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// Those that began and ended.
    pub done: Durations,
    /// Those that began, and did not end.
    pub open: u64,
    /// Ends of what began before the window.
    pub ended_only: u64,
}

/// A user task or region, among the longest or still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnotationRow {
    /// Its name.
    pub name: StrId,
    /// Task id (for a region: the task it belongs to, 0 if none).
    pub task: u64,
    /// Parent task; 0 if none.
    pub parent: u64,
    /// The goroutine that began it.
    pub go: Option<u64>,
    /// When it began.
    pub begin: u64,
    /// When it ended; `None` if it is open.
    pub end: Option<u64>,
}

/// One `trace.Log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// When.
    pub time: u64,
    /// The goroutine.
    pub go: Option<u64>,
    /// The task; 0 if none.
    pub task: u64,
    /// Category.
    pub category: StrId,
    /// Message.
    pub message: StrId,
}
