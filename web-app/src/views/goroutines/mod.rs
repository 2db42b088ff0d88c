//! Goroutines.

use yew::prelude::*;

use super::{View, ViewProps};

/// The view's entry in the list.
pub const VIEW: View = View {
    name: "goroutines",
    title: "Goroutines",
    count: |_| None,
    keys: &[],
    render: |props| html! { <Goroutines ..props /> },
};

/// The content of the view.
#[component]
fn Goroutines(_props: &ViewProps) -> Html {
    html! {
        <section class="view">
            <h2>{ "Goroutines" }</h2>
        </section>
    }
}
