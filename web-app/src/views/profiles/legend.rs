//! What the colors of the graph mean, in the fewest words.

use yew::prelude::*;

use crate::components::flame::data::{Coloring, FlameGraph};
use crate::components::flame::palette;

/// A line of swatches.
pub fn legend(graph: &FlameGraph, is_dark: bool) -> Html {
    let swatch = |color: u8, class: &'static str, what: &'static str| {
        html! {
            <span>
                <span class={classes!("swatch", class)} style={format!("background-color:{}", palette::css(color, is_dark))} aria-hidden="true" />
                { what }
            </span>
        }
    };
    let entries = match graph.coloring() {
        Coloring::Change | Coloring::ChangeInAll => html! {
            <>
                { swatch(palette::of_change(0, 1), "", "+ grew") }
                { swatch(palette::of_change(1, 0), "striped", "\u{2212} shrank") }
                { swatch(palette::of_change(1, 1), "", "= as before") }
                <span>{ "width: growth plus shrinkage" }</span>
            </>
        },
        Coloring::Value => html! {
            <>
                { swatch(palette::of_value(0, 1000), "", "no cost of its own") }
                { swatch(palette::of_value(20, 1000), "", "2%") }
                { swatch(palette::of_value(1000, 1000), "", "25% or more") }
            </>
        },
        coloring => html! {
            <>
                <span>
                    { if coloring == Coloring::Module { "a color for each module" } else { "a color for each package" } }
                </span>
                { swatch(palette::of_function("net/http.f", &[]), "", "standard library") }
                { swatch(palette::of_function("runtime.f", &[]), "", "runtime") }
                { swatch(palette::of_function("f", &[]), "", "not Go") }
            </>
        },
    };
    html! {
        <p class="flame-legend">
            { entries }
            <span><span class="swatch lined" aria-hidden="true" />{ "too narrow to separate" }</span>
        </p>
    }
}
