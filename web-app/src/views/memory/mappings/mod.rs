//! The process's address space: classes of mappings as bars, and every mapping
//! in a table that filters and sorts.

mod list;
mod rows;

use analyzer_core::base::convert::ratio;
use analyzer_core::report::{MappingClass, Mappings, Report};
use yew::prelude::*;

use crate::link::use_link;
use crate::number_format as text;
use crate::state::{Params, Shared};

/// Properties of [`AddressSpace`].
#[derive(Clone, PartialEq, Properties)]
pub struct AddressSpaceProps {
    /// The report.
    pub report: Shared<Report>,
    /// The view's part of the address.
    pub params: Params,
    /// Index of the moment.
    pub moment: usize,
}

/// Mappings of a moment, if it has them.
pub(super) fn of(report: &Report, moment: usize) -> Option<&Mappings> {
    report.memory.as_ref()?.snapshots.get(moment)?.mappings.as_ref()
}

/// Classes with their amounts, the most resident first; choosing one leaves its mappings in the table.
#[component]
pub fn AddressSpace(props: &AddressSpaceProps) -> Html {
    let link = use_link();
    let Some(mappings) = of(&props.report, props.moment) else { return Html::default() };
    let chosen = props.params.get("class");
    let widest = mappings.classes.iter().map(|class| class.rss.0).max().unwrap_or(1).max(1);
    let on_class = {
        let (params, chosen) = (props.params.clone(), chosen.map(str::to_owned));
        Callback::from(move |id: String| {
            let next = if chosen.as_ref() == Some(&id) { String::new() } else { id };
            if let Some(link) = &link {
                link.refine(params.with("class", next));
            }
        })
    };
    html! {
        <section class="panel mappings-panel" id="mappings">
            <h3>{ "Address space" }</h3>
            <p class="quiet">
                { if mappings.has_go_names {
                    "From smaps. The kernel names Go's mappings, so runtime metadata and native memory are separated."
                } else {
                    "From smaps. The kernel does not name Go's mappings: arenas are recognized by address and size, metadata is known only within bounds."
                } }
                { " Select a class to see only its mappings." }
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
                <tbody>
                    { for mappings.classes.iter().map(|class| class_row(class, chosen, widest, &on_class)) }
                </tbody>
            </table>
            <list::MappingList ..props.clone() />
        </section>
    }
}

fn class_row(class: &MappingClass, chosen: Option<&str>, widest: i64, on_class: &Callback<String>) -> Html {
    let share = |bytes: i64| ratio(bytes.into(), widest.into()).unwrap_or(0.0) * 100.0;
    let is_chosen = chosen == Some(class.id.as_str());
    let toggle = {
        let id = class.id.clone();
        on_class.reform(move |_: MouseEvent| id.clone())
    };
    let amount = |bytes: i64, class: &'static str| {
        let shown = if bytes == 0 { "\u{2013}".to_owned() } else { text::bytes(bytes) };
        html! { <td class={classes!("number", class)} title={text::bytes_exact(bytes)}>{ shown }</td> }
    };
    let file_backed = class.rss.0.saturating_sub(class.anonymous.0).max(0);
    html! {
        <tr id={format!("mappings-{}", class.id)} class={classes!(is_chosen.then_some("is-open"))} onclick={toggle}>
            <th scope="row">
                <span class={classes!("swatch", format!("vma-{}", class.id))} aria-hidden="true" />
                <button type="button" class="ledger-name" aria-pressed={is_chosen.to_string()}>{ &class.label }</button>
                <code class="ledger-id">{ &class.id }</code>
            </th>
            <td class="number">{ text::count_u64(class.count) }</td>
            { amount(class.size.0, "") }
            { amount(class.rss.0, "amount") }
            <td class="ledger-bar vma-bar" aria-hidden="true">
                <span class={classes!("bar", format!("vma-{}", class.id))} style={format!("width:{:.2}%", share(class.anonymous.0.min(class.rss.0)))} />
                <span class={classes!("bar", "shared", format!("vma-{}", class.id))} style={format!("width:{:.2}%", share(file_backed))} />
            </td>
            { amount(class.anonymous.0, "") }
            { amount(class.lazy_free.0, "wide-only") }
            { amount(class.anon_huge.0, "wide-only") }
            { amount(class.swap.0, "wide-only") }
        </tr>
    }
}
