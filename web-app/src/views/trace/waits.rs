//! Waits, wake-ups, tasks and regions.

use analyzer_core::report::trace::{AnnotationKind, AnnotationRow, Interval, Trace};
use yew::prelude::*;

use super::details::{goroutine_link, task_href};
use super::head::route;
use super::selection::Here;
use super::tables::{cut, none};
use super::words;

/// Rows shown at most.
const ROWS: usize = 100;

/// The longest waits, and the longest delays before running.
pub fn longest(trace: &Trace, here: Here<'_>) -> Html {
    let length = words::nanos(words::length(trace));
    html! {
        <>
            { stays(trace, here, &trace.longest_waits, format!("Longest waits that ended within {length}, without sleeps and network waits.")) }
            { stays(trace, here, &trace.longest_delays, format!("Longest scheduling delays (runnable until running) within {length}.")) }
        </>
    }
}

fn stays(trace: &Trace, here: Here<'_>, rows: &[Interval], caption: String) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <table class="table stacked">
                <caption>{ caption }</caption>
                <thead><tr>
                    <th scope="col" class="number">{ "From" }</th>
                    <th scope="col" class="number">{ "Length" }</th>
                    <th scope="col">{ "Goroutine" }</th>
                    <th scope="col">{ "Why" }</th>
                    <th scope="col">{ "Where" }</th>
                </tr></thead>
                <tbody>{ for rows.iter().take(ROWS).map(|stay| {
                    let middle = stay.from.saturating_add(stay.nanos / 2);
                    let part = here.zoomed(here.params, stay.from, stay.from.saturating_add(stay.nanos));
                    let why = match stay.cause {
                        Some(cause) => words::cause(cause),
                        None => stay.reason.as_str(),
                    };
                    html! {
                        <tr>
                            <td class="number" data-label="From"><a href={route(part).href()}>{ words::nanos(stay.from) }</a></td>
                            { words::cell("Length", Some(stay.nanos)) }
                            <th scope="row">
                                { goroutine_link(here, stay.goroutine, stay.start.as_deref(), Some(middle)) }
                            </th>
                            <td data-label="Why">{ if why.is_empty() { "not given" } else { why } }</td>
                            <td data-label="Where">{ words::stack(trace, stay.stack) }</td>
                        </tr>
                    }
                }) }</tbody>
            </table>
            { cut(ROWS, rows.len()) }
        </>
    }
}

/// Who wakes whom.
pub fn wakes(trace: &Trace, _: Here<'_>) -> Html {
    let length = words::nanos(words::length(trace));
    if trace.wakes.is_empty() {
        return none(&format!("No goroutine was woken within {length}."));
    }
    html! {
        <>
            <table class="table stacked">
                <caption>
                    { format!("Who waited for whom within {length}. For a lock, the waker is the one that held it.") }
                </caption>
                <thead><tr>
                    <th scope="col">{ "Waited at" }</th>
                    <th scope="col">{ "For" }</th>
                    <th scope="col">{ "Woken by" }</th>
                    <th scope="col" class="number">{ "Times" }</th>
                    <th scope="col" class="number">{ "Waits, sum" }</th>
                    <th scope="col" class="number">{ "Longest" }</th>
                </tr></thead>
                <tbody>{ for trace.wakes.iter().take(ROWS).map(|wake| html! {
                    <tr>
                        <th scope="row">{ words::stack(trace, wake.stack) }</th>
                        <td data-label="For">{ if wake.reason.is_empty() { "not given" } else { wake.reason.as_str() } }</td>
                        <td data-label="Woken by">
                            if wake.waker_stack.is_some() {
                                { words::stack(trace, wake.waker_stack) }
                            } else if let Some(waker) = &wake.waker {
                                <code>{ waker }</code>
                            } else {
                                <span class="quiet">{ "a timer, the network or the runtime" }</span>
                            }
                        </td>
                        { words::count("Times", wake.count) }
                        { words::cell("Waits", Some(wake.total)) }
                        { words::cell("Longest", Some(wake.max)) }
                    </tr>
                }) }</tbody>
            </table>
            { cut(ROWS, trace.wakes.len()) }
        </>
    }
}

