//! A field that filters as one types.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Properties of [`Search`].
#[derive(Properties, PartialEq)]
pub struct SearchProps {
    /// What it searches in, for screen readers.
    pub label: AttrValue,
    /// What can be typed.
    pub placeholder: AttrValue,
    /// The text.
    pub value: String,
    /// The text changed.
    pub on_input: Callback<String>,
}

/// The view's search field: `/` leads to it.
#[component]
pub fn Search(props: &SearchProps) -> Html {
    let oninput = props.on_input.reform(|event: InputEvent| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        field.map(|field| field.value()).unwrap_or_default()
    });
    let onkeydown = {
        let (on_input, is_empty) = (props.on_input.clone(), props.value.is_empty());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && !is_empty {
                event.prevent_default();
                on_input.emit(String::new());
            }
        })
    };
    html! {
        <input
            type="search"
            class="field search"
            data-search=""
            aria-label={props.label.clone()}
            placeholder={props.placeholder.clone()}
            value={props.value.clone()}
            autocomplete="off"
            spellcheck="false"
            {oninput}
            {onkeydown}
        />
    }
}
