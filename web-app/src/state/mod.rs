//! Everything that the page knows, and how it changes: pure, so that it can
//! be tested without a browser.
//!
//! ```text
//! Action ─► State::apply ─► State ─► views
//!                             │
//!                             └─► Files::next, wants_report: what to ask the worker for
//! ```

mod files;
mod route;
mod shared;
#[cfg(test)]
mod tests;
mod view_id;

use analyzer_core::base::source::SourceId;
use analyzer_core::report::Report;

pub use files::{FileKey, FileRow, Files, NewFile, Stage};
pub use route::{Params, Route, Scope};
pub use shared::Shared;
pub use view_id::ViewId;
pub(crate) use view_id::views;

/// Worker restarts without a report in between, after which the page gives up.
const RESTARTS: u32 = 4;
/// The least time between two reports while files are still being read.
const REPORT_INTERVAL_MILLIS: f64 = 400.0;
/// A report takes at most this part of the worker's time while files wait.
const REPORT_SHARE: f64 = 4.0;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How the worker fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nothing to say.
    #[default]
    Fine,
    /// It died and was started again; the text says what that means for the drop.
    Restarted(String),
    /// It does not run, and will not.
    Dead(String),
}

/// Reports asked for and received.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reporting {
    /// Files read since the last report was asked for.
    unreported: Vec<FileKey>,
    /// Files of the report that was asked for and is not there yet.
    asked: Option<Vec<FileKey>>,
    /// When the last report was asked for.
    asked_at: f64,
    /// How long the last report took.
    took: f64,
}

/// The reason of an engine's end that is nobody's bug: a browser's page has 4 GiB for it at most.
pub const OUT_OF_MEMORY: &str = "it ran out of memory";

/// Everything that the page knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The drop.
    pub files: Files,
    /// What the engine said last, of everything.
    pub report: Option<Shared<Report>>,
    /// The part of it that is of the chosen service, if one is chosen.
    scoped: Option<Shared<Report>>,
    /// What is shown.
    pub route: Route,
    /// What the page opened by itself; where the user went on from there, nothing is opened anymore.
    opened: Option<Route>,
    /// How the worker fares.
    pub health: Health,
    /// What the user chose.
    pub theme: Theme,
    /// What the system has.
    pub system_is_dark: bool,
    /// True while the list of keys is open.
    pub keys_shown: bool,
    /// True while the palette is open.
    pub palette_shown: bool,
    /// True while something is dragged over the window.
    pub dragged_over: bool,
    /// What went wrong outside of a file: a paste without content, a broken example.
    pub notice: Option<String>,
    reporting: Reporting,
    restarts: u32,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Action {
    /// Files were dropped, chosen or pasted.
    FilesAdded(Vec<NewFile>),
    /// The worker was told to read a file.
    Started(FileKey),
    /// Bytes of a file were read.
    Read(FileKey, u64),
    /// The engine is at work on a file.
    Analyzing(FileKey),
    /// The engine has a file.
    Loaded(FileKey, Vec<SourceId>),
    /// A file could not be read.
    Failed(FileKey, String),
    /// The worker stopped reading a file, as it was told.
    Cancelled(FileKey),
    /// A report was asked for, at this time in milliseconds.
    ReportAsked(f64),
    /// A report came, at this time in milliseconds.
    Reported(Shared<Report>, f64),
    /// The worker died on its own. A new one is empty.
    WorkerDied(String),
    /// The worker was replaced on purpose, to stop work on a file. The new one is empty.
    WorkerReplaced(FileKey),
    /// The worker cannot be started.
    WorkerMissing(String),
    /// Everything is taken away.
    Cleared,
    /// Another view, or the same one with other parameters.
    Navigated(Route),
    /// The user chose light or dark.
    ThemeChosen(Theme),
    /// The system turned light or dark.
    SystemTurned {
        /// True if it is dark now.
        dark: bool,
    },
    /// The list of keys was opened or closed.
    KeysToggled,
    /// The palette was opened or closed.
    PaletteToggled,
    /// Something is dragged over the window, or no longer.
    DraggedOver(bool),
    /// Something to say, or nothing anymore.
    Noticed(Option<String>),
}