/// User tasks, regions and logs.
pub fn annotations(trace: &Trace, here: Here<'_>) -> Html {
    let length = words::nanos(words::length(trace));
    if trace.tasks.is_empty() && trace.regions.is_empty() && trace.log_categories.is_empty() {
        return none(&format!(
            "The program recorded no tasks, regions or logs within {length} (trace.NewTask, trace.StartRegion, trace.Log)."
        ));
    }
    html! {
        <>
            { kinds("Tasks", &trace.tasks, &length) }
            { rows(trace, here, "Tasks: open ones first, then the longest", &trace.task_rows) }
            { kinds("Regions", &trace.regions, &length) }
            { rows(trace, here, "Regions: open ones first, then the longest", &trace.region_rows) }
            if !trace.logs.is_empty() {
                <table class="table stacked">
                    <caption>{ format!("Logs within {length}") }</caption>
                    <thead><tr>
                        <th scope="col" class="number">{ "At" }</th>
                        <th scope="col" class="number">{ "Goroutine" }</th>
                        <th scope="col">{ "Category" }</th>
                        <th scope="col">{ "Message" }</th>
                    </tr></thead>
                    <tbody>{ for trace.logs.iter().take(ROWS).map(|log| html! {
                        <tr>
                            { words::cell("At", Some(log.time)) }
                            <td class="number" data-label="Goroutine">if let Some(id) = log.goroutine { { goroutine_link(here, id, None, Some(log.time)) } }</td>
                            <td data-label="Category">{ &log.category }</td>
                            <td data-label="Message">{ &log.message }</td>
                        </tr>
                    }) }</tbody>
                </table>
                { cut(ROWS, trace.logs.len()) }
            }
        </>
    }
}

fn kinds(what: &str, kinds: &[AnnotationKind], length: &str) -> Html {
    if kinds.is_empty() {
        return Html::default();
    }
    html! {
        <table class="table stacked">
            <caption>{ format!("{what} by name within {length}") }</caption>
            <thead><tr>
                <th scope="col">{ "Name" }</th>
                <th scope="col" class="number">{ "Ended" }</th>
                <th scope="col" class="number">{ "Open" }</th>
                <th scope="col" class="number">{ "Sum" }</th>
                <th scope="col" class="number">{ "p50" }</th>
                <th scope="col" class="number">{ "p99" }</th>
                <th scope="col" class="number">{ "Longest" }</th>
            </tr></thead>
            <tbody>{ for kinds.iter().map(|kind| html! {
                <tr>
                    <th scope="row">{ if kind.name.is_empty() { "begun before" } else { kind.name.as_str() } }</th>
                    { words::count("Ended", kind.done.count.saturating_add(kind.ended_only)) }
                    { words::count("Open", kind.open) }
                    { words::total("Sum", &kind.done) }
                    { words::cell("p50", kind.done.p50) }
                    { words::cell("p99", kind.done.p99) }
                    { words::cell("Longest", (kind.done.count > 0).then_some(kind.done.max)) }
                </tr>
            }) }</tbody>
        </table>
    }
}

fn rows(trace: &Trace, here: Here<'_>, caption: &str, rows: &[AnnotationRow]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <table class="table stacked">
                <caption>{ caption.to_owned() }</caption>
                <thead><tr>
                    <th scope="col">{ "Name" }</th>
                    <th scope="col" class="number">{ "Task" }</th>
                    <th scope="col" class="number">{ "Goroutine" }</th>
                    <th scope="col" class="number">{ "From" }</th>
                    <th scope="col" class="number">{ "Length" }</th>
                </tr></thead>
                <tbody>{ for rows.iter().take(ROWS).map(|row| html! {
                    <tr>
                        <th scope="row">{ &row.name }</th>
                        <td class="number" data-label="Task">if row.task != 0 { <a href={task_href(here, row.task, trace.task_rows.iter().find(|task| task.task == row.task))}>{ row.task }</a> }</td>
                        <td class="number" data-label="Goroutine">if let Some(id) = row.goroutine { { goroutine_link(here, id, None, Some(row.begin)) } }</td>
                        { words::cell("From", Some(row.begin)) }
                        <td class="number" data-label="Length">
                            { match row.end {
                                Some(end) => words::nanos(end.saturating_sub(row.begin)),
                                None => format!("open, at least {}", words::nanos(trace.to.saturating_sub(row.begin))),
                            } }
                        </td>
                    </tr>
                }) }</tbody>
            </table>
            { cut(ROWS, rows.len()) }
        </>
    }
}
