//! Draws the timeline.

use analyzer_core::base::convert::{to_f64, usize_to_f64};
use analyzer_core::report::trace::{Overview, Trace};
use analyzer_core::session::TraceWindow;
use analyzer_core::session::lanes::{GC_WORKER, LaneOf, RUNNABLE, RUNNING, SYSCALL, WAITING};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::lane_names::{Names, short};
use super::palette::{Ink, Palette};
use super::scale::Scale;
use super::scene::{self, AXIS, Row, RowOf, Scene};
use crate::number_format as text;

const FONT: &str = "12px ui-sans-serif, system-ui, sans-serif";
const SMALL: &str = "11px ui-sans-serif, system-ui, sans-serif";
/// Narrowest segment with a name in it.
const NAMED: f64 = 44.0;
/// Inks of the states, by number.
const STATES: [(u8, Ink); 5] = [
    (WAITING, Ink::Waiting),
    (SYSCALL, Ink::Syscall),
    (RUNNABLE, Ink::Runnable),
    (GC_WORKER, Ink::Gc),
    (RUNNING, Ink::Running),
];

/// One answer with its names.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The answer.
    pub part: &'a TraceWindow,
    /// Its names.
    pub names: &'a Names,
}

/// What is drawn.
pub struct Frame<'a> {
    /// The part that is seen.
    pub scale: Scale,
    /// The rows.
    pub scene: &'a Scene,
    /// The report's figures: there at once.
    pub report: &'a Trace,
    /// The whole trace, coarse.
    pub base: Option<Source<'a>>,
    /// A part of it, finer.
    pub detail: Option<Source<'a>>,
    /// Where the pointer is.
    pub pointer: Option<f64>,
    /// The colors.
    pub palette: &'a Palette,
}

/// A canvas.
pub struct Painter {
    pen: CanvasRenderingContext2d,
    ratio: f64,
}

type Rects = [Vec<[f64; 4]>; STATES.len()];

impl Painter {
    /// Draws on a canvas.
    ///
    /// # Errors
    /// A host without a 2D canvas.
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, JsValue> {
        let context = canvas.get_context("2d")?.ok_or_else(|| JsValue::from_str("no 2D canvas"))?;
        Ok(Self { pen: context.dyn_into().map_err(JsValue::from)?, ratio: 1.0 })
    }

