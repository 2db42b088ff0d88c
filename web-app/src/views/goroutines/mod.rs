//! Goroutines: groups with one stack, state and creator, over the snapshots.

mod age;
mod breakdown;
mod call_tree;
mod case;
mod chunk;
mod detail;
mod filter_bar;
mod filters;
mod flame;
mod folded;
mod listing;
mod modes;
mod picture;
mod row;
#[cfg(test)]
mod samples;
mod stack;
mod summary;
mod table;
mod tangle;
mod trend;
mod wait_picture;
mod words;

use analyzer_core::report::{GoroutineGroup, Goroutines as Section, Report, SubjectId, Verdict};
use yew::prelude::*;

use super::{Place, View, ViewProps};
use crate::components::needs::{Needs, Recipe};
use crate::link::use_link;
use crate::selectors;
use crate::state::{Params, Route, ViewId};
use case::Case;
use modes::Mode;

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Goroutines",
    count,
    keys: &[
        ("\u{2191} \u{2193}", "Previous or next group in the table"),
        ("\u{2192} \u{2190}", "Open or close a group"),
        ("Home, End", "First or last group on the page"),
        ("Double click, Enter", "Flame graph: zoom to a frame"),
        ("Ctrl + wheel, pinch, + \u{2212}", "Flame graph: zoom"),
        ("Esc", "Flame graph: zoom out, then clear the selection"),
    ],
    places,
    render: |props| html! { <Goroutines ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Every goroutine with state, wait time and creator (recommended)",
        command: "curl -o goroutine.txt 'http://localhost:6060/debug/pprof/goroutine?debug=2'",
    },
    Recipe {
        what: "With the runtime's leak detection (Go 1.27, or 1.26 with GOEXPERIMENT=goroutineleakprofile)",
        command: "curl -o goroutineleak.txt 'http://localhost:6060/debug/pprof/goroutineleak?debug=2'",
    },
    Recipe {
        what: "Without an HTTP endpoint: ends the process and prints the dump to stderr",
        command: "kill -QUIT PID",
    },
];

/// Route of a group, opened: where a finding leads.
pub fn group_route(id: &str) -> Route {
    ViewId::Goroutines.with(Params::default().with("open", id))
}

pub use words::{counts as group_counts, frame as group_frame, main_frame, verdict as group_verdict};

/// Groups that are worth a look: not benign.
fn count(report: &Report) -> Option<usize> {
    let groups = &report.goroutines.as_ref()?.groups;
    let count =
        groups.iter().filter(|group| matches!(group.verdict, Verdict::Leak | Verdict::Suspect)).count();
    (count > 0).then_some(count)
}

/// The groups, in the report's order.
fn places(report: &Report) -> Vec<Place> {
    let groups = report.goroutines.iter().flat_map(|section| &section.groups);
    let place = |group: &GoroutineGroup| Place {
        kind: "Goroutines",
        label: words::name(group),
        hint: format!("{}, {}", selectors::visible(&group.state), words::verdict_words(group.verdict).1),
        route: group_route(&group.id),
    };
    groups.map(place).collect()
}

/// The content of the view.
#[component]
fn Goroutines(props: &ViewProps) -> Html {
    let link = use_link();
    let Some(section) = &props.report.goroutines else {
        return html! {
            <section class="view">
                <h2>{ "Goroutines" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view groups goroutines by stack, state and creator, and shows which ones leak. It needs a goroutine dump. Two or more, a few minutes apart, show what grows and what is stuck." }
                </Needs>
            </section>
        };
    };
    let case = Case {
        report: props.report.clone(),
        params: props.params.clone(),
        subject: subject(section, &props.params),
        is_dark: props.is_dark,
        link,
    };
    let mode = Mode::of(&props.params);
    html! {
        <section class="view goroutines">
            <h2 class="visually-hidden">{ "Goroutines" }</h2>
            { summary::subjects(&case, section) }
            { summary::crashes(&case, section) }
            { summary::headline(&case, section) }
            <picture::Picture case={case.clone()} />
            <filter_bar::FilterBar case={case.clone()} />
            { modes::switch(&case, mode) }
            { match mode {
                Mode::Groups => html! { <table::GroupTable case={case.clone()} /> },
                Mode::Flame => html! { <flame::GroupFlame case={case.clone()} /> },
                Mode::Waits => html! { <wait_picture::Waits case={case.clone()} /> },
            } }
            { summary::remarks(section) }
        </section>
    }
}

/// The subject that the address names, else the one with most snapshots.
fn subject(section: &Section, params: &Params) -> SubjectId {
    let subjects = listing::subjects(section);
    let named = params.number("subject").and_then(|id| u32::try_from(id).ok()).map(SubjectId);
    let opened = params.get("open").and_then(|open| {
        let id = open.split(',').next()?;
        section.groups.iter().find(|group| group.id == id).map(|group| group.subject)
    });
    let largest = subjects
        .iter()
        .copied()
        .max_by_key(|&id| (listing::snapshots(section, id).len(), std::cmp::Reverse(id.0)));
    named.filter(|id| subjects.contains(id)).or(opened).or(largest).unwrap_or(SubjectId(0))
}
