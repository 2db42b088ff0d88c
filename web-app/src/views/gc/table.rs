//! The cycles in sight as a table.

use analyzer_core::base::source::Position;
use analyzer_core::report::{GcCycle, GcRun, Report};
use yew::prelude::*;

use super::readout::percent;
use super::window::Window;
use crate::components::citation::place_href;
use crate::components::rows::Rows;
use crate::number_format as text;
use crate::state::Shared;

const ROW: f64 = 26.0;

/// Properties of [`CycleTable`].
#[derive(Clone, PartialEq, Properties)]
pub struct CycleTableProps {
    /// The report.
    pub report: Shared<Report>,
    /// Index of the run.
    pub run: usize,
    /// What is in sight.
    pub window: Window,
    /// Index of the cycle that is chosen.
    pub chosen: Option<usize>,
    /// Called with the index of a cycle that was chosen, or none.
    pub on_cycle: Callback<Option<usize>>,
}

/// Names of the columns, and what they mean.
const COLUMNS: [(&str, &str); 11] = [
    ("Cycle", "Number since program start; links to its line"),
    ("Time", "Start, since program start"),
    ("Live", "Marked (live) heap: the figure that shows a leak"),
    ("Peak", "Heap at the end of marking"),
    ("Goal", "Heap goal"),
    (
        "Over goal",
        "How far the heap exceeded the goal before marking ended; not meaningful for forced cycles",
    ),
    ("Sweep pause", "Stop-the-world sweep termination"),
    ("Mark pause", "Stop-the-world mark termination"),
    ("Marking", "Concurrent marking, wall-clock time"),
    ("Assists", "Share of marking done by allocating goroutines (assists)"),
    ("Forced", "Forced by the program or by the two-minute timer"),
];

/// Every cycle of the window.
#[component]
pub fn CycleTable(props: &CycleTableProps) -> Html {
    let run = props.report.gc.as_ref().and_then(|gc| gc.runs.get(props.run));
    let Some(run) = run else { return Html::default() };
    let range = props.window.range(run);
    let render = {
        let (props, first) = (props.clone(), range.start);
        Callback::from(move |row: usize| {
            let run = props.report.gc.as_ref().and_then(|gc| gc.runs.get(props.run));
            run.and_then(|run| Some(row_html(&props, run, run.cycles.get(first + row)?, first, row)))
                .unwrap_or_default()
        })
    };
    let head = html! {
        <div class="row head" role="row">
            { for COLUMNS.iter().map(|(name, what)| html! {
                <span class="cell number" role="columnheader" title={*what}>{ *name }</span>
            }) }
        </div>
    };
    let focus =
        props.chosen.and_then(|chosen| chosen.checked_sub(range.start)).filter(|row| *row < range.len());
    html! {
        <Rows
            count={range.len()} height={ROW} {render} {head} {focus} class={classes!("gc-rows")}
            label="Visible cycles"
        />
    }
}

fn row_html(props: &CycleTableProps, run: &GcRun, cycle: &GcCycle, first: usize, row: usize) -> Html {
    let index = first + row;
    let is_chosen = props.chosen == Some(index);
    let on_click = props.on_cycle.reform(move |_: MouseEvent| (!is_chosen).then_some(index));
    let bytes = |amount: i64| html! { <span class="cell number" role="cell" title={text::bytes_exact(amount)}>{ text::bytes(amount) }</span> };
    let time =
        |amount: i64| html! { <span class="cell number" role="cell">{ text::duration(amount) }</span> };
    let plain = |shown: String| html! { <span class="cell number" role="cell">{ shown }</span> };
    let over = match cycle.overshoot {
        Some(share) if !cycle.is_forced && share > 0 => percent(share),
        _ => "\u{2013}".to_owned(),
    };
    let is_over = cycle.overshoot.is_some_and(|share| share >= 5_000) && !cycle.is_forced;
    html! {
        <div
            key={index} class={classes!("row", is_chosen.then_some("selected"))} role="row"
            aria-rowindex={(row + 2).to_string()} aria-selected={is_chosen.to_string()} onclick={on_click}
        >
            <span class="cell number" role="cell">
                <a href={place_href(&props.report, run.source, Some(Position::line(cycle.line)))}>{ text::count_u64(cycle.number) }</a>
            </span>
            { time(cycle.at.0) }
            { bytes(cycle.live.0) }
            { bytes(cycle.heap_end.0) }
            { bytes(cycle.goal.0) }
            <span class={classes!("cell", "number", is_over.then_some("gc-far-over"))} role="cell">{ over }</span>
            { time(cycle.sweep_stop.0) }
            { time(cycle.mark_stop.0) }
            { time(cycle.mark.0) }
            { plain(cycle.assist_share.map_or("\u{2013}".to_owned(), percent)) }
            { plain(if cycle.is_forced { "\u{25bc} forced".to_owned() } else { "\u{2013}".to_owned() }) }
        </div>
    }
}
