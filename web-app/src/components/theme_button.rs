//! Light, dark, or as the system has it.

use yew::prelude::*;

use crate::link::{Command, use_link};
use crate::state::{Action, Theme};

/// Properties of [`ThemeButton`].
#[derive(Properties, PartialEq)]
pub struct ThemeButtonProps {
    /// The choice as it is.
    pub theme: Theme,
}

/// Goes round the three choices.
#[component]
pub fn ThemeButton(props: &ThemeButtonProps) -> Html {
    let link = use_link();
    let (now, next, name) = match props.theme {
        Theme::System => ("match the system", Theme::Light, "Auto"),
        Theme::Light => ("light", Theme::Dark, "Light"),
        Theme::Dark => ("dark", Theme::System, "Dark"),
    };
    let onclick = Callback::from(move |_| {
        if let Some(link) = &link {
            link.send(Command::Act(Action::ThemeChosen(next)));
        }
    });
    html! {
        <button
            type="button"
            class="button theme"
            {onclick}
            title={format!("Colors: {now}")}
            aria-label={format!("{name}: colors {now}. Change.")}
        >
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
                <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
            </svg>
            <span class="theme-name">{ name }</span>
        </button>
    }
}
