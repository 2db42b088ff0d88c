//! What views and components can ask of the page and of the engine.

use std::future::Future;
use std::rc::Rc;

use analyzer_core::report::Report;
use analyzer_core::session::{Request, Response};
use yew::prelude::*;

use crate::intake::{Dropped, Intake};
use crate::protocol::FileToRedact;
use crate::state::{Action, FileKey, Params, Route, Shared};
use crate::worker_client::{AskError, WorkerClient};

/// What the page can be told.
#[derive(Debug, Clone)]
pub enum Command {
    /// Something happened.
    Act(Action),
    /// Files were dropped, chosen or pasted.
    Take(Intake),
    /// Stop reading a file.
    Cancel(FileKey),
    /// Replace the worker if it still reads a file, which it was told not to.
    EndReading(FileKey),
    /// Take everything away.
    Clear,
    /// Go somewhere, as a new entry of the history.
    Navigate(Route),
    /// Set the current view otherwise, without a new entry of the history.
    Refine(Params),
    /// Give the files that were read, with their paths.
    Collect(Callback<Vec<Dropped>>),
    /// Open the built-in example.
    OpenExample,
    /// The address changed: Back, Forward, or an edit.
    AddressChanged,
}

/// A handle of the page. Clones are the same page.
#[derive(Clone, PartialEq)]
pub struct Link {
    engine: WorkerClient,
    on_command: Callback<Command>,
}

impl Link {
    /// A handle that sends commands to the page and questions to the engine.
    pub fn new(engine: WorkerClient, on_command: Callback<Command>) -> Self {
        Self { engine, on_command }
    }

    /// Tells the page something.
    pub fn send(&self, command: Command) {
        self.on_command.emit(command);
    }

    /// Goes to a route; Back returns.
    pub fn navigate(&self, route: Route) {
        self.send(Command::Navigate(route));
    }

    /// Sets the current view otherwise: typing in a filter, a zoom. Back skips it.
    pub fn refine(&self, params: Params) {
        self.send(Command::Refine(params));
    }

    /// Asks the engine. A component that shows the answer is better served by [`use_answer`].
    pub fn ask(&self, request: &Request) -> impl Future<Output = Result<Response, AskError>> + use<> {
        self.engine.ask(request)
    }

    /// Has files redacted.
    pub fn redact(&self, files: &[Dropped]) -> impl Future<Output = Result<Response, AskError>> + use<> {
        let file =
            |dropped: &Dropped| FileToRedact { file: dropped.file.clone(), path: dropped.path.clone() };
        self.engine.redact(files.iter().map(file).collect())
    }
}

/// The page, from any component.
#[hook]
pub fn use_link() -> Option<Link> {
    use_context::<Link>()
}

/// An answer of the engine, as far as it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The latest answer; it may be that to an earlier question while the next is under way.
    pub response: Option<Shared<Response>>,
    /// What it answers.
    pub question: Option<Shared<Request>>,
    /// True while a newer answer is under way.
    pub is_pending: bool,
    /// Why there is none, if that is so.
    pub error: Option<String>,
}

/// The engine's answer to a question about what is in `report`. It is asked
/// again whenever the question changes or a new report comes.
#[hook]
pub fn use_answer(report: &Shared<Report>, request: Option<Request>) -> Answer {
    let link = use_link();
    let answer = use_state(Answer::default);
    // The last answer outlives the render that asked for the next one.
    let latest = use_mut_ref(Answer::default);
    let setter = answer.setter();
    use_effect_with((report.clone(), request), move |(_, request)| {
        let is_wanted = Rc::new(std::cell::Cell::new(true));
        match (link, request) {
            (Some(link), Some(request)) => {
                let pending = link.ask(request);
                let question = Some(Shared::new(request.clone()));
                setter.set(Answer { is_pending: true, ..latest.borrow().clone() });
                let is_wanted = Rc::clone(&is_wanted);
                wasm_bindgen_futures::spawn_local(async move {
                    let result = pending.await;
                    if !is_wanted.get() {
                        return;
                    }
                    match result {
                        Ok(response) => {
                            let response = Some(Shared::new(response));
                            let answer = Answer { response, question, ..Answer::default() };
                            *latest.borrow_mut() = answer.clone();
                            setter.set(answer);
                        }
                        // The next report makes the view ask again.
                        Err(AskError::Gone) => {}
                        Err(AskError::Broken(reason)) => {
                            setter.set(Answer { error: Some(reason), ..Answer::default() });
                        }
                    }
                });
            }
            _ => {
                *latest.borrow_mut() = Answer::default();
                setter.set(Answer::default());
            }
        }
        move || is_wanted.set(false)
    });
    (*answer).clone()
}
