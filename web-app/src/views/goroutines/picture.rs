//! The picture: goroutines of each snapshot by verdict or state, how long the
//! last ones wait, and what came, grew, stuck and went.

use analyzer_core::report::{GoroutineSnapshot, Verdict};
use yew::prelude::*;

use super::breakdown::{self, Breakdown};
use super::case::{Case, CaseProps};
use super::filters::{VERDICTS, verdict_name};
use super::listing;
use super::trend::{Tally, Trend, tally};
use super::words;
use crate::components::citation::place_href;
use crate::number_format as text;

/// States that have a color of their own, by how many they hold; the others share one.
const COLORS: usize = 6;

/// The picture.
#[component]
pub fn Picture(props: &CaseProps) -> Html {
    let case = &props.case;
    let Some(section) = case.section() else { return Html::default() };
    let snapshots = listing::snapshots(section, case.subject);
    html! {
        <div class="panel picture">
            { moments(case, &snapshots) }
            { ages(case, &snapshots) }
            { glance(case, &snapshots) }
        </div>
    }
}

/// One kind of part: its looks, and the address that shows it alone.
struct Part {
    class: String,
    name: String,
    mark: &'static str,
    href: String,
    is_on: bool,
}

fn verdict_parts(case: &Case) -> Vec<Part> {
    let part = |verdict: Verdict| {
        let (mark, name) = words::verdict_words(verdict);
        Part {
            class: words::class(verdict).to_owned(),
            name: name.to_owned(),
            mark,
            href: case.toggle_href("verdict", verdict_name(verdict)),
            is_on: case.params.get("verdict") == Some(verdict_name(verdict)),
        }
    };
    VERDICTS.into_iter().map(part).collect()
}

fn state_parts(case: &Case, states: &[String]) -> Vec<Part> {
    let part = |(rank, state): (usize, &String)| Part {
        class: format!("state-{}", rank.min(COLORS)),
        name: state.clone(),
        mark: "",
        href: case.toggle_href("state", state),
        is_on: case.params.get("state") == Some(state),
    };
    states.iter().enumerate().map(part).collect()
}

/// A row per snapshot: when, how many, of which parts.
fn moments(case: &Case, snapshots: &[&GoroutineSnapshot]) -> Html {
    let is_by_state = case.params.get("by") == Some("state");
    let (parts, rows, rest) = if is_by_state {
        let Breakdown { keys, rows, rest } = breakdown::by_state(snapshots);
        (state_parts(case, &keys), rows, rest)
    } else {
        let Breakdown { rows, rest, .. } = breakdown::by_verdict(snapshots, case.groups());
        (verdict_parts(case), rows, rest)
    };
    let top = snapshots.iter().map(|snapshot| snapshot.total).max().unwrap_or(0).max(1);
    let choice = |value: &'static str, name: &'static str| {
        let is_on = is_by_state == (value == "state");
        html! {
            <button type="button" class="button small" aria-pressed={is_on.to_string()} onclick={case.on_go(case.params.with("by", value))}>
                { name }
            </button>
        }
    };
    html! {
        <div class="part">
            <div class="part-head">
                <h3>{ if snapshots.len() > 1 { "Across snapshots" } else { "In this snapshot" } }</h3>
                <div class="choices" role="group" aria-label="Bars by">
                    { choice("", "by verdict") }
                    { choice("state", "by state") }
                </div>
            </div>
            <table class="bars">
                <caption class="visually-hidden">
                    { format!("Goroutines of each snapshot by {}", if is_by_state { "state" } else { "verdict" }) }
                </caption>
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">{ "Snapshot" }</th>
                        <th scope="col">{ "Time" }</th>
                        <th scope="col">{ "Goroutines" }</th>
                        <th scope="col">{ "Change" }</th>
                        <th scope="col">{ "Parts" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for snapshots.iter().enumerate().map(|(index, snapshot)| {
                        let before = index.checked_sub(1).and_then(|before| snapshots.get(before)).copied();
                        let counts = rows.get(index).map(Vec::as_slice).unwrap_or_default();
                        let rest = rest.get(index).copied().unwrap_or(0);
                        moment(case, snapshot, before, html! { { bar(&parts, counts, rest, snapshot.total, top) } })
                    }) }
                </tbody>
            </table>
            { legend(&parts, rows.last().map(Vec::as_slice).unwrap_or_default(), rest.last().copied().unwrap_or(0)) }
        </div>
    }
}

