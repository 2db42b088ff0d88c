//! What only static analyzers say, folded: none of it is a finding.

use analyzer_core::report::{AnalyzerDiagnostic, Report};
use yew::prelude::*;

use crate::number_format as text;

/// Rows that are shown: the files have the rest.
const ROWS: usize = 200;

/// The line, and what is behind it.
pub fn analyzers(report: &Report) -> Html {
    let own: Vec<&AnalyzerDiagnostic> =
        report.analyzers.iter().filter(|row| row.bears_out.is_none()).collect();
    if own.is_empty() {
        return Html::default();
    }
    let counted = text::counted(own.len(), "place", "places");
    html! {
        <details class="not-run" id="analyzers">
            <summary>{ format!("Static analyzers report {counted} that no capture shows") }</summary>
            <table class="table stacked">
                <thead><tr>
                    <th scope="col">{ "Place" }</th><th scope="col">{ "Analyzer" }</th><th scope="col">{ "Message" }</th>
                </tr></thead>
                <tbody>{ for own.iter().take(ROWS).map(|row| html! {
                    <tr>
                        <th scope="row"><code>{ row.place() }</code></th>
                        <td>{ row.name() }</td>
                        <td>{ &row.message }</td>
                    </tr>
                }) }</tbody>
            </table>
        </details>
    }
}
