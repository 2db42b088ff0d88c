//! A button with a panel below it, for what is needed now and then.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};
use yew::prelude::*;

/// Properties of [`Popover`].
#[derive(Clone, PartialEq, Properties)]
pub struct PopoverProps {
    /// Names the button: `data-toggle`.
    pub id: &'static str,
    /// What the button says.
    pub label: AttrValue,
    /// True in the header, whose buttons are larger than those of a toolbar.
    #[prop_or_default]
    pub is_large: bool,
    /// The panel.
    pub children: Html,
}

/// Opens below its button; Esc, a press elsewhere and the button close it.
#[component]
pub fn Popover(props: &PopoverProps) -> Html {
    let is_open = use_state_eq(|| false);
    let place = use_node_ref();
    {
        let (is_open, place) = (is_open.clone(), place.clone());
        use_effect_with(*is_open, move |&open| {
            let listener = open.then(|| {
                EventListener::new(&gloo::utils::document(), "pointerdown", move |event| {
                    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
                    let is_inside = place.cast::<Node>().is_some_and(|own| own.contains(target.as_ref()));
                    if !is_inside {
                        is_open.set(false);
                    }
                })
            });
            move || drop(listener)
        });
    }
    let onclick = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    let onkeydown = {
        let (is_open, place) = (is_open.clone(), place.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && *is_open {
                event.prevent_default();
                event.stop_propagation();
                is_open.set(false);
                let button = place.cast::<HtmlElement>().and_then(|own| own.query_selector("button").ok()?);
                if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                    let _ = button.focus();
                }
            }
        })
    };
    html! {
        <span class="popover" ref={place} {onkeydown}>
            <button
                type="button" class={classes!("button", (!props.is_large).then_some("small"))} data-toggle={props.id} aria-expanded={is_open.to_string()} {onclick}
            >
                { &props.label }
                <span class="caret" aria-hidden="true">{ "\u{25be}" }</span>
            </button>
            if *is_open {
                <div class="popover-panel panel">{ props.children.clone() }</div>
            }
        </span>
    }
}
