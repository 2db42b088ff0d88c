//! The ledger as a table: every amount of the picture, how well it is known,
//! and where it comes from.

use analyzer_core::report::{LayerId, LedgerClass, LedgerRow, MemorySnapshot, Report};
use wasm_bindgen::JsCast;
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use super::moments;
use crate::components::citation::citations;
use crate::number_format as text;
use crate::state::Shared;

/// Properties of [`Ledger`].
#[derive(Clone, PartialEq, Properties)]
pub struct LedgerProps {
    /// The report.
    pub report: Shared<Report>,
    /// Index of the moment.
    pub moment: usize,
    /// Index of the moment that it is compared with.
    pub base: Option<usize>,
    /// Id of the row that is open.
    pub open: Option<AttrValue>,
    /// Called with the id of a row that was chosen.
    pub on_row: Callback<AttrValue>,
}

/// What is left below the limit: may dwarf everything, so it has no bar.
const HEADROOM: &str = "headroom";

/// The waterfall, layer by layer.
#[component]
pub fn Ledger(props: &LedgerProps) -> Html {
    // A part of the picture was chosen: its row comes into sight.
    use_effect_with(props.open.clone(), |open| {
        let row = open.as_ref().and_then(|id| gloo::utils::document().get_element_by_id(&row_id(id)));
        if let Some(row) = row.and_then(|row| row.dyn_into::<Element>().ok()) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let moments = props.report.memory.as_ref().map(|memory| memory.snapshots.as_slice()).unwrap_or_default();
    let Some(moment) = moments.get(props.moment) else { return Html::default() };
    let base = props.base.and_then(|base| moments.get(base));
    let table = Table { props, moment, base, largest: largest(moment) };
    html! {
        <section class="panel ledger-panel">
            <h3>{ "Ledger" }</h3>
            <p class="quiet">
                { "Rows add up to the totals below them. Click a row for its formula and sources." }
            </p>
            <table class="ledger">
                <thead>
                    <tr>
                        <th scope="col">{ "What" }</th>
                        if let Some(base) = props.base {
                            <th scope="col" class="number">{ moments::name(&props.report, base) }</th>
                        }
                        <th scope="col" class="number">
                            { if props.base.is_some() { moments::name(&props.report, props.moment) } else { "Amount".to_owned() } }
                        </th>
                        if props.base.is_some() {
                            <th scope="col" class="number">{ "Change" }</th>
                        }
                        <th scope="col" class="ledger-bar-head"><span class="visually-hidden">{ "As a bar" }</span></th>
                        <th scope="col">{ "Known" }</th>
                        <th scope="col" class="ledger-formula-head">{ "Formula" }</th>
                    </tr>
                </thead>
                { for [LayerId::Go, LayerId::Process, LayerId::Cgroup].into_iter().map(|layer| table.layer(layer)) }
            </table>
        </section>
    }
}

fn row_id(id: &str) -> String {
    format!("ledger-{id}")
}

fn largest(moment: &MemorySnapshot) -> i64 {
    moment
        .ledger
        .iter()
        .filter(|row| row.id != HEADROOM)
        .map(|row| row.bytes.0.saturating_abs())
        .max()
        .unwrap_or(1)
        .max(1)
}

struct Table<'a> {
    props: &'a LedgerProps,
    moment: &'a MemorySnapshot,
    base: Option<&'a MemorySnapshot>,
    largest: i64,
}

impl Table<'_> {
    fn columns(&self) -> usize {
        if self.base.is_some() { 7 } else { 5 }
    }

    fn layer(&self, layer: LayerId) -> Html {
        let rows = || self.moment.ledger.iter().filter(|row| row.layer == layer);
        if rows().next().is_none() {
            return Html::default();
        }
        let (name, class) = match layer {
            LayerId::Go => ("Go runtime: memory obtained from the system", "go"),
            LayerId::Process => ("Process: resident memory", "process"),
            LayerId::Cgroup => ("Container: memory charged by the kernel", "cgroup"),
        };
        html! {
            <tbody class={class}>
                <tr class="ledger-layer">
                    <th scope="rowgroup" colspan={self.columns().to_string()}>{ name }</th>
                </tr>
                { for rows().map(|row| self.row(row)) }
            </tbody>
        }
    }

    fn row(&self, row: &LedgerRow) -> Html {
        let id = AttrValue::from(row.id.clone());
        let is_open = self.props.open.as_ref() == Some(&id);
        let on_click = {
            let (on_row, id) = (self.props.on_row.clone(), id.clone());
            Callback::from(move |_: MouseEvent| on_row.emit(id.clone()))
        };
        let before = self.base.map(|base| base.ledger.iter().find(|other| other.id == row.id));
        let class = classes!(
            row.is_total.then_some("is-total"),
            is_open.then_some("is-open"),
            (row.bytes.0 < 0).then_some("is-negative"),
            (row.bytes.0 == 0 && row.low == row.high).then_some("is-zero"),
        );
        html! {
            <>
                <tr id={row_id(&row.id)} {class} onclick={on_click.clone()}>
                    <th scope="row">
                        <span class={classes!("swatch", format!("is-{}", row.id), swatch_class(row))} aria-hidden="true" />
                        <button
                            type="button" class="ledger-name" aria-expanded={is_open.to_string()}
                        >
                            { &row.label }
                        </button>
                        <code class="ledger-id">{ &row.id }</code>
                    </th>
                    if let Some(before) = before {
                        <td class="number">{ before.map(|row| text::bytes(row.bytes.0)).unwrap_or("unknown".to_owned()) }</td>
                    }
                    <td class="number amount" title={text::bytes_exact(row.bytes.0)}>
                        { text::bytes(row.bytes.0) }
                    </td>
                    if let Some(before) = before {
                        { change(before, row) }
                    }
                    <td class="ledger-bar">{ self.bar(row) }</td>
                    <td class="known">{ known(row) }</td>
                    <td class="ledger-formula"><code>{ &row.formula }</code></td>
                </tr>
                if is_open {
                    <tr class="ledger-more">
                        <td colspan={self.columns().to_string()}>{ self.more(row) }</td>
                    </tr>
                }
            </>
        }
    }

    fn bar(&self, row: &LedgerRow) -> Html {
        if row.id == HEADROOM || row.bytes.0 == 0 {
            return Html::default();
        }
        let share = |bytes: i64| {
            analyzer_core::base::convert::ratio(bytes.saturating_abs().into(), self.largest.into())
                .unwrap_or(0.0)
                * 100.0
        };
        let class = classes!("bar", swatch_class(row), format!("is-{}", row.id));
        html! { <span {class} style={format!("width:{:.2}%", share(row.bytes.0))} aria-hidden="true" /> }
    }

    fn more(&self, row: &LedgerRow) -> Html {
        html! {
            <div class="ledger-detail">
                if !row.meaning.is_empty() {
                    <p>{ &row.meaning }</p>
                }
                <p><span class="quiet">{ "Formula " }</span><code>{ &row.formula }</code></p>
                <p>
                    <span class="quiet">{ "Exactly " }</span>
                    <span class="selectable">{ text::bytes_exact(row.bytes.0) }</span>
                    if let Some(range) = range(row) {
                        <span class="quiet">{ ", between " }</span>{ range }
                    }
                </p>
                if row.citations.is_empty() {
                    <p class="quiet">{ "Computed from the rows above." }</p>
                } else {
                    <h4>{ "Read from" }</h4>
                    { citations(&self.props.report, &row.citations) }
                }
            </div>
        }
    }
}

