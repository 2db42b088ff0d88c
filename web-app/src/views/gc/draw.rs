//! The chart as SVG: pointing reads a cycle, dragging zooms, keys do the same.

use analyzer_core::base::convert::i64_to_f64;
use analyzer_core::report::{GcCycle, GcRun, Report};
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::chart::{Chart, Kind, Panel, area, dots, line, steps, strokes};
use super::readout;
use super::window::Window;
use crate::components::text_width::at_12_px;
use crate::components::use_size::use_width;
use crate::number_format as text;
use crate::state::Shared;

/// A press that moves less is a click.
const DRAG: f64 = 5.0;
/// One step of zooming by key or button.
pub const ZOOM: f64 = 0.5;

/// Properties of [`GcChart`].
#[derive(Clone, PartialEq, Properties)]
pub struct GcChartProps {
    /// The report.
    pub report: Shared<Report>,
    /// Index of the run.
    pub run: usize,
    /// What is in sight.
    pub window: Window,
    /// Index of the cycle that is chosen.
    pub chosen: Option<usize>,
    /// Called with the part of the run to show.
    pub on_window: Callback<Window>,
    /// Called with the index of a cycle that was chosen, or none.
    pub on_cycle: Callback<Option<usize>>,
}

/// The panels, and a line of text about the cycle under the pointer.
#[component]
pub fn GcChart(props: &GcChartProps) -> Html {
    let place = use_node_ref();
    let width = use_width(&place);
    let pointed = use_state_eq(|| None::<usize>);
    let drag = use_state_eq(|| None::<(f64, f64)>);
    let runs = props.report.gc.as_ref().map(|gc| gc.runs.as_slice()).unwrap_or_default();
    let Some(run) = runs.get(props.run) else { return Html::default() };
    let chart = Chart::new(run, props.window, width.max(1.0));
    let shown = (*pointed).or(props.chosen);
    let x_of = {
        let place = place.clone();
        move |event: &PointerEvent| {
            let left = place.cast::<Element>().map_or(0.0, |place| place.get_bounding_client_rect().left());
            f64::from(event.client_x()) - left
        }
    };
    let on_down = {
        let (drag, x_of) = (drag.clone(), x_of.clone());
        Callback::from(move |event: PointerEvent| {
            if event.button() == 0 && event.is_primary() {
                if let Some(target) = event.target_dyn_into::<Element>() {
                    // Without capture, a drag that leaves the chart ends there: no loss.
                    let _ = target.set_pointer_capture(event.pointer_id());
                }
                drag.set(Some((x_of(&event), x_of(&event))));
            }
        })
    };
    let on_move = {
        let (drag, pointed, chart, report, index) =
            (drag.clone(), pointed.clone(), chart.clone(), props.report.clone(), props.run);
        let x_of = x_of.clone();
        Callback::from(move |event: PointerEvent| {
            let x = x_of(&event);
            if let Some((from, _)) = *drag {
                drag.set(Some((from, x)));
            }
            let run = report.gc.as_ref().and_then(|gc| gc.runs.get(index));
            pointed.set(run.and_then(|run| chart.nearest(run, x)));
        })
    };
    let on_up = {
        let (drag, pointed, chart) = (drag.clone(), pointed.clone(), chart.clone());
        let (on_window, on_cycle, window) = (props.on_window.clone(), props.on_cycle.clone(), props.window);
        Callback::from(move |event: PointerEvent| {
            let Some((from, _)) = *drag else { return };
            drag.set(None);
            let to = x_of(&event);
            if (to - from).abs() < DRAG {
                on_cycle.emit(*pointed);
                return;
            }
            let (left, right) = (chart.share(from.min(to)), chart.share(from.max(to)));
            on_window.emit(Window { from: window.at(left), to: window.at(right) }.within(window));
        })
    };
    let on_leave = {
        let pointed = pointed.clone();
        Callback::from(move |_: PointerEvent| pointed.set(None))
    };
    let on_cancel = {
        let drag = drag.clone();
        Callback::from(move |_: PointerEvent| drag.set(None))
    };
    let on_double = {
        let (on_window, whole) = (props.on_window.clone(), Window::whole(run));
        Callback::from(move |_: MouseEvent| on_window.emit(whole))
    };
    let on_key = on_key(props, run);
    let label =
        "Heap, pauses and CPU time of the garbage collector over time; the table below has the same data";
    html! {
        <figure class="gc-chart">
            <div
                class="gc-place" ref={place} tabindex="0" role="application" aria-label={label} aria-describedby="gc-readout"
                onkeydown={on_key} onpointerdown={on_down} onpointermove={on_move} onpointerup={on_up}
                onpointerleave={on_leave} onpointercancel={on_cancel} ondblclick={on_double}
            >
                if width >= 1.0 {
                    { svg(run, &chart, shown, *drag) }
                }
            </div>
            <figcaption id="gc-readout" class="gc-readout" aria-live="polite">
                { readout::of(&props.report, run, shown) }
            </figcaption>
        </figure>
    }
}

