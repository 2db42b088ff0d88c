//! The panel below the timeline: what there is to know of the goroutine or the
//! task that is selected, with links to whatever it has to do with.

use analyzer_core::report::Report;
use analyzer_core::report::trace::{AnnotationRow, Trace as Section};
use analyzer_core::session::lanes::{RUNNABLE, RUNNING, WAITING};
use analyzer_core::session::{GoroutineDetails, Peer, StayDetails};
use yew::prelude::*;

use super::head::{profile_params, route};
use super::lane_names::frames;
use super::selection::{Here, Selected, cleared, pinned, pins};
use super::words;
use crate::number_format as text;
use crate::state::ViewId;
use crate::views::goroutines::{group_frame, group_route};
use crate::views::profiles::exactly;

/// Frames shown before the rest is folded.
const FRAMES: usize = 8;

/// The panel; nothing if nothing is selected.
pub fn panel(
    report: &Report,
    here: Here<'_>,
    counted: &Section,
    selected: Option<Selected>,
    details: Option<&GoroutineDetails>,
    is_pending: bool,
) -> Html {
    let (title, content) = match selected {
        None => return Html::default(),
        Some(Selected::Goroutine(id, at)) => {
            let details = details.filter(|details| details.goroutine == id);
            let content = match details {
                Some(details) => goroutine(report, here, details, at),
                None if is_pending => html! { <p class="quiet">{ "Reading this range\u{2026}" }</p> },
                None => html! { <p class="quiet">{ "The engine has nothing on this goroutine." }</p> },
            };
            let start = details.and_then(|details| details.start.as_deref());
            (
                html! { <>{ format!("Goroutine {id} ") }if let Some(start) = start { <code>{ start }</code> }</> },
                content,
            )
        }
        Some(Selected::Task(id)) => (html! { { format!("Task {id}") } }, task(here, counted, id)),
    };
    html! {
        <section class="trace-details" aria-label="Details" aria-busy={is_pending.to_string()}>
            <header>
                <h3>{ title }</h3>
                <a class="button small trace-close" href={route(cleared(here.params)).href()} aria-label="Close details">{ "\u{2715}" }</a>
            </header>
            { content }
        </section>
    }
}

fn button(params: Option<crate::state::Params>, label: &'static str) -> Html {
    match params {
        Some(params) => html! { <a class="button small" href={route(params).href()}>{ label }</a> },
        None => html! { <span class="button small" aria-disabled="true">{ label }</span> },
    }
}

fn goroutine(report: &Report, here: Here<'_>, details: &GoroutineDetails, at: Option<u64>) -> Html {
    let id = details.goroutine;
    let stay = details.stay.as_ref();
    let step = |to: fn(&StayDetails) -> Option<u64>| stay.and_then(to).map(|at| here.goroutine(id, Some(at)));
    let is_pinned = pins(here.params).contains(&id);
    html! {
        <>
            <div class="trace-tools">
                { button(step(|stay| stay.previous), "Previous state") }
                { button(step(|stay| stay.next), "Next state") }
                { button(stay.map(|stay| here.zoomed(here.params, stay.from, stay.to)), "Zoom to state") }
                { button(Some(pinned(here.params, id, !is_pinned)), if is_pinned { "Unpin lane" } else { "Pin lane" }) }
                { links(report, here, details) }
            </div>
            <div class="trace-parts">
                <div>
                    <h4>{ "Selected state" }</h4>
                    if let Some(stay) = stay {
                        { selected_state(here, details, stay) }
                    } else if let Some(at) = at {
                        <p class="quiet">{ format!("The trace does not show this goroutine in any state at {}.", words::nanos(at)) }</p>
                    } else {
                        <p class="quiet">{ "Click a state in the lane, or press \u{2193} in the timeline." }</p>
                    }
                </div>
                <div>
                    <h4>{ "States in this range" }</h4>
                    { states(here, details) }
                </div>
                <div>
                    <h4>{ "Creation" }</h4>
                    { creation(here, details) }
                    { peers(here, "Woken by, in this range", &details.woken_by, 1) }
                    { peers(here, "Woke or created, in this range", &details.wakes, 0) }
                </div>
            </div>
        </>
    }
}

/// Where else there is something on the goroutine.
fn links(report: &Report, here: Here<'_>, details: &GoroutineDetails) -> Html {
    let group = details.group;
    let lanes = group.map(|group| here.params.with("group", group.to_string()).with("table", "groups"));
    let dump = here.trace.leaks.iter().find(|leak| Some(leak.group) == group);
    let dump = dump.and_then(|leak| leak.dump_group.as_deref());
    let profile = profile_params(report, here.trace);
    let start = details.start.as_deref().filter(|_| !profile.is_empty());
    let profile = start.map(|start| profile.with("focus", exactly(start)));
    html! {
        <>
            if let Some(lanes) = lanes { <a href={route(lanes).href()}>{ "All goroutines of the group" }</a> }
            if let Some(profile) = profile { <a href={ViewId::Profiles.with(profile).href()}>{ "Flame graph" }</a> }
            if let Some(dump) = dump { <a href={group_route(dump).href()}>{ "Goroutine dump" }</a> }
        </>
    }
}

