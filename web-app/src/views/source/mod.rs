//! Source: a function of the program line by line, with what each line costs in a profile, whom it
//! calls, and the goroutines that stand at it.

mod choices;
mod head;
mod highlight;
mod lines;

use analyzer_core::report::Report;
use analyzer_core::session::{SourceView, question};
use yew::prelude::*;

use super::profiles::Settings;
use super::{View, ViewProps};
use crate::components::needs::{Needs, Recipe};
use crate::link::{Link, use_answer, use_link};
use crate::state::{Params, ViewId};

/// Name of the format of source files.
const FORMAT: &str = "go-source";

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Source",
    count: |report| (files(report) > 0).then(|| files(report)),
    keys: &[
        ("j k", "Next and previous line with a cost or goroutines"),
        ("h", "The most expensive line"),
        ("b", "Back to the flame graph"),
    ],
    places: |_| Vec::new(),
    render: |props| html! { <Source ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "The source of the deployed version",
        command: "git archive --format zip -o source.zip TAG",
    },
    Recipe { what: "Dependencies", command: "go mod vendor" },
];

/// How many source files there are.
fn files(report: &Report) -> usize {
    report.sources.iter().filter(|row| row.format.as_deref() == Some(FORMAT)).count()
}

/// The content of the view.
#[component]
fn Source(props: &ViewProps) -> Html {
    let settings = Settings::new(&props.report, &props.params);
    let function = props.params.get("function").map(str::to_owned);
    let line = props.params.number("line").and_then(|line| u32::try_from(line).ok());
    let question = function.clone().map(|function| question::Source {
        query: settings.as_ref().map(|settings| settings.query.clone()),
        function,
        file: props.params.get("file").map(str::to_owned),
        line,
    });
    let answer = use_answer(&props.report, question);
    let link = use_link();
    lines::use_line(line, answer.latest.is_some());
    let view = answer.latest.clone().filter(|view| Some(&view.function) == function.as_ref());
    lines::use_keys(link.clone(), &props.params, view.as_ref());
    if function.is_none() {
        return html! {
            <section class="view source">
                <div class="view-head"><h2>{ "Source" }</h2></div>
                if files(&props.report) == 0 { { needs() } }
                if settings.is_some() { <choices::Choices report={props.report.clone()} params={props.params.clone()} /> }
            </section>
        };
    }
    html! {
        <section class="view source" aria-busy={answer.is_pending.to_string()}>
            { head::head(&props.report, &props.params, settings.as_ref(), function.as_deref().unwrap_or_default(), view.as_deref()) }
            if let Some(refusal) = &answer.refusal {
                <p class="notice warning" role="alert">{ format!("No answer: {refusal}.") }</p>
            } else if let Some(reason) = &answer.error {
                <p class="notice warning" role="alert">{ format!("The engine could not answer: {reason}") }</p>
            } else if let Some(view) = view {
                { notes(&props.report, &view) }
                { lines::table(&props.params, &view, line) }
                { head::callers(&props.params, &view) }
            } else {
                <p class="quiet" role="status">{ "Reading the source\u{2026}" }</p>
            }
        </section>
    }
}

fn needs() -> Html {
    html! {
        <Needs recipes={RECIPES}>
            { "To see source lines next to their cost, drop the program's source with the captures: a folder, a zip of the repository, or a module cache. Nothing is downloaded. Without source, only the costs are shown." }
        </Needs>
    }
}

/// Why there is no text.
fn notes(report: &Report, view: &SourceView) -> Html {
    if let Some(note) = &view.note {
        return html! { <p class="notice warning" role="status">{ note }</p> };
    }
    if view.source.is_some() {
        return Html::default();
    }
    if files(report) == 0 {
        return needs();
    }
    let file = if view.file.is_empty() { "this function: the captures name no file" } else { &view.file };
    html! { <p class="notice" role="status">{ format!("None of the dropped files is {file}.") }</p> }
}

/// Where a function is shown, under the same profile and filters.
fn params_to(params: &Params, function: &str, file: &str, line: i64) -> Params {
    let line = if line > 0 { line.to_string() } else { String::new() };
    params.with("function", function).with("file", file).with("line", line)
}

fn href_to(params: &Params, function: &str, file: &str, line: i64) -> String {
    ViewId::Source.with(params_to(params, function, file, line)).href()
}

/// The same function in its flame graph.
fn graph_params(params: &Params) -> Params {
    params.without("line").without("file")
}

fn open_graph(link: &Link, params: &Params) {
    link.navigate(ViewId::Profiles.with(graph_params(params)));
}
