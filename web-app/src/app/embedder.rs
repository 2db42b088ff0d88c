//! The page around this one, if it is in a frame: host.js talks to it.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Event;

use crate::intake::{Dropped, pairs};

/// Name of the event with files that the page around hands over.
pub const FILES: &str = "strata-files";

/// The function that host.js leaves in a frame.
const TELL: &str = "strataTell";

/// The files of such an event.
pub fn files(event: &Event) -> Vec<Dropped> {
    let detail =
        Reflect::get(event, &"detail".into()).ok().and_then(|detail| detail.dyn_into::<Array>().ok());
    detail.map(|list| pairs(&list)).unwrap_or_default()
}

/// Says that files may come.
pub fn ready() {
    tell("ready", 0);
}

/// Says that everything was read, and how many findings there are.
pub fn loaded(findings: usize) {
    tell("loaded", findings);
}

fn tell(what: &str, findings: usize) {
    let function = Reflect::get(&js_sys::global(), &TELL.into()).ok();
    if let Some(function) = function.and_then(|function| function.dyn_into::<Function>().ok()) {
        // Nobody may listen.
        let _ = function.call2(&JsValue::UNDEFINED, &what.into(), &JsValue::from_f64(findings as f64));
    }
}
