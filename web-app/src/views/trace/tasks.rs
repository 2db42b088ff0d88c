//! User tasks over time, packed into few rows.

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::trace::{AnnotationRow, Trace};

/// Rows that tasks share; tasks that overlap with as many others have none.
const ROWS: usize = 6;

/// The tasks of one row, none overlapping with another, in order of time.
pub type TaskRow = Vec<AnnotationRow>;

/// Packs the tasks of a part: each in the first row that is free when it begins.
pub fn packed(trace: &Trace) -> Vec<TaskRow> {
    let mut tasks: Vec<&AnnotationRow> = trace.task_rows.iter().collect();
    tasks.order_by_key(|task| (task.begin, task.task));
    let mut rows: Vec<TaskRow> = Vec::new();
    for task in tasks {
        let is_free = |row: &&mut TaskRow| row.last().is_none_or(|last| end(trace, last) <= task.begin);
        if let Some(row) = rows.iter_mut().find(is_free) {
            row.push(task.clone());
        } else if rows.len() < ROWS {
            rows.push(vec![task.clone()]);
        }
    }
    rows
}

/// When a task ends, or the part that is counted.
pub fn end(trace: &Trace, task: &AnnotationRow) -> u64 {
    task.end.unwrap_or(trace.to)
}
