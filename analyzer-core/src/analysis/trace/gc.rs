//! Garbage collection and pauses as the report shows them.

use super::Scope;
use super::groups::start_of;
use super::spread;
use crate::analysis::trace::summary::{self, Summary};
use crate::base::convert::{to_u64, total};
use crate::base::order::StableOrder;
use crate::evidence::trace::names::Names;
use crate::report::trace::{Collector, GcCycle, HeapFigures, Metric, Pause, PauseKind};

/// Hundredths of a percent in one.
const BASIS_POINTS: u128 = 10_000;
/// Pauses in a report.
const PAUSES: usize = 500;

/// What brings a pause about, by the runtime's word for it.
/// Source: `stwReason` in `runtime/proc.go` and its users.
const CAUSES: [(&str, &str); 12] = [
    ("GC mark termination", "ends the mark phase of each GC cycle"),
    ("GC sweep termination", "begins each GC cycle"),
    (
        "all goroutines stack trace",
        "runtime.Stack for all goroutines: a dump with debug=2, or a crash handler",
    ),
    ("goroutine profile", "the goroutine profile"),
    ("goroutine profile cleanup", "the goroutine profile"),
    ("read mem stats", "runtime.ReadMemStats, for example by expvar or older metrics libraries"),
    ("AllThreadsSyscall", "a system call on every thread, such as syscall.Setuid"),
    ("GOMAXPROCS", "runtime.GOMAXPROCS, and from Go 1.25 on, a changed CPU limit"),
    ("start trace", "the tracer itself"),
    ("stop trace", "the tracer itself"),
    ("write heap dump", "debug.WriteHeapDump"),
    ("unknown", "reason not recorded"),
];

/// `part` of `whole` in hundredths of a percent.
fn basis_points(part: u64, whole: u128) -> Option<u64> {
    (whole > 0).then(|| u64::try_from(u128::from(part) * BASIS_POINTS / whole).unwrap_or(u64::MAX))
}

/// Garbage collection.
pub(super) fn collector(scope: &Scope<'_>) -> Collector {
    let summary = scope.summary;
    let (from, to) = (summary.from, summary.to);
    let span = |cycle: &summary::GcCycle| {
        cycle.end.unwrap_or(to).min(to).saturating_sub(cycle.begin.unwrap_or(from).max(from))
    };
    let marking = total(summary.gc_cycles.iter().map(span));
    let assist_running = total(summary.gc_cycles.iter().map(|cycle| cycle.assist));
    let mutator = total(summary.gc_cycles.iter().map(|cycle| cycle.mutator));
    let paused = total(summary.pause_kinds.values().map(|kind| kind.total));
    let procs = u128::from(summary.gomaxprocs.max.max(to_u64(summary.procs.len())));
    let work = total(summary.gc_workers.iter().copied()).saturating_add(assist_running);
    let lost = u128::from(work) + u128::from(paused) * procs;
    let lost = u64::try_from(lost).unwrap_or(u64::MAX);
    Collector {
        cycles: summary.gc_cycles.iter().map(cycle).collect(),
        begun: to_u64(summary.gc_cycles.iter().filter(|cycle| cycle.begin.is_some()).count())
            + summary.folded.gc_cycles,
        ended: to_u64(summary.gc_cycles.iter().filter(|cycle| cycle.end.is_some()).count())
            + summary.folded.gc_cycles,
        marking,
        assists: spread(&summary.assists),
        assist_running,
        assist_share_basis_points: basis_points(assist_running, u128::from(mutator)),
        workers: summary.gc_workers,
        sweeps: spread(&summary.sweeps.0),
        swept: summary.sweeps.1,
        reclaimed: summary.sweeps.2,
        duty_basis_points: basis_points(marking, u128::from(summary.nanos())),
        mutator_utilization_basis_points: basis_points(lost, procs * u128::from(summary.nanos()))
            .map(|lost| 10_000_u64.saturating_sub(lost)),
    }
}

fn cycle(cycle: &summary::GcCycle) -> GcCycle {
    GcCycle {
        begin: cycle.begin,
        end: cycle.end,
        goal: cycle.goal,
        next_goal: cycle.next_goal,
        trigger: cycle.trigger,
        peak: cycle.peak,
        marked: cycle.marked,
        overshoot_basis_points: overshoot(cycle),
        assist: cycle.assist,
        workers: cycle.workers,
        mutator: cycle.mutator,
        sweep_termination: cycle.pauses[0],
        mark_termination: cycle.pauses[1],
    }
}

/// Peak over goal less one, in hundredths of a percent.
pub(super) fn overshoot(cycle: &summary::GcCycle) -> Option<i64> {
    let (peak, goal) = (i128::from(cycle.peak?), i128::from(cycle.goal?));
    (goal > 0).then(|| crate::base::convert::clamp_i64((peak - goal) * 10_000 / goal))
}

/// Heap, goal, GOMAXPROCS.
pub(super) fn heap(summary: &Summary) -> HeapFigures {
    HeapFigures {
        live: metric(&summary.heap),
        goal: metric(&summary.goal),
        gomaxprocs: metric(&summary.gomaxprocs),
    }
}

fn metric(metric: &summary::Metric) -> Option<Metric> {
    let summary::Metric { count, min, max, first, last } = *metric;
    (count > 0).then_some(Metric { count, min, max, first, last })
}

/// Pauses by kind, the most time first.
pub(super) fn pause_kinds(scope: &Scope<'_>) -> Vec<PauseKind> {
    let kinds = scope.summary.pause_kinds.iter();
    let mut rows: Vec<_> = kinds
        .map(|(&kind, durations)| {
            let kind = scope.text(kind);
            PauseKind { cause: cause(&kind).to_owned(), kind, spread: spread(durations) }
        })
        .collect();
    rows.order_by(|a, b| b.spread.total.cmp(&a.spread.total).then_with(|| a.kind.cmp(&b.kind)));
    rows
}

/// What brings pauses of a kind about.
pub(super) fn cause(kind: &str) -> &'static str {
    CAUSES.iter().find(|(known, _)| *known == kind).map_or("", |(_, cause)| cause)
}

/// Pauses, the longest first.
pub(super) fn pauses(scope: &mut Scope<'_>) -> Vec<Pause> {
    let summary = scope.summary;
    let length = |pause: &summary::Pause| pause.end.unwrap_or(summary.to).saturating_sub(pause.begin);
    let mut rows: Vec<_> = summary.pauses.iter().collect();
    rows.order_by_key(|pause| (std::cmp::Reverse(length(pause)), pause.begin));
    rows.into_iter()
        .take(PAUSES)
        .map(|pause| Pause {
            kind: scope.text(pause.kind),
            begin: pause.begin,
            end: pause.end,
            goroutine: pause.go,
            stack: scope.stacks.index(pause.stack),
            last_to_stop: pause.last_to_stop.map(|last| last.go),
            last_to_stop_start: pause.last_to_stop.and_then(|last| start_of(scope, last.group?)),
            last_to_stop_stack: scope
                .stacks
                .index(pause.last_to_stop.map_or(Names::NO_STACK, |last| last.stack)),
            stopped_after: pause.last_to_stop.map(|last| last.after),
        })
        .collect()
}
