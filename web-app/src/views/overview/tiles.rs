//! What there is, at a glance: a tile for each view that has something, leading to it.

use std::collections::BTreeMap;

use analyzer_core::base::go_symbol;
use analyzer_core::base::units::Bytes;
use analyzer_core::report::{
    self, Finding, LayerId, MemorySnapshot, Report, Role, SourceStatus, SubjectId, Verdict,
};
use yew::prelude::*;

use super::{checks, sockets};
use crate::components::layer_bars;
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Route, ViewId};

/// Lines of code that a tile names.
const LINES: usize = 3;

/// The tiles.
pub fn tiles(report: &Report) -> Html {
    html! {
        <div class="strip">
            { memory(report).unwrap_or_default() }
            { goroutines(report).unwrap_or_default() }
            { sockets::sockets(report).unwrap_or_default() }
            { profiles(report).unwrap_or_default() }
            { trace(report).unwrap_or_default() }
            { gc(report).unwrap_or_default() }
            { tables(report).unwrap_or_default() }
            { files(report) }
        </div>
    }
}

/// An amount whose unit stays on its line.
fn unbroken(amount: &str) -> String {
    amount.replace(' ', "\u{a0}")
}

/// A tile that leads to a route.
pub fn tile(route: &Route, class: &'static str, title: &str, content: Html) -> Html {
    html! {
        <a class={classes!("tile", class)} href={route.href()}>
            <span class="tile-title">{ title.to_owned() }</span>
            { content }
        </a>
    }
}

/// How full at the moment that matters, and the layers as bars on one axis,
/// which ends at the limit or at the largest.
fn memory(report: &Report) -> Option<Html> {
    let moment = report::moment(report)?;
    let largest = moment.layers.iter().map(|layer| layer.bytes.0).max().unwrap_or(0);
    // The last snapshot need not state what an earlier one does.
    let limit = moment.limit.or_else(|| selectors::limit(report, moment.subject));
    let end = limit.map_or(largest, |limit| limit.0.max(largest)).max(1);
    let snapshots = report.memory.as_ref()?.snapshots.as_slice();
    let place = snapshots
        .iter()
        .position(|other| other.subject == moment.subject && other.snapshot == moment.snapshot)?;
    let subject = selectors::subject(report, moment.subject).filter(|_| report.services().count() > 1);
    let mut when = subject.map_or_else(
        || "Memory".to_owned(),
        |subject| format!("Memory of {}", selectors::subject_name(subject)),
    );
    if snapshots.len() > 1 {
        when = format!("{when}, {}", selectors::visible(&moment.snapshot));
    }
    let route = ViewId::Memory.with(Params::default().with("moment", place.to_string()));
    Some(tile(
        &route,
        "wide",
        &when,
        html! {
            <>
                { fullness(moment, limit) }
                <span class="layers">{ for moment.layers.iter().map(|layer| layer_bars::bar(layer.id, layer.bytes, end)) }</span>
                { largest_part(moment) }
            </>
        },
    ))
}

fn fullness(moment: &MemorySnapshot, limit: Option<Bytes>) -> Html {
    let charged = moment.layers.iter().find(|layer| layer.id == LayerId::Cgroup);
    let (headline, rest) = match (charged, limit) {
        (Some(charged), Some(limit)) => {
            (text::percent(charged.bytes.0, limit.0), format!(" of the limit of {}", text::bytes(limit.0)))
        }
        (Some(charged), None) => {
            (text::bytes(charged.bytes.0), " charged, limit not in the files".to_owned())
        }
        (None, _) => match moment.layers.last() {
            Some(layer) => (text::bytes(layer.bytes.0), format!(" {}", counted(moment, layer.id))),
            None => return Html::default(),
        },
    };
    html! { <span><span class="headline">{ headline }</span><span class="quiet">{ rest }</span></span> }
}

fn largest_part(moment: &MemorySnapshot) -> Html {
    let Some(row) = report::largest_part(moment) else { return Html::default() };
    html! {
        <span class="quiet">{ format!("Largest part: {}, {}", row.label, text::bytes(row.bytes.0)) }</span>
    }
}

