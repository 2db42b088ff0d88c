//! The flame graph of the groups that the filters admit. The table of groups
//! says the same.

use std::collections::BTreeSet;
use std::rc::Rc;

use analyzer_core::base::convert::{i64_to_f64, id_to_usize};
use analyzer_core::base::go_symbol;
use analyzer_core::report::{GoroutineGroup, Origin, Verdict};
use regex::RegexBuilder;
use yew::prelude::*;

use super::call_tree::{Judged, Width, call_tree};
use super::case::{Case, CaseProps};
use super::filters::Filters;
use super::words;
use crate::components::flame::canvas::FlameCanvas;
use crate::components::flame::data::{Coloring, FlameGraph};
use crate::components::flame::geometry::Hit;
use crate::components::flame::minimap::Minimap;
use crate::components::flame::palette;
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Shared};

/// The graph, with what only goroutines have.
struct Drawn {
    graph: Shared<FlameGraph>,
    judged: Vec<Option<Judged>>,
    /// The group whose stack ends at the node, by its id.
    group: Vec<Option<String>>,
    matches: Option<Rc<Vec<bool>>>,
}

fn width_of(params: &Params) -> Width {
    if params.get("width") == Some("wait") { Width::Wait } else { Width::Count }
}

fn draw(case: &Case, params: &Params) -> Drawn {
    let filters = Filters::of(params);
    let groups: Vec<&GoroutineGroup> = case.groups().filter(|group| filters.admit(group)).collect();
    let built = call_tree(&groups, width_of(params));
    let matches = params.get("q").and_then(|text| {
        let pattern = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build().ok()?;
        let flags: Vec<bool> = built.tree.names.name.iter().map(|name| pattern.is_match(name)).collect();
        flags.contains(&true).then(|| Rc::new(flags))
    });
    let own: BTreeSet<&str> = groups
        .iter()
        .flat_map(|group| &group.stack)
        .filter(|frame| frame.origin == Origin::Own)
        .map(|frame| go_symbol::package(&frame.function))
        .collect();
    let own = own.into_iter().map(str::to_owned).collect();
    let colors = built.judged.iter().map(|judged| color(*judged)).collect();
    let graph = FlameGraph::new(Shared::new(built.tree), Coloring::Package, own);
    let graph = if params.get("color") == Some("package") { graph } else { graph.with_node_colors(colors) };
    Drawn {
        graph: Shared::new(graph),
        judged: built.judged,
        group: built.group.iter().map(|place| groups.get((*place)?).map(|group| group.id.clone())).collect(),
        matches,
    }
}

fn color(judged: Option<Judged>) -> u8 {
    match judged {
        Some(Judged::As(Verdict::Leak)) => palette::ALERT,
        Some(Judged::As(Verdict::Suspect)) => palette::CAUTION,
        Some(Judged::As(Verdict::Benign)) => palette::FINE,
        Some(Judged::As(Verdict::Unknown)) => palette::PLAIN,
        Some(Judged::Mixed) | None => palette::root(),
    }
}

/// The flame graph with its settings and what is known of a frame.
#[component]
pub fn GroupFlame(props: &CaseProps) -> Html {
    let case = &props.case;
    let hovered = use_state_eq(|| None::<Hit>);
    let window = use_state_eq(|| None::<(f64, f64)>);
    let key =
        (case.report.clone(), case.subject, case.params.without("zoom").without("node").without("open"));
    let drawn = use_memo(key, |(_, _, params)| draw(case, params));
    let graph = drawn.graph.clone();
    {
        let window = window.setter();
        use_effect_with(graph.clone(), move |_| window.set(None));
    }
    let node = |name: &str| {
        let node = case.params.number(name).and_then(|node| u32::try_from(node).ok());
        node.filter(|&node| graph.range_of(node).is_some())
    };
    let (zoomed, selected) = (node("zoom").filter(|&node| node != 0), node("node"));
    let set = |name: &'static str, is_step: bool| {
        let case = case.clone();
        Callback::from(move |node: Option<u32>| {
            // To zoom to the root is not to zoom; to select it is where arrow keys start.
            let value =
                node.filter(|&node| node != 0 || !is_step).map(|node| node.to_string()).unwrap_or_default();
            if case.params.get(name).unwrap_or_default() != value {
                let params = case.params.with(name, value);
                if is_step { case.go(params) } else { case.refine(params) }
            }
        })
    };
    let on_hover = {
        let hovered = hovered.setter();
        Callback::from(move |hit| hovered.set(hit))
    };
    let on_window = {
        let window = window.setter();
        Callback::from(move |range| window.set(Some(range)))
    };
    let span = i64_to_f64(graph.span()).max(1.0);
    let shown = match &*hovered {
        Some(Hit::Node(node)) => Some(*node),
        Some(Hit::Sliver(nodes)) => Some(nodes.start),
        None => selected,
    };
    html! {
        <div class="panel group-flame">
            { settings(case) }
            if graph.is_empty() {
                <p class="empty quiet">{ nothing(case) }</p>
            } else {
                <>
                    <Minimap graph={graph.clone()} is_flipped={false} is_dark={case.is_dark}
                        window={window.unwrap_or((0.0, span))} on_window={on_window.clone()} />
                    <FlameCanvas graph={graph.clone()} label={label(case, &graph)} is_dark={case.is_dark} {zoomed} {selected}
                        matches={drawn.matches.clone()} window={*window} {on_window} {on_hover}
                        on_select={set("node", false)} on_zoom={set("zoom", true)} />
                    { details(case, &drawn, shown, selected, zoomed) }
                </>
            }
        </div>
    }
}

