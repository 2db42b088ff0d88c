//! The worker's side: takes commands, feeds files to the engine, answers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use analyzer_core::base::units::Nanos;
use analyzer_core::session::question::{Carrier, NoAnswer};
use analyzer_core::session::{FileInfo, Request, Session, question};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use crate::crash;
use crate::file_reader::SliceReader;
use crate::protocol::{self, Command, Event, FileToRedact, FromWorker, RequestId, ToWorker};

/// What the worker holds: the engine, and whether each running load was told to stop.
#[derive(Clone, Default)]
struct Worker {
    session: Rc<RefCell<Session>>,
    loads: Rc<RefCell<HashMap<RequestId, bool>>>,
}

/// Answers messages for as long as the worker lives.
pub fn serve() {
    // The trap that follows a panic is an uncaught error, of which the page
    // hears too, but without the text.
    crash::install(|text| post(0, Event::Panicked(text.to_owned())));
    let worker = Worker::default();
    let on_message =
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            match protocol::decode::<ToWorker>(event.data()) {
                Ok(message) => worker.handle(message),
                Err(error) => wasm_bindgen::throw_str(&format!("message to the worker: {error}")),
            }
        });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

impl Worker {
    fn handle(&self, ToWorker { id, command }: ToWorker) {
        match command {
            Command::Cancel => {
                if let Some(stop) = self.loads.borrow_mut().get_mut(&id) {
                    *stop = true;
                }
            }
            Command::Load { file, path, modified_millis } => {
                let info = file_info(&file, path, modified_millis);
                let worker = self.clone();
                worker.loads.borrow_mut().insert(id, false);
                spawn_local(async move {
                    let event = worker.load(id, file, info).await;
                    worker.loads.borrow_mut().remove(&id);
                    post(id, event);
                });
            }
            Command::Redact { files } => {
                let worker = self.clone();
                spawn_local(async move {
                    match worker.redact(files).await {
                        Ok(()) => worker.answer_to(id, question::Redact.into()),
                        Err(error) => post(id, Event::Failed(describe(&error))),
                    }
                });
            }
            Command::Ask { request } => match protocol::unpack::<Request>(&request.to_vec()) {
                Ok(request) => self.answer_to(id, request),
                Err(error) => wasm_bindgen::throw_str(&format!("question to the worker: {error}")),
            },
        }
    }

    async fn load(&self, id: RequestId, file: File, info: FileInfo) -> Event {
        let opened = self.session.borrow_mut().open(info);
        let mut slices = SliceReader::new(file.into());
        let mut read = 0.0;
        // What is too large is not read at all: closing it says so.
        while !self.session.borrow().refuses(opened)
            && let Some(slice) = slices.next().await
        {
            let is_stopped = self.loads.borrow().get(&id) == Some(&true);
            let failure = match slice {
                _ if is_stopped => Event::Cancelled,
                Err(error) => Event::Failed(describe(&error)),
                Ok(slice) => {
                    read += f64::from(slice.length());
                    self.session.borrow_mut().chunk(opened, slice.to_vec());
                    post(id, Event::Read(read));
                    continue;
                }
            };
            self.session.borrow_mut().abort(opened);
            return failure;
        }
        post(id, Event::Analyzing);
        let sources = self.session.borrow_mut().close(opened);
        Event::Loaded(sources.iter().map(|source| source.0).collect())
    }

    /// Reads files to their ends and closes them to be redacted.
    async fn redact(&self, files: Vec<FileToRedact>) -> Result<(), JsValue> {
        for FileToRedact { file, path } in files {
            let info = file_info(&file, path, Some(file.last_modified()));
            let opened = self.session.borrow_mut().open(info);
            let mut slices = SliceReader::new(file.into());
            while let Some(slice) = slices.next().await {
                self.session.borrow_mut().chunk(opened, slice?.to_vec());
            }
            self.session.borrow_mut().close_to_redact(opened);
        }
        Ok(())
    }

    fn answer_to(&self, id: RequestId, request: Request) {
        match request.answer(&mut self.session.borrow_mut(), Packer) {
            Ok(bytes) => post(id, Event::Answer { answer: Uint8Array::from(bytes.as_slice()) }),
            Err(error) => wasm_bindgen::throw_str(&format!("answer of the worker: {error}")),
        }
    }
}

/// Packs answers.
struct Packer;

impl Carrier for Packer {
    type Carried = Result<Vec<u8>, String>;

    fn carry<A: Serialize>(self, answer: &Result<A, NoAnswer>) -> Self::Carried {
        protocol::pack(answer)
    }
}

/// What is known of a file before its bytes. A time of zero is none.
fn file_info(file: &File, path: String, modified_millis: Option<f64>) -> FileInfo {
    let modified_at =
        modified_millis.filter(|&millis| millis > 0.0).map(|millis| Nanos((millis * 1e6) as i64));
    FileInfo { path, bytes: file.size() as u64, modified_at }
}

fn post(id: RequestId, event: Event) {
    let transfer = match &event {
        Event::Answer { answer } => Array::of1(&answer.buffer()),
        _ => Array::new(),
    };
    let posted = protocol::encode(&FromWorker { id, event })
        .map_err(JsValue::from)
        .and_then(|value| scope().post_message_with_transfer(&value, &transfer));
    if let Err(error) = posted {
        wasm_bindgen::throw_val(error);
    }
}

/// The text of a thrown value.
fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => format!("{error:?}"),
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
