//! A group in the table: a row, and what it opens to.

use analyzer_core::report::{GoroutineGroup, Role};
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use super::case::Case;
use super::detail;
use super::listing;
use super::trend::last_count;
use super::words;
use crate::number_format as text;
use crate::selectors;
use crate::state::Params;

/// Properties of [`Row`].
#[derive(Clone, PartialEq, Properties)]
pub struct RowProps {
    /// What is shown.
    pub case: Case,
    /// The group, by its place in the report.
    pub at: usize,
    /// Its place in the table.
    pub index: usize,
    /// True if it is opened.
    pub is_open: bool,
}

/// The row's name on the page.
pub fn row_id(id: &str) -> String {
    format!("group-{id}")
}

/// The group.
#[component]
pub fn Row(props: &RowProps) -> Html {
    let case = &props.case;
    let Some(group) = case.section().and_then(|section| section.groups.get(props.at)) else {
        return Html::default();
    };
    let toggle = {
        let (case, id) = (case.clone(), group.id.clone());
        Callback::from(move |_: MouseEvent| case.refine(toggled(&case.params, &id)))
    };
    let on_row = {
        let toggle = toggle.clone();
        Callback::from(move |event: MouseEvent| {
            if is_for_the_row(&event) {
                toggle.emit(event);
            }
        })
    };
    let is_open = props.is_open;
    let class = classes!(
        words::class(group.verdict),
        is_open.then_some("open"),
        listing::is_dependant(group).then_some("dependant"),
    );
    let detail_id = format!("{}-detail", row_id(&group.id));
    html! {
        <>
            <tr id={row_id(&group.id)} {class} aria-rowindex={(props.index + 2).to_string()} onclick={on_row}>
                <td class="verdict-cell">
                    <button type="button" class="disclose" aria-expanded={is_open.to_string()} aria-controls={is_open.then(|| detail_id.clone())}
                        onclick={toggle} aria-label={spoken(group)}>
                        <span class="chevron" aria-hidden="true">{ if is_open { "▾" } else { "▸" } }</span>
                        { words::verdict(group.verdict) }
                    </button>
                    { judgment(case, group) }
                </td>
                <td class="number count" data-label="Count">{ text::count_u64(last_count(group)) }</td>
                <td data-label="Snapshots">{ words::counts(group) }</td>
                <td data-label="State" title={words::state_meaning(&group.state)}>{ selectors::visible(&group.state) }</td>
                <td class={classes!("number", group.wait_minutes.is_none().then_some("unset"))} data-label="Longest wait"
                    title={group.wait_minutes.is_none().then_some("The dump has no wait time: unknown, not short")}>
                    { group.wait_minutes.map(text::minutes).unwrap_or_else(|| "—".to_owned()) }
                </td>
                <td data-label="Where">{ words::main_frame(group).map(words::frame).unwrap_or_default() }</td>
                <td class={classes!(group.created_by.is_none().then_some("unset"))} data-label="Created by">
                    { group.created_by.as_ref().map(words::frame).unwrap_or_else(|| html! { <span class="quiet">{ "—" }</span> }) }
                </td>
                <td class="raw">
                    if let Some(href) = words::raw_href(&case.report, group) {
                        <a {href} title="Show one of these goroutines in its dump">{ "text" }</a>
                    }
                </td>
            </tr>
            if is_open {
                <tr class="detail-row" id={detail_id}>
                    <td colspan="8">{ detail::detail(case, group) }</td>
                </tr>
            }
        </>
    }
}

/// Rule, confidence, and the part in a cause.
fn judgment(case: &Case, group: &GoroutineGroup) -> Html {
    let behind =
        || case.groups().filter(|other| other.root.as_ref() == Some(&group.id) && other.id != group.id);
    let part = match group.role {
        Some(Role::Root) => {
            let members: u64 = behind().map(last_count).sum();
            (members > 0).then(|| format!("{} more because of it", text::count_u64(members)))
        }
        Some(Role::Victim) => Some("waits for the cause above".to_owned()),
        Some(Role::Satellite) => Some("belongs to the cause above".to_owned()),
        None => None,
    };
    html! {
        <>
            if !group.rule.is_empty() {
                <div class="rule">
                    <code>{ &group.rule }</code>
                    { " " }<span class="quiet">{ words::confidence(group.confidence) }</span>
                </div>
            }
            if let Some(part) = part {
                <div class="role quiet">{ part }</div>
            }
        </>
    }
}

/// The row for those who hear it.
fn spoken(group: &GoroutineGroup) -> String {
    let (_, verdict) = words::verdict_words(group.verdict);
    format!("{verdict}: {} in {}, {}", words::goroutines(last_count(group)), words::name(group), group.state)
}

/// A press on a link or button is for that, and one that ends a selection for nothing.
fn is_for_the_row(event: &MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_on_control =
        target.is_some_and(|target| target.closest("a, button, summary").ok().flatten().is_some());
    let selection = gloo::utils::window().get_selection().ok().flatten();
    !is_on_control && selection.is_none_or(|selection| selection.is_collapsed())
}

fn toggled(params: &Params, id: &str) -> Params {
    let opened = params.get("open").unwrap_or_default();
    let mut ids: Vec<&str> = opened.split(',').filter(|known| !known.is_empty() && *known != id).collect();
    if !opened.split(',').any(|known| known == id) {
        ids.push(id);
    }
    params.with("open", ids.join(","))
}
