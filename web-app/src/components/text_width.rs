//! How wide a text is on the page, without asking the page each time.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::flame::label::CharWidths;

/// Width of a character where nothing can be measured, in pixels of a 12 px font.
const GUESS: f64 = 7.0;

thread_local! {
    static WIDTHS: RefCell<Option<CharWidths>> = const { RefCell::new(None) };
}

/// Width of a text in the page's font at 12 px, in CSS pixels.
pub fn at_12_px(text: &str) -> f64 {
    WIDTHS.with_borrow_mut(|widths| widths.get_or_insert_with(measure).width(text))
}

fn measure() -> CharWidths {
    let pen = context();
    if let Some(pen) = &pen {
        let body = gloo::utils::document().body();
        let style = body.and_then(|body| gloo::utils::window().get_computed_style(&body).ok().flatten());
        let family = style.and_then(|style| style.get_property_value("font-family").ok());
        pen.set_font(&format!("12px {}", family.as_deref().unwrap_or("sans-serif")));
    }
    CharWidths::new(|text| {
        let measured = pen.as_ref().and_then(|pen| pen.measure_text(text).ok());
        measured.map_or(GUESS, |metrics| metrics.width())
    })
}

fn context() -> Option<CanvasRenderingContext2d> {
    let canvas = gloo::utils::document().create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    canvas.get_context("2d").ok()??.dyn_into().ok()
}
