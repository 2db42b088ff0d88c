//! The flame graph as a component: a scrolling window with a canvas that
//! stays in place and is drawn again when something moves.

mod input;

use std::rc::Rc;

use analyzer_core::base::convert::{i64_to_f64, usize_to_f64};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    HtmlCanvasElement, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, ResizeObserver, WheelEvent,
};
use yew::prelude::*;

use super::data::FlameGraph;
use super::geometry::Hit;
use super::gesture::Gestures;
use super::painter::{Look, Marks, Painter};
use super::viewport::Viewport;
use crate::state::Shared;

/// Height of a row, in CSS pixels.
pub const ROW: f64 = 20.0;
/// How long a zoom takes, in milliseconds.
const MOVE_MILLIS: f64 = 180.0;

/// Properties of [`FlameCanvas`].
#[derive(Clone, PartialEq, Properties)]
pub struct FlameProps {
    /// What to draw.
    pub graph: Shared<FlameGraph>,
    /// What the graph shows, for those who do not see it.
    pub label: AttrValue,
    /// True if the root is the lowest row.
    #[prop_or_default]
    pub is_flipped: bool,
    /// True if the page is dark.
    pub is_dark: bool,
    /// The node that fills the width.
    #[prop_or_default]
    pub zoomed: Option<u32>,
    /// The selected node.
    #[prop_or_default]
    pub selected: Option<u32>,
    /// Frames that the search found, one flag a frame.
    #[prop_or_default]
    pub matches: Option<Rc<Vec<bool>>>,
    /// Called with what lies under the pointer.
    pub on_hover: Callback<Option<Hit>>,
    /// Called with the node that was selected.
    pub on_select: Callback<Option<u32>>,
    /// Called with the node to zoom to; `None` for everything.
    pub on_zoom: Callback<Option<u32>>,
    /// Called with the node whose menu is asked for, which is selected first.
    #[prop_or_default]
    pub on_menu: Callback<MenuAt>,
    /// Called with the values that are seen.
    #[prop_or_default]
    pub on_window: Callback<(f64, f64)>,
    /// The values to show, from elsewhere (a minimap).
    #[prop_or_default]
    pub window: Option<(f64, f64)>,
}

/// A wish for the menu of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MenuAt {
    /// The node.
    pub node: u32,
    /// CSS pixels from the left of the window.
    pub x: f64,
    /// CSS pixels from the top of the window.
    pub y: f64,
}

/// What happens to the component.
pub enum Msg {
    /// A pointer did something.
    Pointer(PointerEvent),
    /// The wheel turned.
    Wheel(WheelEvent),
    /// A key went down.
    Key(KeyboardEvent),
    /// The browser is about to show its menu.
    Menu(MouseEvent),
    /// A finger rests, at a place in the window.
    LongPress {
        /// The pointer.
        id: i32,
        /// CSS pixels from the left and the top of the window.
        at: (f64, f64),
    },
    /// The rows were scrolled.
    Scrolled,
    /// The element's size changed.
    Resized,
    /// Time to draw.
    Frame(f64),
}

/// A move from one window to another.
struct Move {
    from: Viewport,
    goal: Viewport,
    /// When it began; the first frame sets it.
    begin: Option<f64>,
}

/// The component.
pub struct FlameCanvas {
    scroller: NodeRef,
    pane: NodeRef,
    boxes: NodeRef,
    marks: NodeRef,
    painter: Option<Painter>,
    view: Viewport,
    moving: Option<Move>,
    frame: Option<AnimationFrame>,
    gestures: Gestures,
    hovered: Option<Hit>,
    /// Where a pointer went down last; `None` once it is up or its menu is open.
    pressed: Option<(f64, f64)>,
    long_press: Option<Timeout>,
    /// The root is to be scrolled into sight.
    is_root_wanted: bool,
    /// Only the marks changed since the last frame.
    only_marks: bool,
    _wheel: Option<EventListener>,
    observer: Option<(ResizeObserver, Closure<dyn Fn()>)>,
}

impl Component for FlameCanvas {
    type Message = Msg;
    type Properties = FlameProps;

