//! Overview: the verdict, the findings with their evidence, what could not be looked for.

mod finding;
mod strip;

use analyzer_core::report::{NotRun, Report, Severity};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::number_format as text;

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Overview",
    count: |report| {
        let serious = serious(report);
        (serious > 0).then_some(serious)
    },
    keys: &[],
    render: |props| html! { <Overview ..props /> },
};

/// The content of the view.
#[component]
fn Overview(props: &ViewProps) -> Html {
    let report = &props.report;
    let worst = report.findings.iter().map(|finding| finding.severity).min();
    html! {
        <section class="overview">
            <h2 class="visually-hidden">{ "Overview" }</h2>
            <div class={classes!("verdict-line", finding::class(worst))}>
                { answer(report) }
                if props.is_busy {
                    <p class="quiet" role="status">{ "Still reading: this may change." }</p>
                }
            </div>
            { strip::strip(report) }
            if !report.findings.is_empty() {
                <h3>{ heading(report) }</h3>
                <div class="findings">
                    { for report.findings.iter().enumerate().map(|(index, item)| {
                        let is_told = report.findings.iter().take(index).any(|before| before.advice == item.advice);
                        finding::finding(report, item, index, is_told)
                    }) }
                </div>
            }
            { not_run(report) }
        </section>
    }
}

/// How many findings are problems.
fn serious(report: &Report) -> usize {
    report.findings.iter().filter(|finding| finding.severity < Severity::Info).count()
}

/// `3 findings, 1 note`: the first number is the tab's.
fn heading(report: &Report) -> String {
    let serious = serious(report);
    let counts = [(serious, "finding", "findings"), (report.findings.len() - serious, "note", "notes")];
    let told = counts.into_iter().filter(|(count, ..)| *count > 0);
    told.map(|(count, one, many)| text::counted(count, one, many)).collect::<Vec<_>>().join(", ")
}

/// The worst finding's name, then the verdict with its numbers: what is wrong
/// is read before the figures are.
fn answer(report: &Report) -> Html {
    let worst = report.findings.first().filter(|finding| finding.severity < Severity::Info);
    let Some(worst) = worst else {
        return html! { <p class="answer"><span class="mark" aria-hidden="true">{ "\u{25cf}" }</span>{ &report.verdict }</p> };
    };
    html! {
        <>
            <p class="answer">
                <span class="mark" aria-hidden="true">{ finding::severity_words(worst.severity).0 }</span>
                { &worst.title }
            </p>
            <p class="verdict-text">{ &report.verdict }</p>
        </>
    }
}

/// What could not be looked for: folded, unless nothing was found, when it matters most.
fn not_run(report: &Report) -> Html {
    if report.not_run.is_empty() {
        return Html::default();
    }
    let summary = text::counted(report.not_run.len(), "check was not run", "checks were not run");
    html! {
        <details class="not-run" open={report.findings.is_empty()}>
            <summary>{ summary }{ " for lack of evidence" }</summary>
            <table class="table stacked">
                <thead><tr><th scope="col">{ "Check" }</th><th scope="col">{ "Needs" }</th></tr></thead>
                <tbody>{ for report.not_run.iter().map(not_run_row) }</tbody>
            </table>
        </details>
    }
}

fn not_run_row(check: &NotRun) -> Html {
    html! {
        <tr>
            <th scope="row"><code>{ &check.code }</code></th>
            <td>{ check.needs.join("; ") }</td>
        </tr>
    }
}
