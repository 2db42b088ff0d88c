//! The page: holds the state, carries out what follows from it, draws it.

mod embedder;
mod keys;
mod listeners;
mod palette;
mod shell;
mod theme;

use std::collections::HashMap;

use analyzer_core::session::question;
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

use crate::intake::{self, Dropped, Intake};
use crate::link::{Command, Link};
use crate::state::{Action, FileKey, FileRow, Health, Params, Route, Shared, Stage, State};
use crate::worker_client::{AskError, WorkerClient};
use crate::{address, crash, selectors};

/// Browsers refuse pages that write their address too often.
const ADDRESS_DELAY_MILLIS: u32 = 250;

/// How long a worker may take to stop reading before it is replaced.
const CANCEL_PATIENCE_MILLIS: u32 = 2_000;

/// Mounts the page into its root element.
pub fn mount() {
    yew::set_custom_panic_hook(crash::on_panic(show_crash));
    let document = gloo::utils::document();
    match document.get_element_by_id("root") {
        Some(root) => {
            yew::Renderer::<App>::with_root(root).render();
        }
        None => web_sys::console::error_1(&"the page has no element with the id root".into()),
    }
}

/// Puts the panic over the page, without anything that could panic again.
fn show_crash(text: &str) {
    let document = gloo::utils::document();
    let Ok(notice) = document.create_element("pre") else {
        return;
    };
    let _ = notice.set_attribute("role", "alert");
    let _ = notice.set_attribute("class", "crash");
    notice.set_text_content(Some(&format!(
        "Strata crashed. This is a bug in Strata. Reload the page.\n\n{text}"
    )));
    if let Some(body) = document.body() {
        let _ = body.append_child(&notice);
    }
}

/// The page's root component.
pub struct App {
    state: State,
    engine: WorkerClient,
    link: Link,
    /// Handles of the files of the drop, for as long as a worker may need them again.
    handles: HashMap<FileKey, File>,
    /// A change of the address that is not written yet.
    address_writer: Option<Timeout>,
    _listeners: Vec<EventListener>,
}

impl Component for App {
    type Message = Command;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let on_command = ctx.link().callback(|command| command);
        let engine = WorkerClient::new(on_command.reform(Command::Act));
        engine.restart();
        let link = Link::new(engine.clone(), on_command);
        let mut state = State::default();
        state.start_at(address::current());
        state.apply(Action::ThemeChosen(theme::remembered()));
        state.apply(Action::SystemTurned { dark: theme::system_is_dark() });
        theme::set(state.is_dark());
        let saved = intake::saved();
        if !saved.is_empty() {
            link.send(Command::Take(saved.into()));
        }
        Self {
            state,
            engine,
            handles: HashMap::new(),
            address_writer: None,
            _listeners: listeners::all(&link),
            link,
        }
    }

    fn rendered(&mut self, _: &Context<Self>, is_first: bool) {
        if is_first {
            embedder::ready();
        }
    }

    fn update(&mut self, _: &Context<Self>, command: Command) -> bool {
        match command {
            Command::Act(action) => self.act(action),
            Command::Take(intake) => self.take(intake),
            Command::Cancel(key) => self.cancel(key),
            Command::EndReading(key) => self.end_reading(key),
            Command::Clear => self.clear(),
            Command::Navigate(route) => self.navigate(route),
            Command::Refine(params) => self.refine(params),
            Command::Collect(give) => give.emit(self.files_read()),
            Command::OpenExample => self.take(intake::example().into_iter().collect::<Vec<_>>().into()),
            Command::AddressChanged => self.follow_address(),
        }
        self.pump();
        gloo::utils::document().set_title(&shell::title(&self.state));
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        html! {
            <ContextProvider<Link> context={self.link.clone()}>
                { shell::page(&self.state, &self.link) }
            </ContextProvider<Link>>
        }
    }
}

impl App {
    fn act(&mut self, action: Action) {
        let is_fatal = matches!(action, Action::WorkerDied(_));
        let is_report = matches!(action, Action::Reported(..));
        if let Action::ThemeChosen(theme) = action {
            theme::remember(theme);
        }
        self.state.apply(action);
        if let Some(report) = self.state.report.as_ref().filter(|_| is_report && !self.state.is_busy()) {
            embedder::loaded(report.findings.len());
        }
        if is_report && let Some(route) = self.state.opens(selectors::first_view) {
            address::replace(&route);
            self.state.apply(Action::Navigated(route.clone()));
        }
        theme::set(self.state.is_dark());
        if is_fatal && !matches!(self.state.health, Health::Dead(_)) {
            self.engine.restart();
        }
    }

