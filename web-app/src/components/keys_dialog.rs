//! The list of keys.

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::link::{Command, use_link};
use crate::state::Action;

/// Keys with what they do.
pub type Keys = &'static [(&'static str, &'static str)];

/// Properties of [`KeysDialog`].
#[derive(Properties, PartialEq)]
pub struct KeysDialogProps {
    /// Keys of the page.
    pub page_keys: Keys,
    /// The views with their keys, the one that is shown first.
    pub views: Vec<(&'static str, Keys)>,
}

/// A dialog of the browser's own: it keeps the focus, and Esc closes it.
#[component]
pub fn KeysDialog(props: &KeysDialogProps) -> Html {
    let link = use_link();
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            let _ = dialog.show_modal();
            // The list is read from its start, whatever would take the focus first.
            let _ = dialog
                .query_selector("h2")
                .ok()
                .flatten()
                .map(|title| title.dyn_into::<web_sys::HtmlElement>().map(|title| title.focus()));
            dialog.set_scroll_top(0);
        }
    });
    let close = Callback::from(move |()| {
        if let Some(link) = &link {
            link.send(Command::Act(Action::KeysToggled));
        }
    });
    let onclose = close.reform(|_: Event| ());
    let onclick = close.reform(|_: MouseEvent| ());
    html! {
        <dialog ref={dialog} class="keys" aria-labelledby="keys-title" {onclose}>
            <header class="section-head">
                <h2 id="keys-title" tabindex="-1">{ "Keys" }</h2>
                <button type="button" class="button" {onclick}>{ "Close" }</button>
            </header>
            <div class="keys-sections">
                <section><h3>{ "Everywhere" }</h3>{ list(props.page_keys) }</section>
                { for props.views.iter().filter(|(_, keys)| !keys.is_empty()).map(|(title, keys)| html! {
                    <section key={*title}><h3>{ *title }</h3>{ list(keys) }</section>
                }) }
            </div>
        </dialog>
    }
}

fn list(keys: Keys) -> Html {
    html! {
        <dl class="keys-list">
            { for keys.iter().map(|(key, what)| html! {
                <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></>
            }) }
        </dl>
    }
}
