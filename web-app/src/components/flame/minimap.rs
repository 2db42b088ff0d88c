//! The whole graph in a strip, with the part that is seen marked on it.

use analyzer_core::base::convert::{i64_to_f64, usize_to_f64};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, PointerEvent};
use yew::prelude::*;

use super::data::FlameGraph;
use super::geometry::Scene;
use super::palette;
use super::viewport::Viewport;
use crate::components::use_size::use_width;
use crate::state::Shared;

/// Height of the strip, in CSS pixels.
const HEIGHT: f64 = 34.0;
/// Thinnest and tallest row of the strip, in CSS pixels: thinner ones would not be seen.
const THINNEST: f64 = 0.5;
const TALLEST: f64 = 3.0;

/// Properties of [`Minimap`].
#[derive(Clone, PartialEq, Properties)]
pub struct MinimapProps {
    /// The graph.
    pub graph: Shared<FlameGraph>,
    /// True if the root is the lowest row.
    pub is_flipped: bool,
    /// True if the page is dark.
    pub is_dark: bool,
    /// The values that are seen.
    pub window: (f64, f64),
    /// Called with the values to show.
    pub on_window: Callback<(f64, f64)>,
}

/// A strip to drag the window on. For those who cannot: the keys of the graph do the same.
#[component]
pub fn Minimap(props: &MinimapProps) -> Html {
    let place = use_node_ref();
    let canvas = use_node_ref();
    let width = use_width(&place);
    let drag = use_mut_ref(|| None::<f64>);
    {
        let canvas = canvas.clone();
        let deps = (props.graph.clone(), props.is_dark, props.is_flipped, width.to_bits());
        use_effect_with(deps, move |(graph, is_dark, is_flipped, _)| {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                paint(&canvas, graph, *is_dark, *is_flipped, width);
            }
        });
    }
    let span = i64_to_f64(props.graph.span()).max(1.0);
    let (start, end) = props.window;
    let on_pointer = {
        let (place, on_window) = (place.clone(), props.on_window.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(element) = place.cast::<HtmlElement>() else { return };
            let value = f64::from(event.offset_x()) / width.max(1.0) * span;
            let mut grabbed = drag.borrow_mut();
            match event.type_().as_str() {
                "pointerdown" => {
                    let _ = element.set_pointer_capture(event.pointer_id());
                    // Within the window it is dragged; beside it, it jumps there.
                    let offset =
                        if (start..end).contains(&value) { value - start } else { (end - start) / 2.0 };
                    *grabbed = Some(offset);
                }
                "pointermove" => {}
                _ => {
                    *grabbed = None;
                    return;
                }
            }
            if let Some(offset) = *grabbed {
                on_window.emit((value - offset, value - offset + (end - start)));
            }
        })
    };
    let percent = |value: f64| value / span * 100.0;
    let is_all = end - start >= span * 0.999;
    let style = format!("left:{:.3}%;width:{:.3}%", percent(start), percent(end - start));
    html! {
        <div
            class={classes!("minimap", is_all.then_some("is-all"))} ref={place} aria-hidden="true"
            onpointerdown={&on_pointer} onpointermove={&on_pointer} onpointerup={&on_pointer} onpointercancel={&on_pointer}
        >
            <canvas ref={canvas} />
            <div class="minimap-window" {style} />
        </div>
    }
}

fn paint(canvas: &HtmlCanvasElement, graph: &FlameGraph, is_dark: bool, is_flipped: bool, width: f64) {
    let Some(pen) = canvas.get_context("2d").ok().flatten() else { return };
    let Ok(pen) = pen.dyn_into::<CanvasRenderingContext2d>() else { return };
    let ratio = gloo::utils::window().device_pixel_ratio();
    let pixels = |length: f64| {
        u32::try_from(analyzer_core::base::convert::f64_to_i64((length * ratio).round())).unwrap_or(0)
    };
    canvas.set_width(pixels(width));
    canvas.set_height(pixels(HEIGHT));
    let _ = pen.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    let nodes = graph.nodes();
    let row = (HEIGHT / usize_to_f64(nodes.depths().max(1))).clamp(THINNEST, TALLEST);
    let missing = HEIGHT - row * usize_to_f64(nodes.depths());
    let view = Viewport {
        start: 0.0,
        end: i64_to_f64(graph.span()).max(1.0),
        width,
        height: HEIGHT,
        // What is taller than the strip ends at its leaves.
        scroll: if is_flipped { (-missing).max(0.0) } else { 0.0 },
        row,
        flipped: is_flipped,
    };
    // What is short of the strip stands at its root's edge.
    let lift = if is_flipped { missing.max(0.0) } else { 0.0 };
    let mut scene = Scene::default();
    scene.fill(&nodes, &view, |node| graph.color_of(node));
    for (color, range) in &scene.colors {
        pen.set_fill_style_str(&palette::css_strong(*color, is_dark));
        for flame_box in &scene.boxes[range.clone()] {
            pen.fill_rect(flame_box.x, flame_box.y + lift, flame_box.width, row);
        }
    }
    pen.set_fill_style_str(if is_dark { "#565e67" } else { "#aeb6bf" });
    for sliver in &scene.slivers {
        pen.fill_rect(sliver.x, sliver.y + lift, sliver.width.max(0.5), row);
    }
}
