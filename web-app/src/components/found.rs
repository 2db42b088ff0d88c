//! What the engine found of some families of rules, a line each.

use analyzer_core::report::{Finding, Report, Severity, SubjectId};
use yew::prelude::*;

use crate::selectors;
use crate::state::{Route, ViewId};

/// Findings of rules whose codes begin with one of these, in the report's order.
pub fn of<'r>(
    report: &'r Report,
    families: &'static [&'static str],
    subject: Option<SubjectId>,
) -> impl Iterator<Item = &'r Finding> {
    report.findings.iter().filter(move |finding| {
        let is_of_family = families.iter().any(|family| finding.code.starts_with(family));
        is_of_family && subject.is_none_or(|subject| finding.subject.is_none_or(|about| about == subject))
    })
}

/// How many of them are problems; `None` if there are none.
pub fn problems(report: &Report, families: &'static [&'static str]) -> Option<usize> {
    let count = of(report, families, None).filter(|finding| finding.severity < Severity::Info).count();
    (count > 0).then_some(count)
}

/// A line for each: severity, title, claim. What to do stands in the overview.
pub fn lines(report: &Report, families: &'static [&'static str], subject: Option<SubjectId>) -> Html {
    let found: Vec<&Finding> = of(report, families, subject).collect();
    if found.is_empty() {
        return Html::default();
    }
    let object = only_object(&found);
    html! {
        <div class="found">
            if let Some(object) = object {
                <p>{ format!("On {}:", selectors::visible(object)) }</p>
            }
            <ul class="plain">
                { for found.into_iter().map(|finding| {
                    let (class, mark) = look(finding.severity);
                    // A claim names the container or image that it is about.
                    let (title, _) = finding.headline();
                    html! {
                        <li>
                            <strong class={classes!("severity", class)}>
                                <span class="mark" aria-hidden="true">{ mark }</span>{ title }
                            </strong>
                            { " " }{ if object.is_some() { about_it(finding, &finding.claim) } else { finding.claim.clone() } }
                        </li>
                    }
                }) }
            </ul>
            <a href={Route::to(ViewId::Overview).href()}>{ "See what to do in Overview" }</a>
        </div>
    }
}

/// The container or image that every finding is about, if it is one: it is named once.
pub fn only_object<'f>(findings: &[&'f Finding]) -> Option<&'f str> {
    let of = findings.first()?.headline().1?;
    findings.iter().all(|finding| finding.headline().1 == Some(of)).then_some(of)
}

/// A claim on a container or image that is named above it.
pub fn about_it(finding: &Finding, claim: &str) -> String {
    let rest = finding.headline().1.and_then(|of| {
        let (first, after) = claim.split_at_checked(1)?;
        let name = first.to_lowercase() + after;
        name.strip_prefix(of).filter(|rest| rest.starts_with(' ')).map(|rest| format!("It{rest}"))
    });
    rest.unwrap_or_else(|| claim.to_owned())
}

const fn look(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Critical => ("critical", "\u{25b2}"),
        Severity::Warning => ("warning", "\u{25c6}"),
        Severity::Info => ("info", "\u{25cf}"),
    }
}
