//! What came before the page was there: early.js kept it.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use super::drop::Item;

/// Where early.js stands.
const PLACE: &str = "strataEarly";

/// What was dropped, pasted or chosen at once.
#[derive(Debug)]
pub enum Early {
    /// Pasted text.
    Text(String),
    /// Files and folders.
    Items(Vec<Item>),
}

/// Everything that came so far, in order; from now on the page has to listen.
pub fn early() -> Vec<Early> {
    take().map(|takes| takes.iter().map(one).collect()).unwrap_or_default()
}

fn take() -> Option<Array> {
    let place = get(&js_sys::global(), PLACE)?;
    let take: Function = get(&place, "take")?.dyn_into().ok()?;
    take.call0(&place).ok()?.dyn_into().ok()
}

fn one(take: JsValue) -> Early {
    match take.as_string() {
        Some(text) => Early::Text(text),
        None => Early::Items(Array::from(&take).iter().filter_map(item).collect()),
    }
}

fn item(value: JsValue) -> Option<Item> {
    let value = match value.dyn_into::<File>() {
        Ok(file) => return Some(Item::File(file)),
        Err(value) => value,
    };
    let entry = get(&value, "entry")?.unchecked_into();
    Some(Item::Folder { entry, handle: get(&value, "handle").and_then(|handle| handle.dyn_into().ok()) })
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(JsValue::is_truthy)
}
