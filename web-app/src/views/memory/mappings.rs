//! The process's mappings by class: what the address space is made of.

use analyzer_core::base::convert::ratio;
use analyzer_core::report::{Mapping, MappingClass, Report};
use yew::prelude::*;

use crate::components::citation::place_href;
use crate::number_format as text;
use crate::state::Shared;

/// Properties of [`MappingTable`].
#[derive(Clone, PartialEq, Properties)]
pub struct MappingTableProps {
    /// The report.
    pub report: Shared<Report>,
    /// Index of the moment.
    pub moment: usize,
}

/// Classes with their amounts; each opens to its largest mappings.
#[component]
pub fn MappingTable(props: &MappingTableProps) -> Html {
    let open = use_state_eq(|| None::<String>);
    let moment = props.report.memory.as_ref().and_then(|memory| memory.snapshots.get(props.moment));
    let Some(mappings) = moment.and_then(|moment| moment.mappings.as_ref()) else { return Html::default() };
    let widest = mappings.classes.iter().map(|class| class.rss.0).max().unwrap_or(1).max(1);
    html! {
        <section class="panel mappings-panel">
            <h3>{ "Address space" }</h3>
            <p class="quiet">
                { if mappings.has_go_names {
                    "From smaps. The kernel names Go's mappings, so that metadata is told from native memory."
                } else {
                    "From smaps. The kernel does not name Go's mappings: arenas are known by their place and size, metadata only in bounds."
                } }
            </p>
            <table class="ledger mappings">
                <thead>
                    <tr>
                        <th scope="col">{ "Class" }</th>
                        <th scope="col" class="number">{ "Mappings" }</th>
                        <th scope="col" class="number">{ "Size" }</th>
                        <th scope="col" class="number">{ "Resident" }</th>
                        <th scope="col" class="ledger-bar-head"><span class="visually-hidden">{ "As a bar" }</span></th>
                        <th scope="col" class="number">{ "Anonymous" }</th>
                        <th scope="col" class="number wide-only">{ "LazyFree" }</th>
                        <th scope="col" class="number wide-only">{ "Huge pages" }</th>
                        <th scope="col" class="number wide-only">{ "Swap" }</th>
                    </tr>
                </thead>
                { for mappings.classes.iter().map(|class| {
                    let is_open = open.as_deref() == Some(class.id.as_str());
                    let toggle = {
                        let (open, id) = (open.clone(), class.id.clone());
                        Callback::from(move |_: MouseEvent| open.set((!is_open).then(|| id.clone())))
                    };
                    let largest = mappings.largest.iter().filter(|mapping| mapping.class == class.id);
                    html! {
                        <tbody>
                            { class_row(class, is_open, toggle, widest) }
                            if is_open {
                                { members(&props.report, class, largest) }
                            }
                        </tbody>
                    }
                }) }
            </table>
        </section>
    }
}

fn class_row(class: &MappingClass, is_open: bool, toggle: Callback<MouseEvent>, widest: i64) -> Html {
    let share = ratio(class.rss.0.into(), widest.into()).unwrap_or(0.0) * 100.0;
    let amount = |bytes: i64, class: &'static str| {
        let shown = if bytes == 0 { "\u{2013}".to_owned() } else { text::bytes(bytes) };
        html! { <td class={classes!("number", class)} title={text::bytes_exact(bytes)}>{ shown }</td> }
    };
    html! {
        <tr id={format!("mappings-{}", class.id)} class={classes!(is_open.then_some("is-open"))} onclick={toggle}>
            <th scope="row">
                <button type="button" class="ledger-name" aria-expanded={is_open.to_string()}>{ &class.label }</button>
                <code class="ledger-id">{ &class.id }</code>
            </th>
            <td class="number">{ text::count_u64(class.count) }</td>
            { amount(class.size.0, "") }
            { amount(class.rss.0, "amount") }
            <td class="ledger-bar"><span class="bar" style={format!("width:{share:.2}%")} aria-hidden="true" /></td>
            { amount(class.anonymous.0, "") }
            { amount(class.lazy_free.0, "wide-only") }
            { amount(class.anon_huge.0, "wide-only") }
            { amount(class.swap.0, "wide-only") }
        </tr>
    }
}

fn members<'a>(report: &Report, class: &MappingClass, largest: impl Iterator<Item = &'a Mapping>) -> Html {
    let rows: Vec<Html> = largest
        .map(|mapping| {
            let name = if mapping.name.is_empty() { "(no name)" } else { &mapping.name };
            html! {
                <tr class="ledger-more">
                    <td>
                        <a href={place_href(report, mapping.citation.source, mapping.citation.at)}>
                            <code>{ &mapping.start }</code>
                        </a>
                        { " " }{ name }
                    </td>
                    <td></td>
                    <td class="number">{ text::bytes(mapping.size.0) }</td>
                    <td class="number">{ text::bytes(mapping.rss.0) }</td>
                    <td class="ledger-bar"></td>
                    <td class="number">{ text::bytes(mapping.anonymous.0) }</td>
                    <td class="wide-only" colspan="2"></td>
                    <td class="number wide-only">{ text::bytes(mapping.swap.0) }</td>
                </tr>
            }
        })
        .collect();
    let shown = analyzer_core::base::convert::to_u64(rows.len());
    html! {
        <>
            { for rows }
            if shown < class.count {
                <tr class="ledger-more">
                    <td colspan="9" class="quiet">
                        { format!("{} smaller mappings of this class are in its sums.", text::count_u64(class.count - shown)) }
                    </td>
                </tr>
            }
        </>
    }
}
