//! The table of groups; a row opens to its stack and reasons.

use std::collections::BTreeMap;

use analyzer_core::report::{GoroutineGroup, Report, SubjectId};
use yew::prelude::*;

use super::detail;
use super::model::{self, Listing};
use super::words;
use crate::link::use_link;
use crate::number_format as text;
use crate::state::{Params, Shared};

/// Rows shown before the user asks for more, and with each time that they do.
const PAGE: usize = 150;
/// Reasons named in the line of folded groups.
const REASONS: usize = 6;

/// Properties of [`GroupTable`].
#[derive(Properties, PartialEq)]
pub struct GroupTableProps {
    /// The report.
    pub report: Shared<Report>,
    /// The address.
    pub params: Params,
    /// Whose goroutines.
    pub subject: SubjectId,
}

/// The groups that the filters admit, a page at a time.
#[component]
pub fn GroupTable(props: &GroupTableProps) -> Html {
    let link = use_link();
    let pages = use_state_eq(|| 1_usize);
    let toggle = {
        let params = props.params.clone();
        Callback::from(move |id: String| {
            if let Some(link) = &link {
                link.refine(toggled(&params, &id));
            }
        })
    };
    let opened = props.params.get("open").unwrap_or_default();
    use_effect_with(props.params.get("open").map(str::to_owned), |opened| {
        if let Some(id) = opened.as_ref().and_then(|opened| opened.split(',').next_back()) {
            bring_into_sight(id);
        }
    });
    let Some(section) = &props.report.goroutines else { return Html::default() };
    let is_open = |group: &GoroutineGroup| opened.split(',').any(|id| id == group.id);
    let unfold = props.params.get("benign").is_some()
        || section.groups.iter().any(|group| group.verdict == analyzer_core::report::Verdict::Benign && is_open(group));
    let Listing { shown, folded } =
        model::listing(section, props.subject, &model::Filters::of(&props.params), unfold);
    let last_open = shown.iter().rposition(|group| is_open(group)).map_or(0, |place| place + 1);
    let limit = (*pages * PAGE).max(last_open);
    let on_more = {
        let pages = pages.clone();
        move |_: MouseEvent| pages.set(*pages + 1)
    };
    html! {
        <>
            <table class="table stacked groups">
                <thead>
                    <tr>
                        <th scope="col">{ "Verdict" }</th>
                        <th scope="col" class="number">{ "Count" }</th>
                        <th scope="col">{ "Over the snapshots" }</th>
                        <th scope="col">{ "State" }</th>
                        <th scope="col" class="number">{ "Longest wait" }</th>
                        <th scope="col">{ "Where" }</th>
                        <th scope="col">{ "Created by" }</th>
                        <th scope="col"><span class="visually-hidden">{ "Raw text" }</span></th>
                    </tr>
                </thead>
                <tbody>
                    { for shown.iter().take(limit).map(|group| rows(props, group, is_open(group), &toggle)) }
                </tbody>
            </table>
            if shown.is_empty() {
                <p class="empty quiet">{ "No group matches the filters." }</p>
            }
            if shown.len() > limit {
                <button type="button" class="button" onclick={on_more}>
                    { format!("Show more ({} not shown)", text::counted(shown.len() - limit, "group", "groups")) }
                </button>
            }
            { folded_line(props, &folded) }
        </>
    }
}

fn toggled(params: &Params, id: &str) -> Params {
    let opened = params.get("open").unwrap_or_default();
    let mut ids: Vec<&str> = opened.split(',').filter(|known| !known.is_empty() && *known != id).collect();
    if !opened.split(',').any(|known| known == id) {
        ids.push(id);
    }
    params.with("open", ids.join(","))
}

fn bring_into_sight(id: &str) {
    let Some(row) = gloo::utils::document().get_element_by_id(&row_id(id)) else { return };
    let place = row.get_bounding_client_rect();
    let height = gloo::utils::window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    if place.top() < 0.0 || place.top() > height * 0.8 {
        row.scroll_into_view();
    }
}

