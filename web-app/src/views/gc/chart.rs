//! Where everything of the chart lies, in CSS pixels: panels below each other
//! on one time axis.

use analyzer_core::base::convert::usize_to_f64;
use analyzer_core::report::{GcCycle, GcRun};

use super::scale::{Scale, time_marks};
use super::window::Window;

/// Height of a panel's title.
const TITLE: f64 = 22.0;
/// Height of the time axis.
const AXIS: f64 = 24.0;
/// Space between panels.
const BETWEEN: f64 = 8.0;
/// Room for the numbers left of the panels.
const LEFT: f64 = 62.0;
/// Room right of the panels.
const RIGHT: f64 = 8.0;
/// Distance of the marks of the time axis, at least.
const TIME_MARK: f64 = 90.0;

/// What a panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goal, heap at the end of marking, live heap.
    Heap,
    /// Stop-the-world pauses.
    Pauses,
    /// Who did the marking.
    Work,
    /// What the scavenger gave back.
    Released,
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What it shows.
    pub kind: Kind,
    /// Upper edge of the plot.
    pub top: f64,
    /// Lower edge of the plot.
    pub bottom: f64,
    /// The upright axis.
    pub scale: Scale,
    /// Its marks, as amounts.
    pub marks: Vec<i64>,
}

impl Panel {
    /// Height of an amount.
    pub fn y(&self, amount: i64) -> f64 {
        self.bottom - self.scale.share(amount) * (self.bottom - self.top)
    }

    /// Baseline of the title.
    pub fn title_y(&self) -> f64 {
        self.top - 8.0
    }
}

/// The chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Size.
    pub width: f64,
    /// Size.
    pub height: f64,
    /// Left edge of the plots.
    pub left: f64,
    /// Right edge of the plots.
    pub right: f64,
    /// The panels, from the top.
    pub panels: Vec<Panel>,
    /// Marks of the time axis.
    pub times: Vec<i64>,
    /// Where the time axis lies.
    pub axis_y: f64,
    /// What is in sight.
    pub window: Window,
}

impl Chart {
    /// Lays out the panels that a run has data for.
    pub fn new(run: &GcRun, window: Window, width: f64) -> Self {
        let (left, right) = (LEFT, (width - RIGHT).max(LEFT + 1.0));
        let cycles = window.cycles(run);
        let mut kinds = vec![(Kind::Heap, 200.0), (Kind::Pauses, 84.0), (Kind::Work, 56.0)];
        if !run.scavenges.is_empty() {
            kinds.push((Kind::Released, 56.0));
        }
        let mut y = 0.0;
        let mut panels = Vec::new();
        for (kind, height) in kinds {
            let top = y + TITLE;
            let scale = scale_of(kind, run, window, cycles);
            let marks = match kind {
                Kind::Heap => scale.byte_marks(6),
                Kind::Released => scale.byte_marks(3),
                Kind::Pauses => scale.decade_marks(),
                Kind::Work => vec![0, 5_000, 10_000],
            };
            panels.push(Panel { kind, top, bottom: top + height, scale, marks });
            y = top + height + BETWEEN;
        }
        let wanted = analyzer_core::base::convert::f64_to_i64((right - left) / TIME_MARK);
        let times = time_marks(window, wanted);
        Self { width, height: y + AXIS, left, right, panels, times, axis_y: y, window }
    }

    /// Where a time lies.
    pub fn x(&self, at: i64) -> f64 {
        self.left + self.window.share(at) * (self.right - self.left)
    }

    /// Share of the plots' width at a place.
    pub fn share(&self, x: f64) -> f64 {
        ((x - self.left) / (self.right - self.left)).clamp(0.0, 1.0)
    }

    /// The cycle nearest to a place, as an index into the run.
    pub fn nearest(&self, run: &GcRun, x: f64) -> Option<usize> {
        let at = self.window.at(self.share(x));
        let after = run.cycles.partition_point(|cycle| cycle.at.0 < at);
        let distance =
            |index: &usize| run.cycles.get(*index).map_or(i64::MAX, |cycle| (cycle.at.0 - at).abs());
        [after.checked_sub(1), Some(after)]
            .into_iter()
            .flatten()
            .filter(|index| *index < run.cycles.len())
            .min_by_key(distance)
    }

    /// True if cycles lie so far apart that each can have a mark of its own.
    pub fn is_sparse(&self, cycles: usize) -> bool {
        usize_to_f64(cycles) * 5.0 < self.right - self.left
    }
}

