//! Draws the timeline.

mod labels;
mod lanes;
mod marks;
mod strip;
mod tracks;

use analyzer_core::report::trace::Trace;
use analyzer_core::session::TraceWindow;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::lane_names::Names;
use super::palette::{Ink, Palette};
use super::scale::Scale;
use super::scene::{AXIS, Row, RowOf, Scene};
use super::tasks::TaskRow;
use crate::number_format as text;

pub use marks::Marks;
pub use tracks::{carried, held_before};

const FONT: &str = "12px ui-sans-serif, system-ui, sans-serif";
const SMALL: &str = "12px ui-sans-serif, system-ui, sans-serif";

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
    /// The rows of the other canvas.
    pub other: &'a Scene,
    /// How far they are scrolled, in CSS pixels.
    pub scrolled: f64,
    /// Height of the canvas.
    pub height: f64,
    /// The report's figures: there at once.
    pub report: &'a Trace,
    /// The whole trace, coarse.
    pub base: Option<Source<'a>>,
    /// A part of it, finer.
    pub detail: Option<Source<'a>>,
    /// Where the pointer is.
    pub pointer: Option<f64>,
    /// What is selected.
    pub marks: &'a Marks,
    /// Rows of user tasks.
    pub tasks: &'a [TaskRow],
    /// The colors.
    pub palette: &'a Palette,
}

impl Frame<'_> {
    /// Rows that are not scrolled out of sight.
    fn rows(&self) -> impl Iterator<Item = &Row> {
        let (top, bottom) = (self.scrolled, self.scrolled + self.height);
        self.scene.rows.iter().filter(move |row| row.y < bottom && row.y + row.height > top)
    }
}

/// A canvas.
pub struct Painter {
    pen: CanvasRenderingContext2d,
    ratio: f64,
}

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
            let style = canvas.style();
            let _ = style.set_property("width", &format!("{width}px"));
            let _ = style.set_property("height", &format!("{height}px"));
        }
        let _ = self.pen.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    }

    /// Draws the rows that are seen.
    pub fn paint(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let right = scale.left + scale.width;
        self.fill(frame, Ink::Surface);
        pen.fill_rect(0.0, 0.0, right, frame.height);
        pen.save();
        pen.begin_path();
        pen.rect(scale.left, 0.0, scale.width, frame.height);
        pen.clip();
        self.grid(frame);
        let _ = pen.translate(0.0, -frame.scrolled);
        for row in frame.rows() {
            match row.of {
                RowOf::Title => {}
                RowOf::Lane(of) => {
                    self.ground(frame, row, of);
                    self.lane(frame, row, of);
                }
                RowOf::Tasks(number) => self.tasks(frame, row, number),
                RowOf::Heap | RowOf::Goroutines | RowOf::Processors | RowOf::Collector => {
                    self.track(frame, row)
                }
            }
        }
        self.marks(frame);
        if let Some(x) = frame.pointer.filter(|&x| x >= scale.left) {
            self.fill(frame, Ink::Accent);
            pen.fill_rect(self.snap(x), frame.scrolled, 1.0, frame.height);
        }
        pen.restore();
        pen.save();
        let _ = pen.translate(0.0, -frame.scrolled);
        self.labels(frame);
        pen.restore();
    }

    /// Lines at round moments, with their names where there is an axis.
    fn grid(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        let tick = scale.tick(96.0);
        let mut at = (scale.from / tick).ceil() * tick;
        pen.set_font(SMALL);
        pen.set_text_baseline("middle");
        while at <= scale.to {
            let x = self.snap(scale.x(at));
            self.fill(frame, Ink::Border);
            pen.fill_rect(x, 0.0, 1.0, frame.height);
            if frame.scene.has_axis {
                self.fill(frame, Ink::Muted);
                let _ = pen.fill_text(&text::moment(at, tick), x + 4.0, AXIS / 2.0);
            }
            at += tick;
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
