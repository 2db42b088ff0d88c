//! What views ask of profiles.

use super::Session;
use super::message::ExportForm;
use crate::analysis::profile::{
    self, CallGraph, CallTree, Details, Effects, Labels, Listing, Nodes, Order, Peek, Query, QueryError, Top,
    TreeOptions, Trend, Trim, View,
};
use crate::base::source::SourceId;
use crate::formats::pprof;

impl Session {
    /// The sources that are profiles, in the order of dropping.
    pub fn profile_sources(&self) -> Vec<SourceId> {
        self.evidence.profiles.iter().map(|profile| profile.source).collect()
    }

    /// The nodes of a profile with their amounts.
    /// # Errors
    /// If the query names what is not there, or a filter is no expression.
    pub fn top(&self, query: &Query, order: Order) -> Result<Top, QueryError> {
        View::new(&self.evidence, query).map(|view| profile::top(&view, order))
    }

    /// The call tree of a profile, laid out for drawing.
    /// # Errors
    /// As for [`Self::top`].
    pub fn call_tree(&self, query: &Query, options: &TreeOptions) -> Result<CallTree, QueryError> {
        View::new(&self.evidence, query).map(|view| profile::call_tree(&view, options))
    }

    /// Nodes with their callers and callees, beside the table that they are rows of.
    /// # Errors
    /// As for [`Self::top`].
    pub fn peek(&self, query: &Query, nodes: &Nodes, order: Order) -> Result<(Top, Peek), QueryError> {
        let view = View::new(&self.evidence, query)?;
        let top = profile::top(&view, order);
        let peek = profile::peek(&view, &top, nodes)?;
        Ok((top, peek))
    }

    /// Functions line by line, by a pattern of their names.
    /// # Errors
    /// As for [`Self::top`]; `BadFilter` if the pattern is no expression.
    pub fn listing(&self, query: &Query, pattern: &str) -> Result<Listing, QueryError> {
        profile::listing(&self.evidence, query, pattern)
    }

    /// The call graph of a profile, trimmed.
    /// # Errors
    /// As for [`Self::top`].
    pub fn call_graph(&self, query: &Query, trim: Trim) -> Result<CallGraph, QueryError> {
        profile::call_graph(&self.evidence, query, trim)
    }

    /// What each label accounts for.
    /// # Errors
    /// As for [`Self::top`].
    pub fn labels(&self, query: &Query) -> Result<Labels, QueryError> {
        View::new(&self.evidence, query).map(|view| profile::labels(&self.evidence, &view))
    }

    /// What each filter of a query leaves.
    /// # Errors
    /// As for [`Self::top`].
    pub fn effects(&self, query: &Query) -> Result<Effects, QueryError> {
        profile::effects(&self.evidence, query)
    }

    /// What a profile is beyond its summary.
    /// # Errors
    /// As for [`Self::top`].
    pub fn details(&self, query: &Query) -> Result<Details, QueryError> {
        profile::details(&self.evidence, query)
    }

    /// The nodes of several profiles with their amounts in each.
    /// # Errors
    /// As for [`Self::top`]; `Incomparable` if they do not count in one unit.
    pub fn trend(&self, query: &Query, sources: &[SourceId], order: Order) -> Result<Trend, QueryError> {
        profile::trend(&self.evidence, query, sources, order)
    }

    /// The bytes of a file with what is asked of a profile.
    /// # Errors
    /// As for [`Self::top`]; `TooLarge` if the file would not fit into memory.
    pub fn export(&self, query: &Query, form: ExportForm) -> Result<Vec<u8>, QueryError> {
        match form {
            ExportForm::Csv(order) => Ok(profile::top_csv(&self.top(query, order)?).into_bytes()),
            ExportForm::Folded => profile::folded(&View::new(&self.evidence, query)?).map(String::into_bytes),
            ExportForm::Pprof => {
                let filtered = profile::filtered(&self.evidence, query)?;
                Ok(pprof::encode(&filtered, &self.evidence.strings))
            }
        }
    }
}
