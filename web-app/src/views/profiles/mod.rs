//! Profiles: one pprof profile at a time, or the difference of two, in several
//! ways of looking at it.

mod about;
mod actions;
mod calls;
mod choice;
mod details;
mod export;
mod filters;
mod flame;
mod head;
mod keys;
mod labels;
mod legend;
mod name;
mod own_code;
mod sandwich;
mod search;
mod settings;
mod toolbar;
mod top;
mod tree;
mod viewport;

use std::cell::Cell;
use std::rc::Rc;

use analyzer_core::report::Report;
use analyzer_core::session::{Direction, Question, TreeOptions, question};
use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::{Place, View, ViewProps};
use crate::components::flame::amount;
use crate::components::flame::data::FlameGraph;
use crate::components::menu::Menu;
use crate::components::needs::{Needs, Recipe};
use crate::link::{Answer, Link, use_link};
use crate::selectors;
use crate::state::{Params, Shared, ViewId};
use actions::Subject;
use settings::Mode;
use viewport::{Tree, use_tree};

pub use own_code::exactly;
pub use settings::{Settings, params_of};

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Profiles",
    count: |report| (!report.profiles.is_empty()).then_some(report.profiles.len()),
    keys: &[
        ("Click, Enter on a row", "Select a function; it is highlighted in every view"),
        ("Double click, Enter", "Zoom to a frame"),
        ("Right click, long press, Menu", "Actions for a frame"),
        ("Esc", "Zoom out; then clear the selection"),
        ("Ctrl + wheel, pinch, + \u{2212}, w s", "Zoom"),
        ("Drag, Shift + wheel, a d", "Pan"),
        ("Arrows", "Go to the caller, a callee or a neighbor, in the graph and in the call graph"),
        ("0", "Show everything"),
        ("Enter, Shift + Enter", "Search: next and previous match"),
        ("v", "Next view of the profile"),
        ("c", "Callers and callees of the selected function"),
        ("s", "Source of the selected function"),
        ("m", "Toggle only my code"),
        ("r", "Toggle collapsed recursion"),
        ("i", "Toggle inverted (callers below callees)"),
        ("f", "Toggle the root at the bottom"),
        ("n p", "Next and previous profile"),
        ("t", "Next sample type"),
        ("Ctrl + F", "Search, with the focus on the graph"),
    ],
    places,
    render: |props| html! { <Profiles ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe { what: "Heap", command: "curl -o heap.pb.gz localhost:6060/debug/pprof/heap" },
    Recipe {
        what: "CPU, for 30 seconds",
        command: "curl -o cpu.pb.gz localhost:6060/debug/pprof/profile?seconds=30",
    },
    Recipe {
        what: "From a test or benchmark",
        command: "go test -bench . -memprofile mem.pb.gz -cpuprofile cpu.pb.gz",
    },
];

/// The profiles, and the ways to look at one.
fn places(report: &Report) -> Vec<Place> {
    let profile = |index: usize| {
        let key = settings::key_of(report, index);
        Place {
            kind: "Profile",
            label: selectors::visible(&key),
            hint: report.profiles.get(index).and_then(|profile| profile.kind.clone()).unwrap_or_default(),
            route: ViewId::Profiles.with(Params::default().with("profile", key)),
        }
    };
    let way = |(name, title): (&str, &str)| Place {
        kind: "View",
        label: format!("Profiles: {title}"),
        hint: String::new(),
        route: ViewId::Profiles.with(Params::default().with("view", name)),
    };
    let ways = Mode::ALL.iter().map(|&(_, name, title)| (name, title));
    let ways: Vec<Place> = ways.filter(|_| !report.profiles.is_empty()).map(way).collect();
    ways.into_iter().chain((0..report.profiles.len()).map(profile)).collect()
}

/// What the parts of the view share.
#[derive(Clone, PartialEq)]
pub struct Case {
    report: Shared<Report>,
    params: Params,
    settings: Rc<Settings>,
    link: Option<Link>,
    is_dark: bool,
    on_menu: Callback<MenuRequest>,
    on_say: Callback<&'static str>,
    /// The values that the flame graph shows now, if it is shown.
    window: Rc<Cell<Option<(f64, f64)>>>,
}

