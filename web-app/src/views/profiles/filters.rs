//! The filters that are set, each with what it leaves, and a field for more.

use analyzer_core::report::Report;
use analyzer_core::session::{Filters as FilterSet, Query, Request, Response, TreeOptions};
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

use super::choice::Choice;
use super::settings::{FILTERS, Mode, filter_mut, with_query_param};
use super::toolbar::GraphProps;
use super::{Case, own_code, search};
use crate::components::flame::amount;
use crate::link::use_answer;
use crate::number_format as text;
use crate::state::Shared;

/// Chips, the field for a new filter, and the search.
#[component]
pub fn Filters(props: &GraphProps) -> Html {
    let GraphProps { case, graph } = props;
    let mode = case.settings.mode;
    if mode == Mode::About {
        return Html::default();
    }
    let set = case.settings.filters();
    html! {
        <div class="filters">
            if matches!(mode, Mode::Flame | Mode::Top | Mode::Tree) {
                <search::Search case={case.clone()} graph={graph.clone()} />
            }
            <NewFilter case={case.clone()} />
            { for set.iter().map(|(name, value)| html! {
                <Chip
                    key={*name} report={case.report.clone()} query={case.settings.query.clone()} name={*name}
                    value={value.clone()} on_remove={case.on_go(with_query_param(&case.params, name, ""))}
                />
            }) }
            if set.len() > 1 {
                { remaining(props) }
                <button type="button" class="button small" onclick={case.on_go(without_filters(case))}>
                    { "Clear filters" }
                </button>
            }
        </div>
    }
}

fn without_filters(case: &Case) -> crate::state::Params {
    FILTERS.iter().fold(case.params.without("zoom"), |params, (name, _)| params.without(name))
}

/// What all filters together leave.
fn remaining(props: &GraphProps) -> Html {
    let Some(graph) = &props.graph else { return Html::default() };
    let tree = graph.tree();
    html! {
        <span class="quiet filters-left">
            { format!("together {}", left(graph.total(0), tree.view_total, &tree.unit)) }
        </span>
    }
}

fn left(total: i64, whole: i64, unit: &str) -> String {
    format!("{} of {} left ({})", amount::short(total, unit), amount::short(whole, unit), text::percent(total, whole))
}

#[derive(Clone, PartialEq, Properties)]
struct ChipProps {
    report: Shared<Report>,
    query: Query,
    name: &'static str,
    value: String,
    on_remove: Callback<MouseEvent>,
}

/// One filter and its effect, were it the only one.
#[component]
fn Chip(props: &ChipProps) -> Html {
    let mut query = props.query.clone();
    query.filters = FilterSet::default();
    if let Some(filter) = filter_mut(&mut query.filters, props.name) {
        *filter = Some(props.value.clone());
    }
    // Nothing but the root is wanted: everything else is too narrow.
    let options = TreeOptions { min_width_ppm: 1_000_001, ..TreeOptions::default() };
    let request = Request::Tree { query: Box::new(query), options: Box::new(options) };
    let answer = use_answer(&props.report, Some(request));
    let effect = match answer.response.as_deref() {
        Some(Response::Tree(Ok(tree))) => {
            let total = tree.total.0.first().copied().unwrap_or(0);
            left(total, tree.view_total, &tree.unit)
        }
        Some(Response::Tree(Err(error))) => error.to_string(),
        _ => String::new(),
    };
    let is_own = props.name == "show" && props.value.starts_with(own_code::START);
    html! {
        <span class="chip" data-filter={props.name}>
            <span class="chip-name">{ if is_own { "my code" } else { props.name } }</span>
            <code class="chip-value">{ &props.value }</code>
            <span class="chip-effect">{ effect }</span>
            <button
                type="button" class="chip-remove" onclick={props.on_remove.clone()}
                aria-label={format!("Remove {} {}", props.name, props.value)}
            >
                { "\u{d7}" }
            </button>
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NewFilterProps {
    case: Case,
}

/// Adds a filter by name and expression.
#[component]
fn NewFilter(props: &NewFilterProps) -> Html {
    let value = use_node_ref();
    let kind = use_state_eq(|| FILTERS[0].0.to_owned());
    let on_kind = {
        let kind = kind.setter();
        Callback::from(move |name: String| kind.set(name))
    };
    let on_submit = {
        let (case, kind, value) = (props.case.clone(), kind.clone(), value.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = value.cast::<HtmlInputElement>().filter(|field| !field.value().is_empty()) else {
                return;
            };
            let params = with_query_param(&case.params, &kind, field.value());
            field.set_value("");
            let _ = field.blur();
            case.go(params);
        })
    };
    let what = FILTERS.iter().find(|(name, _)| **name == **kind).map_or("", |(_, what)| what);
    let example = match kind.as_str() {
        "tagfocus" | "tagignore" => "value, key=value or 32kb:64kb",
        "tagroot" | "tagleaf" => "label keys",
        _ => "regular expression",
    };
    let keys = case_keys(&props.case).filter(|_| kind.starts_with("tag"));
    html! {
        <form class="new-filter" onsubmit={on_submit}>
            <Choice
                id="filter-kind" label="Filter" value={(*kind).clone()} on_change={on_kind}
                options={FILTERS.iter().map(|(name, _)| ((*name).into(), (*name).into())).collect::<Vec<_>>()}
            />
            <input
                class="field small" id="filter-value" ref={value} type="text" placeholder={example} title={what} spellcheck="false"
                autocomplete="off" autocapitalize="off" aria-label={what} list={keys.as_ref().map(|_| "label-keys")}
            />
            if let Some(keys) = keys {
                <datalist id="label-keys">{ for keys.iter().map(|key| html! { <option value={key.clone()} /> }) }</datalist>
            }
            <button type="submit" class="button small">{ "Add filter" }</button>
        </form>
    }
}

/// Keys of the profile's labels, if it has any.
fn case_keys(case: &Case) -> Option<&[String]> {
    let summary = case.report.profiles.get(case.settings.profile)?;
    Some(summary.label_keys.as_slice()).filter(|keys| !keys.is_empty())
}
