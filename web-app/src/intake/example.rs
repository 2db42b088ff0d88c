//! The example that is built into the page.

use js_sys::Uint8Array;

use super::{Dropped, named};

/// The name that the example is opened under.
pub const EXAMPLE_NAME: &str = "example.tar.gz";

/// True if the page was built with an example.
pub fn has_example() -> bool {
    embedded().is_some()
}

/// The example as a file.
pub fn example() -> Option<Dropped> {
    let bytes = gloo::utils::window().atob(&embedded()?).ok()?;
    // atob gives one character per byte.
    let bytes: Vec<u8> = bytes.chars().filter_map(|char| u8::try_from(u32::from(char)).ok()).collect();
    named(&Uint8Array::from(bytes.as_slice()), EXAMPLE_NAME)
}

fn embedded() -> Option<String> {
    let element = gloo::utils::document().get_element_by_id("example")?;
    element.text_content().filter(|text| !text.is_empty())
}
