//! What the program says of itself: tasks, regions, logs, labels.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::live::OpenRegion;
use super::longest::Longest;
use super::{Builder, Stays};
use crate::analysis::trace::summary::{Annotation, AnnotationRow, LogRow};
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::{
    TRACE_ANNOTATION_NAMES, TRACE_CROSSINGS, TRACE_LOGS, TRACE_LONGEST, TRACE_OPEN_ANNOTATIONS,
};
use crate::base::order::StableOrder;
use crate::evidence::trace::event::Event;

/// Regions of one goroutine that are open at once: calls nest some dozen deep.
const OPEN_REGIONS: usize = 1_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct OpenTask {
    name: StrId,
    parent: u64,
    go: Option<u64>,
    begin: u64,
}

/// A user task or region that lasted over the boundary of a generation: a part
/// of the trace that begins later would know only its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnotationSpan {
    /// What it is.
    pub of: Annotated,
    /// Its name.
    pub name: StrId,
    /// Task id; for a region that of its task, 0 if none.
    pub task: u64,
    /// When it began.
    pub begin: u64,
    /// When it ended; `None` if the trace ended before.
    pub end: Option<u64>,
}

/// What an annotation is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotated {
    /// A task, with its parent (0 if none) and the goroutine that began it.
    Task {
        /// Parent task.
        parent: u64,
        /// The goroutine.
        go: Option<u64>,
    },
    /// A region of a goroutine.
    Region {
        /// The goroutine.
        go: u64,
    },
}

/// A row in the order of length: length, then the earlier.
type Ranked = (u64, Reverse<u64>, u64, u32);

/// Sums of annotations.
#[derive(Debug)]
pub(super) struct Annotations {
    open_tasks: HashMap<u64, OpenTask, FxBuildHasher>,
    pub tasks: BTreeMap<StrId, Annotation>,
    pub regions: BTreeMap<StrId, Annotation>,
    longest_tasks: Longest<(Ranked, RowData)>,
    longest_regions: Longest<(Ranked, RowData)>,
    pub log_categories: BTreeMap<StrId, u64>,
    pub logs: Vec<LogRow>,
    pub labels: BTreeMap<StrId, u64>,
    pub folded_names: u64,
    pub folded_tasks: u64,
    pub folded_logs: u64,
}

/// The rest of a row, which does not decide its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowData {
    parent: u64,
    go: Option<u64>,
}

impl Default for Annotations {
    fn default() -> Self {
        Self {
            open_tasks: HashMap::default(),
            tasks: BTreeMap::new(),
            regions: BTreeMap::new(),
            longest_tasks: Longest::new(TRACE_LONGEST),
            longest_regions: Longest::new(TRACE_LONGEST),
            log_categories: BTreeMap::new(),
            logs: Vec::new(),
            labels: BTreeMap::new(),
            folded_names: 0,
            folded_tasks: 0,
            folded_logs: 0,
        }
    }
}

impl Annotations {
    /// A label was set.
    pub(super) fn label(&mut self, label: StrId, is_inside: bool) {
        if is_inside && let Some(count) = entry(&mut self.labels, label, &mut self.folded_names) {
            *count += 1;
        }
    }

    /// The longest tasks; those that are open at `end` come first.
    pub(super) fn task_rows(&mut self, end: u64) -> Vec<AnnotationRow> {
        let mut open: Vec<AnnotationRow> = self
            .open_tasks
            .drain()
            .map(|(task, open)| {
                let OpenTask { name, parent, go, begin } = open;
                AnnotationRow { name, task, parent, go, begin, end: None }
            })
            .filter(|row| row.begin <= end)
            .collect();
        open.order_by_key(|row| (row.begin, row.task));
        for row in &open {
            if let Some(sum) = entry(&mut self.tasks, row.name, &mut self.folded_names) {
                sum.open += 1;
            }
        }
        open.truncate(TRACE_LONGEST);
        let longest = std::mem::replace(&mut self.longest_tasks, Longest::new(0));
        open.extend(longest.into_sorted().map(into_row));
        open
    }

    /// The longest regions; `open` ones come first.
    pub(super) fn region_rows(&mut self, open: Vec<AnnotationRow>) -> Vec<AnnotationRow> {
        let mut open = open;
        open.order_by_key(|row| (row.begin, row.go, row.name));
        for row in &open {
            if let Some(sum) = entry(&mut self.regions, row.name, &mut self.folded_names) {
                sum.open += 1;
            }
        }
        open.truncate(TRACE_LONGEST);
        let longest = std::mem::replace(&mut self.longest_regions, Longest::new(0));
        open.extend(longest.into_sorted().map(into_row));
        open
    }
}

fn into_row(((nanos, begin, task, name), data): (Ranked, RowData)) -> AnnotationRow {
    let RowData { parent, go } = data;
    AnnotationRow {
        name: StrId(name),
        task,
        parent,
        go,
        begin: begin.0,
        end: Some(begin.0.saturating_add(nanos)),
    }
}

/// The sum of a name, if it has one or there is room for one more.
fn entry<'a, T: Default>(
    sums: &'a mut BTreeMap<StrId, T>,
    name: StrId,
    folded: &mut u64,
) -> Option<&'a mut T> {
    if sums.len() >= TRACE_ANNOTATION_NAMES && !sums.contains_key(&name) {
        *folded += 1;
        return None;
    }
    Some(sums.entry(name).or_default())
}

