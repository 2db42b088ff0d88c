//! The filters that are set, each with what it leaves, and a field for more.

use analyzer_core::session::{Effects, Filter, Filters, Left, Takes, question};
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

use super::choice::Choice;
use super::settings::{Mode, with_query_param};
use super::{Case, own_code, search};
use crate::components::flame::amount;
use crate::components::flame::data::FlameGraph;
use crate::link::use_answer;
use crate::number_format as text;
use crate::state::Shared;

/// Chips, the field for a new filter, and the search.
pub fn filters(case: &Case, graph: Option<&Shared<FlameGraph>>) -> Html {
    let mode = case.settings.mode;
    if mode == Mode::About {
        return Html::default();
    }
    let set = case.settings.filters();
    html! {
        <div class="filters">
            if matches!(mode, Mode::Flame | Mode::Top | Mode::Tree) {
                <search::Search case={case.clone()} graph={graph.cloned()} />
            }
            <NewFilter case={case.clone()} />
            if !set.is_empty() {
                <Chips case={case.clone()} {set} />
            }
        </div>
    }
}

fn without_filters(case: &Case) -> crate::state::Params {
    let start = with_query_param(&case.params, "focus", "");
    Filters::ALL.iter().fold(start, |params, filter| params.without(filter.name))
}

fn find(name: &str) -> Option<&'static Filter> {
    Filters::ALL.iter().find(|filter| filter.name == name)
}

#[derive(Clone, PartialEq, Properties)]
struct ChipsProps {
    case: Case,
    set: Vec<(&'static str, String)>,
}

/// The filters that are set, each with what it leaves as the only one.
#[component]
fn Chips(props: &ChipsProps) -> Html {
    let ChipsProps { case, set } = props;
    let answer = use_answer(&case.report, Some(question::Effects { query: case.settings.query.clone() }));
    let effects = answer.latest.as_deref().filter(|_| !answer.is_pending);
    let chip = |name: &'static str, value: &str| {
        let step = effects.and_then(|effects| effects.steps.iter().find(|step| step.filter == name));
        let is_own = name == "show" && value.starts_with(own_code::START);
        let what = find(name).map_or("", |filter| filter.meaning);
        html! {
            <span key={name} class="chip" data-filter={name} title={what}>
                <span class="chip-name">{ if is_own { "my code" } else { name } }</span>
                <code class="chip-value" title={value.to_owned()}>{ value }</code>
                <span class="chip-effect">
                    { effects.zip(step).map(|(effects, step)| left(effects, step.alone)).unwrap_or_default() }
                </span>
                <button
                    type="button" class="chip-remove" aria-label={format!("Remove {name} {value}")}
                    onclick={case.on_go(with_query_param(&case.params, name, ""))}
                >
                    { "\u{d7}" }
                </button>
            </span>
        }
    };
    let together = effects.and_then(|effects| Some((effects, effects.steps.last()?.after)));
    html! {
        <>
            { for set.iter().map(|(name, value)| chip(name, value)) }
            if set.len() > 1 {
                if let Some((effects, after)) = together {
                    <span class="quiet filters-left">{ format!("together {}", left(effects, after)) }</span>
                }
                <button type="button" class="button small" onclick={case.on_go(without_filters(case))}>
                    { "Clear filters" }
                </button>
            }
        </>
    }
}

/// What a filter leaves: of the amount, or of the functions where the amount stays.
fn left(effects: &Effects, left: Left) -> String {
    let (part, whole) = (left.share.amount, effects.whole.share.amount);
    if part == whole && left.nodes < effects.whole.nodes {
        return format!(
            "{} of {} functions left",
            text::count_u64(left.nodes),
            text::count_u64(effects.whole.nodes)
        );
    }
    let (part_text, whole_text) = (amount::short(part, &effects.unit), amount::short(whole, &effects.unit));
    format!("{part_text} of {whole_text} left ({})", text::percent(part, whole))
}

#[derive(Clone, PartialEq, Properties)]
struct NewFilterProps {
    case: Case,
}

/// Adds a filter by name and expression.
#[component]
fn NewFilter(props: &NewFilterProps) -> Html {
    let value = use_node_ref();
    let kind = use_state_eq(|| Filters::ALL[0].name.to_owned());
    let on_kind = {
        let kind = kind.setter();
        Callback::from(move |name: String| kind.set(name))
    };
    let on_submit = {
        let (case, kind, value) = (props.case.clone(), kind.clone(), value.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = value.cast::<HtmlInputElement>().filter(|field| !field.value().is_empty())
            else {
                return;
            };
            let params = with_query_param(&case.params, &kind, field.value());
            field.set_value("");
            let _ = field.blur();
            case.go(params);
        })
    };
    let filter = find(&kind).unwrap_or(&Filters::ALL[0]);
    let what = filter.meaning;
    let example = match filter.takes {
        Takes::Expression => "regular expression",
        Takes::Labels => "value, key=value or 32kb:64kb",
        Takes::Keys => "label keys",
    };
    let keys = case_keys(&props.case).filter(|_| filter.takes != Takes::Expression);
    html! {
        <form class="new-filter" onsubmit={on_submit}>
            <Choice
                id="filter-kind" label="Filter" value={(*kind).clone()} on_change={on_kind}
                options={Filters::ALL.iter().map(|filter| (filter.name.into(), filter.name.into())).collect::<Vec<_>>()}
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
