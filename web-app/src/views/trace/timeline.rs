//! The timeline as a component: a strip of the whole trace to select from,
//! and below it tracks and lanes of the part that is seen.

use analyzer_core::base::convert::{f64_to_i64, to_f64};
use analyzer_core::report::Report;
use analyzer_core::report::trace::Trace as Section;
use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

use super::lane_names::Names;
use super::painter::{Frame, Painter, Source};
use super::palette::Palette;
use super::scale::Scale;
use super::scene::{self, RowOf, Scene};
use super::tip;
use super::{Part, Window};
use crate::components::flame::gesture::{Gesture, Gestures};
use crate::link::{Link, use_link};
use crate::state::{Params, Shared};

/// Rest after which what is seen is read more closely, in milliseconds.
const SETTLE_MILLIS: u32 = 140;
/// Factor that a key zooms by.
const KEY_ZOOM: f64 = 1.6;
/// Part of the width that a key moves by.
const KEY_STEP: f64 = 0.15;
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
    Pointer(PointerEvent),
    Strip(PointerEvent),
    Wheel(WheelEvent),
    Key(KeyboardEvent),
    Resized,
    Settled,
    Frame,
}

/// What is under the pointer, to be told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hover {
    x: f64,
    y: f64,
}

struct Canvas {
    wrapper: NodeRef,
    canvas: NodeRef,
    strip: NodeRef,
    painters: Option<[Painter; 2]>,
    palette: Palette,
    scale: Scale,
    scene: Scene,
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

impl Component for Canvas {
    type Message = Msg;
    type Properties = CanvasProps;

    fn create(ctx: &Context<Self>) -> Self {
        let props = &ctx.props().inner;
        let whole = section(props).map_or(props.window, Window::whole);
        let mut canvas = Self {
            wrapper: NodeRef::default(),
            canvas: NodeRef::default(),
            strip: NodeRef::default(),
            painters: None,
            palette: Palette::default(),
            scale: Scale::new(props.window, whole),
            scene: Scene::default(),
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
            self.scale = Scale { left: self.scale.left, width: self.scale.width, ..Scale::new(props.window, whole) };
        } else if props.window != old.window && props.window != self.scale.window() && self.settle.is_none() {
            // The address was changed elsewhere: Back, or a link of a table.
            self.scale = self.scale.showing(to_f64(props.window.from), to_f64(props.window.nanos()));
        }
        if props.is_dark != old.is_dark {
            self.read_palette();
        }
        self.arrange(props);
        self.draw_soon(ctx);
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let before = self.hover;
        match msg {
            Msg::Pointer(event) => self.pointer(ctx, &event),
            Msg::Strip(event) => self.strip_pointer(ctx, &event),
            Msg::Wheel(event) => self.wheel(ctx, &event),
            Msg::Key(event) => self.key(ctx, &event),
            Msg::Resized => self.draw_soon(ctx),
            Msg::Settled => self.settled(ctx),
            Msg::Frame => self.draw(ctx),
        }
        self.hover != before
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = &ctx.props().inner;
        let (pointer, strip) = (ctx.link().callback(Msg::Pointer), ctx.link().callback(Msg::Strip));
        let label = section(props).map(|trace| tip::spoken(trace, props.window)).unwrap_or_default();
        html! {
            <div class="trace-timeline" ref={self.wrapper.clone()}>
                <canvas
                    class="trace-strip" ref={self.strip.clone()} role="img" style={format!("height:{STRIP}px")}
                    aria-label="The whole trace: drag to select a part"
                    onpointerdown={&strip} onpointermove={&strip} onpointerup={&strip} onpointercancel={&strip}
                />
                <div
                    class="trace-plot" tabindex="0" role="application" aria-roledescription="timeline"
                    aria-label={label} style={format!("height:{}px", self.scene.height)}
                    onpointerdown={&pointer} onpointermove={&pointer} onpointerup={&pointer}
                    onpointercancel={&pointer} onpointerleave={&pointer}
                    onkeydown={ctx.link().callback(Msg::Key)}
                >
                    <canvas ref={self.canvas.clone()} />
                    { self.tip(props) }
                </div>
                { tip::legend() }
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
        let (Some(canvas), Some(strip), Some(wrapper)) = (
            self.canvas.cast::<HtmlCanvasElement>(),
            self.strip.cast::<HtmlCanvasElement>(),
            self.wrapper.cast::<HtmlElement>(),
        ) else {
            return Ok(());
        };
        self.painters = Some([Painter::new(&canvas)?, Painter::new(&strip)?]);
        self.read_palette();
        // A passive listener could not keep the page from zooming.
        let link = ctx.link().clone();
        let options = EventListenerOptions::enable_prevent_default();
        self._wheel = Some(EventListener::new_with_options(&canvas, "wheel", options, move |event| {
            if let Some(event) = event.dyn_ref::<WheelEvent>() {
                link.send_message(Msg::Wheel(event.clone()));
            }
        }));
        let link = ctx.link().clone();
        let closure = Closure::<dyn Fn()>::new(move || link.send_message(Msg::Resized));
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref())?;
        observer.observe(&wrapper);
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
        let parts = [&props.base, &props.detail].map(|part| part.as_ref().and_then(Part::get));
        let names = |row: usize| parts[row].map(|part| Names::of(&part.trace)).unwrap_or_default();
        self.names = [names(0), names(1)];
        self.scene = match (parts[1], parts[0]) {
            (Some(detail), _) => Scene::new(Some(detail), &self.names[1]),
            (None, base) => Scene::new(base, &self.names[0]),
        };
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
        let (Some(wrapper), Some(trace)) = (self.wrapper.cast::<HtmlElement>(), section(props)) else { return };
        let width = f64::from(wrapper.client_width()).max(2.0);
        let gutter = GUTTER[usize::from(width < WIDE)];
        self.scale = Scale { left: gutter, width: (width - gutter).max(1.0), ..self.scale };
        let Some([plot, strip]) = &mut self.painters else { return };
        let ratio = gloo::utils::window().device_pixel_ratio();
        let parts = [&props.base, &props.detail].map(|part| part.as_ref().and_then(Part::get));
        let sources = [0, 1].map(|row| parts[row].map(|part| Source { part, names: &self.names[row] }));
        let frame = Frame {
            scale: self.scale,
            scene: &self.scene,
            report: trace,
            base: sources[0],
            detail: sources[1],
            pointer: self.hover.map(|hover| hover.x),
            palette: &self.palette,
        };
        plot.resize(width, self.scene.height, ratio);
        plot.paint(&frame);
        let whole = self.scale.everything();
        strip.resize(width, STRIP, ratio);
        strip.paint_strip(&Frame { scale: whole, ..frame }, STRIP, self.scale);
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

    fn pointer(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
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
                self.hover = Some(Hover { x, y });
                self.draw_soon(ctx);
            }
            Gesture::Pan { dx, .. } => self.set(ctx, self.scale.panned(-dx)),
            Gesture::Pinch { x, factor, dx } => self.set(ctx, self.scale.zoomed(x, factor).panned(-dx)),
            Gesture::Click { x, y, is_double: true } => self.zoom_to(ctx, x, y),
            Gesture::Click { x, y, .. } => self.hover = Some(Hover { x, y }),
        }
    }

