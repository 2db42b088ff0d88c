//! One function in the middle: who calls it, and what it calls.

use analyzer_core::base::convert::{id_to_usize, ratio};
use analyzer_core::session::{Direction, Nodes, Order, Peek, PeekNode, TreeOptions, question};
use yew::prelude::*;

use super::Case;
use super::actions::Subject;
use super::details;
use super::flame::ModeProps;
use super::name::function_name;
use super::viewport::{Tree, use_tree};
use crate::components::flame::amount;
use crate::components::flame::canvas::{FlameCanvas, MenuAt};
use crate::components::flame::data::FlameGraph;
use crate::components::flame::geometry::Hit;
use crate::link::use_answer;
use crate::number_format as text;
use crate::selectors;
use crate::state::Shared;

/// Rows of the tables of direct callers and callees.
const ROWS: usize = 30;

/// The content of the mode.
#[component]
pub fn Sandwich(props: &ModeProps) -> Html {
    let ModeProps { case, graph } = props;
    let chosen = case.settings.selected.clone().or_else(|| heaviest(graph));
    let Some(name) = chosen else {
        return html! { <p class="quiet">{ "No function to show." }</p> };
    };
    html! { <Pivot case={case.clone()} {name} /> }
}

#[derive(Clone, PartialEq, Properties)]
struct PivotProps {
    case: Case,
    name: String,
}

/// The function with both of its sides.
#[component]
fn Pivot(props: &PivotProps) -> Html {
    let PivotProps { case, name } = props;
    let question = question::Peek {
        query: case.settings.query.clone(),
        nodes: Nodes::Named(name.clone()),
        order: Order::Flat,
    };
    let answer = use_answer(&case.report, Some(question));
    let is_answered = answer.latest.is_some() || answer.refusal.is_some();
    let peek = answer.latest.filter(|peek| peek.nodes.first().is_some_and(|node| node.name == *name));
    let is_unknown = peek.is_none() && !answer.is_pending && is_answered;
    html! {
        <div class="sandwich">
            <div class="panel sandwich-head">
                <p class="details-name">
                    <code id="pivot">{ selectors::visible(name) }</code>
                    if let Some((_, node)) = peek.as_deref().and_then(with_node) {
                        <span class="quiet details-file">{ selectors::visible(&node.file) }</span>
                    }
                </p>
                if let Some((peek, node)) = peek.as_deref().and_then(with_node) {
                    { costs(peek, node) }
                } else if is_unknown {
                    <p class="quiet">{ "The function does not occur in any stack that matches the filters." }</p>
                }
                <p class="quiet">{ "Click a row or double-click a frame to center that function." }</p>
            </div>
            <Side case={case.clone()} name={name.clone()} direction={Direction::Callers} peek={peek.clone()} />
            <Side case={case.clone()} name={name.clone()} direction={Direction::Callees} {peek} />
        </div>
    }
}

fn with_node(peek: &Peek) -> Option<(&Peek, &PeekNode)> {
    Some((peek, peek.nodes.first()?))
}

/// Flat and cum of the function, in a comparison with what they were.
fn costs(peek: &Peek, node: &PeekNode) -> Html {
    let cost = |label: &'static str, value: i64, before: Option<i64>| {
        let (shown, share) = match before {
            None => (amount::short(value, &peek.unit), text::percent(value, peek.total)),
            Some(before) => (
                amount::signed(value, &peek.unit),
                amount::change_percent(before, before.saturating_add(value)),
            ),
        };
        html! {
            <span title={amount::exact(value, &peek.unit)} data-value={value.to_string()}>{ label }{ " " }<b>{ shown }</b>{ " " }{ share }</span>
        }
    };
    html! {
        <p class="details-amounts">
            { cost("flat", node.flat, node.base.map(|(flat, _)| flat)) }
            { cost("cum", node.cum, node.base.map(|(_, cum)| cum)) }
            if node.recursive != 0 {
                <span>{ format!("calls itself in {}", amount::short(node.recursive, &peek.unit)) }</span>
            }
        </p>
    }
}

/// The function that costs most in the function itself.
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
    peek: Option<Shared<Peek>>,
}

