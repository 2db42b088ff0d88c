//! A list to choose from that always shows what the address says.

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// Properties of [`Choice`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChoiceProps {
    /// Id of the element.
    pub id: &'static str,
    /// What is chosen, for screen readers.
    pub label: AttrValue,
    /// Values and what they are called.
    pub options: Vec<(AttrValue, AttrValue)>,
    /// Of each option, the group that it stands in; without any there are no groups.
    #[prop_or_default]
    pub groups: Vec<AttrValue>,
    /// The value that is chosen.
    pub value: AttrValue,
    /// Called with another value.
    pub on_change: Callback<String>,
}

/// A `select`. Its state is set after every change of the value: the browser
/// forgets the attributes of its options once a user chose one, and Back
/// would leave a choice that is no longer true.
#[component]
pub fn Choice(props: &ChoiceProps) -> Html {
    let node = use_node_ref();
    use_effect_with((node.clone(), props.options.clone(), props.value.clone()), |(node, _, value)| {
        if let Some(select) = node.cast::<HtmlSelectElement>() {
            select.set_value(value);
        }
    });
    let on_change = props.on_change.clone();
    let onchange = move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(select) = select {
            on_change.emit(select.value());
        }
    };
    html! {
        <select ref={node} id={props.id} class="field small" aria-label={props.label.clone()} {onchange}>
            { grouped(props) }
        </select>
    }
}

fn grouped(props: &ChoiceProps) -> Html {
    let option = |(value, title): &(AttrValue, AttrValue)| {
        html! {
            <option key={value.to_string()} value={value.clone()} selected={*value == props.value}>{ title }</option>
        }
    };
    if props.groups.is_empty() {
        return html! { { for props.options.iter().map(option) } };
    }
    let both: Vec<_> = props.groups.iter().zip(&props.options).collect();
    html! {
        { for both.chunk_by(|a, b| a.0 == b.0).filter_map(|chunk| {
            let (group, _) = chunk.first()?;
            Some(html! {
                <optgroup key={group.to_string()} label={(*group).clone()}>
                    { for chunk.iter().map(|(_, entry)| option(entry)) }
                </optgroup>
            })
        }) }
    }
}
