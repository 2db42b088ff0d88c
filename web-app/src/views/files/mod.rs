//! Files.

use yew::prelude::*;

use super::{View, ViewProps};

/// The view's entry in the list.
pub const VIEW: View = View {
    name: "files",
    title: "Files",
    count: |report| Some(report.sources.len()),
    keys: &[],
    render: |props| html! { <Files ..props /> },
};

/// The content of the view.
#[component]
fn Files(_props: &ViewProps) -> Html {
    html! {
        <section class="view">
            <h2>{ "Files" }</h2>
        </section>
    }
}
