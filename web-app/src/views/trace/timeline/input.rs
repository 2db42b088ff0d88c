//! What mouse, fingers, wheel and keys do to the timeline.

use analyzer_core::base::convert::{f64_to_i64, to_f64};
use analyzer_core::session::lanes::LaneOf;
use web_sys::{HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::super::scene::{self, RowOf};
use super::super::selection::{Selected, cleared, pinned, pins};
use super::{Canvas, Hover, Pane, here};
use crate::components::flame::gesture::Gesture;
use crate::state::Params;

/// Factor that a key zooms by.
const KEY_ZOOM: f64 = 1.6;
/// Part of the width that a key moves by.
const KEY_STEP: f64 = 0.15;
/// A press that moves less is a click, in CSS pixels.
const STILL: f64 = 3.0;

impl Canvas {
    pub(super) fn pointer(&mut self, ctx: &Context<Self>, pane: Pane, event: &PointerEvent) {
        let (id, x, y) = (event.pointer_id(), f64::from(event.offset_x()), f64::from(event.offset_y()));
        if self.ranges(ctx, event, x) {
            return;
        }
        let gesture = match event.type_().as_str() {
            "pointerdown" if event.button() == 0 => {
                capture(event);
                self.gestures.down(id, x, y);
                Gesture::None
            }
            "pointermove" => self.gestures.moved(id, x, y),
            "pointerup" => self.gestures.up(id, x, y, event.time_stamp()),
            "pointercancel" => {
                self.gestures.cancel(id);
                Gesture::None
            }
            "pointerleave" => {
                self.hover = None;
                self.draw_soon(ctx);
                Gesture::None
            }
            _ => Gesture::None,
        };
        match gesture {
            Gesture::None => {}
            Gesture::Hover { x, y } => {
                self.hover = Some(Hover { pane, x, y });
                self.draw_soon(ctx);
            }
            Gesture::Pan { dx, dy } => {
                if let Some(shelf) = self.shelf.cast::<HtmlElement>().filter(|_| pane == Pane::Lanes) {
                    shelf.set_scroll_top((f64::from(shelf.scroll_top()) - dy).round() as i32);
                }
                self.set(ctx, self.scale.panned(-dx));
            }
            Gesture::Pinch { x, factor, dx } => self.set(ctx, self.scale.zoomed(x, factor).panned(-dx)),
            Gesture::Click { x, y, is_double: true } => self.zoom_to(ctx, pane, x, y),
            Gesture::Click { x, y, .. } => self.select_at(ctx, Hover { pane, x, y }),
        }
    }

    /// A drag with Shift held selects a range, which is what is seen then. True if the event is part of one.
    fn ranges(&mut self, ctx: &Context<Self>, event: &PointerEvent, x: f64) -> bool {
        let x = x.clamp(self.scale.left, self.scale.left + self.scale.width);
        let kind = event.type_();
        match (kind.as_str(), self.marks.range) {
            ("pointerdown", None) if event.shift_key() && event.button() == 0 => {
                capture(event);
                self.marks.range = Some((x, x));
            }
            ("pointermove", Some((start, _))) => self.marks.range = Some((start, x)),
            ("pointerup", Some((start, _))) => {
                self.marks.range = None;
                if (x - start).abs() > STILL {
                    let (from, to) = (self.scale.time(start.min(x)), self.scale.time(start.max(x)));
                    self.set(ctx, self.scale.showing(from, to - from));
                }
            }
            ("pointercancel", Some(_)) => self.marks.range = None,
            (_, is_ranging) => return is_ranging.is_some(),
        }
        self.draw_soon(ctx);
        true
    }

    /// Selects what is under the pointer: the goroutine in its state there, or the task.
    fn select_at(&mut self, ctx: &Context<Self>, hover: Hover) {
        self.hover = Some(hover);
        let props = &ctx.props().inner;
        let Some((row, here)) = self.row_at(hover).zip(here(props)) else { return };
        let moment = u64::try_from(f64_to_i64(self.scale.time(hover.x))).unwrap_or(0);
        let params = match row.of {
            RowOf::Lane(of) => {
                let Some(lanes) = here.lanes else { return };
                let segment = scene::segment_at(lanes, of, &self.scale, hover.x);
                // Within the state, though the pointer is a little beside it.
                let at = segment.map_or(moment, |row| {
                    let (from, to) = (lanes.from.0[row], lanes.to.0[row]);
                    moment.clamp(from, to.saturating_sub(1).max(from))
                });
                match (of, segment) {
                    (LaneOf::Goroutine(id), _) => here.goroutine(id, Some(at)),
                    (LaneOf::Processor(_), Some(row)) => here.goroutine(lanes.goroutine.0[row], Some(at)),
                    (LaneOf::Processor(_), None) => return,
                }
            }
            RowOf::Tasks(number) => match self.task_at(number, hover.x) {
                Some(task) => cleared(&props.params).with("task", task.task.to_string()),
                None => return,
            },
            _ => return,
        };
        self.select(ctx, params);
    }

    fn select(&self, ctx: &Context<Self>, params: Params) {
        if let Some(link) = ctx.props().link.as_ref().filter(|_| params != ctx.props().inner.params) {
            link.refine(params);
        }
    }

    /// Selects the goroutine whose lane is so many lanes further down.
    fn step_lane(&self, ctx: &Context<Self>, down: bool) {
        let props = &ctx.props().inner;
        let Some(here) = here(props) else { return };
        let ids: Vec<u64> = self.track_scene.goroutines().chain(self.lane_scene.goroutines()).collect();
        let selected = Selected::of(&props.params);
        let now =
            selected.and_then(Selected::goroutine).and_then(|id| ids.iter().position(|&other| other == id));
        let next = match now {
            Some(row) if down => row + 1,
            Some(row) => row.wrapping_sub(1),
            None => 0,
        };
        let Some((&id, lanes)) = ids.get(next).zip(here.lanes) else { return };
        let at = match selected {
            Some(Selected::Goroutine(_, Some(at))) => at,
            _ => self.scale.window().from / 2 + self.scale.window().to / 2,
        };
        self.select(ctx, here.goroutine(id, Some(scene::nearest(lanes, LaneOf::Goroutine(id), at))));
    }

    /// Selects the state before or after the selected one.
    fn step_state(&self, ctx: &Context<Self>, forward: bool) {
        let props = &ctx.props().inner;
        let Some((here, details)) = here(props).zip(props.details.as_ref()) else { return };
        let stay = details.stay.as_ref();
        let at = stay.and_then(|stay| if forward { stay.next } else { stay.previous });
        if let Some(at) = at {
            self.select(ctx, here.goroutine(details.goroutine, Some(at)));
        }
    }

    /// Zooms to the stay under the pointer, with some room at its sides.
    fn zoom_to(&mut self, ctx: &Context<Self>, pane: Pane, x: f64, y: f64) {
        let props = &ctx.props().inner;
        let segment = self.row_at(Hover { pane, x, y }).and_then(|row| match row.of {
            RowOf::Lane(of) => {
                let part = props.detail.as_ref().or(props.base.as_ref())?;
                let at = scene::segment_at(&part.lanes, of, &self.scale, x)?;
                Some((to_f64(part.lanes.from.0[at]), to_f64(part.lanes.to.0[at])))
            }
            _ => None,
        });
        let scale = match segment {
            Some((from, to)) => self.scale.showing(from - (to - from) * 0.1, (to - from) * 1.2),
            None => self.scale.zoomed(x, 4.0),
        };
        self.set(ctx, scale);
    }

    pub(super) fn strip_pointer(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let whole = self.scale.everything();
        let x = f64::from(event.offset_x()).clamp(whole.left, whole.left + whole.width);
        match event.type_().as_str() {
            "pointerdown" if event.button() == 0 => {
                capture(event);
                self.selecting = Some(x);
            }
            "pointermove" => {
                let Some(start) = self.selecting else { return };
                if (x - start).abs() > STILL {
                    let (from, to) = (whole.time(start.min(x)), whole.time(start.max(x)));
                    self.set(ctx, self.scale.showing(from, to - from));
                }
            }
            _ => {
                // A click moves the part that is seen there.
                if self.selecting.take().is_some_and(|start| (x - start).abs() <= STILL) {
                    let span = self.scale.span();
                    self.set(ctx, self.scale.showing(whole.time(x) - span / 2.0, span));
                }
            }
        }
    }

    pub(super) fn wheel(&mut self, ctx: &Context<Self>, event: &WheelEvent) {
        // Lines and pages, as some mice count, in pixels.
        let unit = match event.delta_mode() {
            0 => 1.0,
            1 => 20.0,
            _ => 400.0,
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let factor = (-dy.clamp(-120.0, 120.0) * 0.006).exp();
            self.set(ctx, self.scale.zoomed(f64::from(event.offset_x()), factor));
        } else if event.shift_key() || dx.abs() > dy.abs() {
            event.prevent_default();
            self.set(ctx, self.scale.panned(if dx == 0.0 { dy } else { dx }));
        }
    }

    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let middle = self.scale.left + self.scale.width / 2.0;
        let step = self.scale.width * KEY_STEP;
        let key = event.key();
        let params = &ctx.props().inner.params;
        let is_done = match (key.as_str(), self.marks.selected) {
            ("ArrowDown" | "ArrowUp", _) => {
                self.step_lane(ctx, key == "ArrowDown");
                true
            }
            ("[" | "]", Some(_)) => {
                self.step_state(ctx, key == "]");
                true
            }
            ("p", Some(Selected::Goroutine(id, _))) => {
                self.select(ctx, pinned(params, id, !pins(params).contains(&id)));
                true
            }
            ("Escape", Some(_)) => {
                self.select(ctx, cleared(params));
                true
            }
            _ => false,
        };
        if is_done {
            event.prevent_default();
            event.stop_propagation();
            return;
        }
        let scale = match key.as_str() {
            "+" | "=" | "w" => self.scale.zoomed(middle, KEY_ZOOM),
            "-" | "s" => self.scale.zoomed(middle, 1.0 / KEY_ZOOM),
            "a" | "ArrowLeft" => self.scale.panned(-step),
            "d" | "ArrowRight" => self.scale.panned(step),
            "0" | "Escape" => self.scale.everything(),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        self.set(ctx, scale);
    }
}

/// Has the canvas hear of the pointer until it is up. It is the event's target:
/// the current target is the element that hears all events of the page.
fn capture(event: &PointerEvent) {
    if let Some(canvas) = event.target_dyn_into::<HtmlElement>() {
        let _ = canvas.set_pointer_capture(event.pointer_id());
    }
}
