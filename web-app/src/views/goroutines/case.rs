//! What the parts of the view share.

use analyzer_core::report::{GoroutineGroup, Goroutines, Report, SubjectId};
use yew::prelude::*;

use super::listing;
use crate::link::Link;
use crate::state::{Params, Shared, ViewId};

/// One subject's goroutines, and how they are looked at.
#[derive(Clone, PartialEq)]
pub struct Case {
    /// The report.
    pub report: Shared<Report>,
    /// The address.
    pub params: Params,
    /// Whose goroutines.
    pub subject: SubjectId,
    /// True if the page is dark.
    pub is_dark: bool,
    /// The page.
    pub link: Option<Link>,
}

/// Properties of a part that needs the case alone.
#[derive(Clone, PartialEq, Properties)]
pub struct CaseProps {
    /// What is shown.
    pub case: Case,
}

impl Case {
    /// The goroutines of all subjects.
    pub fn section(&self) -> Option<&Goroutines> {
        self.report.goroutines.as_ref()
    }

    /// The subject's groups, in the order of the report.
    pub fn groups(&self) -> impl Iterator<Item = &GoroutineGroup> + Clone {
        self.section().into_iter().flat_map(|section| listing::of_subject(section, self.subject))
    }

    /// Sets the view otherwise, as a new entry of the history.
    pub fn go(&self, params: Params) {
        if let Some(link) = &self.link {
            link.navigate(ViewId::Goroutines.with(params));
        }
    }

    /// Sets the view otherwise without a new entry of the history.
    pub fn refine(&self, params: Params) {
        if let Some(link) = &self.link {
            link.refine(params);
        }
    }

    /// Does what [`Self::go`] does on a press.
    pub fn on_go(&self, params: Params) -> Callback<MouseEvent> {
        let case = self.clone();
        Callback::from(move |_| case.go(params.clone()))
    }

    /// The address of the view with a parameter set, or without it if it has that value already.
    pub fn toggle_href(&self, name: &str, value: &str) -> String {
        ViewId::Goroutines.with(self.toggled(name, value)).href()
    }

    /// The parameters with one set, or without it if it has that value already.
    pub fn toggled(&self, name: &str, value: &str) -> Params {
        if self.params.get(name) == Some(value) {
            self.params.without(name)
        } else {
            self.params.with(name, value)
        }
    }
}
