//! What the pointer is told, and what the colors mean.

use analyzer_core::base::convert::{f64_to_i64, f64_to_usize, to_f64, usize_to_f64};
use analyzer_core::report::trace::Trace;
use analyzer_core::session::TraceWindow;
use analyzer_core::session::lanes::{LaneOf, RUNNABLE, WAITING};
use yew::prelude::*;

use super::Window;
use super::lane_names::{Names, frames};
use super::painter::{carried, held_before};
use super::scene::{RowOf, some};
use super::words;
use crate::number_format as text;
use analyzer_core::report::trace::AnnotationRow;

/// Frames shown in a tip.
const FRAMES: usize = 10;

/// The colors and what they stand for.
pub fn legend(has_arrows: bool, has_tasks: bool) -> Html {
    let entry = |class: &'static str, name: &'static str| {
        html! { <li><span class={classes!("swatch", class)} aria-hidden="true" />{ name }</li> }
    };
    html! {
        <ul class="trace-legend plain">
            { entry("running", "running") }
            { entry("gc", "GC worker, mark phase") }
            { entry("runnable", "waiting for a processor") }
            { entry("syscall", "in a system call") }
            { entry("waiting", "blocked") }
            { entry("stopped", "world stopped") }
            { entry("heap", "live heap") }
            { entry("goal", "heap goal") }
            if has_tasks { { entry("task", "user task") } }
            if has_arrows { <li><span aria-hidden="true">{ "\u{2022}\u{2192} " }</span>{ "wakes or creates" }</li> }
        </ul>
    }
}

/// The timeline for those who do not see it.
pub fn spoken(trace: &Trace, window: Window) -> String {
    format!(
        "Timeline of {} from {}, of a trace of {}: {} goroutines created, {} GC cycles started. The tables below \
         have the same data.",
        words::nanos(window.nanos()),
        words::nanos(window.from),
        words::nanos(words::length(trace)),
        text::count_u64(trace.goroutines_created),
        text::count_u64(trace.gc.begun),
    )
}

/// One stay, or several that are too short to tell apart.
pub fn stay(part: &TraceWindow, names: &Names, of: LaneOf, at: usize) -> Html {
    let (lanes, trace) = (&part.lanes, &part.trace);
    let (from, to) = (lanes.from.0[at], lanes.to.0[at]);
    let stays = lanes.stays.0[at];
    let state = lanes.state.0[at];
    let start = names.start(lanes.group.0[at]).unwrap_or("unnamed");
    let site = some(lanes.site.0[at]).and_then(|site| names.site(trace, site));
    let what = match (state, site) {
        (WAITING, Some(site)) if !site.reason.is_empty() => format!("blocked: {}", site.reason),
        (RUNNABLE, Some(site)) => {
            let cause = site.cause.map(words::cause).unwrap_or_default();
            format!("waiting for a processor {cause}")
        }
        _ => words::lane_state(state).to_owned(),
    };
    let length = words::nanos(to.saturating_sub(from));
    let is_clipped = from <= trace.from || to >= trace.to;
    let stack = site.map(|site| frames(trace, site.stack)).unwrap_or_default();
    html! {
        <>
            <strong>{ start }</strong>
            <div>{ format!("goroutine {}", lanes.goroutine.0[at]) }
                if let LaneOf::Processor(id) = of { { format!(" on P{id}") } }
            </div>
            if stays > 1 {
                <div>
                    { format!("{} intervals in {length}, {} of the time; mostly {what}", text::count_u64(u64::from(stays)),
                        text::percent(i64::from(lanes.fill.0[at]), 255)) }
                </div>
                <div class="quiet">{ "Zoom in to see them separately" }</div>
            } else {
                <div>{ format!("{what}, {}{length}", if is_clipped { "at least " } else { "" }) }</div>
            }
            <div class="quiet">{ format!("from {} on", words::nanos(from)) }</div>
            if !stack.is_empty() && stays == 1 {
                <div class="quiet">{ if state == RUNNABLE { "Made so by" } else { "At" } }</div>
                <ol>{ for stack.iter().take(FRAMES).map(|frame| html! { <li><code>{ &frame.function }</code></li> }) }</ol>
                if stack.len() > FRAMES {
                    <div class="quiet">{ format!("and {} more frames", stack.len() - FRAMES) }</div>
                }
            }
        </>
    }
}

