//! What pointer, wheel and keys do to the graph.

use gloo::timers::callback::Timeout;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::super::data::Step;
use super::super::geometry::Hit;
use super::super::gesture::Gesture;
use super::super::viewport::Viewport;
use super::{FlameCanvas, MenuAt, Msg, whole};

/// Part of the width that a key moves by.
const KEY_STEP: f64 = 0.1;
/// Factor that a key zooms by.
const KEY_ZOOM: f64 = 1.5;
/// Factor that a click zooms by on frames too narrow to tell apart that take this part of the width.
const SLIVER_ZOOM: f64 = 10.0;
const FILLED: f64 = 0.8;
/// How long a finger rests until the menu opens, in milliseconds.
const LONG_PRESS_MILLIS: u32 = 550;

impl FlameCanvas {
    pub(super) fn pointer(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let (id, x, y) = (event.pointer_id(), f64::from(event.offset_x()), f64::from(event.offset_y()));
        let gesture = match event.type_().as_str() {
            "pointerdown" => {
                self.pressed = Some((x, y));
                if event.button() == 0 {
                    if let Some(pane) = self.pane.cast::<HtmlElement>() {
                        let _ = pane.set_pointer_capture(id);
                    }
                    self.gestures.down(id, x, y);
                    self.expect_long_press(ctx, event);
                }
                Gesture::None
            }
            "pointermove" => self.gestures.moved(id, x, y),
            "pointerup" => {
                self.long_press = None;
                if event.button() == 0 {
                    self.pressed = None;
                }
                self.gestures.up(id, x, y, event.time_stamp())
            }
            "pointercancel" => {
                self.gestures.cancel(id);
                self.long_press = None;
                self.pressed = None;
                Gesture::None
            }
            "pointerleave" => {
                self.set_hovered(ctx, None);
                Gesture::None
            }
            _ => Gesture::None,
        };
        self.act(ctx, gesture);
    }

    /// Not every browser turns a long press into a menu.
    fn expect_long_press(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        if event.pointer_type() == "touch" {
            let (link, id) = (ctx.link().clone(), event.pointer_id());
            let at = (f64::from(event.client_x()), f64::from(event.client_y()));
            self.long_press =
                Some(Timeout::new(LONG_PRESS_MILLIS, move || link.send_message(Msg::LongPress { id, at })));
        }
    }

    pub(super) fn long_pressed(&mut self, ctx: &Context<Self>, id: i32, at: (f64, f64)) {
        self.long_press = None;
        if !self.gestures.is_resting() {
            return;
        }
        if let Some((x, y)) = self.pressed.take() {
            // What follows is no click.
            self.gestures.cancel(id);
            let hit = self.hit(ctx, x, y);
            self.open_menu(ctx, hit, at);
        }
    }

    /// The browser wants its menu: by the right button, a long press, or a key.
    pub(super) fn menu(&mut self, ctx: &Context<Self>, event: &MouseEvent) {
        self.long_press = None;
        let (hit, at) = match self.pressed.take() {
            Some((x, y)) => (self.hit(ctx, x, y), (f64::from(event.client_x()), f64::from(event.client_y()))),
            None => {
                let Some(node) = ctx.props().selected else { return };
                (Some(Hit::Node(node)), self.place_of(ctx, node))
            }
        };
        if self.open_menu(ctx, hit, at) {
            event.prevent_default();
        }
    }

    /// Opens the menu of a node. True if there is one.
    fn open_menu(&mut self, ctx: &Context<Self>, hit: Option<Hit>, (x, y): (f64, f64)) -> bool {
        let Some(Hit::Node(node)) = hit else { return false };
        ctx.props().on_select.emit(Some(node));
        ctx.props().on_menu.emit(MenuAt { node, x, y });
        true
    }

    /// Where a node is in the window, in CSS pixels.
    fn place_of(&self, ctx: &Context<Self>, node: u32) -> (f64, f64) {
        let Some(pane) = self.pane.cast::<HtmlElement>() else { return (0.0, 0.0) };
        let area = pane.get_bounding_client_rect();
        let graph = &ctx.props().graph;
        let x =
            graph.range_of(node).map_or(0.0, |(start, _)| self.view.x_of(start)).clamp(0.0, self.view.width);
        let y = self.view.y_of(graph.depth(node), graph.nodes().depths()) + self.view.row;
        (area.left() + x, area.top() + y.clamp(0.0, self.view.height))
    }

    fn act(&mut self, ctx: &Context<Self>, gesture: Gesture) {
        let total = self.span(ctx);
        match gesture {
            Gesture::None => {}
            Gesture::Hover { x, y } => {
                let hit = self.hit(ctx, x, y);
                self.set_hovered(ctx, hit);
            }
            Gesture::Pan { dx, dy } => {
                self.set(ctx, self.view.panned(-dx, total));
                if let Some(scroller) = self.scroller.cast::<HtmlElement>() {
                    scroller.set_scroll_top(whole(self.view.scroll - dy));
                }
            }
            Gesture::Pinch { x, factor, dx } => {
                self.set(ctx, self.view.zoomed(x, factor, total).panned(-dx, total));
            }
            Gesture::Click { x, y, is_double } => {
                let hit = self.hit(ctx, x, y);
                self.click(ctx, hit, is_double, x);
            }
        }
    }

