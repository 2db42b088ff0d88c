//! The table of groups; a row opens to its stack and reasons.

use std::collections::HashMap;
use std::rc::Rc;

use analyzer_core::report::{GoroutineGroup, Verdict};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::case::{Case, CaseProps};
use super::chunk::{CHUNK, Chunk};
use super::filters::Filters;
use super::folded::Folded;
use super::listing::{self, Column, Listing, Sort};
use super::row::row_id;
use crate::state::Params;

/// True if the address opens the group.
pub fn is_open(params: &Params, group: &GoroutineGroup) -> bool {
    params.get("open").unwrap_or_default().split(',').any(|id| id == group.id)
}

/// What is shown, as places in the report's list of groups.
#[derive(PartialEq)]
struct Places {
    shown: Rc<Vec<usize>>,
    folded: Rc<Vec<usize>>,
}

/// The groups that the filters admit.
#[component]
pub fn GroupTable(props: &CaseProps) -> Html {
    let case = &props.case;
    // An opened benign group unfolds the others: it would not be seen else.
    let unfold = case.params.get("benign").is_some()
        || case.groups().any(|group| group.verdict == Verdict::Benign && is_open(&case.params, group));
    let key = (case.report.clone(), case.subject, case.params.without("open"), unfold);
    let places = use_memo(key, |(_, _, params, unfold)| places(case, params, *unfold));
    let last_opened = case.params.get("open").and_then(|open| open.split(',').next_back()).map(str::to_owned);
    let wanted = case.section().and_then(|section| {
        let place = section.groups.iter().position(|group| Some(&group.id) == last_opened.as_ref())?;
        places.shown.iter().position(|&shown| shown == place)
    });
    use_effect_with(last_opened, |opened| {
        if let Some(id) = opened {
            bring_into_sight(id);
        }
    });
    let count = places.shown.len();
    html! {
        <>
            if count > 0 {
                <table class="table stacked groups" aria-rowcount={(count + 1).to_string()} onkeydown={on_key}>
                    <caption class="visually-hidden">{ "Groups of goroutines with the same stack, state and creator" }</caption>
                    <colgroup>
                        { for ["verdict", "count", "change", "state", "wait", "where", "creator", "raw"].into_iter()
                            .map(|name| html! { <col class={format!("col-{name}")} /> }) }
                    </colgroup>
                    { head(case) }
                    { for (0..count.div_ceil(CHUNK)).map(|index| {
                        let first = index * CHUNK;
                        let id = places.shown.get(first).copied().unwrap_or(0);
                        html! {
                            <Chunk key={format!("{index}-{id}")} case={case.clone()} places={places.shown.clone()} {first}
                                is_wanted={wanted.is_some_and(|place| place / CHUNK == index)} />
                        }
                    }) }
                </table>
            } else {
                <p class="empty quiet">
                    { if places.folded.is_empty() { "No group matches the filters." } else { "No other group matches." } }
                </p>
            }
            if !places.folded.is_empty() {
                <Folded case={case.clone()} places={places.folded.clone()} />
            }
        </>
    }
}

fn places(case: &Case, params: &Params, unfold: bool) -> Places {
    let Some(section) = case.section() else { return Places { shown: Rc::default(), folded: Rc::default() } };
    let place_of: HashMap<&str, usize> =
        section.groups.iter().enumerate().map(|(place, group)| (group.id.as_str(), place)).collect();
    let places = |groups: Vec<&GoroutineGroup>| {
        Rc::new(groups.into_iter().filter_map(|group| place_of.get(group.id.as_str()).copied()).collect())
    };
    let Listing { shown, folded } =
        listing::listing(section, case.subject, &Filters::of(params), Sort::of(params), unfold);
    Places { shown: places(shown), folded: places(folded) }
}

fn head(case: &Case) -> Html {
    let sort = Sort::of(&case.params);
    let sortable = |column: Column, title: &'static str, is_number: bool| {
        let is_descending = sort.is_descending(column);
        let state = is_descending.map(|is_descending| if is_descending { "descending" } else { "ascending" });
        let mark = match is_descending {
            Some(true) => " \u{25be}",
            Some(false) => " \u{25b4}",
            None => "",
        };
        html! {
            <th scope="col" class={classes!(is_number.then_some("number"))} aria-sort={state}>
                <button type="button" class="sort" onclick={case.on_go(case.params.with("sort", sort.pressed(column)))}>
                    { title }<span aria-hidden="true">{ mark }</span>
                </button>
            </th>
        }
    };
    html! {
        <thead>
            <tr aria-rowindex="1">
                <th scope="col">
                    <button type="button" class="sort" title="Worst first, with waiting goroutines below their cause" onclick={case.on_go(case.params.without("sort"))}>
                        { "Verdict" }
                    </button>
                </th>
                { sortable(Column::Count, "Count", true) }
                { sortable(Column::Change, "Across snapshots", false) }
                { sortable(Column::State, "State", false) }
                { sortable(Column::Wait, "Longest wait", true) }
                { sortable(Column::Where, "Where", false) }
                { sortable(Column::Creator, "Created by", false) }
                <th scope="col"><span class="visually-hidden">{ "Raw text" }</span></th>
            </tr>
        </thead>
    }
}

/// Arrow keys go from group to group, and open and close.
fn on_key(event: KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let Some(button) = target.filter(|target| target.matches(".disclose").unwrap_or(false)) else { return };
    let is_open = button.get_attribute("aria-expanded").as_deref() == Some("true");
    let go = |step: fn(u32, u32) -> Option<u32>| {
        let table = button.closest(".groups").ok().flatten();
        let Some(buttons) = table.and_then(|table| table.query_selector_all(".disclose").ok()) else {
            return;
        };
        let same = |place: &u32| buttons.item(*place).is_some_and(|node| node.is_same_node(Some(&button)));
        let Some(place) = (0..buttons.length()).find(same) else { return };
        let next = step(place, buttons.length()).and_then(|next| buttons.item(next));
        if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
            let _ = next.focus();
        }
    };
    match event.key().as_str() {
        "ArrowDown" => go(|place, _| place.checked_add(1)),
        "ArrowUp" => go(|place, _| place.checked_sub(1)),
        "Home" => go(|_, _| Some(0)),
        "End" => go(|_, count| count.checked_sub(1)),
        "ArrowRight" if !is_open => button.click(),
        "ArrowLeft" if is_open => button.click(),
        _ => return,
    }
    event.prevent_default();
}

fn bring_into_sight(id: &str) {
    let Some(row) = gloo::utils::document().get_element_by_id(&row_id(id)) else { return };
    let place = Element::get_bounding_client_rect(&row);
    let height = gloo::utils::window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    if place.top() < 0.0 || place.top() > height * 0.8 {
        row.scroll_into_view();
    }
}
