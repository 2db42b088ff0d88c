//! The views: a module each. Which there are is said in `state`, for addresses name them.

use analyzer_core::report::Report;
use yew::prelude::*;

use crate::state::{Params, Route, Scope, Shared, ViewId};

/// What every view is given.
#[derive(Clone, PartialEq, Properties)]
pub struct ViewProps {
    /// What the engine said last.
    pub report: Shared<Report>,
    /// How the view is set: its part of the address.
    pub params: Params,
    /// True if the page is dark: a canvas is to be drawn again when it changes.
    pub is_dark: bool,
    /// True while more is to come.
    pub is_busy: bool,
    /// Whose captures are shown.
    pub scope: Option<Scope>,
    /// What the engine said of all services.
    pub whole: Shared<Report>,
}

/// A place of a view that the palette leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// What kind of thing it is: `Goroutines`, `File`.
    pub kind: &'static str,
    /// Its name.
    pub label: String,
    /// What else is told of it, in a few words.
    pub hint: String,
    /// Where it is.
    pub route: Route,
}

/// A view: its tab and its content.
pub struct View {
    /// Name on the tab.
    pub title: &'static str,
    /// How many things there are to see; `None` if the report has nothing for this view.
    pub count: fn(&Report) -> Option<usize>,
    /// Keys that the view knows, with what they do, for the list of keys.
    pub keys: &'static [(&'static str, &'static str)],
    /// What of it the palette finds by name, in the view's own order.
    pub places: fn(&Report) -> Vec<Place>,
    /// The content.
    pub render: fn(ViewProps) -> Html,
}

macro_rules! modules {
    ($($id:ident $module:ident,)*) => {
        $(pub mod $module;)*

        /// What a view is.
        pub fn of(id: ViewId) -> &'static View {
            match id {
                $(ViewId::$id => &$module::VIEW,)*
            }
        }
    };
}

crate::state::views!(modules);
