//! The call graph: functions as boxes, calls as arrows, by pprof's rules of size and weight.

use analyzer_core::base::convert::{f64_to_i64, id_to_usize, ratio};
use analyzer_core::session::{CallGraph, GraphEdge, GraphNode, Trim, question};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::actions::{Subject, source_params};
use super::choice::Choice;
use super::{Case, trouble};
use crate::components::flame::amount;
use crate::components::layers::{Drawing, Point, Size, lay_out};
use crate::components::text_width;
use crate::link::use_answer;
use crate::number_format as text;
use crate::selectors;
use crate::state::Shared;

/// Counts of nodes that are offered; pprof's own is 80.
const COUNTS: [u32; 4] = [20, 40, 80, 200];
/// Smallest and largest text of a box, in pixels; pprof has 8 and 24 points.
const SMALLEST: f64 = 12.0;
const GROWTH: f64 = 12.0;
/// Characters of a name in a box.
const NAME_CHARACTERS: usize = 44;
const PADDING: f64 = 8.0;
/// Height of the amount beside an edge.
const AMOUNT_HEIGHT: f64 = 14.0;
const ZOOMS: [f64; 5] = [0.35, 0.5, 0.7, 1.0, 1.4];

/// Properties of [`Calls`].
#[derive(Clone, PartialEq, Properties)]
pub struct CallsProps {
    /// What is shown.
    pub case: Case,
}

/// The content of the mode.
#[component]
pub fn Calls(props: &CallsProps) -> Html {
    let case = &props.case;
    // A link may say anything; what is offered can be drawn.
    let count = case.params.number("nodes").and_then(|count| u32::try_from(count).ok());
    let count = count.filter(|count| COUNTS.contains(count));
    let trim = Trim { node_count: count.unwrap_or(Trim::default().node_count), ..Trim::default() };
    let question = question::Calls { query: case.settings.query.clone(), trim };
    let answer = use_answer(&case.report, Some(question));
    let zoom = use_state_eq(|| 3_usize);
    // What cannot be asked costs the picture that is there nothing.
    let last = use_mut_ref(|| None::<Shared<CallGraph>>);
    let latest = answer.latest.clone().or_else(|| last.borrow().clone());
    last.borrow_mut().clone_from(&latest);
    let laid = use_memo(latest.clone(), |graph| graph.as_ref().map(|graph| laid_out(graph)));
    let message = trouble(&answer);
    let Some((graph, laid)) = latest.zip((*laid).clone()) else {
        return match message {
            Some(message) => html! { <p class="notice warning" role="alert">{ message }</p> },
            None => {
                html! { <p class="quiet profile-wait" role="status">{ "Drawing the call graph\u{2026}" }</p> }
            }
        };
    };
    html! {
        <div class="calls">
            if let Some(message) = message {
                <p class="notice warning" role="alert">{ message }{ " The last graph is shown." }</p>
            }
            { controls(case, &graph, trim, &zoom) }
            <Picture case={case.clone()} {graph} {laid} zoom={ZOOMS[(*zoom).min(ZOOMS.len() - 1)]} />
        </div>
    }
}

