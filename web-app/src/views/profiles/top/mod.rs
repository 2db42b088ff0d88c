//! Functions by their cost: flat, flat%, sum%, cum, cum%, as `go tool pprof -top`
//! has them; in a comparison what changed, growth first.

mod order;
mod row;
mod trend;

use std::rc::Rc;

use analyzer_core::base::convert::id_to_usize;
use analyzer_core::session::{Order as EngineOrder, Top, question};
use yew::prelude::*;

use super::flame::ModeProps;
use crate::components::flame::amount;
use crate::components::rows::Rows;
use crate::link::use_answer;
use crate::number_format as text;
use order::{Order, Sorted};
use row::Row;
use trend::Lines;

/// Height of a row, in CSS pixels.
const ROW: f64 = 24.0;

/// The id of the element of a row that is in sight.
fn row_id(index: usize) -> String {
    format!("top-row-{index}")
}

/// The table, with what is searched for as a filter.
#[component]
pub fn TopView(props: &ModeProps) -> Html {
    let ModeProps { case, graph } = props;
    let query = || case.settings.query.clone();
    let answer = use_answer(&case.report, Some(question::Top { query: query(), order: EngineOrder::Flat }));
    let sources = if case.settings.base.is_none() { trend::sources(case) } else { Vec::new() };
    let trend =
        (!sources.is_empty()).then(|| question::Trend { query: query(), sources, order: EngineOrder::Flat });
    let trend = use_answer(&case.report, trend);
    let order = Order::of(&case.params);
    let top = answer.latest;
    let before = use_memo(top.clone(), |top| top.as_deref().and_then(order::before));
    let lines = use_memo(trend.latest, |trend| {
        trend.as_deref().map(|trend| Rc::new(Lines::new(trend.clone(), case)))
    });
    let rows = {
        let (before, lines) = (before.clone(), lines.clone());
        let deps = (top.clone(), lines.clone(), order, case.settings.search.clone());
        use_memo(deps, move |(top, _, order, search)| {
            let top = top.as_deref()?;
            let growth = |name: &str| (*lines).as_ref().map_or(0, |lines| lines.growth(name));
            Some(Rc::new(order::sorted(top, (*before).as_deref(), growth, *order, search)))
        })
    };
    let (Some(top), Some(rows)) = (top, (*rows).clone()) else {
        return html! { <p class="quiet profile-wait" role="status">{ "Computing the table\u{2026}" }</p> };
    };
    let selected = case.settings.selected.as_ref();
    let focus = selected
        .and_then(|name| rows.rows.iter().position(|&(row, _)| top.name.get(id_to_usize(row)) == Some(name)));
    let on_key = {
        let (case, top, rows) = (case.clone(), top.clone(), rows.clone());
        Callback::from(move |event: KeyboardEvent| {
            let name_at = |at: usize| {
                let &(row, _) = rows.rows.get(at)?;
                top.name.get(id_to_usize(row)).cloned()
            };
            let last = rows.rows.len().saturating_sub(1);
            let next = match (event.key().as_str(), focus) {
                ("ArrowDown", Some(at)) => at + 1,
                ("ArrowUp", Some(at)) => at.saturating_sub(1),
                ("PageDown", Some(at)) => (at + PAGE).min(last),
                ("PageUp", Some(at)) => at.saturating_sub(PAGE),
                ("ArrowDown" | "Home", _) => 0,
                ("End", _) => last,
                ("Enter", Some(at)) => {
                    event.prevent_default();
                    if let Some(name) = name_at(at) {
                        case.go(case.params.with("function", name).with("view", "callers").without("node"));
                    }
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            if let Some(name) = name_at(next) {
                case.refine(case.params.with("function", name).without("node"));
            }
        })
    };
    let render = {
        let (case, top, rows, before) = (case.clone(), top.clone(), rows.clone(), before.clone());
        let lines = (*lines).clone();
        let own = graph.own_modules().to_vec();
        Callback::from(move |index: usize| {
            let Some(&(row, sum)) = rows.rows.get(index) else { return Html::default() };
            let before = (*before).as_ref().and_then(|before| before.get(id_to_usize(row))).copied();
            Row { case: &case, top: &top, index, row, sum, before, lines: lines.as_deref(), own: &own }.html()
        })
    };
    html! {
        <div class="panel top-panel">
            <p class="top-summary quiet">{ summary(&top, &rows, before.is_some()) }</p>
            <Rows
                count={rows.rows.len()} height={ROW} {render} {focus} {on_key} class={classes!("top")}
                active={focus.map(row_id)} label={format!("Functions by {}", top.sample_type)} head={row::head(case, order, before.is_some(), lines.is_some())}
            />
        </div>
    }
}

/// Rows that the page keys go.
const PAGE: usize = 20;

fn summary(top: &Top, rows: &Sorted, is_comparison: bool) -> String {
    let unit = &top.unit;
    let shown = text::count_usize(rows.rows.len());
    let all = text::counted(top.name.len(), "function", "functions");
    let (kind, whole) = (&top.sample_type, amount::short(top.total, unit));
    if is_comparison {
        let change = amount::signed(rows.flat, unit);
        return format!("{shown} of {all} that changed: {kind} {change}; it was {whole} before");
    }
    format!("{shown} of {all}: {kind}, {} of {whole} in total", amount::short(rows.flat, unit))
}
