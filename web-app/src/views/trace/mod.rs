//! Execution traces: what ran when, what waited for what, and what never
//! ended, over the whole trace or any part of it.

mod details;
mod find;
mod gc;
mod groups;
mod head;
mod lane_names;
mod leaks;
mod mmu;
mod painter;
mod palette;
mod scale;
mod scene;
mod selection;
mod tables;
mod tasks;
mod timeline;
mod tip;
mod waits;
mod words;

use analyzer_core::report::Report;
use analyzer_core::report::trace::Trace as Section;
use analyzer_core::session::{TraceQuery, TraceWindow, question};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::needs::{Needs, Recipe};
use crate::link::use_answer;
use crate::state::{Params, Shared};
use selection::{Here, Selected};
use timeline::Timeline;

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Trace",
    count: |report| (!report.traces.is_empty()).then_some(report.traces.len()),
    keys: &[
        ("Ctrl + wheel, pinch, + \u{2212}", "Zoom the timeline"),
        ("Drag, Shift + wheel, \u{2190} \u{2192}, a d", "Pan the timeline"),
        ("Shift + drag, drag on the strip", "Select a range: every table is limited to it"),
        ("Click, \u{2191} \u{2193}", "Select a goroutine: its details appear below"),
        ("[ ]", "Previous or next state of the selected goroutine"),
        ("p", "Pin or unpin the lane of the selected goroutine"),
        ("Double click", "Zoom to a state"),
        ("Esc", "Close the details, then show the whole trace"),
        ("0", "The whole trace"),
    ],
    places: |_| Vec::new(),
    render: |props| html! { <Trace ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Five seconds of a running service",
        command: "curl -o app.trace 'http://localhost:6060/debug/pprof/trace?seconds=5'",
    },
    Recipe { what: "A test or benchmark", command: "go test -run TestName -trace app.trace ." },
    Recipe {
        what: "The last seconds before something went wrong (Go 1.25)",
        command: "trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 5 * time.Second}).WriteTo(file)",
    },
];

/// Columns that the page asks for: more than most screens have.
const COLUMNS: u32 = 1_536;
/// Lanes of goroutines in the picture.
const LANES: u32 = 48;
/// Lanes of goroutines in the picture of one group.
const GROUP_LANES: u32 = 200;

/// What is shown of a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// First moment, in nanoseconds since the trace's first batch.
    pub from: u64,
    /// Last moment.
    pub to: u64,
}

impl Window {
    /// The whole of a trace.
    fn whole(trace: &Section) -> Self {
        Self { from: trace.from, to: trace.to }
    }

    /// The part that the address names, else the whole.
    fn of(params: &Params, trace: &Section) -> Self {
        let whole = Self::whole(trace);
        let from = params.number("from").unwrap_or(whole.from).min(whole.to.saturating_sub(1));
        let to = params.number("to").unwrap_or(whole.to).clamp(from + 1, whole.to.max(from + 1));
        Self { from, to }
    }

    /// The address of this part.
    fn params(self, params: &Params, trace: &Section) -> Params {
        let whole = Self::whole(trace);
        let part = |own: u64, all: u64| if own == all { String::new() } else { own.to_string() };
        params.with("from", part(self.from, whole.from)).with("to", part(self.to, whole.to))
    }

