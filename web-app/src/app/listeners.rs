//! What the page hears of the window.

use std::cell::Cell;

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    ClipboardEvent, DataTransfer, DragEvent, Element, EventTarget, MediaQueryListEvent, MouseEvent,
};

use super::{embedder, keys, theme};
use crate::components::text_field::is_text_field;
use crate::intake::{self, Early, Item};
use crate::link::{Command, Link};
use crate::state::{Action, Route};

/// Every listener; they end when they are dropped. What came before them is taken.
pub fn all(link: &Link) -> Vec<EventListener> {
    let pasted = take_early(link);
    let window: EventTarget = gloo::utils::window().into();
    let mut listeners = vec![
        on(&window, "hashchange", link, |link, _| link.send(Command::AddressChanged)),
        on(&window, "click", link, |link, event| follow_link(link, event.unchecked_ref())),
        on(&window, "paste", link, {
            let turns = Cell::new(pasted);
            move |link, event| paste(link, &turns, event.unchecked_ref())
        }),
        on(&window, "keydown", link, |link, event| keys::pressed(link, event.unchecked_ref())),
        on(&window, "dragenter", link, |link, event| drag(link, event.unchecked_ref())),
        on(&window, "dragover", link, |link, event| drag(link, event.unchecked_ref())),
        on(&window, "dragleave", link, |link, event| drag_leave(link, event.unchecked_ref())),
        on(&window, "drop", link, |link, event| take_drop(link, event.unchecked_ref())),
        on(&window, embedder::FILES, link, |link, event| {
            link.send(Command::Take(embedder::files(event).into()));
        }),
    ];
    if let Ok(Some(query)) = gloo::utils::window().match_media(theme::QUERY) {
        listeners.push(on(&query, "change", link, |link, event| {
            let dark = event.unchecked_ref::<MediaQueryListEvent>().matches();
            link.send(Command::Act(Action::SystemTurned { dark }));
        }));
    }
    listeners
}

/// Takes what came while the page was on its way. Gives the number of pasted texts.
fn take_early(link: &Link) -> u32 {
    let mut pasted = 0;
    for early in intake::early() {
        match early {
            Early::Text(text) => {
                pasted += 1;
                link.send(Command::Take(intake::from_text(&text, pasted).into()));
            }
            Early::Items(items) => take_items(link, items),
        }
    }
    pasted
}

fn on(
    target: &EventTarget,
    name: &'static str,
    link: &Link,
    react: impl Fn(&Link, &web_sys::Event) + 'static,
) -> EventListener {
    let link = link.clone();
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(target, name, options, move |event| react(&link, event))
}

/// Takes links within the page. A browser would resolve them against the
/// base of the document, which in a srcdoc frame is another page.
fn follow_link(link: &Link, event: &MouseEvent) {
    let is_plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key();
    if !is_plain || event.default_prevented() {
        return;
    }
    let anchor = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("a[href^='#']").ok().flatten());
    if let Some(href) = anchor.and_then(|anchor| anchor.get_attribute("href")) {
        event.prevent_default();
        link.navigate(Route::parse(&href));
    }
}

/// Takes what is pasted outside of any field, while the event lasts.
fn paste(link: &Link, turns: &Cell<u32>, event: &ClipboardEvent) {
    if is_text_field(event.target()) {
        return;
    }
    if let Some(data) = event.clipboard_data() {
        event.prevent_default();
        turns.set(turns.get() + 1);
        link.send(Command::Take(intake::from_paste(&data, turns.get()).into()));
    }
}

/// True if the drag brings files, not a selection of the page's own text.
fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&JsValue::from_str("Files"), 0)
}

fn drag(link: &Link, event: &DragEvent) {
    let Some(data) = event.data_transfer().filter(has_files) else { return };
    event.prevent_default();
    data.set_drop_effect("copy");
    if event.type_() == "dragenter" {
        link.send(Command::Act(Action::DraggedOver(true)));
    }
}

/// Leaving one element for another is no leaving of the window.
fn drag_leave(link: &Link, event: &DragEvent) {
    if event.related_target().is_none() {
        link.send(Command::Act(Action::DraggedOver(false)));
    }
}

fn take_drop(link: &Link, event: &DragEvent) {
    let Some(data) = event.data_transfer().filter(has_files) else { return };
    event.prevent_default();
    link.send(Command::Act(Action::DraggedOver(false)));
    take_items(link, intake::items(&data));
}

fn take_items(link: &Link, items: Vec<Item>) {
    let link = link.clone();
    spawn_local(async move { link.send(Command::Take(intake::read(items).await)) });
}
