//! Goroutines: groups with one stack, state and creator, over the snapshots.

mod detail;
mod filters;
mod model;
mod summary;
mod table;
mod words;

use analyzer_core::report::{Goroutines as Section, Report, SubjectId, Verdict};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::needs::{Needs, Recipe};
use crate::state::{Params, Route};

/// The view's entry in the list.
pub const VIEW: View = View {
    name: "goroutines",
    title: "Goroutines",
    count,
    keys: &[],
    render: |props| html! { <Goroutines ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Every goroutine with its state, wait and creator: the best form",
        command: "curl -o goroutine.txt 'http://localhost:6060/debug/pprof/goroutine?debug=2'",
    },
    Recipe {
        what: "With the runtime's own proof of what can never run again (Go 1.27, or 1.26 with GOEXPERIMENT=goroutineleakprofile)",
        command: "curl -o goroutineleak.txt 'http://localhost:6060/debug/pprof/goroutineleak?debug=2'",
    },
    Recipe {
        what: "From a service without an HTTP endpoint; it ends the process, and the dump is on stderr",
        command: "kill -QUIT PID",
    },
];

/// Route of a group, opened: where a finding leads.
pub fn group_route(id: &str) -> Route {
    VIEW_REF.with(Params::default().with("open", id))
}

static VIEW_REF: View = VIEW;

/// Groups that are worth a look: not benign.
fn count(report: &Report) -> Option<usize> {
    let groups = &report.goroutines.as_ref()?.groups;
    let count = groups.iter().filter(|group| matches!(group.verdict, Verdict::Leak | Verdict::Suspect)).count();
    (count > 0).then_some(count)
}

/// The content of the view.
#[component]
fn Goroutines(props: &ViewProps) -> Html {
    let Some(section) = &props.report.goroutines else {
        return html! {
            <section class="view">
                <h2>{ "Goroutines" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view groups goroutines by stack, state and creator, and tells which will never end. It \
                       needs a goroutine dump; two or more, some minutes apart, tell what grows and what is stuck." }
                </Needs>
            </section>
        };
    };
    let subject = subject(section, &props.params);
    html! {
        <section class="view goroutines">
            <h2 class="visually-hidden">{ "Goroutines" }</h2>
            { summary::subjects(&props.report, section, subject) }
            { summary::crashes(&props.report, section, subject) }
            { summary::moments(&props.report, section, subject) }
            <filters::FilterBar report={props.report.clone()} params={props.params.clone()} {subject} />
            <table::GroupTable report={props.report.clone()} params={props.params.clone()} {subject} />
            { summary::remarks(section) }
        </section>
    }
}

/// The subject that the address names, else the one with most snapshots.
fn subject(section: &Section, params: &Params) -> SubjectId {
    let subjects = model::subjects(section);
    let named = params.number("subject").and_then(|id| u32::try_from(id).ok()).map(SubjectId);
    let opened = params.get("open").and_then(|open| {
        let id = open.split(',').next()?;
        section.groups.iter().find(|group| group.id == id).map(|group| group.subject)
    });
    let largest = subjects.iter().copied().max_by_key(|&id| {
        (model::snapshots(section, id).len(), std::cmp::Reverse(id.0))
    });
    named.filter(|id| subjects.contains(id)).or(opened).or(largest).unwrap_or(SubjectId(0))
}