/// A place of a lane where nothing is.
pub fn nothing(of: LaneOf, moment: f64) -> Html {
    let what = match of {
        LaneOf::Processor(id) => format!("P{id}: no goroutine"),
        LaneOf::Goroutine(id) => format!("goroutine {id}: not there"),
    };
    html! { <><strong>{ what }</strong><div class="quiet">{ format!("at {}", at(moment)) }</div></> }
}

/// A user task.
pub fn task(trace: &Trace, task: &AnnotationRow) -> Html {
    let length = words::nanos(super::tasks::end(trace, task).saturating_sub(task.begin));
    html! {
        <>
            <strong>{ &task.name }</strong>
            <div>{ format!("task {}, {}{length}", task.task, if task.end.is_none() { "open, at least " } else { "" }) }</div>
            <div class="quiet">{ format!("from {} on", words::nanos(task.begin)) }</div>
        </>
    }
}

/// The figures of a track at a moment, from a part of a trace.
pub fn track(whole: &Trace, trace: &Trace, of: RowOf, moment: f64) -> Html {
    let overview = &trace.overview;
    let parts = overview.running.len();
    let width = to_f64(words::length(trace)) / usize_to_f64(parts.max(1));
    let part = f64_to_usize((moment - to_f64(trace.from)) / width.max(1e-9)).min(parts.saturating_sub(1));
    let mean = |column: &[u64]| column.get(part).map_or(0.0, |&value| to_f64(value) / 1_000.0);
    let bytes = |value: Option<u64>| value.map_or_else(|| "unknown".to_owned(), text::size);
    let row = |name: &str, value: String| html! { <div>{ format!("{name}: {value}") }</div> };
    let content = match of {
        RowOf::Heap => {
            let held = |of: fn(&Trace) -> &[Option<u64>]| {
                let before = held_before(whole, of(whole), trace.from);
                carried(of(trace), before).get(part).copied().flatten()
            };
            html! { <>
                { row("live heap, at most", bytes(held(|trace| &trace.overview.heap_max))) }
                { row("goal", bytes(held(|trace| &trace.overview.goal).filter(|&goal| goal > 0))) }
            </> }
        }
        RowOf::Goroutines => html! { <>
            { row("running", text::rate(mean(&overview.running))) }
            { row("GC workers", text::rate(mean(&overview.gc_workers))) }
            { row("in system calls", text::rate(mean(&overview.syscall))) }
            { row("runnable", text::rate(mean(&overview.runnable))) }
            { row("blocked", text::rate(mean(&overview.waiting))) }
        </> },
        RowOf::Processors => html! { <>
            { row("run goroutines", text::rate(mean(&overview.running))) }
            { row("run GC workers", text::rate(mean(&overview.gc_workers))) }
            { row("held by threads", text::rate(mean(&overview.processors))) }
            { row("GOMAXPROCS", text::rate(mean(&overview.gomaxprocs))) }
        </> },
        RowOf::Collector => html! { <>
            { row("in a mark phase", share(mean(&overview.marking))) }
            { row("world stopped, or to be stopped", share(mean(&overview.stopped))) }
            { row("goroutines in mark assists", text::rate(mean(&overview.assists))) }
        </> },
        RowOf::Title | RowOf::Lane(_) | RowOf::Tasks(_) => Html::default(),
    };
    html! {
        <>
            { content }
            <div class="quiet">
                { format!("averages over {} from {}", at(width), at(to_f64(trace.from) + usize_to_f64(part) * width)) }
            </div>
        </>
    }
}

fn share(mean: f64) -> String {
    text::percent(f64_to_i64(mean * 1_000.0), 1_000)
}

fn at(moment: f64) -> String {
    text::duration(f64_to_i64(moment.round()))
}
