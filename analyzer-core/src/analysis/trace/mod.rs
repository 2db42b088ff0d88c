//! Execution traces. [`sums`] adds the events up while the reader hands them
//! on; the rest turns the sums into what the report, the views and the
//! detectors show.

mod activity;
pub mod details;
mod dumps;
pub mod follow;
mod gc;
mod groups;
mod histogram;
pub mod lanes;
pub mod leaks;
pub mod mmu;
mod overview;
pub mod profile;
mod reasons;
pub mod stacks;
pub mod summary;
pub mod sums;
mod timeline;
mod tracks;

use crate::base::convert::{clamp_i64, to_u64};
use crate::base::index::IndexVec;
use crate::base::intern::StrId;
use crate::base::source::{Position, SourceSpan};
use crate::base::units::{Nanos, Unit};
use crate::evidence::Evidence;
use crate::evidence::trace::names::Names;
use crate::evidence::trace::{self as evidence, TraceId, event};
use crate::report::trace::{EventCounts, Generation, Spread, Trace};
use crate::report::{Citation, Goroutines, Subject};
use stacks::StackTable;
use summary::{Durations, Folded, Summary};
use sums::TraceSums;

/// Parts of the overview in a report.
const OVERVIEW_PARTS: usize = 256;

/// What the functions of this module work on.
#[derive(Debug)]
struct Scope<'a> {
    summary: &'a Summary,
    names: &'a Names,
    /// Generations that the window was read from.
    generations: u64,
    stacks: StackTable<'a>,
}

impl Scope<'_> {
    fn text(&self, id: StrId) -> String {
        self.names.strings.get(id).to_owned()
    }
}

/// Every trace of the session, as the report lists them. Where there are dumps
/// of the same process, each side is told what the other saw.
pub fn section(
    evidence: &Evidence,
    sums: &IndexVec<TraceId, TraceSums>,
    subjects: &[Subject],
    goroutines: &mut Option<Goroutines>,
) -> Vec<Trace> {
    let mut traces = sections(evidence, sums, subjects);
    dumps::join(&mut traces, goroutines);
    traces
}

fn sections(evidence: &Evidence, sums: &IndexVec<TraceId, TraceSums>, subjects: &[Subject]) -> Vec<Trace> {
    let rows = evidence.traces.iter().zip(sums.iter());
    rows.map(|(trace, sums)| {
        let mut section = describe(trace, &trace.names, &sums.summary, OVERVIEW_PARTS);
        let is_of = |subject: &&Subject| {
            let mut sources = subject.snapshots.iter().flat_map(|snapshot| &snapshot.sources);
            sources.any(|source| *source == trace.source) || subject.spanning.contains(&trace.source)
        };
        section.subject = subjects.iter().find(is_of).map(|subject| subject.id);
        section
    })
    .collect()
}

/// A trace, or with the summary and names of a part of it that part, with so many parts in its overview.
pub fn describe(trace: &evidence::Trace, names: &Names, summary: &Summary, parts: usize) -> Trace {
    let overlaps =
        |generation: &&event::Generation| generation.start <= summary.to && generation.end >= summary.from;
    let generations = to_u64(trace.generations.iter().filter(overlaps).count());
    let mut scope = Scope { summary, names, generations, stacks: StackTable::new(names) };
    let alive = groups::alive(&scope);
    let groups = groups::rows(&mut scope, &alive);
    let leaks = leaks::find(&mut scope, &alive);
    let sites = activity::sites(&mut scope);
    let wakes = activity::wakes(&mut scope);
    let longest_waits = activity::stays(&mut scope, &summary.longest_waits);
    let longest_delays = activity::stays(&mut scope, &summary.longest_delays);
    let pauses = gc::pauses(&mut scope);
    let mut section = Trace {
        source: trace.source,
        subject: None,
        format: trace.version,
        start_nanos: trace.start_nanos,
        started_at: started_at(trace),
        from: summary.from,
        to: summary.to,
        generations: trace.generations.iter().map(generation).collect(),
        events: counts(trace, &scope),
        goroutines_existed: summary.existed,
        goroutines_created: summary.groups.iter().map(|group| group.created).sum(),
        goroutines_ended: summary.groups.iter().map(|group| group.ended).sum(),
        goroutines_alive: summary.groups.iter().map(|group| group.alive).sum(),
        groups,
        leaks,
        sites,
        wakes,
        longest_waits,
        longest_delays,
        delays: activity::delays(&scope),
        go_tool_profiles: activity::go_tool_profiles(&scope),
        procs: activity::procs(&scope),
        gc: gc::collector(&scope),
        heap: gc::heap(summary),
        pause_kinds: gc::pause_kinds(&scope),
        pauses,
        tasks: activity::annotations(&scope, &summary.tasks),
        regions: activity::annotations(&scope, &summary.regions),
        task_rows: activity::annotation_rows(&scope, &summary.task_rows),
        region_rows: activity::annotation_rows(&scope, &summary.region_rows),
        log_categories: activity::log_categories(&scope),
        logs: activity::logs(&scope),
        cpu_samples: activity::cpu_samples(&scope),
        overview: overview::overview(summary, parts),
        folded: folded(&summary.folded),
        citations: citations(trace),
        stacks: Vec::new(),
        frames: Vec::new(),
    };
    (section.stacks, section.frames) = scope.stacks.finish();
    section
}

