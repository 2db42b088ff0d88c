//! Garbage collection over time: trace lines as runs of programs, with their sums.

use rustc_hash::FxHashMap;

use crate::base::convert::to_u64;
use crate::base::limits::GC_ROWS;
use crate::base::source::SourceId;
use crate::base::units::{Bytes, Nanos};
use crate::evidence::Evidence;
use crate::evidence::gc::{GcCycle, Scavenge};
use crate::report::{self, Gc, GcRun, GcSummary, Subject};

/// Goals below this are passed by every program that starts.
pub const LEAST_PACED_GOAL: Bytes = Bytes(32 << 20);

/// Heap at the end of marking as a share of the goal from which a cycle overshot, in percent.
pub const OVERSHOOT_PERCENT: i64 = 150;

/// The GC section; `None` without trace lines.
pub fn analyze(evidence: &Evidence, subjects: &[Subject]) -> Option<Gc> {
    let mut sources: Vec<SourceId> = evidence.gc.cycles.iter().map(|cycle| cycle.source).collect();
    sources.extend(evidence.gc.scavenges.iter().map(|scavenge| scavenge.source));
    sources.sort_unstable();
    sources.dedup();
    let mut by_source: FxHashMap<SourceId, &Subject> = FxHashMap::default();
    for subject in subjects {
        for source in subject.sources() {
            by_source.entry(source).or_insert(subject);
        }
    }
    let runs: Vec<GcRun> = sources
        .into_iter()
        .flat_map(|source| runs(evidence, by_source.get(&source).copied(), source))
        .collect();
    (!runs.is_empty()).then_some(Gc { runs })
}

/// The runs of one log: cycles are numbered from 1, so that a number that does
/// not grow begins another run.
fn runs(evidence: &Evidence, subject: Option<&Subject>, source: SourceId) -> Vec<GcRun> {
    let cycles: Vec<&GcCycle> = evidence.gc.cycles_of(source).iter().collect();
    let all: Vec<&Scavenge> = evidence.gc.scavenges_of(source).iter().collect();
    let mut scavenges = all.as_slice();
    let mut parts: Vec<&[&GcCycle]> = cycles.chunk_by(|before, after| before.number < after.number).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    let starts: Vec<u64> = parts.iter().map(|part| part.first().map_or(0, |cycle| line(cycle.at))).collect();
    let mut runs = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        // What stands before the next run's first cycle is of this one.
        let end = starts.get(index + 1).copied().unwrap_or(u64::MAX);
        let count = scavenges.partition_point(|scavenge| line(scavenge.at) < end);
        let (own, rest) = scavenges.split_at(count);
        runs.push(run(source, subject, part, own));
        scavenges = rest;
    }
    runs
}

fn line(at: crate::base::source::Position) -> u64 {
    at.line.unwrap_or(0)
}

fn run(source: SourceId, subject: Option<&Subject>, cycles: &[&GcCycle], scavenges: &[&Scavenge]) -> GcRun {
    let (stride, scavenge_stride) = (stride(cycles.len()), stride(scavenges.len()));
    let largest = |chunk: &[&GcCycle]| {
        let most = chunk
            .iter()
            .copied()
            .reduce(|most, cycle| if cycle.heap_end > most.heap_end { cycle } else { most });
        most.map(row)
    };
    let last = |chunk: &[&Scavenge]| {
        let last = chunk.last()?;
        Some(scavenge_row(last, chunk, cycles))
    };
    GcRun {
        source,
        subject: subject.map(|subject| subject.id),
        summary: summary(cycles, scavenges),
        cycles: cycles.chunks(stride).filter_map(largest).collect(),
        stride: to_u64(stride),
        scavenges: scavenges.chunks(scavenge_stride).filter_map(last).collect(),
        scavenge_stride: to_u64(scavenge_stride),
    }
}

/// How many of `count` rows one row of the report must stand for.
fn stride(count: usize) -> usize {
    count.div_ceil(GC_ROWS).max(1)
}

/// `part` over `whole` in hundredths of a percent; `None` of nothing.
fn basis_points(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| crate::base::convert::clamp_i64(i128::from(part) * 10_000 / i128::from(whole)))
}

