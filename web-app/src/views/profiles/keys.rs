//! Keys of the view that work wherever the focus is.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::actions::source_params;
use super::settings::{Mode, with_query_param};
use super::{Case, head, toolbar};
use crate::components::flame::data::FlameGraph;
use crate::state::{Params, Shared};

/// Listens as long as the view is shown.
#[hook]
pub fn use_keys(case: &Case, graph: Option<&Shared<FlameGraph>>) {
    use_effect_with((case.clone(), graph.cloned()), |(case, graph)| {
        let (case, graph) = (case.clone(), graph.clone());
        let options = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&gloo::utils::window(), "keydown", options, move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                    pressed(&case, graph.as_deref(), event);
                }
            });
        move || drop(listener)
    });
}

fn pressed(case: &Case, graph: Option<&FlameGraph>, event: &KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_within =
        |css: &str| target.as_ref().is_some_and(|target| target.closest(css).ok().flatten().is_some());
    if event.default_prevented() || is_within("input, textarea, select, dialog, .menu") {
        return;
    }
    if (event.ctrl_key() || event.meta_key()) && event.key() == "f" && is_within(".flame-pane") {
        // The browser finds nothing on a canvas.
        let field = gloo::utils::document().query_selector("#profile-search").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            let _ = field.focus();
        }
        return;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    if event.key() == "s"
        && let Some(name) = &case.settings.selected
        && !is_within(".flame-pane")
        && let Some(params) = source_params(case, name)
    {
        event.prevent_default();
        case.open_source(params);
        return;
    }
    if let Some(params) = meaning(case, graph, &event.key()) {
        event.prevent_default();
        case.go(params);
    }
}

/// Where a key leads.
fn meaning(case: &Case, graph: Option<&FlameGraph>, key: &str) -> Option<Params> {
    let settings = &case.settings;
    let switch = |name: &str, value: &str, is_on: bool| {
        with_query_param(&case.params, name, if is_on { "" } else { value })
    };
    Some(match key {
        "r" => switch("recursion", "collapsed", settings.collapse_recursion),
        "i" => switch("from", "leaves", settings.is_inverted),
        "f" => case.params.with("root", if settings.is_flipped { "" } else { "bottom" }),
        "m" => toolbar::own_params(case, graph?),
        "c" => case.params.with("view", Mode::Sandwich.param()),
        "v" => {
            let at = Mode::ALL.iter().position(|(mode, ..)| *mode == settings.mode)?;
            let (next, ..) = Mode::ALL[(at + 1) % Mode::ALL.len()];
            case.params.with("view", next.param())
        }
        "n" | "p" => {
            let count = case.report.profiles.len();
            let step = if key == "n" { 1 } else { count.checked_sub(1)? };
            head::with_profile(case, (settings.profile + step) % count)?
        }
        "t" => {
            let summary = case.report.profiles.get(settings.profile)?;
            let shown = settings.sample_type(summary);
            let at = summary.sample_types.iter().position(|column| column.kind == shown).unwrap_or(0);
            let next = summary.sample_types.get((at + 1) % summary.sample_types.len())?;
            with_query_param(&case.params, "type", next.kind.clone())
        }
        _ => return None,
    })
}
