//! What there is, at a glance: a tile for each view, leading to it.

use std::collections::BTreeMap;

use analyzer_core::base::units::Bytes;
use analyzer_core::report::{LayerId, MemorySnapshot, Report, SourceStatus, Verdict};
use yew::prelude::*;

use crate::number_format as text;
use crate::selectors;
use crate::state::Route;

/// The tiles.
pub fn strip(report: &Report) -> Html {
    html! {
        <div class="strip">
            { memory(report) }
            { goroutines(report) }
            { profiles(report) }
            { files(report) }
        </div>
    }
}

fn tile(view: &str, title: &str, content: Html) -> Html {
    html! {
        <a class="tile" href={Route::parse(view).href()}>
            <span class="tile-title">{ title.to_owned() }</span>
            { content }
        </a>
    }
}

fn nothing(what: &str) -> Html {
    html! { <span class="quiet">{ what.to_owned() }</span> }
}

/// The layers as bars on one axis, which ends at the limit or at the largest.
fn memory(report: &Report) -> Html {
    let Some(memory) = &report.memory else {
        return tile("memory", "Memory", nothing("no figures of the runtime, the process or the cgroup"));
    };
    let moment = &memory.latest;
    let largest = moment.layers.iter().map(|layer| layer.bytes.0).max().unwrap_or(0);
    // As the head says it: the last snapshot need not state it.
    let known = selectors::limit(report, moment.subject);
    let end = known.map_or(largest, |limit| limit.0.max(largest)).max(1);
    tile(
        "memory",
        "Memory",
        html! {
            <>
                <span class="layers">
                    { for moment.layers.iter().map(|layer| {
                        let (class, name) = match layer.id {
                            LayerId::Go => ("layer-go", "Go runtime"),
                            LayerId::Process => ("layer-process", "process"),
                            LayerId::Cgroup => ("layer-cgroup", "cgroup"),
                        };
                        html! {
                            <>
                                <span>{ name }</span>
                                <span class="layer-track">
                                    <span class={classes!("layer-bar", class)} style={format!("width:{}%", width(layer.bytes.0, end))} />
                                </span>
                                <span class="number">{ text::bytes(layer.bytes.0) }</span>
                            </>
                        }
                    }) }
                </span>
                { limit(moment, known) }
            </>
        },
    )
}

fn limit(moment: &MemorySnapshot, known: Option<Bytes>) -> Html {
    let Some(limit) = known else { return nothing("no limit known") };
    let charged = moment.layers.iter().find(|layer| layer.id == LayerId::Cgroup);
    html! {
        <span class="quiet">
            { format!("limit {}", text::bytes(limit.0)) }
            if let Some(charged) = charged {
                { format!(", {} charged", text::percent(charged.bytes.0, limit.0)) }
            }
        </span>
    }
}

/// A percentage of a bar's width.
fn width(part: i64, whole: i64) -> String {
    let share = analyzer_core::base::convert::ratio(part.into(), whole.into()).unwrap_or(0.0);
    format!("{:.2}", (share * 100.0).clamp(0.0, 100.0))
}

fn goroutines(report: &Report) -> Html {
    let Some(section) = report.goroutines.as_ref().filter(|section| !section.snapshots.is_empty()) else {
        return tile("goroutines", "Goroutines", nothing("no goroutine dump"));
    };
    let mut bad: BTreeMap<Verdict, u64> = BTreeMap::new();
    for group in &section.groups {
        *bad.entry(group.verdict).or_default() += group.counts.last().copied().unwrap_or(0);
    }
    let count = |verdict| bad.get(&verdict).copied().unwrap_or(0);
    let first_subject = section.snapshots.first().map(|snapshot| snapshot.subject);
    let totals: Vec<u64> = section
        .snapshots
        .iter()
        .filter(|snapshot| Some(snapshot.subject) == first_subject)
        .map(|snapshot| snapshot.total)
        .collect();
    let steps: Vec<String> = totals.iter().map(|&total| text::count_u64(total)).collect();
    tile(
        "goroutines",
        "Goroutines",
        html! {
            <>
                <span class="headline">{ steps.join(" → ") }</span>
                <span>
                    if count(Verdict::Leak) + count(Verdict::Suspect) == 0 {
                        <span class="quiet">{ "no leak found" }</span>
                    } else {
                        if count(Verdict::Leak) > 0 {
                            <span class="verdict leak">{ format!("{} leaked", text::count_u64(count(Verdict::Leak))) }</span>
                            { " " }
                        }
                        if count(Verdict::Suspect) > 0 {
                            <span class="verdict suspect">{ format!("{} suspect", text::count_u64(count(Verdict::Suspect))) }</span>
                        }
                    }
                </span>
            </>
        },
    )
}

fn profiles(report: &Report) -> Html {
    if report.profiles.is_empty() {
        return tile("profiles", "Profiles", nothing("no pprof profile"));
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for profile in &report.profiles {
        let kind = selectors::source(report, profile.source).and_then(|row| row.kind.clone());
        *kinds.entry(kind.unwrap_or_else(|| "other".to_owned())).or_default() += 1;
    }
    let names: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| if count == 1 { kind } else { format!("{kind} ×{count}") })
        .collect();
    tile(
        "profiles",
        "Profiles",
        html! {
            <>
                <span class="headline">{ text::count_usize(report.profiles.len()) }</span>
                <span class="quiet">{ names.join(", ") }</span>
            </>
        },
    )
}

fn files(report: &Report) -> Html {
    let count =
        |wanted: &[SourceStatus]| report.sources.iter().filter(|row| wanted.contains(&row.status)).count();
    let unused = count(&[SourceStatus::Failed, SourceStatus::Unrecognized]);
    let partial = count(&[SourceStatus::Partial]);
    tile(
        "files",
        "Files",
        html! {
            <>
                <span class="headline">{ text::count_usize(report.sources.len()) }</span>
                <span>
                    if unused + partial == 0 { <span class="quiet">{ "all read" }</span> }
                    if unused > 0 {
                        <span class="severity critical">{ format!("{} could not be used", text::count_usize(unused)) }</span>
                        { " " }
                    }
                    if partial > 0 {
                        <span class="severity warning">{ format!("{} read in part", text::count_usize(partial)) }</span>
                    }
                </span>
            </>
        },
    )
}
