//! Functions by their cost: flat, flat%, sum%, cum, cum%, as `go tool pprof -top` has them.

use std::cmp::Reverse;
use std::rc::Rc;

use analyzer_core::base::convert::{id_to_usize, ratio, to_u32};
use analyzer_core::base::go_symbol;
use analyzer_core::session::{Order, Request, Response, Top};
use yew::prelude::*;

use super::flame::ModeProps;
use super::search::Pattern;
use super::{Case, amount};
use crate::components::flame::palette;
use crate::components::rows::Rows;
use crate::link::use_answer;
use crate::number_format as text;

/// Height of a row, in CSS pixels.
const ROW: f64 = 24.0;

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Flat,
    Cum,
    Name,
}

impl Key {
    fn find(name: Option<&str>) -> Self {
        match name {
            Some("cum") => Self::Cum,
            Some("name") => Self::Name,
            _ => Self::Flat,
        }
    }
}

/// The table, with what is searched for as a filter.
#[component]
pub fn TopView(props: &ModeProps) -> Html {
    let ModeProps { case, graph } = props;
    let request =
        Request::Top { query: Box::new(case.settings.query.clone()), order: Order::Flat };
    let answer = use_answer(&case.report, Some(request));
    let key = Key::find(case.params.get("sort"));
    let is_top = matches!(answer.response.as_deref(), Some(Response::Top(Ok(_))));
    let response = answer.response.clone().filter(|_| is_top);
    let order = use_memo((response.clone(), key, case.settings.search.clone()), |(response, _, search)| {
        response.as_deref().and_then(top_of).map(|top| Rc::new(sorted(top, key, search)))
    });
    let (Some(response), Some(order)) = (response, (*order).clone()) else {
        return html! { <p class="quiet profile-wait" role="status">{ "The table is being computed." }</p> };
    };
    let Some(top) = top_of(&response) else { return Html::default() };
    let selected = case.settings.selected.clone();
    let focus = selected.as_ref().and_then(|name| {
        order.rows.iter().position(|&(row, _)| top.name.get(id_to_usize(row)) == Some(name))
    });
    let on_key = {
        let (case, response, order) = (case.clone(), response.clone(), order.clone());
        Callback::from(move |event: KeyboardEvent| {
            let next = match (event.key().as_str(), focus) {
                ("ArrowDown", Some(at)) => at + 1,
                ("ArrowUp", Some(at)) => at.saturating_sub(1),
                ("ArrowDown" | "Home", _) => 0,
                ("End", _) => order.rows.len().saturating_sub(1),
                _ => return,
            };
            event.prevent_default();
            let name = order
                .rows
                .get(next)
                .and_then(|&(row, _)| top_of(&response)?.name.get(id_to_usize(row)).cloned());
            if let Some(name) = name {
                case.refine(case.params.with("function", name).without("node"));
            }
        })
    };
    let render = {
        let (case, response, order, own) =
            (case.clone(), response.clone(), order.clone(), graph.own_modules().to_vec());
        Callback::from(move |index: usize| {
            let shown = top_of(&response).zip(order.rows.get(index));
            shown.map_or_else(Html::default, |(top, &(row, sum))| row_html(&case, top, index, row, sum, &own))
        })
    };
    let unit = &top.unit;
    html! {
        <div class="panel top-panel">
            <p class="top-summary quiet">
                { format!(
                    "{} of {}: {}, {} of {} in all",
                    text::count_usize(order.rows.len()), text::counted(top.name.len(), "function", "functions"),
                    top.sample_type, amount::short(order.flat, unit), amount::short(top.total, unit)
                ) }
            </p>
            <Rows
                count={order.rows.len()} height={ROW} {render} {focus} {on_key} class={classes!("top")}
                label={format!("Functions by {}", top.sample_type)} head={head(case, key)}
            />
        </div>
    }
}

fn top_of(response: &Response) -> Option<&Top> {
    match response {
        Response::Top(Ok(top)) => Some(top),
        _ => None,
    }
}

/// Rows in order, with the sum of flat so far.
struct Sorted {
    rows: Vec<(u32, i64)>,
    flat: i64,
}

fn sorted(top: &Top, key: Key, search: &str) -> Sorted {
    let pattern = Pattern::new(search);
    let is_shown = |name: &String| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
    let mut rows: Vec<usize> =
        top.name.iter().enumerate().filter(|(_, name)| is_shown(name)).map(|(row, _)| row).collect();
    match key {
        Key::Flat => {}
        Key::Cum => rows.sort_by_key(|&row| Reverse((top.cum.0[row].unsigned_abs(), top.flat.0[row].unsigned_abs()))),
        Key::Name => rows.sort_by(|&a, &b| top.name[a].cmp(&top.name[b])),
    }
    let mut flat = 0_i64;
    let rows = rows
        .into_iter()
        .map(|row| {
            flat = flat.saturating_add(top.flat.0[row]);
            (to_u32(row), flat)
        })
        .collect();
    Sorted { rows, flat }
}

