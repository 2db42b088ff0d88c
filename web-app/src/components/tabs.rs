//! The row of views.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::link::use_link;
use crate::number_format as text;
use crate::state::Route;
use crate::views;

/// Properties of [`Tabs`].
#[derive(Properties, PartialEq)]
pub struct TabsProps {
    /// Name of the view that is shown.
    pub current: &'static str,
    /// How much each view has to show, in the views' order.
    pub counts: Vec<Option<usize>>,
}

/// Links to the views. One of them is in the order of focus, arrow keys reach the others.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let link = use_link();
    let current = props.current;
    let on_key = Callback::from(move |event: KeyboardEvent| {
        let Some(link) = &link else { return };
        let Some(place) = views::ALL.iter().position(|view| view.name == current) else { return };
        let last = views::ALL.len() - 1;
        let target = match event.key().as_str() {
            "ArrowRight" => {
                if place == last {
                    0
                } else {
                    place + 1
                }
            }
            "ArrowLeft" => {
                if place == 0 {
                    last
                } else {
                    place - 1
                }
            }
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        let Some(view) = views::ALL.get(target) else { return };
        event.prevent_default();
        link.navigate(Route::to(view));
        focus(view.name);
    });
    html! {
        <nav class="tabs" role="tablist" aria-label="Views" onkeydown={on_key}>
            { for views::ALL.iter().zip(&props.counts).map(|(view, count)| {
                let is_current = view.name == current;
                html! {
                    <a
                        key={view.name}
                        id={format!("tab-{}", view.name)}
                        class="tab"
                        role="tab"
                        href={Route::to(view).href()}
                        aria-selected={is_current.to_string()}
                        aria-controls="main"
                        tabindex={if is_current { "0" } else { "-1" }}
                    >
                        { view.title }
                        if let Some(count) = count {
                            <span class="tab-count">{ text::count_usize(*count) }</span>
                        }
                    </a>
                }
            }) }
        </nav>
    }
}

fn focus(name: &str) {
    let tab = gloo::utils::document().get_element_by_id(&format!("tab-{name}"));
    if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        let _ = tab.focus();
    }
}
