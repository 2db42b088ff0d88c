//! The timeline as a component: a strip of the whole trace to select from,
//! and below it tracks, and lanes to scroll through, of the part that is seen.

mod hover;
mod input;

use analyzer_core::base::convert::to_f64;
use analyzer_core::report::Report;
use analyzer_core::report::trace::Trace as Section;
use analyzer_core::session::GoroutineDetails;
use analyzer_core::session::lanes::LaneOf;
use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

use super::lane_names::Names;
use super::painter::{Frame, Marks, Painter, Source};
use super::palette::Palette;
use super::scale::Scale;
use super::scene::Scene;
use super::selection::{Here, Selected, pins};
use super::tasks::{TaskRow, packed};
use super::tip;
use super::{Part, Window};
use crate::components::flame::gesture::Gestures;
use crate::link::{Link, use_link};
use crate::state::{Params, Shared};

/// Rest after which what is seen is read more closely, in milliseconds.
const SETTLE_MILLIS: u32 = 140;
/// Width of the names at the left, on a wide page and on a narrow one.
const GUTTER: [f64; 2] = [132.0, 84.0];
/// Width from which a page is wide.
const WIDE: f64 = 640.0;
/// Height of the strip.
const STRIP: f64 = 44.0;

/// Properties of [`Timeline`].
#[derive(Clone, PartialEq, Properties)]
pub struct TimelineProps {
    /// The report.
    pub report: Shared<Report>,
    /// Which of its traces.
    pub chosen: usize,
    /// The address.
    pub params: Params,
    /// The part that the address names.
    pub window: Window,
    /// The whole trace, once it was read for drawing.
    pub base: Option<Part>,
    /// The part, likewise.
    pub detail: Option<Part>,
    /// What there is to know of the goroutine that is selected.
    pub details: Option<Shared<GoroutineDetails>>,
    /// True if the page is dark.
    pub is_dark: bool,
    /// True while a closer look is under way.
    pub is_pending: bool,
}

/// The timeline, with the page at hand.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let link = use_link();
    html! { <Canvas inner={props.clone()} {link} /> }
}

#[derive(Clone, PartialEq, Properties)]
struct CanvasProps {
    inner: TimelineProps,
    link: Option<Link>,
}

enum Msg {
    Pointer(Pane, PointerEvent),
    Strip(PointerEvent),
    Wheel(WheelEvent),
    Key(KeyboardEvent),
    Resized,
    Scrolled,
    Settled,
    Frame,
}

/// One of the two canvases with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pane {
    /// Figures over time.
    Tracks,
    /// Processors and goroutines.
    Lanes,
}

/// What is under the pointer, to be told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hover {
    pane: Pane,
    x: f64,
    /// Within the canvas.
    y: f64,
}

struct Canvas {
    wrapper: NodeRef,
    tracks: NodeRef,
    lanes: NodeRef,
    /// The box that the lanes scroll in.
    shelf: NodeRef,
    strip: NodeRef,
    painters: Option<Painters>,
    palette: Palette,
    scale: Scale,
    track_scene: Scene,
    lane_scene: Scene,
    tasks: Vec<TaskRow>,
    marks: Marks,
    names: [Names; 2],
    hover: Option<Hover>,
    /// Where a selection on the strip began.
    selecting: Option<f64>,
    gestures: Gestures,
    frame: Option<AnimationFrame>,
    settle: Option<Timeout>,
    _wheel: Option<EventListener>,
    observer: Option<(ResizeObserver, Closure<dyn Fn()>)>,
}

struct Painters {
    tracks: Painter,
    lanes: Painter,
    strip: Painter,
}

impl Component for Canvas {
    type Message = Msg;
    type Properties = CanvasProps;

