//! A menu that opens at a place in the window: for a right click, a long
//! press, a key or a button.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// An entry of a menu.
#[derive(Clone, PartialEq)]
pub struct MenuItem {
    /// Name for tests and style sheets.
    pub id: &'static str,
    /// What it says.
    pub label: AttrValue,
    /// What it does, in a few words.
    pub hint: AttrValue,
    /// Does it.
    pub run: Callback<()>,
}

impl MenuItem {
    /// An entry.
    pub fn new(id: &'static str, label: &'static str, hint: &'static str, run: impl Fn() + 'static) -> Self {
        Self { id, label: label.into(), hint: hint.into(), run: Callback::from(move |()| run()) }
    }
}

/// Properties of [`Menu`].
#[derive(Clone, PartialEq, Properties)]
pub struct MenuProps {
    /// What the menu is of.
    pub title: AttrValue,
    /// Its entries.
    pub items: Vec<MenuItem>,
    /// CSS pixels from the left of the window.
    pub x: f64,
    /// CSS pixels from the top of the window.
    pub y: f64,
    /// Called when it closes, whatever was chosen.
    pub on_close: Callback<()>,
}

/// Entries that arrow keys walk through; Esc, a choice and a press elsewhere close it.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let place = use_node_ref();
    {
        let (place, on_close) = (place.clone(), props.on_close.clone());
        use_effect_with((), move |()| {
            let document = gloo::utils::document();
            let before = document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
            focus(entries(&place).first());
            let outside = {
                let (place, on_close) = (place.clone(), on_close.clone());
                move |event: &web_sys::Event| {
                    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                    let menu = place.cast::<Element>();
                    if !menu.is_some_and(|menu| menu.contains(target.as_deref())) {
                        on_close.emit(());
                    }
                }
            };
            let window = gloo::utils::window();
            let listeners = ["pointerdown", "wheel", "resize", "blur"].map(|name| {
                let outside = outside.clone();
                EventListener::new(&window, name, move |event| outside(event))
            });
            move || {
                drop(listeners);
                // A choice may have moved the focus on its own.
                if let Some(before) = before.filter(|_| is_nowhere()) {
                    let _ = before.focus();
                }
            }
        });
    }
    let on_key = {
        let (place, on_close) = (place.clone(), props.on_close.clone());
        Callback::from(move |event: KeyboardEvent| {
            let all = entries(&place);
            let active = gloo::utils::document().active_element();
            let at = all.iter().position(|entry| Some(entry.unchecked_ref::<Element>()) == active.as_ref());
            let last = all.len().saturating_sub(1);
            let next = match event.key().as_str() {
                "ArrowDown" => at.map_or(0, |at| if at == last { 0 } else { at + 1 }),
                "ArrowUp" => at.map_or(last, |at| at.checked_sub(1).unwrap_or(last)),
                "Home" => 0,
                "End" => last,
                "Escape" | "Tab" => {
                    event.prevent_default();
                    event.stop_propagation();
                    return on_close.emit(());
                }
                // Enter and Space press the entry; no other key is the page's while this is open.
                _ => return event.stop_propagation(),
            };
            event.prevent_default();
            event.stop_propagation();
            focus(all.get(next));
        })
    };
    // The style sheet knows how high entries are, which is more where fingers press them.
    let style = format!("--x:{}px;--y:{}px;--entries:{}", props.x, props.y, props.items.len());
    html! {
        <div class="menu" ref={place} role="menu" aria-label={props.title.clone()} {style} onkeydown={on_key}
            oncontextmenu={|event: MouseEvent| event.prevent_default()}
        >
            <p class="menu-title" aria-hidden="true">{ &props.title }</p>
            { for props.items.iter().map(|item| {
                let (run, on_close) = (item.run.clone(), props.on_close.clone());
                let choose = Callback::from(move |_: MouseEvent| {
                    on_close.emit(());
                    run.emit(());
                });
                html! {
                    <button key={item.id} type="button" class="menu-item" role="menuitem" tabindex="-1" data-item={item.id} onclick={choose}>
                        <span>{ &item.label }</span>
                        <span class="menu-hint">{ &item.hint }</span>
                    </button>
                }
            }) }
        </div>
    }
}

fn entries(place: &NodeRef) -> Vec<HtmlElement> {
    let Some(menu) = place.cast::<Element>() else { return Vec::new() };
    let Ok(found) = menu.query_selector_all("[role=menuitem]") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

fn focus(entry: Option<&HtmlElement>) {
    if let Some(entry) = entry {
        let _ = entry.focus();
    }
}

/// True if nothing on the page has the focus.
fn is_nowhere() -> bool {
    let document = gloo::utils::document();
    document.active_element().is_none_or(|element| document.body().is_some_and(|body| **body == *element))
}
