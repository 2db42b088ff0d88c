//! Memory.

use yew::prelude::*;

use super::{View, ViewProps};

/// The view's entry in the list.
pub const VIEW: View = View {
    name: "memory",
    title: "Memory",
    count: |_| None,
    keys: &[],
    render: |props| html! { <Memory ..props /> },
};

/// The content of the view.
#[component]
fn Memory(_props: &ViewProps) -> Html {
    html! {
        <section class="view">
            <h2>{ "Memory" }</h2>
        </section>
    }
}