fn goroutines(report: &Report) -> Option<Html> {
    let section = report.goroutines.as_ref().filter(|section| !section.snapshots.is_empty())?;
    let mut counts: BTreeMap<Verdict, (u64, usize)> = BTreeMap::new();
    for group in &section.groups {
        let members = group.counts.last().copied().unwrap_or(0);
        let (sum, causes) = counts.entry(group.verdict).or_default();
        *sum += members;
        *causes += usize::from(members > 0 && (group.root.is_none() || group.role == Some(Role::Root)));
    }
    let of = |verdict| counts.get(&verdict).copied().unwrap_or_default();
    let mut totals: BTreeMap<SubjectId, Vec<u64>> = BTreeMap::new();
    for snapshot in &section.snapshots {
        totals.entry(snapshot.subject).or_default().push(snapshot.total);
    }
    // One service's dumps are a series; of several, the last of each are a sum.
    let steps = match totals.values().next().filter(|_| totals.len() == 1) {
        Some(series) => series.clone(),
        None => vec![totals.values().filter_map(|series| series.last()).sum()],
    };
    let steps: Vec<String> = steps.into_iter().map(text::count_u64).collect();
    let ((leaked, causes), (suspect, _), (unjudged, _)) =
        (of(Verdict::Leak), of(Verdict::Suspect), of(Verdict::Unknown));
    let causes = text::counted(causes, "cause", "causes");
    let answer = report::goroutine_answer(section, None);
    let is_calm = answer.is_some_and(|(verdict, _)| verdict == Verdict::Benign);
    Some(tile(
        &Route::to(ViewId::Goroutines),
        "",
        "Goroutines",
        html! {
            <>
                <span class="headline">{ steps.join(" \u{2192} ") }</span>
                if leaked > 0 {
                    <span class="verdict leak">{ format!("{} leaked: {causes}", text::count_u64(leaked)) }</span>
                }
                if suspect > 0 {
                    <span class="verdict suspect">{ format!("{} may be stuck", text::count_u64(suspect)) }</span>
                }
                if unjudged > 0 {
                    <span class="quiet">{ format!("{} not classified", text::count_u64(unjudged)) }</span>
                }
                if is_calm {
                    <span class="quiet">{ "no leak found" }</span>
                }
            </>
        },
    ))
}

/// What profiles name: lines whose memory grows, else those that hold most, else how many profiles there are.
fn profiles(report: &Report) -> Option<Html> {
    let own = report.profiles.iter().filter(|profile| profile.kind.as_deref() != Some("trace")).count();
    if own == 0 {
        return None;
    }
    let named: Vec<(&str, Vec<&Finding>)> = [
        ("Growing allocations", "prof.heap.growth"),
        ("Largest allocators", "prof.heap.retained"),
        ("CPU time", "prof.cpu"),
    ]
    .into_iter()
    .map(|(title, family)| {
        let is_in = |finding: &&Finding| {
            finding.code.starts_with(family) && !finding.places.is_empty() && finding.amount.is_some()
        };
        (title, report.findings.iter().filter(is_in).collect())
    })
    .filter(|(_, findings): &(&str, Vec<&Finding>)| !findings.is_empty())
    .collect();
    let count = text::counted(own, "profile", "profiles");
    let Some((title, findings)) = named.into_iter().next() else {
        return Some(tile(
            &Route::to(ViewId::Profiles),
            "",
            "Profiles",
            html! { <><span class="headline">{ text::count_usize(own) }</span><span class="quiet">{ kinds(report) }</span></> },
        ));
    };
    Some(tile(
        &Route::to(ViewId::Profiles),
        "code",
        title,
        html! {
            <>
                <span class="lines">
                    { for findings.iter().take(LINES).map(|finding| line(finding)) }
                </span>
                <span class="quiet">{ format!("{count}: {}", kinds(report)) }</span>
            </>
        },
    ))
}

fn line(finding: &Finding) -> Html {
    let Some((place, amount)) = finding.places.first().zip(finding.amount.as_ref()) else {
        return Html::default();
    };
    let at = place.file.as_deref().and_then(|file| file.rsplit('/').next()).zip(place.line);
    let name = selectors::visible(go_symbol::short(&place.function));
    html! {
        <>
            <span class="number">{ text::amount(amount) }</span>
            <span class="line-name" title={selectors::visible(&place.call_site())}>
                <code>{ name }</code>
                if let Some((file, line)) = at { <span class="quiet">{ format!(" {}:{line}", selectors::visible(file)) }</span> }
            </span>
        </>
    }
}