impl<L: Stays> Builder<L> {
    /// `trace.NewTask`.
    pub(super) fn task_begin(&mut self, event: &Event, task: u64, parent: u64, name: StrId) {
        self.open_task(task, OpenTask { name, parent, go: event.go.map(|go| go.id), begin: event.time });
    }

    fn open_task(&mut self, task: u64, open: OpenTask) {
        let annotations = &mut self.annotations;
        if annotations.open_tasks.len() >= TRACE_OPEN_ANNOTATIONS {
            annotations.folded_tasks += 1;
        } else {
            annotations.open_tasks.insert(task, open);
        }
    }

    /// Opens the tasks that are known to have begun before the part that is read.
    pub(super) fn open_known_tasks(&mut self) {
        for span in std::mem::take(&mut self.known.tasks) {
            if let Annotated::Task { parent, go } = span.of {
                self.open_task(span.task, OpenTask { name: span.name, parent, go, begin: span.begin });
            }
        }
    }

    /// Keeps a task or region for zooming if a part could begin in the middle of it.
    fn keep_span(&mut self, span: AnnotationSpan) {
        let is_long = span.begin < self.generation_start;
        let Some(kept) = self.carried.as_mut().filter(|_| is_long) else { return };
        if kept.annotations.len() < TRACE_CROSSINGS {
            kept.annotations.push(span);
        } else {
            self.folded.crossings += 1;
        }
    }

    /// Keeps what is open at the end, likewise.
    pub(super) fn keep_open_tasks(&mut self) {
        let open: Vec<_> = self.annotations.open_tasks.iter().map(|(&task, &open)| (task, open)).collect();
        for (task, OpenTask { name, parent, go, begin }) in open {
            self.keep_span(AnnotationSpan {
                of: Annotated::Task { parent, go },
                name,
                task,
                begin,
                end: None,
            });
        }
    }

    /// Keeps an open region of a goroutine, likewise.
    pub(super) fn keep_open_region(&mut self, go: u64, open: OpenRegion) {
        let OpenRegion { name, task, begin } = open;
        self.keep_span(AnnotationSpan { of: Annotated::Region { go }, name, task, begin, end: None });
    }

    /// `Task.End`; the name is that of the begin, generations ago perhaps.
    pub(super) fn task_end(&mut self, event: &Event, task: u64) {
        let open = self.annotations.open_tasks.remove(&task);
        if let Some(OpenTask { name, parent, go, begin }) = open {
            let of = Annotated::Task { parent, go };
            self.keep_span(AnnotationSpan { of, name, task, begin, end: Some(event.time) });
        }
        if event.time < self.from {
            return;
        }
        let nanos = open.map_or(0, |open| self.clip(open.begin, event.time));
        let name = open.map_or(StringTable::EMPTY, |open| open.name);
        let annotations = &mut self.annotations;
        let Some(sum) = entry(&mut annotations.tasks, name, &mut annotations.folded_names) else { return };
        let Some(open) = open else {
            sum.ended_only += 1;
            return;
        };
        sum.done.add(nanos);
        let rank = (event.time.saturating_sub(open.begin), Reverse(open.begin), task, name.0);
        annotations.longest_tasks.offer((rank, RowData { parent: open.parent, go: open.go }));
    }

    /// `trace.StartRegion` or `WithRegion`.
    pub(super) fn region_begin(&mut self, event: &Event, task: u64, name: StrId) {
        let Some(live) = event.go.and_then(|go| self.live_mut(go.slot)) else { return };
        let regions = &mut live.rare().regions;
        if regions.len() < OPEN_REGIONS {
            regions.push(OpenRegion { name, task, begin: event.time });
        }
    }

    /// The innermost region of the goroutine ends.
    pub(super) fn region_end(&mut self, event: &Event, task: u64, name: StrId) {
        let rare = event.go.and_then(|go| self.live_mut(go.slot)).and_then(|live| live.rare.as_mut());
        // What began before the trace is not on the stack.
        let open = rare.and_then(|rare| rare.regions.pop_if(|open| open.name == name && open.task == task));
        if let Some((open, go)) = open.zip(event.go) {
            let of = Annotated::Region { go: go.id };
            let OpenRegion { name, task, begin } = open;
            self.keep_span(AnnotationSpan { of, name, task, begin, end: Some(event.time) });
        }
        if event.time < self.from {
            return;
        }
        let nanos = open.map_or(0, |open| self.clip(open.begin, event.time));
        let annotations = &mut self.annotations;
        let Some(sum) = entry(&mut annotations.regions, name, &mut annotations.folded_names) else { return };
        let Some(open) = open else {
            sum.ended_only += 1;
            return;
        };
        sum.done.add(nanos);
        let rank = (event.time.saturating_sub(open.begin), Reverse(open.begin), task, name.0);
        let data = RowData { parent: 0, go: event.go.map(|go| go.id) };
        annotations.longest_regions.offer((rank, data));
    }

    /// `trace.Log`.
    pub(super) fn log(&mut self, row: LogRow) {
        if !self.is_inside(row.time) {
            return;
        }
        let annotations = &mut self.annotations;
        if let Some(count) =
            entry(&mut annotations.log_categories, row.category, &mut annotations.folded_names)
        {
            *count += 1;
        }
        if annotations.logs.len() < TRACE_LOGS {
            annotations.logs.push(row);
        } else {
            annotations.folded_logs += 1;
        }
    }
}
