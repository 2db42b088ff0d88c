//! One finding: the claim, what it rests on, what speaks against it, what to do.

use analyzer_core::report::{Amount, Confidence, Finding, Report, Severity};
use yew::prelude::*;

use crate::components::citation::citations;
use crate::number_format as text;
use crate::selectors;
use crate::views::goroutines::group_route;

/// The style of a severity; of none, that of health.
pub fn class(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) => "info",
        None => "ok",
    }
}

fn severity(severity: Severity) -> Html {
    let (mark, word) = match severity {
        Severity::Critical => ("▲", "critical"),
        Severity::Warning => ("◆", "warning"),
        Severity::Info => ("●", "info"),
    };
    html! {
        <span class={classes!("severity", class(Some(severity)))}>
            <span class="mark" aria-hidden="true">{ mark }</span>{ word }
        </span>
    }
}

fn confidence(confidence: Confidence) -> (&'static str, &'static str) {
    match confidence {
        Confidence::Certain => ("certain", "The evidence allows no other reading"),
        Confidence::Likely => ("likely", "Other readings need a coincidence"),
        Confidence::Possible => ("possible", "One reading among others"),
    }
}

/// The finding.
pub fn finding(report: &Report, finding: &Finding, index: usize) -> Html {
    let id = format!("finding-{index}");
    let (sureness, meaning) = confidence(finding.confidence);
    let subject = finding.subject.filter(|_| report.subjects.len() > 1);
    let subject = subject.and_then(|id| selectors::subject(report, id)).map(selectors::subject_name);
    html! {
        <article key={index} class={classes!("finding", class(Some(finding.severity)))} aria-labelledby={id.clone()}>
            <header>
                { severity(finding.severity) }
                <h4 {id}>{ &finding.title }</h4>
                { finding.amount.as_ref().map(amount).unwrap_or_default() }
                <span class="sureness" title={meaning}>{ sureness }</span>
                <code class="code">{ &finding.code }</code>
                if let Some(subject) = subject { <span class="quiet">{ subject }</span> }
            </header>
            <p class="claim">{ &finding.claim }</p>
            <div class="evidence">
                { citations(report, finding.citations.as_slice()) }
                if let Some(group) = &finding.group {
                    <a href={group_route(group).href()}>{ "See the goroutines" }</a>
                }
            </div>
            if !finding.against.is_empty() || !finding.advice.is_empty() {
                <div class="columns">
                    { list("What to do", &finding.advice) }
                    { list("What speaks against it", &finding.against) }
                </div>
            }
        </article>
    }
}

fn amount(amount: &Amount) -> Html {
    html! {
        <span class="amount" title={text::value_exact(amount.value, amount.unit)}>
            <strong>{ text::amount(amount) }</strong>
            if let Some(range) = text::amount_range(amount) {
                <span class="quiet">{ format!(" ({range})") }</span>
            }
        </span>
    }
}

fn list(title: &str, lines: &[String]) -> Html {
    html! {
        if !lines.is_empty() {
            <div>
                <h5>{ title }</h5>
                <ul>{ for lines.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
            </div>
        }
    }
}
