//! Sums a trace up while it is decoded. No event is kept: memory grows with
//! the number of goroutines, places and cycles, each with a ceiling.

mod annotations;
mod finish;
mod gc;
mod goroutines;
mod known;
mod live;
mod lives;
mod longest;
mod procs;
mod share;
mod sites;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::summary::{Durations, Folded, GoGroupId, GoRow, Interval, LogRow, Metric, SiteId, Summary};
use super::timeline::Timeline;
use crate::base::convert::id_to_usize;
use crate::base::intern::StrId;
use crate::base::limits::{TRACE_LONGEST, TRACE_SAMPLE_STACKS};
use crate::evidence::trace::Trace;
use crate::evidence::trace::event::{Edge, Event, EventKind, EventSink, Generation, GoState};
use crate::evidence::trace::names::{Names, StackRef};
use annotations::Annotations;
pub use annotations::{Annotated, AnnotationSpan};
use gc::GcState;
pub use known::Known;
use live::Live;
use longest::Longest;
use procs::Procs;
use sites::{Groups, Sites, Wakes};

/// A goroutine's stay in one state, as it ends (or the window does).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoStay {
    /// The goroutine.
    pub go: u64,
    /// Its group, if it is known by then.
    pub group: Option<GoGroupId>,
    /// The state.
    pub state: GoState,
    /// True for a GC worker at work.
    pub is_gc: bool,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// Where.
    pub site: Option<SiteId>,
    /// The processor that it ran on.
    pub proc: Option<u64>,
    /// True if the window, not the state, ended.
    pub is_open: bool,
}

/// Receives every stay: lanes, and what is kept for zooming.
pub trait Stays {
    /// A goroutine's stay is over.
    fn go(&mut self, stay: &GoStay);
}

impl Stays for () {
    fn go(&mut self, _: &GoStay) {}
}

/// A state that lasted over the boundary of a generation: what a reading of
/// one generation alone cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The goroutine.
    pub go: u64,
    /// Its group.
    pub group: Option<GoGroupId>,
    /// When it was created, if inside of the trace.
    pub created: Option<u64>,
    /// The state.
    pub state: GoState,
    /// Row of the GC worker's mode, if it is one at work.
    pub gc_mode: Option<usize>,
    /// When it began.
    pub from: u64,
    /// When it ended, or the window.
    pub to: u64,
    /// Where.
    pub site: Option<SiteId>,
}

/// What a whole trace adds up to.
#[derive(Clone, Debug)]
pub struct TraceSums {
    /// All of it, summed up.
    pub summary: Summary,
    /// What the reading of its parts needs to know of the whole.
    pub carried: Carried,
}

/// What a reading of all of a trace keeps for the reading of its parts.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// States that lasted over the boundary of a generation.
    pub states: Vec<Crossing>,
    /// Tasks and regions that did.
    pub annotations: Vec<AnnotationSpan>,
}

/// Counts of events, by small numbers until the end.
#[derive(Debug, Default)]
struct Counts {
    kinds: [u64; 14],
    transitions: [[u64; 6]; 6],
    ranges: [[u64; 4]; 3],
    blocks: BTreeMap<StrId, u64>,
}

/// Sums up a window of a trace.
#[derive(Debug)]
pub struct Builder<L = ()> {
    from: u64,
    to: u64,
    /// Start of the generation that is being read.
    generation_start: u64,
    /// How many generations were read before it.
    generation: u32,
    known: Known,
    live: Vec<Option<Live>>,
    rows: Vec<GoRow>,
    existed: u64,
    groups: Groups,
    sites: Sites,
    wakes: Wakes,
    longest_waits: Longest<(u64, LongStay)>,
    longest_delays: Longest<(u64, LongStay)>,
    delays: [Durations; 5],
    starved: [(u64, u64); 5],
    procs: Procs,
    gc: GcState,
    annotations: Annotations,
    samples: HashMap<(StackRef, Option<GoGroupId>), u64, FxBuildHasher>,
    counts: Counts,
    heap: Metric,
    goal: Metric,
    gomaxprocs: Metric,
    timeline: Timeline,
    folded: Folded,
    /// `None` where nothing is kept for zooming.
    carried: Option<Carried>,
    /// Latest event.
    end: u64,
    lanes: L,
}

