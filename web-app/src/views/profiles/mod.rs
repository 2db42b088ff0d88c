//! Profiles.

use yew::prelude::*;

use super::{View, ViewProps};

/// The view's entry in the list.
pub const VIEW: View = View {
    name: "profiles",
    title: "Profiles",
    count: |_| None,
    keys: &[],
    render: |props| html! { <Profiles ..props /> },
};

/// The content of the view.
#[component]
fn Profiles(_props: &ViewProps) -> Html {
    html! {
        <section class="view">
            <h2>{ "Profiles" }</h2>
        </section>
    }
}
