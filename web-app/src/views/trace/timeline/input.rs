//! What mouse, fingers, wheel and keys do to the timeline.

use analyzer_core::base::convert::to_f64;
use web_sys::{HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::super::scene::{self, RowOf};
use super::{Canvas, Hover, Pane};
use crate::components::flame::gesture::Gesture;

/// Factor that a key zooms by.
const KEY_ZOOM: f64 = 1.6;
/// Part of the width that a key moves by.
const KEY_STEP: f64 = 0.15;
/// A press that moves less is a click, in CSS pixels.
const STILL: f64 = 3.0;

impl Canvas {
    pub(super) fn pointer(&mut self, ctx: &Context<Self>, pane: Pane, event: &PointerEvent) {
        let (id, x, y) = (event.pointer_id(), f64::from(event.offset_x()), f64::from(event.offset_y()));
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
            Gesture::Click { x, y, .. } => self.hover = Some(Hover { pane, x, y }),
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
        let scale = match event.key().as_str() {
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