    fn click(&mut self, ctx: &Context<Self>, hit: Option<Hit>, is_double: bool, x: f64) {
        match hit {
            Some(Hit::Node(node)) if is_double => ctx.props().on_zoom.emit(Some(node)),
            Some(Hit::Node(node)) => ctx.props().on_select.emit(Some(node)),
            // Nothing to name: come nearer until there is.
            Some(Hit::Sliver(nodes)) => {
                let graph = &ctx.props().graph;
                let range = graph.range_of(nodes.start).zip(graph.range_of(nodes.end.saturating_sub(1)));
                if let Some(((start, _), (_, end))) = range {
                    // What fills most of the width gets no nearer by filling all of it.
                    let near = self.view.zoomed(x, SLIVER_ZOOM, self.span(ctx));
                    let is_filled = end - start > (self.view.end - self.view.start) * FILLED;
                    let (start, end) = if is_filled { (near.start, near.end) } else { (start, end) };
                    self.move_to(ctx, start, end, None);
                    self.draw_soon(ctx, false);
                }
            }
            None if is_double => ctx.props().on_zoom.emit(None),
            None => ctx.props().on_select.emit(None),
        }
    }

    fn hit(&self, ctx: &Context<Self>, x: f64, y: f64) -> Option<Hit> {
        self.painter.as_ref()?.hit(&ctx.props().graph, &self.view, x, y)
    }

    pub(super) fn set(&mut self, ctx: &Context<Self>, view: Viewport) {
        self.moving = None;
        self.view = view;
        self.draw_soon(ctx, false);
    }

    pub(super) fn set_hovered(&mut self, ctx: &Context<Self>, hit: Option<Hit>) {
        if self.hovered != hit {
            self.hovered.clone_from(&hit);
            ctx.props().on_hover.emit(hit);
            self.draw_soon(ctx, true);
        }
    }

    pub(super) fn wheel(&mut self, ctx: &Context<Self>, event: &WheelEvent) {
        let total = self.span(ctx);
        // Lines and pages, as some mice count, in pixels.
        let unit = match event.delta_mode() {
            0 => 1.0,
            1 => 20.0,
            _ => self.view.height,
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let factor = (-dy.clamp(-120.0, 120.0) * 0.006).exp();
            self.set(ctx, self.view.zoomed(f64::from(event.offset_x()), factor, total));
        } else if event.shift_key() || dx.abs() > dy.abs() {
            event.prevent_default();
            let by = if dx == 0.0 { dy } else { dx };
            self.set(ctx, self.view.panned(by, total));
        }
    }

    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let total = self.span(ctx);
        let (middle, step) = (self.view.width / 2.0, self.view.width * KEY_STEP);
        let moved = match event.key().as_str() {
            "+" | "=" | "w" => self.view.zoomed(middle, KEY_ZOOM, total),
            "-" | "s" => self.view.zoomed(middle, 1.0 / KEY_ZOOM, total),
            "a" => self.view.panned(-step, total),
            "d" => self.view.panned(step, total),
            other => {
                if self.walk(ctx, other) {
                    event.prevent_default();
                    event.stop_propagation();
                }
                return;
            }
        };
        event.prevent_default();
        event.stop_propagation();
        self.set(ctx, moved);
    }

    /// Keys that go from node to node. True if the key was one.
    fn walk(&mut self, ctx: &Context<Self>, key: &str) -> bool {
        let props = ctx.props();
        let graph = &props.graph;
        let (up, down) = match props.is_flipped {
            false => (Step::Caller, Step::Callee),
            true => (Step::Callee, Step::Caller),
        };
        let step = match key {
            "ArrowUp" => up,
            "ArrowDown" => down,
            "ArrowLeft" => Step::Previous,
            "ArrowRight" => Step::Next,
            "Escape" => {
                let is_all = self.shows((0.0, self.span(ctx)));
                if is_all {
                    props.on_select.emit(None);
                } else {
                    props.on_zoom.emit(None);
                    self.move_to(ctx, 0.0, self.span(ctx), None);
                    self.draw_soon(ctx, false);
                }
                return true;
            }
            "Enter" => {
                props.on_zoom.emit(props.selected);
                return true;
            }
            "0" => {
                props.on_zoom.emit(None);
                self.move_to(ctx, 0.0, self.span(ctx), None);
                self.draw_soon(ctx, false);
                return true;
            }
            _ => return false,
        };
        let start = props.selected.or(props.zoomed).unwrap_or(0);
        let next = if props.selected.is_some() { graph.neighbor(start, step) } else { Some(start) };
        if let Some(next) = next {
            props.on_select.emit(Some(next));
        }
        true
    }
}
