//! What views and components can ask of the page and of the engine.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use analyzer_core::report::Report;
use analyzer_core::session::question::Redact;
use analyzer_core::session::{NoAnswer, Question, Request};
use serde::de::DeserializeOwned;
use yew::prelude::*;

use crate::intake::{Dropped, Intake};
use crate::protocol;
use crate::protocol::FileToRedact;
use crate::state::{Action, FileKey, Params, Route, Shared};
use crate::worker_client::{AskError, Asked, WorkerClient};

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
    pub fn ask<Q: Question>(&self, question: Q) -> impl Future<Output = Asked<Q>> + use<Q> {
        self.engine.ask(question)
    }

    /// Has files redacted.
    pub fn redact(&self, files: &[Dropped]) -> impl Future<Output = Asked<Redact>> + use<> {
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
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<Q: Question> {
    /// The latest answer; it may be that to an earlier question while the next is under way.
    pub latest: Option<Shared<Q::Answer>>,
    /// Why the latest question has no answer, if that is so.
    pub refusal: Option<NoAnswer>,
    /// The question that has this answer or none.
    pub question: Option<Q>,
    /// True while a newer answer is under way.
    pub is_pending: bool,
    /// Why nothing came back, if that is so.
    pub error: Option<String>,
}

/// The engine's answer to a question about what is in `report`. It is asked
/// again whenever the question changes or a new report comes.
#[hook]
pub fn use_answer<Q: Question>(report: &Shared<Report>, question: Option<Q>) -> Answer<Q> {
    let Untyped { latest, question, is_pending, error } =
        use_untyped(report, question.map(Into::into), unpack::<Q::Answer>);
    let (latest, refusal) = match latest {
        Some(Ok(answer)) => (answer.downcast().ok().map(Shared::from), None),
        Some(Err(refusal)) => (None, Some(refusal)),
        None => (None, None),
    };
    let question = question.and_then(|request| Q::try_from((*request).clone()).ok());
    Answer { latest, refusal, question, is_pending, error }
}

/// An answer of any type, or why there is none.
type AnyAnswer = Result<Rc<dyn Any>, NoAnswer>;

/// Unpacks an answer, whose type who asked knows.
fn unpack<A: DeserializeOwned + 'static>(bytes: &[u8]) -> Result<AnyAnswer, String> {
    let answer: Result<A, NoAnswer> = protocol::unpack(bytes)?;
    Ok(answer.map(|answer| Rc::new(answer) as Rc<dyn Any>))
}

/// As [`Answer`]: what asks is compiled once for all questions.
#[derive(Clone, Default)]
struct Untyped {
    latest: Option<AnyAnswer>,
    question: Option<Shared<Request>>,
    is_pending: bool,
    error: Option<String>,
}

#[hook]
fn use_untyped(
    report: &Shared<Report>,
    request: Option<Request>,
    unpack: fn(&[u8]) -> Result<AnyAnswer, String>,
) -> Untyped {
    let link = use_link();
    let answer = use_state(Untyped::default);
    // The last answer outlives the render that asked for the next one.
    let latest = use_mut_ref(Untyped::default);
    let setter = answer.setter();
    use_effect_with((report.clone(), request), move |(_, request)| {
        let is_wanted = Rc::new(Cell::new(true));
        match (link, request) {
            (Some(link), Some(request)) => {
                let pending = link.engine.ask_packed(request);
                let question = Some(Shared::new(request.clone()));
                setter.set(Untyped { is_pending: true, ..latest.borrow().clone() });
                let is_wanted = Rc::clone(&is_wanted);
                wasm_bindgen_futures::spawn_local(async move {
                    let packed = pending.await;
                    if !is_wanted.get() {
                        return;
                    }
                    match packed.and_then(|bytes| unpack(&bytes).map_err(AskError::Broken)) {
                        Ok(answer) => {
                            let answer = Untyped { latest: Some(answer), question, ..Untyped::default() };
                            *latest.borrow_mut() = answer.clone();
                            setter.set(answer);
                        }
                        // The next report makes the view ask again.
                        Err(AskError::Gone) => {}
                        Err(AskError::Broken(reason)) => {
                            setter.set(Untyped { error: Some(reason), ..Untyped::default() });
                        }
                    }
                });
            }
            _ => {
                *latest.borrow_mut() = Untyped::default();
                setter.set(Untyped::default());
            }
        }
        move || is_wanted.set(false)
    });
    (*answer).clone()
}
