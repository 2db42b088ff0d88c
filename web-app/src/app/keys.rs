//! The keys of the page. Each view may have more of its own.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::palette;
use crate::components::text_field::is_text_field;
use crate::link::{Command, Link};
use crate::state::{Action, Route, ViewId};

/// The page's own keys, with what they do.
pub const KEYS: &[(&str, &str)] = &[
    ("Ctrl+K", "Find a view, an action, a function, a goroutine group, a file or a finding"),
    ("1 … 9", "Go to a view by its position"),
    ("/", "Search in this view"),
    ("o", "Browse for files"),
    ("Ctrl+V", "Paste a capture from the clipboard"),
    ("?", "Show or hide keyboard shortcuts"),
    ("Esc", "Leave the field, clear a search, close this list"),
];

/// The dialog that lists the keys.
const KEYS_DIALOG: &str = "[aria-labelledby=keys-title]";

/// Acts on a key, unless it belongs to a field or to the browser.
pub fn pressed(link: &Link, event: &KeyboardEvent) {
    let dialog = gloo::utils::document().query_selector("dialog[open]").ok().flatten();
    if palette::is_its_key(event) {
        event.prevent_default();
        if dialog.is_none_or(|dialog| dialog.id() == palette::ID) {
            palette::toggle(link);
        }
        return;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return;
    }
    let key = event.key();
    if is_text_field(event.target()) {
        if key == "Escape" {
            focus_out(event);
        }
        return;
    }
    // What is behind a dialog rests; the list of keys is closed by its own.
    if dialog.is_some_and(|dialog| key != "?" || !dialog.matches(KEYS_DIALOG).unwrap_or(false)) {
        return;
    }
    let is_ours = match key.as_str() {
        "?" => {
            link.send(Command::Act(Action::KeysToggled));
            true
        }
        "/" => act_on("[data-search]", |element| element.focus().is_ok()),
        "o" => act_on("#browse", |element| {
            element.click();
            true
        }),
        _ => go_to_view(link, &key),
    };
    if is_ours {
        event.prevent_default();
    }
}

fn go_to_view(link: &Link, key: &str) -> bool {
    let Some(place) = key.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else {
        return false;
    };
    let Some(&view) = ViewId::ALL.get(place) else { return false };
    link.navigate(Route::to(view));
    true
}

fn focus_out(event: &KeyboardEvent) {
    if let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        let _ = field.blur();
    }
}

fn act_on(selector: &str, act: impl FnOnce(&HtmlElement) -> bool) -> bool {
    let found = gloo::utils::document().query_selector(selector).ok().flatten();
    found.and_then(|element| element.dyn_into::<HtmlElement>().ok()).is_some_and(|element| act(&element))
}