/// A stay in the order of the longest: earlier ones first among equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LongStay {
    from: std::cmp::Reverse<u64>,
    go: u64,
    group: Option<GoGroupId>,
    site: SiteId,
    began_before: bool,
}

impl LongStay {
    fn into_stay(self, nanos: u64, unknown: GoGroupId) -> Interval {
        Interval {
            nanos,
            from: self.from.0,
            go: self.go,
            group: self.group.unwrap_or(unknown),
            site: self.site,
            began_before: self.began_before,
        }
    }
}

impl Builder {
    /// Sums up a whole trace, and keeps what zooming needs.
    pub fn whole() -> Self {
        Self {
            carried: Some(Carried::default()),
            ..Self::window(0, u64::MAX, Known::default(), &Names::default(), ())
        }
    }
}

impl<L: Stays> Builder<L> {
    /// Sums up the part of a trace between two times, whose sums are known. The events
    /// are those of [`Trace::generations_of`] the same times.
    pub fn part(trace: &Trace, sums: &TraceSums, from: u64, to: u64, lanes: L) -> Self {
        let start = trace.generations.get(trace.generations_of(from, to).start);
        let known = start.map(|start| Known::new(sums, start)).unwrap_or_default();
        Self::window(from, to, known, &trace.names, lanes)
    }

    /// Sums up what lies between two times.
    fn window(from: u64, to: u64, known: Known, names: &Names, lanes: L) -> Self {
        let mut groups = Groups::default();
        for &key in &known.groups {
            groups.id(key, names);
        }
        let sites = Sites::new(known.sites.iter().copied());
        let mut builder = Self {
            from,
            to,
            generation_start: 0,
            generation: 0,
            gc: GcState::new(known.goal),
            known,
            live: Vec::new(),
            rows: Vec::new(),
            existed: 0,
            groups,
            sites,
            wakes: Wakes::new(),
            longest_waits: Longest::new(TRACE_LONGEST),
            longest_delays: Longest::new(TRACE_LONGEST),
            delays: Default::default(),
            starved: Default::default(),
            procs: Procs::default(),
            annotations: Annotations::default(),
            samples: HashMap::default(),
            counts: Counts::default(),
            heap: Metric::default(),
            goal: Metric::default(),
            gomaxprocs: Metric::default(),
            timeline: Timeline::new(from),
            folded: Folded::default(),
            carried: None,
            end: 0,
            lanes,
        };
        builder.open_known_tasks();
        builder
    }

    /// The part of a span that lies in the window.
    #[inline]
    fn clip(&self, from: u64, to: u64) -> u64 {
        to.min(self.to).saturating_sub(from.max(self.from))
    }

    #[inline]
    fn is_inside(&self, time: u64) -> bool {
        time >= self.from && time <= self.to
    }

    fn live(&self, slot: u32) -> Option<&Live> {
        self.live.get(id_to_usize(slot))?.as_ref()
    }

    fn live_mut(&mut self, slot: u32) -> Option<&mut Live> {
        self.live.get_mut(id_to_usize(slot))?.as_mut()
    }

