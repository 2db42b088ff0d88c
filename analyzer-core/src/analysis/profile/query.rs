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

/// One of pprof's filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Its name in pprof, and in addresses.
    pub name: &'static str,
    /// Its long option.
    pub option: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it does.
    pub meaning: &'static str,
}

/// What a filter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A regular expression on the names and files of frames.
    Expression,
    /// A range of numbers ("32kb:64kb", "key=:10ms"), or a comma-separated list
    /// of regular expressions on texts.
    Labels,
    /// Label keys, comma-separated.
    Keys,
}

/// The only list of filters.
macro_rules! filters {
    ($($name:ident, $option:literal, $takes:ident, $meaning:literal;)*) => {
        /// pprof's filters, by their names there. All that are set apply.
        ///
        /// ```
        /// use analyzer_core::session::Filters;
        ///
        /// let filters = Filters { hide: Some("^runtime[.]".to_owned()), ..Filters::default() };
        /// assert_eq!(filters.get("hide"), Some("^runtime[.]"));
        /// assert!(Filters::ALL.iter().any(|filter| filter.option == "show-from"));
        /// ```
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(default)]
        pub struct Filters {
            $(
                #[doc = concat!($meaning, ".")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<String>,
            )*
        }

        impl Filters {
            /// Every filter, in the order in which they are offered.
            pub const ALL: &[Filter] = &[$(Filter {
                name: stringify!($name),
                option: $option,
                takes: Takes::$takes,
                meaning: $meaning,
            }),*];

            /// The filter of a name.
            pub fn get_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }

            /// The filter of a name, if it is set.
            pub fn get(&self, name: &str) -> Option<&str> {
                let filter = match name {
                    $(stringify!($name) => &self.$name,)*
                    _ => return None,
                };
                filter.as_deref().filter(|text| !text.is_empty())
            }
        }
    };
}

filters! {
    focus, "focus", Expression, "Only stacks with a matching frame";
    ignore, "ignore", Expression, "No stacks with a matching frame";
    hide, "hide", Expression, "Without matching frames";
    show, "show", Expression, "Only matching frames";
    show_from, "show-from", Expression, "Without the frames above the highest matching one";
    tagfocus, "tagfocus", Labels, "Only samples with a matching label: a range (\"32kb:1mb\") or regular expressions";
    tagignore, "tagignore", Labels, "No samples with a matching label";
    tagroot, "tagroot", Keys, "Values of these labels as frames at the root";
    tagleaf, "tagleaf", Keys, "Values of these labels as frames at the leaf";
}

impl Filters {
    /// The filters that are set, with their names, in the order in which pprof
    /// applies them: those first that add frames, for the others see these.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let adds_frames = |filter: &&Filter| filter.takes == Takes::Keys;
        let first = Self::ALL.iter().filter(adds_frames);
        let then = Self::ALL.iter().filter(move |filter| !adds_frames(filter));
        first.chain(then).filter_map(|filter| Some((filter.name, self.get(filter.name)?)))
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
///
/// ```
/// use analyzer_core::session::{Granularity, Order, Query, Session};
///
/// let mut session = Session::default();
/// let heap = std::fs::read("tests/fixtures/pprof/go1.26.6/heap.pb.gz")?;
/// session.add("heap.pb.gz", heap);
/// let source = session.profile_sources()[0];
/// let query = Query { granularity: Granularity::Lines, ..Query::new(source) };
/// let top = session.top(&query, Order::Cum)?;
/// assert_eq!((top.sample_type.as_str(), top.unit.as_str()), ("inuse_space", "bytes"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
            Self::UnknownProfile => write!(f, "this source is not a profile"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_add_frames_come_first_and_empty_ones_not_at_all() {
        let mut filters = Filters::default();
        for (name, value) in [("focus", "a"), ("tagleaf", "b"), ("hide", ""), ("tagroot", "c")] {
            *filters.get_mut(name).expect("a filter of pprof") = Some(value.to_owned());
        }
        let set: Vec<_> = filters.set().collect();
        assert_eq!(set, [("tagroot", "c"), ("tagleaf", "b"), ("focus", "a")]);
        assert_eq!(filters.get_mut("no such filter"), None);
    }

    #[test]
    fn an_option_is_the_name_as_command_lines_write_it() {
        for filter in Filters::ALL {
            assert_eq!(filter.option, filter.name.replace('_', "-"));
        }
    }
}