/// Callers above, callees below: a table of the direct ones and the graph of all.
#[component]
fn Side(props: &SideProps) -> Html {
    let SideProps { case, name, direction, peek } = props;
    let options = TreeOptions { direction: *direction, pivot: Some(name.clone()), ..TreeOptions::default() };
    let Tree { graph, on_seen, .. } = use_tree(case, options);
    let selected = use_state_eq(|| None::<u32>);
    let hovered = use_state_eq(|| None::<Hit>);
    let (title, nothing) = match direction {
        Direction::Callers => ("Callers", "No callers: its stacks start here."),
        Direction::Callees => ("Callees", "No callees in the profile."),
    };
    let Some(graph) = graph else {
        return html! { <div class="panel sandwich-side"><p class="quiet">{ "Computing\u{2026}" }</p></div> };
    };
    let pivot = {
        let case = case.clone();
        Callback::from(move |name: String| case.go(case.params.with("function", name).without("node")))
    };
    let on_zoom = {
        let (pivot, graph) = (pivot.clone(), graph.clone());
        Callback::from(move |node: Option<u32>| {
            if let Some(node) = node.filter(|&node| node != 0) {
                pivot.emit(graph.name_of(node).to_owned());
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
    let label = format!(
        "{title} of {} as a flame graph; the table next to it lists the direct ones",
        selectors::visible(name)
    );
    html! {
        <section class="panel sandwich-side" data-side={title}>
            <div class="sandwich-table">
                <h3>{ title }</h3>
                { peek.as_deref().and_then(with_node).map(|(peek, node)| table(case, peek, node, *direction, &pivot, nothing)) }
            </div>
            <div class="sandwich-graph">
                <FlameCanvas
                    graph={graph.clone()} {label} is_dark={case.is_dark} is_flipped={*direction == Direction::Callers}
                    selected={*selected} {on_hover} {on_select} {on_zoom} {on_menu} on_window={on_seen}
                />
                <div class="details">
                    if let Some(node) = shown {
                        { details::frame(&graph, node, None) }
                    } else {
                        <p class="quiet">{ "Hover over a frame for details." }</p>
                    }
                </div>
            </div>
        </section>
    }
}

/// The direct callers or callees, and what has none. Each stack counts once for a neighbor.
fn table(
    case: &Case,
    peek: &Peek,
    node: &PeekNode,
    direction: Direction,
    pivot: &Callback<String>,
    nothing: &str,
) -> Html {
    let (calls, rest, rest_name) = match direction {
        Direction::Callers => (&node.callers, node.without_caller, "without a caller"),
        Direction::Callees => (&node.callees, node.flat, "in the function itself"),
    };
    if calls.name.is_empty() && rest == 0 {
        return html! { <p class="quiet">{ nothing }</p> };
    }
    // In a comparison a share is how much the call changed.
    let share = |at: usize, value: i64| match calls.base.0.get(at) {
        Some(&before) => amount::change_percent(before, before.saturating_add(value)),
        None if node.base.is_some() => String::new(),
        None => text::percent(value, node.cum),
    };
    let line = |at: usize, name: &str, value: i64, is_neighbor: bool| {
        let room =
            ratio(value.unsigned_abs().into(), i128::from(node.cum).abs().max(1)).unwrap_or(0.0) * 100.0;
        let shown = if case.settings.base.is_some() {
            amount::signed(value, &peek.unit)
        } else {
            amount::short(value, &peek.unit)
        };
        let on_click = {
            let name = name.to_owned();
            pivot.reform(move |_: MouseEvent| name.clone())
        };
        html! {
            <tr class={classes!((!is_neighbor).then_some("quiet"))} oncontextmenu={is_neighbor.then(|| case.on_row_menu(name))}>
                <td class="number" title={amount::exact(value, &peek.unit)} data-value={value.to_string()}>{ shown }</td>
                <td class="number">{ share(at, value) }</td>
                <td class="function">
                    <span class="top-bar" style={format!("width:{:.2}%", room.min(100.0))} aria-hidden="true" />
                    if is_neighbor {
                        <button type="button" class="ledger-name" title={selectors::visible(name)} onclick={on_click}>{ function_name(name) }</button>
                        if calls.inlined.0.get(at) == Some(&1) {
                            <span class="tag">{ "inlined" }</span>
                        }
                    } else {
                        <span>{ selectors::visible(name) }</span>
                    }
                </td>
            </tr>
        }
    };
    let count = calls.name.len();
    html! {
        <table class="neighbors">
            <tbody>
                { for calls.name.iter().zip(&calls.amount.0).take(ROWS).enumerate().map(|(at, (name, &value))| line(at, name, value, true)) }
                if rest != 0 {
                    { line(usize::MAX, rest_name, rest, false) }
                }
            </tbody>
            if count > ROWS {
                <tfoot><tr><td colspan="3" class="quiet">{ format!("and {} more, in the graph", count - ROWS) }</td></tr></tfoot>
            }
        </table>
    }
}