fn on_key(props: &GcChartProps, run: &GcRun) -> Callback<KeyboardEvent> {
    let (props, count, whole) = (props.clone(), run.cycles.len(), Window::whole(run));
    let range = props.window.range(run);
    let places: Vec<i64> = run.cycles.iter().map(|cycle| cycle.at.0).collect();
    Callback::from(move |event: KeyboardEvent| {
        let last = count.saturating_sub(1);
        let center =
            props.chosen.and_then(|index| places.get(index)).map_or(0.5, |at| props.window.share(*at));
        let center = if (0.0..=1.0).contains(&center) { center } else { 0.5 };
        let cycle = match (event.key().as_str(), props.chosen) {
            ("ArrowRight", Some(index)) => Some((index + 1).min(last)),
            ("ArrowLeft", Some(index)) => Some(index.saturating_sub(1)),
            ("ArrowRight" | "ArrowLeft", None) | ("Home", _) => Some(range.start.min(last)),
            ("End", _) => Some(range.end.saturating_sub(1).min(last)),
            ("+" | "=", _) => {
                props.on_window.emit(props.window.zoomed(center, ZOOM, whole));
                None
            }
            ("-", _) => {
                props.on_window.emit(props.window.zoomed(center, 1.0 / ZOOM, whole));
                None
            }
            ("0", _) => {
                props.on_window.emit(whole);
                None
            }
            ("Escape", Some(_)) => {
                props.on_cycle.emit(None);
                None
            }
            _ => return,
        };
        event.prevent_default();
        if cycle.is_some() && count > 0 {
            props.on_cycle.emit(cycle);
        }
    })
}

fn svg(run: &GcRun, chart: &Chart, shown: Option<usize>, drag: Option<(f64, f64)>) -> Html {
    let cycles = chart.window.cycles(run);
    let Chart { width, height, left, right, axis_y, .. } = *chart;
    html! {
        <svg
            width={width.to_string()} height={height.to_string()} viewBox={format!("0 0 {width} {height}")}
            aria-hidden="true"
        >
            <defs>
                <clipPath id="gc-plots">
                    <rect x={px(left)} y="0" width={px(right - left)} height={px(axis_y)} />
                </clipPath>
            </defs>
            { for chart.panels.iter().map(|panel| grid(chart, panel)) }
            <g clip-path="url(#gc-plots)">
                { for cycles.iter().filter(|cycle| cycle.is_forced).map(|cycle| {
                    let x = chart.x(cycle.at.0);
                    html! { <line class="gc-forced-line" x1={px(x)} x2={px(x)} y1={px(chart.panels.first().map_or(0.0, |p| p.top))} y2={px(axis_y)} /> }
                }) }
                { for chart.panels.iter().map(|panel| plot(run, chart, panel, cycles)) }
            </g>
            { forced(chart, cycles) }
            { times(chart) }
            if let Some(cycle) = shown.and_then(|index| run.cycles.get(index)).filter(|cycle| (0.0..=1.0).contains(&chart.window.share(cycle.at.0))) {
                { cross(chart, cycle) }
            }
            if let Some((from, to)) = drag.filter(|(from, to)| (to - from).abs() >= DRAG) {
                <rect
                    class="gc-drag" y="0" height={px(axis_y)}
                    x={px(from.min(to).max(left))} width={px((from.max(to).min(right) - from.min(to).max(left)).max(0.0))}
                />
            }
        </svg>
    }
}