    fn nanos(self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// A part of a trace, from the engine.
pub type Part = Shared<TraceWindow>;

/// The content of the view.
#[component]
fn Trace(props: &ViewProps) -> Html {
    if props.report.traces.is_empty() {
        return empty(&props.report);
    }
    html! { <Shown ..props.clone() /> }
}

/// Nothing to show: why, and how to get it.
fn empty(report: &Report) -> Html {
    let failed = report.sources.iter().filter(|row| row.format.as_deref() == Some("go-trace"));
    let reasons: Vec<Html> = failed
        .flat_map(|row| row.notes.iter().map(move |note| (row, note)))
        .map(|(row, note)| {
            html! { <p class="notice warning"><code>{ &row.path }</code>{ ": " }{ &note.message }</p> }
        })
        .collect();
    html! {
        <section class="view trace">
            <h2>{ "Trace" }</h2>
            { for reasons }
            <Needs recipes={RECIPES}>
                { "This view shows Go execution traces: goroutines over time, garbage collection, pauses, processors, \
                   who waits for whom, and what never ended. It reads traces of Go 1.22 and later." }
            </Needs>
        </section>
    }
}

/// The view with a trace in it.
#[component]
fn Shown(props: &ViewProps) -> Html {
    let chosen = props.params.number("trace").and_then(|row| usize::try_from(row).ok()).unwrap_or(0);
    let chosen = chosen.min(props.report.traces.len().saturating_sub(1));
    let trace = props.report.traces.get(chosen);
    let question = |window: Window, trace: &Section, pinned: Vec<u64>| question::TracePart {
        query: TraceQuery {
            source: trace.source,
            from: window.from,
            to: window.to,
            columns: COLUMNS,
            group: group(&props.params),
            lanes: if group(&props.params).is_some() { GROUP_LANES } else { LANES },
            pinned,
        },
    };
    let window = trace.map(|trace| Window::of(&props.params, trace));
    let is_part = trace.zip(window).is_some_and(|(trace, window)| window != Window::whole(trace));
    // Behind a part, the whole is read once for all pins: a large trace takes seconds.
    let pins = selection::pins(&props.params);
    let whole_pins = if is_part { Vec::new() } else { pins.clone() };
    let whole_question = trace.map(|trace| question(Window::whole(trace), trace, whole_pins));
    let part_question = trace.zip(window).filter(|_| is_part);
    let part_question = part_question.map(|(trace, window)| question(window, trace, pins));
    let selected = Selected::of(&props.params);
    let details_question = trace.zip(window).zip(selected).and_then(|((trace, window), selected)| {
        let Selected::Goroutine(goroutine, at) = selected else { return None };
        let Window { from, to } = window;
        Some(question::TraceGoroutine { source: trace.source, goroutine, from, to, at })
    });
    let whole = use_answer(&props.report, whole_question);
    let part = use_answer(&props.report, part_question);
    let details = use_answer(&props.report, details_question);
    let Some((trace, window)) = trace.zip(window) else { return Html::default() };
    let base = whole.latest;
    let detail = if is_part { part.latest } else { base.clone() };
    let is_of = |part: &Part| part.trace.source == trace.source;
    let detail = detail.filter(is_of);
    let base = base.filter(is_of);
    // Until the part is counted, the tables say what they count: the part before, or the
    // whole. Of the whole the report tells more: what goroutine dumps say of the same stacks.
    let counted = detail.as_ref().filter(|_| is_part).map_or(trace, |part| &part.trace);
    let is_pending = if is_part { part.is_pending } else { whole.is_pending };
    let error = whole.error.or(part.error).or(details.error);
    let seen = detail.as_ref().or(base.as_ref());
    let here = Here { params: &props.params, trace, window, lanes: seen.map(|part| &part.lanes) };
    html! {
        <section class="view trace" aria-busy={is_pending.to_string()}>
            { head::head(&props.report, chosen, html! { <find::Find report={props.report.clone()} {chosen} params={props.params.clone()} {window} part={seen.cloned()} /> }) }
            if let Some(error) = error {
                <p class="notice warning" role="alert">{ format!("The engine could not answer: {error}") }</p>
            }
            <div class="trace-bench">
                <Timeline
                    report={props.report.clone()} {chosen} params={props.params.clone()} {window}
                    base={base.clone()} detail={detail.clone()} details={details.latest.clone()}
                    is_dark={props.is_dark} {is_pending}
                />
                { details::panel(&props.report, here, counted, selected, details.latest.as_deref(), details.is_pending) }
            </div>
            { head::counted(trace, counted, &props.params, is_pending) }
            { tables::tables(&props.report, here, counted) }
        </section>
    }
}

/// The group whose goroutines have lanes, if it is one.
fn group(params: &Params) -> Option<u32> {
    params.number("group").and_then(|id| u32::try_from(id).ok())
}