fn controls(case: &Case, graph: &CallGraph, trim: Trim, zoom: &UseStateHandle<usize>) -> Html {
    let options = COUNTS.iter().map(|count| (count.to_string().into(), format!("{count} functions").into()));
    let on_change = {
        let case = case.clone();
        let usual = Trim::default().node_count.to_string();
        Callback::from(move |value: String| {
            case.go(case.params.with("nodes", if value == usual { String::new() } else { value }));
        })
    };
    let step = |label: &'static str, title: &'static str, to: usize| {
        let zoom = zoom.clone();
        html! {
            <button type="button" class="button small" {title} aria-label={title} disabled={to == *zoom}
                onclick={Callback::from(move |_: MouseEvent| zoom.set(to))}>{ label }</button>
        }
    };
    let left_out = [
        (graph.dropped_nodes, "function below 0.5%", "functions below 0.5%"),
        (graph.more_nodes, "function over the limit", "functions over the limit"),
        (graph.dropped_edges, "call below 0.1%", "calls below 0.1%"),
        (graph.more_edges, "lighter call", "lighter calls"),
    ];
    let left_out: Vec<String> = left_out
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| text::counted_u64(u64::from(*count), one, many))
        .collect();
    html! {
        <div class="toolbar">
            <span class="control">
                <span>{ "At most" }</span>
                <Choice id="call-nodes" label="Maximum number of functions" options={options.collect::<Vec<_>>()} value={trim.node_count.to_string()} {on_change} />
            </span>
            { step("\u{2212}", "Smaller", zoom.saturating_sub(1)) }
            { step("+", "Larger", (**zoom + 1).min(ZOOMS.len() - 1)) }
            <span class="quiet">
                { format!("{}, {}. ", text::counted(graph.nodes.len(), "function", "functions"), text::counted(graph.edges.len(), "call", "calls")) }
                if !left_out.is_empty() { { format!("Not drawn: {}. ", left_out.join(", ")) } }
                { "Dashed: indirect calls through functions that are not drawn." }
            </span>
        </div>
    }
}

/// The text of a box: lines with their size.
#[derive(Clone, Debug, PartialEq)]
struct Label {
    lines: Vec<String>,
    font: f64,
    size: Size,
}

/// A drawing with where the amounts of its edges stand.
#[derive(Clone, Debug, PartialEq)]
struct Laid {
    labels: Vec<Label>,
    drawing: Drawing,
    /// By edge: the left end of its text, at half the text's height.
    amounts: Vec<Point>,
}

fn laid_out(graph: &CallGraph) -> Shared<Laid> {
    let most = graph.nodes.iter().map(|node| node.flat.unsigned_abs()).max().unwrap_or(0);
    let labels: Vec<Label> = graph.nodes.iter().map(|node| label(node, graph, most)).collect();
    let sizes: Vec<Size> = labels.iter().map(|label| label.size).collect();
    let edges: Vec<(usize, usize)> =
        graph.edges.iter().map(|edge| (id_to_usize(edge.caller), id_to_usize(edge.callee))).collect();
    let drawing = lay_out(&sizes, &edges);
    let widths: Vec<f64> =
        graph.edges.iter().map(|edge| text_width::at_12_px(&edge_text(graph, edge))).collect();
    let amounts = amounts(&drawing, &widths);
    Shared::new(Laid { labels, drawing, amounts })
}

fn edge_text(graph: &CallGraph, edge: &GraphEdge) -> String {
    let inlined = if edge.is_inlined { " (inline)" } else { "" };
    format!("{}{inlined}", amount::short(edge.weight, &graph.unit))
}

/// Where each edge's amount stands: beside the edge between two layers, clear of the amounts before it if there is
/// such a place. The heavier edges of a caller come first.
fn amounts(drawing: &Drawing, widths: &[f64]) -> Vec<Point> {
    const PARTS: [f64; 5] = [0.5, 0.15, 0.85, 0.3, 0.7];
    let mut placed: Vec<(Point, f64)> = Vec::with_capacity(widths.len());
    for (route, &width) in drawing.routes.iter().zip(widths) {
        let gaps = || route.windows(2).filter_map(|pair| <[Point; 2]>::try_from(pair).ok()).step_by(2);
        let places =
            || PARTS.iter().flat_map(move |&part| gaps().map(move |[from, to]| on_curve(from, to, part)));
        let is_free = |at: &Point| {
            placed.iter().all(|(other, other_width)| {
                let is_beside = at.x > other.x + other_width + 4.0 || other.x > at.x + width + 4.0;
                is_beside || (at.y - other.y).abs() > AMOUNT_HEIGHT
            })
        };
        let place = places().find(is_free).or_else(|| places().next()).unwrap_or_default();
        placed.push((place, width));
    }
    placed.into_iter().map(|(place, _)| place).collect()
}

