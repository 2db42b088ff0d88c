//! What is shown, as a file.

use analyzer_core::base::convert::i64_to_f64;
use analyzer_core::session::{Order, Request, Response, Top};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlElement};
use yew::prelude::*;

use super::Case;
use super::settings::path_of;
use super::toolbar::GraphProps;
use crate::components::download;
use crate::components::flame::amount;
use crate::components::flame::data::FlameGraph;
use crate::components::flame::label::CharWidths;
use crate::components::flame::picture;
use crate::components::flame::svg::{self, Picture};
use crate::components::menu::{Menu, MenuItem};
use crate::components::text_width;
use crate::state::Shared;

/// Width of a drawing, in CSS pixels.
const WIDTH: f64 = 1200.0;

/// The button and its menu.
#[component]
pub fn Export(props: &GraphProps) -> Html {
    let GraphProps { case, graph } = props;
    let place = use_node_ref();
    let open = use_state_eq(|| None::<(f64, f64)>);
    let on_click = {
        let (place, open) = (place.clone(), open.clone());
        move |_: MouseEvent| {
            if let Some(button) = place.cast::<HtmlElement>() {
                let area = button.get_bounding_client_rect();
                open.set(Some((area.left(), area.bottom() + 4.0)));
            }
        }
    };
    let on_close = {
        let open = open.clone();
        Callback::from(move |()| open.set(None))
    };
    html! {
        <>
            <button
                type="button" class="button small" id="profile-export" ref={place} aria-haspopup="menu"
                aria-expanded={open.is_some().to_string()} onclick={on_click}
            >
                { "Export" }
            </button>
            if let Some((x, y)) = *open {
                <Menu title="Export what is shown" items={items(case, graph.as_ref())} {x} {y} {on_close} />
            }
        </>
    }
}

fn items(case: &Case, graph: Option<&Shared<FlameGraph>>) -> Vec<MenuItem> {
    let mut items = Vec::new();
    if let Some(graph) = graph {
        for (id, label, hint, save) in [
            ("svg", "Flame graph, SVG", "text, any size", save_svg as fn(&Case, &FlameGraph) -> Result<(), JsValue>),
            ("png", "Flame graph, PNG", "a picture", save_png),
        ] {
            let (case, graph) = (case.clone(), graph.clone());
            items.push(MenuItem::new(id, label, hint, move || case.report_saving(save(&case, &graph))));
        }
    }
    let asking = case.clone();
    items.push(MenuItem::new("csv", "Table, CSV", "exact numbers", move || save_csv(&asking)));
    items
}

impl Case {
    fn report_saving(&self, saved: Result<(), JsValue>) {
        if let Err(error) = saved {
            web_sys::console::error_1(&error);
            self.say("The browser refused to save a file");
        }
    }
}

/// `heap-inuse_space.svg`: after the profile's file and what it counts.
fn file_name(case: &Case, ending: &str) -> String {
    let summary = case.report.profiles.get(case.settings.profile);
    let path = summary.map(|summary| path_of(&case.report, summary)).unwrap_or("profile");
    let base = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or("profile");
    let kind = summary.map(|summary| case.settings.sample_type(summary)).unwrap_or_default();
    let compared = if case.settings.base.is_some() { "-change" } else { "" };
    format!("{base}-{kind}{compared}.{ending}")
}

fn title(case: &Case, graph: &FlameGraph) -> String {
    let path = |index: usize| {
        case.report.profiles.get(index).map(|summary| path_of(&case.report, summary).to_owned())
    };
    let tree = graph.tree();
    let mut text = format!(
        "{} of {}: {}",
        tree.sample_type,
        path(case.settings.profile).unwrap_or_default(),
        amount::short(graph.total(0), &tree.unit)
    );
    if let Some(base) = case.settings.base.and_then(path) {
        text = format!("{text} against {base}");
    }
    for (name, value) in case.settings.filters() {
        text = format!("{text}, {name}={value}");
    }
    text
}

