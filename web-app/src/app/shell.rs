//! The frame of the page: header, tabs, what is being read, the view.

use yew::prelude::*;

use super::keys::KEYS;
use crate::components::browse::Browse;
use crate::components::keys_dialog::KeysDialog;
use crate::components::landing::Landing;
use crate::components::loading::Loading;
use crate::components::share::{CopyMarkdown, SaveReport};
use crate::components::tabs::{Tab, Tabs};
use crate::components::theme_button::ThemeButton;
use crate::link::{Command, Link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Action, Health, Route, Shared, State, ViewId};
use crate::views::{self, ViewProps};
use analyzer_core::report::Report;

/// The page.
pub fn page(state: &State, link: &Link) -> Html {
    let view = views::of(state.route.view);
    html! {
        <div class="app">
            <header class="header">
                { brand() }
                { subject_line(state) }
                { actions(state, link) }
            </header>
            if !state.files.is_empty() {
                <Tabs current={state.route.view} tabs={tabs(state.report.as_deref())} />
            }
            { notices(state, link) }
            if !state.files.is_empty() {
                <Loading files={state.files.clone()} is_busy={state.is_busy()} report={state.report.clone()} />
            }
            { main(state) }
            if state.dragged_over {
                <div class="drop-overlay" aria-hidden="true"><p>{ "Drop to analyze" }</p></div>
            }
            if state.keys_shown {
                <KeysDialog page_keys={KEYS} view_keys={view.keys} view_title={view.title} />
            }
        </div>
    }
}

fn main(state: &State) -> Html {
    if state.files.is_empty() {
        return html! { <main id="main"><Landing /></main> };
    }
    let name = state.route.view.name();
    html! {
        <main id="main" role="tabpanel" aria-labelledby={format!("tab-{name}")}>
            if let Some(report) = &state.report {
                { (views::of(state.route.view).render)(props(state, report)) }
            } else if matches!(state.health, Health::Dead(_)) {
                <p class="quiet">{ "There is no report, for the engine is not running." }</p>
            } else if state.is_busy() {
                <p class="quiet">{ "The report appears here as soon as the first files are read." }</p>
            } else {
                <p class="quiet">{ "None of the files could be read. What is wrong with each is said above." }</p>
            }
        </main>
    }
}

fn props(state: &State, report: &Shared<Report>) -> ViewProps {
    ViewProps {
        report: report.clone(),
        params: state.route.params.clone(),
        is_dark: state.is_dark(),
        is_busy: state.is_busy(),
    }
}

fn tabs(report: Option<&Report>) -> Vec<Tab> {
    let tab = |&id: &ViewId| {
        let view = views::of(id);
        Tab { view: id, title: view.title, count: report.and_then(view.count) }
    };
    ViewId::ALL.iter().map(tab).collect()
}

fn brand() -> Html {
    html! {
        <h1 class="brand">
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" class="brand-mark">
                <rect x="2" y="3" width="10" height="4" /><rect x="2" y="8" width="13" height="4" />
                <rect x="2" y="13" width="16" height="4" />
            </svg>
            { "Strata" }
        </h1>
    }
}

/// What the drop is of, in one line.
fn subject_line(state: &State) -> Html {
    let Some(report) = &state.report else { return html! { <p class="subject"></p> } };
    let main = report.subjects.iter().max_by_key(|subject| (subject.snapshots.len(), subject.pid.is_some()));
    let Some(subject) = main else { return html! { <p class="subject"></p> } };
    let others = report.subjects.len() - 1;
    let is_named = subject.name.is_some() || subject.pid.is_some();
    html! {
        <p class="subject">
            if is_named || others > 0 {
                <strong class="subject-name">{ selectors::subject_name(subject) }</strong>
            }
            { for selectors::subject_facts(report, subject).into_iter().map(|fact| html! { <span class="fact">{ fact }</span> }) }
            if others > 0 {
                <a class="fact" href={Route::parse("#files").href()}>
                    { format!("and {}", text::counted(others, "other process or container", "other processes or containers")) }
                </a>
            }
        </p>
    }
}

fn actions(state: &State, link: &Link) -> Html {
    let clear = {
        let link = link.clone();
        move |_| link.send(Command::Clear)
    };
    let keys = {
        let link = link.clone();
        move |_| link.send(Command::Act(Action::KeysToggled))
    };
    html! {
        <div class="actions">
            if !state.files.is_empty() {
                if let Some(report) = state.report.as_ref().filter(|_| !state.is_busy()) {
                    <SaveReport report={report.clone()} />
                    <CopyMarkdown report={report.clone()} />
                }
                <span class="edits">
                    <Browse label="Add files" is_small=true />
                    <button type="button" class="button" onclick={clear} title="Take everything away and start over">
                        { "New" }
                    </button>
                </span>
            }
            <ThemeButton theme={state.theme} />
            <button type="button" class="button icon keys-button" onclick={keys} title="Keys (?)" aria-label="Keys">{ "?" }</button>
        </div>
    }
}

fn notices(state: &State, link: &Link) -> Html {
    let dismiss = {
        let link = link.clone();
        move |_| link.send(Command::Act(Action::Noticed(None)))
    };
    html! {
        <>
            { health(&state.health) }
            if let Some(notice) = &state.notice {
                <div class="notice" role="status">
                    <p>{ notice }</p>
                    <button type="button" class="button" onclick={dismiss}>{ "Dismiss" }</button>
                </div>
            }
        </>
    }
}

fn health(health: &Health) -> Html {
    match health {
        Health::Fine => Html::default(),
        Health::Restarted(text) => html! { <div class="notice warning" role="alert"><p>{ text }</p></div> },
        Health::Dead(reason) => html! {
            <div class="notice critical" role="alert">
                <p>
                    <strong>{ "The engine is not running. " }</strong>
                    { format!("It works in a background worker, which ended: {reason}. Reload the page to try again.") }
                </p>
            </div>
        },
    }
}
