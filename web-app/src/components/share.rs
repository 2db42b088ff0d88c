//! What is taken away from the page: the report as one file, or as Markdown.

use analyzer_core::report::Report;
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Url};
use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::intake::Dropped;
use crate::link::{Command, use_link};
use crate::number_format as text;
use crate::state::Shared;

/// Where host.js left the function that makes the page.
const MAKER: &str = "strataSavedPage";
/// Name that the file is offered under.
const FILE_NAME: &str = "strata-report.html";

/// Properties of [`CopyMarkdown`].
#[derive(Properties, PartialEq)]
pub struct CopyMarkdownProps {
    /// What is copied.
    pub report: Shared<Report>,
}

/// Copies verdict, findings and tables for an issue or a wiki.
#[component]
pub fn CopyMarkdown(props: &CopyMarkdownProps) -> Html {
    let markdown = use_memo(props.report.clone(), |report| report.to_markdown());
    html! { <CopyButton text={(*markdown).clone()} label="Copy as Markdown" /> }
}

/// Properties of [`SaveReport`].
#[derive(Properties, PartialEq)]
pub struct SaveReportProps {
    /// The report: a new one makes a file that was prepared an old one.
    pub report: Shared<Report>,
}

#[derive(Clone, PartialEq)]
enum Stage {
    Idle,
    Preparing,
    Ready { url: AttrValue, bytes: u64 },
    Failed,
}

/// Prepares the viewer with the captures in it, says its size, then saves it.
#[component]
pub fn SaveReport(props: &SaveReportProps) -> Html {
    let link = use_link();
    let stage = use_state_eq(|| Stage::Idle);
    {
        let stage = stage.setter();
        use_effect_with(props.report.clone(), move |_| stage.set(Stage::Idle));
    }
    {
        // A file that is not wanted anymore would stay in memory.
        use_effect_with((*stage).clone(), |stage| {
            let stage = stage.clone();
            move || {
                if let Stage::Ready { url, .. } = stage {
                    let _ = Url::revoke_object_url(&url);
                }
            }
        });
    }
    let prepare = {
        let stage = stage.setter();
        Callback::from(move |_: MouseEvent| {
            let Some(link) = &link else { return };
            stage.set(Stage::Preparing);
            let stage = stage.clone();
            link.send(Command::Collect(Callback::from(move |files: Vec<Dropped>| {
                let stage = stage.clone();
                spawn_local(async move {
                    stage.set(page_of(&files).await.unwrap_or(Stage::Failed));
                });
            })));
        })
    };
    match &*stage {
        Stage::Ready { url, bytes } => html! {
            <a id="save-file" class="button primary" href={url} download={FILE_NAME}
                title="One HTML file with the viewer and every file that was loaded, unchanged">
                { format!("Save {FILE_NAME}, {}", text::size(*bytes)) }
            </a>
        },
        Stage::Preparing => {
            html! { <button type="button" class="button" disabled=true>{ "Preparing…" }</button> }
        }
        Stage::Failed => html! {
            <button type="button" class="button" onclick={prepare}
                title="The files could not be read, or are more than one page can hold">
                { "Saving failed: try again" }
            </button>
        },
        Stage::Idle => html! {
            <button type="button" class="button" id="save-report" onclick={prepare}
                title="Make one HTML file that opens without a network, with this view and what was loaded">
                { "Save report" }
            </button>
        },
    }
}

async fn page_of(files: &[Dropped]) -> Result<Stage, JsValue> {
    let pairs: Array = files.iter().map(|file| Array::of2(&file.path.as_str().into(), &file.file)).collect();
    let maker: Function = Reflect::get(&js_sys::global(), &MAKER.into())?.dyn_into()?;
    let made: Promise = maker.call1(&JsValue::UNDEFINED, &pairs)?.dyn_into()?;
    let page: Blob = JsFuture::from(made).await?.dyn_into()?;
    let url = Url::create_object_url_with_blob(&page)?.into();
    Ok(Stage::Ready { url, bytes: page.size() as u64 })
}
