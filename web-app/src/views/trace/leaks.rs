//! What never ended, and what speaks for and against a leak.

use analyzer_core::report::Confidence;
use analyzer_core::report::trace::{LeakEvidence, Trace};
use yew::prelude::*;

use super::details::goroutine_link;
use super::head::route;
use super::selection::Here;
use super::tables::none;
use super::words;
use crate::number_format as text;
use crate::views::goroutines::group_route;

/// The table of leak evidence.
pub fn table(trace: &Trace, here: Here<'_>) -> Html {
    let length = words::nanos(words::length(trace));
    if trace.leaks.is_empty() {
        return none(&format!(
            "Within {length} no sign of goroutines that never exit: none blocks forever, and none was created, \
             blocked for over a second and never woken. A slower leak needs a longer trace, or two goroutine dumps \
             some minutes apart."
        ));
    }
    html! {
        <table class="table stacked trace-leaks">
            <caption>{ format!("Goroutines that did not exit within {length} and may never exit.") }</caption>
            <thead>
                <tr>
                    <th scope="col">{ "Sign" }</th>
                    <th scope="col" class="number">{ "Count" }</th>
                    <th scope="col">{ "Start function and where it waits" }</th>
                    <th scope="col">{ "Why" }</th>
                    <th scope="col">{ "Against" }</th>
                </tr>
            </thead>
            <tbody>{ for trace.leaks.iter().map(|leak| row(trace, leak, here)) }</tbody>
        </table>
    }
}

fn row(trace: &Trace, leak: &LeakEvidence, here: Here<'_>) -> Html {
    let (class, confidence) = match leak.confidence {
        Confidence::Certain => ("critical", "certain"),
        Confidence::Likely => ("warning", "likely"),
        Confidence::Possible => ("info", "possible"),
    };
    html! {
        <tr>
            <td data-label="Sign">
                <strong class={classes!("severity", class)}>{ words::sign(leak.sign) }</strong>
                <div class="quiet">{ confidence }</div>
            </td>
            <td class="number" data-label="Count">{ text::count_u64(leak.count) }</td>
            <th scope="row" data-label="Where">
                <a href={route(here.params.with("group", leak.group.to_string())).href()} title="Show the lanes of these goroutines">
                    <code>{ leak.start.as_deref().unwrap_or("unnamed") }</code>
                </a>
                <div>
                    { format!("{}{}", leak.reason, if leak.is_inferred { " (read off the stack)" } else { "" }) }
                    { ": " }{ words::stack(trace, leak.stack) }
                </div>
                if let Some(group) = &leak.dump_group {
                    <div><a href={group_route(group).href()}>{ "In the goroutine dumps" }</a></div>
                }
                <div class="quiet">
                    { for leak.goroutines.iter().map(|&id| html! { <>{ goroutine_link(here, id, None, Some(here.window.to.saturating_sub(1))) }{ " " }</> }) }
                    if leak.count > u64::try_from(leak.goroutines.len()).unwrap_or(u64::MAX) { { "…" } }
                </div>
            </th>
            <td data-label="Why"><ul class="plain">{ for leak.reasons.iter().map(|why| html! { <li>{ why }</li> }) }</ul></td>
            <td data-label="Against">
                <ul class="plain">{ for leak.against.iter().map(|why| html! { <li>{ why }</li> }) }</ul>
            </td>
        </tr>
    }
}
