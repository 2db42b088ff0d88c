//! The row of views.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::link::use_link;
use crate::number_format as text;
use crate::state::{Route, ViewId};

/// Properties of [`Tabs`].
#[derive(Properties, PartialEq)]
pub struct TabsProps {
    /// The view that is shown.
    pub current: ViewId,
    /// The row.
    pub tabs: Vec<Tab>,
}

/// What stands on a tab.
#[derive(Clone, Debug, PartialEq)]
pub struct Tab {
    /// Where it leads.
    pub view: ViewId,
    /// The view's title.
    pub title: &'static str,
    /// How much the view has to show.
    pub count: Option<usize>,
}

/// Links to the views. One of them is in the order of focus, arrow keys reach the others.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let link = use_link();
    let current = props.current;
    let on_key = Callback::from(move |event: KeyboardEvent| {
        let Some(link) = &link else { return };
        let Some(place) = ViewId::ALL.iter().position(|&view| view == current) else { return };
        let last = ViewId::ALL.len() - 1;
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
        let Some(&view) = ViewId::ALL.get(target) else { return };
        event.prevent_default();
        link.navigate(Route::to(view));
        focus(view.name());
    });
    html! {
        <nav aria-label="Views">
        <div class="tabs" role="tablist" aria-label="Views" onkeydown={on_key}>
            { for props.tabs.iter().map(|&Tab { view, title, count }| {
                let is_current = view == current;
                html! {
                    <a
                        key={view.name()}
                        id={format!("tab-{}", view.name())}
                        class="tab"
                        role="tab"
                        href={Route::to(view).href()}
                        aria-selected={is_current.to_string()}
                        aria-controls="main"
                        tabindex={if is_current { "0" } else { "-1" }}
                    >
                        <span class="tab-title" data-title={title}>{ title }</span>
                        if let Some(count) = count {
                            <span class="tab-count">{ text::count_usize(count) }</span>
                        }
                    </a>
                }
            }) }
        </div>
        </nav>
    }
}

fn focus(name: &str) {
    let tab = gloo::utils::document().get_element_by_id(&format!("tab-{name}"));
    if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        let _ = tab.focus();
    }
}