/// H1 over the goal, less one.
fn overshoot(cycle: &GcCycle) -> Option<i64> {
    basis_points(cycle.heap_end.0, cycle.goal.0).map(|share| share - 10_000)
}

fn row(cycle: &GcCycle) -> report::GcCycle {
    let marking = cycle.assist_cpu + cycle.background_cpu + cycle.idle_cpu;
    report::GcCycle {
        line: line(cycle.at),
        number: cycle.number,
        at: cycle.since_start,
        is_forced: cycle.is_forced,
        checks_leaks: cycle.checks_leaks,
        heap_start: cycle.heap_start,
        heap_end: cycle.heap_end,
        live: cycle.live,
        goal: cycle.goal,
        overshoot: overshoot(cycle),
        stacks: cycle.stacks,
        globals: cycle.globals,
        sweep_stop: cycle.sweep_stop,
        mark: cycle.mark,
        mark_stop: cycle.mark_stop,
        assist_cpu: cycle.assist_cpu,
        background_cpu: cycle.background_cpu,
        idle_cpu: cycle.idle_cpu,
        assist_share: basis_points(cycle.assist_cpu.0, marking.0),
        cpu_percent: cycle.cpu_percent,
        procs: cycle.procs,
    }
}

/// Several scavenges as one: amounts are summed, the state is the last one's.
fn scavenge_row(last: &Scavenge, chunk: &[&Scavenge], cycles: &[&GcCycle]) -> report::Scavenge {
    let before = cycles.partition_point(|cycle| line(cycle.at) < line(last.at));
    let cycle = before.checked_sub(1).and_then(|index| cycles.get(index));
    report::Scavenge {
        line: line(last.at),
        after: cycle.map(|cycle| cycle.since_start),
        background: chunk.iter().map(|scavenge| scavenge.background).sum(),
        eager: chunk.iter().map(|scavenge| scavenge.eager).sum(),
        released: last.released,
        used_percent: last.used_percent,
        is_forced: chunk.iter().any(|scavenge| scavenge.is_forced),
    }
}

/// True if a cycle says something of pacing.
pub fn is_paced(cycle: &GcCycle) -> bool {
    !cycle.is_forced && cycle.goal >= LEAST_PACED_GOAL
}

/// True if the heap passed the goal by far before marking ended.
pub fn is_overshot(cycle: &GcCycle) -> bool {
    is_paced(cycle) && cycle.heap_end.0.saturating_mul(100) / cycle.goal.0.max(1) >= OVERSHOOT_PERCENT
}