/// A wish for a menu.
#[derive(Clone, PartialEq)]
struct MenuRequest {
    subject: Subject,
    x: f64,
    y: f64,
}

impl Case {
    /// Sets a parameter, as a new entry of the history.
    fn go(&self, params: Params) {
        if let Some(link) = &self.link {
            link.navigate(ViewId::Profiles.with(params));
        }
    }

    /// Sets a parameter without a new entry of the history.
    fn refine(&self, params: Params) {
        if let Some(link) = &self.link {
            link.refine(params);
        }
    }

    /// Opens the menu of a function, at a place in the window.
    fn open_menu(&self, subject: Subject, x: f64, y: f64) {
        self.on_menu.emit(MenuRequest { subject, x, y });
    }

    /// Opens the menu of a function where a row was right-clicked.
    fn on_row_menu(&self, name: &str) -> Callback<MouseEvent> {
        let (case, subject) = (self.clone(), Subject::named(name));
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            case.open_menu(subject.clone(), f64::from(event.client_x()), f64::from(event.client_y()));
        })
    }

    /// Says something for a moment.
    fn say(&self, text: &'static str) {
        self.on_say.emit(text);
    }

    /// Goes to the source of a function.
    fn open_source(&self, params: Params) {
        if let Some(link) = &self.link {
            link.navigate(ViewId::Source.with(params));
        }
    }

    /// A callback that goes to the view with these parameters.
    fn on_go(&self, params: Params) -> Callback<MouseEvent> {
        let case = self.clone();
        Callback::from(move |_| case.go(params.clone()))
    }
}

/// How long something is said, in milliseconds.
const SAID_MILLIS: u32 = 3_000;

