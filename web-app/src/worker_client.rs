//! The page's side of the worker: starts it, sends commands, reports what it
//! answers and when it dies.

use gloo::events::EventListener;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker};
use yew::Callback;

use crate::protocol::{self, FromWorker, ToWorker};

/// What the page hears of its worker.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// An answer.
    Answer(FromWorker),
    /// The worker is dead, or never started; nothing else will come from it.
    Died(String),
}

/// A running worker; dropping it ends the worker at once.
pub struct WorkerClient {
    worker: Worker,
    // Unsubscribed with the client, so that a worker that was replaced is not heard.
    _listeners: [EventListener; 2],
}

impl WorkerClient {
    /// Starts a worker with the page's own script and its compiled module.
    ///
    /// # Errors
    /// Why the host refused, in words.
    pub fn start(on_news: Callback<News>) -> Result<Self, String> {
        let worker = spawn().map_err(|error| format!("{error:?}"))?;
        let answers = {
            let on_news = on_news.clone();
            EventListener::new(&worker, "message", move |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                on_news.emit(match protocol::decode(data) {
                    Ok(answer) => News::Answer(answer),
                    Err(error) => News::Died(format!("message from the worker: {error}")),
                });
            })
        };
        let errors = EventListener::new(&worker, "error", move |event| {
            // A worker that a policy forbids gives an event without a message.
            let message =
                event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|text| !text.is_empty());
            on_news.emit(News::Died(
                message.unwrap_or_else(|| "the browser did not start the worker".to_owned()),
            ));
        });
        // The first message is the module; host.js takes it.
        worker.post_message(&wasm_bindgen::module()).map_err(|error| format!("{error:?}"))?;
        Ok(Self { worker, _listeners: [answers, errors] })
    }

    /// Sends one message.
    ///
    /// # Errors
    /// A message that the host cannot clone, in words.
    pub fn send(&self, message: &ToWorker) -> Result<(), String> {
        let value = protocol::encode(message).map_err(|error| error.to_string())?;
        self.worker.post_message(&value).map_err(|error| format!("{error:?}"))
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Starts a classic worker from a blob of the page's script. A module worker
/// from a blob fails without a word on `file://` and in sandboxed frames.
fn spawn() -> Result<Worker, JsValue> {
    let script = gloo::utils::document()
        .get_element_by_id("app")
        .and_then(|element| element.text_content())
        .ok_or("the page has no script with the id app")?;
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&script.into()), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let worker = Worker::new(&url);
    Url::revoke_object_url(&url)?;
    worker
}
