//! Files that the page gives to its user.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Where host.js left the function that gzips a blob.
const GZIP: &str = "strataGzip";

/// Offers bytes as a file, which the browser saves or asks about.
///
/// # Errors
/// A host that forbids it.
pub fn save(name: &str, media_type: &str, bytes: &[u8]) -> Result<(), JsValue> {
    save_blob(name, &blob(media_type, bytes)?)
}

/// Offers bytes as a gzipped file.
///
/// # Errors
/// A host that forbids it.
pub async fn save_gzipped(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let gzip: Function = Reflect::get(&js_sys::global(), &GZIP.into())?.dyn_into()?;
    let packed: Promise = gzip.call1(&JsValue::NULL, &blob("application/gzip", bytes)?.into())?.dyn_into()?;
    save_blob(name, &JsFuture::from(packed).await?.dyn_into()?)
}

fn blob(media_type: &str, bytes: &[u8]) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence_and_options(&parts, &options)
}

/// Offers a blob as a file.
///
/// # Errors
/// A host that forbids it.
pub fn save_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = gloo::utils::document().create_element("a")?.dyn_into()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The browser takes the blob when the click is handled, which is later than now.
    gloo::timers::callback::Timeout::new(10_000, move || drop(Url::revoke_object_url(&url))).forget();
    Ok(())
}
