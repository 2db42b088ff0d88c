//! The captures that a saved report carries.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsCast;
use web_sys::File;

use super::Dropped;

/// Where host.js left them, as pairs of path and file.
const PLACE: &str = "strataFiles";

/// The files of a saved report; none in a plain page.
pub fn saved() -> Vec<Dropped> {
    let list =
        Reflect::get(&js_sys::global(), &PLACE.into()).ok().and_then(|value| value.dyn_into::<Array>().ok());
    list.map(|list| pairs(&list)).unwrap_or_default()
}

/// Files from pairs of path and file.
pub fn pairs(list: &Array) -> Vec<Dropped> {
    list.iter().filter_map(|pair| dropped(&pair.into())).collect()
}

fn dropped(pair: &Array) -> Option<Dropped> {
    Some(Dropped { path: pair.get(0).as_string()?, file: pair.get(1).dyn_into::<File>().ok()? })
}
