//! How many threads there are, what they wait in, and what bounds them.

use std::collections::BTreeMap;

use super::files::Files;
use crate::base::convert::{clamp_i64, to_u64};
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::resources::Thread;
use crate::report::{Citation, THREAD_ROWS, ThreadWait, Threads};

pub(super) fn of(
    evidence: &Evidence,
    sources: &[SourceId],
    files: &Files<'_>,
    pid: Option<u64>,
) -> Option<Threads> {
    let rows = evidence.resources.threads.iter().filter(|row| sources.contains(&row.source));
    // Of several processes the one whose descriptors are known; what names none is taken for it.
    let rows: Vec<&Thread> =
        rows.filter(|row| pid.is_none_or(|pid| row.pid.is_none_or(|owner| owner == pid))).collect();
    let counted = || {
        let first = rows.first()?;
        let ids: std::collections::BTreeSet<u64> = rows.iter().map(|row| row.tid).collect();
        let span = SourceSpan { source: first.source, at: first.at };
        Some(Citation::figure(span, "threads", clamp_i64(i128::from(to_u64(ids.len()))), Unit::Count))
    };
    let threads = Threads {
        total: files
            .figure("status", "Threads")
            .or_else(|| files.figure("stat", "num_threads"))
            .or_else(counted),
        waits: waits(evidence, &rows),
        pids: files.figure("pids.current", ""),
        pids_max: files.figure("pids.max", ""),
        user_limit: files.figure("limits", "Max processes"),
        kernel_limit: files.figure("threads-max", ""),
    };
    (threads.total.is_some() || threads.pids.is_some()).then_some(threads)
}

/// Threads by the function that they wait in: the top of the stack, else wchan.
fn waits(evidence: &Evidence, rows: &[&Thread]) -> Vec<ThreadWait> {
    let mut by_thread: BTreeMap<u64, &Thread> = BTreeMap::new();
    for &row in rows.iter().filter(|row| !evidence.strings.get(row.waits_in).is_empty()) {
        by_thread.entry(row.tid).or_insert(row);
    }
    let mut by_function: BTreeMap<&str, Vec<&Thread>> = BTreeMap::new();
    for row in by_thread.into_values() {
        by_function.entry(evidence.strings.get(row.waits_in)).or_default().push(row);
    }
    let mut waits: Vec<ThreadWait> = by_function
        .into_iter()
        .filter_map(|(function, rows)| {
            let first = rows.first()?;
            let count = to_u64(rows.len());
            let span = SourceSpan { source: first.source, at: first.at };
            let citation = Citation::figure(span, function, clamp_i64(i128::from(count)), Unit::Count);
            Some(ThreadWait { function: function.to_owned(), count, citation })
        })
        .collect();
    waits.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.function.cmp(&b.function)));
    waits.truncate(THREAD_ROWS);
    waits
}
