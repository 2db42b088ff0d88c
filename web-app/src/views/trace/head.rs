//! Which trace is shown, what it is, and how much of it the tables count.

use analyzer_core::report::Report;
use analyzer_core::report::trace::Trace;
use yew::prelude::*;

use super::{Window, words};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Route, ViewId};
use crate::views::profiles;

/// A route of this view.
pub fn route(params: Params) -> Route {
    ViewId::Trace.with(params)
}

/// The trace in a few words, the choice among several, and the search.
pub fn head(report: &Report, chosen: usize, find: Html) -> Html {
    let Some(trace) = report.traces.get(chosen) else { return Html::default() };
    let path =
        selectors::source(report, trace.source).map(|row| selectors::visible(&row.path)).unwrap_or_default();
    let facts = [
        format!("{} of trace", words::nanos(words::length(trace))),
        text::counted(usize::try_from(trace.events.total).unwrap_or(usize::MAX), "event", "events"),
        text::counted(trace.generations.len(), "generation", "generations"),
        format!(
            "{} goroutines at the start, {} created, {} ended, {} alive at the end",
            text::count_u64(trace.goroutines_existed),
            text::count_u64(trace.goroutines_created),
            text::count_u64(trace.goroutines_ended),
            text::count_u64(trace.goroutines_alive),
        ),
    ];
    html! {
        <header class="trace-head">
            <h2>{ path }</h2>
            if report.traces.len() > 1 {
                <nav class="trace-choice" aria-label="Traces">
                    { for report.traces.iter().enumerate().map(|(row, other)| {
                        let path = selectors::source(report, other.source).map(|row| selectors::visible(&row.path));
                        let current = (row == chosen).then_some("true");
                        html! {
                            <a class="button small" aria-current={current}
                                href={route(Params::default().with("trace", if row == 0 { String::new() } else { row.to_string() })).href()}>
                                { path.unwrap_or_default() }
                            </a>
                        }
                    }) }
                </nav>
            }
            <p class="facts">{ facts.join(" · ") }</p>
            <div class="trace-bar">
                { find }
                <a class="trace-profile" href={ViewId::Profiles.with(profile_params(report, trace)).href()}>
                    { "Flame graphs of waits, delays, system calls and CPU samples" }
                </a>
            </div>
            { for trace.folded.iter().map(|line| html! { <p class="quiet">{ line }</p> }) }
        </header>
    }
}

/// The profile that is derived from the trace, in the Profiles view.
pub fn profile_params(report: &Report, trace: &Trace) -> Params {
    profiles::params_of(report, trace.source)
}

/// What the tables count: all of the trace, or a part of it.
pub fn counted(trace: &Trace, counted: &Trace, params: &Params, is_pending: bool) -> Html {
    let (part, all) = (Window { from: counted.from, to: counted.to }, Window::whole(trace));
    let length = words::nanos(all.nanos());
    let everything = params.without("from").without("to");
    let group =
        params.number("group").and_then(|id| trace.groups.iter().find(|group| u64::from(group.id) == id));
    html! {
        <p class="trace-counted" role="status">
            if part == all {
                { format!("The tables cover the whole trace ({length}). Drag on the strip to select a range.") }
            } else {
                <strong>{ format!("The tables count {} from {} on", words::nanos(part.nanos()), words::nanos(part.from)) }</strong>
                { format!(", of the trace's {length}. ") }
                <a href={route(everything).href()}>{ "Count everything" }</a>
            }
            if is_pending { <span class="quiet">{ " Reading this part…" }</span> }
            if let Some(group) = group {
                { format!(" Lanes: only {}. ", group.start.as_deref().unwrap_or("goroutines without a name")) }
                <a href={route(params.without("group")).href()}>{ "Lanes of all groups" }</a>
            }
        </p>
    }
}
