//! What the address says of the view: which profile, how it is filtered, what is seen.

use analyzer_core::base::source::SourceId;
use analyzer_core::report::{ProfileSummary, Report};
use analyzer_core::session::{Base, Filters, Granularity, Query};

use crate::components::flame::data::{Coloring, FlameGraph};
use crate::selectors;
use crate::state::Params;

/// Width of the window from which on the table stands beside the graph, in CSS pixels.
const BOTH_WIDTH: f64 = 1_100.0;

/// Samples of a profile up to which graph and table are asked for together.
const BOTH_SAMPLES: u64 = 20_000;

/// Ways to look at a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The flame graph with the table beside it.
    Both,
    /// The flame graph.
    #[default]
    Flame,
    /// Functions as boxes, calls as arrows.
    Calls,
    /// Functions by their cost.
    Top,
    /// Callers and callees of one function.
    Sandwich,
    /// The call tree as a table.
    Tree,
    /// What each label accounts for.
    Labels,
    /// What the profile is.
    About,
}

impl Mode {
    /// Every mode, in the order of their buttons: name in the address, title.
    pub const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Both, "both", "Graph and table"),
        (Self::Flame, "flame", "Graph"),
        (Self::Calls, "calls", "Call graph"),
        (Self::Top, "top", "Top"),
        (Self::Sandwich, "callers", "Callers"),
        (Self::Tree, "tree", "Tree"),
        (Self::Labels, "labels", "Labels"),
        (Self::About, "about", "About"),
    ];

    fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(mode, ..)| *mode)
    }

    /// What is shown where the address does not say: both if there is room, and not too much to draw twice.
    fn unasked(samples: u64) -> Self {
        let width = gloo::utils::window().inner_width().ok().and_then(|width| width.as_f64());
        let has_room = width.is_some_and(|width| width >= BOTH_WIDTH) && samples <= BOTH_SAMPLES;
        if has_room { Self::Both } else { Self::Flame }
    }

    /// Its name in the address.
    pub fn param(self) -> &'static str {
        Self::ALL.iter().find(|(mode, ..)| *mode == self).map_or("", |(_, name, _)| name)
    }
}

/// How the view is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Index of the profile among the report's.
    pub profile: usize,
    /// Index of the profile to compare with.
    pub base: Option<usize>,
    /// How to look at it.
    pub mode: Mode,
    /// What is asked of the engine.
    pub query: Query,
    /// Callers below their callees: from the leaves.
    pub is_inverted: bool,
    /// In the order of time instead of by weight.
    pub is_in_time: bool,
    /// The root is the lowest row.
    pub is_flipped: bool,
    /// A function's calls of itself are one frame.
    pub collapse_recursion: bool,
    /// How boxes are colored.
    pub coloring: Coloring,
    /// The node that fills the width, see [`node_param`].
    pub zoom: Option<u64>,
    /// The selected node, of the function below.
    pub node: Option<u64>,
    /// Name of the selected function.
    pub selected: Option<String>,
    /// What is searched for.
    pub search: String,
}

/// True if a profile has the times that a chart needs, and is compared with none.
pub fn can_be_in_time(report: &Report, profile: usize, base: Option<usize>) -> bool {
    base.is_none() && report.profiles.get(profile).is_some_and(|summary| summary.has_times)
}