    fn create(ctx: &Context<Self>) -> Self {
        let props = ctx.props();
        let span = i64_to_f64(props.graph.span()).max(1.0);
        let (start, end) = props.zoomed.and_then(|node| props.graph.range_of(node)).unwrap_or((0.0, span));
        Self {
            scroller: NodeRef::default(),
            pane: NodeRef::default(),
            boxes: NodeRef::default(),
            marks: NodeRef::default(),
            painter: None,
            view: Viewport {
                start,
                end: end.max(start + 1.0),
                width: 1.0,
                height: 1.0,
                scroll: 0.0,
                row: ROW,
                flipped: props.is_flipped,
            },
            moving: None,
            frame: None,
            gestures: Gestures::default(),
            hovered: None,
            pressed: None,
            long_press: None,
            is_root_wanted: props.is_flipped,
            only_marks: false,
            _wheel: None,
            observer: None,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &FlameProps) -> bool {
        let props = ctx.props();
        if props.window != old.window && props.graph == old.graph {
            // The window that this component told of comes back: nothing to draw.
            if let Some((start, end)) = props.window.filter(|window| !self.shows(*window)) {
                self.set(ctx, self.view.with_range(start, end, self.span(ctx)));
            }
            if (FlameProps { window: old.window, ..props.clone() }) == *old {
                return false;
            }
        }
        let is_closer = props.graph.question().is_some() && props.graph.question() == old.graph.question();
        if props.graph != old.graph {
            self.set_hovered(ctx, None);
            let goal = self.goal_range(props);
            // A closer look stays where it is, unless it is the first to have the node to zoom to.
            let is_found =
                props.zoomed.is_some() && old.graph.viewport().is_none() && goal != self.goal_range(old);
            if !is_closer || is_found {
                self.moving = None;
                self.view = self.view.with_range(goal.0, goal.1, self.span(ctx));
            }
        } else if props.zoomed != old.zoomed {
            let (start, end) = self.goal_range(props);
            self.move_to(ctx, start, end, props.zoomed);
        }
        self.view.flipped = props.is_flipped;
        self.is_root_wanted |= props.is_flipped != old.is_flipped;
        let name = |props: &FlameProps| props.selected.map(|node| props.graph.id_of(node));
        if props.selected != old.selected
            && !(is_closer && name(props) == name(old))
            && let Some(node) = props.selected
        {
            self.reveal(props, node);
            self.follow(ctx, node);
        }
        self.draw_soon(ctx, false);
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Pointer(event) => self.pointer(ctx, &event),
            Msg::Wheel(event) => self.wheel(ctx, &event),
            Msg::Key(event) => self.key(ctx, &event),
            Msg::Menu(event) => self.menu(ctx, &event),
            Msg::LongPress { id, at } => self.long_pressed(ctx, id, at),
            Msg::Scrolled | Msg::Resized => self.draw_soon(ctx, false),
            Msg::Frame(now) => self.draw(ctx, now),
        }
        false
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let height = usize_to_f64(props.graph.nodes().depths()) * ROW;
        let pointer = ctx.link().callback(Msg::Pointer);
        html! {
            <div class="flame-scroll" ref={self.scroller.clone()} onscroll={ctx.link().callback(|_| Msg::Scrolled)}>
                <div class="flame-space" style={format!("height:{height}px")}>
                    <div
                        class="flame-pane" ref={self.pane.clone()} tabindex="0" role="application"
                        aria-roledescription="flame graph" aria-label={props.label.clone()}
                        onpointerdown={&pointer} onpointermove={&pointer} onpointerup={&pointer}
                        onpointercancel={&pointer} onpointerleave={&pointer}
                        onkeydown={ctx.link().callback(Msg::Key)} oncontextmenu={ctx.link().callback(Msg::Menu)}
                    >
                        <canvas ref={self.boxes.clone()} />
                        <canvas ref={self.marks.clone()} />
                    </div>
                </div>
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && let Err(error) = self.attach(ctx) {
            web_sys::console::error_1(&error);
        }
        if std::mem::take(&mut self.is_root_wanted)
            && let Some(scroller) = self.scroller.cast::<HtmlElement>()
        {
            scroller.set_scroll_top(if ctx.props().is_flipped { scroller.scroll_height() } else { 0 });
        }
        self.draw_soon(ctx, false);
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some((observer, _)) = &self.observer {
            observer.disconnect();
        }
    }
}

impl FlameCanvas {
    fn attach(&mut self, ctx: &Context<Self>) -> Result<(), JsValue> {
        let (Some(boxes), Some(marks), Some(pane)) = (
            self.boxes.cast::<HtmlCanvasElement>(),
            self.marks.cast::<HtmlCanvasElement>(),
            self.pane.cast::<HtmlElement>(),
        ) else {
            return Ok(());
        };
        self.painter = Some(Painter::new(&boxes, &marks)?);
        // A passive listener could not keep the page from zooming.
        let link = ctx.link().clone();
        let options = EventListenerOptions::enable_prevent_default();
        self._wheel = Some(EventListener::new_with_options(&pane, "wheel", options, move |event| {
            if let Some(event) = event.dyn_ref::<WheelEvent>() {
                link.send_message(Msg::Wheel(event.clone()));
            }
        }));
        let link = ctx.link().clone();
        let closure = Closure::<dyn Fn()>::new(move || link.send_message(Msg::Resized));
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref())?;
        if let Some(scroller) = self.scroller.cast::<HtmlElement>() {
            observer.observe(&scroller);
        }
        self.observer = Some((observer, closure));
        Ok(())
    }

    fn span(&self, ctx: &Context<Self>) -> f64 {
        i64_to_f64(ctx.props().graph.span()).max(1.0)
    }