fn nothing(case: &Case) -> &'static str {
    match width_of(&case.params) {
        Width::Count => "No goroutine in the last snapshot matches the filters.",
        Width::Wait => {
            "The dump has no wait times for these goroutines, so there is nothing to group by wait time."
        }
    }
}

fn settings(case: &Case) -> Html {
    let choice = |name: &'static str, value: &'static str, title: &'static str| {
        let is_on = case.params.get(name).unwrap_or_default() == value;
        let params = case.params.with(name, value).without("zoom").without("node");
        html! {
            <button type="button" class="button small" data-set={format!("{name}-{value}")} aria-pressed={is_on.to_string()} onclick={case.on_go(params)}>
                { title }
            </button>
        }
    };
    html! {
        <div class="flame-settings">
            <span class="quiet">{ "Width" }</span>
            <div class="choices" role="group" aria-label="Width means">
                { choice("width", "", "goroutines") }
                { choice("width", "wait", "minutes waited") }
            </div>
            <span class="quiet">{ "Color" }</span>
            <div class="choices" role="group" aria-label="Color means">
                { choice("color", "", "verdict") }
                { choice("color", "package", "package") }
            </div>
            <span class="quiet hint">{ "Callers above callees; each stack ends with its verdict and state." }</span>
        </div>
    }
}

fn label(case: &Case, graph: &FlameGraph) -> String {
    format!(
        "Flame graph of {} in {}. Arrow keys move between frames; the table of groups has the same data.",
        amount(case, graph.total(0)),
        text::counted(graph.len().saturating_sub(1), "frame", "frames")
    )
}

/// An amount in the graph's unit.
fn amount(case: &Case, value: i64) -> String {
    let value = u64::try_from(value).unwrap_or(0);
    match width_of(&case.params) {
        Width::Count => words::goroutines(value),
        Width::Wait => format!("{} waited", text::minutes(value)),
    }
}

/// Two lines below the graph that never change their height.
fn details(
    case: &Case,
    drawn: &Drawn,
    shown: Option<u32>,
    selected: Option<u32>,
    zoomed: Option<u32>,
) -> Html {
    let graph = &drawn.graph;
    let Some(node) = shown else {
        return html! {
            <div class="flame-details" aria-live="polite">
                <p class="quiet">
                    { format!("{} in {}. ", amount(case, graph.total(0)), text::counted(graph.len() - 1, "frame", "frames")) }
                    { "Click a frame to select it, double-click to zoom, drag to pan; ? lists the keys." }
                </p>
            </div>
        };
    };
    let total = graph.total(node);
    let judged = match drawn.judged.get(id_to_usize(node)).copied().flatten() {
        Some(Judged::As(verdict)) => words::verdict(verdict),
        Some(Judged::Mixed) => html! { <span class="quiet">{ "several verdicts" }</span> },
        None => Html::default(),
    };
    html! {
        <div class="flame-details" aria-live="polite">
            <p class="details-line">
                <code>{ selectors::visible(graph.name_of(node)) }</code>
                { " " }<span class="quiet">{ selectors::visible(graph.file_of(node)) }</span>
            </p>
            <p class="details-line">
                <b>{ amount(case, total) }</b>
                <span>{ text::percent(total, graph.whole()) }</span>
                if let Some(zoomed) = zoomed {
                    <span>{ format!("{} of the zoomed frame", text::percent(total, graph.total(zoomed))) }</span>
                }
                { judged }
                if let Some(selected) = selected.filter(|&node| node != 0) {
                    { actions(case, drawn, selected) }
                }
            </p>
        </div>
    }
}

/// Where one can go from the selected frame.
fn actions(case: &Case, drawn: &Drawn, node: u32) -> Html {
    let group = drawn.group.get(id_to_usize(node)).and_then(Option::as_ref);
    let params = match group {
        Some(id) => case.params.with("open", id.clone()),
        None => case.params.with("q", drawn.graph.name_of(node)),
    };
    let params = params.without("view").without("node").without("zoom");
    html! {
        <button type="button" class="button small" data-action="groups" onclick={case.on_go(params)}>
            { if group.is_some() { "Open the group" } else { "Show its groups" } }
        </button>
    }
}