    /// Sets the size in CSS pixels and the device pixels in each.
    pub fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        self.ratio = ratio;
        let Some(canvas) = self.pen.canvas() else { return };
        let pixels = |length: f64| (length * ratio).round() as u32;
        if (canvas.width(), canvas.height()) != (pixels(width), pixels(height)) {
            canvas.set_width(pixels(width));
            canvas.set_height(pixels(height));
        }
        let _ = self.pen.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    }

    /// Draws everything.
    pub fn paint(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let right = scale.left + scale.width;
        self.fill(frame, Ink::Surface);
        pen.fill_rect(0.0, 0.0, right, frame.scene.height);
        pen.save();
        pen.begin_path();
        pen.rect(scale.left, 0.0, scale.width, frame.scene.height);
        pen.clip();
        self.axis(frame);
        for row in &frame.scene.rows {
            match row.of {
                RowOf::Title => {
                    self.fill(frame, Ink::Raised);
                    pen.fill_rect(scale.left, row.y, scale.width, row.height);
                }
                RowOf::Lane(of) => self.lane(frame, row, of),
                RowOf::Heap | RowOf::Goroutines | RowOf::Processors | RowOf::Collector => self.track(frame, row),
            }
        }
        if let Some(x) = frame.pointer.filter(|&x| x >= scale.left) {
            self.fill(frame, Ink::Accent);
            pen.fill_rect(self.snap(x), 0.0, 1.0, frame.scene.height);
        }
        pen.restore();
        self.labels(frame);
    }

    /// Draws the whole trace small, with the part that is seen marked.
    pub fn paint_strip(&self, frame: &Frame<'_>, height: f64, seen: Scale) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let right = scale.left + scale.width;
        self.fill(frame, Ink::Surface);
        pen.fill_rect(0.0, 0.0, right, height);
        let row = |of, y, height| Row { of, y, height, label: String::new() };
        let whole = Frame { detail: None, ..*frame };
        for row in [
            row(RowOf::Processors, 0.0, height - 10.0),
            row(RowOf::Heap, 0.0, height - 10.0),
            row(RowOf::Collector, height - 10.0, 10.0),
        ] {
            if row.of == RowOf::Heap {
                // Over the processors, as a line.
                let trace = frame.base.map_or(frame.report, |source| &source.part.trace);
                let plot = Plot::new(&whole, &row, trace, peak(&trace.overview, RowOf::Heap));
                let heap = carried(&trace.overview.heap_max);
                self.line(&whole, &plot, Ink::Goal, |part| heap.get(part).copied());
            } else {
                self.track(&whole, &row);
            }
        }
        let (from, to) = (scale.x(seen.from), scale.x(seen.to));
        self.fill(frame, Ink::Surface);
        pen.set_global_alpha(0.7);
        pen.fill_rect(scale.left, 0.0, from - scale.left, height);
        pen.fill_rect(to, 0.0, right - to, height);
        pen.set_global_alpha(1.0);
        pen.set_stroke_style_str(frame.palette.get(Ink::Accent));
        pen.set_line_width(1.5);
        pen.stroke_rect(from + 0.75, 0.75, (to - from - 1.5).max(1.0), height - 1.5);
        self.fill(frame, Ink::Raised);
        pen.fill_rect(0.0, 0.0, scale.left, height);
        self.fill(frame, Ink::Text);
        pen.set_font(FONT);
        pen.set_text_baseline("middle");
        self.fitted("Whole trace", 8.0, 13.0, scale.left - 12.0);
        self.fill(frame, Ink::Muted);
        pen.set_font(SMALL);
        let length = text::duration((seen.last - seen.first) as i64);
        self.fitted(&length, 8.0, 29.0, scale.left - 12.0);
    }

    fn axis(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let tick = scale.tick(96.0);
        let mut at = (scale.from / tick).ceil() * tick;
        pen.set_font(SMALL);
        pen.set_text_baseline("middle");
        while at <= scale.to {
            let x = self.snap(scale.x(at));
            self.fill(frame, Ink::Border);
            pen.fill_rect(x, 0.0, 1.0, frame.scene.height);
            self.fill(frame, Ink::Muted);
            let _ = pen.fill_text(&text::duration(at.round() as i64), x + 4.0, AXIS / 2.0);
            at += tick;
        }
    }

    /// One track: the coarse figures first, the finer ones over them.
    fn track(&self, frame: &Frame<'_>, row: &Row) {
        let peak = peak(&frame.report.overview, row.of)
            .max(frame.detail.map_or(0.0, |source| peak(&source.part.trace.overview, row.of)));
        let base = frame.base.map_or(frame.report, |source| &source.part.trace);
        self.series(frame, row, base, peak);
        if let Some(detail) = frame.detail.map(|source| &source.part.trace).filter(|part| !std::ptr::eq(*part, base)) {
            let (left, right) = (frame.scale.x(to_f64(detail.from)), frame.scale.x(to_f64(detail.to)));
            self.fill(frame, Ink::Surface);
            self.pen.fill_rect(left, row.y, right - left, row.height);
            self.series(frame, row, detail, peak);
        }
        self.fill(frame, Ink::Border);
        self.pen.fill_rect(frame.scale.left, row.y + row.height - 1.0, frame.scale.width, 1.0);
    }

    fn series(&self, frame: &Frame<'_>, row: &Row, trace: &Trace, peak: f64) {
        let plot = Plot::new(frame, row, trace, peak);
        let overview = &trace.overview;
        let at = |column: &[u64], part: usize| column.get(part).map_or(0.0, |&value| to_f64(value));
        match row.of {
            RowOf::Heap => {
                let heap = carried(&overview.heap_max);
                self.area(frame, &plot, Ink::Heap, |_| 0.0, |part| at(&heap, part));
                let goal = carried(&overview.goal);
                self.line(frame, &plot, Ink::Goal, |part| goal.get(part).copied().filter(|&goal| goal > 0));
            }
            RowOf::Goroutines => {
                let mut below = vec![0.0; plot.parts];
                for (ink, column) in [
                    (Ink::Running, &overview.running),
                    (Ink::Gc, &overview.gc_workers),
                    (Ink::Syscall, &overview.syscall),
                    (Ink::Runnable, &overview.runnable),
                    (Ink::Waiting, &overview.waiting),
                ] {
                    let above: Vec<f64> = below.iter().enumerate().map(|(part, low)| low + at(column, part)).collect();
                    self.area(frame, &plot, ink, |part| below[part], |part| above[part]);
                    below = above;
                }
            }
            RowOf::Processors => {
                let gc = |part: usize| at(&overview.gc_workers, part);
                let run = |part: usize| gc(part) + at(&overview.running, part);
                self.area(frame, &plot, Ink::Gc, |_| 0.0, gc);
                self.area(frame, &plot, Ink::Running, gc, run);
                self.line(frame, &plot, Ink::Muted, |part| overview.gomaxprocs.get(part).copied());
            }
            RowOf::Collector => {
                self.area(frame, &plot, Ink::Gc, |_| 0.0, |part| at(&overview.marking, part));
                self.stops(frame, row, trace);
            }
            RowOf::Title | RowOf::Lane(_) => {}
        }
    }

    /// Pauses as bars, each at least a pixel wide.
    fn stops(&self, frame: &Frame<'_>, row: &Row, trace: &Trace) {
        self.fill(frame, Ink::Stopped);
        for pause in &trace.pauses {
            let (left, right) =
                (frame.scale.x(to_f64(pause.begin)), frame.scale.x(to_f64(pause.end.unwrap_or(trace.to))));
            if right >= frame.scale.left && left <= frame.scale.left + frame.scale.width {
                self.pen.fill_rect(left, row.y + 1.0, (right - left).max(1.5), row.height - 3.0);
            }
        }
    }

    fn area(
        &self,
        frame: &Frame<'_>,
        plot: &Plot,
        ink: Ink,
        low: impl Fn(usize) -> f64,
        high: impl Fn(usize) -> f64,
    ) {
        if plot.first >= plot.last {
            return;
        }
        self.fill(frame, ink);
        self.pen.begin_path();
        self.pen.move_to(plot.x(plot.first), plot.y(low(plot.first)));
        // Flat over each part: the figure is a mean over it.
        for part in plot.first..plot.last {
            let y = plot.y(high(part));
            self.pen.line_to(plot.x(part), y);
            self.pen.line_to(plot.x(part + 1), y);
        }
        for part in (plot.first..plot.last).rev() {
            let y = plot.y(low(part));
            self.pen.line_to(plot.x(part + 1), y);
            self.pen.line_to(plot.x(part), y);
        }
        self.pen.fill();
    }

    fn line(&self, frame: &Frame<'_>, plot: &Plot, ink: Ink, value: impl Fn(usize) -> Option<u64>) {
        self.pen.set_stroke_style_str(frame.palette.get(ink));
        self.pen.set_line_width(1.5);
        self.pen.begin_path();
        let mut is_down = false;
        for part in plot.first..plot.last {
            let Some(value) = value(part) else {
                is_down = false;
                continue;
            };
            let y = plot.y(to_f64(value));
            if !is_down {
                self.pen.move_to(plot.x(part), y);
            }
            is_down = true;
            self.pen.line_to(plot.x(part), y);
            self.pen.line_to(plot.x(part + 1), y);
        }
        self.pen.stroke();
    }

    fn lane(&self, frame: &Frame<'_>, row: &Row, of: LaneOf) {
        let mut rects: Rects = Default::default();
        let mut names = Vec::new();
        let seen = frame.scale.window();
        let range = frame.detail.map(|source| (source.part.trace.from, source.part.trace.to));
        let is_whole = |source: &Source<'_>| Some((source.part.trace.from, source.part.trace.to)) == range;
        if let Some(base) = frame.base.filter(|base| !is_whole(base)) {
            let (from, to) = range.unwrap_or((0, 0));
            if seen.from < from {
                collect(frame, row, of, base, (seen.from, from.min(seen.to)), &mut rects, &mut names);
            }
            if seen.to > to {
                collect(frame, row, of, base, (to.max(seen.from), seen.to), &mut rects, &mut names);
            }
        }
        if let Some(detail) = frame.detail {
            let (from, to) = range.unwrap_or_default();
            let part = (seen.from.max(from), seen.to.min(to));
            if part.0 < part.1 {
                collect(frame, row, of, detail, part, &mut rects, &mut names);
            }
        }
        for ((_, ink), rects) in STATES.iter().zip(&rects) {
            if rects.is_empty() {
                continue;
            }
            self.fill(frame, *ink);
            for &[x, y, width, height] in rects {
                self.pen.fill_rect(x, y, width, height);
            }
        }
        self.fill(frame, Ink::Surface);
        self.pen.set_font(SMALL);
        self.pen.set_text_baseline("middle");
        for (x, width, name) in names {
            self.fitted(&name, x + 4.0, row.y + row.height / 2.0, width - 8.0);
        }
    }

    /// Names of the rows, at the left.
    fn labels(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        self.fill(frame, Ink::Raised);
        pen.fill_rect(0.0, 0.0, scale.left, frame.scene.height);
        self.fill(frame, Ink::Border);
        pen.fill_rect(scale.left - 1.0, 0.0, 1.0, frame.scene.height);
        pen.set_text_baseline("middle");
        for row in &frame.scene.rows {
            match row.of {
                RowOf::Title => {
                    self.fill(frame, Ink::Raised);
                    pen.fill_rect(0.0, row.y, scale.left + scale.width, row.height);
                    self.fill(frame, Ink::Text);
                    pen.set_font(FONT);
                    self.fitted(&row.label, 8.0, row.y + row.height / 2.0, scale.left + scale.width - 16.0);
                }
                RowOf::Lane(_) => {
                    self.fill(frame, Ink::Muted);
                    pen.set_font(SMALL);
                    self.fitted(&row.label, 16.0, row.y + row.height / 2.0, scale.left - 20.0);
                }
                RowOf::Heap | RowOf::Goroutines | RowOf::Processors | RowOf::Collector => {
                    self.fill(frame, Ink::Text);
                    pen.set_font(FONT);
                    self.fitted(&row.label, 8.0, row.y + 11.0, scale.left - 12.0);
                    let Some(scale_text) = scale_text(frame, row.of) else { continue };
                    self.fill(frame, Ink::Muted);
                    pen.set_font(SMALL);
                    self.fitted(&scale_text, 8.0, row.y + 26.0, scale.left - 12.0);
                }
            }
        }
    }

    /// Writes as much of a text as fits.
    fn fitted(&self, label: &str, x: f64, y: f64, room: f64) {
        let width = |label: &str| self.pen.measure_text(label).map_or(0.0, |metrics| metrics.width());
        if width(label) <= room {
            let _ = self.pen.fill_text(label, x, y);
            return;
        }
        let characters: Vec<char> = label.chars().collect();
        let fits = |count: usize| {
            let cut: String = characters.iter().take(count).collect();
            width(&format!("{cut}\u{2026}")) <= room
        };
        let (mut low, mut high) = (0, characters.len());
        while low < high {
            let middle = (low + high).div_ceil(2);
            if fits(middle) { low = middle } else { high = middle - 1 }
        }
        if low > 2 {
            let cut: String = characters.iter().take(low).collect();
            let _ = self.pen.fill_text(&format!("{cut}\u{2026}"), x, y);
        }
    }

    fn fill(&self, frame: &Frame<'_>, ink: Ink) {
        self.pen.set_fill_style_str(frame.palette.get(ink));
    }

    fn snap(&self, x: f64) -> f64 {
        (x * self.ratio).round() / self.ratio
    }
}

