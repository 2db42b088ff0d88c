//! What was checked, and what could not be, folded.

use analyzer_core::report::{NotRun, Report};
use yew::prelude::*;

use crate::number_format as text;

/// The line, and what is behind it.
pub fn checks(report: &Report) -> Html {
    if report.not_run.is_empty() {
        return Html::default();
    }
    html! {
        <details class="not-run" id="checks">
            <summary>{ summary(report) }</summary>
            <table class="table stacked">
                <thead><tr><th scope="col">{ "Check" }</th><th scope="col">{ "Needs" }</th></tr></thead>
                <tbody>{ for report.not_run.iter().map(row) }</tbody>
            </table>
        </details>
    }
}

/// `48 checks ran; 7 need other captures`.
pub fn summary(report: &Report) -> String {
    let ran = format!("{} ran", text::counted_u64(report.checks_run, "check", "checks"));
    match report.not_run.len() {
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
