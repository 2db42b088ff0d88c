//! What processors and goroutines did over a window, as lanes of segments to
//! draw: at most about two segments for each column of the picture.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::sums::{GoStay, Stays};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::limits::TRACE_SEGMENTS;
use crate::base::order::StableOrder;
use crate::base::packed::{PackedU8, PackedU32, PackedU64};
use crate::evidence::trace::event::GoState;

/// What a lane is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LaneOf {
    /// A processor, by the runtime's id: what ran there.
    Processor(u64),
    /// A goroutine, by the runtime's id: its states.
    Goroutine(u64),
}

/// One lane: rows `first..first + count` of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// What it is of.
    pub of: LaneOf,
    /// Group of the goroutine, the number of its row in the tables.
    pub group: Option<u32>,
    /// First segment.
    pub first: u32,
    /// Segments.
    pub count: u32,
}

/// State of a segment, as the column holds it: running.
pub const RUNNING: u8 = 0;
/// A GC worker running.
pub const GC_WORKER: u8 = 1;
/// Waiting for a processor.
pub const RUNNABLE: u8 = 2;
/// Blocked.
pub const WAITING: u8 = 3;
/// In a system call.
pub const SYSCALL: u8 = 4;
/// A column's value for none.
pub const NONE: u32 = u32::MAX;

/// Lanes, with one row a segment in each column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lanes {
    /// The lanes, processors by id, goroutines as they were asked for.
    pub lanes: Vec<Lane>,
    /// When each segment begins, within the window.
    pub from: PackedU64,
    /// When it ends, within the window.
    pub to: PackedU64,
    /// Its state; of several, the one with most time.
    pub state: PackedU8,
    /// How much of it that state and its like take, of 255: less where several were merged.
    pub fill: PackedU8,
    /// Stays that were merged into it, because each is narrower than a column.
    pub stays: PackedU32,
    /// The goroutine with most time in it.
    pub goroutine: PackedU64,
    /// Its group, or [`NONE`].
    pub group: PackedU32,
    /// Where it is, a number of the tables' sites, or [`NONE`].
    pub site: PackedU32,
    /// True if segments beyond the ceiling are left out.
    pub is_cut: bool,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    from: u64,
    to: u64,
    /// Time of the stays in it.
    busy: u64,
    stays: u32,
    /// Length of the stay that names it.
    longest: u64,
    state: u8,
    goroutine: u64,
    group: u32,
    site: u32,
}

/// Collects lanes while a window is read.
#[derive(Debug)]
pub struct LaneBuilder {
    from: u64,
    to: u64,
    /// Nanoseconds of a column.
    column: u64,
    segments: usize,
    /// Lanes of goroutines, by id.
    goroutines: HashMap<u64, usize, FxBuildHasher>,
    wanted: Vec<(u64, Vec<Segment>)>,
    processors: Vec<(u64, Vec<Segment>)>,
    is_cut: bool,
}

impl LaneBuilder {
    /// Lanes of all processors and of these goroutines between two times, for
    /// a picture of so many columns.
    pub fn new(from: u64, to: u64, columns: u32, goroutines: &[u64]) -> Self {
        let column = to.saturating_sub(from) / u64::from(columns.max(1));
        Self {
            from,
            to,
            column,
            segments: 0,
            goroutines: goroutines.iter().enumerate().map(|(lane, &id)| (id, lane)).collect(),
            wanted: goroutines.iter().map(|&id| (id, Vec::new())).collect(),
            processors: Vec::new(),
            is_cut: false,
        }
    }

    /// The lanes. Goroutines without a stay in the window have none.
    pub fn finish(mut self) -> Lanes {
        self.processors.order_by_key(|lane| lane.0);
        let mut lanes = Lanes { is_cut: self.is_cut, ..Lanes::default() };
        for (id, segments) in &self.processors {
            lanes.push(LaneOf::Processor(*id), None, segments);
        }
        for (id, segments) in self.wanted.iter().filter(|lane| !lane.1.is_empty()) {
            let group = segments.iter().map(|segment| segment.group).find(|&group| group != NONE);
            lanes.push(LaneOf::Goroutine(*id), group, segments);
        }
        lanes
    }

    fn processor(&mut self, id: u64) -> usize {
        let known = self.processors.iter().position(|lane| lane.0 == id);
        known.unwrap_or_else(|| {
            self.processors.push((id, Vec::new()));
            self.processors.len() - 1
        })
    }