fn moment(case: &Case, snapshot: &GoroutineSnapshot, before: Option<&GoroutineSnapshot>, bar: Html) -> Html {
    let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let change = before.map(|before| signed(snapshot.total) - signed(before.total));
    html! {
        <tr>
            <th scope="row">
                <a href={place_href(&case.report, snapshot.source, None)} title="The dump that these counts come from">
                    { if snapshot.snapshot.is_empty() { "dump" } else { &snapshot.snapshot } }
                </a>
            </th>
            <td class="time quiet">{ snapshot.at.map(text::time_of_day).unwrap_or_default() }</td>
            <td class="number total">{ text::count_u64(snapshot.total) }</td>
            <td class="number quiet">
                if snapshot.is_after_restart {
                    <span title="Another process: its goroutines cannot be matched with those of the previous snapshot">{ "restarted" }</span>
                } else if let Some(change) = change {
                    { text::signed_count(change) }
                }
            </td>
            <td class="bar-cell">{ bar }</td>
        </tr>
    }
}

/// A bar of parts, as long as its total is of the largest.
fn bar(parts: &[Part], counts: &[u64], rest: u64, total: u64, top: u64) -> Html {
    html! {
        <div class="part-bar" style={format!("width:{}%", share(total, top))}>
            { for parts.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(part, count)| {
                let label = text::count_u64(*count);
                html! {
                    <a class={classes!("bar-part", part.class.clone())} style={format!("flex-grow:{count}")} href={part.href.clone()}
                        tabindex="-1" title={format!("{}: {label}", part.name)}>
                        <span class="bar-text" aria-hidden="true">{ part.mark }{ " " }{ label.clone() }</span>
                        <span class="visually-hidden">{ format!("{}: {label}; ", part.name) }</span>
                    </a>
                }
            }) }
            if rest > 0 {
                <span class="bar-part rest" style={format!("flex-grow:{rest}")} title={format!("in groups that are not listed: {}", text::count_u64(rest))}>
                    <span class="visually-hidden">{ format!("in groups that are not listed: {}", text::count_u64(rest)) }</span>
                </span>
            }
        </div>
    }
}

/// The parts by name, with their counts in the last snapshot; each shows its groups alone.
fn legend(parts: &[Part], last: &[u64], rest: u64) -> Html {
    html! {
        <ul class="legend plain">
            { for parts.iter().zip(last).map(|(part, count)| html! {
                <li>
                    <a href={part.href.clone()} aria-current={part.is_on.then_some("true")} title="Show only these groups">
                        <span class={classes!("key", part.class.clone())} aria-hidden="true">{ part.mark }</span>
                        { &part.name }
                    </a>
                    { " " }
                    <span class="quiet">{ text::count_u64(*count) }</span>
                </li>
            }) }
            if rest > 0 {
                <li title="Counted by the capture, but in no group that it lists">
                    <span class="key rest" aria-hidden="true"></span>
                    { "not listed " }
                    <span class="quiet">{ text::count_u64(rest) }</span>
                </li>
            }
        </ul>
    }
}

