//! Draws a flame graph's window on a canvas.

use analyzer_core::base::convert::{f64_to_i64, id_to_usize, usize_to_f64};
use analyzer_core::report::plain_text::visible;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasPattern, CanvasRenderingContext2d, HtmlCanvasElement};

use super::data::FlameGraph;
use super::geometry::{FlameBox, Hit, Scene};
use super::label::{self, CharWidths};
use super::palette;
use super::viewport::Viewport;

const FONT: &str = "12px ui-sans-serif, system-ui, sans-serif";
/// Space between a box's edge and its label, in CSS pixels.
const PADDING: f64 = 5.0;
/// Boxes narrower than this have no amount on them, in CSS pixels: composing
/// a label that will not fit costs time in every frame.
const WITH_AMOUNT: f64 = 130.0;
/// Set in a box's color when a search is on and the box does not match.
const DIMMED: u8 = 0x80;

/// What is drawn beside the boxes themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks<'a> {
    /// Frames that the search found, one flag a frame; `None` without a search.
    pub matches: Option<&'a [bool]>,
    /// The selected node.
    pub selected: Option<u32>,
    /// The node or nodes under the pointer.
    pub hovered: Option<&'a Hit>,
}

/// How the page looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Dark theme.
    pub is_dark: bool,
    /// The system forces its own colors.
    pub is_forced: bool,
}

/// Two canvases, one above the other: boxes, and what changes with the pointer.
pub struct Painter {
    boxes: CanvasRenderingContext2d,
    marks: CanvasRenderingContext2d,
    widths: CharWidths,
    scene: Scene,
    look: Look,
    /// Fill of each color in the current look; made when first needed.
    fills: Vec<Option<String>>,
    /// The pattern of slivers.
    hatch: Option<CanvasPattern>,
    /// The pattern over boxes that shrank.
    stripes: Option<CanvasPattern>,
    ratio: f64,
}

impl Painter {
    /// A painter of two canvases of the same place.
    ///
    /// # Errors
    /// A host without a 2D canvas.
    pub fn new(boxes: &HtmlCanvasElement, marks: &HtmlCanvasElement) -> Result<Self, JsValue> {
        let boxes = context(boxes)?;
        boxes.set_font(FONT);
        let widths = CharWidths::new(|text| boxes.measure_text(text).map_or(8.0, |metrics| metrics.width()));
        Ok(Self {
            marks: context(marks)?,
            boxes,
            widths,
            scene: Scene::default(),
            look: Look::default(),
            fills: vec![None; 256],
            hatch: None,
            stripes: None,
            ratio: 1.0,
        })
    }