/// Where the parts of an overview lie in a row.
struct Plot {
    scale: Scale,
    from: f64,
    width: f64,
    parts: usize,
    first: usize,
    last: usize,
    bottom: f64,
    height: f64,
    peak: f64,
}

impl Plot {
    fn new(frame: &Frame<'_>, row: &Row, trace: &Trace, peak: f64) -> Self {
        let parts = trace.overview.running.len();
        let from = to_f64(trace.from);
        let width = (to_f64(trace.to) - from) / usize_to_f64(parts.max(1));
        let part = |time: f64| ((time - from) / width.max(1e-9)).clamp(0.0, usize_to_f64(parts));
        Self {
            scale: frame.scale,
            from,
            width,
            parts,
            first: part(frame.scale.from).floor() as usize,
            last: part(frame.scale.to).ceil() as usize,
            bottom: row.y + row.height - 1.0,
            height: row.height - 4.0,
            peak: peak.max(1.0),
        }
    }

    fn x(&self, part: usize) -> f64 {
        self.scale.x(self.from + usize_to_f64(part) * self.width)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - (value / self.peak).min(1.0) * self.height
    }
}

/// The greatest value of a track.
pub fn peak(overview: &Overview, of: RowOf) -> f64 {
    let most = |column: &[Option<u64>]| column.iter().flatten().copied().max().unwrap_or(0);
    match of {
        RowOf::Heap => to_f64(most(&overview.heap_max).max(most(&overview.goal))),
        RowOf::Goroutines => {
            let sums = (0..overview.running.len()).map(|part| {
                let columns =
                    [&overview.running, &overview.gc_workers, &overview.syscall, &overview.runnable, &overview.waiting];
                columns.iter().filter_map(|column| column.get(part)).sum::<u64>()
            });
            to_f64(sums.max().unwrap_or(0))
        }
        RowOf::Processors => to_f64(overview.gomaxprocs.iter().copied().max().unwrap_or(0)),
        RowOf::Collector => 1_000.0,
        RowOf::Title | RowOf::Lane(_) => 0.0,
    }
}

