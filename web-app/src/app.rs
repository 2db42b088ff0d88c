//! The page.

use std::collections::BTreeMap;

use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, FileList, HtmlInputElement};
use yew::prelude::*;

use crate::crash;
use crate::protocol::{Command, Event as WorkerEvent, FromWorker, RequestId, ToWorker};
use crate::worker_client::{News, WorkerClient};

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
        "Strata stopped, which is a bug of Strata. Reload the page.\n\n{text}"
    )));
    if let Some(body) = document.body() {
        let _ = body.append_child(&notice);
    }
}

/// One file that was handed to the worker.
struct Row {
    name: String,
    status: Status,
}

enum Status {
    Reading { read: u64, total: u64 },
    Read { bytes: u64 },
    Failed { message: String },
    Cancelled,
}

/// The page's root component.
pub struct App {
    worker: Result<WorkerClient, String>,
    rows: BTreeMap<RequestId, Row>,
    next_id: RequestId,
}

/// What can happen to the page.
pub enum Msg {
    /// Files were chosen or dropped.
    Files(Vec<File>),
    /// Something came from the worker.
    Worker(News),
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        Self {
            worker: WorkerClient::start(ctx.link().callback(Msg::Worker)),
            rows: BTreeMap::new(),
            next_id: 0,
        }
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Files(files) => files.into_iter().for_each(|file| self.measure(file)),
            Msg::Worker(News::Answer(answer)) => self.apply(answer),
            Msg::Worker(News::Died(reason)) => self.worker = Err(reason),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let on_drop = ctx.link().batch_callback(|event: DragEvent| {
            event.prevent_default();
            event.data_transfer().and_then(|data| data.files()).map(|list| Msg::Files(files_of(&list)))
        });
        let on_choose = ctx.link().batch_callback(|event: Event| {
            let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
            let files = files_of(&input.files()?);
            // Cleared, so that choosing the same file again is a change again.
            input.set_value("");
            Some(Msg::Files(files))
        });
        html! {
            <main class="drop" ondragover={|event: DragEvent| event.prevent_default()} ondrop={on_drop}>
                <h1>{ "Strata" }</h1>
                if let Err(reason) = &self.worker {
                    <p role="alert">{ "The background worker is not running: " }{ reason }</p>
                }
                <p>{ "Drop captures of a Go service here." }</p>
                <label class="button">
                    { "Browse" }
                    <input id="browse" type="file" multiple=true onchange={on_choose} />
                </label>
                <ul id="files">
                    { for self.rows.values().map(|row| html! {
                        <li><span class="name">{ &row.name }</span>{ " " }<span class="status">{ status_text(&row.status) }</span></li>
                    }) }
                </ul>
            </main>
        }
    }
}

impl App {
    fn measure(&mut self, file: File) {
        let id = self.next_id;
        self.next_id += 1;
        let name = file.name();
        let message = ToWorker { id, command: Command::Measure { file } };
        let sent = match &self.worker {
            Ok(worker) => worker.send(&message),
            Err(reason) => Err(reason.clone()),
        };
        let status = match sent {
            Ok(()) => Status::Reading { read: 0, total: 0 },
            Err(message) => Status::Failed { message },
        };
        self.rows.insert(id, Row { name, status });
    }

    fn apply(&mut self, FromWorker { id, event }: FromWorker) {
        let Some(row) = self.rows.get_mut(&id) else {
            return;
        };
        row.status = match event {
            WorkerEvent::Progress { read, total } => Status::Reading { read, total },
            WorkerEvent::Measured { bytes } => Status::Read { bytes },
            WorkerEvent::Failed { message } => Status::Failed { message },
            WorkerEvent::Cancelled => Status::Cancelled,
        };
    }
}

fn files_of(list: &FileList) -> Vec<File> {
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

fn status_text(status: &Status) -> String {
    match status {
        Status::Reading { read, total } => format!("reading, {read} of {total} bytes"),
        Status::Read { bytes } => format!("{bytes} bytes"),
        Status::Failed { message } => format!("failed: {message}"),
        Status::Cancelled => "cancelled".to_owned(),
    }
}
