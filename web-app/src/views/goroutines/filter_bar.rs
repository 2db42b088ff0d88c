//! The filters over the groups, and the chips that say which are set.

use analyzer_core::report::{GoroutineGroup, Verdict};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::age::Age;
use super::case::{Case, CaseProps};
use super::filters::{self, FILTERS, Filters, VERDICTS, verdict_name};
use super::trend::last_count;
use super::words;
use crate::components::search::Search;
use crate::number_format as text;
use crate::selectors;

/// Values that a list offers at most.
const CHOICES: usize = 200;

/// Verdicts to press, lists to choose from, a text to find; below, what is set.
#[component]
pub fn FilterBar(props: &CaseProps) -> Html {
    let case = &props.case;
    let filters = Filters::of(&case.params);
    // They do not depend on what is set, and there may be thousands of groups.
    let lists = use_memo((case.report.clone(), case.subject), |_| {
        (
            filters::choices(case.groups(), |group| vec![group.state.clone()]),
            filters::choices(case.groups(), |group| vec![group.package.clone()]),
            filters::choices(case.groups(), labels_of),
        )
    });
    let (states, packages, labels) = &*lists;
    let on_search = {
        let case = case.clone();
        Callback::from(move |value: String| {
            let params = case.params.with("q", value);
            // One entry of the history a search, not one a letter.
            if case.params.get("q").is_none() { case.go(params) } else { case.refine(params) }
        })
    };
    html! {
        <div class="filter-bar">
            <div class="filters" role="group" aria-label="Filters">
                <div class="choices">
                    { for VERDICTS.iter().map(|&verdict| verdict_button(case, verdict, &filters)) }
                </div>
                { list(case, "state", "Any state", filters.state.as_deref(), states) }
                { list(case, "package", "Any package", filters.package.as_deref(), packages) }
                if !labels.is_empty() {
                    { list(case, "label", "Any label", filters.label.as_deref(), labels) }
                }
                <Search
                    label="Find goroutines"
                    placeholder="Function, file, rule or goroutine id"
                    value={case.params.get("q").unwrap_or_default().to_owned()}
                    on_input={on_search}
                />
            </div>
            { chips(case) }
        </div>
    }
}

/// A chip for each filter that is set: press it to take the filter away.
fn chips(case: &Case) -> Html {
    let set: Vec<_> =
        FILTERS.iter().filter_map(|(name, word)| Some((*name, *word, case.params.get(name)?))).collect();
    if set.is_empty() {
        return Html::default();
    }
    let admitted = {
        let filters = Filters::of(&case.params);
        case.groups().filter(move |group| filters.admit(group))
    };
    let (groups, members) =
        admitted.fold((0_usize, 0_u64), |(groups, members), group| (groups + 1, members + last_count(group)));
    html! {
        <div class="chips">
            <span class="chips-count" role="status">
                { format!("{} in {} match", words::goroutines(members), text::counted(groups, "group", "groups")) }
            </span>
            { for set.into_iter().map(|(name, word, value)| {
                let shown = shown_value(name, value);
                html! {
                    <button type="button" class="filter-chip" data-filter={name} onclick={case.on_go(case.params.without(name))}
                        aria-label={format!("Remove the filter: {word} {shown}")}>
                        <span class="quiet">{ word }</span>{ " " }{ shown }<span class="mark" aria-hidden="true">{ " \u{00d7}" }</span>
                    </button>
                }
            }) }
            <button type="button" class="button small" onclick={case.on_go(filters::without_filters(&case.params))}>
                { "Clear all" }
            </button>
        </div>
    }
}

fn shown_value(name: &str, value: &str) -> String {
    match name {
        "age" => Age::named(value).map_or(value, |age| age.label).to_owned(),
        "verdict" => value.replace(',', " or ").replace("unknown", "not classified"),
        _ => selectors::visible(value),
    }
}

fn labels_of(group: &GoroutineGroup) -> Vec<String> {
    let pairs = group.labels.iter().flat_map(|(key, values)| values.keys().map(move |value| (key, value)));
    pairs.map(|(key, value)| format!("{key}={value}")).collect()
}

fn verdict_button(case: &Case, verdict: Verdict, filters: &Filters) -> Html {
    let (count, members) = case
        .groups()
        .filter(|group| group.verdict == verdict)
        .fold((0_usize, 0_u64), |(count, members), group| (count + 1, members + last_count(group)));
    if count == 0 {
        return Html::default();
    }
    let is_on = filters.verdicts.contains(&verdict);
    let wanted: Vec<_> = VERDICTS
        .into_iter()
        .filter(|&other| filters.verdicts.contains(&other) != (other == verdict))
        .map(verdict_name)
        .collect();
    let title = format!(
        "{}: {} in {}",
        words::verdict_meaning(verdict),
        words::goroutines(members),
        text::counted(count, "group", "groups")
    );
    html! {
        <button type="button" class="button" data-verdict={verdict_name(verdict)} aria-pressed={is_on.to_string()} {title}
            onclick={case.on_go(case.params.with("verdict", wanted.join(",")))}>
            { words::verdict(verdict) }
            <span class="quiet">{ text::count_u64(members) }</span>
        </button>
    }
}

fn list(
    case: &Case,
    name: &'static str,
    any: &'static str,
    chosen: Option<&str>,
    choices: &[(String, u64)],
) -> Html {
    let onchange = {
        let case = case.clone();
        Callback::from(move |event: Event| {
            let list = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            case.go(case.params.with(name, list.map(|list| list.value()).unwrap_or_default()));
        })
    };
    let is_offered = |value: &str| choices.iter().take(CHOICES).any(|(known, _)| known == value);
    html! {
        <select class="field" data-filter={name} aria-label={any.replace("Any", "Only this")} {onchange}>
            <option value="" selected={chosen.is_none()}>{ any }</option>
            if let Some(value) = chosen.filter(|value| !is_offered(value)) {
                <option value={value.to_owned()} selected=true>{ selectors::visible(value) }</option>
            }
            { for choices.iter().take(CHOICES).map(|(value, count)| html! {
                <option value={value.clone()} selected={chosen == Some(value.as_str())}>
                    { format!("{} ({})", selectors::visible(value), text::count_u64(*count)) }
                </option>
            }) }
        </select>
    }
}