    /// Carries out what the state calls for: reports first, for they are what
    /// the user waits for, then the next file.
    fn pump(&mut self) {
        let now = js_sys::Date::now();
        if self.state.wants_report(now) {
            self.state.apply(Action::ReportAsked(now));
            self.ask_report();
        }
        while let Some(next) = self.state.next_file().cloned() {
            match self.handles.get(&next.key) {
                Some(handle) => {
                    self.engine.load(&next, handle.clone());
                    self.state.apply(Action::Started(next.key));
                }
                None => self.state.apply(Action::Cancelled(next.key)),
            }
        }
    }

    fn ask_report(&self) {
        let pending = self.engine.ask(question::Report);
        let link = self.link.clone();
        spawn_local(async move {
            let action = match pending.await {
                Ok(Ok(report)) => Action::Reported(Shared::new(report), js_sys::Date::now()),
                Ok(Err(refusal)) => Action::WorkerDied(format!("no report: {refusal}")),
                Err(AskError::Broken(reason)) => Action::WorkerDied(reason),
                // Whatever replaced the worker asks again.
                Err(AskError::Gone) => return,
            };
            link.send(Command::Act(action));
        });
    }

    fn take(&mut self, Intake { files, notice }: Intake) {
        let nothing = || "The clipboard or drop contained no file and no text.".to_owned();
        let notice = notice.or_else(|| files.is_empty().then(nothing));
        self.state.apply(Action::Noticed(notice));
        let mut rows = Vec::with_capacity(files.len());
        for dropped in files {
            let key = self.engine.new_id();
            rows.push(dropped.describe(key));
            self.handles.insert(key, dropped.file);
        }
        if !rows.is_empty() {
            self.state.apply(Action::FilesAdded(rows));
        }
    }

    /// What a saved report carries: files that failed are of use to nobody.
    fn files_read(&self) -> Vec<Dropped> {
        let rows = self.state.files.rows().iter().filter(|row| matches!(row.stage, Stage::Loaded { .. }));
        let dropped = |row: &FileRow| {
            let file = self.handles.get(&row.file.key)?.clone();
            Some(Dropped { path: row.file.path.clone(), file })
        };
        rows.filter_map(dropped).collect()
    }

    fn cancel(&mut self, key: FileKey) {
        let row = self.state.files.rows().iter().find(|row| row.file.key == key);
        match row.map(|row| &row.stage) {
            Some(Stage::Waiting) => self.state.apply(Action::Cancelled(key)),
            Some(Stage::Reading { .. }) => self.cancel_reading(key),
            // The engine hears nothing while it works: it is ended, and the other files are read again.
            Some(Stage::Analyzing) => {
                self.engine.restart();
                self.state.apply(Action::WorkerReplaced(key));
            }
            _ => {}
        }
    }

    /// A worker that reads hears at its next slice. One that the browser
    /// ended hears nothing, and nobody hears of that.
    fn cancel_reading(&self, key: FileKey) {
        self.engine.cancel(key);
        let link = self.link.clone();
        Timeout::new(CANCEL_PATIENCE_MILLIS, move || link.send(Command::EndReading(key))).forget();
    }

    fn end_reading(&mut self, key: FileKey) {
        let is_reading = |row: &FileRow| row.file.key == key && matches!(row.stage, Stage::Reading { .. });
        if self.state.files.rows().iter().any(is_reading) {
            self.engine.restart();
            self.state.apply(Action::WorkerReplaced(key));
        }
    }

    fn clear(&mut self) {
        self.engine.restart();
        self.handles.clear();
        self.state.apply(Action::Cleared);
        self.address_writer = None;
        address::push(&self.state.route);
    }

    fn navigate(&mut self, route: Route) {
        self.address_writer = None;
        // A link that names no service stays with the one that is shown.
        let route = Route { scope: route.scope.or(self.state.route.scope), ..route };
        if route != self.state.route {
            address::push(&route);
            self.state.apply(Action::Navigated(route));
        }
    }

    fn refine(&mut self, params: Params) {
        let Route { view, scope, .. } = self.state.route;
        let route = Route { view, params, scope };
        self.state.apply(Action::Navigated(route.clone()));
        self.address_writer = Some(Timeout::new(ADDRESS_DELAY_MILLIS, move || address::replace(&route)));
    }

    fn follow_address(&mut self) {
        let route = address::current();
        if route != self.state.route {
            self.address_writer = None;
            self.state.apply(Action::Navigated(route));
        }
    }
}
