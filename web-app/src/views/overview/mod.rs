//! Overview: the verdict, what there is at a glance, the findings with what to do, what was checked.

mod analyzers;
mod checks;
mod finding;
mod services;
mod tiles;
mod verdict;

use analyzer_core::report::{Finding, Outcome, Report, Severity};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::number_format as text;
use crate::state::Scope;

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
    let is_of_all = !matches!(props.scope, Some(Scope::One(_))) && props.whole.services().count() > 1;
    html! {
        <section class="overview">
            <h2 class="visually-hidden">{ "Overview" }</h2>
            { verdict::panel(report, props.is_busy) }
            if !props.is_busy {
                if report.outcome != Outcome::Unreadable { { tiles::tiles(report) } }
                if is_of_all {
                    <services::Services report={props.whole.clone()} />
                }
                if !report.findings.is_empty() {
                    <h3>{ heading(report) }</h3>
                    <div class="findings">
                        { for together(&report.findings).into_iter().enumerate().map(|(index, findings)| {
                            finding::card(report, &findings, index)
                        }) }
                    </div>
                }
                { analyzers::analyzers(report) }
                { checks::checks(report) }
            }
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

/// Findings of one rule and severity as one, where the first of them stands.
fn together(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut cards: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let is_same = |card: &&mut Vec<&Finding>| {
            card.first().is_some_and(|first| first.code == finding.code && first.severity == finding.severity)
        };
        match cards.iter_mut().find(is_same) {
            Some(card) => card.push(finding),
            None => cards.push(vec![finding]),
        }
    }
    cards
}

#[cfg(test)]
mod tests {
    use analyzer_core::session::Session;

    use super::*;

    #[test]
    fn findings_of_one_rule_are_one_card() {
        let waits = |id: u32, function: &str| {
            format!(
                "goroutine {id} [chan receive (nil chan), 12 minutes]:\nmain.{function}()\n\t/app/{function}.go:5 +0x1d\n\n"
            )
        };
        let mut session = Session::default();
        session.add("g.txt", (waits(8, "a") + &waits(9, "b")).into_bytes());
        let report = session.report();
        assert_eq!(report.findings.len(), 2, "{:?}", report.findings);
        let cards = together(&report.findings);
        assert_eq!(cards.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    }
}