fn row_id(id: &str) -> String {
    format!("group-{id}")
}

fn rows(props: &GroupTableProps, group: &GoroutineGroup, is_open: bool, toggle: &Callback<String>) -> Html {
    let toggle = {
        let id = group.id.clone();
        toggle.reform(move |_: MouseEvent| id.clone())
    };
    let class = classes!(
        words::class(group.verdict),
        is_open.then_some("open"),
        model::is_dependant(group).then_some("dependant"),
    );
    let raw = words::raw_href(&props.report, group);
    html! {
        <>
            <tr key={group.id.clone()} id={row_id(&group.id)} {class}>
                <td class="verdict-cell">
                    <button type="button" class="disclose" aria-expanded={is_open.to_string()} onclick={toggle}
                        aria-label={format!("Details of {}", words::main_frame(group).map_or("the group", |frame| frame.function.as_str()))}>
                        <span class="chevron" aria-hidden="true">{ if is_open { "▾" } else { "▸" } }</span>
                        { words::verdict(group.verdict) }
                    </button>
                    if !group.rule.is_empty() {
                        <div class="rule">
                            <code>{ &group.rule }</code>
                            { " " }<span class="quiet">{ words::confidence(group.confidence) }</span>
                        </div>
                    }
                    if let Some(role) = group.role {
                        <div class="quiet">{ words::role(role) }</div>
                    }
                </td>
                <td class="number count" data-label="Count">{ text::count_u64(model::last_count(group)) }</td>
                <td data-label="Snapshots">{ words::counts(group) }</td>
                <td data-label="State">{ &group.state }</td>
                <td class={classes!("number", group.wait_minutes.is_none().then_some("unset"))} data-label="Longest wait">
                    { group.wait_minutes.map(text::minutes).unwrap_or_else(|| "—".to_owned()) }
                </td>
                <td data-label="Where">{ words::main_frame(group).map(words::frame).unwrap_or_default() }</td>
                <td class={classes!(group.created_by.is_none().then_some("unset"))} data-label="Created by">
                    { group.created_by.as_ref().map(words::frame).unwrap_or_else(|| html! { <span class="quiet">{ "—" }</span> }) }
                </td>
                <td class="raw">
                    if let Some(href) = raw {
                        <a {href} title="The text of one of them, in its dump">{ "text" }</a>
                    }
                </td>
            </tr>
            if is_open {
                <tr class="detail-row" key={format!("{}-detail", group.id)}>
                    <td colspan="8">{ detail::detail(&props.report, group, props.subject) }</td>
                </tr>
            }
        </>
    }
}

/// One line for the benign groups: how many, and why they are benign.
fn folded_line(props: &GroupTableProps, folded: &[&GoroutineGroup]) -> Html {
    if folded.is_empty() {
        return Html::default();
    }
    let members: u64 = folded.iter().map(|group| model::last_count(group)).sum();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for group in folded {
        let reason = group.reasons.first().map_or(group.rule.as_str(), String::as_str);
        *reasons.entry(reason).or_default() += model::last_count(group);
    }
    let mut reasons: Vec<_> = reasons.into_iter().filter(|(reason, _)| !reason.is_empty()).collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let named: Vec<String> = reasons
        .iter()
        .take(REASONS)
        .map(|(reason, count)| format!("{reason} ({})", text::count_u64(*count)))
        .collect();
    html! {
        <p class="folded">
            { words::verdict(analyzer_core::report::Verdict::Benign) }
            { format!(
                " {} in {}",
                text::counted(usize::try_from(members).unwrap_or(usize::MAX), "goroutine", "goroutines"),
                text::counted(folded.len(), "group", "groups"),
            ) }
            if !named.is_empty() {
                { ": " }{ named.join(", ") }
                if reasons.len() > REASONS { { ", …" } }
            }
            { ". " }
            <a href={super::VIEW_REF.with(props.params.with("benign", "shown")).href()}>{ "Show them" }</a>
        </p>
    }
}