/// Draws what the graph shows: its zoom and pan, all of its rows.
fn with_picture<T>(case: &Case, graph: &FlameGraph, draw: impl FnOnce(&Picture<'_>) -> T) -> T {
    let title = title(case, graph);
    let range = case.window.get().unwrap_or((0.0, i64_to_f64(graph.span())));
    draw(&Picture {
        graph,
        range,
        is_flipped: case.settings.is_flipped,
        is_dark: case.is_dark,
        title: &title,
        width: WIDTH,
    })
}

fn save_svg(case: &Case, graph: &FlameGraph) -> Result<(), JsValue> {
    let widths = CharWidths::new(text_width::at_12_px);
    let text = with_picture(case, graph, |picture| svg::svg(picture, &widths));
    download::save(&file_name(case, "svg"), "image/svg+xml", text.as_bytes())
}

fn save_png(case: &Case, graph: &FlameGraph) -> Result<(), JsValue> {
    let canvas = with_picture(case, graph, picture::paint)?;
    let (case, name) = (case.clone(), file_name(case, "png"));
    let on_blob = Closure::once_into_js(move |blob: Option<Blob>| {
        let saved = blob.ok_or_else(|| "the picture is too large".into());
        case.report_saving(saved.and_then(|blob| download::save_blob(&name, &blob)));
    });
    canvas.to_blob(on_blob.as_ref().unchecked_ref())
}

fn save_csv(case: &Case) {
    let Some(link) = case.link.clone() else { return };
    let case = case.clone();
    spawn_local(async move {
        let query = Box::new(case.settings.query.clone());
        match link.ask(&Request::Top { query, order: Order::Flat }).await {
            Ok(Response::Top(Ok(top))) => {
                let text = csv(&top, case.settings.base.is_some());
                case.report_saving(download::save(&file_name(&case, "csv"), "text/csv", text.as_bytes()));
            }
            _ => case.say("The engine did not answer"),
        }
    });
}

/// The table with exact numbers, as RFC 4180 has it.
fn csv(top: &Top, is_change: bool) -> String {
    let change = if is_change { " change" } else { "" };
    let mut out = format!(
        "flat{change} [{unit}],flat %,cum{change} [{unit}],cum %,function,file\r\n",
        unit = top.unit
    );
    let whole = i64_to_f64(top.total);
    let percent = |value: i64| {
        if top.total == 0 { String::new() } else { format!("{:.4}", i64_to_f64(value) / whole * 100.0) }
    };
    for (row, file) in top.rows().zip(&top.file) {
        out.push_str(&format!(
            "{},{},{},{},{},{}\r\n",
            row.flat,
            percent(row.flat),
            row.cum,
            percent(row.cum),
            quoted(row.name),
            quoted(file)
        ));
    }
    out
}

/// A text as a field: quoted, and never the start of a formula in a spreadsheet.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::packed::{PackedI64, PackedU32};
    use analyzer_core::session::Inlining;

    use super::*;

    #[test]
    fn a_table_has_exact_numbers_and_quoted_names() {
        let top = Top {
            unit: "bytes".to_owned(),
            total: 8,
            key: PackedU32(vec![1, 2]),
            name: vec!["main.f[go.shape.struct { A \"x\" }]".to_owned(), "=SUM(1,2)".to_owned()],
            file: vec!["/src/a.go".to_owned(), String::new()],
            flat: PackedI64(vec![7, -1]),
            cum: PackedI64(vec![8, -1]),
            inlining: vec![Inlining::None; 2],
            ..Top::default()
        };
        assert_eq!(
            csv(&top, false),
            "flat [bytes],flat %,cum [bytes],cum %,function,file\r\n\
             7,87.5000,8,100.0000,\"main.f[go.shape.struct { A \"\"x\"\" }]\",\"/src/a.go\"\r\n\
             -1,-12.5000,-1,-12.5000,\"'=SUM(1,2)\",\"\"\r\n"
        );
    }
}
