//! The overview strip.

use super::summary::Summary;
use super::timeline::Steps;
use super::tracks::ValueSpan;
use crate::base::convert::rounded_i64;
use crate::report::trace::Overview;

/// Figures of a window in `parts` equal parts.
pub fn overview(summary: &Summary, parts: usize) -> Overview {
    let timeline = &summary.timeline;
    let thousandths =
        |mean: f64| rounded_i64(mean * 1_000.0).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let means = |track| -> Vec<u64> {
        timeline.means(track, parts, summary.to).into_iter().map(thousandths).collect()
    };
    let pick = |spans: Vec<Option<ValueSpan>>, value: fn(ValueSpan) -> u64| -> Vec<Option<u64>> {
        spans.into_iter().map(|span| span.map(value)).collect()
    };
    let heap = timeline.heap_spans(parts, summary.to);
    Overview {
        running: means(Steps::Running),
        gc_workers: means(Steps::GcWorkers),
        runnable: means(Steps::Runnable),
        waiting: means(Steps::Waiting),
        syscall: means(Steps::Syscall),
        marking: means(Steps::Gc),
        stopped: means(Steps::StopTheWorld),
        assists: means(Steps::Assists),
        processors: means(Steps::Processors),
        gomaxprocs: means(Steps::Procs),
        heap_max: pick(heap.clone(), |span| span.max),
        heap_min: pick(heap, |span| span.min),
        goal: pick(timeline.goal_spans(parts, summary.to), |span| span.last),
        samples: timeline.sample_counts(parts, summary.to),
    }
}
