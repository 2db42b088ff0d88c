//! Which groups the address asks for.

use std::collections::BTreeMap;

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::{GoroutineGroup, Verdict};
use regex::{Regex, RegexBuilder};

use super::age::Age;
use super::trend::{Trend, last_count, trends};
use crate::state::Params;

/// Verdicts in the order in which they are shown.
pub const VERDICTS: [Verdict; 4] = [Verdict::Leak, Verdict::Suspect, Verdict::Unknown, Verdict::Benign];

/// Names of the filters in the address, with what each is called on the page.
pub const FILTERS: [(&str, &str); 7] = [
    ("verdict", "verdict"),
    ("change", "change"),
    ("age", "wait"),
    ("state", "state"),
    ("package", "package"),
    ("label", "label"),
    ("q", "text"),
];

/// A verdict's name in the address.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Leak => "leak",
        Verdict::Suspect => "suspect",
        Verdict::Unknown => "unknown",
        Verdict::Benign => "benign",
    }
}

/// What the address asks for.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Verdicts to show; all if empty.
    pub verdicts: Vec<Verdict>,
    /// State, as the dump prints it.
    pub state: Option<String>,
    /// Package of the group.
    pub package: Option<String>,
    /// A label, as `key=value`.
    pub label: Option<String>,
    /// Trend to show.
    pub trend: Option<Trend>,
    /// Printed wait of some member.
    pub age: Option<Age>,
    /// Text to find in any case, or a goroutine's id.
    text: Option<(String, Regex)>,
}

impl Filters {
    /// Reads them from the address.
    pub fn of(params: &Params) -> Self {
        let owned = |name: &str| params.get(name).map(str::to_owned);
        let verdicts = params.get("verdict").unwrap_or_default();
        let trend = params.get("change");
        Self {
            verdicts: VERDICTS
                .into_iter()
                .filter(|verdict| verdicts.split(',').any(|name| name == verdict_name(*verdict)))
                .collect(),
            state: owned("state"),
            package: owned("package"),
            label: owned("label"),
            trend: Trend::ALL.into_iter().find(|known| Some(known.name()) == trend),
            age: params.get("age").and_then(Age::named),
            text: params.get("q").and_then(|text| {
                let pattern = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build().ok()?;
                Some((text.to_owned(), pattern))
            }),
        }
    }

    /// True if the group is to be shown.
    pub fn admit(&self, group: &GoroutineGroup) -> bool {
        (self.verdicts.is_empty() || self.verdicts.contains(&group.verdict))
            && self.state.as_ref().is_none_or(|state| *state == group.state)
            && self.package.as_ref().is_none_or(|package| *package == group.package)
            && self.label.as_ref().is_none_or(|label| has_label(group, label))
            && self.trend.is_none_or(|trend| trends(group).contains(&trend))
            && self.age.is_none_or(|age| age.members(group) > 0)
            && self.text.as_ref().is_none_or(|(text, pattern)| contains(group, text, pattern))
    }
}

/// The address without any filter, all else as it is.
pub fn without_filters(params: &Params) -> Params {
    FILTERS.iter().fold(params.clone(), |params, (name, _)| params.without(name))
}

fn has_label(group: &GoroutineGroup, label: &str) -> bool {
    let Some((key, value)) = label.split_once('=') else { return group.labels.contains_key(label) };
    group.labels.get(key).is_some_and(|values| values.contains_key(value))
}

fn contains(group: &GoroutineGroup, text: &str, pattern: &Regex) -> bool {
    let holds = |other: &str| pattern.is_match(other);
    holds(&group.state)
        || holds(&group.rule)
        || group
            .stack
            .iter()
            .chain(&group.created_by)
            .any(|frame| holds(&frame.function) || frame.file.as_deref().is_some_and(holds))
        || group.goids.iter().any(|goid| goid.to_string() == text)
}

/// Values that a filter can take, with how many members the last snapshot has of each, most first.
pub fn choices<'a>(
    groups: impl Iterator<Item = &'a GoroutineGroup>,
    of: impl Fn(&'a GoroutineGroup) -> Vec<String>,
) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for group in groups {
        for value in of(group) {
            *counts.entry(value).or_default() += last_count(group);
        }
    }
    let mut choices: Vec<_> = counts.into_iter().collect();
    choices.order_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    choices
}

#[cfg(test)]
mod tests {
    use super::super::samples::{functions, goroutines};
    use super::*;

    #[test]
    fn filters_are_read_from_the_address_and_all_apply() {
        let goroutines = goroutines();
        let shown = |params: &Params| {
            let filters = Filters::of(params);
            functions(&goroutines.groups.iter().filter(|group| filters.admit(group)).collect::<Vec<_>>())
        };
        let params = Params::default();
        assert_eq!(shown(&params).len(), 3);
        assert_eq!(shown(&params.with("state", "chan send")), ["main.send"]);
        assert_eq!(shown(&params.with("q", "FRESH")), ["main.fresh"]);
        assert_eq!(shown(&params.with("q", "main.(")), [""; 0], "text, not an expression");
        assert_eq!(shown(&params.with("q", "7")), ["main.send"], "a goroutine's id");
        assert_eq!(shown(&params.with("change", "gone")), ["main.wait"]);
        assert_eq!(shown(&params.with("age", "1h")), ["main.fresh"]);
        assert_eq!(shown(&params.with("change", "gone").with("state", "chan send")), [""; 0]);
        assert_eq!(shown(&params.with("verdict", "leak,suspect")), [""; 0]);
        assert_eq!(shown(&without_filters(&params.with("verdict", "leak").with("q", "x"))).len(), 3);
    }
}
