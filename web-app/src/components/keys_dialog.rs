//! The list of keys.

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
    /// Keys of the view that is shown.
    pub view_keys: Keys,
    /// Name of that view.
    pub view_title: &'static str,
}

/// A dialog of the browser's own: it keeps the focus, and Esc closes it.
#[component]
pub fn KeysDialog(props: &KeysDialogProps) -> Html {
    let link = use_link();
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            let _ = dialog.show_modal();
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
            <h2 id="keys-title">{ "Keys" }</h2>
            { list(props.page_keys) }
            if !props.view_keys.is_empty() {
                <h3>{ props.view_title }</h3>
                { list(props.view_keys) }
            }
            <button type="button" class="button" {onclick}>{ "Close" }</button>
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
