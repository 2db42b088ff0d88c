//! A flame graph as a picture of pixels.

use analyzer_core::base::convert::f64_to_i64;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::painter::{Look, Marks, Painter};
use super::svg::{HEAD, Picture};

/// Browsers refuse canvases over this, in device pixels on a side.
const LARGEST: f64 = 16_000.0;

/// Paints a graph with its title on a canvas of its own. A graph too deep for
/// a canvas is cut at its leaves; the SVG has it whole.
///
/// # Errors
/// A host without a 2D canvas.
pub fn paint(picture: &Picture<'_>) -> Result<HtmlCanvasElement, JsValue> {
    let mut view = picture.view();
    let ratio = if (view.height + HEAD) * 2.0 <= LARGEST { 2.0 } else { 1.0 };
    let longest = LARGEST / ratio - HEAD;
    if view.height > longest {
        view.scroll = if view.flipped { view.height - longest } else { 0.0 };
        view.height = longest;
    }
    let (boxes, marks) = (canvas()?, canvas()?);
    let mut painter = Painter::new(&boxes, &marks)?;
    painter.set_look(Look { is_dark: picture.is_dark, is_forced: false });
    painter.resize(view.width, view.height, ratio);
    painter.paint(picture.graph, &view, &Marks::default());

    let whole = canvas()?;
    let pixels = |length: f64| u32::try_from(f64_to_i64((length * ratio).round())).unwrap_or(0);
    whole.set_width(pixels(view.width));
    whole.set_height(pixels(view.height + HEAD));
    let pen: CanvasRenderingContext2d =
        whole.get_context("2d")?.ok_or("no 2D canvas")?.dyn_into().map_err(JsValue::from)?;
    let (paper, ink) = picture.colors();
    pen.set_fill_style_str(paper);
    pen.fill_rect(0.0, 0.0, f64::from(whole.width()), f64::from(whole.height()));
    pen.set_fill_style_str(ink);
    pen.set_font(&format!("{}px ui-sans-serif, system-ui, sans-serif", 14.0 * ratio));
    pen.fill_text(picture.title, 6.0 * ratio, 22.0 * ratio)?;
    pen.draw_image_with_html_canvas_element(&boxes, 0.0, HEAD * ratio)?;
    Ok(whole)
}

fn canvas() -> Result<HtmlCanvasElement, JsValue> {
    gloo::utils::document().create_element("canvas")?.dyn_into().map_err(JsValue::from)
}
