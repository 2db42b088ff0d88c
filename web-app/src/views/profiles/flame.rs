//! The flame graph with what belongs to it: minimap, path of the zoom, details.

use std::cell::Cell;
use std::rc::Rc;

use analyzer_core::base::convert::i64_to_f64;
use yew::prelude::*;

use super::Case;
use super::actions::Subject;
use super::details::Details;
use super::search::use_matches;
use super::settings::{Settings, node_param};
use crate::components::flame::amount;
use crate::components::flame::canvas::{FlameCanvas, MenuAt};
use crate::components::flame::data::FlameGraph;
use crate::components::flame::geometry::Hit;
use crate::components::flame::minimap::Minimap;
use crate::selectors;
use crate::state::Shared;

/// Properties of ways to look at a graph that is there.
#[derive(Clone, PartialEq, Properties)]
pub struct ModeProps {
    /// What is shown.
    pub case: Case,
    /// Its graph.
    pub graph: Shared<FlameGraph>,
}

/// The node that is selected: the one of the address, else the first of the selected function.
pub fn selected_node(settings: &Settings, graph: &FlameGraph) -> Option<u32> {
    let name = settings.selected.as_deref()?;
    let exact = settings.node.and_then(|id| graph.find(id)).filter(|&node| graph.name_of(node) == name);
    exact.or_else(|| graph.node_named(name))
}

/// Properties of [`Flame`].
#[derive(Clone, PartialEq, Properties)]
pub struct FlameModeProps {
    /// What is shown.
    pub case: Case,
    /// Its graph.
    pub graph: Shared<FlameGraph>,
    /// Called with the values that are seen.
    pub on_seen: Callback<(f64, f64)>,
}

/// The content of the mode.
#[component]
pub fn Flame(props: &FlameModeProps) -> Html {
    let FlameModeProps { case, graph, on_seen } = props;
    let settings = &case.settings;
    let hovered = use_state_eq(|| None::<Hit>);
    let matches = use_matches(graph, &settings.search);
    let selected = *use_memo((graph.clone(), settings.selected.clone(), settings.node), |_| {
        selected_node(settings, graph)
    });
    let zoomed = *use_memo((graph.clone(), settings.zoom), |(graph, zoom)| {
        graph.find((*zoom)?).filter(|&node| node != 0)
    });
    // The same callbacks as long as they do the same: the canvas need not be drawn again.
    let on_select = use_callback((case.clone(), graph.clone()), |node, (case, graph)| {
        case.refine(super::select(&case.params, graph, node));
    });
    let on_zoom = use_callback((case.clone(), graph.clone()), |node: Option<u32>, (case, graph)| {
        let value = node_param(graph, node.unwrap_or(0));
        if case.params.get("zoom").unwrap_or_default() != value {
            case.go(case.params.with("zoom", value));
        }
    });
    let on_hover = use_callback(hovered.setter(), |hit, hovered| hovered.set(hit));
    let on_menu = use_callback((case.clone(), graph.clone()), |MenuAt { node, x, y }, (case, graph)| {
        case.open_menu(Subject::node(graph, node), x, y);
    });
    html! {
        <div class="flame panel">
            { breadcrumbs(case, graph, zoomed) }
            <Pane
                graph={graph.clone()} settings={settings.clone()} is_dark={case.is_dark} {zoomed} {selected}
                {matches} {on_select} {on_zoom} {on_hover} {on_menu} seen={case.window.clone()} {on_seen}
            />
            <Details case={case.clone()} graph={graph.clone()} hovered={(*hovered).clone()} {selected} {zoomed} />
        </div>
    }
}

/// The callers of the frame that fills the width, each a way back.
fn breadcrumbs(case: &Case, graph: &FlameGraph, zoomed: Option<u32>) -> Html {
    const SHOWN: usize = 6;
    let Some(node) = zoomed else { return Html::default() };
    let path = graph.path(node);
    let skipped = path.len().saturating_sub(SHOWN + 1);
    let crumb = |node: u32| {
        let name = if node == 0 { "all" } else { analyzer_core::base::go_symbol::short(graph.name_of(node)) };
        let value = node_param(graph, node);
        html! {
            <li>
                <button type="button" class="crumb" title={selectors::visible(graph.name_of(node))} onclick={case.on_go(case.params.with("zoom", value))}>
                    { selectors::visible(name) }
                </button>
            </li>
        }
    };
    html! {
        <nav class="crumbs" aria-label="Path of the zoom">
            <ol>
                { for path.first().map(|&node| crumb(node)) }
                if skipped > 0 {
                    <li class="quiet">{ format!("\u{2026} {skipped} \u{2026}") }</li>
                }
                { for path.iter().skip(1 + skipped).map(|&node| crumb(node)) }
            </ol>
        </nav>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct PaneProps {
    graph: Shared<FlameGraph>,
    settings: Rc<Settings>,
    is_dark: bool,
    zoomed: Option<u32>,
    selected: Option<u32>,
    matches: Option<Rc<Vec<bool>>>,
    on_select: Callback<Option<u32>>,
    on_zoom: Callback<Option<u32>>,
    on_hover: Callback<Option<Hit>>,
    on_menu: Callback<MenuAt>,
    /// Where others learn what is seen.
    seen: Rc<Cell<Option<(f64, f64)>>>,
    on_seen: Callback<(f64, f64)>,
}

/// Minimap and canvas, which follow each other.
#[component]
fn Pane(props: &PaneProps) -> Html {
    let graph = &props.graph;
    let window = use_state_eq(|| None::<(f64, f64)>);
    {
        // Another graph has other values.
        let (window, seen) = (window.setter(), props.seen.clone());
        use_effect_with(graph.question().cloned(), move |_| {
            window.set(None);
            seen.set(None);
        });
    }
    let on_window = use_callback(
        (window.setter(), props.seen.clone(), props.on_seen.clone()),
        |range, (window, seen, on_seen)| {
            window.set(Some(range));
            seen.set(Some(range));
            on_seen.emit(range);
        },
    );
    let span = i64_to_f64(graph.span()).max(1.0);
    html! {
        <>
            <Minimap
                graph={graph.clone()} is_flipped={props.settings.is_flipped} is_dark={props.is_dark}
                window={window.unwrap_or((0.0, span))} on_window={on_window.clone()}
            />
            <FlameCanvas
                graph={graph.clone()} label={label(graph)} is_flipped={props.settings.is_flipped}
                is_dark={props.is_dark} zoomed={props.zoomed} selected={props.selected}
                matches={props.matches.clone()} window={*window} {on_window}
                on_hover={props.on_hover.clone()} on_select={props.on_select.clone()} on_zoom={props.on_zoom.clone()} on_menu={props.on_menu.clone()}
            />
        </>
    }
}

fn label(graph: &FlameGraph) -> String {
    let tree = graph.tree();
    format!(
        "Flame graph of {}, {} in {}. Arrow keys move between frames; the call tree has the same data as a table.",
        tree.sample_type,
        amount::short(graph.total(0), &tree.unit),
        graph.counted()
    )
}
