//! A group, opened: its stack, why it is judged so, what to do.

use analyzer_core::report::{GoroutineGroup, GroupChange, Report, StackFrame, SubjectId, WaitCount};
use yew::prelude::*;

use super::{group_route, model, words};
use crate::components::citation::citations;
use crate::number_format as text;
use crate::selectors;

/// Frames shown before the rest is folded.
const FRAMES: usize = 40;
/// Values of a label that are shown.
const LABEL_VALUES: usize = 8;

/// The opened part of a row.
pub fn detail(report: &Report, group: &GoroutineGroup, subject: SubjectId) -> Html {
    html! {
        <div class="group-detail">
            <div>
                <h4>{ "Stack" }</h4>
                { stack(&group.stack, group.created_by.as_ref()) }
                <h4>{ "In the dumps" }</h4>
                { citations(report, &group.citations) }
                { labels(group) }
            </div>
            <div>
                { list("Why", &group.reasons) }
                { list("What speaks against it", &group.against) }
                { list("What to do", &group.advice) }
                { related(report, group) }
                { figures(group) }
                { changes(report, group, subject) }
            </div>
        </div>
    }
}

fn stack(frames: &[StackFrame], created_by: Option<&StackFrame>) -> Html {
    let (first, rest) = frames.split_at(frames.len().min(FRAMES));
    html! {
        <>
            <ol class="stack">{ for first.iter().map(frame) }</ol>
            if !rest.is_empty() {
                <details>
                    <summary>{ text::counted(rest.len(), "more frame", "more frames") }</summary>
                    <ol class="stack" start={(first.len() + 1).to_string()}>{ for rest.iter().map(frame) }</ol>
                </details>
            }
            if let Some(creator) = created_by {
                <p class="creator"><span class="quiet">{ "created by " }</span>{ function(creator) }</p>
            }
        </>
    }
}

fn frame(frame: &StackFrame) -> Html {
    html! { <li class={classes!(words::is_muted(frame).then_some("muted"))}>{ function(frame) }</li> }
}

fn function(frame: &StackFrame) -> Html {
    html! {
        <>
            <code>{ selectors::visible(&frame.function) }</code>
            <div class="place">{ words::place(frame, false) }</div>
        </>
    }
}

fn list(title: &str, lines: &[String]) -> Html {
    html! {
        if !lines.is_empty() {
            <h4>{ title }</h4>
            <ul class="reasons">{ for lines.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
        }
    }
}

/// The root that it waits for, or what waits for it.
fn related(report: &Report, group: &GoroutineGroup) -> Html {
    let Some(section) = &report.goroutines else { return Html::default() };
    let link = |other: &GoroutineGroup| {
        let name = words::main_frame(other).map_or(other.state.as_str(), |frame| words::short_name(&frame.function));
        html! {
            <li>
                <a href={group_route(&other.id).href()}><code>{ selectors::visible(name) }</code></a>
                { format!(" {} × {}", text::count_u64(model::last_count(other)), other.state) }
            </li>
        }
    };
    let root = group.root.as_ref().and_then(|root| section.groups.iter().find(|other| other.id == *root));
    let waiting: Vec<_> =
        section.groups.iter().filter(|other| other.root.as_ref() == Some(&group.id) && other.id != group.id).collect();
    html! {
        <>
            if let Some(root) = root {
                <h4>{ "Waits for" }</h4>
                <ul class="reasons">{ link(root) }</ul>
            }
            if !waiting.is_empty() {
                <h4>{ "Holds up" }</h4>
                <ul class="reasons">{ for waiting.into_iter().map(link) }</ul>
            }
        </>
    }
}

fn figures(group: &GoroutineGroup) -> Html {
    let fact = |name: &str, value: String| html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> };
    html! {
        <dl class="facts">
            if let Some(rate) = group.leak_rate_per_minute {
                { fact("Rate", format!("{} a minute", text::rate(rate))) }
            }
            { fact("Least memory held", text::bytes(group.min_bytes.0)) }
            if group.leaked > 0 {
                { fact("Proven leaked by the runtime", text::count_u64(group.leaked)) }
            }
            if group.waits.iter().any(|wait| wait.minutes.is_some()) {
                { fact("Waits", waits(&group.waits)) }
            }
        </dl>
    }
}

/// `3 min: 12, 9 min: 4, unknown: 2`
fn waits(waits: &[WaitCount]) -> String {
    let name = |wait: &WaitCount| match wait.minutes {
        Some(minutes) => text::minutes(minutes.into()),
        None => "not printed".to_owned(),
    };
    let texts: Vec<String> =
        waits.iter().map(|wait| format!("{}: {}", name(wait), text::count_u64(wait.count))).collect();
    texts.join(", ")
}

/// From each snapshot to the next, by goroutine id.
fn changes(report: &Report, group: &GoroutineGroup, subject: SubjectId) -> Html {
    let Some(section) = &report.goroutines else { return Html::default() };
    let snapshots = model::snapshots(section, subject);
    let steps: Vec<(&GroupChange, &str, &str)> = group
        .changes
        .iter()
        .zip(snapshots.windows(2))
        .filter_map(|(change, pair)| {
            let [before, after] = pair else { return None };
            Some((change.as_ref()?, before.snapshot.as_str(), after.snapshot.as_str()))
        })
        .collect();
    html! {
        if !steps.is_empty() {
            <h4>{ "By goroutine id" }</h4>
            <table class="changes">
                <thead>
                    <tr>
                        <th scope="col"><span class="visually-hidden">{ "Interval" }</span></th>
                        <th scope="col" title="Members that the whole dump before does not have">{ "new" }</th>
                        <th scope="col" title="Members that the whole dump after does not have">{ "ended" }</th>
                        <th scope="col" title="In the group in both dumps">{ "stayed" }</th>
                        <th scope="col" title="Stayed, and did not move in between">{ "did not move" }</th>
                        <th scope="col" title="Stayed, and moved in between">{ "moved" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for steps.into_iter().map(|(change, before, after)| html! {
                        <tr>
                            <th scope="row">{ format!("{before} → {after}") }</th>
                            { for [change.births, change.deaths, change.survivors, change.aged, change.reset].into_iter()
                                .map(|count| html! { <td class="number">{ text::count_u64(count) }</td> }) }
                        </tr>
                    }) }
                </tbody>
            </table>
        }
    }
}

fn labels(group: &GoroutineGroup) -> Html {
    html! {
        if !group.labels.is_empty() {
            <h4>{ "Labels" }</h4>
            <dl class="labels">
                { for group.labels.iter().map(|(key, values)| html! {
                    <div>
                        <dt>{ selectors::visible(key) }</dt>
                        <dd>
                            { for values.iter().take(LABEL_VALUES).map(|(value, count)| html! {
                                <span class="label">
                                    { selectors::visible(value) }{ " " }<span class="quiet">{ text::count_u64(*count) }</span>
                                </span>
                            }) }
                            if values.len() > LABEL_VALUES {
                                <span class="quiet">
                                    { text::counted(values.len() - LABEL_VALUES, "more value", "more values") }
                                </span>
                            }
                        </dd>
                    </div>
                }) }
            </dl>
        }
    }
}
