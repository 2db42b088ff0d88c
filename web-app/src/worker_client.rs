//! The page's side of the worker: starts it, hands it files, asks it
//! questions, hears when it dies, replaces it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;

use analyzer_core::base::source::SourceId;
use analyzer_core::session::question::{NoAnswer, Redact};
use analyzer_core::session::{Question, Request};
use futures_channel::oneshot;
use gloo::events::EventListener;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, File, MessageEvent, Url, Worker};
use yew::Callback;

use crate::protocol::{self, Command, Event, FileToRedact, FromWorker, RequestId, ToWorker};
use crate::state::{Action, NewFile, OUT_OF_MEMORY};

/// Where host.js left the worker's script, as pieces of text.
const SCRIPT: &str = "strataWorker";

/// Why a question got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskError {
    /// The worker went away; whoever still wants the answer asks the next one.
    Gone,
    /// The question or the answer could not be carried, which is a bug.
    Broken(String),
}

/// An answer of the engine that came, or why none did.
pub type Asked<Q> = Result<Result<<Q as Question>::Answer, NoAnswer>, AskError>;

/// An answer as it crossed, still packed.
pub type Packed = Result<Vec<u8>, AskError>;

type Waiting = oneshot::Sender<Packed>;

/// The page's handle of the engine. Clones are the same engine.
#[derive(Clone)]
pub struct WorkerClient(Rc<Inner>);

struct Inner {
    running: RefCell<Option<Running>>,
    waiting: RefCell<HashMap<RequestId, Waiting>>,
    next_id: Cell<RequestId>,
    on_action: Callback<Action>,
}

/// A worker; dropping it ends it at once, and nothing more is heard from it.
struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

impl PartialEq for WorkerClient {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl WorkerClient {
    /// A client whose worker is not started yet; what the worker says comes as actions.
    pub fn new(on_action: Callback<Action>) -> Self {
        Self(Rc::new(Inner {
            running: RefCell::default(),
            waiting: RefCell::default(),
            next_id: Cell::new(0),
            on_action,
        }))
    }

    /// Ends the worker, if there is one, and starts another, which is empty.
    pub fn restart(&self) {
        self.stop();
        match Running::start(Rc::downgrade(&self.0)) {
            Ok(running) => *self.0.running.borrow_mut() = Some(running),
            Err(error) => self.0.on_action.emit(Action::WorkerMissing(describe(&error))),
        }
    }

    /// Hands a file over. Its key is the request's id.
    pub fn load(&self, info: &NewFile, file: File) {
        let modified_millis = info.modified_at.map(|_| file.last_modified());
        let command = Command::Load { file, path: info.path.clone(), modified_millis };
        if let Err(reason) = self.send(info.key, command) {
            self.0.on_action.emit(Action::Failed(info.key, reason));
        }
    }

    /// Stops reading a file.
    pub fn cancel(&self, id: RequestId) {
        // A worker that is gone reads nothing either.
        let _ = self.send(id, Command::Cancel);
    }

    /// Asks the engine.
    pub fn ask<Q: Question>(&self, question: Q) -> impl Future<Output = Asked<Q>> + use<Q> {
        let packed = self.ask_packed(&question.into());
        async move { unpack::<Q>(packed.await) }
    }

    /// Asks the engine, for who unpacks the answer himself.
    pub fn ask_packed(&self, request: &Request) -> impl Future<Output = Packed> + use<> {
        let packed = protocol::pack(request);
        self.send_and_wait(packed.map(|bytes| Command::Ask { request: Uint8Array::from(bytes.as_slice()) }))
    }

    /// Has files redacted; they are read again for it.
    pub fn redact(&self, files: Vec<FileToRedact>) -> impl Future<Output = Asked<Redact>> + use<> {
        let packed = self.send_and_wait(Ok(Command::Redact { files }));
        async move { unpack::<Redact>(packed.await) }
    }