impl State {
    /// The state after an action.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::FilesAdded(files) => self.files.add(files),
            Action::Started(key) => self.advance(key, Stage::Reading { read: 0 }),
            Action::Read(key, read) => self.advance(key, Stage::Reading { read }),
            Action::Analyzing(key) => self.advance(key, Stage::Analyzing),
            Action::Loaded(key, sources) => self.loaded(key, sources),
            Action::Failed(key, message) => self.advance(key, Stage::Failed { message }),
            Action::Cancelled(key) => self.advance(key, Stage::Cancelled),
            Action::ReportAsked(at) => {
                self.reporting.asked = Some(std::mem::take(&mut self.reporting.unreported));
                self.reporting.asked_at = at;
            }
            Action::Reported(report, at) => self.reported(report, at),
            Action::WorkerDied(reason) => self.worker_died(&reason),
            Action::WorkerReplaced(key) => {
                self.advance(key, Stage::Cancelled);
                self.forget_worker();
            }
            Action::WorkerMissing(reason) => self.health = Health::Dead(reason),
            Action::Cleared => self.clear(),
            Action::Navigated(route) => self.navigated(route),
            Action::ThemeChosen(theme) => self.theme = theme,
            Action::SystemTurned { dark } => self.system_is_dark = dark,
            Action::PaletteToggled => self.palette_shown = !self.palette_shown,
            Action::KeysToggled => self.keys_shown = !self.keys_shown,
            Action::DraggedOver(over) => self.dragged_over = over,
            Action::Noticed(notice) => self.notice = notice,
        }
    }

    /// True if the page is dark.
    pub fn is_dark(&self) -> bool {
        match self.theme {
            Theme::System => self.system_is_dark,
            Theme::Light => false,
            Theme::Dark => true,
        }
    }

    /// The file to hand to the worker now, if any.
    pub fn next_file(&self) -> Option<&NewFile> {
        let runs = !matches!(self.health, Health::Dead(_));
        self.files.next().filter(|_| runs)
    }

    /// True if a report should be asked for at this time: when all files are
    /// read, and now and then before.
    pub fn wants_report(&self, now: f64) -> bool {
        let Reporting { unreported, asked, asked_at, took } = &self.reporting;
        if unreported.is_empty() || asked.is_some() {
            return false;
        }
        let interval = REPORT_INTERVAL_MILLIS.max(took * REPORT_SHARE);
        self.files.pending() == 0 || now - asked_at >= interval
    }

    /// True while files are being read or a report is being made.
    pub fn is_busy(&self) -> bool {
        !matches!(self.health, Health::Dead(_))
            && (self.files.pending() > 0 || self.reporting.asked.is_some())
    }

    /// Takes the address that the page was opened with. If it names nothing, the page
    /// opens what the captures are best looked at with.
    pub fn start_at(&mut self, route: Route) {
        self.opened = (route == Route::default()).then(|| route.clone());
        self.route = route;
    }

    /// What the views show: the report of the chosen service, or of everything.
    pub fn shown(&self) -> Option<&Shared<Report>> {
        self.scoped.as_ref().or(self.report.as_ref())
    }

    /// The route to open by itself, now that all is read, unless the user went somewhere.
    pub fn opens(&mut self, first: impl FnOnce(&Report) -> Route) -> Option<Route> {
        if self.is_busy() || self.opened.as_ref() != Some(&self.route) {
            return None;
        }
        let route = first(self.report.as_deref()?);
        self.opened = Some(route.clone());
        (route != self.route).then_some(route)
    }

    /// A link without a scope stays in the one that is shown.
    fn navigated(&mut self, route: Route) {
        let scope = route.scope.or(self.route.scope);
        let is_other = scope != self.route.scope;
        self.route = Route { scope, ..route };
        if is_other {
            self.scope();
        }
    }

    fn scope(&mut self) {
        let id = match self.route.scope {
            Some(Scope::One(id)) => id,
            _ => {
                self.scoped = None;
                return;
            }
        };
        let is_known = |report: &&Shared<Report>| report.services().any(|subject| subject.id == id);
        self.scoped = self.report.as_ref().filter(is_known).map(|report| Shared::new(report.scoped(id)));
    }

    fn advance(&mut self, key: FileKey, stage: Stage) {
        self.files.advance(key, stage);
    }

    fn loaded(&mut self, key: FileKey, sources: Vec<SourceId>) {
        if self.files.advance(key, Stage::Loaded { sources }) {
            self.reporting.unreported.push(key);
        }
    }

    fn reported(&mut self, report: Shared<Report>, at: f64) {
        self.reporting.took = at - self.reporting.asked_at;
        self.reporting.asked = None;
        self.report = Some(report);
        self.scope();
        self.restarts = 0;
    }

    /// The file that the worker was at is taken to be the cause: the one it
    /// read, or the last one that went into the report it was making.
    fn worker_died(&mut self, reason: &str) {
        let reading = self.files.active().map(|row| row.file.key);
        let reporting = self.reporting.asked.as_ref().and_then(|files| files.last().copied());
        let culprit = reading.or(reporting);
        let path = culprit.and_then(|key| self.files.path(key)).map(str::to_owned);
        if let Some(key) = culprit {
            let message = format!("The engine crashed on this file: {}", blame(reason));
            self.files.set(key, Stage::Failed { message });
        }
        self.restarts += 1;
        self.forget_worker();
        if self.restarts > RESTARTS {
            self.health = Health::Dead(format!("it crashed {} times in a row: {reason}", self.restarts));
            return;
        }
        self.health = Health::Restarted(match path {
            Some(path) => format!(
                "The engine crashed on {path}: {}. It was restarted without that file, and the other files are being read again.",
                blame(reason)
            ),
            None => {
                format!(
                    "The engine crashed: {}. It was restarted, and the files are being read again.",
                    blame(reason)
                )
            }
        });
    }

    fn forget_worker(&mut self) {
        self.files.read_again();
        (self.report, self.scoped) = (None, None);
        self.reporting = Reporting::default();
    }

    fn clear(&mut self) {
        self.files = Files::default();
        (self.report, self.scoped) = (None, None);
        self.reporting = Reporting::default();
        self.start_at(Route::default());
        self.health = Health::Fine;
        self.notice = None;
        self.restarts = 0;
    }
}

/// Whose fault it is that the engine stopped.
fn blame(reason: &str) -> String {
    if reason == OUT_OF_MEMORY {
        format!("{reason}. The strata command can use more memory")
    } else {
        format!("{reason}. This is a bug in Strata")
    }
}