fn selected_state(here: Here<'_>, details: &GoroutineDetails, stay: &StayDetails) -> Html {
    let is_clipped = stay.is_open || stay.began_before;
    let what = match (stay.state, stay.processor) {
        (WAITING, _) if !stay.reason.is_empty() => format!("Blocked: {}", stay.reason),
        (WAITING, _) => "Blocked".to_owned(),
        (RUNNING, Some(processor)) => format!("Running on P{processor}"),
        (RUNNING, None) => "Running".to_owned(),
        (RUNNABLE, _) => {
            format!("Waiting for a processor {}", stay.cause.map(words::cause).unwrap_or_default())
        }
        _ => "In a system call".to_owned(),
    };
    let length = words::nanos(stay.to.saturating_sub(stay.from));
    let note = match (stay.began_before, stay.is_open) {
        (true, true) => " It lasted for the whole trace.",
        (true, false) => " It began before the trace did.",
        (false, true) => " It had not ended when the trace did.",
        (false, false) => "",
    };
    let waker = stay.waker.as_ref().map(|waker| {
        let verb = if stay.state == RUNNABLE { "Made runnable" } else { "Woken" };
        html! {
            <div class="trace-waker">
                { format!("{verb} at {} by ", words::nanos(waker.at)) }
                if let Some(id) = waker.goroutine {
                    { goroutine_link(here, id, waker.start.as_deref(), Some(waker.at.saturating_sub(1))) }
                } else {
                    { "a timer, the network poller or the runtime" }
                }
                if waker.stack.is_some() { <>{ ", at " }{ words::stack(details, waker.stack) }</> }
            </div>
        }
    });
    html! {
        <>
            <p role="status">
                <strong>{ what }</strong>
                if stay.is_inferred { <span class="quiet">{ " (as the stack tells)" }</span> }
                { format!(" for {}{length}, from {} to {}.{note}", if is_clipped { "at least " } else { "" }, words::nanos(stay.from), words::nanos(stay.to)) }
            </p>
            { waker }
            { stack(details, stay) }
        </>
    }
}

fn stack(details: &GoroutineDetails, stay: &StayDetails) -> Html {
    let frames = frames(details, stay.stack);
    if frames.is_empty() {
        let why = match stay.state {
            RUNNING => "The trace records a stack where a goroutine stops, not while it runs.",
            RUNNABLE => return Html::default(),
            _ => "The trace has no stack for this state.",
        };
        return html! { <p class="quiet">{ why }</p> };
    }
    let (first, rest) = frames.split_at(frames.len().min(FRAMES));
    let list = |part: &[&analyzer_core::report::StackFrame]| {
        html! { <ol class="plain">{ for part.iter().map(|frame| html! { <li>{ group_frame(frame) }</li> }) }</ol> }
    };
    html! {
        <div class="trace-frames">
            { list(first) }
            if !rest.is_empty() {
                <details>
                    <summary>{ text::counted(rest.len(), "more frame", "more frames") }</summary>
                    { list(rest) }
                </details>
            }
        </div>
    }
}

fn states(here: Here<'_>, details: &GoroutineDetails) -> Html {
    if details.states.is_empty() {
        return html! { <p class="quiet">{ "It was in no state in this range." }</p> };
    }
    html! {
        <table class="table">
            <thead><tr>
                <th scope="col">{ "State" }</th>
                <th scope="col" class="number">{ "Times" }</th>
                <th scope="col" class="number">{ "Total" }</th>
                <th scope="col" class="number">{ "Longest" }</th>
            </tr></thead>
            <tbody>{ for details.states.iter().map(|sum| {
                let name = words::lane_state(sum.state);
                html! {
                    <tr>
                        <th scope="row">{ if sum.reason.is_empty() { name.to_owned() } else { format!("{name}: {}", sum.reason) } }</th>
                        { words::count("Times", sum.count) }
                        { words::cell("Total", Some(sum.total)) }
                        <td class="number">
                            <a href={route(here.goroutine(details.goroutine, Some(sum.longest_at))).href()}>{ words::nanos(sum.max) }</a>
                        </td>
                    </tr>
                }
            }) }</tbody>
        </table>
    }
}

fn creation(here: Here<'_>, details: &GoroutineDetails) -> Html {
    let ended = match details.ended {
        Some(at) => format!("Ended at {}.", words::nanos(at)),
        None => "Alive at the end of the trace.".to_owned(),
    };
    html! {
        <>
            if let Some(at) = details.created {
                <div>
                    { format!("Created at {}", words::nanos(at)) }
                    if let Some((id, peer)) = details.creator.as_ref().and_then(|peer| Some((peer.goroutine?, peer))) {
                        <>{ " by " }{ goroutine_link(here, id, peer.start.as_deref(), Some(at.saturating_sub(1))) }</>
                    }
                    if details.creation_stack.is_some() { <>{ ", at " }{ words::stack(details, details.creation_stack) }</> }
                </div>
            } else {
                <div>{ "It was there before the trace, which does not record who created it." }</div>
            }
            <div>{ ended }</div>
        </>
    }
}

