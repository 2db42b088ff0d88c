//! The views: a folder each, and one list.

use std::fmt;

use analyzer_core::report::Report;
use yew::prelude::*;

use crate::state::{Params, Route, Shared};

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
}

/// A view: its place in the address and in the row of tabs, and its content.
pub struct View {
    /// Name in the address.
    pub name: &'static str,
    /// Name on the tab.
    pub title: &'static str,
    /// How many things there are to see; `None` if the report has nothing for this view.
    pub count: fn(&Report) -> Option<usize>,
    /// Keys that the view knows, with what they do, for the list of keys.
    pub keys: &'static [(&'static str, &'static str)],
    /// The content.
    pub render: fn(ViewProps) -> Html,
}

impl View {
    /// This view, set in one way: what a link points to.
    pub fn with(&'static self, params: Params) -> Route {
        Route { view: self, params }
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The only list of views, in the order of their tabs; the first is the default.
macro_rules! views {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every view.
        pub static ALL: &[View] = &[$($module::VIEW),*];
    };
}

views! { overview, memory, goroutines, profiles, trace, gc, files }

/// The view that an empty address names.
pub fn default() -> &'static View {
    &ALL[0]
}

/// The view of this name.
pub fn find(name: &str) -> Option<&'static View> {
    ALL.iter().find(|view| view.name == name)
}