/// Just right of a point of the curve that [`curve`] draws between two points.
fn on_curve(from: Point, to: Point, part: f64) -> Point {
    let (rest, half) = (1.0 - part, (from.y + to.y) / 2.0);
    let bezier = |a: f64, b: f64, c: f64, d: f64| {
        rest.powi(3) * a + 3.0 * rest.powi(2) * part * b + 3.0 * rest * part.powi(2) * c + part.powi(3) * d
    };
    Point { x: bezier(from.x, from.x, to.x, to.x) + 4.0, y: bezier(from.y, half, half, to.y) }
}

/// Name, flat and cum as pprof has them; the larger the flat, the larger the text.
fn label(node: &GraphNode, graph: &CallGraph, most: u64) -> Label {
    let share = ratio(node.flat.unsigned_abs().into(), i128::from(most).max(1)).unwrap_or(0.0);
    let font = SMALLEST + (GROWTH * share.sqrt()).ceil();
    let of =
        |value: i64| format!("{} ({})", amount::short(value, &graph.unit), text::percent(value, graph.total));
    let mut lines = vec![shortened(&selectors::visible(analyzer_core::base::go_symbol::short(&node.name)))];
    match (node.flat, node.flat == node.cum) {
        (0, _) => lines.push(format!("0 of {}", of(node.cum))),
        (flat, true) => lines.push(of(flat)),
        (flat, false) => {
            lines.push(of(flat));
            lines.push(format!("of {}", of(node.cum)));
        }
    }
    let width = lines.iter().map(|line| text_width::at_12_px(line)).fold(0.0, f64::max) * font / 12.0;
    let height = font * 1.3 * analyzer_core::base::convert::usize_to_f64(lines.len());
    Label { lines, font, size: Size { width: width + 2.0 * PADDING, height: height + PADDING } }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARACTERS {
        return name.to_owned();
    }
    let head: String = name.chars().take(NAME_CHARACTERS - 1).collect();
    format!("{head}\u{2026}")
}

#[derive(Clone, PartialEq, Properties)]
struct PictureProps {
    case: Case,
    graph: Shared<CallGraph>,
    laid: Shared<Laid>,
    zoom: f64,
}

