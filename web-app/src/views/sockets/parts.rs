//! Parts that several sections of the view share.

use analyzer_core::report::{Citation, Report};
use yew::prelude::*;

use super::course::Course;
use crate::components::citation::{place_href, place_text};
use crate::components::series::series;
use crate::selectors;

/// A figure over the snapshots, with what it means.
pub struct Figure {
    /// Its name.
    pub name: String,
    /// Its values.
    pub counts: Vec<Option<u64>>,
    /// What it means.
    pub meaning: String,
}

impl Figure {
    /// A figure that some snapshot has.
    pub fn new(
        name: impl Into<String>,
        counts: Option<Vec<Option<u64>>>,
        meaning: impl Into<String>,
    ) -> Option<Self> {
        Some(Self { name: name.into(), counts: counts?, meaning: meaning.into() })
    }
}

/// Figures beside each other.
pub fn figures(figures: Vec<Figure>) -> Html {
    if figures.is_empty() {
        return Html::default();
    }
    html! {
        <dl class="resource-figures">
            { for figures.into_iter().map(|figure| html! {
                <div>
                    <dt>{ figure.name }</dt>
                    <dd><b>{ series(&figure.counts) }</b><span class="quiet">{ figure.meaning }</span></dd>
                </div>
            }) }
        </dl>
    }
}

/// Counts over the snapshots as a cell.
pub fn counts(label: &'static str, counts: &[Option<u64>]) -> Html {
    html! { <td data-label={label}>{ series(counts) }</td> }
}

/// The place of a row in its file as a cell.
pub fn place(report: &Report, citation: &Citation) -> Html {
    html! {
        <td data-label="Source">
            <a class="place" href={place_href(report, citation.source, citation.at)}>
                { place_text(report, citation.source, citation.at) }
            </a>
        </td>
    }
}

/// What a column of counts is called.
pub fn heading(course: &Course<'_>) -> String {
    match course.moments.as_slice() {
        [only] => format!("Count, {}", selectors::visible(&only.snapshot)),
        [first, .., last] => format!(
            "Count, {} to {}",
            selectors::visible(&first.snapshot),
            selectors::visible(&last.snapshot)
        ),
        [] => "Count".to_owned(),
    }
}

/// What the columns of a table of counts are called.
pub struct Columns {
    /// Of the table.
    pub caption: &'static str,
    /// Of what is counted.
    pub name: &'static str,
    /// Of what else is said, in the table and beside a cell.
    pub more: (&'static str, &'static str),
}

/// A row of a table of counts.
pub struct Row<'r> {
    /// What is counted.
    pub name: Html,
    /// Over the snapshots.
    pub counts: &'r [Option<u64>],
    /// What else is said.
    pub more: Html,
    /// One of them.
    pub citation: &'r Citation,
}

/// A table of counts over the snapshots.
pub fn table<'r>(
    report: &Report,
    course: &Course<'_>,
    columns: &Columns,
    rows: impl Iterator<Item = Row<'r>>,
) -> Html {
    let (heading_of_more, label) = columns.more;
    html! {
        <table class="table stacked">
            <caption>{ columns.caption }</caption>
            <thead>
                <tr>
                    <th scope="col">{ columns.name }</th>
                    <th scope="col">{ heading(course) }</th>
                    <th scope="col">{ heading_of_more }</th>
                    <th scope="col">{ "Source" }</th>
                </tr>
            </thead>
            <tbody>
                { for rows.map(|row| html! {
                    <tr>
                        <th scope="row">{ row.name }</th>
                        { counts("Count", row.counts) }
                        <td data-label={label}>{ row.more }</td>
                        { place(report, row.citation) }
                    </tr>
                }) }
            </tbody>
        </table>
    }
}
