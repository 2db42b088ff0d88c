//! Goroutines by start function and creator.

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::trace::{AliveState, Existence, Trace, TraceGroup};
use yew::prelude::*;

use super::head::route;
use super::selection::Here;
use super::tables::cut;
use super::words;
use crate::number_format as text;
use crate::state::Params;

/// Rows shown at most.
const ROWS: usize = 200;

/// The table of groups: those of the program first, most running time first.
pub fn table(trace: &Trace, here: Here<'_>) -> Html {
    let params = here.params;
    let mut groups: Vec<&TraceGroup> = trace.groups.iter().collect();
    groups.order_by_key(|group| group.is_system);
    let length = words::nanos(words::length(trace));
    html! {
        <>
            <table class="table stacked trace-groups">
                <caption>
                    { format!("Goroutines with one start function and one creator, within {length}. Times are sums \
                               over all members, including states that have not ended.") }
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Start function and creator" }</th>
                        <th scope="col" class="number">{ "Created" }</th>
                        <th scope="col" class="number">{ "Ended" }</th>
                        <th scope="col" class="number">{ "Alive" }</th>
                        <th scope="col" class="number">{ "Running" }</th>
                        <th scope="col" class="number" title="Runnable, waiting for a processor">{ "Runnable" }</th>
                        <th scope="col" class="number">{ "Blocked" }</th>
                        <th scope="col" class="number">{ "Syscalls" }</th>
                        <th scope="col">{ "Waits, most time first" }</th>
                        <th scope="col">{ "Alive at the end" }</th>
                    </tr>
                </thead>
                <tbody>{ for groups.iter().take(ROWS).map(|group| row(trace, group, params)) }</tbody>
            </table>
            { cut(ROWS, groups.len()) }
        </>
    }
}

fn row(trace: &Trace, group: &TraceGroup, params: &Params) -> Html {
    let times = &group.times;
    let name = group.start.as_deref().unwrap_or("unnamed: no stack in the trace");
    html! {
        <tr key={group.id} class={classes!(group.is_system.then_some("system"))}>
            <th scope="row">
                <a href={route(params.with("group", group.id.to_string())).href()} title="Show the lanes of these goroutines">
                    <code>{ name }</code>
                </a>
                <div class="quiet">
                    if group.existence == Existence::Existed {
                        { "there before the trace" }
                    } else {
                        { "by " }{ words::stack(trace, group.created_by) }
                    }
                    if group.is_system { { " · of the runtime" } }
                </div>
            </th>
            { words::count("Created", group.created) }
            { words::count("Ended", group.ended) }
            { words::count("Alive", group.alive) }
            { words::total("Running", &times.running) }
            { words::total("Runnable", &times.runnable) }
            { words::total("Blocked", &times.waiting) }
            { words::total("Syscalls", &times.syscall) }
            <td data-label="Waits">
                { for group.waits.iter().take(3).map(|wait| {
                    let reason = if wait.reason.is_empty() { "reason not given" } else { &wait.reason };
                    html! {
                        <div>{ format!("{reason}: {} in {}", words::nanos(wait.total), text::count_u64(wait.count)) }</div>
                    }
                }) }
                if group.waits.len() > 3 { <div class="quiet">{ format!("and {} more reasons", group.waits.len() - 3) }</div> }
            </td>
            <td data-label="At the end">{ for group.alive_states.iter().take(4).map(|state| alive(trace, state)) }</td>
        </tr>
    }
}

fn alive(trace: &Trace, state: &AliveState) -> Html {
    let reason = if state.reason.is_empty() { state.state.to_lowercase() } else { state.reason.clone() };
    html! {
        <div>
            { format!("{} {reason}", text::count_u64(state.count)) }
            if state.stack.is_some() { { ": " }{ words::stack(trace, state.stack) } }
        </div>
    }
}