/// The other ends of wake-ups. Who wakes runs until then: the moment `before` is that of its state.
fn peers(here: Here<'_>, title: &'static str, peers: &[Peer], before: u64) -> Html {
    if peers.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h4>{ title }</h4>
            <ul class="plain">{ for peers.iter().map(|peer| html! {
                <li>
                    if let Some(id) = peer.goroutine {
                        { goroutine_link(here, id, peer.start.as_deref(), Some(peer.first.saturating_sub(before))) }
                    } else {
                        { "a timer, the network poller or the runtime" }
                    }
                    if peer.is_creation { { " (creation)" } }
                    if peer.count > 1 { <span class="quiet">{ format!(" {} times", text::count_u64(peer.count)) }</span> }
                </li>
            }) }</ul>
        </>
    }
}

/// A goroutine by id and start function, which leads to its state at a moment.
pub fn goroutine_link(here: Here<'_>, id: u64, start: Option<&str>, at: Option<u64>) -> Html {
    html! {
        <a href={route(here.goroutine(id, at)).href()}>
            { format!("goroutine {id}") }
            if let Some(start) = start { <>{ " " }<code>{ super::lane_names::short(start) }</code></> }
        </a>
    }
}

fn task(here: Here<'_>, counted: &Section, id: u64) -> Html {
    let known = [counted, here.trace];
    let row = |id: u64| known.iter().find_map(|trace| trace.task_rows.iter().find(|row| row.task == id));
    let Some(task) = row(id) else {
        return html! { <p class="quiet">{ "This task is not among the longest ones of the trace, which are the ones that are kept." }</p> };
    };
    let length = match task.end {
        Some(end) => format!(
            "{}, from {} to {}",
            words::nanos(end.saturating_sub(task.begin)),
            words::nanos(task.begin),
            words::nanos(end)
        ),
        None => {
            format!("open: it began at {} and had not ended when the trace did", words::nanos(task.begin))
        }
    };
    let mut regions: Vec<&AnnotationRow> =
        here.trace.region_rows.iter().filter(|region| region.task == id).collect();
    regions.sort_by_key(|region| region.begin);
    let children: Vec<&AnnotationRow> = here.trace.task_rows.iter().filter(|row| row.parent == id).collect();
    let logs = here.trace.logs.iter().filter(|log| log.task == id);
    let end = super::tasks::end(here.trace, task);
    html! {
        <>
            <p role="status"><strong>{ &task.name }</strong>{ format!(" {length}.") }</p>
            <div class="trace-tools">
                { button(Some(here.zoomed(here.params, task.begin, end)), "Zoom to task") }
                if let Some(id) = task.goroutine { <span>{ "Begun by " }{ goroutine_link(here, id, None, Some(task.begin)) }</span> }
                if task.parent != 0 { <span>{ "Part of " }{ task_link(here, task.parent, row(task.parent)) }</span> }
            </div>
            <div class="trace-parts">
                { list("Regions", regions.into_iter().map(|region| html! {
                    <>
                        { format!("{} {} ", region.name, span(here.trace, region)) }
                        if let Some(id) = region.goroutine { { goroutine_link(here, id, None, Some(region.begin)) } }
                    </>
                }).collect()) }
                { list("Tasks within it", children.into_iter().map(|child| task_link(here, child.task, Some(child))).collect()) }
                { list("Logs", logs.map(|log| html! { { format!("{} {}: {}", words::nanos(log.time), log.category, log.message) } }).collect()) }
            </div>
        </>
    }
}

fn list(title: &'static str, items: Vec<Html>) -> Html {
    if items.is_empty() {
        return Html::default();
    }
    html! { <div><h4>{ title }</h4><ul class="plain">{ for items.into_iter().map(|item| html! { <li>{ item }</li> }) }</ul></div> }
}

fn span(trace: &Section, row: &AnnotationRow) -> String {
    let length = words::nanos(super::tasks::end(trace, row).saturating_sub(row.begin));
    if row.end.is_some() { length } else { format!("open, at least {length}") }
}

/// The address of a task.
pub fn task_href(here: Here<'_>, id: u64, row: Option<&AnnotationRow>) -> String {
    let (from, to) =
        row.map_or((here.window.from, here.window.to), |row| (row.begin, super::tasks::end(here.trace, row)));
    route(here.task(id, from, to)).href()
}

/// A task by name, which leads to it.
pub fn task_link(here: Here<'_>, id: u64, row: Option<&AnnotationRow>) -> Html {
    html! {
        <a href={task_href(here, id, row)}>
            { format!("task {id}") }
            if let Some(row) = row { { format!(" {} ({})", row.name, span(here.trace, row)) } }
        </a>
    }
}
