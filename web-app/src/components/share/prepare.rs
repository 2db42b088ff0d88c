//! Makes the file that is saved.

use std::rc::Rc;

use analyzer_core::session::question::RedactedReport;
use analyzer_core::session::{FileInfo, Redacted, RedactionSummary};
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, FilePropertyBag, Url};
use yew::AttrValue;

use crate::address;
use crate::intake::Dropped;
use crate::link::Link;
use crate::worker_client::AskError;

/// Where host.js left the function that makes the page.
const MAKER: &str = "strataSavedPage";

/// A file to save.
#[derive(Clone, PartialEq)]
pub struct Prepared {
    /// Where the browser has it.
    pub url: AttrValue,
    /// Its size.
    pub bytes: u64,
    /// What was redacted.
    pub summary: Option<Rc<RedactionSummary>>,
    /// The redacted report as Markdown.
    pub markdown: Option<AttrValue>,
}

impl Prepared {
    /// Name that the file is offered under.
    pub fn name(&self) -> &'static str {
        if self.summary.is_some() { "strata-report-redacted.html" } else { "strata-report.html" }
    }
}

/// The page with the files as they were loaded, and the current view.
///
/// # Errors
/// What went wrong, for people.
pub async fn as_loaded(files: &[Dropped]) -> Result<Prepared, String> {
    let (url, bytes) = page_of(files, &address::current().href()).await.map_err(|error| describe(&error))?;
    Ok(Prepared { url, bytes, summary: None, markdown: None })
}

/// The page with the files without their secrets. Of the view only its name is
/// kept: filters and selections hold names.
///
/// # Errors
/// What went wrong, for people.
pub async fn redacted(link: &Link, files: &[Dropped]) -> Result<Prepared, String> {
    let RedactedReport { redacted, markdown } = match link.redact(files).await {
        Ok(Ok(report)) => report,
        Ok(Err(refusal)) => return Err(refusal.to_string()),
        Err(AskError::Gone) => return Err("the engine was restarted; try again".to_owned()),
        Err(AskError::Broken(reason)) => return Err(reason),
    };
    let clean = files_of(&redacted).map_err(|error| describe(&error))?;
    let view = format!("#{}", address::current().view.name());
    let (url, bytes) = page_of(&clean, &view).await.map_err(|error| describe(&error))?;
    Ok(Prepared { url, bytes, summary: Some(Rc::new(redacted.summary)), markdown: Some(markdown.into()) })
}

fn files_of(redacted: &Redacted) -> Result<Vec<Dropped>, JsValue> {
    let file = |(info, bytes): (&FileInfo, &[u8])| {
        let options = FilePropertyBag::new();
        options.set_last_modified(info.modified_at.map_or(0.0, |time| time.0 as f64 / 1e6));
        let parts = Array::of1(&Uint8Array::from(bytes));
        let file = File::new_with_u8_array_sequence_and_options(&parts, &info.path, &options)?;
        Ok(Dropped { path: info.path.clone(), file })
    };
    redacted.each_file().map(file).collect()
}

async fn page_of(files: &[Dropped], view: &str) -> Result<(AttrValue, u64), JsValue> {
    let pairs: Array = files.iter().map(|file| Array::of2(&file.path.as_str().into(), &file.file)).collect();
    let maker: Function = Reflect::get(&js_sys::global(), &MAKER.into())?.dyn_into()?;
    let made: Promise = maker.call2(&JsValue::UNDEFINED, &pairs, &view.into())?.dyn_into()?;
    let page: Blob = JsFuture::from(made).await?.dyn_into()?;
    Ok((Url::create_object_url_with_blob(&page)?.into(), page.size() as u64))
}

fn describe(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| error.message().into());
    message.unwrap_or_else(|| "the files could not be read, or are too large for one page".to_owned())
}
