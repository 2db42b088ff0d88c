//! What is told of the place under the pointer.

use analyzer_core::base::convert::{f64_to_i64, to_f64};
use analyzer_core::report::trace::AnnotationRow;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::super::scene::{self, Row, RowOf};
use super::super::tip;
use super::{Canvas, Hover, Pane, TimelineProps, section};

/// Room between the pointer and what is told, in CSS pixels.
const GAP: f64 = 14.0;

impl Canvas {
    pub(super) fn tip(&self, props: &TimelineProps) -> Html {
        let Some((hover, trace)) = self.hover.zip(section(props)) else { return Html::default() };
        let Some(row) = self.row_at(hover).filter(|_| hover.x >= self.scale.left) else {
            return Html::default();
        };
        let (part, names) = match (&props.detail, &props.base) {
            (Some(detail), _) => (Some(&**detail), &self.names[1]),
            (None, base) => (base.as_deref(), &self.names[0]),
        };
        let moment = self.scale.time(hover.x);
        let content = match row.of {
            RowOf::Title => return Html::default(),
            RowOf::Lane(of) => {
                let Some(part) = part else { return Html::default() };
                match scene::segment_at(&part.lanes, of, &self.scale, hover.x) {
                    Some(at) => tip::stay(part, names, of, at),
                    None => tip::nothing(of, moment),
                }
            }
            RowOf::Tasks(number) => {
                let Some(task) = self.task_at(number, hover.x) else { return Html::default() };
                tip::task(part.map_or(trace, |part| &part.trace), task)
            }
            track => {
                let inside = part.map(|part| &part.trace);
                let inside = inside.filter(|part| to_f64(part.from) <= moment && moment <= to_f64(part.to));
                tip::track(trace, inside.unwrap_or(trace), track, moment)
            }
        };
        let is_right = hover.x > self.scale.left + self.scale.width / 2.0;
        let x = if is_right {
            format!("right:calc(100% - {}px)", f64_to_i64(hover.x - GAP))
        } else {
            format!("left:{}px", f64_to_i64(hover.x + GAP))
        };
        // Where there is more room: below the pointer, or above it.
        let shelf = self.shelf.cast::<HtmlElement>().map_or(0.0, |shelf| f64::from(shelf.client_height()));
        let top = if hover.pane == Pane::Lanes { self.track_scene.height } else { 0.0 } + hover.y;
        let y = if top > (self.track_scene.height + shelf) / 2.0 {
            format!("bottom:calc(100% - {}px)", f64_to_i64(top - GAP))
        } else {
            format!("top:{}px", f64_to_i64(top + GAP))
        };
        html! { <div class="trace-tip" role="status" style={format!("{x};{y}")}>{ content }</div> }
    }

    /// The task of a row at a CSS pixel: the nearest within two.
    pub(super) fn task_at(&self, number: usize, x: f64) -> Option<&AnnotationRow> {
        let tasks = self.tasks.get(number)?;
        let (from, to) = (self.scale.time(x - 2.0), self.scale.time(x + 2.0));
        tasks.iter().find(|task| to_f64(task.begin) <= to && task.end.is_none_or(|end| to_f64(end) >= from))
    }

    /// The row under the pointer.
    pub(super) fn row_at(&self, hover: Hover) -> Option<&Row> {
        match hover.pane {
            Pane::Tracks => self.track_scene.row_at(hover.y),
            Pane::Lanes => self.lane_scene.row_at(hover.y + self.scrolled()),
        }
    }
}