/// The content of the view.
#[component]
fn Profiles(props: &ViewProps) -> Html {
    let link = use_link();
    let menu = use_state_eq(|| None::<MenuRequest>);
    let said = use_state_eq(|| None::<&'static str>);
    let window = use_memo((), |()| Rc::new(Cell::new(None)));
    let on_menu = use_callback(menu.setter(), |request, menu| menu.set(Some(request)));
    let on_close = use_callback(menu.setter(), |(), menu| menu.set(None));
    let on_say = use_callback(said.setter(), |text, said| said.set(Some(text)));
    {
        let silence = said.setter();
        use_effect_with(*said, move |said| {
            let timer = said.map(|_| Timeout::new(SAID_MILLIS, move || silence.set(None)));
            move || drop(timer)
        });
    }
    let Some(settings) = Settings::new(&props.report, &props.params) else {
        return html! {
            <section class="view profiles">
                <h2>{ "Profiles" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view shows pprof profiles as flame graph, table and call tree. None of the files is a profile. Get one from a service with net/http/pprof:" }
                </Needs>
            </section>
        };
    };
    let case = Case {
        report: props.report.clone(),
        params: props.params.clone(),
        settings: Rc::new(settings),
        link,
        is_dark: props.is_dark,
        on_menu,
        on_say,
        window: (*window).clone(),
    };
    html! {
        <>
            <Shown case={case.clone()} />
            if let Some(MenuRequest { subject, x, y }) = (*menu).clone() {
                <Menu title={subject.name.clone()} items={actions::of(&case, &subject)} {x} {y} {on_close} />
            }
            <p class="said" role="status">{ said.unwrap_or_default() }</p>
        </>
    }
}

/// The address with another selection.
fn select(params: &Params, graph: &FlameGraph, node: Option<u32>) -> Params {
    match node {
        Some(node) => {
            params.with("function", graph.name_of(node)).with("node", settings::node_param(graph, node))
        }
        None => params.without("function").without("node"),
    }
}

/// Properties of what needs no more than the case.
#[derive(Clone, PartialEq, Properties)]
pub struct CaseProps {
    /// What is shown.
    pub case: Case,
}

/// The view with a profile in it.
#[component]
fn Shown(props: &CaseProps) -> Html {
    let case = &props.case;
    let settings = &case.settings;
    let Tree { answer, graph, on_seen } = use_tree(
        case,
        TreeOptions {
            direction: if settings.is_inverted { Direction::Callers } else { Direction::Callees },
            in_time: settings.is_in_time && !settings.is_inverted && settings.mode != Mode::Tree,
            ..TreeOptions::default()
        },
    );
    keys::use_keys(case, graph.as_ref());
    html! {
        <section class="view profiles" aria-busy={answer.is_pending.to_string()}>
            { toolbar::toolbar(case, graph.as_ref()) }
            { filters::filters(case) }
            { notes(case) }
            { content(case, &answer, graph, on_seen) }
        </section>
    }
}

fn content(
    case: &Case,
    answer: &Answer<question::Tree>,
    graph: Option<Shared<FlameGraph>>,
    on_seen: Callback<(f64, f64)>,
) -> Html {
    if case.settings.mode == Mode::About {
        return html! { <about::About case={case.clone()} /> };
    }
    // What cannot be asked costs the graph that is there nothing.
    let message = trouble(answer);
    if graph.is_none()
        && let Some(message) = message
    {
        return html! { <p class="notice warning" role="alert">{ message }</p> };
    }
    let Some(graph) = graph else {
        return html! { <p class="quiet profile-wait" role="status">{ "Building the call tree\u{2026}" }</p> };
    };
    if let Some(why) = why_empty(case, &graph) {
        return html! { <div class="needs profile-empty">{ why }</div> };
    }
    let view = match case.settings.mode {
        Mode::Both => html! {
            <div class="both">
                <flame::Flame case={case.clone()} graph={graph.clone()} {on_seen} />
                <top::TopView case={case.clone()} {graph} />
            </div>
        },
        Mode::Flame => html! { <flame::Flame case={case.clone()} {graph} {on_seen} /> },
        Mode::Top => html! { <top::TopView case={case.clone()} {graph} /> },
        Mode::Sandwich => html! { <sandwich::Sandwich case={case.clone()} {graph} /> },
        Mode::Tree => html! { <tree::TreeTable case={case.clone()} {graph} /> },
        Mode::Labels => html! { <labels::LabelsView case={case.clone()} /> },
        Mode::Calls => html! { <calls::Calls case={case.clone()} /> },
        Mode::About => Html::default(),
    };
    html! {
        <>
            // The call graph says it of its own question.
            if let Some(message) = message.filter(|_| case.settings.mode != Mode::Calls) {
                <p class="notice warning" role="alert">{ message }{ " The last graph is shown." }</p>
            }
            { view }
        </>
    }
}

/// What is odd about the profile, above everything that is drawn of it.
fn notes(case: &Case) -> Html {
    let Some(summary) = case.report.profiles.get(case.settings.profile) else { return Html::default() };
    if case.settings.mode == Mode::About {
        return Html::default();
    }
    html! { { for about::notes(summary).into_iter().map(|note| html! { <p class="profile-note">{ note }</p> }) } }
}

/// Why there is no answer.
fn trouble<Q: Question>(answer: &Answer<Q>) -> Option<String> {
    if let Some(refusal) = &answer.refusal {
        return Some(format!("No answer: {refusal}."));
    }
    answer.error.as_ref().map(|reason| format!("The engine could not answer: {reason}"))
}

/// Why a tree has nothing in it, and what to do.
fn why_empty(case: &Case, graph: &FlameGraph) -> Option<Html> {
    if !graph.is_empty() && graph.len() > 1 {
        return None;
    }
    let tree = graph.tree();
    let filtered = case.settings.query.filters != analyzer_core::session::Filters::default();
    let summary = case.report.profiles.get(case.settings.profile)?;
    let others: Vec<&str> = summary
        .sample_types
        .iter()
        .filter(|column| column.total != 0 && column.kind != tree.sample_type)
        .map(|column| column.kind.as_str())
        .collect();
    let text = if summary.samples == 0 {
        "This profile has no samples: nothing was recorded.".to_owned()
    } else if filtered && tree.view_total != 0 {
        let total = amount::short(tree.view_total, &tree.unit);
        format!("Nothing of {total} matches the filters. Remove a filter above, or go back.")
    } else if !others.is_empty() {
        format!(
            "All values of {} are zero. Choose another sample type above: {}.",
            tree.sample_type,
            others.join(", ")
        )
    } else {
        format!("All values of {} are zero.", tree.sample_type)
    };
    Some(html! { <p>{ text }</p> })
}
