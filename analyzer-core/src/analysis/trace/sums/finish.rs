//! The end of the window: what is open is closed, and everything is put in order.

use super::goroutines::state_index;
use super::live::timed;
use super::{Builder, Carried, Counts, Crossing, Stays};
use crate::analysis::trace::summary::{AnnotationRow, EventCounts, Summary};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::intern::StringTable;
use crate::base::limits::TRACE_LONGEST;
use crate::base::order::StableOrder;
use crate::evidence::trace::event::GoState;

/// Kinds of events, by the numbers of [`Counts`]. Names are those of `go tool trace -d=parsed`.
const KINDS: [&str; 14] = [
    "StateTransition",
    "Metric",
    "RangeBegin",
    "RangeActive",
    "RangeEnd",
    "Label",
    "TaskBegin",
    "TaskEnd",
    "RegionBegin",
    "RegionEnd",
    "Log",
    "StackSample",
    "Experimental",
    "Sync",
];

/// Ranges by edge and kind, likewise.
const RANGES: [[&str; 4]; 3] = [
    [
        "RangeBegin GC concurrent mark phase",
        "RangeBegin stop-the-world",
        "RangeBegin GC mark assist",
        "RangeBegin GC incremental sweep",
    ],
    [
        "RangeActive GC concurrent mark phase",
        "RangeActive stop-the-world",
        "RangeActive GC mark assist",
        "RangeActive GC incremental sweep",
    ],
    [
        "RangeEnd GC concurrent mark phase",
        "RangeEnd stop-the-world",
        "RangeEnd GC mark assist",
        "RangeEnd GC incremental sweep",
    ],
];

impl Counts {
    fn into_counts(self) -> EventCounts {
        let transitions = GoState::ALL
            .into_iter()
            .flat_map(|from| GoState::ALL.into_iter().map(move |to| (from, to)))
            .map(|pair| (pair, self.transitions[state_index(pair.0)][state_index(pair.1)]));
        let ranges = RANGES.iter().flatten().copied().zip(self.ranges.into_iter().flatten());
        EventCounts {
            kinds: KINDS.into_iter().zip(self.kinds).filter(|&(_, count)| count > 0).collect(),
            transitions: transitions.filter(|&(_, count)| count > 0).collect(),
            blocks: self.blocks,
            ranges: ranges.filter(|&(_, count)| count > 0).collect(),
        }
    }
}

impl<L: Stays> Builder<L> {
    /// The summary of the window, what zooming needs, and the lanes.
    pub fn finish(mut self) -> (Summary, Carried, L) {
        let end = self.end.min(self.to);
        self.to = end;
        let mut open_regions = Vec::new();
        for slot in 0..self.live.len() {
            self.close(to_u32(slot), end, &mut open_regions);
        }
        self.keep_open_tasks();
        self.groups.end_generation(self.generation.saturating_sub(1));
        self.gc.finish(end);
        self.rows.order_by_key(|row| row.id);
        let mut wakes = self.wakes.rows;
        wakes.order_by(|a, b| b.count.cmp(&a.count).then(a.waker.cmp(&b.waker)).then(a.site.cmp(&b.site)));
        let mut samples: Vec<_> =
            self.samples.into_iter().map(|((stack, group), count)| (stack, group, count)).collect();
        samples.order_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)).then(a.1.cmp(&b.1)));
        let unknown = self.groups.unknown(true);
        let into_stays = |longest: super::Longest<(u64, super::LongStay)>| {
            longest.into_sorted().map(|(nanos, stay)| stay.into_stay(nanos, unknown)).collect()
        };
        self.folded.groups = self.groups.folded;
        self.folded.sites = self.sites.folded;
        self.folded.wakes = self.wakes.folded;
        self.folded.gc_cycles = self.gc.folded_cycles;
        self.folded.pauses = self.gc.folded_pauses;
        self.folded.logs = self.annotations.folded_logs;
        self.folded.tasks = self.annotations.folded_tasks;
        let task_rows = self.annotations.task_rows(end);
        let region_rows = self.annotations.region_rows(open_regions);
        self.folded.names = self.annotations.folded_names;
        if self.counts.kinds[13] > 0 {
            // Go's tool ends every trace with one more.
            self.counts.kinds[13] += 1;
        }
        let summary = Summary {
            from: self.from,
            to: end,
            counts: self.counts.into_counts(),
            groups: self.groups.rows,
            goroutines: self.rows,
            existed: self.existed,
            sites: self.sites.rows,
            wakes,
            longest_waits: into_stays(self.longest_waits),
            longest_delays: into_stays(self.longest_delays),
            delays: self.delays,
            starved: self.starved,
            procs: self.procs.finish(self.from, end),
            gc_cycles: self.gc.cycles,
            assists: self.gc.assists,
            sweeps: self.gc.sweeps,
            gc_workers: self.gc.workers,
            pauses: self.gc.pauses,
            pause_kinds: self.gc.pause_kinds,
            stopping: self.gc.stopping,
            tasks: self.annotations.tasks,
            task_rows,
            regions: self.annotations.regions,
            region_rows,
            log_categories: self.annotations.log_categories,
            logs: self.annotations.logs,
            labels: self.annotations.labels,
            samples,
            heap: self.heap,
            goal: self.goal,
            gomaxprocs: self.gomaxprocs,
            timeline: self.timeline,
            folded: self.folded,
        };
        (summary, self.carried.unwrap_or_default(), self.lanes)
    }

    /// Adds what a goroutine that outlives the window was in until its end.
    fn close(&mut self, slot: u32, end: u64, open_regions: &mut Vec<AnnotationRow>) {
        let Some(group) = self.group_of(slot) else { return };
        let Some(live) = self.live(slot) else { return };
        let (state, since, site, id, created) = (live.state, live.since, live.site, live.id, live.created);
        let gc_mode = live.gc_mode;
        self.emit_stay(slot, end, true);
        if since < self.generation_start {
            self.keep_crossing(Crossing {
                go: id,
                group: Some(group),
                created,
                state,
                gc_mode,
                from: since,
                to: end,
                site,
            });
        }
        let nanos = self.clip(since, end);
        if state == GoState::Running {
            self.account_running(slot, end);
        } else if let Some(index) = timed(state)
            && let Some(live) = self.live_mut(slot)
        {
            live.times[index] = live.times[index].saturating_add(nanos);
        }
        self.assist_ends(slot, end);
        let reason = site.and_then(|site| self.sites.key(site)).map(|key| key.reason);
        if let Some((index, row)) = timed(state).zip(self.groups.rows.get_mut(group)) {
            let reason = (state == GoState::Waiting).then(|| reason.unwrap_or(StringTable::EMPTY));
            row.times.add(index, reason, nanos);
        }
        if let Some(site) = site.and_then(|site| self.sites.rows.get_mut(site)) {
            site.open.add(nanos);
        }
        let Some(mut live) = self.live.get_mut(id_to_usize(slot)).and_then(Option::take) else { return };
        let regions = live.rare.take().map(|rare| rare.regions).unwrap_or_default();
        for &open in &regions {
            self.keep_open_region(id, open);
        }
        open_regions.extend(regions.into_iter().take(TRACE_LONGEST).map(|open| AnnotationRow {
            name: open.name,
            task: open.task,
            parent: 0,
            go: Some(id),
            begin: open.begin,
            end: None,
        }));
        self.rows.push(live.row(group, None));
    }
}
