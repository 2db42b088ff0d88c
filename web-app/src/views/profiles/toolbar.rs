//! Ways to look at the profile, and how it is drawn.

use analyzer_core::session::Granularity;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::settings::{Mode, with_query_param};
use super::{Case, own_code};
use crate::components::flame::data::FlameGraph;
use crate::state::Shared;

/// Properties of what needs the case and its graph.
#[derive(Clone, PartialEq, Properties)]
pub struct GraphProps {
    /// What is shown.
    pub case: Case,
    /// The graph, once it is there.
    pub graph: Option<Shared<FlameGraph>>,
}

/// The row of buttons.
#[component]
pub fn Toolbar(props: &GraphProps) -> Html {
    let GraphProps { case, graph } = props;
    let settings = &case.settings;
    html! {
        <div class="toolbar">
            <div class="segments" role="group" aria-label="Ways to look at the profile">
                { for Mode::ALL.iter().map(|&(mode, name, title)| html! {
                    <button
                        key={name} type="button" class="segment" data-mode={name}
                        aria-pressed={(settings.mode == mode).to_string()}
                        onclick={case.on_go(case.params.with("view", mode.param()))}
                    >
                        { title }
                    </button>
                }) }
            </div>
            if settings.mode != Mode::About {
                <span class="toolbar-options">
                    { own_toggle(case, graph.as_deref()) }
                    { toggle(case, "recursion", "collapsed", settings.collapse_recursion, "Collapse recursion", "A function's calls of itself become one frame") }
                    if matches!(settings.mode, Mode::Flame | Mode::Tree) {
                        { toggle(case, "from", "leaves", settings.is_inverted, "From leaves", "What costs by itself at the root, its callers above") }
                    }
                    if settings.mode == Mode::Flame {
                        { toggle(case, "root", "bottom", settings.is_flipped, "Root at bottom", "Flames instead of icicles") }
                    }
                    if settings.base.is_some() {
                        { toggle(case, "normalize", "yes", settings.query.base.is_some_and(|base| base.is_normalized), "Normalize", "Scale to the other profile's total first") }
                    } else {
                        { toggle(case, "color", "module", settings.by_module, "Color by module", "One color a module instead of one a package") }
                    }
                    { granularity(case) }
                </span>
            }
        </div>
    }
}

fn toggle(case: &Case, name: &str, value: &'static str, is_on: bool, label: &'static str, what: &'static str) -> Html {
    let next = if is_on { "" } else { value };
    // Only colors leave the tree as it is.
    let params =
        if name == "color" { case.params.with(name, next) } else { with_query_param(&case.params, name, next) };
    html! {
        <button
            type="button" class="button small" data-toggle={name.to_owned()} title={what}
            aria-pressed={is_on.to_string()} onclick={case.on_go(params)}
        >
            { label }
        </button>
    }
}

/// Shows only frames of the program's own modules, by pprof's `show`.
fn own_toggle(case: &Case, graph: Option<&FlameGraph>) -> Html {
    let Some(graph) = graph else { return Html::default() };
    let pattern = own_code::pattern(graph.own_modules());
    let is_on = case.settings.query.filters.show.as_deref().is_some_and(|show| show.starts_with(own_code::START));
    let params = with_query_param(&case.params, "show", if is_on { String::new() } else { pattern });
    let what = match graph.own_modules() {
        [] => "Only frames of package main".to_owned(),
        modules => format!("Only frames of main and {}", modules.join(", ")),
    };
    html! {
        <button
            type="button" class="button small" data-toggle="own" title={what}
            aria-pressed={is_on.to_string()} onclick={case.on_go(params)}
        >
            { "My code" }
        </button>
    }
}

fn granularity(case: &Case) -> Html {
    const CHOICES: [(Granularity, &str, &str); 5] = [
        (Granularity::Functions, "", "functions"),
        (Granularity::FileFunctions, "filefunctions", "functions in files"),
        (Granularity::Files, "files", "files"),
        (Granularity::Lines, "lines", "lines"),
        (Granularity::Addresses, "addresses", "addresses"),
    ];
    let on_change = {
        let case = case.clone();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            if let Some(select) = select {
                case.go(with_query_param(&case.params, "by", select.value()));
            }
        })
    };
    html! {
        <label class="control">
            <span>{ "By" }</span>
            <select class="field small" id="granularity" onchange={on_change}>
                { for CHOICES.iter().map(|(choice, name, title)| html! {
                    <option value={*name} selected={case.settings.query.granularity == *choice}>{ *title }</option>
                }) }
            </select>
        </label>
    }
}
