//! The first thing that is read: the engine's verdict, in the colour of what it means.

use analyzer_core::report::{Finding, Outcome, Report, Severity, SourceRow};
use yew::prelude::*;

use crate::components::copy_button::CopyButton;
use crate::selectors;
use crate::state::{Route, ViewId};

/// Files without use that are listed; the inventory has all.
const LISTED: usize = 5;

/// The panel. While files are read there is no verdict.
pub fn panel(report: &Report, is_busy: bool) -> Html {
    if is_busy {
        return html! {
            <div class="verdict-line busy" role="status">
                <p class="answer">{ "Reading\u{2026}" }</p>
                <p class="verdict-text quiet">{ "The verdict appears when all files have been read. The other tabs already show results." }</p>
            </div>
        };
    }
    let (class, mark) = look(report.outcome);
    let worst = report.findings.first().filter(|finding| finding.severity < Severity::Info);
    html! {
        <div class={classes!("verdict-line", class)}>
            if let Some(worst) = worst {
                <p class="answer"><span class="mark" aria-hidden="true">{ mark }</span>{ headline(report, worst) }</p>
                <p class="verdict-text">{ &report.verdict }</p>
            } else {
                <p class="answer"><span class="mark" aria-hidden="true">{ mark }</span>{ &report.verdict }</p>
            }
            if report.outcome == Outcome::Unreadable {
                { unreadable(report) }
            }
        </div>
    }
}

/// The title of the worst finding; a container that the verdict names is not named twice.
fn headline<'f>(report: &Report, worst: &'f Finding) -> &'f str {
    match worst.headline() {
        (title, Some(of)) if report.verdict.to_lowercase().contains(&of.to_lowercase()) => title,
        _ => &worst.title,
    }
}

/// The style of an outcome, and its sign.
pub fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Critical => ("critical", "\u{25b2}"),
        Outcome::Unreadable => ("critical", "\u{2715}"),
        Outcome::Warning => ("warning", "\u{25c6}"),
        Outcome::Unjudged => ("unjudged", "\u{25cb}"),
        Outcome::Healthy => ("ok", "\u{25cf}"),
    }
}

/// Why each file could not be read, and how to take it anew.
fn unreadable(report: &Report) -> Html {
    let rows: Vec<&SourceRow> = report.sources.iter().filter(|row| row.is_unreadable()).collect();
    html! {
        <>
            <ul class="unreadable">
                { for rows.iter().take(LISTED).map(|row| unreadable_row(row, rows.len() > 1)) }
            </ul>
            if rows.len() > LISTED {
                <a href={Route::to(ViewId::Files).href()}>{ "See every file" }</a>
            }
        </>
    }
}

fn unreadable_row(row: &SourceRow, is_one_of_many: bool) -> Html {
    let recapture = row.recapture();
    if !is_one_of_many && recapture.is_none() {
        return Html::default();
    }
    html! {
        <li>
            if is_one_of_many {
                <p>
                    <strong>{ selectors::visible(&row.path) }</strong>
                    { row.trouble().map(|trouble| format!(": {trouble}")).unwrap_or_default() }
                </p>
            }
            if let Some(recapture) = recapture {
                <p class="recapture">
                    <span class="quiet">{ format!("To capture {}: ", recapture.what) }</span>
                    <code>{ recapture.command }</code>
                    <CopyButton text={recapture.command} />
                </p>
            }
        </li>
    }
}

/// What of a claim the verdict has not said already.
pub fn beyond_verdict(report: &Report, finding: &Finding) -> String {
    let is_new = |sentence: &&str| !report.verdict.contains(*sentence);
    analyzer_core::report::sentences(&finding.claim).filter(is_new).collect::<Vec<_>>().join(" ")
}
