//! Light and dark: what the system has, what the user chose, what the page shows.

use web_sys::Storage;

use crate::state::Theme;

const KEY: &str = "strata-theme";
/// The media query that the system's choice answers.
pub const QUERY: &str = "(prefers-color-scheme: dark)";

/// True if the system is dark.
pub fn system_is_dark() -> bool {
    gloo::utils::window().match_media(QUERY).ok().flatten().is_some_and(|query| query.matches())
}

/// Turns the page light or dark.
pub fn set(is_dark: bool) {
    if let Some(root) = gloo::utils::document().document_element() {
        let _ = root.set_attribute("data-theme", if is_dark { "dark" } else { "light" });
    }
}

/// What the user chose last time.
pub fn remembered() -> Theme {
    match storage().and_then(|storage| storage.get_item(KEY).ok().flatten()).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

/// Keeps the user's choice for the next time.
pub fn remember(theme: Theme) {
    let Some(storage) = storage() else { return };
    let _ = match theme {
        Theme::System => storage.remove_item(KEY),
        Theme::Light => storage.set_item(KEY, "light"),
        Theme::Dark => storage.set_item(KEY, "dark"),
    };
}

/// A sandboxed frame has no storage.
fn storage() -> Option<Storage> {
    gloo::utils::window().local_storage().ok().flatten()
}
