//! Above the table: crashes, and the snapshots with their states.

use analyzer_core::base::source::Position;
use analyzer_core::report::{Crash, GoroutineSnapshot, Goroutines, Report, SubjectId};
use yew::prelude::*;

use super::model;
use crate::components::citation::{place_href, place_text};
use crate::number_format as text;
use crate::selectors;
use crate::state::Params;

/// States that have a color of their own, by how many they hold; the others share one.
const COLORS: usize = 6;

/// Which process, where there are several.
pub fn subjects(report: &Report, section: &Goroutines, current: SubjectId) -> Html {
    let subjects = model::subjects(section);
    if subjects.len() < 2 {
        return Html::default();
    }
    html! {
        <nav class="choices" aria-label="Process">
            { for subjects.into_iter().filter_map(|id| selectors::subject(report, id)).map(|subject| {
                let params = Params::default().with("subject", subject.id.0.to_string());
                html! {
                    <a class="choice" href={super::VIEW_REF.with(params).href()}
                        aria-current={(subject.id == current).then_some("true")}>
                        { selectors::subject_name(subject) }
                    </a>
                }
            }) }
        </nav>
    }
}

/// What the runtime said when the process ended.
pub fn crashes(report: &Report, section: &Goroutines, subject: SubjectId) -> Html {
    html! {
        { for section.crashes.iter().filter(|crash| crash.subject == subject).map(|crash| self::crash(report, crash)) }
    }
}

/// A signal is how a dump is asked for; a panic is how a service ends.
fn crash(report: &Report, crash: &Crash) -> Html {
    let is_asked_for = crash.kind == "signal" && crash.message.contains("SIGQUIT");
    let at = Some(Position::line(crash.line));
    let mut lines = crash.message.lines();
    let first = lines.next().map(selectors::visible).unwrap_or_default();
    let rest: Vec<String> = lines.map(selectors::visible).collect();
    html! {
        <div class={classes!("notice", "crash-notice", (!is_asked_for).then_some("critical"))}>
            <div>
                <span class="quiet">{ format!("{}: ", crash.kind) }</span>
                <strong>{ first }</strong>
                { " " }
                <a class="place" href={place_href(report, crash.source, at)}>{ place_text(report, crash.source, at) }</a>
                if !rest.is_empty() && !is_asked_for {
                    <pre>{ rest.join("\n") }</pre>
                }
            </div>
        </div>
    }
}

/// A row per snapshot: when, how many, what they do.
pub fn moments(report: &Report, section: &Goroutines, subject: SubjectId) -> Html {
    let snapshots = model::snapshots(section, subject);
    let states = ranked_states(&snapshots);
    let top = snapshots.iter().map(|snapshot| snapshot.total).max().unwrap_or(0).max(1);
    html! {
        <div class="panel moments">
            <table>
                <caption class="visually-hidden">{ "Goroutines by snapshot and state" }</caption>
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">{ "Snapshot" }</th>
                        <th scope="col">{ "Time" }</th>
                        <th scope="col">{ "Goroutines" }</th>
                        <th scope="col">{ "Change" }</th>
                        <th scope="col">{ "States" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for snapshots.iter().enumerate().map(|(index, snapshot)| {
                        let before = index.checked_sub(1).and_then(|before| snapshots.get(before)).copied();
                        moment(report, snapshot, before, &states, top)
                    }) }
                </tbody>
            </table>
            { legend(&snapshots, &states) }
        </div>
    }
}

fn moment(
    report: &Report,
    snapshot: &GoroutineSnapshot,
    before: Option<&GoroutineSnapshot>,
    states: &[String],
    top: u64,
) -> Html {
    let change = before.and_then(|before| {
        Some(i64::try_from(snapshot.total).ok()? - i64::try_from(before.total).ok()?)
    });
    html! {
        <tr>
            <th scope="row">
                <a href={place_href(report, snapshot.source, None)} title="The dump that the counts are from">
                    { &snapshot.snapshot }
                </a>
            </th>
            <td class="quiet">{ snapshot.at.map(text::time_of_day).unwrap_or_default() }</td>
            <td class="number total">{ text::count_u64(snapshot.total) }</td>
            <td class="number quiet">
                if snapshot.is_after_restart {
                    { "restarted" }
                } else if let Some(change) = change {
                    { text::signed_count(change) }
                }
            </td>
            <td class="bar-cell">
                <div class="state-bar" style={format!("width:{}%", share(snapshot.total, top))}>
                    { for states.iter().enumerate().map(|(rank, state)| {
                        let count = snapshot.states.get(state).copied().unwrap_or(0);
                        let class = format!("state-part state-{}", rank.min(COLORS));
                        let title = format!("{state}: {}", text::count_u64(count));
                        html! {
                            if count > 0 {
                                <span {class} style={format!("flex-grow:{count}")} title={title.clone()}>
                                    <span class="visually-hidden">{ format!("{title}; ") }</span>
                                </span>
                            }
                        }
                    }) }
                </div>
            </td>
        </tr>
    }
}

/// States by their count in the last snapshot that has any, most first.
fn ranked_states(snapshots: &[&GoroutineSnapshot]) -> Vec<String> {
    let mut states: Vec<(String, u64)> = Vec::new();
    for snapshot in snapshots {
        for (state, &count) in &snapshot.states {
            match states.iter_mut().find(|(known, _)| known == state) {
                Some((_, most)) => *most = (*most).max(count),
                None => states.push((state.clone(), count)),
            }
        }
    }
    states.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    states.into_iter().map(|(state, _)| state).collect()
}

fn legend(snapshots: &[&GoroutineSnapshot], states: &[String]) -> Html {
    let Some(last) = snapshots.last() else { return Html::default() };
    html! {
        <ul class="legend plain">
            { for states.iter().enumerate().map(|(rank, state)| {
                let count = last.states.get(state).copied().unwrap_or(0);
                let href = super::VIEW_REF.with(Params::default().with("state", state)).href();
                html! {
                    <li>
                        <span class={format!("swatch state-{}", rank.min(COLORS))} aria-hidden="true" />
                        <a href={href} title="Show only these">{ state }</a>
                        { " " }
                        <span class="quiet">{ text::count_u64(count) }</span>
                    </li>
                }
            }) }
        </ul>
    }
}

/// How the forms were joined, what was left out.
pub fn remarks(section: &Goroutines) -> Html {
    html! {
        if !section.remarks.is_empty() {
            <ul class="remarks quiet">{ for section.remarks.iter().map(|remark| html! { <li>{ remark }</li> }) }</ul>
        }
    }
}

fn share(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{}", thousandths / 10, thousandths % 10)
}
