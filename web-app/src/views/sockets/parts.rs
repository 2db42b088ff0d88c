//! Parts that several sections of the view share.

use analyzer_core::report::{Citation, Report};
use yew::prelude::*;

use crate::components::citation::{place_href, place_text};
use crate::components::series::series;

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