    fn shows(&self, (start, end): (f64, f64)) -> bool {
        let slack = (self.view.end - self.view.start) * 1e-9;
        (self.view.start - start).abs() <= slack && (self.view.end - end).abs() <= slack
    }

    fn goal_range(&self, props: &FlameProps) -> (f64, f64) {
        let graph = &props.graph;
        let all = (0.0, i64_to_f64(graph.span()).max(1.0));
        props.zoomed.and_then(|node| graph.range_of(node)).unwrap_or(all)
    }

    /// Takes the element's place in the page: size and scroll.
    fn measure(&mut self) {
        let Some(scroller) = self.scroller.cast::<HtmlElement>() else { return };
        self.view.width = f64::from(scroller.client_width()).max(1.0);
        self.view.height = f64::from(scroller.client_height()).max(1.0);
        self.view.scroll = f64::from(scroller.scroll_top()).max(0.0);
    }

    fn draw_soon(&mut self, ctx: &Context<Self>, only_marks: bool) {
        self.only_marks = only_marks && (self.only_marks || self.frame.is_none());
        if self.frame.is_none() {
            let link = ctx.link().clone();
            self.frame = Some(request_animation_frame(move |now| link.send_message(Msg::Frame(now))));
        }
    }

    fn draw(&mut self, ctx: &Context<Self>, now: f64) {
        self.frame = None;
        let only_marks = std::mem::take(&mut self.only_marks);
        self.measure();
        self.advance(ctx, now);
        let props = ctx.props();
        let marks = Marks {
            matches: props.matches.as_ref().map(|matches| matches.as_slice()),
            selected: props.selected,
            hovered: self.hovered.as_ref(),
        };
        let Some(painter) = &mut self.painter else { return };
        if only_marks {
            painter.paint_marks(&props.graph, &self.view, &marks);
            return;
        }
        let window = gloo::utils::window();
        let is_forced =
            window.match_media("(forced-colors: active)").ok().flatten().is_some_and(|query| query.matches());
        painter.set_look(Look { is_dark: props.is_dark, is_forced });
        painter.resize(self.view.width, self.view.height, window.device_pixel_ratio());
        painter.paint(&props.graph, &self.view, &marks);
        props.on_window.emit((self.view.start, self.view.end));
    }

    /// Goes on with a move.
    fn advance(&mut self, ctx: &Context<Self>, now: f64) {
        let Some(moving) = &mut self.moving else { return };
        let begin = *moving.begin.get_or_insert(now);
        let done = ((now - begin) / MOVE_MILLIS).clamp(0.0, 1.0);
        // Fast first, then settling.
        let eased = 1.0 - (1.0 - done).powi(3);
        let next = moving.from.toward(moving.goal, eased);
        (self.view.start, self.view.end) = (next.start, next.end);
        if done < 1.0 {
            self.draw_soon(ctx, false);
        } else {
            (self.view.start, self.view.end) = (moving.goal.start, moving.goal.end);
            self.moving = None;
        }
    }

    fn move_to(&mut self, ctx: &Context<Self>, start: f64, end: f64, node: Option<u32>) {
        let goal = self.view.with_range(start, end, self.span(ctx));
        let is_still = gloo::utils::window()
            .match_media("(prefers-reduced-motion: reduce)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches());
        if is_still {
            (self.view.start, self.view.end) = (goal.start, goal.end);
        } else {
            self.moving = Some(Move { from: self.view, goal, begin: None });
        }
        if let Some(node) = node {
            self.reveal(ctx.props(), node);
        }
    }

    /// Scrolls so that a node's row is seen.
    fn reveal(&mut self, props: &FlameProps, node: u32) {
        let Some(scroller) = self.scroller.cast::<HtmlElement>() else { return };
        self.measure();
        let nodes = props.graph.nodes();
        let depth = nodes.depth_of(analyzer_core::base::convert::id_to_usize(node));
        let y = self.view.y_of(depth, nodes.depths());
        let by = if y < 0.0 {
            y
        } else if y + ROW > self.view.height {
            y + ROW - self.view.height
        } else {
            return;
        };
        scroller.set_scroll_top(whole(self.view.scroll + by));
    }

    /// Pans so that a node is seen that was reached by key or search.
    fn follow(&mut self, ctx: &Context<Self>, node: u32) {
        let Some((start, end)) = ctx.props().graph.range_of(node) else { return };
        let span = self.view.end - self.view.start;
        let seen = end.min(self.view.end) - start.max(self.view.start);
        // Enough of it is in sight to see where it is.
        if seen >= (end - start).min(span * 0.02) && seen > 0.0 {
            return;
        }
        let goal = (start + end - span) / 2.0;
        self.move_to(ctx, goal, goal + span, None);
        self.draw_soon(ctx, false);
    }
}

/// Scroll positions are whole pixels.
fn whole(pixels: f64) -> i32 {
    i32::try_from(analyzer_core::base::convert::f64_to_i64(pixels.round())).unwrap_or(0)
}
