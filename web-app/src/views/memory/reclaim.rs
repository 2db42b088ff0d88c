//! What becomes of the memory when the container needs the room: three kinds,
//! never summed across.

use analyzer_core::base::order::StableOrder;
use analyzer_core::base::units::Unit;
use analyzer_core::report::{LedgerRow, MemorySnapshot, Reclaim, SideFigure};
use yew::prelude::*;

use crate::number_format as text;

/// A kind, with what it means.
const KINDS: [(Reclaim, &str, &str); 3] = [
    (
        Reclaim::Stays,
        "Not reclaimable",
        "The kernel cannot reclaim it while it is in use. This is what leads to an OOM kill.",
    ),
    (
        Reclaim::Reclaimable,
        "Reclaimable",
        "The kernel reclaims it before it kills anything; harmless by itself.",
    ),
    (Reclaim::NotCharged, "Not charged here", "It does not count toward this container's limit."),
];

/// An amount of one kind.
struct Entry<'a> {
    row: Option<&'a LedgerRow>,
    id: &'a str,
    label: &'a str,
    bytes: i64,
}

/// The three lists; ledger rows lead to their sources.
pub fn panel(moment: &MemorySnapshot, on_row: &Callback<AttrValue>) -> Html {
    let lists: Vec<Vec<Entry<'_>>> = KINDS.iter().map(|(kind, ..)| entries(moment, *kind)).collect();
    if lists.iter().all(Vec::is_empty) {
        return Html::default();
    }
    html! {
        <section class="panel reclaim">
            <h3>{ "Under memory pressure" }</h3>
            <div class="reclaim-kinds">
                { for KINDS.iter().zip(&lists).map(|((_, title, meaning), entries)| html! {
                    <div>
                        <h4>{ *title }</h4>
                        <p class="quiet">{ *meaning }</p>
                        if entries.is_empty() {
                            <p class="quiet">{ "None found." }</p>
                        }
                        <ul class="plain">{ for entries.iter().map(|entry| item(entry, on_row)) }</ul>
                    </div>
                }) }
            </div>
        </section>
    }
}

fn entries(moment: &MemorySnapshot, kind: Reclaim) -> Vec<Entry<'_>> {
    // What is not charged is what the ledger takes off on the way down.
    let is_of_kind = |row: &&LedgerRow| match row.reclaim {
        Some(Reclaim::NotCharged) => kind == Reclaim::NotCharged && row.bytes.0 < 0,
        of => of == Some(kind) && row.bytes.0 > 0,
    };
    let rows = moment.ledger.iter().filter(is_of_kind);
    let rows =
        rows.map(|row| Entry { row: Some(row), id: &row.id, label: &row.label, bytes: row.bytes.0.abs() });
    let is_amount =
        |figure: &&SideFigure| figure.reclaim == Some(kind) && figure.unit == Unit::Bytes && figure.value > 0;
    let figures = moment.side.iter().filter(is_amount);
    let figures =
        figures.map(|figure| Entry { row: None, id: &figure.id, label: &figure.label, bytes: figure.value });
    let mut all: Vec<Entry<'_>> = rows.chain(figures).collect();
    all.order_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.id.cmp(b.id)));
    all
}

fn item(entry: &Entry<'_>, on_row: &Callback<AttrValue>) -> Html {
    let name = match entry.row {
        Some(row) => {
            let id = AttrValue::from(row.id.clone());
            let on_click = on_row.reform(move |_: MouseEvent| id.clone());
            html! { <button type="button" class="ledger-name" onclick={on_click}>{ entry.label }</button> }
        }
        None => html! { <span>{ entry.label }</span> },
    };
    html! {
        <li>
            <span class={classes!("swatch", format!("is-{}", entry.id))} aria-hidden="true" />
            { name }
            <span class="number" title={text::bytes_exact(entry.bytes)}>{ text::bytes(entry.bytes) }</span>
        </li>
    }
}