/// How long the goroutines of the last snapshot have waited, by verdict.
fn ages(case: &Case, snapshots: &[&GoroutineSnapshot]) -> Html {
    let Some(last) = snapshots.last() else { return Html::default() };
    let rows = breakdown::by_age(case.groups());
    let parts = verdict_parts(case);
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    let top = rows.iter().map(|(_, counts)| sum(counts)).max().unwrap_or(0).max(1);
    let is_printed = rows.len() > 1;
    let title = match snapshots.len() {
        1 => "Wait time".to_owned(),
        _ => format!("Wait time in {}", last.snapshot),
    };
    html! {
        <div class="part">
            <div class="part-head"><h3>{ title }</h3></div>
            if is_printed {
                <table class="bars">
                    <caption class="visually-hidden">{ "Goroutines of the last snapshot by wait time and verdict" }</caption>
                    <thead class="visually-hidden">
                        <tr><th scope="col">{ "Wait" }</th><th scope="col">{ "Goroutines" }</th><th scope="col">{ "Verdicts" }</th></tr>
                    </thead>
                    <tbody>
                        { for rows.iter().map(|(age, counts)| {
                            let is_on = case.params.get("age") == Some(age.name);
                            html! {
                                <tr>
                                    <th scope="row">
                                        <a href={case.toggle_href("age", age.name)} aria-current={is_on.then_some("true")} title="Show only these groups">
                                            { age.label }
                                        </a>
                                    </th>
                                    <td class="number total">{ text::count_u64(sum(counts)) }</td>
                                    <td class="bar-cell">{ bar(&parts, counts, 0, sum(counts), top) }</td>
                                </tr>
                            }
                        }) }
                    </tbody>
                </table>
                <p class="hint quiet">
                    { "Wait times as printed in the dump. They can be too long by one GC interval: less than 3 minutes is not evidence. No wait time means unknown, not short." }
                </p>
            } else {
                <p class="hint quiet">
                    { "The dump contains no wait times. A debug=2 dump has wait times of one minute and longer, as of the last garbage collection; debug=1 and protobuf have none." }
                </p>
            }
        </div>
    }
}

/// From the first snapshot to the last: what came, grew, is stuck, shrank, went.
fn glance(case: &Case, snapshots: &[&GoroutineSnapshot]) -> Html {
    let [first, .., last] = snapshots else { return Html::default() };
    let changed = Trend::ALL.map(|trend| (trend, tally(case.groups(), trend)));
    html! {
        <div class="part glance">
            <h3>{ format!("From {} to {}", first.snapshot, last.snapshot) }</h3>
            <div class="tiles" role="group" aria-label="Groups by what they did">
                { for changed.into_iter().map(|(trend, tally)| tile(case, trend, tally)) }
            </div>
            { by_id(case, snapshots) }
        </div>
    }
}

fn tile(case: &Case, trend: Trend, tally: Tally) -> Html {
    let is_on = case.params.get("change") == Some(trend.name());
    let figure = match trend {
        Trend::Stuck => text::count(tally.goroutines),
        _ => text::signed_count(tally.goroutines),
    };
    html! {
        <button type="button" class="button trend" data-trend={trend.name()} aria-pressed={is_on.to_string()}
            disabled={tally.groups == 0 && !is_on} title={trend.meaning()}
            onclick={case.on_go(case.toggled("change", trend.name()))}>
            <span class="trend-name"><span class="mark" aria-hidden="true">{ trend.mark() }</span>{ trend.name() }</span>
            if tally.groups > 0 {
                <span class="trend-figure">{ figure }</span>
                <span class="quiet">{ "in " }{ text::counted(tally.groups, "group", "groups") }</span>
            } else {
                <span class="quiet">{ "none" }</span>
            }
        </button>
    }
}

/// What the ids say of the last interval, where the dumps have ids.
fn by_id(case: &Case, snapshots: &[&GoroutineSnapshot]) -> Html {
    let [.., before, after] = snapshots else { return Html::default() };
    let changes: Vec<_> = case.groups().filter_map(|group| group.changes.last().copied().flatten()).collect();
    if changes.is_empty() {
        return Html::default();
    }
    let sum =
        |of: fn(&analyzer_core::report::GroupChange) -> u64| text::count_u64(changes.iter().map(of).sum());
    html! {
        <p class="hint quiet">
            { format!(
                "By goroutine id, {} \u{2192} {}: {} started, {} finished, {} in both, of which {} have provably not moved.",
                before.snapshot, after.snapshot,
                sum(|change| change.births), sum(|change| change.deaths), sum(|change| change.survivors), sum(|change| change.aged),
            ) }
        </p>
    }
}

fn share(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{}", thousandths / 10, thousandths % 10)
}