/// The picture, and the table that says the same.
#[component]
fn Picture(props: &PictureProps) -> Html {
    let PictureProps { case, graph, laid, zoom } = props;
    let Laid { labels, drawing, amounts } = &**laid;
    let selected = case.settings.selected.as_deref();
    let at = graph.nodes.iter().position(|node| Some(node.name.as_str()) == selected);
    let focused = at.unwrap_or(0);
    let frame = use_node_ref();
    // The middle of what was seen of a drawing.
    let seen = use_mut_ref(|| None::<(Shared<Laid>, Point)>);
    {
        let (frame, seen) = (frame.clone(), seen.clone());
        // What is selected is in sight when the graph is drawn, else where its calls begin.
        let target = at.or_else(|| root(graph, drawing)).and_then(|node| drawing.boxes.get(node)).copied();
        let target = target.unwrap_or_default();
        use_effect_with((laid.clone(), *zoom), move |(laid, zoom)| {
            if let Some(frame) = frame.cast::<HtmlElement>() {
                // Another zoom shows the same place.
                let before = seen.borrow().as_ref().filter(|(of, _)| of == laid).map(|(_, middle)| *middle);
                let target = before.unwrap_or(target);
                let place = |at: f64, room: i32| {
                    i32::try_from(f64_to_i64(at * zoom - f64::from(room) / 2.0)).unwrap_or(0)
                };
                frame.set_scroll_left(place(target.x, frame.client_width()));
                frame.set_scroll_top(place(target.y, frame.client_height()));
                *seen.borrow_mut() = Some((laid.clone(), middle_in(&frame, &laid.drawing, *zoom)));
            }
        });
    }
    let on_scroll = {
        let (frame, laid, zoom) = (frame.clone(), laid.clone(), *zoom);
        Callback::from(move |_: Event| {
            if let Some(frame) = frame.cast::<HtmlElement>() {
                *seen.borrow_mut() = Some((laid.clone(), middle_in(&frame, &laid.drawing, zoom)));
            }
        })
    };
    let on_key = {
        let (case, graph, laid) = (case.clone(), graph.clone(), laid.clone());
        Callback::from(move |event: KeyboardEvent| {
            // Those keys are the browser's.
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let next = match event.key().as_str() {
                "Enter" | " " => Some(focused),
                key => neighbor(&graph, &laid.drawing, focused, key),
            };
            let Some(next) = next else { return };
            let Some(node) = graph.nodes.get(next) else { return };
            event.prevent_default();
            case.refine(case.params.with("function", node.name.clone()).without("node"));
            focus(next);
        })
    };
    let (width, height) = (drawing.width, drawing.height);
    html! {
        <>
            <div class="calls-frame panel" ref={frame} onscroll={on_scroll}>
                <svg
                    class="calls-picture" role="group" aria-label="Call graph; arrow keys go to callers, callees and neighbors"
                    width={format!("{:.0}", width * zoom)} height={format!("{:.0}", height * zoom)}
                    viewBox={format!("0 0 {width:.0} {height:.0}")} onkeydown={on_key}
                >
                    <defs>
                        <marker id="calls-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
                            <path d="M0 0L8 4L0 8z" class="calls-head" />
                        </marker>
                    </defs>
                    { for graph.edges.iter().zip(&drawing.routes).zip(amounts).map(|((edge, route), &amount)| edge_shape(graph, edge, route, amount, at)) }
                    { for graph.nodes.iter().zip(labels).zip(&drawing.boxes).enumerate().map(|(index, ((node, label), &middle))| {
                        node_shape(case, graph, node, label, middle, index, at == Some(index), focused == index)
                    }) }
                </svg>
            </div>
            <details class="calls-table">
                <summary>{ "Calls as a table" }</summary>
                { table(case, graph) }
            </details>
        </>
    }
}

/// The point of a drawing in the middle of what its frame shows.
fn middle_in(frame: &HtmlElement, drawing: &Drawing, zoom: f64) -> Point {
    let middle = |scroll: i32, room: i32, length: f64| {
        (f64::from(scroll) + f64::from(room).min(length * zoom) / 2.0) / zoom
    };
    Point {
        x: middle(frame.scroll_left(), frame.client_width(), drawing.width),
        y: middle(frame.scroll_top(), frame.client_height(), drawing.height),
    }
}

/// The heaviest function that no drawn one calls.
fn root(graph: &CallGraph, drawing: &Drawing) -> Option<usize> {
    let tops = drawing.layers.iter().zip(&graph.nodes).enumerate().filter(|(_, (layer, _))| **layer == 0);
    tops.max_by_key(|(_, (_, node))| node.cum.unsigned_abs()).map(|(index, _)| index)
}

fn edge_shape(
    graph: &CallGraph,
    edge: &GraphEdge,
    route: &[Point],
    amount: Point,
    selected: Option<usize>,
) -> Html {
    let parts = |most: i128| {
        let total = i128::from(graph.total).abs().max(1);
        (i128::from(edge.weight).abs() * most / total).clamp(0, most)
    };
    let is_near = selected.is_some_and(|at| at == id_to_usize(edge.caller) || at == id_to_usize(edge.callee));
    let is_less = (edge.weight < 0).then_some("less");
    let class =
        classes!("calls-edge", is_less, edge.is_residual.then_some("residual"), is_near.then_some("near"));
    let width = 1 + parts(5);
    let inlined = if edge.is_inlined { " (inline)" } else { "" };
    let name = |at: u32| graph.nodes.get(id_to_usize(at)).map_or("", |node| node.name.as_str());
    let title = format!(
        "{} \u{2192} {}: {}{inlined}",
        selectors::visible(name(edge.caller)),
        selectors::visible(name(edge.callee)),
        amount::exact(edge.weight, &graph.unit)
    );
    let heat = ratio(i128::from(edge.weight).abs(), i128::from(graph.total).abs().max(1)).unwrap_or(0.0);
    html! {
        <g {class} style={format!("--heat:{:.0}%", 100.0 * heat.sqrt())}>
            <title>{ title }</title>
            <path d={curve(route)} stroke-width={width.to_string()} marker-end="url(#calls-head)" />
            <text x={format!("{:.1}", amount.x)} y={format!("{:.1}", amount.y)}>{ edge_text(graph, edge) }</text>
        </g>
    }
}

