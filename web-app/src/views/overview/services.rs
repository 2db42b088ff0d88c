//! The services of a drop, worst first, each with its own verdict.

use analyzer_core::report::{Outcome, Report, SubjectId};
use yew::prelude::*;

use super::verdict::look;
use crate::selectors;
use crate::state::{Route, Scope, Shared, ViewId};

/// Properties of [`Services`].
#[derive(Clone, PartialEq, Properties)]
pub struct ServicesProps {
    /// What was said of all of them.
    pub report: Shared<Report>,
}

struct Row {
    id: SubjectId,
    name: String,
    outcome: Outcome,
    verdict: String,
}

/// The table; a name leads to the service alone.
#[component]
pub fn Services(props: &ServicesProps) -> Html {
    let rows = use_memo(props.report.clone(), |report| {
        let mut rows: Vec<Row> = report
            .services()
            .map(|subject| {
                let own = report.scoped(subject.id);
                Row {
                    id: subject.id,
                    name: selectors::subject_name(subject),
                    outcome: own.outcome,
                    verdict: own.verdict,
                }
            })
            .collect();
        rows.sort_by(|a, b| (a.outcome, &a.name, a.id).cmp(&(b.outcome, &b.name, b.id)));
        rows
    });
    html! {
        <section class="services" aria-labelledby="services-title">
            <h3 id="services-title">{ "Services" }</h3>
            <table class="table">
                <thead><tr><th scope="col">{ "Service" }</th><th scope="col">{ "Verdict" }</th></tr></thead>
                <tbody>{ for rows.iter().map(row) }</tbody>
            </table>
        </section>
    }
}

fn row(row: &Row) -> Html {
    let (class, mark) = look(row.outcome);
    let route = Route { scope: Some(Scope::One(row.id)), ..Route::to(ViewId::Overview) };
    html! {
        <tr key={row.id.0}>
            <th scope="row">
                <span class={classes!("mark", "outcome", class)} aria-hidden="true">{ mark }</span>
                <a href={route.href()}>{ &row.name }</a>
            </th>
            <td>{ &row.verdict }</td>
        </tr>
    }
}