    fn clipped(&self, stay: &GoStay) -> Option<Segment> {
        let (from, to) = (stay.from.max(self.from), stay.to.min(self.to));
        let state = match stay.state {
            GoState::Running if stay.is_gc => GC_WORKER,
            GoState::Running => RUNNING,
            GoState::Runnable => RUNNABLE,
            GoState::Waiting => WAITING,
            GoState::Syscall => SYSCALL,
            GoState::Undetermined | GoState::NotExist => return None,
        };
        (from < to).then(|| Segment {
            from,
            to,
            busy: to - from,
            stays: 1,
            longest: to - from,
            state,
            goroutine: stay.go,
            group: stay.group.map_or(NONE, |group| group.0),
            site: stay.site.map_or(NONE, |site| site.0),
        })
    }
}

impl Stays for LaneBuilder {
    fn go(&mut self, stay: &GoStay) {
        let is_running = stay.state == GoState::Running;
        let lane = self.goroutines.get(&stay.go).copied();
        if lane.is_none() && !is_running {
            return;
        }
        let Some(segment) = self.clipped(stay) else { return };
        if self.segments >= TRACE_SEGMENTS {
            self.is_cut = true;
            return;
        }
        let column = self.column;
        if let Some(proc) = stay.proc.filter(|_| is_running) {
            let lane = self.processor(proc);
            if let Some((_, segments)) = self.processors.get_mut(lane) {
                self.segments += usize::from(add(segments, segment, column));
            }
        }
        if let Some((_, segments)) = lane.and_then(|lane| self.wanted.get_mut(lane)) {
            self.segments += usize::from(add(segments, segment, column));
        }
    }
}

/// Adds a segment, or merges it into the last one if both fit into a column. True if added.
fn add(segments: &mut Vec<Segment>, segment: Segment, column: u64) -> bool {
    let fits = |last: &&mut Segment| segment.to.saturating_sub(last.from) <= column;
    let Some(last) = segments.last_mut().filter(fits) else {
        segments.push(segment);
        return true;
    };
    last.to = last.to.max(segment.to);
    last.busy = last.busy.saturating_add(segment.busy);
    last.stays = last.stays.saturating_add(1);
    if segment.longest > last.longest {
        let Segment { longest, state, goroutine, group, site, .. } = segment;
        *last = Segment { longest, state, goroutine, group, site, ..*last };
    }
    false
}

impl Lanes {
    fn push(&mut self, of: LaneOf, group: Option<u32>, segments: &[Segment]) {
        let (first, count) = (to_u32(self.from.0.len()), to_u32(segments.len()));
        self.lanes.push(Lane { of, group, first, count });
        for segment in segments {
            let length = segment.to.saturating_sub(segment.from).max(1);
            let fill = u128::from(segment.busy) * 255 / u128::from(length);
            self.from.0.push(segment.from);
            self.to.0.push(segment.to);
            self.state.0.push(segment.state);
            self.fill.0.push(u8::try_from(fill).unwrap_or(u8::MAX));
            self.stays.0.push(segment.stays);
            self.goroutine.0.push(segment.goroutine);
            self.group.0.push(segment.group);
            self.site.0.push(segment.site);
        }
    }

    /// Rows of a lane's segments in the columns.
    pub fn rows(&self, lane: &Lane) -> std::ops::Range<usize> {
        let first = id_to_usize(lane.first).min(self.from.0.len());
        first..(first + id_to_usize(lane.count)).min(self.from.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(go: u64, from: u64, to: u64, proc: Option<u64>) -> GoStay {
        let state = if proc.is_some() { GoState::Running } else { GoState::Waiting };
        GoStay { go, group: None, state, is_gc: false, from, to, site: None, proc, is_open: false }
    }

    /// Two goroutines take turns on processor 3; each turn is narrower than a column.
    #[test]
    fn stays_narrower_than_a_column_become_one_segment() {
        let mut builder = LaneBuilder::new(0, 1_000, 10, &[7]);
        for turn in 0..10 {
            builder.go(&stay(7, turn * 10, turn * 10 + 6, Some(3)));
            builder.go(&stay(8, turn * 10 + 6, turn * 10 + 9, Some(3)));
        }
        builder.go(&stay(7, 100, 2_000, None));
        let lanes = builder.finish();
        let of: Vec<LaneOf> = lanes.lanes.iter().map(|lane| lane.of).collect();
        assert_eq!(of, [LaneOf::Processor(3), LaneOf::Goroutine(7)]);
        let rows = lanes.rows(&lanes.lanes[0]);
        assert_eq!(rows, 0..1);
        assert_eq!((lanes.from.0[0], lanes.to.0[0], lanes.stays.0[0]), (0, 99, 20));
        assert_eq!((lanes.fill.0[0], lanes.goroutine.0[0]), (u8::try_from(90 * 255 / 99).unwrap(), 7));
        // The wait is clipped to the window.
        let rows = lanes.rows(&lanes.lanes[1]);
        assert_eq!((lanes.from.0[rows.end - 1], lanes.to.0[rows.end - 1]), (100, 1_000));
    }
}
