//! What is selected, and the arrows of its wake-ups.

use std::collections::HashSet;
use std::f64::consts::PI;

use analyzer_core::base::convert::{f64_to_i64, to_f64};
use analyzer_core::session::WakeEdge;
use analyzer_core::session::lanes::LaneOf;

use super::super::palette::Ink;
use super::super::scene::{Row, Scene};
use super::super::selection::Selected;
use super::super::tasks;
use super::{Frame, Painter, SMALL};

/// Size of an arrow's head.
const HEAD: f64 = 5.0;

/// What is marked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// What is selected.
    pub selected: Option<Selected>,
    /// Begin and end of the selected state.
    pub stay: Option<(u64, u64)>,
    /// Wake-ups and creations that the selected goroutine has a part in.
    pub edges: Vec<WakeEdge>,
    /// The range that is being selected, in CSS pixels.
    pub range: Option<(f64, f64)>,
}

impl Marks {
    /// The selected goroutine.
    pub fn goroutine(&self) -> Option<u64> {
        self.selected.and_then(Selected::goroutine)
    }
}

impl Painter {
    /// The ground of a lane: that of the selected one stands out.
    pub(super) fn ground(&self, frame: &Frame<'_>, row: &Row, of: LaneOf) {
        if matches!(of, LaneOf::Goroutine(id) if frame.marks.goroutine() == Some(id)) {
            self.fill(frame, Ink::Selected);
            self.pen.fill_rect(frame.scale.left, row.y, frame.scale.width, row.height - 1.0);
        }
    }

    /// A row of user tasks.
    pub(super) fn tasks(&self, frame: &Frame<'_>, row: &Row, number: usize) {
        let source = frame.detail.or(frame.base);
        let trace = source.map_or(frame.report, |source| &source.part.trace);
        let (pen, scale) = (&self.pen, &frame.scale);
        pen.set_font(SMALL);
        pen.set_text_baseline("middle");
        for task in frame.tasks.get(number).into_iter().flatten() {
            let from = scale.x(to_f64(task.begin)).max(scale.left - 1.0);
            let to = scale.x(to_f64(tasks::end(trace, task))).min(scale.left + scale.width + 1.0);
            if to < scale.left || from > scale.left + scale.width {
                continue;
            }
            let width = (to - from - 1.0).max(1.0);
            let is_selected = frame.marks.selected == Some(Selected::Task(task.task));
            self.fill(frame, if is_selected { Ink::Accent } else { Ink::Task });
            pen.fill_rect(from, row.y + 1.0, width, row.height - 3.0);
            if width > 24.0 {
                self.fill(frame, Ink::Surface);
                self.fitted(&task.name, from + 4.0, row.y + row.height / 2.0, width - 8.0);
            }
        }
    }

    /// The selected state, arrows, and the range that is being selected.
    pub(super) fn marks(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let lane = frame.marks.goroutine().map(LaneOf::Goroutine);
        let row = lane.and_then(|lane| frame.scene.middle(lane));
        if let Some(((from, to), middle)) = frame.marks.stay.zip(row) {
            let (left, right) = (scale.x(to_f64(from)), scale.x(to_f64(to)));
            let (left, right) = (left.max(scale.left - 4.0), right.min(scale.left + scale.width + 4.0));
            pen.set_stroke_style_str(frame.palette.get(Ink::Accent));
            pen.set_line_width(2.0);
            pen.stroke_rect(left - 1.0, middle - 8.0, (right - left + 2.0).max(4.0), 15.0);
        }
        if lane.is_some() {
            self.arrows(frame);
        }
        if let Some((from, to)) = frame.marks.range {
            self.fill(frame, Ink::Accent);
            pen.set_global_alpha(0.25);
            pen.fill_rect(from.min(to), frame.scrolled, (to - from).abs(), frame.height);
            pen.set_global_alpha(1.0);
        }
    }

    /// Arrows from whoever wakes or creates to whoever is woken or created, one
    /// for all between the same lanes at the same pixel.
    fn arrows(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let mut drawn = HashSet::new();
        pen.set_stroke_style_str(frame.palette.get(Ink::Text));
        self.fill(frame, Ink::Text);
        pen.set_line_width(1.0);
        for edge in &frame.marks.edges {
            let x = self.snap(scale.x(to_f64(edge.at))) + 0.5;
            if x < scale.left || x > scale.left + scale.width {
                continue;
            }
            let (from, to) = (self.waker_at(frame, edge), self.woken_at(frame, edge));
            let ends = [from, to].map(f64_to_i64);
            if ends[0] == ends[1] || !drawn.insert((f64_to_i64(x), ends)) {
                continue;
            }
            pen.begin_path();
            pen.move_to(x, from);
            pen.line_to(x, to);
            pen.stroke();
            let back = if to > from { -HEAD } else { HEAD };
            pen.begin_path();
            pen.move_to(x, to);
            pen.line_to(x - HEAD * 0.6, to + back);
            pen.line_to(x + HEAD * 0.6, to + back);
            pen.fill();
            pen.begin_path();
            let _ = pen.arc(x, from, 2.0, 0.0, 2.0 * PI);
            pen.fill();
        }
    }

    /// Where an arrow begins: at the lane of the waker, or the processor that it ran on.
    fn waker_at(&self, frame: &Frame<'_>, edge: &WakeEdge) -> f64 {
        let goroutine = edge.from.map(LaneOf::Goroutine);
        let processor = edge.processor.map(LaneOf::Processor);
        let lane = |scene: &Scene, of: Option<LaneOf>| of.and_then(|of| scene.middle(of));
        let other = frame.other;
        lane(frame.scene, goroutine)
            .or_else(|| lane(other, goroutine).map(|_| self.beyond(frame)))
            .or_else(|| lane(frame.scene, processor))
            .or_else(|| lane(other, processor).map(|_| self.beyond(frame)))
            // A timer or the network poller.
            .unwrap_or_else(|| self.woken_at(frame, edge) - 14.0)
    }

    /// Where it ends.
    fn woken_at(&self, frame: &Frame<'_>, edge: &WakeEdge) -> f64 {
        let of = LaneOf::Goroutine(edge.to);
        let here = frame.scene.middle(of);
        here.or_else(|| frame.other.middle(of).map(|_| self.beyond(frame)))
            // It has no lane: the arrow points away from the one that wakes it.
            .or_else(|| Some(frame.scene.middle(LaneOf::Goroutine(edge.from?))? + 14.0))
            .unwrap_or_else(|| self.beyond(frame))
    }

    /// The edge of the canvas that is toward the other one: tracks are above lanes.
    fn beyond(&self, frame: &Frame<'_>) -> f64 {
        if frame.scene.has_axis { frame.height } else { frame.scrolled }
    }
}
