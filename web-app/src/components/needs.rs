//! What a view says when it has nothing to show: what it needs, and how to get it.

use yew::prelude::*;

use super::copy_button::CopyButton;

/// One way to capture what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What the command gives.
    pub what: &'static str,
    /// The command.
    pub command: &'static str,
}

/// Properties of [`Needs`].
#[derive(Properties, PartialEq)]
pub struct NeedsProps {
    /// What the view would show, and what it lacks for that.
    pub children: Html,
    /// How to capture it.
    pub recipes: &'static [Recipe],
}

/// An explanation with commands to copy.
#[component]
pub fn Needs(props: &NeedsProps) -> Html {
    html! {
        <div class="needs">
            <p>{ props.children.clone() }</p>
            <dl class="recipes">
                { for props.recipes.iter().map(|recipe| html! {
                    <div>
                        <dt>{ recipe.what }</dt>
                        <dd><code>{ recipe.command }</code><CopyButton text={recipe.command} /></dd>
                    </div>
                }) }
            </dl>
        </div>
    }
}
