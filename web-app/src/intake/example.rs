//! The example that is built into the page.

use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{Dropped, named};

/// The name that the example is opened under.
pub const EXAMPLE_NAME: &str = "example.tar";

/// Where host.js left the function that unpacks it.
const UNPACKER: &str = "strataExample";

/// True if the page was built with an example.
pub fn has_example() -> bool {
    let element = gloo::utils::document().get_element_by_id("example");
    element.and_then(|element| element.text_content()).is_some_and(|text| !text.is_empty())
}

/// The example as a file.
pub fn example() -> Option<Dropped> {
    let unpack: Function = Reflect::get(&js_sys::global(), &UNPACKER.into()).ok()?.dyn_into().ok()?;
    let bytes: Uint8Array = unpack.call0(&JsValue::NULL).ok()?.dyn_into().ok()?;
    named(&bytes, EXAMPLE_NAME)
}
