//! All snapshots of a subject below each other on one axis: how its last layer filled.

use analyzer_core::base::convert::ratio;
use analyzer_core::report::{MemorySnapshot, Report};
use yew::prelude::*;

use super::moments;
use crate::components::strata::model::Strata;
use crate::link::use_link;
use crate::number_format as text;
use crate::state::{Params, Shared, ViewId};

/// A strip of bars says something from this many moments on: two have their pictures.
const FEWEST: usize = 3;

/// Properties of [`History`].
#[derive(Clone, PartialEq, Properties)]
pub struct HistoryProps {
    /// The report.
    pub report: Shared<Report>,
    /// The view's part of the address.
    pub params: Params,
    /// Index of the moment that is shown.
    pub moment: usize,
    /// Index of the moment that it is compared with.
    pub base: Option<usize>,
}

/// One bar a snapshot; each leads to its picture.
#[component]
pub fn History(props: &HistoryProps) -> Html {
    let link = use_link();
    let moments = props.report.memory.as_ref().map(|memory| memory.snapshots.as_slice()).unwrap_or_default();
    let Some(shown) = moments.get(props.moment) else { return Html::default() };
    let of_subject: Vec<(usize, &MemorySnapshot, Strata)> = moments
        .iter()
        .enumerate()
        .filter(|(_, moment)| moment.subject == shown.subject)
        .map(|(index, moment)| (index, moment, Strata::new(moment)))
        .collect();
    if of_subject.len() < FEWEST {
        return Html::default();
    }
    let total = |strata: &Strata| strata.bars.last().map_or(0, |bar| bar.total);
    let widest = of_subject.iter().map(|(_, _, strata)| total(strata)).max().unwrap_or(1).max(1);
    html! {
        <section class="panel history">
            <h3>{ "All snapshots" }</h3>
            <ol class="history-list">
                { for of_subject.iter().map(|(index, moment, strata)| {
                    let (link, params, index) = (link.clone(), props.params.clone(), *index);
                    let on_click = move |_: MouseEvent| {
                        if let Some(link) = &link {
                            link.navigate(ViewId::Memory.with(params.without("base").with("moment", index.to_string())));
                        }
                    };
                    let is_shown = index == props.moment;
                    let class = classes!("history-row", is_shown.then_some("is-shown"), (props.base == Some(index)).then_some("is-base"));
                    html! {
                        <li {class}>
                            <button type="button" class="ledger-name history-name" onclick={on_click} aria-current={is_shown.then_some("true")}>
                                { moments::name(&props.report, index) }
                            </button>
                            <span class="history-track">{ for parts(moment, strata, widest) }</span>
                            <span class="number">{ text::bytes(total(strata)) }</span>
                        </li>
                    }
                }) }
            </ol>
            { key(&of_subject) }
        </section>
    }
}

fn parts(moment: &MemorySnapshot, strata: &Strata, widest: i64) -> Vec<Html> {
    let part = |(row, bytes): (usize, i64)| {
        let row = moment.ledger.get(row)?;
        let share = ratio(bytes.into(), widest.into())? * 100.0;
        let title = format!("{}: {}", row.label, text::bytes(bytes));
        Some(
            html! { <span class={classes!("history-part", format!("is-{}", row.id))} style={format!("width:{share:.3}%")} {title} /> },
        )
    };
    rows(strata).into_iter().filter_map(part).collect()
}

/// The parts of the last layer: they add up to what is charged.
fn rows(strata: &Strata) -> Vec<(usize, i64)> {
    let parts = strata.bars.last().map(|bar| bar.parts.as_slice()).unwrap_or_default();
    parts.iter().filter(|part| part.bytes > 0).filter_map(|part| Some((part.row?, part.bytes))).collect()
}

/// What the colors stand for: the parts that matter in any of the snapshots.
fn key(all: &[(usize, &MemorySnapshot, Strata)]) -> Html {
    const SMALLEST_PERCENT: i64 = 2;
    let mut seen: Vec<(String, String)> = Vec::new();
    for (_, moment, strata) in all {
        let whole = strata.bars.last().map_or(0, |bar| bar.total);
        for (row, bytes) in rows(strata) {
            let Some(row) = moment.ledger.get(row) else { continue };
            let matters = bytes.saturating_mul(100) >= whole.saturating_mul(SMALLEST_PERCENT);
            if matters && !seen.iter().any(|(id, _)| *id == row.id) {
                seen.push((row.id.clone(), row.label.clone()));
            }
        }
    }
    html! {
        <ul class="history-key plain">
            { for seen.into_iter().map(|(id, label)| html! {
                <li><span class={classes!("swatch", format!("is-{id}"))} aria-hidden="true" />{ label }</li>
            }) }
        </ul>
    }
}
