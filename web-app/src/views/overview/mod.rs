//! Overview: the verdict, what there is at a glance, the findings with what to do, what was checked.

mod analyzers;
mod checks;
mod finding;
mod services;
mod sockets;
mod tiles;
mod verdict;

use analyzer_core::report::{Finding, Outcome, Report, Severity};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::landing;
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
                if is_told_nothing(report) {
                    <div class="what-to-drop">
                        { landing::commands() }
                        { landing::inputs(true) }
                    </div>
                }
                { analyzers::analyzers(report) }
                { checks::checks(report) }
            }
        </section>
    }
}

/// True if what was dropped told nothing: what would tell something is shown instead.
fn is_told_nothing(report: &Report) -> bool {
    report.findings.is_empty() && (report.outcome == Outcome::Unreadable || report.checks_run == 0)
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
    fn what_to_drop_is_shown_where_nothing_was_told() {
        for (text, is_told_nothing) in [
            ("lorem ipsum\ndolor sit amet\n", true),
            (
                "goroutine 8 [chan receive (nil chan), 12 minutes]:\nmain.wait()\n\t/app/main.go:5 +0x1d\n",
                false,
            ),
        ] {
            let mut session = Session::default();
            session.add("file.txt", text.as_bytes().to_vec());
            assert_eq!(super::is_told_nothing(&session.report()), is_told_nothing, "{text}");
        }
    }

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
