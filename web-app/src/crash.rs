//! What happens on a panic, which is always a bug of ours: it is printed,
//! with its place, and handed to whoever can show it.

use std::panic::{self, PanicHookInfo};

/// Prints each panic to the console, then gives its text to `show`.
pub fn on_panic(
    show: impl Fn(&str) + Send + Sync + 'static,
) -> Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync> {
    Box::new(move |info| {
        let text = info.to_string();
        web_sys::console::error_1(&text.as_str().into());
        show(&text);
    })
}

/// Installs [`on_panic`] for this global scope.
pub fn install(show: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(on_panic(show));
}