fn scale_of(kind: Kind, run: &GcRun, window: Window, cycles: &[GcCycle]) -> Scale {
    match kind {
        Kind::Heap => {
            // Goals of a program without a collector's limit have no place on the axis.
            let most = cycles.iter().map(|cycle| cycle.heap_end.0.max(cycle.heap_start.0)).max().unwrap_or(0);
            let goal =
                cycles.iter().map(|cycle| cycle.goal.0).filter(|goal| *goal <= most.saturating_mul(4)).max();
            Scale::linear(most.max(goal.unwrap_or(0)))
        }
        Kind::Pauses => {
            Scale::decades(cycles.iter().flat_map(|cycle| [cycle.sweep_stop.0, cycle.mark_stop.0]))
        }
        Kind::Work => Scale::Linear { top: 10_000.0 },
        Kind::Released => {
            let in_sight = run.scavenges.iter().filter(|scavenge| {
                scavenge.after.is_some_and(|after| after.0 >= window.from && after.0 <= window.to)
            });
            Scale::linear(in_sight.map(|scavenge| scavenge.released.0).max().unwrap_or(0))
        }
    }
}

/// A line through points.
pub fn line(points: impl Iterator<Item = (f64, f64)>) -> String {
    use std::fmt::Write;

    let mut path = String::new();
    for (x, y) in points {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        // Writing to a String does not fail.
        let _ = write!(path, "{letter}{x:.1} {y:.1}");
    }
    path
}

/// Upright steps: each amount holds from the point before to its own.
pub fn steps(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut before: Option<f64> = None;
    line(points.flat_map(|(x, y)| {
        let corner = before.replace(x).map(|x| (x, y));
        corner.into_iter().chain([(x, y)])
    }))
}

/// The room between a line and the bottom.
pub fn area(points: impl Iterator<Item = (f64, f64)>, bottom: f64) -> String {
    let points: Vec<(f64, f64)> = points.collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    format!("{}L{:.1} {bottom:.1}L{:.1} {bottom:.1}Z", line(points.iter().copied()), last.0, first.0)
}

/// A dot at each point, drawn by round line ends.
pub fn dots(points: impl Iterator<Item = (f64, f64)>) -> String {
    points.map(|(x, y)| format!("M{x:.1} {y:.1}h0")).collect()
}

/// An upright stroke for each pair of heights.
pub fn strokes(pairs: impl Iterator<Item = (f64, f64, f64)>) -> String {
    pairs.map(|(x, from, to)| format!("M{x:.1} {from:.1}V{to:.1}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::run;
    use super::*;

    #[test]
    fn panels_lie_below_each_other_and_hold_their_amounts() {
        let run = run();
        let chart = Chart::new(&run, Window::whole(&run), 800.0);
        assert_eq!(
            chart.panels.iter().map(|panel| panel.kind).collect::<Vec<_>>(),
            [Kind::Heap, Kind::Pauses, Kind::Work]
        );
        assert!(chart.panels.windows(2).all(|pair| pair[0].bottom < pair[1].top));
        let heap = &chart.panels[0];
        for cycle in &run.cycles {
            let y = heap.y(cycle.heap_end.0);
            assert!(y > heap.top && y < heap.bottom, "{y}");
            assert!(heap.y(cycle.live.0) > y);
        }
    }

    #[test]
    fn a_goal_out_of_all_proportion_does_not_flatten_the_heap() {
        let mut run = run();
        run.cycles[3].goal = analyzer_core::base::units::Bytes(8 << 60);
        let chart = Chart::new(&run, Window::whole(&run), 800.0);
        let heap = &chart.panels[0];
        assert!(heap.y(200 << 20) < heap.top + 40.0);
    }

    #[test]
    fn the_nearest_cycle_is_found() {
        let run = run();
        let chart = Chart::new(&run, Window::whole(&run), 800.0);
        for index in 0..run.cycles.len() {
            assert_eq!(chart.nearest(&run, chart.x(run.cycles[index].at.0) + 2.0), Some(index));
        }
        assert_eq!(chart.nearest(&run, -50.0), Some(0));
        assert_eq!(chart.nearest(&run, 5_000.0), Some(9));
    }

    #[test]
    fn paths_are_what_they_say() {
        let points = || [(0.0, 5.0), (10.0, 2.0)].into_iter();
        assert_eq!(line(points()), "M0.0 5.0L10.0 2.0");
        assert_eq!(steps(points()), "M0.0 5.0L0.0 2.0L10.0 2.0");
        assert_eq!(area(points(), 9.0), "M0.0 5.0L10.0 2.0L10.0 9.0L0.0 9.0Z");
        assert_eq!(dots(points()), "M0.0 5.0h0M10.0 2.0h0");
    }
}
