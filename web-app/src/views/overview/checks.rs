//! What was checked, and what could not be, folded.

use analyzer_core::report::{NotRun, Report};
use yew::prelude::*;

use crate::number_format as text;

/// The line, and what is behind it.
pub fn checks(report: &Report) -> Html {
    if report.lacking().next().is_none() {
        return Html::default();
    }
    html! {
        <details class="not-run" id="checks">
            <summary>{ summary(report) }</summary>
            <table class="table stacked">
                <thead><tr><th scope="col">{ "Check" }</th><th scope="col">{ "Needs" }</th></tr></thead>
                <tbody>{ for report.lacking().map(row) }</tbody>
            </table>
        </details>
    }
}

/// `48 checks ran; 7 need other captures`.
pub fn summary(report: &Report) -> String {
    let ran = format!("{} ran", text::counted_u64(report.checks_run, "check", "checks"));
    match report.lacking().count() {
        0 => ran,
        1 => format!("{ran}; 1 needs other captures"),
        more => format!("{ran}; {} need other captures", text::count_usize(more)),
    }
}

fn row(check: &NotRun) -> Html {
    html! {
        <tr>
            <th scope="row"><code>{ &check.code }</code></th>
            <td>{ check.needs.join("; ") }</td>
        </tr>
    }
}
