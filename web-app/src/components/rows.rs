//! A long table of which only the rows in sight are on the page.

use std::ops::Range;

use analyzer_core::base::convert::{f64_to_usize, usize_to_f64};
use web_sys::HtmlElement;
use yew::prelude::*;

/// Rows that are kept on the page beyond those in sight.
const BEYOND: usize = 8;
/// A browser cannot lay out an element of any height; Chromium ends at 33 million pixels.
const TALLEST: f64 = 16_000_000.0;

/// Properties of [`Rows`].
#[derive(Clone, PartialEq, Properties)]
pub struct RowsProps {
    /// How many rows there are.
    pub count: usize,
    /// Height of a row, in CSS pixels.
    pub height: f64,
    /// Makes a row.
    pub render: Callback<usize, Html>,
    /// The row of the columns' names; stays in sight.
    #[prop_or_default]
    pub head: Html,
    /// Row to bring into sight when it changes.
    #[prop_or_default]
    pub focus: Option<usize>,
    /// Class of the element.
    #[prop_or_default]
    pub class: Classes,
    /// What the table shows.
    pub label: AttrValue,
    /// The table's role: `table` or `treegrid`.
    #[prop_or(AttrValue::Static("table"))]
    pub role: AttrValue,
    /// Id of the row that is selected, for screen readers.
    #[prop_or_default]
    pub active: Option<AttrValue>,
    /// Called with keys that go down on the table.
    #[prop_or_default]
    pub on_key: Callback<KeyboardEvent>,
}

/// The rows in sight, at their place in the height of all.
#[component]
pub fn Rows(props: &RowsProps) -> Html {
    let place = use_node_ref();
    let shown = use_state_eq(|| 0..64_usize);
    let update = {
        let (place, shown, height) = (place.clone(), shown.setter(), props.height);
        move || {
            if let Some(element) = place.cast::<HtmlElement>() {
                shown.set(in_sight(
                    f64::from(element.scroll_top()),
                    f64::from(element.client_height()),
                    height,
                ));
            }
        }
    };
    {
        let update = update.clone();
        use_effect_with(props.count, move |_| update());
    }
    {
        let (place, height) = (place.clone(), props.height);
        use_effect_with(props.focus, move |focus| {
            if let (Some(row), Some(element)) = (focus, place.cast::<HtmlElement>()) {
                reveal(&element, *row, height);
            }
        });
    }
    let range = shown.start.min(props.count)..shown.end.min(props.count);
    let all = usize_to_f64(props.count) * props.height;
    let space = format!("height:{}px", all.min(TALLEST));
    let shift = format!("transform:translateY({}px)", usize_to_f64(range.start) * props.height);
    html! {
        <div
            class={classes!("rows", props.class.clone())} ref={place} role={props.role.clone()}
            aria-label={props.label.clone()} aria-rowcount={(props.count + 1).to_string()} tabindex="0"
            aria-activedescendant={props.active.clone()}
            onscroll={move |_| update()} onkeydown={props.on_key.clone()}
        >
            <div class="rows-head" role="rowgroup">{ props.head.clone() }</div>
            <div class="rows-space" role="rowgroup" style={space}>
                <div style={shift}>{ for range.map(|row| props.render.emit(row)) }</div>
            </div>
        </div>
    }
}

fn in_sight(scroll: f64, room: f64, height: f64) -> Range<usize> {
    let first = f64_to_usize(scroll / height).saturating_sub(BEYOND);
    let count = f64_to_usize(room / height) + 2 * BEYOND + 2;
    first..first + count
}

fn reveal(element: &HtmlElement, row: usize, height: f64) {
    let head = element.first_element_child().map_or(0.0, |head| f64::from(head.client_height()));
    let (top, room) = (usize_to_f64(row) * height, f64::from(element.client_height()) - head);
    let scroll = f64::from(element.scroll_top());
    let goal = if top < scroll {
        top
    } else if top + height > scroll + room {
        top + height - room
    } else {
        return;
    };
    element.set_scroll_top(i32::try_from(analyzer_core::base::convert::f64_to_i64(goal)).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_around_the_window_are_kept() {
        assert_eq!(in_sight(0.0, 200.0, 20.0), 0..28);
        assert_eq!(in_sight(2_000.0, 200.0, 20.0), 92..120);
    }
}
