//! Overview.

use yew::prelude::*;

use super::{View, ViewProps};

/// The view's entry in the list.
pub const VIEW: View = View {
    name: "overview",
    title: "Overview",
    count: |_| None,
    keys: &[],
    render: |props| html! { <Overview ..props /> },
};

/// The content of the view.
#[component]
fn Overview(_props: &ViewProps) -> Html {
    html! {
        <section class="view">
            <h2>{ "Overview" }</h2>
        </section>
    }
}
