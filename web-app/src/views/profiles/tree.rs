//! The call tree as a table: what the flame graph shows, for keys, screen
//! readers and copying.

use std::collections::BTreeSet;
use std::rc::Rc;

use analyzer_core::base::convert::{id_to_usize, ratio, to_u32};
use yew::prelude::*;

use super::Case;
use super::actions::Subject;
use super::flame::{ModeProps, selected_node};
use super::name::function_name;
use crate::components::flame::amount;
use crate::components::flame::data::FlameGraph;
use crate::components::flame::palette;
use crate::components::rows::Rows;
use crate::number_format as text;
use crate::selectors;
use crate::state::Shared;

/// Height of a row, in CSS pixels.
const ROW: f64 = 24.0;
/// Deeper rows are not indented further, so that names stay in sight.
const INDENTED: usize = 24;
/// A callee with this share of its caller is open at first, in percent.
const OPEN_SHARE: i64 = 60;

/// The content of the mode.
#[component]
pub fn TreeTable(props: &ModeProps) -> Html {
    let ModeProps { case, graph } = props;
    let search = super::search::use_matches(graph, &case.settings.search);
    let selected = selected_node(&case.settings, graph);
    let open = use_state_eq(|| Rc::new(first_open(graph, selected)));
    {
        let (open, graph) = (open.setter(), graph.clone());
        use_effect_with((graph.clone(), selected), move |(graph, selected)| {
            open.set(Rc::new(first_open(graph, *selected)));
        });
    }
    let rows = Rc::new(visible(graph, &open));
    let focus = selected.and_then(|node| rows.iter().position(|&row| row == node));
    let toggle = {
        let open = open.clone();
        Callback::from(move |node: u32| {
            let mut nodes = (**open).clone();
            if !nodes.remove(&node) {
                nodes.insert(node);
            }
            open.set(Rc::new(nodes));
        })
    };
    let select = {
        let (case, graph) = (case.clone(), graph.clone());
        Callback::from(move |node: u32| case.refine(super::select(&case.params, &graph, Some(node))))
    };
    let on_key = {
        let (graph, rows, open, toggle, select) =
            (graph.clone(), rows.clone(), (*open).clone(), toggle.clone(), select.clone());
        Callback::from(move |event: KeyboardEvent| {
            let at = focus.unwrap_or(0);
            let node = rows.get(at).copied().unwrap_or(0);
            let is_open = open.contains(&node);
            match event.key().as_str() {
                "ArrowDown" => rows.get(at + 1).into_iter().for_each(|&next| select.emit(next)),
                "ArrowUp" => at
                    .checked_sub(1)
                    .and_then(|at| rows.get(at))
                    .into_iter()
                    .for_each(|&next| select.emit(next)),
                "ArrowRight" if !is_open && !graph.children(node).is_empty() => toggle.emit(node),
                "ArrowRight" => {
                    rows.get(at + 1).filter(|_| is_open).into_iter().for_each(|&next| select.emit(next))
                }
                "ArrowLeft" if is_open => toggle.emit(node),
                "ArrowLeft" => graph.parent(node).into_iter().for_each(|next| select.emit(next)),
                "Enter" | " " => toggle.emit(node),
                "Home" => rows.first().into_iter().for_each(|&next| select.emit(next)),
                "End" => rows.last().into_iter().for_each(|&next| select.emit(next)),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let render = {
        let (case, graph, rows, open) = (case.clone(), graph.clone(), rows.clone(), (*open).clone());
        Callback::from(move |index: usize| {
            let Some(&node) = rows.get(index) else { return Html::default() };
            let is_match = search
                .as_ref()
                .is_some_and(|matches| matches.get(id_to_usize(graph.frame_of(node))) == Some(&true));
            let state = RowState {
                is_open: open.contains(&node),
                is_selected: selected == Some(node),
                is_match,
                is_comparison: case.settings.base.is_some(),
                is_dark: case.is_dark,
            };
            row(&case, &graph, node, index, state, &toggle, &select)
        })
    };
    let is_comparison = case.settings.base.is_some();
    let head = html! {
        <div class="row head" role="row">
            <span class="cell number" role="columnheader">{ "Total" }</span>
            <span class="cell number percent" role="columnheader">{ if is_comparison { "\u{b1} %" } else { "Total %" } }</span>
            <span class="cell number optional" role="columnheader">{ "Self" }</span>
            <span class="cell" role="columnheader">{ "Function" }</span>
        </div>
    };
    html! {
        <div class="panel top-panel">
            <Rows
                count={rows.len()} height={ROW} {render} {focus} {on_key} {head} role="treegrid" class={classes!("tree")}
                active={focus.map(row_id)}
                label={format!("Call tree of {}; right and left arrow open and close", graph.tree().sample_type)}
            />
        </div>
    }
}

/// A node's share of the whole, or in a comparison how much it changed.
fn share_of(graph: &FlameGraph, node: u32) -> String {
    match graph.change(node) {
        Some((before, after)) => amount::change_percent(before, after),
        None => text::percent(graph.total(node), graph.whole()),
    }
}

/// The id of the element of a row that is in sight.
fn row_id(index: usize) -> String {
    format!("tree-row-{index}")
}

/// The heaviest path down to where it parts, and the way to the selected node.
fn first_open(graph: &FlameGraph, selected: Option<u32>) -> BTreeSet<u32> {
    let mut open = BTreeSet::from([0]);
    let mut node = 0;
    while let Some(child) =
        Some(graph.children(node)).filter(|range| !range.is_empty()).map(|range| range.start)
    {
        let (of_child, of_node) = (graph.total(child).unsigned_abs(), graph.total(node).unsigned_abs());
        if of_child.saturating_mul(100) < of_node.saturating_mul(OPEN_SHARE.unsigned_abs()) {
            break;
        }
        open.insert(child);
        node = child;
    }
    if let Some(selected) = selected {
        let path = graph.path(selected);
        open.extend(path.iter().take(path.len().saturating_sub(1)));
    }
    open
}

/// The nodes of the open tree, top down.
fn visible(graph: &FlameGraph, open: &BTreeSet<u32>) -> Vec<u32> {
    let mut rows = Vec::new();
    let roots = 0..to_u32(graph.len().min(1));
    let mut work = vec![roots];
    while let Some(range) = work.last_mut() {
        let Some(node) = range.next() else {
            work.pop();
            continue;
        };
        rows.push(node);
        if open.contains(&node) {
            work.push(graph.children(node));
        }
    }
    rows
}

#[derive(Clone, Copy)]
struct RowState {
    is_open: bool,
    is_selected: bool,
    is_match: bool,
    is_comparison: bool,
    is_dark: bool,
}

fn row(
    case: &Case,
    graph: &Shared<FlameGraph>,
    node: u32,
    index: usize,
    state: RowState,
    toggle: &Callback<u32>,
    select: &Callback<u32>,
) -> Html {
    let tree = graph.tree();
    let depth = graph.depth(node);
    let has_children = !graph.children(node).is_empty();
    let (total, own) = (graph.total(node), graph.own(node));
    let amount_of = |value: i64| {
        if state.is_comparison { amount::signed(value, &tree.unit) } else { amount::short(value, &tree.unit) }
    };
    let share = ratio(total.unsigned_abs().into(), i128::from(graph.span()).max(1)).unwrap_or(0.0) * 100.0;
    let color = palette::css(graph.color_of(node), state.is_dark);
    let name = graph.caption_of(node);
    let on_toggle = toggle.reform(move |event: MouseEvent| {
        event.stop_propagation();
        node
    });
    let on_menu = {
        let (case, graph) = (case.clone(), graph.clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            let subject = Subject::node(&graph, node);
            case.open_menu(subject, f64::from(event.client_x()), f64::from(event.client_y()));
        })
    };
    let class = classes!("row", state.is_selected.then_some("selected"), state.is_match.then_some("match"),);
    html! {
        <div
            key={node} {class} id={row_id(index)} role="row" aria-level={(depth + 1).to_string()} aria-rowindex={(index + 2).to_string()}
            aria-expanded={has_children.then(|| state.is_open.to_string())} aria-selected={state.is_selected.to_string()}
            onclick={select.reform(move |_: MouseEvent| node)} ondblclick={toggle.reform(move |_: MouseEvent| node)}
            oncontextmenu={on_menu}
        >
            <span class="cell number" role="gridcell" title={amount::exact(total, &tree.unit)}>{ amount_of(total) }</span>
            <span class="cell number percent" role="gridcell">{ share_of(graph, node) }</span>
            <span class="cell number optional" role="gridcell" title={amount::exact(own, &tree.unit)}>
                { if own == 0 { "\u{2013}".to_owned() } else { amount_of(own) } }
            </span>
            <span class="cell function" role="gridcell" style={format!("padding-left:{}px", depth.min(INDENTED) * 12)} title={selectors::visible(name)}>
                <span class="top-bar" style={format!("width:{:.2}%;background:{color}", share.min(100.0))} aria-hidden="true" />
                if has_children {
                    <button type="button" class="twist" tabindex="-1" onclick={on_toggle} aria-label={if state.is_open { "Close" } else { "Open" }}>
                        { if state.is_open { "\u{25be}" } else { "\u{25b8}" } }
                    </button>
                } else {
                    <span class="twist" />
                }
                <span class="swatch" style={format!("background:{color}")} aria-hidden="true" />
                { function_name(name) }
            </span>
        </div>
    }
}
