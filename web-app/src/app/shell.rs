//! The frame of the page: header, tabs, what is being read, the view.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlSelectElement};
use yew::prelude::*;

use super::keys::KEYS;
use super::palette::{self, Palette};
use crate::components::browse::Browse;
use crate::components::keys_dialog::{Keys, KeysDialog};
use crate::components::landing::Landing;
use crate::components::loading::Loading;
use crate::components::share::Share;
use crate::components::tabs::{Tab, Tabs};
use crate::components::theme_button::ThemeButton;
use crate::link::{Command, Link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Action, Health, Route, Scope, Shared, State, ViewId};
use crate::views::{self, ViewProps};
use analyzer_core::report::Report;

/// The page.
pub fn page(state: &State, link: &Link) -> Html {
    html! {
        <div class="app">
            <button type="button" class="skip-link button" onclick={|_: MouseEvent| skip()}>{ "Skip to the content" }</button>
            <header class="header">
                { brand() }
                { subject_line(state, link) }
                { actions(state, link) }
            </header>
            if !state.files.is_empty() {
                <Tabs current={state.route.view} tabs={tabs(state.shown().map(|report| &**report))} />
            }
            { notices(state, link) }
            if !state.files.is_empty() {
                <Loading files={state.files.clone()} is_busy={state.is_busy()} report={state.report.clone()} />
            }
            { main(state) }
            if state.dragged_over {
                <div class="drop-overlay" aria-hidden="true"><p>{ "Drop to analyze" }</p></div>
            }
            if state.palette_shown {
                <Palette
                    report={state.shown().cloned()} params={state.route.params.clone()} theme={state.theme}
                    has_files={!state.files.is_empty()} is_busy={state.is_busy()}
                />
            }
            if state.keys_shown {
                <KeysDialog page_keys={KEYS} views={keys_of_views(state.route.view)} />
            }
        </div>
    }
}

fn main(state: &State) -> Html {
    if state.files.is_empty() {
        return html! { <main><div id="main" tabindex="-1"><Landing route={state.route.clone()} view_title={views::of(state.route.view).title} /></div></main> };
    }
    let name = state.route.view.name();
    html! {
        <main>
            <div id="main" role="tabpanel" tabindex="-1" aria-labelledby={format!("tab-{name}")}>
                if let Some(report) = report_of(state) {
                    { (views::of(state.route.view).render)(props(state, report)) }
                } else if matches!(state.health, Health::Dead(_)) {
                    <p class="quiet">{ "No report: the engine is not running." }</p>
                } else if state.is_busy() {
                    <p class="quiet">{ "The report appears when the first files have been read." }</p>
                } else {
                    <p class="quiet">{ "No file could be read. The reasons are listed above." }</p>
                }
            </div>
        </main>
    }
}

/// Every view with its keys, the one that is shown first.
fn keys_of_views(shown: ViewId) -> Vec<(&'static str, Keys)> {
    let others = ViewId::ALL.iter().copied().filter(|&id| id != shown);
    std::iter::once(shown).chain(others).map(|id| (views::of(id).title, views::of(id).keys)).collect()
}

/// What the view is of: the inventory lists the files of every service.
fn report_of(state: &State) -> Option<&Shared<Report>> {
    if state.route.view == ViewId::Files { state.report.as_ref() } else { state.shown() }
}

/// Moves the focus past header and tabs.
fn skip() {
    let main = gloo::utils::document().get_element_by_id("main");
    if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
        let _ = main.focus();
    }
}

/// The window's title: what is shown, and of what.
pub fn title(state: &State) -> String {
    let Some(report) = state.shown() else { return "Strata".to_owned() };
    let view = views::of(state.route.view).title;
    format!("{} \u{b7} {view} \u{2013} Strata", selectors::report_name(report))
}

fn props(state: &State, report: &Shared<Report>) -> ViewProps {
    ViewProps {
        report: report.clone(),
        params: state.route.params.clone(),
        is_dark: state.is_dark(),
        is_busy: state.is_busy(),
        scope: state.route.scope,
        whole: state.report.clone().unwrap_or_else(|| report.clone()),
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

/// What the drop is of, in one line; of several services, which of them is shown.
fn subject_line(state: &State, link: &Link) -> Html {
    let Some(report) = state.shown() else { return html! { <p class="subject"></p> } };
    let services = state.report.as_ref().map_or(0, |whole| whole.services().count());
    let is_one = matches!(state.route.scope, Some(Scope::One(_)));
    if services > 1 && !is_one {
        return html! { <p class="subject">{ switcher(state, link) }</p> };
    }
    let main = report.subjects.iter().max_by_key(|subject| (subject.snapshots.len(), subject.pid.is_some()));
    let Some(subject) = main else { return html! { <p class="subject"></p> } };
    let others = report.subjects.len() - 1;
    let is_named = subject.name.is_some() || subject.pid.is_some();
    html! {
        <p class="subject">
            if services > 1 {
                { switcher(state, link) }
            } else if is_named || others > 0 {
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

/// Which service head, verdict, tiles and views are of.
fn switcher(state: &State, link: &Link) -> Html {
    let Some(report) = &state.report else { return Html::default() };
    let scope = state.route.scope.unwrap_or(Scope::All);
    let onchange = {
        let (link, view) = (link.clone(), state.route.view);
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            link.navigate(Route::parse(&format!("#{}?service={value}", view.name())));
        })
    };
    let services: Vec<_> = report.services().collect();
    let option = |value: Scope, name: String| {
        html! { <option value={value.name()} selected={value == scope}>{ name }</option> }
    };
    html! {
        <select id="service" class="field" aria-label="Service" {onchange}>
            { option(Scope::All, format!("All {} services", text::count_usize(services.len()))) }
            { for services.iter().map(|subject| option(Scope::One(subject.id), selectors::subject_name(subject))) }
        </select>
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
    let palette = {
        let link = link.clone();
        move |_| palette::toggle(&link)
    };
    html! {
        <div class="actions">
            if !state.files.is_empty() {
                if let Some(report) = state.shown().filter(|_| !state.is_busy()) {
                    <Share report={report.clone()} />
                }
                <span class="edits">
                    <Browse label="Add files" is_small=true />
                    <button type="button" class="button" onclick={clear} title="Remove all files and start over">
                        { "New" }
                    </button>
                </span>
            }
            <button type="button" class="button palette-button" onclick={palette} title="Find anything (Ctrl+K)" aria-keyshortcuts="Control+K">
                { "Find" }<kbd aria-hidden="true">{ "Ctrl K" }</kbd>
            </button>
            <ThemeButton theme={state.theme} />
            <button type="button" class="button icon keys-button" onclick={keys} title="Keys (?)" aria-label="Keys (?)">{ "?" }</button>
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
                    { format!("The engine runs in a background worker, which has stopped: {reason}. Reload the page to try again.") }
                </p>
            </div>
        },
    }
}
