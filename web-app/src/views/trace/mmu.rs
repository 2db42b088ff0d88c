//! The curve of minimum mutator utilization, with the windows behind it.

use analyzer_core::base::convert::to_f64;
use analyzer_core::report::Report;
use analyzer_core::session::{Utilization, UtilizationPoint, question};
use yew::prelude::*;

use super::gc::basis_points;
use super::head::route;
use super::words;
use crate::link::use_answer;
use crate::number_format as text;
use crate::state::{Params, Shared};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 140.0;

/// Properties of [`Curve`].
#[derive(Clone, PartialEq, Properties)]
pub struct CurveProps {
    /// The report.
    pub report: Shared<Report>,
    /// The question: which trace, and which part.
    pub question: question::TraceUtilization,
    /// The address.
    pub params: Params,
}

/// How much of the processors the GC left to the program, at the worst.
#[component]
pub fn Curve(props: &CurveProps) -> Html {
    let answer = use_answer(&props.report, Some(props.question.clone()));
    let Some(found) = answer.latest.filter(|found| !found.points.is_empty()) else { return Html::default() };
    html! {
        <figure class="trace-mmu">
            <figcaption>
                <strong>{ "Minimum mutator utilization" }</strong>
                { ": the least share of the processors that the program had in any window of a given length. Pauses, \
                   mark assists, and dedicated and fractional workers count as garbage collection." }
                if let Some(at) = found.cut_at {
                    { format!(" Only what comes before {} is counted: there are too many changes after it.", words::nanos(at)) }
                }
            </figcaption>
            <div>
                { curve(&found) }
                { table(&found, &props.params) }
            </div>
        </figure>
    }
}

/// Windows of 1, 10, 100, … of some unit of time.
fn decades(found: &Utilization) -> Vec<u64> {
    let (first, last) = (found.points.first(), found.points.last());
    let (low, high) = (first.map_or(1, |point| point.window), last.map_or(1, |point| point.window));
    (0..19).map(|power| 10u64.pow(power)).filter(|decade| (low..=high).contains(decade)).collect()
}

/// The window, log scale, against the utilization.
fn curve(found: &Utilization) -> Html {
    let log = |window: u64| to_f64(window.max(1)).ln();
    let (first, last) = (found.points.first(), found.points.last());
    let (low, high) =
        (first.map_or(0.0, |point| log(point.window)), last.map_or(1.0, |point| log(point.window)));
    let x = |window: u64| (log(window) - low) / (high - low).max(1e-9) * WIDTH;
    let y = |basis_points: u64| HEIGHT * (1.0 - to_f64(basis_points) / 10_000.0);
    let points: Vec<String> = found
        .points
        .iter()
        .map(|point| format!("{:.1},{:.1}", x(point.window), y(point.basis_points)))
        .collect();
    html! {
        <svg viewBox="-48 -8 374 172" role="img" aria-label="Curve of the minimum mutator utilization; the table beside it says the same">
            { for [0u64, 5_000, 10_000].map(|share| {
                let y = format!("{:.1}", y(share));
                html! { <>
                    <line x1="0" x2={WIDTH.to_string()} y1={y.clone()} y2={y.clone()} />
                    <text x="-6" {y} text-anchor="end" dominant-baseline="middle">{ basis_points(Some(share)) }</text>
                </> }
            }) }
            { for decades(found).into_iter().enumerate().map(|(index, window)| {
                let x = format!("{:.1}", x(window));
                html! { <>
                    <line x1={x.clone()} x2={x.clone()} y1="0" y2={HEIGHT.to_string()} />
                    <text {x} y={(HEIGHT + 16.0).to_string()} text-anchor="middle">
                        // Every other one: the names of all would run into each other.
                        if index % 2 == 0 { { text::moment(to_f64(window), to_f64(window)) } }
                    </text>
                </> }
            }) }
            <polyline points={points.join(" ")} />
        </svg>
    }
}

fn table(found: &Utilization, params: &Params) -> Html {
    let at_least = |window: u64| found.points.iter().find(|point| point.window >= window);
    let rows: Vec<&UtilizationPoint> = decades(found).into_iter().filter_map(at_least).collect();
    html! {
        <table class="table">
            <thead><tr>
                <th scope="col" class="number">{ "Window" }</th>
                <th scope="col" class="number">{ "Least utilization" }</th>
                <th scope="col" class="number">{ "Worst window from" }</th>
            </tr></thead>
            <tbody>{ for rows.into_iter().map(|point| {
                let part = params
                    .with("from", point.at.to_string())
                    .with("to", point.at.saturating_add(point.window).to_string());
                html! {
                    <tr>
                        { words::cell("Window", Some(point.window)) }
                        <td class="number">{ basis_points(Some(point.basis_points)) }</td>
                        <td class="number"><a href={route(part).href()}>{ words::nanos(point.at) }</a></td>
                    </tr>
                }
            }) }</tbody>
        </table>
    }
}
