//! A button that copies a text.

use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlElement;
use yew::prelude::*;

/// How long the button says that it copied.
const SAID_MILLIS: u32 = 2_000;

/// Properties of [`CopyButton`].
#[derive(Properties, PartialEq)]
pub struct CopyButtonProps {
    /// What is copied.
    pub text: AttrValue,
    /// What the button says.
    #[prop_or(AttrValue::Static("Copy"))]
    pub label: AttrValue,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    None,
    Copied,
    Refused,
}

/// Copies its text, and says so; where the browser refuses, it says that.
#[component]
pub fn CopyButton(props: &CopyButtonProps) -> Html {
    let outcome = use_state_eq(|| Outcome::None);
    let timer = use_mut_ref(|| None::<Timeout>);
    let onclick = {
        let (outcome, text) = (outcome.clone(), props.text.clone());
        Callback::from(move |_| {
            let (outcome, text, timer) = (outcome.clone(), text.clone(), timer.clone());
            spawn_local(async move {
                outcome.set(if copy(&text).await { Outcome::Copied } else { Outcome::Refused });
                let reset = move || outcome.set(Outcome::None);
                *timer.borrow_mut() = Some(Timeout::new(SAID_MILLIS, reset));
            });
        })
    };
    let said = match *outcome {
        Outcome::None => None,
        Outcome::Copied => Some("Copied"),
        Outcome::Refused => Some("Refused"),
    };
    // The label keeps its room, so that nothing moves.
    html! {
        <button type="button" class={classes!("button", "copy", said.map(|_| "said-so"))} {onclick}>
            <span class="copy-label">{ &props.label }</span>
            <span class="copy-said" role="status">{ said.unwrap_or_default() }</span>
        </button>
    }
}

/// Copies through the clipboard's own interface, or through a selection
/// where that is missing (a page from a disk, a frame).
///
/// Gives false where the browser refuses.
pub async fn copy(text: &str) -> bool {
    let window = gloo::utils::window();
    if window.is_secure_context() {
        let written = JsFuture::from(window.navigator().clipboard().write_text(text)).await;
        if written.is_ok() {
            return true;
        }
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let document = gloo::utils::document();
    let area: web_sys::HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    document.body()?.append_child(&area).ok()?;
    area.select();
    let html: &web_sys::HtmlDocument = document.dyn_ref()?;
    let copied = html.exec_command("copy");
    area.unchecked_ref::<HtmlElement>().remove();
    copied.ok()
}
