//! What is shown, as a file.

use analyzer_core::base::convert::i64_to_f64;
use analyzer_core::session::{ExportForm, Order, question};
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
                <Menu title="Export this view" items={items(case, graph.as_ref())} {x} {y} {on_close} />
            }
        </>
    }
}

fn items(case: &Case, graph: Option<&Shared<FlameGraph>>) -> Vec<MenuItem> {
    let mut items = Vec::new();
    if let Some(graph) = graph {
        for (id, label, hint, save) in [
            (
                "svg",
                "Flame graph, SVG",
                "text, any size",
                save_svg as fn(&Case, &FlameGraph) -> Result<(), JsValue>,
            ),
            ("png", "Flame graph, PNG", "a picture", save_png),
        ] {
            let (case, graph) = (case.clone(), graph.clone());
            items.push(MenuItem::new(id, label, hint, move || case.report_saving(save(&case, &graph))));
        }
    }
    let forms = [
        ("csv", "Table, CSV", "exact numbers", ExportForm::Csv(Order::Flat)),
        ("folded", "Folded stacks", "for other flame graphs", ExportForm::Folded),
        ("pprof", "Profile, pprof", "with the filters applied", ExportForm::Pprof),
    ];
    items.extend(forms.map(|(id, label, hint, form)| {
        let case = case.clone();
        MenuItem::new(id, label, hint, move || save_export(&case, form))
    }));
    items
}

impl Case {
    fn report_saving(&self, saved: Result<(), JsValue>) {
        if let Err(error) = saved {
            web_sys::console::error_1(&error);
            self.say("The browser blocked the download");
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

/// Saves what only the engine can write.
fn save_export(case: &Case, form: ExportForm) {
    let Some(link) = case.link.clone() else { return };
    let case = case.clone();
    spawn_local(async move {
        let query = case.settings.query.clone();
        match link.ask(question::Export { query, form }).await {
            Ok(Ok(bytes)) => {
                let name = file_name(&case, form.extension());
                case.report_saving(match form {
                    ExportForm::Pprof => download::save_gzipped(&name, &bytes.0).await,
                    _ => download::save(&name, form.media_type(), &bytes.0),
                });
            }
            Ok(Err(refusal)) => {
                web_sys::console::warn_1(&refusal.to_string().into());
                case.say("Nothing to save: the query has no result");
            }
            Err(_) => case.say("The engine did not answer"),
        }
    });
}