    fn create(ctx: &Context<Self>) -> Self {
        let props = &ctx.props().inner;
        let whole = section(props).map_or(props.window, Window::whole);
        let mut canvas = Self {
            wrapper: NodeRef::default(),
            tracks: NodeRef::default(),
            lanes: NodeRef::default(),
            shelf: NodeRef::default(),
            strip: NodeRef::default(),
            painters: None,
            palette: Palette::default(),
            scale: Scale::new(props.window, whole),
            track_scene: Scene::default(),
            lane_scene: Scene::default(),
            tasks: Vec::new(),
            marks: Marks::default(),
            names: Default::default(),
            hover: None,
            selecting: None,
            gestures: Gestures::default(),
            frame: None,
            settle: None,
            _wheel: None,
            observer: None,
        };
        canvas.arrange(props);
        canvas
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &CanvasProps) -> bool {
        let (props, old) = (&ctx.props().inner, &old.inner);
        if (&props.report, props.chosen) != (&old.report, old.chosen) {
            let whole = section(props).map_or(props.window, Window::whole);
            self.scale =
                Scale { left: self.scale.left, width: self.scale.width, ..Scale::new(props.window, whole) };
        } else if props.window != old.window && props.window != self.scale.window() && self.settle.is_none() {
            // The address was changed elsewhere: Back, or a link of a table.
            self.scale = self.scale.showing(to_f64(props.window.from), to_f64(props.window.nanos()));
        }
        if props.is_dark != old.is_dark {
            self.read_palette();
        }
        let before = self.marks.goroutine();
        self.arrange(props);
        if self.marks.goroutine() != before {
            self.reveal();
        }
        self.draw_soon(ctx);
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let before = self.hover;
        match msg {
            Msg::Pointer(pane, event) => self.pointer(ctx, pane, &event),
            Msg::Strip(event) => self.strip_pointer(ctx, &event),
            Msg::Wheel(event) => self.wheel(ctx, &event),
            Msg::Key(event) => self.key(ctx, &event),
            Msg::Resized | Msg::Scrolled => self.draw_soon(ctx),
            Msg::Settled => self.settled(ctx),
            Msg::Frame => self.draw(ctx),
        }
        self.hover != before
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = &ctx.props().inner;
        let on = |pane: Pane| ctx.link().callback(move |event| Msg::Pointer(pane, event));
        let (tracks, lanes, strip) = (on(Pane::Tracks), on(Pane::Lanes), ctx.link().callback(Msg::Strip));
        let label = section(props).map(|trace| tip::spoken(trace, props.window)).unwrap_or_default();
        let shelf = format!("height:min({}px, var(--trace-shelf))", self.lane_scene.height);
        let class = self.marks.selected.map(|_| "with-details");
        html! {
            <div class={classes!("trace-timeline", class)} ref={self.wrapper.clone()}>
                <canvas
                    class="trace-strip" ref={self.strip.clone()} role="img"
                    aria-label="The whole trace: drag to select a range"
                    onpointerdown={&strip} onpointermove={&strip} onpointerup={&strip} onpointercancel={&strip}
                />
                <div
                    class="trace-plot" tabindex="0" role="application" aria-roledescription="timeline"
                    aria-label={label} onkeydown={ctx.link().callback(Msg::Key)}
                >
                    <canvas
                        class="trace-tracks" ref={self.tracks.clone()}
                        onpointerdown={&tracks} onpointermove={&tracks} onpointerup={&tracks}
                        onpointercancel={&tracks} onpointerleave={&tracks}
                    />
                    <div
                        class="trace-lanes" ref={self.shelf.clone()} style={shelf}
                        onscroll={ctx.link().callback(|_: Event| Msg::Scrolled)}
                    >
                        <div style={format!("height:{}px", self.lane_scene.height)}>
                            <canvas
                                ref={self.lanes.clone()}
                                onpointerdown={&lanes} onpointermove={&lanes} onpointerup={&lanes}
                                onpointercancel={&lanes} onpointerleave={&lanes}
                            />
                        </div>
                    </div>
                    { self.tip(props) }
                </div>
                { tip::legend(self.marks.goroutine().is_some(), !self.tasks.is_empty()) }
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && let Err(error) = self.attach(ctx) {
            web_sys::console::error_1(&error);
        }
        self.draw_soon(ctx);
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some((observer, _)) = &self.observer {
            observer.disconnect();
        }
    }
}

impl Canvas {
    fn attach(&mut self, ctx: &Context<Self>) -> Result<(), JsValue> {
        let canvas = |node: &NodeRef| node.cast::<HtmlCanvasElement>().map(|canvas| Painter::new(&canvas));
        let painters = (canvas(&self.tracks), canvas(&self.lanes), canvas(&self.strip));
        let (Some(tracks), Some(lanes), Some(strip)) = painters else { return Ok(()) };
        let boxes = (self.wrapper.cast::<HtmlElement>(), self.shelf.cast::<HtmlElement>());
        let (Some(wrapper), Some(shelf)) = boxes else { return Ok(()) };
        self.painters = Some(Painters { tracks: tracks?, lanes: lanes?, strip: strip? });
        self.read_palette();
        // A passive listener could not keep the page from zooming.
        let link = ctx.link().clone();
        let options = EventListenerOptions::enable_prevent_default();
        self._wheel = Some(EventListener::new_with_options(&wrapper, "wheel", options, move |event| {
            if let Some(event) = event.dyn_ref::<WheelEvent>() {
                link.send_message(Msg::Wheel(event.clone()));
            }
        }));
        let link = ctx.link().clone();
        let closure = Closure::<dyn Fn()>::new(move || link.send_message(Msg::Resized));
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref())?;
        observer.observe(&wrapper);
        observer.observe(&shelf);
        self.observer = Some((observer, closure));
        Ok(())
    }

    fn read_palette(&mut self) {
        if let Some(element) = self.wrapper.cast::<HtmlElement>() {
            self.palette = Palette::read(&element);
        }
    }