fn summary(cycles: &[&GcCycle], scavenges: &[&Scavenge]) -> GcSummary {
    let count = |holds: fn(&GcCycle) -> bool| to_u64(cycles.iter().filter(|cycle| holds(cycle)).count());
    let most = |of: fn(&GcCycle) -> Bytes| cycles.iter().map(|cycle| of(cycle)).max().unwrap_or_default();
    let total = |of: fn(&GcCycle) -> Nanos| cycles.iter().map(|cycle| of(cycle)).sum::<Nanos>();
    let mut pauses: Vec<Nanos> = cycles.iter().map(|cycle| cycle.sweep_stop + cycle.mark_stop).collect();
    pauses.sort_unstable();
    let at_percent =
        |percent: usize| pauses.get((pauses.len() * percent / 100).min(pauses.len().saturating_sub(1)));
    let (assist, background, idle) =
        (total(|cycle| cycle.assist_cpu), total(|cycle| cycle.background_cpu), total(|cycle| cycle.idle_cpu));
    GcSummary {
        cycles: to_u64(cycles.len()),
        forced: count(|cycle| cycle.is_forced),
        until: cycles.last().map(|cycle| cycle.since_start).unwrap_or_default(),
        live_first: cycles.first().map(|cycle| cycle.live).unwrap_or_default(),
        live_last: cycles.last().map(|cycle| cycle.live).unwrap_or_default(),
        live_most: most(|cycle| cycle.live),
        heap_most: most(|cycle| cycle.heap_end),
        paced: count(is_paced),
        overshot: count(is_overshot),
        overshoot_most: cycles
            .iter()
            .filter(|cycle| is_paced(cycle))
            .filter_map(|cycle| overshoot(cycle))
            .max(),
        pause_median: at_percent(50).copied().unwrap_or_default(),
        pause_p99: at_percent(99).copied().unwrap_or_default(),
        pause_most: pauses.last().copied().unwrap_or_default(),
        pause_total: pauses.iter().copied().sum(),
        assist_cpu: assist,
        background_cpu: background,
        idle_cpu: idle,
        assist_share: basis_points(assist.0, (assist + background + idle).0),
        cpu_percent: cycles.last().map_or(0, |cycle| cycle.cpu_percent),
        scavenged_background: scavenges.iter().map(|scavenge| scavenge.background).sum(),
        scavenged_eager: scavenges.iter().map(|scavenge| scavenge.eager).sum(),
        released: scavenges.last().map(|scavenge| scavenge.released),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    const LOG: &str = "\
starting
gc 1 @0.1s 0%: 0.1+1+0.2 ms clock, 0.2+1/2/1+0.4 ms cpu, 40->90->20 MB, 40 MB goal, 0 MB stacks, 0 MB globals, 2 P
scav 100 KiB work (bg), 0 KiB work (eager), 100 KiB now, 90% util
gc 2 @0.5s 1%: 0.1+1+2.0 ms clock, 0.2+0/4/0+0.4 ms cpu, 30->31->21 MB, 42 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)
scav 20 KiB work (bg), 8 KiB work (eager), 128 KiB now, 80% util
gc 1 @0.2s 0%: 0.1+1+0.2 ms clock, 0.2+0/0/0+0.4 ms cpu, 3->3->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P
";

    fn gc(log: &str) -> Gc {
        let mut session = Session::default();
        session.add("stderr.log", log.as_bytes().to_vec());
        session.report().gc.unwrap()
    }

    #[test]
    fn a_number_that_falls_begins_another_run() {
        let gc = gc(LOG);
        let cycles: Vec<usize> = gc.runs.iter().map(|run| run.cycles.len()).collect();
        assert_eq!(cycles, [2, 1]);
        let [first, second] = gc.runs.as_slice() else { panic!("two runs") };
        assert_eq!((first.scavenges.len(), second.scavenges.len()), (2, 0));
        assert_eq!(first.scavenges[1].after, Some(Nanos(500_000_000)));
        assert_eq!((first.scavenges[1].line, first.cycles[1].line), (5, 4));
    }

    #[test]
    fn sums_leave_forced_cycles_out_of_pacing() {
        let summary = gc(LOG).runs[0].summary;
        assert_eq!((summary.cycles, summary.forced, summary.paced, summary.overshot), (2, 1, 1, 1));
        assert_eq!(summary.overshoot_most, Some(12_500), "90 of 40 MiB");
        assert_eq!((summary.pause_median, summary.pause_most), (Nanos(2_100_000), Nanos(2_100_000)));
        assert_eq!((summary.assist_cpu, summary.assist_share), (Nanos(1_000_000), Some(1_250)));
        assert_eq!((summary.live_first, summary.live_last), (Bytes(20 << 20), Bytes(21 << 20)));
        assert_eq!(
            (summary.scavenged_background, summary.scavenged_eager),
            (Bytes::from_kib(120), Bytes::from_kib(8))
        );
        assert_eq!(summary.released, Some(Bytes::from_kib(128)));
    }

    #[test]
    fn nothing_measured_has_no_share() {
        let run = &gc(LOG).runs[1];
        assert_eq!((run.cycles[0].assist_share, run.summary.assist_share), (None, None));
    }

    #[test]
    fn long_runs_keep_the_largest_heap_of_each_stretch() {
        let count = GC_ROWS * 2 + 1;
        let log: String = (1..=count)
            .map(|n| format!("gc {n} @{n}.0s 0%: 0.1+1+0.2 ms clock, 0.2+1/2/1+0.4 ms cpu, 4->{}->2 MB, 4 MB goal, 2 P\n", n % 7))
            .collect();
        let run = &gc(&log).runs[0];
        assert_eq!((run.stride, to_u64(run.cycles.len())), (3, to_u64(count).div_ceil(3)));
        assert_eq!(run.summary.cycles, to_u64(count));
        assert_eq!(run.cycles[1].number, 6, "4 to 6 have heaps of 4, 5 and 6 MB");
    }
}
