//! One finding: the claim, what it rests on, what speaks against it, what to do.

use analyzer_core::report::{Amount, Confidence, Finding, Report, Severity};
use yew::prelude::*;

use crate::components::citation::citations;
use crate::number_format as text;
use crate::selectors;
use crate::views::goroutines::{self, group_route};

/// The style of a severity; of none, that of health.
pub fn class(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) => "info",
        None => "ok",
    }
}

/// A severity's mark and word.
pub fn severity_words(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Critical => ("▲", "critical"),
        Severity::Warning => ("◆", "warning"),
        Severity::Info => ("●", "info"),
    }
}

fn severity(severity: Severity) -> Html {
    let (mark, word) = severity_words(severity);
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

/// The finding. `is_told` if a finding above gives the same advice: it is folded here.
pub fn finding(report: &Report, finding: &Finding, index: usize, is_told: bool) -> Html {
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
            { finding.group.as_ref().map(|group| members(report, group)).unwrap_or_default() }
            <p class="claim">{ &finding.claim }</p>
            <div class="evidence">
                { citations(report, finding.citations.as_slice()) }
                if let Some(group) = &finding.group {
                    <a href={group_route(group).href()}>{ "See the goroutines" }</a>
                }
            </div>
            if !finding.condition.is_empty() {
                <p class="hint quiet">{ "Said when: " }{ &finding.condition }</p>
            }
            if finding.advice.is_empty() && finding.against.is_empty() {
            } else if is_told {
                <details class="told">
                    <summary>{ "What to do and what speaks against it: as above" }</summary>
                    { reading(finding) }
                </details>
            } else {
                { reading(finding) }
            }
        </article>
    }
}

/// What to do, and what speaks against the finding.
fn reading(finding: &Finding) -> Html {
    html! {
        <div class="columns">
            { list("What to do", &finding.advice) }
            { list("What speaks against it", &finding.against) }
        </div>
    }
}

/// Where the goroutines of a finding are, and how their number went.
fn members(report: &Report, id: &str) -> Html {
    let groups = report.goroutines.iter().flat_map(|section| &section.groups);
    let Some(group) = groups.into_iter().find(|group| group.id == id) else { return Html::default() };
    html! {
        <p class="members">
            { goroutines::main_frame(group).map(goroutines::group_frame).unwrap_or_default() }
            { goroutines::group_counts(group) }
        </p>
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
