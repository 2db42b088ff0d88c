//! One finding, or several of one rule: the cause, what to do, and the evidence, folded.

use analyzer_core::report::{Amount, Confidence, Excerpt, Finding, Report, Severity};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::verdict::beyond_verdict;
use crate::components::citation::citations;
use crate::components::found;
use crate::number_format as text;
use crate::selectors;
use crate::state::ViewId;
use crate::views::goroutines::{self, group_route};
use crate::views::profiles::params_of;

/// The style of a severity.
fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn severity(severity: Severity) -> Html {
    let (mark, word) = match severity {
        Severity::Critical => ("▲", "Critical"),
        Severity::Warning => ("◆", "Warning"),
        Severity::Info => ("●", "Note"),
    };
    html! {
        <span class={classes!("severity", class(severity))}>
            <span class="mark" aria-hidden="true">{ mark }</span>{ word }
        </span>
    }
}

fn confidence(confidence: Confidence) -> (&'static str, &'static str) {
    match confidence {
        Confidence::Certain => ("certain", "The evidence allows no other explanation"),
        Confidence::Likely => ("likely", "Other explanations require a coincidence"),
        Confidence::Possible => ("possible", "One of several possible explanations"),
    }
}

/// The card of findings of one rule.
pub fn card(report: &Report, findings: &[&Finding], index: usize) -> Html {
    let Some(&first) = findings.first() else { return Html::default() };
    let id = format!("finding-{index}");
    // What differs among the places of one card stands with each, and what all cards share above them.
    let is_said_elsewhere = findings.len() > 1 || super::only_object(report).is_some();
    let title = if is_said_elsewhere { first.headline().0 } else { first.title.as_str() };
    let is_advice_shared = findings.iter().all(|finding| finding.advice == first.advice);
    html! {
        <article key={index} class={classes!("finding", class(first.severity))} aria-labelledby={id.clone()}>
            <header>
                { severity(first.severity) }
                <h4 {id} tabindex="-1">{ title }</h4>
                if findings.len() > 1 {
                    <span class="quiet">{ text::counted(findings.len(), "place", "places") }</span>
                }
                if let [only] = findings {
                    { facts(report, only) }
                }
            </header>
            if findings.len() > 1 && is_advice_shared { { to_do(first) } }
            { for findings.iter().map(|finding| html! {
                <div class="cause">
                    { cause(report, finding, findings.len() > 1) }
                    if findings.len() == 1 || !is_advice_shared { { to_do(finding) } }
                    { evidence(report, finding) }
                </div>
            }) }
        </article>
    }
}

/// Moves the focus to a card, and the card into sight.
pub fn go_to(index: u64) {
    let title = gloo::utils::document().get_element_by_id(&format!("finding-{index}"));
    if let Some(title) = title.and_then(|title| title.dyn_into::<HtmlElement>().ok()) {
        let _ = title.focus();
    }
}

/// How much, what becomes of it, how sure, and of which service.
fn facts(report: &Report, finding: &Finding) -> Html {
    let (sureness, meaning) = confidence(finding.confidence);
    let subject = finding.subject.filter(|_| report.subjects.len() > 1);
    let subject = subject.and_then(|id| selectors::subject(report, id)).map(selectors::subject_name);
    html! {
        <>
            { finding.amount.as_ref().map(amount).unwrap_or_default() }
            if let Some(reclaim) = finding.reclaim {
                <span class="badge" title={reclaim.words().1}>{ reclaim.words().0 }</span>
            }
            <span class="sureness" title={meaning}>{ sureness }</span>
            if let Some(subject) = subject { <span class="quiet">{ subject }</span> }
        </>
    }
}

/// Where it is, how its number went, and the claim; with its own facts if it is one of several.
fn cause(report: &Report, finding: &Finding, is_one_of_many: bool) -> Html {
    let of = super::only_object(report);
    let claim = beyond_verdict(report, finding);
    let claim = if of.is_some() { found::about_it(finding, &claim) } else { claim };
    let groups = report.goroutines.iter().flat_map(|section| &section.groups);
    let group = finding.group.as_ref().and_then(|id| groups.into_iter().find(|group| group.id == *id));
    html! {
        <>
            if group.is_some() || is_one_of_many {
                <p class="members">
                    if is_one_of_many { { facts(report, finding) } }
                    if let Some(group) = group {
                        { goroutines::main_frame(group).map(goroutines::group_frame).unwrap_or_default() }
                        { goroutines::group_counts(group) }
                        <a href={group_route(&group.id).href()}>{ "See the goroutines" }</a>
                    } else if let Some(place) = finding.places.first() {
                        { goroutines::group_frame(place) }
                    }
                </p>
            }
            if !claim.is_empty() {
                <p class="claim">{ claim }</p>
            }
            { for finding.excerpts.iter().map(|lines| excerpt(report, finding, lines)) }
        </>
    }
}

/// Lines of the program's source, and the way to the function that they are of.
fn excerpt(report: &Report, finding: &Finding, excerpt: &Excerpt) -> Html {
    let label = format!("{} in {}", excerpt.function, excerpt.file);
    let profile = finding.citations.as_slice().iter().map(|citation| citation.source);
    let profile = profile.map(|source| params_of(report, source)).find(|params| !params.is_empty());
    let params = profile.unwrap_or_default();
    let params = params.with("function", excerpt.function.clone()).with("file", excerpt.file.clone());
    let href = ViewId::Source.with(params.with("line", excerpt.line.to_string())).href();
    html! {
        <div class="excerpt">
            <pre role="group" aria-label={label} tabindex="0">{ excerpt.text().join("\n") }</pre>
            <a {href}>{ "Open in Source" }</a>
        </div>
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

fn to_do(finding: &Finding) -> Html {
    html! {
        if !finding.advice.is_empty() {
            <div class="fix">
                <h5>{ "What to do" }</h5>
                <ul>{ for finding.advice.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
            </div>
        }
    }
}

/// The lines that it rests on, when the rule says it, and what speaks against it.
fn evidence(report: &Report, finding: &Finding) -> Html {
    let mut cited = finding.citations.as_slice().to_vec();
    cited.sort_by_key(|citation| (citation.source, citation.at.map(|at| (at.line, at.offset))));
    let against = match finding.against.len() {
        0 => String::new(),
        count => format!(", {} against", text::count_usize(count)),
    };
    html! {
        <details class="evidence">
            <summary>{ format!("Evidence ({}{against})", text::count_usize(cited.len())) }</summary>
            { citations(report, &cited) }
            if !finding.against.is_empty() {
                <h5>{ "Evidence against" }</h5>
                <ul>{ for finding.against.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
            }
            <p class="rule quiet">
                { "Rule " }<code>{ &finding.code }</code>
                if !finding.condition.is_empty() { { ": " }{ &finding.condition } }
            </p>
        </details>
    }
}
