//! One file: what is known of it, and its text.

use std::rc::Rc;

use analyzer_core::base::source::SourceId;
use analyzer_core::report::{Report, SourceRow};
use yew::prelude::*;

use super::raw_text::RawText;
use super::words;
use crate::number_format as text;
use crate::selectors::{self, Uses};
use crate::state::Shared;

/// Properties of [`Detail`].
#[derive(Properties, PartialEq)]
pub struct DetailProps {
    /// The report.
    pub report: Shared<Report>,
    /// What each source fed.
    pub uses: Rc<Uses>,
    /// The file.
    pub source: SourceId,
    /// The line to show.
    pub line: Option<u64>,
    /// The byte that a citation names, in a file that is not text.
    pub offset: Option<u64>,
    /// Address of the list without this file.
    pub list_href: String,
}

/// The facts, the notes, the text.
#[component]
pub fn Detail(props: &DetailProps) -> Html {
    let Some(row) = selectors::source(&props.report, props.source) else { return Html::default() };
    let used = props.uses.get(row.id);
    html! {
        <article class="file-detail" aria-label={selectors::visible(&row.path)}>
            <div class="section-head">
                <h3>{ selectors::visible(&row.path) }</h3>
                <a class="button" href={props.list_href.clone()}>{ "Close" }</a>
            </div>
            { facts(props, row) }
            if !row.notes.is_empty() {
                <ul class="plain notes">
                    { for row.notes.iter().map(|note| html! { <li>{ words::note(&props.report, row, note) }</li> }) }
                </ul>
            }
            if row.is_text {
                <RawText
                    report={props.report.clone()}
                    source={row.id}
                    path={row.path.clone()}
                    line={props.line}
                    cited={used.map(|used| used.lines.clone()).unwrap_or_default()}
                />
            } else {
                <p class="quiet">
                    { "This file is not text." }
                    if let Some(offset) = props.offset {
                        { format!(" The cited figure is at byte {} of its decoded content.", text::count_u64(offset)) }
                    }
                </p>
            }
        </article>
    }
}

fn facts(props: &DetailProps, row: &SourceRow) -> Html {
    let subject = row.subject.and_then(|id| selectors::subject(&props.report, id));
    let fact = |name: &str, value: Html| html! { <div><dt>{ name }</dt><dd>{ value }</dd></div> };
    html! {
        <dl class="facts">
            { fact("Status", words::status(row.status)) }
            { fact("Format", html! { { words::format(row) } }) }
            { fact("Size", words::size(row)) }
            if let Some(subject) = subject {
                { fact("Of", html! { { selectors::subject_name(subject) } }) }
            }
            if let Some(snapshot) = &row.snapshot {
                { fact("Snapshot", html! { { snapshot } }) }
            }
            if let Some(at) = row.captured_at {
                { fact("Captured", html! { { text::instant(at) } }) }
            }
            { fact("Used by", words::fed(props.uses.get(row.id))) }
        </dl>
    }
}
