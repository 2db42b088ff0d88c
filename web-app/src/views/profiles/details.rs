//! What is known of the frame under the pointer, or of the selected one.

use analyzer_core::base::convert::{id_to_usize, to_u64};
use yew::prelude::*;

use super::Case;
use super::actions::{self, Subject};
use super::legend::legend;
use crate::components::flame::amount;
use crate::components::flame::data::FlameGraph;
use crate::components::flame::geometry::Hit;
use crate::number_format as text;
use crate::selectors;
use crate::state::Shared;

/// Properties of [`Details`].
#[derive(Clone, PartialEq, Properties)]
pub struct DetailsProps {
    /// What is shown.
    pub case: Case,
    /// Its graph.
    pub graph: Shared<FlameGraph>,
    /// What is under the pointer.
    pub hovered: Option<Hit>,
    /// The selected node.
    pub selected: Option<u32>,
    /// The node that fills the width.
    pub zoomed: Option<u32>,
}

/// Two lines below the graph that never change their height.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let DetailsProps { case, graph, hovered, selected, zoomed } = props;
    let shown = match hovered {
        Some(Hit::Sliver(nodes)) => return html! { <div class="details">{ sliver(graph, nodes) }</div> },
        Some(Hit::Node(node)) => Some(*node),
        None => *selected,
    };
    html! {
        <div class="details" aria-live="polite">
            if let Some(node) = shown {
                { frame(graph, node, *zoomed) }
            } else {
                <p class="quiet">
                    { format!(
                        "{} of {} in {}. Click selects, double click zooms, drag pans, right click or a long press has more; ? lists the keys.",
                        amount::short(graph.total(0), &graph.tree().unit),
                        graph.tree().sample_type,
                        graph.counted(),
                    ) }
                </p>
            }
            if selected.is_none() {
                { legend(graph, case.is_dark) }
            }
            if let Some(node) = *selected {
                { buttons(case, graph, node) }
            }
        </div>
    }
}

/// Name, place and amounts of a frame.
pub fn frame(graph: &FlameGraph, node: u32, zoomed: Option<u32>) -> Html {
    let tree = graph.tree();
    let unit = &tree.unit;
    let (total, own) = (graph.total(node), graph.own(node));
    let name = graph.caption_of(node);
    let change = graph.change(node).map(|(before, after)| {
        html! {
            <span>
                { "before " }<b>{ amount::short(before, unit) }</b>
                { ", after " }<b>{ amount::short(after, unit) }</b>
                { ", change " }<b>{ amount::signed(total, unit) }</b>
                { " " }{ amount::change_percent(before, after) }
            </span>
        }
    });
    html! {
        <>
            <p class="details-name">
                <code>{ selectors::visible(name) }</code>
                if graph.is_inlined(node) {
                    <span class="tag">{ "inlined" }</span>
                }
                <span class="quiet details-file">{ selectors::visible(graph.file_of(node)) }</span>
            </p>
            <p class="details-amounts">
                if let Some(change) = change {
                    { change }
                } else {
                    <>
                        <span title={amount::exact(total, unit)}>
                            { "total " }<b>{ amount::short(total, unit) }</b>
                            { format!(" {}", text::percent(total, tree.view_total)) }
                        </span>
                        <span title={amount::exact(own, unit)}>
                            { "self " }<b>{ amount::short(own, unit) }</b>
                            { format!(" {}", text::percent(own, tree.view_total)) }
                        </span>
                    </>
                }
                if let Some(zoomed) = zoomed {
                    <span>{ format!("{} of the zoomed frame", text::percent(total, graph.total(zoomed))) }</span>
                }
            </p>
        </>
    }
}

/// Frames too narrow to tell apart: how many, their sum, the largest.
fn sliver(graph: &FlameGraph, nodes: &std::ops::Range<u32>) -> Html {
    let unit = &graph.tree().unit;
    let totals =
        graph.tree().total.0.get(id_to_usize(nodes.start)..id_to_usize(nodes.end)).unwrap_or_default();
    let sum = totals.iter().fold(0_i64, |sum, &total| sum.saturating_add(total));
    let largest = nodes
        .clone()
        .filter(|&node| graph.merged(node) == 0)
        .max_by_key(|&node| (graph.total(node).unsigned_abs(), std::cmp::Reverse(node)));
    html! {
        <>
            <p class="details-name">
                { format!("{} too narrow to show", text::counted(graph.frames_in(nodes.clone()), "frame", "frames")) }
            </p>
            <p class="details-amounts">
                <span>{ "together " }<b>{ amount::short(sum, unit) }</b>{ format!(" {}", text::percent(sum, graph.whole())) }</span>
                if let Some(largest) = largest {
                    <span>{ "largest " }<code>{ selectors::visible(graph.name_of(largest)) }</code>{ format!(" {}", amount::short(graph.total(largest), unit)) }</span>
                }
                <span class="quiet">{ "click to zoom there" }</span>
            </p>
        </>
    }
}

/// What can be done with the selected function.
fn buttons(case: &Case, graph: &Shared<FlameGraph>, node: u32) -> Html {
    if node == 0 {
        return Html::default();
    }
    let occurrences = graph.tree().name.0.iter().filter(|&&frame| frame == graph.frame_of(node)).count();
    html! {
        <div class="details-actions">
            { for actions::of(case, &Subject::node(graph, node)).into_iter().map(|item| html! {
                <button
                    key={item.id} type="button" class="button small" data-action={item.id} title={item.hint.clone()}
                    onclick={item.run.reform(|_: MouseEvent| ())}
                >
                    { &item.label }
                </button>
            }) }
            if occurrences > 1 {
                <span class="quiet">{ format!("in {}{} places", graph.at_least(), text::count_u64(to_u64(occurrences))) }</span>
            }
        </div>
    }
}