impl Settings {
    /// Reads the address; what it does not say is chosen. `None` without profiles.
    pub fn new(report: &Report, params: &Params) -> Option<Self> {
        let find = |name: &str| {
            let key = params.get(name)?;
            (0..report.profiles.len()).find(|&index| key_of(report, index) == key)
        };
        let node = |name: &str| u64::from_str_radix(params.get(name)?, 16).ok();
        let profile = find("profile").or_else(|| first(report))?;
        let summary = report.profiles.get(profile)?;
        let base = find("base").filter(|&base| base != profile);
        let mut query = Query::new(summary.source);
        query.sample_type = params.get("type").map(str::to_owned);
        query.granularity = match params.get("by") {
            // Without names there is nothing else to tell frames apart by.
            None if summary.functions == 0 => Granularity::Addresses,
            by => granularity(by),
        };
        query.without_inlines = params.get("inlines") == Some("no");
        query.base = base.and_then(|base| report.profiles.get(base)).map(|base| Base {
            source: base.source,
            is_subtracted: params.get("subtract") == Some("yes"),
            is_normalized: params.get("normalize") == Some("yes"),
        });
        for filter in Filters::ALL {
            if let Some(place) = query.filters.get_mut(filter.name) {
                *place = params.get(filter.name).map(str::to_owned);
            }
        }
        Some(Self {
            profile,
            base,
            mode: params.get("view").and_then(Mode::find).unwrap_or_else(|| Mode::unasked(summary.samples)),
            query,
            is_inverted: params.get("from") == Some("leaves"),
            is_in_time: params.get("order") == Some("time") && can_be_in_time(report, profile, base),
            is_flipped: params.get("root") == Some("bottom"),
            collapse_recursion: params.get("recursion") == Some("collapsed"),
            coloring: coloring(params.get("color"), base.is_some()),
            zoom: node("zoom"),
            node: node("node"),
            selected: params.get("function").map(str::to_owned),
            search: params.get("q").unwrap_or_default().to_owned(),
        })
    }
}

impl Settings {
    /// The name of the column that is shown.
    pub fn sample_type<'a>(&'a self, summary: &'a ProfileSummary) -> &'a str {
        self.query.sample_type.as_deref().unwrap_or(&summary.default_sample_type)
    }

    /// The filters that are set.
    pub fn filters(&self) -> Vec<(&'static str, String)> {
        self.query.filters.set().map(|(name, value)| (name, value.to_owned())).collect()
    }
}

/// A node of a graph in the address; empty for the root.
pub fn node_param(graph: &FlameGraph, node: u32) -> String {
    if node == 0 { String::new() } else { format!("{:x}", graph.id_of(node)) }
}

fn coloring(name: Option<&str>, is_comparison: bool) -> Coloring {
    match (is_comparison, name) {
        (true, Some("all")) => Coloring::ChangeInAll,
        (true, _) => Coloring::Change,
        (false, Some("module")) => Coloring::Module,
        (false, Some("value")) => Coloring::Value,
        (false, _) => Coloring::Package,
    }
}

fn granularity(name: Option<&str>) -> Granularity {
    match name {
        Some("filefunctions") => Granularity::FileFunctions,
        Some("files") => Granularity::Files,
        Some("lines") => Granularity::Lines,
        Some("addresses") => Granularity::Addresses,
        _ => Granularity::Functions,
    }
}

/// Path of a profile's file.
pub fn path_of<'a>(report: &'a Report, profile: &ProfileSummary) -> &'a str {
    selectors::source(report, profile.source).map(|row| row.path.as_str()).unwrap_or_default()
}

pub use crate::selectors::profile_key as key_of;

/// What names the profile of a source in the address, for links of other views.
pub fn params_of(report: &Report, source: SourceId) -> Params {
    let row = report.profiles.iter().position(|profile| profile.source == source);
    row.map_or_else(Params::default, |row| Params::default().with("profile", key_of(report, row)))
}

/// The profile to show first: the last heap profile, for it is what is asked
/// for most; else the last one that is not of goroutines.
fn first(report: &Report) -> Option<usize> {
    let last = |is_wanted: &dyn Fn(&str) -> bool| {
        report.profiles.iter().rposition(|profile| is_wanted(profile.kind.as_deref().unwrap_or_default()))
    };
    last(&|kind| kind == "heap").or_else(|| last(&|kind| kind != "goroutine")).or_else(|| last(&|_| true))
}

/// Sets a parameter of the query: what depends on the old tree goes.
pub fn with_query_param(params: &Params, name: &str, value: impl Into<String>) -> Params {
    params.with(name, value).without("zoom").without("node")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_has_colorings_of_its_own() {
        assert_eq!(coloring(Some("value"), false), Coloring::Value);
        assert_eq!(coloring(Some("value"), true), Coloring::Change);
        assert_eq!(coloring(Some("all"), true), Coloring::ChangeInAll);
        assert_eq!(coloring(None, false), Coloring::Package);
    }

    #[test]
    fn modes_have_distinct_names() {
        for (mode, name, _) in Mode::ALL {
            assert_eq!(Mode::find(name), Some(mode));
        }
    }
}