fn kinds(report: &Report) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for profile in &report.profiles {
        *kinds.entry(profile.kind.as_deref().unwrap_or("other")).or_default() += 1;
    }
    kinds.remove("trace");
    let named = kinds.into_iter().map(|(kind, count)| {
        let kind = selectors::visible(kind);
        if count == 1 { kind } else { format!("{kind} \u{d7}{count}") }
    });
    named.collect::<Vec<_>>().join(", ")
}

fn trace(report: &Report) -> Option<Html> {
    let trace = report.traces.first()?;
    let nanos = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let longest = trace.pauses.iter().filter_map(|pause| Some(pause.end?.saturating_sub(pause.begin))).max();
    let pause = longest.map_or_else(
        || "no stop-the-world pause".to_owned(),
        |longest| format!("longest pause {}", unbroken(&text::duration(nanos(longest)))),
    );
    Some(tile(
        &Route::to(ViewId::Trace),
        "",
        "Trace",
        html! {
            <>
                <span class="headline">{ text::duration(nanos(trace.to.saturating_sub(trace.from))) }</span>
                <span class="quiet">{ text::counted_u64(trace.goroutines_existed, "goroutine", "goroutines") }</span>
                <span class="quiet">{ pause }</span>
            </>
        },
    ))
}

fn gc(report: &Report) -> Option<Html> {
    let run = report.gc.as_ref()?.runs.first()?;
    let sum = &run.summary;
    Some(tile(
        &Route::to(ViewId::Gc),
        "",
        "Live heap",
        html! {
            <>
                <span class="headline">{ format!("{} \u{2192} {}", unbroken(&text::bytes(sum.live_first.0)), unbroken(&text::bytes(sum.live_last.0))) }</span>
                <span class="quiet">{ format!("{} in {}", text::counted_u64(sum.cycles, "collection", "collections"), text::duration(sum.until.0)) }</span>
                <span class="quiet">{ format!("longest pause {}", unbroken(&text::duration(sum.pause_most.0))) }</span>
            </>
        },
    ))
}

/// What other tools counted: the first tables by name.
fn tables(report: &Report) -> Option<Html> {
    let (first, rest) = report.tables.split_at(report.tables.len().min(LINES));
    let more = if rest.is_empty() { "" } else { "\u{2026}" };
    let titles = first.iter().map(|table| selectors::visible(&table.title)).collect::<Vec<_>>().join(", ");
    (!first.is_empty()).then(|| {
        tile(
            &Route::to(ViewId::Tables),
            "",
            "Tables of other tools",
            html! {
                <>
                    <span class="headline">{ text::count_usize(report.tables.len()) }</span>
                    <span class="quiet">{ format!("{titles}{more}") }</span>
                </>
            },
        )
    })
}

fn files(report: &Report) -> Html {
    let own = || {
        report
            .sources
            .iter()
            .filter(|row| row.subject.is_none_or(|id| report.subjects.iter().any(|subject| subject.id == id)))
    };
    let count = |wanted: &[SourceStatus]| own().filter(|row| wanted.contains(&row.status)).count();
    let unused = count(&[SourceStatus::Failed, SourceStatus::Unrecognized]);
    let partial = count(&[SourceStatus::Partial]);
    tile(
        &Route::to(ViewId::Files),
        "",
        "Files",
        html! {
            <>
                <span class="headline">{ text::count_usize(own().count()) }</span>
                if unused + partial == 0 { <span class="quiet">{ "all read" }</span> }
                if unused > 0 {
                    <span class="severity critical">{ format!("{} not usable", text::count_usize(unused)) }</span>
                }
                if partial > 0 {
                    <span class="severity warning">{ format!("{} partly read", text::count_usize(partial)) }</span>
                }
                <span class="quiet">{ checks::summary(report) }</span>
            </>
        },
    )
}

/// What the figure of a layer counts: what `ps`, `top` and `pmap` print of a process has its file pages in it.
fn counted(moment: &MemorySnapshot, layer: LayerId) -> &'static str {
    let is_resident = moment.ledger.iter().any(|row| row.id == "process-resident");
    match layer {
        LayerId::Process if is_resident => "resident memory, including file pages",
        layer => layer_bars::words(layer).1,
    }
}
