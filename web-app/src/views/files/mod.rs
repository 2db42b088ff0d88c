//! Files: what was dropped, what became of it, and the text of a file with
//! the lines that the report cites.

mod detail;
mod inventory;
mod raw_text;
mod words;

use analyzer_core::report::{Report, SourceRow};
use yew::prelude::*;

use super::{Place, View, ViewProps};
use crate::link::use_link;
use crate::selectors::{self, Uses};
use crate::state::{Params, ViewId};

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Files",
    count: |report| Some(report.sources.len()),
    keys: &[("n", "Next cited line"), ("p", "Previous cited line")],
    places,
    render: |props| html! { <Files ..props /> },
};

/// The files.
fn places(report: &Report) -> Vec<Place> {
    let place = |row: &SourceRow| Place {
        kind: "File",
        label: selectors::visible(&row.path),
        hint: words::format(row),
        route: ViewId::Files.with(Params::default().with("source", row.path.clone())),
    };
    report.sources.iter().map(place).collect()
}

/// The list; beside it, if a file is chosen, the file.
#[component]
fn Files(props: &ViewProps) -> Html {
    let link = use_link();
    let uses = use_memo(props.report.clone(), |report| Uses::of(report));
    let report = &props.report;
    let wanted = props.params.get("source");
    let chosen = wanted.and_then(|path| report.sources.iter().find(|row| row.path == path));
    let on_filter = {
        let params = props.params.clone();
        Callback::from(move |text: String| {
            if let Some(link) = &link {
                link.refine(params.with("q", text));
            }
        })
    };
    let list = ViewId::Files.with(props.params.without("source").without("line").without("offset"));
    html! {
        <section class={classes!("files", chosen.map(|_| "split"))}>
            <h2 class="visually-hidden">{ "Files" }</h2>
            if chosen.is_none() && wanted.is_some() && !props.is_busy {
                <p class="notice" role="status">
                    { format!("{} is not among the files.", wanted.unwrap_or_default()) }
                </p>
            }
            <inventory::Inventory
                report={report.clone()}
                uses={uses.clone()}
                query={props.params.get("q").unwrap_or_default().to_owned()}
                chosen={chosen.map(|row| row.id)}
                {on_filter}
            />
            if let Some(row) = chosen {
                <detail::Detail
                    key={row.path.clone()}
                    report={report.clone()}
                    {uses}
                    source={row.id}
                    line={props.params.number("line")}
                    offset={props.params.number("offset")}
                    list_href={list.href()}
                />
            }
        </section>
    }
}
