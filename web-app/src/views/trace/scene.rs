//! The rows of the timeline, from top to bottom, and what lies at a point.

use analyzer_core::base::convert::{to_f64, to_u64};
use analyzer_core::session::TraceWindow;
use analyzer_core::session::lanes::{Lane, LaneOf, Lanes, NONE};

use super::lane_names::{Names, short};
use super::scale::Scale;
use crate::number_format as text;

/// Height of the axis on top.
pub const AXIS: f64 = 22.0;

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOf {
    /// Live heap and goal.
    Heap,
    /// Goroutines by state, the blocked apart.
    Goroutines,
    /// What the processors do.
    Processors,
    /// Mark phases and pauses.
    Collector,
    /// A row of user tasks, by number.
    Tasks(usize),
    /// A heading.
    Title,
    /// A processor's or goroutine's lane.
    Lane(LaneOf),
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it shows.
    pub of: RowOf,
    /// Its upper edge, in CSS pixels.
    pub y: f64,
    /// Its height.
    pub height: f64,
    /// Its name, if it is not told by what it shows.
    pub label: String,
}

/// The rows of one canvas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// Height of all.
    pub height: f64,
    /// True if there is a time axis on top.
    pub has_axis: bool,
}

impl Scene {
    /// The tracks: figures, rows of tasks, and the lanes that are pinned.
    pub fn tracks(tasks: usize, pins: &[u64]) -> Self {
        let mut scene = Self { rows: Vec::new(), height: AXIS, has_axis: true };
        scene.push(RowOf::Heap, 60.0, "Heap");
        scene.push(RowOf::Goroutines, 52.0, "Goroutines");
        scene.push(RowOf::Processors, 44.0, "Processors");
        scene.push(RowOf::Collector, 22.0, "GC, pauses");
        for row in 0..tasks {
            scene.push(RowOf::Tasks(row), 18.0, if row == 0 { "Tasks" } else { "" });
        }
        if !pins.is_empty() {
            scene.push(RowOf::Title, 20.0, "Pinned");
        }
        for &id in pins {
            scene.push(RowOf::Lane(LaneOf::Goroutine(id)), 20.0, "");
        }
        scene
    }

    /// The lanes of a picture; none until it is there.
    pub fn lanes(part: Option<&TraceWindow>, names: &Names, pins: &[u64]) -> Self {
        let mut scene = Self::default();
        let Some(part) = part else { return scene };
        let mut last = None;
        let is_pinned = |lane: &&Lane| matches!(lane.of, LaneOf::Goroutine(id) if pins.contains(&id));
        for lane in part.lanes.lanes.iter().filter(|lane| !is_pinned(lane)) {
            let heading = match lane.of {
                LaneOf::Processor(_) => Heading::Processors,
                LaneOf::Goroutine(_) => Heading::Group(lane.group.unwrap_or(NONE)),
            };
            if last != Some(heading) {
                let label = heading.label(&part.lanes, names);
                scene.push(RowOf::Title, 20.0, &label);
                last = Some(heading);
            }
            let height = if heading == Heading::Processors { 18.0 } else { 16.0 };
            scene.push(RowOf::Lane(lane.of), height, "");
        }
        if part.more_goroutines > 0 {
            let more = text::count_u64(part.more_goroutines);
            scene.push(
                RowOf::Title,
                20.0,
                &format!("{more} more goroutines: choose a group in the table below"),
            );
        }
        scene
    }

    fn push(&mut self, of: RowOf, height: f64, label: &str) {
        self.rows.push(Row { of, y: self.height, height, label: label.to_owned() });
        self.height += height;
    }

    /// The middle of a lane, if it is here.
    pub fn middle(&self, of: LaneOf) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.of == RowOf::Lane(of))?;
        Some(row.y + row.height / 2.0)
    }

    /// The goroutines with lanes here, from top to bottom.
    pub fn goroutines(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().filter_map(|row| match row.of {
            RowOf::Lane(LaneOf::Goroutine(id)) => Some(id),
            _ => None,
        })
    }

    /// The row at a height.
    pub fn row_at(&self, y: f64) -> Option<&Row> {
        let row = self.rows.partition_point(|row| row.y <= y).checked_sub(1)?;
        self.rows.get(row).filter(|row| y < row.y + row.height)
    }
}

/// What is above some lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    Processors,
    Group(u32),
}

impl Heading {
    fn label(self, lanes: &Lanes, names: &Names) -> String {
        let Self::Group(group) = self else { return "What runs on each processor".to_owned() };
        let start = names.start(group).map_or("goroutines without a name", short);
        let shown = lanes
            .lanes
            .iter()
            .filter(|lane| matches!(lane.of, LaneOf::Goroutine(_)) && lane.group == some(group))
            .count();
        match names.members(group) {
            Some(all) if all > to_u64(shown) => {
                format!("{start}: {} of {} goroutines", text::count_usize(shown), text::count_u64(all))
            }
            _ => format!("{start}: {}", text::counted(shown, "goroutine", "goroutines")),
        }
    }
}

/// The lane of this processor or goroutine.
pub fn lane(lanes: &Lanes, of: LaneOf) -> Option<&Lane> {
    lanes.lanes.iter().find(|lane| lane.of == of)
}

/// Rows of a lane that touch a part of the trace.
pub fn visible(lanes: &Lanes, lane: &Lane, from: u64, to: u64) -> std::ops::Range<usize> {
    let all = lanes.rows(lane);
    let (Some(ends), Some(starts)) = (lanes.to.0.get(all.clone()), lanes.from.0.get(all.clone())) else {
        return 0..0;
    };
    let first = all.start + ends.partition_point(|&end| end < from);
    let last = all.start + starts.partition_point(|&start| start <= to);
    first..last.max(first)
}

/// The segment of a lane at a CSS pixel: the nearest within two.
pub fn segment_at(lanes: &Lanes, of: LaneOf, scale: &Scale, x: f64) -> Option<usize> {
    let lane = lane(lanes, of)?;
    let moment = |x: f64| super::Window { ..Scale { from: scale.time(x).max(0.0), ..*scale }.window() }.from;
    let range = visible(lanes, lane, moment(x - 2.0), moment(x + 2.0));
    let at = scale.time(x);
    let distance = |row: &usize| {
        let (from, to) = (to_f64(lanes.from.0[*row]), to_f64(lanes.to.0[*row]));
        (from - at).max(at - to).max(0.0)
    };
    range.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// A moment of the lane's segment that is nearest to one.
pub fn nearest(lanes: &Lanes, of: LaneOf, at: u64) -> u64 {
    let rows = lane(lanes, of).map(|lane| lanes.rows(lane)).unwrap_or_default();
    let inside =
        |row: usize| at.clamp(lanes.from.0[row], lanes.to.0[row].saturating_sub(1).max(lanes.from.0[row]));
    rows.map(inside).min_by_key(|moment| moment.abs_diff(at)).unwrap_or(at)
}

/// A number of the columns, if it is one.
pub fn some(id: u32) -> Option<u32> {
    (id != NONE).then_some(id)
}