    /// Lays the rows out anew.
    fn arrange(&mut self, props: &TimelineProps) {
        let parts = [&props.base, &props.detail].map(|part| part.as_deref());
        let names = |row: usize| parts[row].map(|part| Names::of(&part.trace)).unwrap_or_default();
        self.names = [names(0), names(1)];
        let pins = pins(&props.params);
        self.lane_scene = match (parts[1], parts[0]) {
            (Some(detail), _) => Scene::lanes(Some(detail), &self.names[1], &pins),
            (None, base) => Scene::lanes(base, &self.names[0], &pins),
        };
        let counted = parts[1].or(parts[0]).map(|part| &part.trace).or(section(props));
        self.tasks = counted.map(packed).unwrap_or_default();
        self.track_scene = Scene::tracks(self.tasks.len(), &pins);
        let selected = Selected::of(&props.params);
        let is_of =
            |details: &&GoroutineDetails| selected.and_then(Selected::goroutine) == Some(details.goroutine);
        let details = props.details.as_deref().filter(is_of);
        self.marks = Marks {
            selected,
            stay: details.and_then(|details| details.stay.as_ref()).map(|stay| (stay.from, stay.to)),
            edges: details.map(|details| details.edges.clone()).unwrap_or_default(),
            range: self.marks.range,
        };
    }

    /// Scrolls the lane of the selected goroutine into sight.
    fn reveal(&self) {
        let lane = self.marks.goroutine().map(LaneOf::Goroutine);
        let middle = lane.and_then(|lane| self.lane_scene.middle(lane));
        let Some((shelf, middle)) = self.shelf.cast::<HtmlElement>().zip(middle) else { return };
        let (top, height) = (f64::from(shelf.scroll_top()), f64::from(shelf.client_height()));
        // Headings stay on top of the rows that scroll.
        if middle < top + 30.0 || middle > top + height - 10.0 {
            shelf.set_scroll_top((middle - height / 2.0).max(0.0) as i32);
        }
    }

    fn draw_soon(&mut self, ctx: &Context<Self>) {
        if self.frame.is_none() {
            let link = ctx.link().clone();
            self.frame = Some(request_animation_frame(move |_| link.send_message(Msg::Frame)));
        }
    }

    fn draw(&mut self, ctx: &Context<Self>) {
        self.frame = None;
        let props = &ctx.props().inner;
        let (Some(shelf), Some(trace)) = (self.shelf.cast::<HtmlElement>(), section(props)) else { return };
        // The lanes may have a scroll bar; everything is as wide as they are.
        let width = f64::from(shelf.client_width()).max(2.0);
        let gutter = GUTTER[usize::from(width < WIDE)];
        self.scale = Scale { left: gutter, width: (width - gutter).max(1.0), ..self.scale };
        let Some(Painters { tracks, lanes, strip }) = &mut self.painters else { return };
        let ratio = gloo::utils::window().device_pixel_ratio();
        let parts = [&props.base, &props.detail].map(|part| part.as_deref());
        let sources = [0, 1].map(|row| parts[row].map(|part| Source { part, names: &self.names[row] }));
        let frame = Frame {
            scale: self.scale,
            scene: &self.track_scene,
            other: &self.lane_scene,
            scrolled: 0.0,
            height: self.track_scene.height,
            report: trace,
            base: sources[0],
            detail: sources[1],
            pointer: self.hover.map(|hover| hover.x),
            marks: &self.marks,
            tasks: &self.tasks,
            palette: &self.palette,
        };
        tracks.resize(width, frame.height, ratio);
        tracks.paint(&frame);
        let height = f64::from(shelf.client_height());
        let scrolled = f64::from(shelf.scroll_top());
        lanes.resize(width, height, ratio);
        lanes.paint(&Frame { scene: &self.lane_scene, other: &self.track_scene, scrolled, height, ..frame });
        let whole = self.scale.everything();
        strip.resize(width, STRIP, ratio);
        strip.paint_strip(&Frame { scale: whole, height: STRIP, ..frame }, self.scale);
    }

    /// How far the lanes are scrolled.
    fn scrolled(&self) -> f64 {
        self.shelf.cast::<HtmlElement>().map_or(0.0, |shelf| f64::from(shelf.scroll_top()))
    }

    /// Shows another part, and reads it more closely once the hand rests.
    fn set(&mut self, ctx: &Context<Self>, scale: Scale) {
        if self.scale.window() == scale.window() {
            return;
        }
        self.scale = scale;
        self.draw_soon(ctx);
        let link = ctx.link().clone();
        self.settle = Some(Timeout::new(SETTLE_MILLIS, move || link.send_message(Msg::Settled)));
    }

    fn settled(&mut self, ctx: &Context<Self>) {
        self.settle = None;
        let props = &ctx.props().inner;
        let Some((link, trace)) = ctx.props().link.as_ref().zip(section(props)) else { return };
        let params = self.scale.window().params(&props.params, trace);
        if params != props.params {
            link.refine(params);
        }
    }
}

fn section(props: &TimelineProps) -> Option<&Section> {
    props.report.traces.get(props.chosen)
}

/// Where links of the timeline lead from.
fn here(props: &TimelineProps) -> Option<Here<'_>> {
    let part = props.detail.as_ref().or(props.base.as_ref());
    let lanes = part.map(|part| &part.lanes);
    Some(Here { params: &props.params, trace: section(props)?, window: props.window, lanes })
}
