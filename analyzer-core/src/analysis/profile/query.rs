//! What is asked of a profile.

use serde::{Deserialize, Serialize};

use crate::base::source::SourceId;

/// What becomes one node. pprof's `-functions`, `-filefunctions`, `-files`, `-lines`, `-addresses`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// A function.
    #[default]
    Functions,
    /// A function in a file.
    FileFunctions,
    /// A file.
    Files,
    /// A line of a function.
    Lines,
    /// An instruction.
    Addresses,
}

/// pprof's filters, by their names there. All that are set apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Filters {
    /// Only stacks with a matching frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focus: Option<String>,
    /// No stacks with a matching frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Without matching frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide: Option<String>,
    /// Only matching frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
    /// Without the frames above the highest matching one; no stacks without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_from: Option<String>,
    /// Only samples with a matching label: a range ("32kb:64kb", "key=:10ms")
    /// of numbers, or a comma-separated list of regular expressions on texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagfocus: Option<String>,
    /// No samples with a matching label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagignore: Option<String>,
    /// Label keys, comma-separated, whose values become frames at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagroot: Option<String>,
    /// Label keys, comma-separated, whose values become frames at the leaf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagleaf: Option<String>,
}

impl Filters {
    /// The names of all filters, in the order in which pprof applies them.
    pub const NAMES: [&str; 9] =
        ["tagroot", "tagleaf", "focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore"];

    /// The filter of a name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "focus" => &mut self.focus,
            "ignore" => &mut self.ignore,
            "hide" => &mut self.hide,
            "show" => &mut self.show,
            "show_from" => &mut self.show_from,
            "tagfocus" => &mut self.tagfocus,
            "tagignore" => &mut self.tagignore,
            "tagroot" => &mut self.tagroot,
            "tagleaf" => &mut self.tagleaf,
            _ => return None,
        })
    }

    /// The filter of a name, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let filter = match name {
            "focus" => &self.focus,
            "ignore" => &self.ignore,
            "hide" => &self.hide,
            "show" => &self.show,
            "show_from" => &self.show_from,
            "tagfocus" => &self.tagfocus,
            "tagignore" => &self.tagignore,
            "tagroot" => &self.tagroot,
            "tagleaf" => &self.tagleaf,
            _ => return None,
        };
        filter.as_deref().filter(|text| !text.is_empty())
    }

    /// The filters that are set, with their names.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, &str)> {
        Self::NAMES.into_iter().filter_map(|name| Some((name, self.get(name)?)))
    }
}

/// A profile to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Base {
    /// The source of the earlier profile.
    pub source: SourceId,
    /// True for pprof's `-base` (an earlier state of the same counters: equal
    /// samples cancel, percentages are of what is left), false for `-diff_base`
    /// (another run: percentages are of the base). pprof marks the latter's samples
    /// with a label `pprof::base`; here they have their own labels only.
    pub is_subtracted: bool,
    /// Scale the profile to the base's total first.
    pub is_normalized: bool,
}

/// What is asked of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Query {
    /// The source of the profile.
    pub source: SourceId,
    /// The profile to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Name or index of the column of values; `None` for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_type: Option<String>,
    /// What becomes one node.
    #[serde(default)]
    pub granularity: Granularity,
    /// Count inlined calls to the function that has their code. pprof's `-noinlines`.
    #[serde(default)]
    pub without_inlines: bool,
    /// Filters.
    #[serde(default)]
    pub filters: Filters,
}

impl Query {
    /// A profile as it is.
    pub fn new(source: SourceId) -> Self {
        Self {
            source,
            base: None,
            sample_type: None,
            granularity: Granularity::default(),
            without_inlines: false,
            filters: Filters::default(),
        }
    }
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryError {
    /// The source is no profile.
    UnknownProfile,
    /// The profile has no such column of values.
    UnknownSampleType {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A filter is no regular expression.
    BadFilter {
        /// The filter's name.
        filter: String,
        /// What is wrong with it.
        message: String,
    },
    /// The answer would not fit into memory.
    TooLarge {
        /// How much it would be.
        message: String,
    },
    /// The two profiles do not count the same.
    Incomparable {
        /// What differs.
        message: String,
    },
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownProfile => write!(f, "the source is no profile"),
            Self::UnknownSampleType { asked, known } => {
                write!(f, "no sample type \"{asked}\": the profile has {}", known.join(", "))
            }
            Self::BadFilter { filter, message } => write!(f, "{filter}: {message}"),
            Self::TooLarge { message } => write!(f, "too large: {message}"),
            Self::Incomparable { message } => write!(f, "the profiles cannot be compared: {message}"),
        }
    }
}

impl std::error::Error for QueryError {}
