//! The worker's side: takes commands, reads files, answers events.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use crate::crash;
use crate::file_reader::SliceReader;
use crate::protocol::{self, Command, Event, FromWorker, RequestId, ToWorker};

/// Whether each running request was told to stop.
type Running = Rc<RefCell<HashMap<RequestId, bool>>>;

/// Answers messages for as long as the worker lives.
pub fn serve() {
    // The page learns of a panic from the worker's error event: the trap
    // that follows is an uncaught error.
    crash::install(|_| {});
    let running = Running::default();
    let on_message =
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            match protocol::decode::<ToWorker>(event.data()) {
                Ok(message) => handle(&running, message),
                Err(error) => wasm_bindgen::throw_str(&format!("message to the worker: {error}")),
            }
        });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

fn handle(running: &Running, ToWorker { id, command }: ToWorker) {
    match command {
        Command::Cancel => {
            if let Some(cancelled) = running.borrow_mut().get_mut(&id) {
                *cancelled = true;
            }
        }
        Command::Measure { file } => {
            let running = Rc::clone(running);
            running.borrow_mut().insert(id, false);
            spawn_local(async move {
                let event = measure(&running, id, file).await;
                running.borrow_mut().remove(&id);
                post(id, event);
            });
        }
    }
}

async fn measure(running: &Running, id: RequestId, file: File) -> Event {
    let mut slices = SliceReader::new(file.into());
    let total = slices.total();
    let mut bytes = 0;
    while let Some(slice) = slices.next().await {
        if running.borrow().get(&id) == Some(&true) {
            return Event::Cancelled;
        }
        match slice {
            Ok(slice) => bytes += u64::from(slice.length()),
            Err(error) => {
                return Event::Failed { message: describe(&error) };
            }
        }
        post(id, Event::Progress { read: bytes, total });
    }
    Event::Measured { bytes }
}

fn post(id: RequestId, event: Event) {
    let posted = protocol::encode(&FromWorker { id, event })
        .map_err(JsValue::from)
        .and_then(|value| scope().post_message(&value));
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
