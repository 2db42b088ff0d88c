//! Finds goroutines, tasks and regions of a trace.

use analyzer_core::report::Report;
use analyzer_core::report::trace::AnnotationRow;
use analyzer_core::session::question;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::details::{goroutine_link, task_link};
use super::head::route;
use super::selection::Here;
use super::{Part, Window, words};
use crate::components::search::Search;
use crate::components::text_field::is_text_field;
use crate::link::use_answer;
use crate::number_format as text;
use crate::state::{Params, Shared};

/// Tasks, and likewise regions, that are listed.
const LISTED: usize = 20;

/// Properties of [`Find`].
#[derive(Clone, PartialEq, Properties)]
pub struct FindProps {
    /// The report.
    pub report: Shared<Report>,
    /// Which of its traces.
    pub chosen: usize,
    /// The address.
    pub params: Params,
    /// The part that is seen.
    pub window: Window,
    /// The lanes that are there.
    pub part: Option<Part>,
}

/// A search field, and what it finds as one types.
#[component]
pub fn Find(props: &FindProps) -> Html {
    let value = use_state_eq(String::new);
    let trace = props.report.traces.get(props.chosen);
    let wanted = value.trim().to_lowercase();
    let question = trace
        .filter(|_| !wanted.is_empty())
        .map(|trace| question::TraceSearch { source: trace.source, text: wanted.clone() });
    let answer = use_answer(&props.report, question);
    let Some(trace) = trace else { return Html::default() };
    let here = Here {
        params: &props.params,
        trace,
        window: props.window,
        lanes: props.part.as_deref().map(|part| &part.lanes),
    };
    let shown = (*value).clone();
    let on_input = {
        let value = value.clone();
        Callback::from(move |text| value.set(text))
    };
    // Enter chooses the first; what is chosen is seen in the timeline, which takes the keys.
    let onkeydown = Callback::from(|event: KeyboardEvent| {
        let is_enter = event.key() == "Enter" && is_text_field(event.target());
        if let Some(first) = is_enter.then(|| element(".trace-hits a")).flatten() {
            event.prevent_default();
            first.click();
        }
    });
    let onclick = Callback::from(move |event: MouseEvent| {
        let is_link = event.target_dyn_into::<Element>().and_then(|at| at.closest("a").ok()?).is_some();
        if is_link && let Some(plot) = element(".trace-plot") {
            value.set(String::new());
            let _ = plot.focus();
        }
    });
    html! {
        <div class="trace-find" {onkeydown}>
            <Search
                label="Find goroutines, tasks and regions" placeholder="Goroutine id, function, task, region"
                value={shown} {on_input}
            />
            if !wanted.is_empty() {
                <div class="trace-hits panel" role="region" aria-label="Found" {onclick}>
                    { hits(here, &wanted, answer.latest.as_deref(), answer.is_pending) }
                </div>
            }
        </div>
    }
}

fn element(css: &str) -> Option<HtmlElement> {
    gloo::utils::document().query_selector(css).ok()??.dyn_into().ok()
}

fn hits(
    here: Here<'_>,
    wanted: &str,
    found: Option<&analyzer_core::session::TraceHits>,
    is_pending: bool,
) -> Html {
    let trace = here.trace;
    let matches = |row: &&AnnotationRow| row.name.to_lowercase().contains(wanted);
    let tasks: Vec<_> = trace
        .task_rows
        .iter()
        .filter(|row| matches(row) || row.task.to_string() == wanted)
        .take(LISTED)
        .collect();
    let regions: Vec<_> = trace.region_rows.iter().filter(matches).take(LISTED).collect();
    let goroutines = found.map(|found| found.goroutines.as_slice()).unwrap_or_default();
    if goroutines.is_empty() && tasks.is_empty() && regions.is_empty() {
        let said = if is_pending {
            "Searching\u{2026}"
        } else {
            "Nothing found. The search covers goroutine ids and start functions, and the names of the longest tasks and regions."
        };
        return html! { <p class="quiet" role="status">{ said }</p> };
    }
    let more = found.map_or(0, |found| found.more);
    html! {
        <ul class="plain">
            { for goroutines.iter().map(|hit| {
                // Its last state in sight, or the one that is nearest to that.
                let last = hit.ended.unwrap_or(here.window.to).min(here.window.to).saturating_sub(1);
                let at = last.max(hit.created.unwrap_or(0));
                let life = match (hit.created, hit.ended) {
                    (None, None) => "alive throughout".to_owned(),
                    (Some(from), None) => format!("from {} on", words::nanos(from)),
                    (None, Some(to)) => format!("until {}", words::nanos(to)),
                    (Some(from), Some(to)) => format!("{} to {}", words::nanos(from), words::nanos(to)),
                };
                html! {
                    <li>{ goroutine_link(here, hit.goroutine, hit.start.as_deref(), Some(at)) }<span class="quiet">{ format!(" {life}") }</span></li>
                }
            }) }
            if more > 0 { <li class="quiet">{ format!("{} more: type more of the name or id", text::counted_u64(more, "goroutine", "goroutines")) }</li> }
            { for tasks.into_iter().map(|row| html! { <li>{ task_link(here, row.task, Some(row)) }</li> }) }
            { for regions.into_iter().map(|row| {
                let end = super::tasks::end(trace, row);
                let params = here.zoomed(here.params, row.begin, end);
                let there = Here { params: &params, window: Window { from: row.begin, to: end }, ..here };
                let params = row.goroutine.map_or_else(|| params.clone(), |id| there.goroutine(id, Some(row.begin)));
                html! {
                    <li><a href={route(params).href()}>{ format!("region {}", row.name) }</a>
                    <span class="quiet">{ format!(" {}", words::nanos(end.saturating_sub(row.begin))) }</span></li>
                }
            }) }
        </ul>
    }
}