/// What the top of a track stands for.
fn scale_text(frame: &Frame<'_>, of: RowOf) -> Option<String> {
    let top = peak(&frame.report.overview, of)
        .max(frame.detail.map_or(0.0, |source| peak(&source.part.trace.overview, of)));
    match of {
        RowOf::Heap => Some(format!("to {}", text::bytes(top as i64))),
        RowOf::Goroutines => Some(format!("to {}", text::count((top / 1_000.0).ceil() as i64))),
        RowOf::Processors => Some(format!("of {}", text::count((top / 1_000.0).ceil() as i64))),
        _ => None,
    }
}

/// A figure that holds until it is set again.
pub fn carried(column: &[Option<u64>]) -> Vec<u64> {
    let first = column.iter().flatten().next().copied().unwrap_or(0);
    let values = column.iter().scan(first, |last, value| {
        *last = value.unwrap_or(*last);
        Some(*last)
    });
    values.collect()
}

/// Adds the boxes of a lane's segments between two moments, and the names that fit.
fn collect(
    frame: &Frame<'_>,
    row: &Row,
    of: LaneOf,
    source: Source<'_>,
    (from, to): (u64, u64),
    rects: &mut Rects,
    names: &mut Vec<(f64, f64, String)>,
) {
    let lanes = &source.part.lanes;
    let Some(lane) = scene::lane(lanes, of) else { return };
    let (left, right) = (frame.scale.x(to_f64(from)), frame.scale.x(to_f64(to)));
    for at in scene::visible(lanes, lane, from, to) {
        let state = lanes.state.0[at];
        let Some(ink) = STATES.iter().position(|known| known.0 == state) else { continue };
        let x = frame.scale.x(to_f64(lanes.from.0[at])).max(left);
        let end = frame.scale.x(to_f64(lanes.to.0[at])).min(right);
        let width = (end - x).max(0.6);
        let full = row.height - 3.0;
        // Merged stays are as high as their share; waits are a line.
        let share = (f64::from(lanes.fill.0[at]) / 255.0).max(0.2);
        let height = if state == WAITING { 3.0 } else { full * share };
        let y = if state == WAITING { row.y + row.height / 2.0 - 1.5 } else { row.y + 1.0 + full - height };
        // Neighbors of one state stay apart where there is room.
        let gap = if width > 4.0 { 1.0 } else { 0.0 };
        rects[ink].push([x, y, width - gap, height]);
        if width > NAMED && lanes.stays.0[at] == 1 && state != WAITING {
            let name = match of {
                LaneOf::Processor(_) => source.names.start(lanes.group.0[at]).map(short),
                LaneOf::Goroutine(_) => Some(super::words::lane_state(state)),
            };
            names.extend(name.map(|name| (x, width, name.to_owned())));
        }
    }
}
