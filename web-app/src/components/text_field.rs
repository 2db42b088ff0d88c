//! Fields that take keys for themselves.

use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlElement};

/// True if keys and pastes at this target belong to a field.
pub fn is_text_field(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.is_content_editable()
    })
}