    fn count_kind(&mut self, kind: &EventKind) {
        let row = match kind {
            EventKind::Go(_) | EventKind::Proc(_) => 0,
            EventKind::ProcsChange(_) | EventKind::HeapAlloc(_) | EventKind::HeapGoal(_) => 1,
            EventKind::Gc(edge) => 2 + self.count_range(*edge, 0),
            EventKind::StopTheWorld(edge, _) => 2 + self.count_range(*edge, 1),
            EventKind::MarkAssist(edge, _) => 2 + self.count_range(*edge, 2),
            EventKind::Sweep { edge, .. } => 2 + self.count_range(*edge, 3),
            EventKind::GoLabel(_) => 5,
            EventKind::TaskBegin(..) => 6,
            EventKind::TaskEnd(_) => 7,
            EventKind::RegionBegin(..) => 8,
            EventKind::RegionEnd(..) => 9,
            EventKind::Log(..) => 10,
            EventKind::CpuSample { .. } => 11,
            EventKind::Experimental(_) => 12,
        };
        self.counts.kinds[row] += 1;
    }

    fn count_range(&mut self, edge: Edge, range: usize) -> usize {
        let edge = match edge {
            Edge::Begin => 0,
            Edge::Active => 1,
            Edge::End => 2,
        };
        self.counts.ranges[edge][range] += 1;
        edge
    }

    fn sample(&mut self, event: &Event) {
        if !self.is_inside(event.time) {
            return;
        }
        let group = event.go.and_then(|go| self.live(go.slot)).and_then(|live| live.group);
        if let Some(group) = group.and_then(|group| self.groups.rows.get_mut(group)) {
            group.samples += 1;
        } else if let Some(live) = event.go.and_then(|go| self.live_mut(go.slot)) {
            live.rare().pending.samples += 1;
        }
        self.timeline.sample(event.time);
        let key = (event.stack, group);
        let is_full = self.samples.len() >= TRACE_SAMPLE_STACKS && !self.samples.contains_key(&key);
        if is_full {
            self.folded.samples += 1;
        } else {
            *self.samples.entry(key).or_default() += 1;
        }
    }
}

impl<L: Stays> EventSink for Builder<L> {
    fn generation_begins(&mut self, _number: u64, start: u64) {
        self.generation_start = start;
        self.counts.kinds[13] += 1;
    }

    #[inline]
    fn event(&mut self, event: &Event, names: &Names) {
        // Behind the window only what restates a goroutine says anything of it.
        if event.time > self.to
            && !matches!(event.kind, EventKind::Go(change) if change.from == GoState::Undetermined)
        {
            return;
        }
        if self.is_inside(event.time) {
            self.count_kind(&event.kind);
            self.end = self.end.max(event.time);
        }
        match event.kind {
            EventKind::Go(change) => self.go(event, &change, names),
            EventKind::Proc(change) => self.proc(event, &change),
            EventKind::ProcsChange(count) => self.procs_change(event.time, count),
            EventKind::HeapAlloc(bytes) => self.heap_alloc(event.time, bytes),
            EventKind::HeapGoal(bytes) => self.heap_goal(event.time, bytes),
            EventKind::Gc(edge) => self.mark_phase(event.time, edge),
            EventKind::StopTheWorld(edge, kind) => self.stop_the_world(event, edge, kind, names),
            EventKind::MarkAssist(edge, go) => self.mark_assist(event.time, edge, go),
            EventKind::Sweep { edge, proc, swept, reclaimed } => {
                self.sweep(event.time, edge, proc, swept, reclaimed);
            }
            EventKind::GoLabel(label) => self.label(event, label, names),
            EventKind::TaskBegin(task, parent, name) => self.task_begin(event, task, parent, name),
            EventKind::TaskEnd(task) => self.task_end(event, task),
            EventKind::RegionBegin(task, name) => self.region_begin(event, task, name),
            EventKind::RegionEnd(task, name) => self.region_end(event, task, name),
            EventKind::Log(task, category, message) => {
                let go = event.go.map(|go| go.id);
                self.log(LogRow { time: event.time, go, task, category, message });
            }
            EventKind::CpuSample { .. } => self.sample(event),
            EventKind::Experimental(_) => {}
        }
    }

    fn generation_ends(&mut self, generation: &Generation, _names: &Names) {
        self.end = self.end.max(generation.end.min(self.to));
        self.groups.end_generation(self.generation);
        self.generation = self.generation.saturating_add(1);
    }
}
