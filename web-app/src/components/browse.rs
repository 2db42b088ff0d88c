//! Choosing files and folders.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};
use yew::prelude::*;

use crate::intake;
use crate::link::{Command, use_link};

/// Properties of [`Browse`].
#[derive(Properties, PartialEq)]
pub struct BrowseProps {
    /// What the button for files says.
    pub label: AttrValue,
    /// True in the header, where there is little room.
    #[prop_or_default]
    pub is_small: bool,
}

/// Two buttons: one for files and archives, one for a folder.
#[component]
pub fn Browse(props: &BrowseProps) -> Html {
    let link = use_link();
    let on_choose = Callback::from(move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let (Some(input), Some(link)) = (input, &link) {
            link.send(Command::Take(intake::from_input(&input).into()));
        }
    });
    let class = if props.is_small { "button" } else { "button primary" };
    html! {
        <>
            <label class={class}>
                { &props.label }
                <input id="browse" type="file" multiple=true onchange={&on_choose} />
            </label>
            <label class="button folder">
                { if props.is_small { "Folder" } else { "Browse for a folder" } }
                <input id="browse-folder" type="file" webkitdirectory=true onchange={on_choose} />
            </label>
        </>
    }
}
