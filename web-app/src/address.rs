//! The window's address, of which the page uses the hash.

use crate::state::Route;

/// The route that the address names.
pub fn current() -> Route {
    Route::parse(&gloo::utils::window().location().hash().unwrap_or_default())
}

/// Names a route in the address, as a new entry of the history.
pub fn push(route: &Route) {
    // Setting the hash works everywhere; the history's functions resolve
    // against a base that is another document's in a srcdoc frame.
    let _ = gloo::utils::window().location().set_hash(&route.href());
}

/// Names a route in the address, in place of the current entry of the history.
pub fn replace(route: &Route) {
    let location = gloo::utils::window().location();
    let Ok(href) = location.href() else { return };
    let base = href.split('#').next().unwrap_or_default();
    let _ = location.replace(&format!("{base}{}", route.href()));
}
