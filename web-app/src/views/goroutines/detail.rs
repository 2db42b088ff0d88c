//! A group, opened: why it is judged so, what to do, its stack.

use analyzer_core::report::{GoroutineGroup, GroupChange, Role, WaitCount};
use yew::prelude::*;

use super::case::Case;
use super::{listing, stack, tangle, wait_picture};
use crate::components::citation::citations;
use crate::number_format as text;
use crate::selectors;

/// Values of a label that are shown.
const LABEL_VALUES: usize = 8;
/// Ids of goroutines that are shown.
const IDS: usize = 10;

/// The opened part of a row.
pub fn detail(case: &Case, group: &GoroutineGroup) -> Html {
    let tangle = tangle::tangles(case.groups())
        .into_iter()
        .find(|tangle| tangle.root.id == group.id || group.root.as_ref() == Some(&tangle.root.id));
    let why = match group.role {
        _ if group.rule.is_empty() => "Why",
        Some(Role::Victim) => "Why they are blocked",
        _ => "Why",
    };
    html! {
        <div class="group-detail">
            <div>
                { list(why, "reasons", &group.reasons) }
                { list("What to do", "advice", &group.advice) }
                { list("Evidence against", "against", &group.against) }
                if group.reasons.is_empty() && group.advice.is_empty() && group.against.is_empty() {
                    <p class="quiet">{ "No rule applies to this group, and there is no evidence that it is harmless." }</p>
                }
                { figures(group) }
                { changes(case, group) }
                <h4>{ "In the dumps" }</h4>
                { citations(&case.report, &group.citations) }
                { ids(group) }
                { labels(group) }
            </div>
            <div>{ stack::stack(group) }</div>
            if let Some(tangle) = tangle {
                <div class="whole">
                    <h4>{ "Who waits for whom" }</h4>
                    { wait_picture::figure(&tangle, Some(&group.id)) }
                </div>
            }
        </div>
    }
}

fn list(title: &'static str, class: &'static str, lines: &[String]) -> Html {
    html! {
        if !lines.is_empty() {
            <h4>{ title }</h4>
            <ul class={classes!("reasons", class)}>{ for lines.iter().map(|line| html! { <li>{ selectors::visible(line) }</li> }) }</ul>
        }
    }
}

fn figures(group: &GoroutineGroup) -> Html {
    let fact =
        |name: &str, value: String| html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> };
    html! {
        <dl class="facts">
            if let Some(rate) = group.leak_rate_per_minute {
                { fact("Rate", format!("{} a minute", text::rate(rate))) }
            }
            if group.min_bytes.0 > 0 {
                { fact("Minimum memory held", text::bytes(group.min_bytes.0)) }
            }
            if let Some(minutes) = group.minutes_to_limit {
                { fact("Time until stacks alone reach the limit", format!("at most {}", text::minutes(minutes))) }
            }
            if group.leaked > 0 {
                { fact("Proven leaked by the runtime", text::count_u64(group.leaked)) }
            }
            if group.waits.iter().any(|wait| wait.minutes.is_some()) {
                { fact("Waits", waits(&group.waits)) }
            }
        </dl>
    }
}

/// `3 min: 12, 9 min: 4, not in the dump: 2`
fn waits(waits: &[WaitCount]) -> String {
    let name = |wait: &WaitCount| match wait.minutes {
        Some(minutes) => text::minutes(minutes.into()),
        None => "not in the dump".to_owned(),
    };
    let texts: Vec<String> =
        waits.iter().map(|wait| format!("{}: {}", name(wait), text::count_u64(wait.count))).collect();
    texts.join(", ")
}

/// From each snapshot to the next, by goroutine id.
fn changes(case: &Case, group: &GoroutineGroup) -> Html {
    let Some(section) = case.section() else { return Html::default() };
    let snapshots = listing::snapshots(section, group.subject);
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
                        <th scope="col" title="Started since the previous dump">{ "new" }</th>
                        <th scope="col" title="Finished before the next dump">{ "ended" }</th>
                        <th scope="col" title="In this group in both dumps">{ "stayed" }</th>
                        <th scope="col" title="In both dumps with a longer wait: did not move in between">{ "did not move" }</th>
                        <th scope="col" title="In both dumps without a longer wait: moved in between">{ "moved" }</th>
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

fn ids(group: &GoroutineGroup) -> Html {
    let shown: Vec<String> = group.goids.iter().take(IDS).map(u64::to_string).collect();
    let is_cut = super::trend::last_count(group) > u64::try_from(shown.len()).unwrap_or(u64::MAX);
    html! {
        if !shown.is_empty() {
            <p class="ids quiet">{ "Goroutines " }{ shown.join(", ") }{ if is_cut { ", …" } else { "" } }</p>
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_listed_with_what_is_not_printed() {
        let wait = |minutes, count| WaitCount { minutes, count };
        assert_eq!(
            waits(&[wait(Some(3), 12), wait(Some(125), 4), wait(None, 2)]),
            "3 min: 12, 2 h 05 min: 4, not in the dump: 2"
        );
    }
}