    /// Sets the size in CSS pixels and the device pixels in each.
    pub fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        self.ratio = ratio;
        for context in [&self.boxes, &self.marks] {
            let Some(canvas) = context.canvas() else { continue };
            let pixels = |length: f64| u32::try_from(f64_to_i64((length * ratio).round())).unwrap_or(0);
            // Setting a size clears the canvas, even to the same size.
            if (canvas.width(), canvas.height()) != (pixels(width), pixels(height)) {
                canvas.set_width(pixels(width));
                canvas.set_height(pixels(height));
            }
            let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        }
    }

    /// Changes the look.
    pub fn set_look(&mut self, look: Look) {
        if self.look != look {
            self.look = look;
            self.fills.fill(None);
            self.hatch = None;
            self.stripes = None;
        }
    }

    /// What lies at a CSS pixel of what was drawn last.
    pub fn hit(&self, graph: &FlameGraph, view: &Viewport, x: f64, y: f64) -> Option<Hit> {
        self.scene.hit(&graph.nodes(), view, x, y)
    }

    /// Draws everything.
    pub fn paint(&mut self, graph: &FlameGraph, view: &Viewport, marks: &Marks<'_>) {
        self.scene.fill(&graph.nodes(), view, |node| {
            let frame = graph.frame_of(node);
            let color = graph.color_of(node);
            match marks.matches {
                Some(matches) if !matches.get(id_to_usize(frame)).is_some_and(|&is_match| is_match) => {
                    color | DIMMED
                }
                _ => color,
            }
        });
        self.boxes.clear_rect(0.0, 0.0, view.width, view.height);
        self.paint_boxes(graph, view);
        self.paint_slivers(view);
        self.paint_labels(graph, view);
        self.paint_marks(graph, view, marks);
    }

    fn paint_boxes(&mut self, graph: &FlameGraph, view: &Viewport) {
        let colors = std::mem::take(&mut self.scene.colors);
        if graph.is_comparison() && self.stripes.is_none() {
            self.stripes = self.make_stripes().ok().flatten();
        }
        for (color, range) in &colors {
            self.boxes.set_global_alpha(if color & DIMMED == 0 { 1.0 } else { 0.35 });
            let fill = self.fill(color & !DIMMED);
            self.boxes.set_fill_style_str(&fill);
            for flame_box in &self.scene.boxes[range.clone()] {
                let (left, right) = (self.snap(flame_box.x), self.snap(flame_box.x + flame_box.width));
                // A line of background parts neighbors, where there is room for one.
                let gap = if right - left > 2.5 { 1.0 / self.ratio.max(1.0) } else { 0.0 };
                // An inlined call is one with its caller: no line between them.
                let raised = if graph.is_inlined(flame_box.node) && !view.flipped { 1.0 } else { 0.0 };
                let (y, height) = (flame_box.y - raised, view.row - 1.0 + raised);
                self.boxes.fill_rect(left, y, right - left - gap, height);
                if self.look.is_forced {
                    self.boxes.stroke_rect(left + 0.5, y + 0.5, right - left - gap - 1.0, height - 1.0);
                }
            }
        }
        self.boxes.set_global_alpha(1.0);
        self.scene.colors = colors;
        if let Some(stripes) = self.stripes.as_ref().filter(|_| graph.is_comparison()) {
            self.boxes.set_fill_style_canvas_pattern(stripes);
            for shrunk in self.scene.boxes.iter().filter(|shown| graph.total(shown.node) < 0) {
                let (left, right) = (self.snap(shrunk.x), self.snap(shrunk.x + shrunk.width));
                self.boxes.fill_rect(left, shrunk.y, right - left, view.row - 1.0);
            }
        }
    }

    fn paint_slivers(&mut self, view: &Viewport) {
        if self.scene.slivers.is_empty() {
            return;
        }
        if self.hatch.is_none() {
            self.hatch = self.make_hatch().ok().flatten();
        }
        let Some(hatch) = &self.hatch else { return };
        self.boxes.set_fill_style_canvas_pattern(hatch);
        for sliver in &self.scene.slivers {
            let (left, right) = (self.snap(sliver.x), self.snap(sliver.x + sliver.width));
            self.boxes.fill_rect(left, sliver.y, (right - left).max(1.0 / self.ratio), view.row - 1.0);
        }
    }

    fn paint_labels(&self, graph: &FlameGraph, view: &Viewport) {
        self.boxes.set_font(FONT);
        self.boxes.set_text_baseline("middle");
        self.boxes.set_fill_style_str(self.ink());
        for &index in &self.scene.labels {
            let FlameBox { node, x, y, width } = self.scene.boxes[index];
            let amount = if width >= WITH_AMOUNT { graph.amount_of(node) } else { String::new() };
            let room = width - 2.0 * PADDING;
            let (name, sign) = (visible(graph.caption_of(node)), graph.sign_of(node));
            if let Some(text) = label::compose(&name, sign, &amount, room, &self.widths) {
                let _ = self.boxes.fill_text(&text, x + PADDING, y + view.row / 2.0);
            }
        }
    }

    /// Draws what changes with pointer and selection, over what is there.
    pub fn paint_marks(&self, graph: &FlameGraph, view: &Viewport, marks: &Marks<'_>) {
        let marker = &self.marks;
        marker.clear_rect(0.0, 0.0, view.width, view.height);
        let (accent, hover) = match (self.look.is_forced, self.look.is_dark) {
            (true, _) => ("Highlight", "CanvasText"),
            (false, false) => ("#0b57d0", "#000000"),
            (false, true) => ("#8ab4f8", "#ffffff"),
        };
        let outline = |flame_box: &FlameBox, width: f64| {
            let (left, right) = (self.snap(flame_box.x), self.snap(flame_box.x + flame_box.width));
            let inset = width / 2.0;
            marker.stroke_rect(
                left + inset,
                flame_box.y + inset,
                (right - left - 1.0 - width).max(0.5),
                view.row - 1.0 - width,
            );
        };
        if let Some(matches) = marks.matches {
            // Beside the dimming of the others: a bar, which does not need color.
            marker.set_fill_style_str(accent);
            for flame_box in &self.scene.boxes {
                let frame = id_to_usize(graph.frame_of(flame_box.node));
                if matches.get(frame).is_some_and(|&is_match| is_match) {
                    let width = (flame_box.width - 1.0).max(0.5);
                    marker.fill_rect(flame_box.x, flame_box.y + view.row - 4.0, width, 3.0);
                }
            }
        }
        let hovered = match marks.hovered {
            Some(Hit::Node(node)) => Some(*node),
            _ => None,
        };
        let frame_of = |node: Option<u32>| node.map(|node| graph.frame_of(node));
        for (node, color, same_width, own_width) in
            [(hovered, hover, 1.0, 1.5), (marks.selected, accent, 1.5, 2.5)]
        {
            let Some(frame) = frame_of(node) else { continue };
            marker.set_stroke_style_str(color);
            for flame_box in self.scene.boxes.iter().filter(|shown| graph.frame_of(shown.node) == frame) {
                let width = if Some(flame_box.node) == node { own_width } else { same_width };
                marker.set_line_width(width);
                outline(flame_box, width);
            }
        }
        if let Some(Hit::Sliver(nodes)) = marks.hovered
            && let Some(sliver) = self.scene.slivers.iter().find(|sliver| sliver.nodes == *nodes)
        {
            marker.set_stroke_style_str(hover);
            marker.set_line_width(1.0);
            marker.stroke_rect(sliver.x, sliver.y + 0.5, sliver.width.max(1.0), view.row - 2.0);
        }
    }

    /// The nearest edge of a device pixel.
    fn snap(&self, x: f64) -> f64 {
        (x * self.ratio).round() / self.ratio
    }

    fn ink(&self) -> &'static str {
        match (self.look.is_forced, self.look.is_dark) {
            (true, _) => "CanvasText",
            (false, false) => "#15191e",
            (false, true) => "#f1f3f5",
        }
    }

    fn fill(&mut self, color: u8) -> String {
        let look = self.look;
        self.fills[usize::from(color)]
            .get_or_insert_with(|| match look.is_forced {
                true => "Canvas".to_owned(),
                false => palette::css(color, look.is_dark),
            })
            .clone()
    }

    /// Upright lines, as slivers are.
    fn make_hatch(&self) -> Result<Option<CanvasPattern>, JsValue> {
        const PERIOD: u32 = 3;
        let tile: HtmlCanvasElement =
            gloo::utils::document().create_element("canvas")?.dyn_into().map_err(JsValue::from)?;
        tile.set_width(PERIOD);
        tile.set_height(1);
        let pen = context(&tile)?;
        let (paper, line) = match (self.look.is_forced, self.look.is_dark) {
            (true, _) => ("Canvas", "CanvasText"),
            (false, false) => ("#dfe3e8", "#aeb6bf"),
            (false, true) => ("#33383e", "#565e67"),
        };
        pen.set_fill_style_str(paper);
        pen.fill_rect(0.0, 0.0, usize_to_f64(id_to_usize(PERIOD)), 1.0);
        pen.set_fill_style_str(line);
        pen.fill_rect(0.0, 0.0, 1.0, 1.0);
        self.boxes.create_pattern_with_html_canvas_element(&tile, "repeat")
    }

    /// Slanted lines, which tile without a seam.
    fn make_stripes(&self) -> Result<Option<CanvasPattern>, JsValue> {
        const PERIOD: u32 = 6;
        let side = usize_to_f64(id_to_usize(PERIOD));
        let tile: HtmlCanvasElement =
            gloo::utils::document().create_element("canvas")?.dyn_into().map_err(JsValue::from)?;
        tile.set_width(PERIOD);
        tile.set_height(PERIOD);
        let pen = context(&tile)?;
        pen.set_stroke_style_str(match (self.look.is_forced, self.look.is_dark) {
            (true, _) => "CanvasText",
            (false, false) => "#15191e3d",
            (false, true) => "#f1f3f53d",
        });
        for shift in [-side, 0.0, side] {
            pen.begin_path();
            pen.move_to(shift, side);
            pen.line_to(shift + side, 0.0);
            pen.stroke();
        }
        self.boxes.create_pattern_with_html_canvas_element(&tile, "repeat")
    }
}

fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    canvas
        .get_context("2d")?
        .ok_or_else(|| JsValue::from_str("no 2D canvas"))?
        .dyn_into()
        .map_err(JsValue::from)
}
