//! The ways to look at the groups.

use yew::prelude::*;

use super::case::Case;
use super::tangle;
use crate::number_format as text;
use crate::state::{Params, ViewId};

/// A way to look at the groups that the filters admit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A table of groups.
    #[default]
    Groups,
    /// A flame graph of their stacks.
    Flame,
    /// Who waits for whom.
    Waits,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Groups, Self::Flame, Self::Waits];

    /// Reads it from the address.
    pub fn of(params: &Params) -> Self {
        let name = params.get("view").unwrap_or_default();
        Self::ALL.into_iter().find(|mode| mode.name() == name).unwrap_or_default()
    }

    /// Name in the address; the default has none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Groups => "",
            Self::Flame => "flame",
            Self::Waits => "waits",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Groups => "Groups",
            Self::Flame => "Flame graph",
            Self::Waits => "Who waits for whom",
        }
    }
}

/// Links to the modes; that of roots only where there are any.
pub fn switch(case: &Case, current: Mode) -> Html {
    let tangles = tangle::tangles(case.groups()).len();
    let offered = |mode: &Mode| *mode != Mode::Waits || tangles > 0 || current == Mode::Waits;
    html! {
        <nav class="modes" aria-label="View of the groups">
            { for Mode::ALL.into_iter().filter(offered).map(|mode| {
                let href = ViewId::Goroutines.with(case.params.with("view", mode.name())).href();
                html! {
                    <a class="mode" {href} aria-current={(mode == current).then_some("true")}>
                        { mode.title() }
                        if mode == Mode::Waits { <span class="quiet">{ format!(" {}", text::count_usize(tangles)) }</span> }
                    </a>
                }
            }) }
        </nav>
    }
}
