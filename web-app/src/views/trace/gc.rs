//! Garbage collection, pauses and processors.

use analyzer_core::report::trace::{GcCycle, Pause, Trace};
use yew::prelude::*;

use super::details::goroutine_link;
use super::head::route;
use super::selection::Here;
use super::tables::{cut, none};
use super::words;
use crate::number_format as text;

/// Rows shown at most.
const ROWS: usize = 300;

fn size(label: &'static str, value: Option<u64>) -> Html {
    match value {
        Some(value) => html! {
            <td class="number" data-label={label} title={format!("{} B", text::count_u64(value))}>{ text::size(value) }</td>
        },
        None => html! { <td class="number unset" data-label={label}>{ "\u{2014}" }</td> },
    }
}

/// A share in hundredths of a percent.
pub fn basis_points(value: Option<u64>) -> String {
    value.map_or_else(
        || "unknown".to_owned(),
        |value| text::percent(i64::try_from(value).unwrap_or(i64::MAX), 10_000),
    )
}

/// GC cycles.
pub fn cycles(trace: &Trace, here: Here<'_>) -> Html {
    let (gc, length) = (&trace.gc, words::nanos(words::length(trace)));
    if gc.cycles.is_empty() {
        return none(&format!("No GC cycle within {length}."));
    }
    html! {
        <>
            <p class="facts">
                { format!(
                    "Within {length}: {} cycles begun, {} ended; mark phases take {} of the time; {} of the running \
                     time in them went into assists; {} of the processors' time was left to the program.",
                    text::count_u64(gc.begun), text::count_u64(gc.ended), basis_points(gc.duty_basis_points),
                    basis_points(gc.assist_share_basis_points), basis_points(gc.mutator_utilization_basis_points),
                ) }
            </p>
            <table class="table stacked">
                <thead><tr>
                    <th scope="col" class="number">{ "Begin" }</th>
                    <th scope="col" class="number">{ "Mark phase" }</th>
                    <th scope="col" class="number">{ "Heap at begin" }</th>
                    <th scope="col" class="number">{ "Goal" }</th>
                    <th scope="col" class="number">{ "Peak" }</th>
                    <th scope="col" class="number" title="Peak over goal, less one">{ "Overshoot" }</th>
                    <th scope="col" class="number">{ "Marked" }</th>
                    <th scope="col" class="number">{ "Assists" }</th>
                    <th scope="col" class="number">{ "Workers" }</th>
                    <th scope="col" class="number" title="Sweep termination and mark termination">{ "Pauses" }</th>
                </tr></thead>
                <tbody>{ for gc.cycles.iter().take(ROWS).map(|cycle| cycle_row(trace, cycle, here)) }</tbody>
            </table>
            { cut(ROWS, gc.cycles.len()) }
        </>
    }
}

fn cycle_row(trace: &Trace, cycle: &GcCycle, here: Here<'_>) -> Html {
    let (from, to) = (cycle.begin.unwrap_or(trace.from), cycle.end.unwrap_or(trace.to));
    let overshoot = cycle.overshoot_basis_points.map(|points| text::percent(points, 10_000));
    let is_over = cycle.overshoot_basis_points.is_some_and(|points| points > 0);
    let pauses = [cycle.sweep_termination, cycle.mark_termination]
        .map(|pause| pause.map_or_else(|| "\u{2014}".to_owned(), words::nanos));
    html! {
        <tr>
            <td class="number" data-label="Begin">
                <a href={route(here.zoomed(here.params, from, to)).href()}>
                    { cycle.begin.map_or_else(|| "before".to_owned(), words::nanos) }
                </a>
            </td>
            { words::cell("Mark phase", cycle.begin.zip(cycle.end).map(|(begin, end)| end.saturating_sub(begin))) }
            { size("Heap at begin", cycle.trigger) }
            { size("Goal", cycle.goal) }
            { size("Peak", cycle.peak) }
            <td class={classes!("number", is_over.then_some("over"), overshoot.is_none().then_some("unset"))} data-label="Overshoot">
                { overshoot.unwrap_or_else(|| "\u{2014}".to_owned()) }
            </td>
            { size("Marked", cycle.marked) }
            { words::cell("Assists", Some(cycle.assist)) }
            { words::cell("Workers", Some(cycle.workers.iter().sum())) }
            <td class="number" data-label="Pauses">{ pauses.join(" + ") }</td>
        </tr>
    }
}

