//! A run of rows that is on the page only near the part in sight: a table of
//! thousands of groups stays as light as one of fifty.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};
use yew::prelude::*;

use super::case::Case;
use super::row::Row;
use super::table;
use analyzer_core::base::convert::usize_to_f64;

/// Rows that come and go together.
pub const CHUNK: usize = 40;
/// How far out of sight they are kept.
const MARGIN: &str = "1200px 0px";
/// Height of a row that was never on the page, in CSS pixels.
const GUESS: f64 = 46.0;

/// Properties of [`Chunk`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChunkProps {
    /// What is shown.
    pub case: Case,
    /// All rows, as places in the report's list of groups.
    pub places: Rc<Vec<usize>>,
    /// The first row of this run.
    pub first: usize,
    /// True if a row of it is to be brought into sight.
    pub is_wanted: bool,
}

/// The rows, or as much room as they take.
#[component]
pub fn Chunk(props: &ChunkProps) -> Html {
    let place = use_node_ref();
    let is_near = use_state_eq(|| props.first == 0);
    let height = use_mut_ref(|| None::<f64>);
    {
        let (place, is_near, height) = (place.clone(), is_near.setter(), height.clone());
        use_effect_with((), move |()| {
            let watch = place.cast::<Element>().and_then(|element| {
                Watch::start(&element, move |is_seen, tall| {
                    if !is_seen && tall > 0.0 {
                        *height.borrow_mut() = Some(tall);
                    }
                    is_near.set(is_seen);
                })
            });
            move || drop(watch)
        });
    }
    let shown = props.places.iter().copied().enumerate().skip(props.first).take(CHUNK);
    let Some(section) = props.case.section() else { return Html::default() };
    if !*is_near && !props.is_wanted {
        let tall = height.borrow().unwrap_or_else(|| usize_to_f64(shown.count()) * GUESS);
        return html! {
            <tbody ref={place} class="absent" aria-hidden="true"><tr><td colspan="8" style={format!("height:{tall}px")} /></tr></tbody>
        };
    }
    html! {
        <tbody ref={place}>
            { for shown.filter_map(|(index, at)| Some((index, at, section.groups.get(at)?))).map(|(index, at, group)| html! {
                <Row key={group.id.clone()} case={props.case.clone()} {at} {index} is_open={table::is_open(&props.case.params, group)} />
            }) }
        </tbody>
    }
}

/// Hears when an element comes near the part in sight and when it goes.
struct Watch {
    observer: IntersectionObserver,
    _heard: Closure<dyn Fn(js_sys::Array)>,
}

impl Watch {
    /// `None` in a host that cannot: the rows are then as they were at first.
    fn start(element: &Element, on_change: impl Fn(bool, f64) + 'static) -> Option<Self> {
        let heard = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            if let Some(entry) = entries.iter().last() {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                on_change(entry.is_intersecting(), entry.bounding_client_rect().height());
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(MARGIN);
        let observer =
            IntersectionObserver::new_with_options(heard.as_ref().unchecked_ref(), &options).ok()?;
        observer.observe(element);
        Some(Self { observer, _heard: heard })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
