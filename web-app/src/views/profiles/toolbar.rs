//! Ways to look at the profile, and how it is drawn.

use analyzer_core::session::Granularity;
use yew::prelude::*;

use super::choice::Choice;
use super::export::Export;
use super::settings::{Mode, can_be_in_time, with_query_param};
use super::{Case, filters, head, own_code, search};
use crate::components::flame::data::{Coloring, FlameGraph};
use crate::components::popover::Popover;
use crate::state::{Params, Shared};

/// Properties of what needs the case and its graph.
#[derive(Clone, PartialEq, Properties)]
pub struct GraphProps {
    /// What is shown.
    pub case: Case,
    /// The graph, once it is there.
    pub graph: Option<Shared<FlameGraph>>,
}

/// The only row: what is shown, in which way, what is searched and filtered, and the options.
pub fn toolbar(case: &Case, graph: Option<&Shared<FlameGraph>>) -> Html {
    let settings = &case.settings;
    html! {
        <div class="toolbar">
            { head::head(case) }
            <div class="segments" role="group" aria-label="View of the profile">
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
            if matches!(settings.mode, Mode::Both | Mode::Flame | Mode::Top | Mode::Tree) {
                <search::Search case={case.clone()} graph={graph.cloned()} />
            }
            if settings.mode != Mode::About {
                <Popover id="filter" label="Filter"><filters::NewFilter case={case.clone()} /></Popover>
                { own_toggle(case, graph.map(|graph| &**graph)) }
                <Popover id="options" label="Options">{ options_panel(case, graph) }</Popover>
            }
        </div>
    }
}

fn options_panel(case: &Case, graph: Option<&Shared<FlameGraph>>) -> Html {
    let settings = &case.settings;
    html! {
        <div class="toolbar-options">
            // The call graph has colors and edges of its own.
            if settings.mode != Mode::Calls { { coloring(case) } }
            { granularity(case) }
            if settings.mode != Mode::Calls {
                { toggle(case, "recursion", "collapsed", settings.collapse_recursion, "Collapse recursion", "Merge a function's recursive calls into one frame") }
            }
            if matches!(settings.mode, Mode::Both | Mode::Flame | Mode::Tree) {
                { toggle(case, "from", "leaves", settings.is_inverted, "Inverted", "Callers below callees") }
            }
            if matches!(settings.mode, Mode::Both | Mode::Flame) {
                if !settings.is_inverted && can_be_in_time(&case.report, settings.profile, settings.base) {
                    { toggle(case, "order", "time", settings.is_in_time, "Time order", "Left to right in sampling order, thread by thread, instead of heaviest first") }
                }
                { toggle(case, "root", "bottom", settings.is_flipped, "Root at the bottom", "Flame graph instead of icicle graph") }
            }
            if let Some(base) = settings.query.base {
                { toggle(case, "normalize", "yes", base.is_normalized, "Normalize", "Scale the two profiles to the same total") }
            }
            <Export case={case.clone()} graph={graph.cloned()} />
        </div>
    }
}

fn toggle(
    case: &Case,
    name: &str,
    value: &'static str,
    is_on: bool,
    label: &'static str,
    what: &'static str,
) -> Html {
    let next = if is_on { "" } else { value };
    // Turned over, the tree stays as it is.
    let params = if name == "root" {
        case.params.with(name, next)
    } else {
        with_query_param(&case.params, name, next)
    };
    html! {
        <button
            type="button" class="button small" data-toggle={name.to_owned()} title={what}
            aria-pressed={is_on.to_string()} onclick={case.on_go(params)}
        >
            { label }
        </button>
    }
}

/// With or without only the frames of the program's own modules, by pprof's `show`.
pub fn own_params(case: &Case, graph: &FlameGraph) -> Params {
    let pattern = if is_own(case) { String::new() } else { own_code::pattern(graph.own_modules()) };
    with_query_param(&case.params, "show", pattern)
}

fn is_own(case: &Case) -> bool {
    case.settings.query.filters.show.as_deref().is_some_and(|show| show.starts_with(own_code::START))
}

fn own_toggle(case: &Case, graph: Option<&FlameGraph>) -> Html {
    let Some(graph) = graph else { return Html::default() };
    let is_on = is_own(case);
    let params = own_params(case, graph);
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
    let shown = CHOICES.iter().find(|(choice, ..)| *choice == case.settings.query.granularity);
    let on_change = {
        let case = case.clone();
        Callback::from(move |value: String| case.go(with_query_param(&case.params, "by", value)))
    };
    html! {
        <span class="control">
            <span>{ "Granularity" }</span>
            <Choice
                id="granularity" label="Granularity" options={options(CHOICES.iter().map(|(_, value, title)| (*value, *title)))}
                value={shown.map_or("", |(_, value, _)| value)} {on_change}
            />
        </span>
    }
}

fn coloring(case: &Case) -> Html {
    let choices: &[(Coloring, &'static str, &'static str)] = match case.settings.base {
        None => &[
            (Coloring::Package, "", "package"),
            (Coloring::Module, "module", "module"),
            (Coloring::Value, "value", "own value"),
        ],
        Some(_) => {
            &[(Coloring::Change, "", "change in percent"), (Coloring::ChangeInAll, "all", "change in amount")]
        }
    };
    let shown = choices.iter().find(|(choice, ..)| *choice == case.settings.coloring);
    let on_change = {
        let case = case.clone();
        Callback::from(move |value: String| case.go(case.params.with("color", value)))
    };
    html! {
        <span class="control">
            <span>{ "Color" }</span>
            <Choice
                id="coloring" label="Color by" options={options(choices.iter().map(|(_, value, title)| (*value, *title)))}
                value={shown.map_or("", |(_, value, _)| value)} {on_change}
            />
        </span>
    }
}

fn options(choices: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<(AttrValue, AttrValue)> {
    choices.map(|(value, title)| (value.into(), title.into())).collect()
}