/// Stops of the world.
pub fn pauses(trace: &Trace, here: Here<'_>) -> Html {
    let length = words::nanos(words::length(trace));
    if trace.pauses.is_empty() {
        return none(&format!("No stop-the-world pause within {length}."));
    }
    html! {
        <>
            <table class="table stacked">
                <caption>{ format!("Pauses by kind within {length}, including the time to stop the world.") }</caption>
                <thead><tr>
                    <th scope="col">{ "Kind" }</th>
                    <th scope="col">{ "Cause" }</th>
                    <th scope="col" class="number">{ "Count" }</th>
                    <th scope="col" class="number">{ "Sum" }</th>
                    <th scope="col" class="number" title="Median">{ "p50" }</th>
                    <th scope="col" class="number" title="99th percentile">{ "p99" }</th>
                    <th scope="col" class="number">{ "Longest" }</th>
                </tr></thead>
                <tbody>{ for trace.pause_kinds.iter().map(|kind| html! {
                    <tr>
                        <th scope="row">{ &kind.kind }</th>
                        <td data-label="Cause">{ &kind.cause }</td>
                        { words::count("Count", kind.spread.count) }
                        { words::total("Sum", &kind.spread) }
                        { words::cell("p50", kind.spread.p50) }
                        { words::cell("p99", kind.spread.p99) }
                        { words::cell("Longest", Some(kind.spread.max)) }
                    </tr>
                }) }</tbody>
            </table>
            <table class="table stacked">
                <caption>{ "Longest pauses first. \"Last to stop\" is the goroutine on another processor that stopped last." }</caption>
                <thead><tr>
                    <th scope="col" class="number">{ "At" }</th>
                    <th scope="col" class="number">{ "Length" }</th>
                    <th scope="col">{ "Kind" }</th>
                    <th scope="col">{ "Asked by" }</th>
                    <th scope="col">{ "Last to stop" }</th>
                    <th scope="col" class="number" title="From the request until it stopped">{ "Stopped after" }</th>
                </tr></thead>
                <tbody>{ for trace.pauses.iter().take(ROWS).map(|pause| pause_row(trace, pause, here)) }</tbody>
            </table>
            { cut(ROWS, trace.pauses.len()) }
        </>
    }
}

fn pause_row(trace: &Trace, pause: &Pause, here: Here<'_>) -> Html {
    let end = pause.end.unwrap_or(trace.to);
    html! {
        <tr>
            <td class="number" data-label="At"><a href={route(here.zoomed(here.params, pause.begin, end)).href()}>{ words::nanos(pause.begin) }</a></td>
            { words::cell("Length", pause.end.map(|end| end.saturating_sub(pause.begin))) }
            <th scope="row">{ &pause.kind }</th>
            <td data-label="Asked by">
                if let Some(id) = pause.goroutine { { goroutine_link(here, id, None, Some(pause.begin)) } { " " } }
                { words::stack(trace, pause.stack) }
            </td>
            <td data-label="Last to stop">
                if let Some(id) = pause.last_to_stop {
                    { pause.last_to_stop_start.as_deref().unwrap_or("unnamed") }
                    <div class="quiet">{ goroutine_link(here, id, None, Some(pause.begin)) }{ " at " }{ words::stack(trace, pause.last_to_stop_stack) }</div>
                } else {
                    <span class="quiet">{ "nothing ran elsewhere" }</span>
                }
            </td>
            { words::cell("Stopped after", pause.stopped_after) }
        </tr>
    }
}

/// Processors and scheduling delays.
pub fn processors(trace: &Trace, _: Here<'_>) -> Html {
    let length = words::nanos(words::length(trace));
    html! {
        <>
            <table class="table stacked">
                <caption>{ format!("What each processor did within {length}.") }</caption>
                <thead><tr>
                    <th scope="col">{ "Processor" }</th>
                    <th scope="col" class="number">{ "Ran goroutines" }</th>
                    <th scope="col" class="number">{ "GC workers" }</th>
                    <th scope="col" class="number" title="Held by a thread in a system call">{ "Syscalls" }</th>
                    <th scope="col" class="number" title="Held by a thread looking for work">{ "Scheduler" }</th>
                    <th scope="col" class="number">{ "Idle" }</th>
                    <th scope="col" class="number">{ "Starts" }</th>
                    <th scope="col" class="number" title="Retaken from a system call">{ "Steals" }</th>
                </tr></thead>
                <tbody>{ for trace.procs.iter().map(|proc| html! {
                    <tr>
                        <th scope="row">{ format!("P{}", proc.id) }</th>
                        { words::cell("Ran goroutines", Some(proc.running)) }
                        { words::cell("GC workers", Some(proc.gc)) }
                        { words::cell("Syscalls", Some(proc.syscall)) }
                        { words::cell("Scheduler", Some(proc.scheduler)) }
                        { words::cell("Idle", Some(proc.idle)) }
                        { words::count("Starts", proc.starts) }
                        { words::count("Steals", proc.steals) }
                    </tr>
                }) }</tbody>
            </table>
            <table class="table stacked">
                <caption>
                    { format!("Scheduling latency within {length}: how long goroutines that could run waited for a \
                               processor. Starved: no processor was idle during that time.") }
                </caption>
                <thead><tr>
                    <th scope="col">{ "Waited" }</th>
                    <th scope="col" class="number">{ "Count" }</th>
                    <th scope="col" class="number">{ "Sum" }</th>
                    <th scope="col" class="number">{ "p50" }</th>
                    <th scope="col" class="number">{ "p99" }</th>
                    <th scope="col" class="number">{ "Longest" }</th>
                    <th scope="col" class="number">{ "Starved" }</th>
                </tr></thead>
                <tbody>{ for trace.delays.iter().filter(|delays| delays.spread.count > 0).map(|delays| html! {
                    <tr>
                        <th scope="row">{ words::cause(delays.cause) }</th>
                        { words::count("Count", delays.spread.count) }
                        { words::total("Sum", &delays.spread) }
                        { words::cell("p50", delays.spread.p50) }
                        { words::cell("p99", delays.spread.p99) }
                        { words::cell("Longest", Some(delays.spread.max)) }
                        { words::count("Starved", delays.starved) }
                    </tr>
                }) }</tbody>
            </table>
        </>
    }
}
