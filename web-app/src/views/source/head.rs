//! What is shown: the function, its file, its sums; the profile to choose; who calls it.

use analyzer_core::base::source::Position;
use analyzer_core::report::Report;
use analyzer_core::session::SourceView;
use yew::prelude::*;

use super::{graph_params, href_to};
use crate::components::citation::place_href;
use crate::components::flame::amount;
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};
use crate::views::profiles::Settings;

/// Callers that are named.
const CALLERS: usize = 12;
/// Profiles and lines that are offered.
const OFFERED: usize = 12;

/// The head of the view.
pub fn head(
    report: &Report,
    params: &Params,
    settings: Option<&Settings>,
    function: &str,
    view: Option<&SourceView>,
) -> Html {
    html! {
        <>
            <div class="view-head">
                <h2><code>{ selectors::visible(function) }</code></h2>
                if let Some(view) = view { { place(report, view) } }
            </div>
            if let Some(settings) = settings { { profile(report, params, settings) } }
            if let Some(view) = view { { sums(params, view) } }
        </>
    }
}

fn place(report: &Report, view: &SourceView) -> Html {
    match view.source {
        Some(source) => {
            let line = view.text.first().map(|_| u64::from(view.first));
            let at = line.map(Position::line);
            html! { <a class="quiet" href={place_href(report, source, at)} title="Open the whole file">{ &view.file }</a> }
        }
        None => html! { <span class="quiet">{ &view.file }</span> },
    }
}

/// Which profile and which of its sample types; other ones are links.
fn profile(report: &Report, params: &Params, settings: &Settings) -> Html {
    let Some(shown) = report.profiles.get(settings.profile) else { return Html::default() };
    let kept = params.without("type");
    let choice = |title: String, hint: String, params: Params, is_current: bool| {
        html! {
            <a class="choice" href={ViewId::Source.with(params).href()} title={hint} aria-current={is_current.then_some("true")}>
                { title }
            </a>
        }
    };
    let name = |index: usize| {
        let path = report.profiles.get(index).and_then(|profile| selectors::source(report, profile.source));
        path.map(|row| selectors::visible(&row.path)).unwrap_or_default()
    };
    let short = |path: &str| {
        let mut parts = path.rsplit('/');
        let file = parts.next().unwrap_or_default();
        parts.next().map_or_else(|| file.to_owned(), |folder| format!("{folder}/{file}"))
    };
    let offered = (0..report.profiles.len()).filter(|&index| index < OFFERED || index == settings.profile);
    let shown_type = settings.sample_type(shown);
    html! {
        <>
            if report.profiles.len() > 1 {
                <nav class="choices" aria-label="Profile">
                    { for offered.map(|index| {
                        let params = kept.with("profile", selectors::profile_key(report, index));
                        choice(short(&name(index)), name(index), params, index == settings.profile)
                    }) }
                </nav>
            }
            if shown.sample_types.len() > 1 {
                <nav class="choices" aria-label="Sample type">
                    { for shown.sample_types.iter().map(|column| choice(
                        column.kind.clone(), String::new(), params.with("type", column.kind.clone()), column.kind == shown_type,
                    )) }
                </nav>
            }
        </>
    }
}

/// Flat and cum of the function, and the lines that cost most.
fn sums(params: &Params, view: &SourceView) -> Html {
    let sum = |label: &'static str, value: i64| {
        html! {
            <span title={amount::exact(value, &view.unit)}>
                { label }{ " " }<b>{ amount::short(value, &view.unit) }</b>{ " " }{ text::percent(value, view.total) }
            </span>
        }
    };
    let graph = ViewId::Profiles.with(graph_params(params)).href();
    let hot = hot(view);
    html! {
        <p class="source-sums">
            if !view.sample_type.is_empty() {
                if view.lines.iter().any(|line| line.cum != 0 || line.flat != 0) {
                    { sum("flat", view.flat) }
                    { sum("cum", view.cum) }
                } else {
                    <span>{ "The profile has no sample in this function." }</span>
                }
                <span class="quiet">{ format!("of {} {}", amount::short(view.total, &view.unit), view.sample_type) }</span>
                <a href={graph}>{ "Show in the flame graph" }</a>
            }
            if !hot.is_empty() { <span class="quiet">{ "Most expensive:" }</span> }
            { for hot.into_iter().map(|line| html! {
                <a href={href_to(params, &view.function, params.get("file").unwrap_or_default(), line.into())}>
                    { format!("line {line}") }
                </a>
            }) }
            { for view.others.iter().take(OFFERED).map(|file| html! {
                <a href={href_to(params, &view.function, file, 0)}>{ format!("also in {}", selectors::visible(file)) }</a>
            }) }
        </p>
    }
}

/// The lines that cost most, three at most, the most expensive first.
pub fn hot(view: &SourceView) -> Vec<u32> {
    let mut lines: Vec<_> = view.lines.iter().filter(|line| line.cum != 0).collect();
    lines.sort_by_key(|line| (std::cmp::Reverse(line.cum.unsigned_abs()), line.line));
    lines.iter().take(3).map(|line| line.line).collect()
}

/// Who calls the function, each a link to the calling line.
pub fn callers(params: &Params, view: &SourceView) -> Html {
    if view.callers.is_empty() {
        return Html::default();
    }
    let more = view.callers.len().saturating_sub(CALLERS);
    html! {
        <section class="source-callers" aria-labelledby="source-callers">
            <h3 id="source-callers">{ "Called from" }</h3>
            <ul class="plain">
                { for view.callers.iter().take(CALLERS).map(|call| html! {
                    <li>
                        <a href={href_to(params, &call.function, &call.file, call.other_line)}>
                            { selectors::visible(&call.function) }{ format!(" line {}", call.other_line) }
                        </a>
                        { " " }
                        <span class="quiet" title={amount::exact(call.amount, &view.unit)}>{ amount::short(call.amount, &view.unit) }</span>
                        if call.is_inlined { { " " }<span class="tag">{ "inlined" }</span> }
                    </li>
                }) }
            </ul>
            if more > 0 { <p class="quiet">{ format!("and {}", text::counted(more, "more call", "more calls")) }</p> }
        </section>
    }
}
