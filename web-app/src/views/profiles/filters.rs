//! The filters that are set, each with what it leaves, and a field for more.

use analyzer_core::session::{Effects, Filter, Filters, Left, Takes, question};
use gloo::timers::callback::Timeout;
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

use super::choice::Choice;
use super::settings::{Mode, with_query_param};
use super::{Case, CaseProps, own_code};
use crate::components::flame::amount;
use crate::link::use_answer;
use crate::number_format as text;
use crate::state::Params;

/// The filters that are set, as chips.
pub fn filters(case: &Case) -> Html {
    let set = case.settings.filters();
    if case.settings.mode == Mode::About || set.is_empty() {
        return Html::default();
    }
    html! { <div class="filters"><Chips case={case.clone()} {set} /></div> }
}

/// True if another filter of this kind goes with the one before: what is left out of one is left out of both.
fn is_joined(filter: &str) -> bool {
    matches!(filter, "ignore" | "hide")
}

/// The address with one more filter.
pub fn added(params: &Params, filter: &str, value: &str) -> Params {
    let before = params.get(filter).filter(|_| is_joined(filter));
    let value = before.map_or_else(|| value.to_owned(), |before| format!("{before}|{value}"));
    with_query_param(params, filter, value)
}

fn without_filters(case: &Case) -> Params {
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

/// How long typing rests before the engine is asked what the filter leaves.
const REST_MILLIS: u32 = 200;

/// Adds a filter by name and expression, which is tried while it is typed.
#[component]
pub fn NewFilter(props: &CaseProps) -> Html {
    let case = &props.case;
    let kind = use_state_eq(|| Filters::ALL[0].name.to_owned());
    let value = use_state_eq(String::new);
    let tried = use_state_eq(String::new);
    {
        let tried = tried.setter();
        use_effect_with((*value).clone(), move |value| {
            let value = value.clone();
            let timer = Timeout::new(REST_MILLIS, move || tried.set(value));
            move || drop(timer)
        });
    }
    let question = (!tried.is_empty()).then(|| {
        let mut query = case.settings.query.clone();
        if let Some(place) = query.filters.get_mut(&kind) {
            *place = added(&case.params, &kind, &tried).get(&kind).map(str::to_owned);
        }
        question::Effects { query }
    });
    let answer = use_answer(&case.report, question);
    let is_current = !answer.is_pending && *tried == *value && !value.is_empty();
    let refusal = answer.refusal.as_ref().filter(|_| is_current);
    let on_kind = {
        let kind = kind.setter();
        Callback::from(move |name: String| kind.set(name))
    };
    let oninput = {
        let value = value.setter();
        Callback::from(move |event: InputEvent| {
            value.set(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let on_submit = {
        let (case, kind, value, is_refused) = (case.clone(), kind.clone(), value.clone(), refusal.is_some());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !value.is_empty() && !is_refused {
                case.go(added(&case.params, &kind, &value));
                value.set(String::new());
            }
        })
    };
    let filter = find(&kind).unwrap_or(&Filters::ALL[0]);
    let what = filter.meaning;
    let example = match filter.takes {
        Takes::Expression => "regular expression",
        Takes::Labels => "value, key=value or 32kb:64kb",
        Takes::Keys => "label keys",
    };
    let keys = case_keys(case).filter(|_| filter.takes != Takes::Expression);
    let replaces = case.params.get(&kind).is_some() && !is_joined(&kind);
    let said = match (refusal, answer.latest.as_deref().filter(|_| is_current)) {
        (Some(refusal), _) => {
            html! { <span class="severity critical">{ format!("Invalid: {refusal}") }</span> }
        }
        (None, Some(effects)) => effects
            .steps
            .iter()
            .find(|step| step.filter == *kind)
            .map(|step| html! { { left(effects, step.alone) } })
            .unwrap_or_default(),
        (None, None) => html! { { what } },
    };
    html! {
        <form class="new-filter" onsubmit={on_submit}>
            <Choice
                id="filter-kind" label="Filter" value={(*kind).clone()} on_change={on_kind}
                options={Filters::ALL.iter().map(|filter| (filter.name.into(), filter.name.into())).collect::<Vec<_>>()}
            />
            <input
                class="field small" id="filter-value" type="text" placeholder={example} title={what} spellcheck="false"
                autocomplete="off" autocapitalize="off" aria-label={what} list={keys.as_ref().map(|_| "label-keys")}
                value={(*value).clone()} {oninput} aria-invalid={refusal.is_some().to_string()} aria-describedby="filter-said"
            />
            if let Some(keys) = keys {
                <datalist id="label-keys">{ for keys.iter().map(|key| html! { <option value={key.clone()} /> }) }</datalist>
            }
            <button type="submit" class="button small" disabled={refusal.is_some()}>
                { if replaces { "Replace" } else { "Add" } }
            </button>
            <p id="filter-said" class="filter-said quiet" role="status">{ said }</p>
        </form>
    }
}

/// Keys of the profile's labels, if it has any.
fn case_keys(case: &Case) -> Option<&[String]> {
    let summary = case.report.profiles.get(case.settings.profile)?;
    Some(summary.label_keys.as_slice()).filter(|keys| !keys.is_empty())
}
