//! The size of an element, as it changes.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

/// Inner width of the element that `node` refers to, in CSS pixels; zero until it is known.
#[hook]
pub fn use_width(node: &NodeRef) -> f64 {
    let width = use_state_eq(|| 0.0);
    let setter = width.setter();
    use_effect_with(node.clone(), move |node| {
        let element = node.cast::<HtmlElement>();
        let watched = element.as_ref().and_then(|element| {
            let target = element.clone();
            setter.set(f64::from(target.client_width()));
            let closure = Closure::<dyn Fn()>::new(move || setter.set(f64::from(target.client_width())));
            let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
            observer.observe(element);
            Some((observer, closure))
        });
        move || {
            if let Some((observer, _)) = watched {
                observer.disconnect();
            }
        }
    });
    *width
}
