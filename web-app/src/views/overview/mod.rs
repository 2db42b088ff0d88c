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

use super::{Place, View, ViewProps};
use crate::components::{found, landing};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Scope, ViewId};

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Overview",
    count: |report| {
        let serious = serious(report);
        (serious > 0).then_some(serious)
    },
    keys: &[],
    places,
    render: |props| html! { <Overview ..props /> },
};

/// The findings: each leads to the card that it is on.
fn places(report: &Report) -> Vec<Place> {
    let cards = together(&report.findings).into_iter().enumerate();
    let of_card = |(index, findings): (usize, Vec<&Finding>)| {
        let route = ViewId::Overview.with(Params::default().with("finding", (index + 1).to_string()));
        let place = |finding: &Finding| Place {
            kind: "Finding",
            label: finding.title.clone(),
            hint: finding.places.first().map(|place| selectors::visible(&place.function)).unwrap_or_default(),
            route: route.clone(),
        };
        findings.into_iter().map(place).collect::<Vec<_>>()
    };
    cards.flat_map(of_card).collect()
}

/// The content of the view.
#[component]
fn Overview(props: &ViewProps) -> Html {
    let report = &props.report;
    // What is loaded later leaves the focus where it is.
    let gone_to = use_mut_ref(|| None::<u64>);
    use_effect_with((props.params.number("finding"), props.is_busy), move |&(finding, is_busy)| {
        if is_busy || gone_to.replace(finding) == finding {
            return;
        }
        if let Some(card) = finding.and_then(|number| number.checked_sub(1)) {
            finding::go_to(card);
        }
    });
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
                    <h3>
                        { heading(report) }
                        if let Some(of) = only_object(report) {
                            <span class="quiet object">{ format!(" on {}", selectors::visible(of)) }</span>
                        }
                    </h3>
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

/// The container or image that every finding is about, if it is one.
fn only_object(report: &Report) -> Option<&str> {
    found::only_object(&report.findings.iter().collect::<Vec<_>>())
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
    fn a_container_that_all_findings_are_about_is_named_once() {
        let container = |name: &str| {
            format!(
                "      - name: {name}\n        image: {name}:1\n        resources: {{requests: {{memory: 64Mi}}, limits: {{memory: 400Mi}}}}\n        env: [{{name: GOMEMLIMIT, value: 512MiB}}]\n"
            )
        };
        let deployment = |containers: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  template:\n    spec:\n      containers:\n{containers}"
            )
        };
        let report = |text: String| {
            let mut session = Session::default();
            session.add("api.yaml", text.into_bytes());
            session.report()
        };
        let one = report(deployment(&container("web")));
        assert!(one.findings.len() > 1, "{:?}", one.findings);
        assert_eq!(only_object(&one), Some("container web of Deployment/api"));
        let told =
            one.findings.iter().map(|finding| found::about_it(finding, &finding.claim)).collect::<String>();
        assert!(told.starts_with("It has GOMEMLIMIT=512MiB") && !told.contains("Deployment"), "{told}");
        let two = report(deployment(&(container("web") + &container("proxy"))));
        assert_eq!(only_object(&two), None);
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
