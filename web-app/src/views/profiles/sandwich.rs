//! One function in the middle: who calls it, and what it calls.

use analyzer_core::base::convert::{id_to_usize, ratio};
use analyzer_core::session::{Direction, Request, TreeOptions};
use yew::prelude::*;

use super::actions::Subject;
use super::details;
use super::flame::ModeProps;
use super::{Case, use_graph};
use crate::components::flame::amount;
use crate::components::flame::canvas::{FlameCanvas, MenuAt};
use crate::components::flame::data::FlameGraph;
use crate::components::flame::geometry::Hit;
use crate::link::use_answer;
use crate::number_format as text;
use crate::state::Shared;

/// Rows of the tables of direct callers and callees.
const ROWS: usize = 30;

/// The content of the mode.
#[component]
pub fn Sandwich(props: &ModeProps) -> Html {
    let ModeProps { case, graph } = props;
    let chosen = case.settings.selected.clone().or_else(|| heaviest(graph));
    let Some(name) = chosen else {
        return html! { <p class="quiet">{ "There is no function to look at." }</p> };
    };
    html! {
        <div class="sandwich">
            <div class="panel sandwich-head">
                <p class="details-name"><code id="pivot">{ &name }</code></p>
                <p class="quiet">{ "Click a row or double-click a frame to put that function in the middle." }</p>
            </div>
            <Side case={case.clone()} name={name.clone()} direction={Direction::Callers} />
            <Side case={case.clone()} {name} direction={Direction::Callees} />
        </div>
    }
}

/// The function that costs most by itself.
fn heaviest(graph: &FlameGraph) -> Option<String> {
    let tree = graph.tree();
    let mut own = vec![0_i64; tree.names.name.len()];
    for (&name, &value) in tree.name.0.iter().zip(&tree.own.0).skip(1) {
        if let Some(sum) = own.get_mut(id_to_usize(name)) {
            *sum = sum.saturating_add(value);
        }
    }
    let largest = (0..own.len()).max_by_key(|&name| (own[name].unsigned_abs(), std::cmp::Reverse(name)))?;
    tree.names.name.get(largest).cloned()
}

#[derive(Clone, PartialEq, Properties)]
struct SideProps {
    case: Case,
    name: String,
    direction: Direction,
}

/// Callers above, callees below: a table of the direct ones and the graph of all.
#[component]
fn Side(props: &SideProps) -> Html {
    let SideProps { case, name, direction } = props;
    let options = TreeOptions {
        direction: *direction,
        pivot: Some(name.clone()),
        collapse_recursion: case.settings.collapse_recursion,
        ..TreeOptions::default()
    };
    let request =
        Request::Tree { query: Box::new(case.settings.query.clone()), options: Box::new(options) };
    let answer = use_answer(&case.report, Some(request));
    let graph = use_graph(&answer, case);
    let selected = use_state_eq(|| None::<u32>);
    let hovered = use_state_eq(|| None::<Hit>);
    let (title, nothing) = match direction {
        Direction::Callers => ("Callers", "Nothing calls it: it is where its stacks begin."),
        Direction::Callees => ("Callees", "It calls nothing that was measured."),
    };
    let Some(graph) = graph else {
        return html! { <div class="panel sandwich-side"><p class="quiet">{ "Being computed." }</p></div> };
    };
    let pivot = {
        let (case, graph) = (case.clone(), graph.clone());
        Callback::from(move |node: Option<u32>| {
            if let Some(node) = node.filter(|&node| node != 0) {
                case.go(case.params.with("function", graph.name_of(node)).without("node"));
            }
        })
    };
    let shown = match &*hovered {
        Some(Hit::Node(node)) => Some(*node),
        _ => *selected,
    };
    let on_hover = {
        let hovered = hovered.setter();
        Callback::from(move |hit| hovered.set(hit))
    };
    let on_select = {
        let selected = selected.setter();
        Callback::from(move |node| selected.set(node))
    };
    let on_menu = {
        let (case, graph) = (case.clone(), graph.clone());
        Callback::from(move |MenuAt { node, x, y }| case.open_menu(Subject::named(graph.name_of(node)), x, y))
    };
    let label = format!("{title} of {name} as a flame graph; the table beside it has the direct ones");
    html! {
        <section class="panel sandwich-side" data-side={title}>
            <div class="sandwich-table">
                <h3>{ title }</h3>
                { table(case, &graph, &pivot, nothing) }
            </div>
            <div class="sandwich-graph">
                <FlameCanvas
                    graph={graph.clone()} {label} is_dark={case.is_dark} is_flipped={*direction == Direction::Callers}
                    selected={*selected} {on_hover} {on_select} on_zoom={pivot} {on_menu}
                />
                <div class="details">
                    if let Some(node) = shown {
                        { details::frame(&graph, node, None) }
                    } else {
                        <p class="quiet">{ "Point at a frame to see what it is." }</p>
                    }
                </div>
            </div>
        </section>
    }
}

/// The direct callers or callees, and what is the function's own.
fn table(case: &Case, graph: &Shared<FlameGraph>, pivot: &Callback<Option<u32>>, nothing: &str) -> Html {
    let children = graph.children(0);
    let tree = graph.tree();
    let whole = graph.total(0);
    if children.is_empty() {
        return html! { <p class="quiet">{ nothing }</p> };
    }
    let count = children.len();
    let amount_of = |value: i64| {
        if case.settings.base.is_some() { amount::signed(value, &tree.unit) } else { amount::short(value, &tree.unit) }
    };
    let line = |name: &str, value: i64, on_click: Option<Callback<MouseEvent>>| {
        let share = ratio(value.unsigned_abs().into(), i128::from(graph.span()).max(1)).unwrap_or(0.0) * 100.0;
        html! {
            <tr class={classes!(on_click.is_none().then_some("quiet"))}>
                <td class="number" title={amount::exact(value, &tree.unit)}>{ amount_of(value) }</td>
                <td class="number">{ text::percent(value, whole) }</td>
                <td class="function">
                    <span class="top-bar" style={format!("width:{:.2}%", share.min(100.0))} aria-hidden="true" />
                    if let Some(on_click) = on_click {
                        <button type="button" class="ledger-name" onclick={on_click}>{ name }</button>
                    } else {
                        <span>{ name }</span>
                    }
                </td>
            </tr>
        }
    };
    html! {
        <table class="neighbors">
            <tbody>
                { for children.take(ROWS).map(|node| {
                    line(graph.name_of(node), graph.total(node), Some(pivot.reform(move |_| Some(node))))
                }) }
                if graph.own(0) != 0 {
                    { line("by itself", graph.own(0), None) }
                }
            </tbody>
            if count > ROWS {
                <tfoot><tr><td colspan="3" class="quiet">{ format!("and {} more, in the graph", count - ROWS) }</td></tr></tfoot>
            }
        </table>
    }
}