    fn send_and_wait(&self, command: Result<Command, String>) -> impl Future<Output = Packed> + use<> {
        let id = self.new_id();
        let (sender, receiver) = oneshot::channel();
        match command.and_then(|command| self.send(id, command)) {
            Ok(()) => {
                self.0.waiting.borrow_mut().insert(id, sender);
            }
            Err(reason) => {
                let _ = sender.send(Err(AskError::Broken(reason)));
            }
        }
        async move { receiver.await.unwrap_or(Err(AskError::Gone)) }
    }

    /// A number that no other request or file has.
    pub fn new_id(&self) -> RequestId {
        let id = self.0.next_id.get();
        self.0.next_id.set(id.wrapping_add(1));
        id
    }

    fn stop(&self) {
        self.0.running.borrow_mut().take();
        // Dropped senders answer `Gone`.
        self.0.waiting.borrow_mut().clear();
    }

    fn send(&self, id: RequestId, command: Command) -> Result<(), String> {
        let message = protocol::encode(&ToWorker { id, command }).map_err(|error| error.to_string())?;
        match &*self.0.running.borrow() {
            Some(running) => running.worker.post_message(&message).map_err(|error| describe(&error)),
            None => Err("the engine is not running".to_owned()),
        }
    }
}

/// The answer to a question in what came back for it.
fn unpack<Q: Question>(packed: Packed) -> Asked<Q> {
    protocol::unpack(&packed?).map_err(AskError::Broken)
}

impl Inner {
    fn receive(&self, data: JsValue) {
        let FromWorker { id, event } = match protocol::decode(data) {
            Ok(message) => message,
            Err(error) => return self.die(format!("message from the worker: {error}")),
        };
        self.on_action.emit(match event {
            Event::Read(read) => Action::Read(id, read as u64),
            Event::Analyzing => Action::Analyzing(id),
            Event::Loaded(sources) => Action::Loaded(id, sources.into_iter().map(SourceId).collect()),
            Event::Failed(message) => match self.waiting.borrow_mut().remove(&id) {
                Some(sender) => {
                    let _ = sender.send(Err(AskError::Broken(message)));
                    return;
                }
                None => Action::Failed(id, message),
            },
            Event::Cancelled => Action::Cancelled(id),
            Event::Panicked(text) => return self.die(text),
            Event::Answer { answer } => {
                if let Some(sender) = self.waiting.borrow_mut().remove(&id) {
                    // Nobody waits anymore if the view is gone.
                    let _ = sender.send(Ok(answer.to_vec()));
                }
                return;
            }
        });
    }

    fn die(&self, reason: String) {
        self.on_action.emit(Action::WorkerDied(reason));
    }
}

impl Running {
    fn start(client: std::rc::Weak<Inner>) -> Result<Self, JsValue> {
        let worker = spawn()?;
        let answers = {
            let client = client.clone();
            EventListener::new(&worker, "message", move |event| {
                if let Some(client) = client.upgrade() {
                    client.receive(event.unchecked_ref::<MessageEvent>().data());
                }
            })
        };
        let errors = EventListener::new(&worker, "error", move |event| {
            let Some(client) = client.upgrade() else { return };
            // A worker that a policy forbids gives an event without a message.
            match event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|text| !text.is_empty()) {
                Some(message) => client.die(cause_of(message)),
                None => client.on_action.emit(Action::WorkerMissing(
                    "the browser does not allow this page to start a worker".to_owned(),
                )),
            }
        });
        // The first message is the module; host.js takes it.
        worker.post_message(&wasm_bindgen::module())?;
        Ok(Self { worker, _listeners: [answers, errors] })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Starts a classic worker from a blob of the page's scripts. A module worker
/// from a blob fails without a word on `file://` and in sandboxed frames.
fn spawn() -> Result<Worker, JsValue> {
    let script: Array = Reflect::get(&js_sys::global(), &SCRIPT.into())?.dyn_into()?;
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&script, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let worker = Worker::new(&url);
    Url::revoke_object_url(&url)?;
    worker
}

/// A panic says what it is before it traps. A trap without a word is memory that could not be had.
fn cause_of(message: String) -> String {
    if message.to_ascii_lowercase().contains("unreachable") { OUT_OF_MEMORY.to_owned() } else { message }
}

fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => format!("{error:?}"),
    }
}