    /// Zooms to the stay under the pointer, with some room at its sides.
    fn zoom_to(&mut self, ctx: &Context<Self>, x: f64, y: f64) {
        let props = &ctx.props().inner;
        let segment = self.scene.row_at(y).and_then(|row| match row.of {
            RowOf::Lane(of) => {
                let part = props.detail.as_ref().or(props.base.as_ref()).and_then(Part::get)?;
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

    fn strip_pointer(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let whole = self.scale.everything();
        let x = f64::from(event.offset_x()).clamp(whole.left, whole.left + whole.width);
        match event.type_().as_str() {
            "pointerdown" if event.button() == 0 => {
                capture(event);
                self.selecting = Some(x);
            }
            "pointermove" => {
                let Some(start) = self.selecting else { return };
                if (x - start).abs() > 3.0 {
                    let (from, to) = (whole.time(start.min(x)), whole.time(start.max(x)));
                    self.set(ctx, self.scale.showing(from, to - from));
                }
            }
            _ => {
                // A click moves the part that is seen there.
                if self.selecting.take().is_some_and(|start| (x - start).abs() <= 3.0) {
                    let span = self.scale.span();
                    self.set(ctx, self.scale.showing(whole.time(x) - span / 2.0, span));
                }
            }
        }
    }

    fn wheel(&mut self, ctx: &Context<Self>, event: &WheelEvent) {
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

    fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
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

    fn tip(&self, props: &TimelineProps) -> Html {
        let Some((hover, trace)) = self.hover.zip(section(props)) else { return Html::default() };
        let Some(row) = self.scene.row_at(hover.y).filter(|_| hover.x >= self.scale.left) else {
            return Html::default();
        };
        let (part, names) = match (&props.detail, &props.base) {
            (Some(detail), _) => (detail.get(), &self.names[1]),
            (None, base) => (base.as_ref().and_then(Part::get), &self.names[0]),
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
            track => {
                let inside = part.map(|part| &part.trace);
                let inside = inside.filter(|part| to_f64(part.from) <= moment && moment <= to_f64(part.to));
                tip::track(inside.unwrap_or(trace), track, moment)
            }
        };
        let is_right = hover.x > self.scale.left + self.scale.width / 2.0;
        let x = if is_right {
            format!("right:{}px", self.scale.left + self.scale.width - hover.x + 14.0)
        } else {
            format!("left:{}px", hover.x + 14.0)
        };
        let top = f64_to_i64(hover.y.min(self.scene.height - 40.0));
        html! { <div class="trace-tip" role="status" style={format!("{x};top:{top}px")}>{ content }</div> }
    }
}

fn section(props: &TimelineProps) -> Option<&Section> {
    props.report.traces.get(props.chosen)
}

fn capture(event: &PointerEvent) {
    if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}
