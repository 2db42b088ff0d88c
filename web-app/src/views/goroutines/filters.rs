//! The filters over the table.

use analyzer_core::report::{GoroutineGroup, Report, SubjectId, Verdict};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::model::{self, Trend, VERDICTS, verdict_name};
use super::words;
use crate::components::search::Search;
use crate::link::use_link;
use crate::number_format as text;
use crate::state::{Params, Shared};

/// Values that a list offers at most.
const CHOICES: usize = 200;

/// Properties of [`FilterBar`].
#[derive(Properties, PartialEq)]
pub struct FilterBarProps {
    /// The report.
    pub report: Shared<Report>,
    /// The address.
    pub params: Params,
    /// Whose goroutines.
    pub subject: SubjectId,
}

/// Verdicts and changes to press, lists to choose from, a text to find.
#[component]
pub fn FilterBar(props: &FilterBarProps) -> Html {
    let link = use_link();
    let set = {
        let params = props.params.clone();
        Callback::from(move |(name, value): (&'static str, String)| {
            if let Some(link) = &link {
                link.refine(params.with(name, value));
            }
        })
    };
    let Some(section) = &props.report.goroutines else { return Html::default() };
    let groups = || section.groups.iter().filter(|group| group.subject == props.subject);
    let filters = model::Filters::of(&props.params);
    let has_several = model::snapshots(section, props.subject).len() > 1;
    let states = model::choices(groups(), |group| vec![group.state.clone()]);
    let packages = model::choices(groups(), |group| vec![group.package.clone()]);
    let labels = model::choices(groups(), labels_of);
    html! {
        <div class="filters" role="group" aria-label="Filters">
            <div class="choices">
                { for VERDICTS.iter().map(|&verdict| verdict_button(verdict, &filters, groups(), &set)) }
            </div>
            if has_several {
                <div class="choices">
                    { for Trend::ALL.iter().map(|&trend| trend_button(trend, &filters, groups(), &set)) }
                </div>
            }
            { list("state", "Any state", filters.state.as_deref(), &states, &set) }
            { list("package", "Any package", filters.package.as_deref(), &packages, &set) }
            if !labels.is_empty() {
                { list("label", "Any label", filters.label.as_deref(), &labels, &set) }
            }
            <Search
                label="Find goroutines"
                placeholder="Function, file, rule or goroutine id"
                value={props.params.get("q").unwrap_or_default().to_owned()}
                on_input={set.reform(|value| ("q", value))}
            />
            if !filters.is_empty() {
                <a class="button" href={super::VIEW_REF.with(without_filters(&props.params)).href()}>
                    { "Clear filters" }
                </a>
            }
        </div>
    }
}

fn without_filters(params: &Params) -> Params {
    ["verdict", "change", "state", "package", "label", "q"]
        .into_iter()
        .fold(params.clone(), |params, name| params.without(name))
}

fn labels_of(group: &GoroutineGroup) -> Vec<String> {
    let pairs = group.labels.iter().flat_map(|(key, values)| values.keys().map(move |value| (key, value)));
    pairs.map(|(key, value)| format!("{key}={value}")).collect()
}

fn verdict_button<'a>(
    verdict: Verdict,
    filters: &model::Filters,
    groups: impl Iterator<Item = &'a GoroutineGroup>,
    set: &Callback<(&'static str, String)>,
) -> Html {
    let (count, members) = groups
        .filter(|group| group.verdict == verdict)
        .fold((0_usize, 0_u64), |(count, members), group| (count + 1, members + model::last_count(group)));
    if count == 0 {
        return Html::default();
    }
    let is_on = filters.verdicts.contains(&verdict);
    let wanted: Vec<_> = VERDICTS
        .into_iter()
        .filter(|&other| filters.verdicts.contains(&other) != (other == verdict))
        .map(verdict_name)
        .collect();
    let onclick = set.reform(move |_: MouseEvent| ("verdict", wanted.join(",")));
    let title = format!("{} in {}", text::count_u64(members), text::counted(count, "group", "groups"));
    html! {
        <button type="button" class="button" aria-pressed={is_on.to_string()} {onclick} {title}>
            { words::verdict(verdict) }
            <span class="quiet">{ text::count_u64(members) }</span>
        </button>
    }
}

fn trend_button<'a>(
    trend: Trend,
    filters: &model::Filters,
    groups: impl Iterator<Item = &'a GoroutineGroup>,
    set: &Callback<(&'static str, String)>,
) -> Html {
    let count = groups.filter(|group| model::trends(group).contains(&trend)).count();
    let is_on = filters.trend == Some(trend);
    let value = if is_on { "" } else { trend.name() };
    let onclick = set.reform(move |_: MouseEvent| ("change", value.to_owned()));
    let title = match trend {
        Trend::New => "Not in the first snapshot",
        Trend::Gone => "Not in the last snapshot",
        Trend::Grown => "More members than in the first snapshot",
        Trend::Shrunk => "Fewer members than in the first snapshot",
        Trend::Stuck => "Members that did not move between snapshots, or are proven leaked",
    };
    html! {
        <button type="button" class="button" aria-pressed={is_on.to_string()} disabled={count == 0 && !is_on} {onclick} {title}>
            { trend.name() }
            <span class="quiet">{ text::count_usize(count) }</span>
        </button>
    }
}

fn list(
    name: &'static str,
    any: &'static str,
    chosen: Option<&str>,
    choices: &[(String, u64)],
    set: &Callback<(&'static str, String)>,
) -> Html {
    let onchange = set.reform(move |event: Event| {
        let list = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        (name, list.map(|list| list.value()).unwrap_or_default())
    });
    let is_offered = |value: &str| choices.iter().take(CHOICES).any(|(known, _)| known == value);
    html! {
        <select class="field" aria-label={any.replace("Any", "Only this")} {onchange}>
            <option value="" selected={chosen.is_none()}>{ any }</option>
            if let Some(value) = chosen.filter(|value| !is_offered(value)) {
                <option value={value.to_owned()} selected=true>{ value }</option>
            }
            { for choices.iter().take(CHOICES).map(|(value, count)| html! {
                <option value={value.clone()} selected={chosen == Some(value.as_str())}>
                    { format!("{value} ({})", text::count_u64(*count)) }
                </option>
            }) }
        </select>
    }
}