fn grid(chart: &Chart, panel: &Panel) -> Html {
    let title = match panel.kind {
        Kind::Heap => "Heap",
        Kind::Pauses => "Pauses (log scale)",
        Kind::Work => "Marking by assists",
        Kind::Released => "Returned to the OS",
    };
    let mark = |amount: i64| match panel.kind {
        Kind::Heap | Kind::Released => text::bytes(amount).replace(".00 ", " ").replace(".0 ", " "),
        Kind::Pauses => text::duration(amount).replace(".00 ", " ").replace(".0 ", " "),
        Kind::Work => text::percent(amount, 10_000).replace(".0%", "%"),
    };
    html! {
        <>
            <text class="gc-title" x={px(chart.left)} y={px(panel.title_y())}>{ title }</text>
            { for panel.marks.iter().map(|&amount| {
                let (y, label) = (panel.y(amount), if amount == 0 { "0".to_owned() } else { mark(amount) });
                html! {
                    <>
                        <line class="gc-grid" x1={px(chart.left)} x2={px(chart.right)} y1={px(y)} y2={px(y)} />
                        <text class="gc-mark" x={px(chart.left - 6.0 - at_12_px(&label))} y={px(y + 4.0)}>{ label }</text>
                    </>
                }
            }) }
        </>
    }
}

fn plot(run: &GcRun, chart: &Chart, panel: &Panel, cycles: &[GcCycle]) -> Html {
    let at = |amount: fn(&GcCycle) -> i64| {
        cycles.iter().map(move |cycle| (chart.x(cycle.at.0), panel.y(amount(cycle))))
    };
    match panel.kind {
        Kind::Heap => {
            let over = cycles.iter().filter(|cycle| !cycle.is_forced && cycle.heap_end > cycle.goal);
            let over =
                over.map(|cycle| (chart.x(cycle.at.0), panel.y(cycle.goal.0), panel.y(cycle.heap_end.0)));
            html! {
                <>
                    <path class="gc-live-area" d={area(at(|cycle| cycle.live.0), panel.bottom)} />
                    <path class="gc-live" d={line(at(|cycle| cycle.live.0))} />
                    <path class="gc-goal" d={steps(at(|cycle| cycle.goal.0))} />
                    <path class="gc-over" d={strokes(over)} />
                    <path class="gc-peak" d={line(at(|cycle| cycle.heap_end.0))} />
                    if chart.is_sparse(cycles.len()) {
                        <path class="gc-peak-dots" d={dots(at(|cycle| cycle.heap_end.0))} />
                        <path class="gc-live-dots" d={dots(at(|cycle| cycle.live.0))} />
                    }
                </>
            }
        }
        Kind::Pauses => html! {
            <>
                <path class="gc-sweep-stop" d={dots(at(|cycle| cycle.sweep_stop.0))} />
                <path class="gc-mark-stop" d={crosses(at(|cycle| cycle.mark_stop.0))} />
            </>
        },
        Kind::Work => {
            let known =
                cycles.iter().filter_map(|cycle| Some((chart.x(cycle.at.0), panel.y(cycle.assist_share?))));
            html! { <path class="gc-assist" d={strokes(known.map(|(x, y)| (x, panel.bottom, y)))} /> }
        }
        Kind::Released => {
            let known = run
                .scavenges
                .iter()
                .filter_map(|scavenge| Some((chart.x(scavenge.after?.0), panel.y(scavenge.released.0))));
            let known: Vec<(f64, f64)> = known.collect();
            html! {
                <>
                    <path class="gc-released-area" d={area(known.iter().copied(), panel.bottom)} />
                    <path class="gc-released" d={line(known.into_iter())} />
                </>
            }
        }
    }
}