/// A smooth line through points that goes up and down at each.
fn curve(route: &[Point]) -> String {
    let Some((first, rest)) = route.split_first() else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.x, first.y);
    let mut before = *first;
    for point in rest {
        let half = (before.y + point.y) / 2.0;
        path.push_str(&format!(
            "C{:.1} {half:.1} {:.1} {half:.1} {:.1} {:.1}",
            before.x, point.x, point.x, point.y
        ));
        before = *point;
    }
    path
}

#[expect(clippy::too_many_arguments, reason = "what a box shows has no other home")]
fn node_shape(
    case: &Case,
    graph: &CallGraph,
    node: &GraphNode,
    label: &Label,
    middle: Point,
    index: usize,
    is_selected: bool,
    is_focused: bool,
) -> Html {
    let Size { width, height } = label.size;
    let heat = ratio(i128::from(node.cum).abs(), i128::from(graph.total).abs().max(1)).unwrap_or(0.0);
    let said = format!(
        "{}: flat {}, cum {}",
        selectors::visible(&node.name),
        amount::short(node.flat, &graph.unit),
        amount::short(node.cum, &graph.unit)
    );
    // What is seen comes first, for whoever says it to press the box.
    let spoken = format!("{}, {said}", label.lines.join(" "));
    let select = {
        let (case, name) = (case.clone(), node.name.clone());
        Callback::from(move |_: MouseEvent| {
            case.refine(case.params.with("function", name.clone()).without("node"));
        })
    };
    let open = {
        let (case, name) = (case.clone(), node.name.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(params) = source_params(&case, &name) {
                case.open_source(params);
            }
        })
    };
    let menu = {
        let (case, name) = (case.clone(), node.name.clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            case.open_menu(Subject::named(&name), f64::from(event.client_x()), f64::from(event.client_y()));
        })
    };
    let top = middle.y - height / 2.0;
    html! {
        <g
            key={index} id={node_id(index)} class={classes!("calls-node", (node.cum < 0).then_some("less"), is_selected.then_some("selected"))} role="button"
            tabindex={if is_focused { "0" } else { "-1" }} aria-label={spoken} aria-pressed={is_selected.to_string()} data-name={node.name.clone()}
            style={format!("--heat:{:.0}%", 60.0 * heat)} onclick={select} ondblclick={open} oncontextmenu={menu}
        >
            <title>{ said }</title>
            <rect
                x={format!("{:.1}", middle.x - width / 2.0)} y={format!("{top:.1}")}
                width={format!("{width:.1}")} height={format!("{height:.1}")} rx="3"
            />
            { for label.lines.iter().enumerate().map(|(line, words)| {
                let row = analyzer_core::base::convert::usize_to_f64(line) + 0.5;
                html! {
                    <text x={format!("{:.1}", middle.x)} y={format!("{:.1}", top + PADDING / 2.0 + row * label.font * 1.3)} font-size={format!("{:.0}", label.font)}>
                        { words }{ " " }
                    </text>
                }
            }) }
        </g>
    }
}

fn node_id(index: usize) -> String {
    format!("calls-node-{index}")
}