/// Unix time at time 0, if a generation read its clocks.
fn started_at(trace: &evidence::Trace) -> Option<Nanos> {
    let clock = trace.generations.iter().find_map(|generation| generation.clock)?;
    Some(Nanos(clamp_i64(i128::from(clock.wall) - i128::from(clock.time))))
}

fn generation(generation: &event::Generation) -> Generation {
    Generation {
        number: generation.number,
        offset: generation.start_offset,
        bytes: generation.end_offset.saturating_sub(generation.start_offset),
        start: generation.start,
        end: generation.end,
        events: generation.events,
        forced: generation.forced,
        is_whole: generation.is_whole,
    }
}

fn counts(trace: &evidence::Trace, scope: &Scope<'_>) -> EventCounts {
    let counts = &scope.summary.counts;
    let transitions = counts.transitions.iter();
    EventCounts {
        total: counts.kinds.values().sum(),
        kinds: counts.kinds.iter().map(|(&kind, &count)| (kind.to_owned(), count)).collect(),
        transitions: transitions
            .map(|((from, to), &count)| (format!("{}->{}", from.name(), to.name()), count))
            .collect(),
        blocks: counts.blocks.iter().map(|(&reason, &count)| (scope.text(reason), count)).collect(),
        ranges: counts.ranges.iter().map(|(&range, &count)| (range.to_owned(), count)).collect(),
        records: trace.records.iter().map(|&(record, count)| (record.to_owned(), count)).collect(),
    }
}

/// The trace as a whole: its sums have no one place in the file.
fn citations(trace: &evidence::Trace) -> Vec<Citation> {
    let span = SourceSpan { source: trace.source, at: Position::offset(0) };
    let events: u64 = trace.generations.iter().map(|generation| generation.events).sum();
    vec![Citation::figure(span, "events", clamp_i64(i128::from(events)), Unit::Count)]
}

/// What did not fit into the tables.
fn folded(folded: &Folded) -> Vec<String> {
    let rows = [
        (folded.goroutines, "exited goroutines are only included in the totals of their groups"),
        (folded.groups, "goroutines of further groups are combined into one group"),
        (folded.sites, "waits at further places are combined into one place per kind"),
        (folded.wakes, "wake-ups between further places are not listed"),
        (folded.gc_cycles, "further GC cycles are not listed"),
        (folded.pauses, "further pauses are only included in the totals"),
        (folded.logs, "further logs are only counted"),
        (folded.tasks, "further open tasks are omitted"),
        (folded.names, "tasks, regions and logs with further names are omitted"),
        (folded.samples, "CPU samples with further stacks are omitted"),
        (folded.crossings, "states longer than a second are cut there when zoomed in"),
    ];
    rows.into_iter().filter(|row| row.0 > 0).map(|(count, what)| format!("{count} {what}")).collect()
}

/// Durations as the report shows them.
fn spread(durations: &Durations) -> Spread {
    Spread {
        count: durations.count,
        total: durations.total,
        max: durations.max,
        p50: durations.permille(500),
        p99: durations.permille(990),
    }
}