fn head(case: &Case, key: Key) -> Html {
    let column = |of: Key, param: &'static str, label: &'static str, what: &'static str| {
        let sort = if key == of { if of == Key::Name { "ascending" } else { "descending" } } else { "none" };
        let mark = match (key == of, of) {
            (false, _) => "",
            (true, Key::Name) => " \u{25b2}",
            (true, _) => " \u{25bc}",
        };
        html! {
            <span class={classes!("cell", (of != Key::Name).then_some("number"))} role="columnheader" aria-sort={sort} title={what}>
                <button type="button" class="sort" onclick={case.on_go(case.params.with("sort", param))}>
                    { label }{ mark }
                </button>
            </span>
        }
    };
    let plain = |label: &'static str, what: &'static str| {
        html! { <span class="cell number" role="columnheader" title={what}>{ label }</span> }
    };
    html! {
        <div class="row head" role="row">
            { column(Key::Flat, "", "Flat", "What the function costs itself") }
            { plain("Flat %", "Flat, of the total") }
            { plain("Sum %", "Flat of this row and all above it, of the total") }
            { column(Key::Cum, "cum", "Cum", "What the function costs with all it calls; recursion counts once") }
            { plain("Cum %", "Cum, of the total") }
            { column(Key::Name, "name", "Function", "Name of the function") }
        </div>
    }
}

fn row_html(case: &Case, top: &Top, index: usize, row: u32, sum: i64, own: &[String]) -> Html {
    let at = id_to_usize(row);
    let (Some(name), Some(&flat), Some(&cum)) = (top.name.get(at), top.flat.0.get(at), top.cum.0.get(at)) else {
        return Html::default();
    };
    let is_selected = case.settings.selected.as_ref() == Some(name);
    let percent = |value: i64| text::percent(value, top.total);
    let share = ratio(flat.unsigned_abs().into(), i128::from(top.total).abs().max(1)).unwrap_or(0.0) * 100.0;
    let on_click = {
        let (case, name) = (case.clone(), name.clone());
        Callback::from(move |_: MouseEvent| case.refine(case.params.with("function", name.clone()).without("node")))
    };
    let on_double = {
        let (case, name) = (case.clone(), name.clone());
        Callback::from(move |_: MouseEvent| {
            case.go(case.params.with("function", name.clone()).with("view", "callers").without("node"));
        })
    };
    let color = palette::css(palette::of_function(name, own), case.is_dark);
    let package_end = name.len() - go_symbol::unqualified(name).len();
    let (package, rest) = name.split_at_checked(package_end).unwrap_or(("", name));
    let amount_cell = |value: i64| {
        let shown = if case.settings.base.is_some() { amount::signed(value, &top.unit) } else { amount::short(value, &top.unit) };
        html! { <span class="cell number" role="cell" title={amount::exact(value, &top.unit)} data-value={value.to_string()}>{ shown }</span> }
    };
    html! {
        <div
            key={row} class={classes!("row", is_selected.then_some("selected"))} role="row" data-name={name.clone()}
            aria-rowindex={(index + 2).to_string()} aria-selected={is_selected.to_string()}
            onclick={on_click} ondblclick={on_double}
        >
            { amount_cell(flat) }
            <span class="cell number" role="cell">{ percent(flat) }</span>
            <span class="cell number" role="cell">{ percent(sum) }</span>
            { amount_cell(cum) }
            <span class="cell number" role="cell">{ percent(cum) }</span>
            <span class="cell function" role="cell" title={name.clone()}>
                <span class="top-bar" style={format!("width:{:.2}%;background:{color}", share.min(100.0))} aria-hidden="true" />
                <span class="swatch" style={format!("background:{color}")} aria-hidden="true" />
                <span class="function-name"><span class="package">{ package }</span>{ rest }</span>
            </span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::packed::PackedI64;

    use super::*;

    fn top() -> Top {
        let mut top: Top = Top {
            name: ["main.b", "main.a", "runtime.c"].map(str::to_owned).to_vec(),
            flat: PackedI64(vec![50, 30, -20]),
            cum: PackedI64(vec![50, 90, -20]),
            total: 100,
            ..Top::default()
        };
        top.unit = "bytes".to_owned();
        top
    }

    #[test]
    fn sums_run_down_the_rows_as_they_are_sorted() {
        assert_eq!(sorted(&top(), Key::Flat, "").rows, [(0, 50), (1, 80), (2, 60)]);
        assert_eq!(sorted(&top(), Key::Cum, "").rows, [(1, 30), (0, 80), (2, 60)]);
        assert_eq!(sorted(&top(), Key::Name, "").rows, [(1, 30), (0, 80), (2, 60)]);
    }

    #[test]
    fn a_search_leaves_the_rows_that_match() {
        let found = sorted(&top(), Key::Flat, "^main");
        assert_eq!((found.rows.len(), found.flat), (2, 80));
    }
}