fn focus(index: usize) {
    if let Some(node) = gloo::utils::document().get_element_by_id(&node_id(index)) {
        // Boxes are SVG elements, which have the same function.
        let _ = node.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Where a key leads from a node: up to the heaviest caller, down to the heaviest callee, to the sides in its layer.
fn neighbor(graph: &CallGraph, drawing: &Drawing, from: usize, key: &str) -> Option<usize> {
    let heaviest = |ends: &dyn Fn(&GraphEdge) -> (u32, u32)| {
        let of = graph
            .edges
            .iter()
            .filter(|edge| id_to_usize(ends(edge).0) == from && ends(edge).0 != ends(edge).1);
        of.max_by_key(|edge| edge.weight.unsigned_abs()).map(|edge| id_to_usize(ends(edge).1))
    };
    let beside = |is_right: bool| {
        let own = drawing.boxes.get(from)?.x;
        let layer = drawing.layers.get(from)?;
        let others = drawing.boxes.iter().zip(&drawing.layers).enumerate();
        let on_side = others.filter(|(_, (point, other))| {
            *other == layer && if is_right { point.x > own } else { point.x < own }
        });
        on_side.min_by(|a, b| (a.1.0.x - own).abs().total_cmp(&(b.1.0.x - own).abs())).map(|(index, _)| index)
    };
    match key {
        "ArrowUp" => heaviest(&|edge| (edge.callee, edge.caller)),
        "ArrowDown" => heaviest(&|edge| (edge.caller, edge.callee)),
        "ArrowLeft" => beside(false),
        "ArrowRight" => beside(true),
        _ => None,
    }
}

/// Every drawn call, the heaviest first.
fn table(case: &Case, graph: &CallGraph) -> Html {
    let mut edges: Vec<&GraphEdge> = graph.edges.iter().collect();
    edges.sort_by_key(|edge| (std::cmp::Reverse(edge.weight.unsigned_abs()), edge.caller, edge.callee));
    let function = |at: u32| {
        let node = graph.nodes.get(id_to_usize(at));
        let name = node.map(|node| node.name.clone()).unwrap_or_default();
        let shown = selectors::visible(&name);
        let go = case.on_go(case.params.with("function", name).without("node"));
        html! { <button type="button" class="ledger-name" onclick={go}>{ shown }</button> }
    };
    html! {
        <table class="table">
            <thead><tr>
                <th scope="col">{ "Caller" }</th>
                <th scope="col">{ "Callee" }</th>
                <th scope="col" class="number">{ "Weight" }</th>
                <th scope="col" class="number">{ "%" }</th>
                <th scope="col">{ "Kind" }</th>
            </tr></thead>
            <tbody>
                { for edges.into_iter().map(|edge| html! {
                    <tr>
                        <td>{ function(edge.caller) }</td>
                        <td>{ function(edge.callee) }</td>
                        <td class="number" title={amount::exact(edge.weight, &graph.unit)} data-value={edge.weight.to_string()}>{ amount::short(edge.weight, &graph.unit) }</td>
                        <td class="number">{ text::percent(edge.weight, graph.total) }</td>
                        <td>{ match (edge.is_inlined, edge.is_residual) {
                            (true, true) => "inlined, indirect",
                            (true, false) => "inlined",
                            (false, true) => "indirect",
                            (false, false) => "",
                        } }</td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_edges_that_run_together_stand_apart() {
        let down = |from: f64, to: f64| vec![Point { x: from, y: 0.0 }, Point { x: to, y: 56.0 }];
        let drawing = Drawing {
            routes: vec![down(0.0, 10.0), down(4.0, 12.0), down(300.0, 310.0)],
            ..Drawing::default()
        };
        let placed = amounts(&drawing, &[60.0; 3]);
        assert!(
            (placed[0].y - placed[1].y).abs() > AMOUNT_HEIGHT || (placed[0].x - placed[1].x).abs() > 60.0,
            "{placed:?}"
        );
        assert_eq!(placed[2].y, 28.0);
    }
}