/// A small cross at each point.
fn crosses(points: impl Iterator<Item = (f64, f64)>) -> String {
    points.map(|(x, y)| format!("M{:.1} {:.1}l5 5m0 -5l-5 5", x - 2.5, y - 2.5)).collect()
}

/// Triangles above the heap, at cycles that were asked for.
fn forced(chart: &Chart, cycles: &[GcCycle]) -> Html {
    let Some(heap) = chart.panels.first() else { return Html::default() };
    let y = heap.top;
    let in_sight = cycles.iter().filter(|cycle| cycle.is_forced).map(|cycle| chart.x(cycle.at.0));
    let in_sight = in_sight.filter(|x| *x >= chart.left && *x <= chart.right);
    let path: String = in_sight.map(|x| format!("M{:.1} {:.1}h8l-4 7Z", x - 4.0, y - 8.0)).collect();
    html! { <path class="gc-forced" d={path} /> }
}

fn times(chart: &Chart) -> Html {
    let y = chart.axis_y;
    html! {
        <>
            <line class="gc-axis" x1={px(chart.left)} x2={px(chart.right)} y1={px(y)} y2={px(y)} />
            { for chart.times.iter().map(|&at| {
                let label = if at == 0 { "start".to_owned() } else { text::duration(at).replace(".00 ", " ").replace(".0 ", " ") };
                let half = at_12_px(&label) / 2.0;
                let x = chart.x(at);
                html! {
                    <>
                        <line class="gc-axis" x1={px(x)} x2={px(x)} y1={px(y)} y2={px(y + 4.0)} />
                        <text class="gc-mark" x={px((x - half).clamp(0.0, (chart.width - 2.0 * half).max(0.0)))} y={px(y + 18.0)}>{ label }</text>
                    </>
                }
            }) }
        </>
    }
}

fn cross(chart: &Chart, cycle: &GcCycle) -> Html {
    let x = chart.x(cycle.at.0);
    let heap = chart.panels.first();
    html! {
        <g class="gc-cross">
            <line x1={px(x)} x2={px(x)} y1="0" y2={px(chart.axis_y)} />
            { for heap.into_iter().flat_map(|panel| [cycle.live.0, cycle.heap_end.0].map(|amount| html! {
                <circle cx={px(x)} cy={px(panel.y(amount))} r="4" />
            })) }
        </g>
    }
}

fn px(value: f64) -> AttrValue {
    format!("{value:.1}").into()
}

/// Zoom buttons, for those who do not drag.
pub fn zoom_buttons(run: &GcRun, window: Window, on_window: &Callback<Window>) -> Html {
    let whole = Window::whole(run);
    let button = |label: &'static str, name: &'static str, next: Window, is_off: bool| {
        let on_click = on_window.reform(move |_: MouseEvent| next);
        html! { <button type="button" class="button" aria-label={name} title={name} disabled={is_off} onclick={on_click}>{ label }</button> }
    };
    let seconds = i64_to_f64(window.span()) / 1e9;
    html! {
        <div class="buttons gc-zoom">
            { button("+", "Zoom in", window.zoomed(0.5, ZOOM, whole), seconds < 0.02) }
            { button("\u{2212}", "Zoom out", window.zoomed(0.5, 1.0 / ZOOM, whole), window == whole) }
            { button("Whole run", "Show the whole run", whole, window == whole) }
        </div>
    }
}