fn swatch_class(row: &LedgerRow) -> Classes {
    classes!(
        (row.class == LedgerClass::Residual).then_some("residual"),
        (row.bytes.0 < 0).then_some("negative"),
        row.is_total.then_some("total"),
    )
}

fn range(row: &LedgerRow) -> Option<String> {
    let (low, high) = (row.low?, row.high?);
    (low != high).then(|| format!("{} and {}", text::bytes_exact(low.0), text::bytes_exact(high.0)))
}

fn known(row: &LedgerRow) -> Html {
    match row.class {
        LedgerClass::Exact => html! { <span class="quiet">{ "exact" }</span> },
        LedgerClass::Residual => html! { <span>{ "residual" }</span> },
        LedgerClass::Bounded => match (row.low, row.high) {
            (Some(low), Some(high)) => {
                html! { <span>{ format!("{} \u{2026} {}", text::bytes(low.0), text::bytes(high.0)) }</span> }
            }
            _ => html! { <span>{ "bounded" }</span> },
        },
    }
}

fn change(before: Option<&LedgerRow>, row: &LedgerRow) -> Html {
    let Some(before) = before else { return html! { <td class="number">{ "unknown" }</td> } };
    let by = row.bytes.0.saturating_sub(before.bytes.0);
    let class = match by {
        0 => "same",
        // More headroom is what less of anything else is.
        _ if (by > 0) != (row.id == HEADROOM) => "grown",
        _ => "shrunk",
    };
    html! { <td class={classes!("number", "change", class)}>{ text::signed_bytes(by) }</td> }
}
