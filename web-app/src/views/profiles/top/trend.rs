//! How a function's cost went over the snapshots: a line in each row.

use std::collections::HashMap;

use analyzer_core::base::convert::{i64_to_f64, usize_to_f64};
use analyzer_core::base::order::StableOrder;
use analyzer_core::base::source::SourceId;
use analyzer_core::report::ProfileSummary;
use analyzer_core::session::Trend;
use yew::prelude::*;

use crate::components::flame::amount;
use crate::selectors;
use crate::views::profiles::Case;

/// Fewer snapshots make no line.
const FEWEST: usize = 3;
const WIDTH: f64 = 64.0;
const HEIGHT: f64 = 16.0;

/// The snapshots of what is shown, the earliest first: profiles of the same
/// kind, columns and subject, one a moment. Empty if there are too few.
pub fn sources(case: &Case) -> Vec<SourceId> {
    let profiles = &case.report.profiles;
    let Some(shown) = profiles.get(case.settings.profile) else { return Vec::new() };
    let row = |profile: &ProfileSummary| selectors::source(&case.report, profile.source);
    let subject = |profile: &ProfileSummary| row(profile).and_then(|row| row.subject);
    let columns = |profile: &ProfileSummary| {
        profile.sample_types.iter().map(|column| column.kind.clone()).collect::<Vec<_>>()
    };
    let mut alike: Vec<&ProfileSummary> = profiles
        .iter()
        .filter(|other| {
            other.kind == shown.kind && subject(other) == subject(shown) && columns(other) == columns(shown)
        })
        .collect();
    alike.order_by_key(|profile| profile.captured_at);
    // Of several at one moment (before and after a collection) the one that is shown stands for all.
    let moment = |profile: &ProfileSummary| row(profile).and_then(|row| row.snapshot.clone());
    let mut taken: Vec<&ProfileSummary> = Vec::new();
    for profile in alike {
        let same = taken.iter_mut().find(|other| moment(other).is_some() && moment(other) == moment(profile));
        match same {
            Some(other) if profile.source == shown.source => *other = profile,
            Some(_) => {}
            None => taken.push(profile),
        }
    }
    if taken.len() < FEWEST {
        return Vec::new();
    }
    taken.iter().map(|profile| profile.source).collect()
}

/// A trend, and the row of each function in it.
#[derive(Debug, PartialEq)]
pub struct Lines {
    trend: Trend,
    names: Vec<String>,
    row_of: HashMap<String, usize>,
}

impl Lines {
    /// The lines of an answer; the snapshots are named after their moments.
    pub fn new(trend: Trend, case: &Case) -> Self {
        let name = |source: &SourceId| {
            let row = selectors::source(&case.report, *source);
            row.map(|row| row.snapshot.clone().unwrap_or_else(|| row.path.clone())).unwrap_or_default()
        };
        let names = trend.sources.iter().map(name).collect();
        let row_of = trend.name.iter().enumerate().map(|(row, name)| (name.clone(), row)).collect();
        Self { trend, names, row_of }
    }

    /// What a function cost itself in each snapshot.
    pub fn values(&self, name: &str) -> Option<&[i64]> {
        let count = self.trend.sources.len();
        let row = *self.row_of.get(name)?;
        self.trend.flat.0.get(row * count..(row + 1) * count)
    }

    /// How much more a function costs itself in the last snapshot than in the first.
    pub fn growth(&self, name: &str) -> i64 {
        let ends = self.values(name).and_then(|values| Some((*values.first()?, *values.last()?)));
        ends.map_or(0, |(first, last)| last.saturating_sub(first))
    }

    /// The line of a function, with its numbers in words.
    pub fn html(&self, name: &str) -> Html {
        let Some(values) = self.values(name) else { return Html::default() };
        let unit = &self.trend.unit;
        let words: Vec<String> = self
            .names
            .iter()
            .zip(values)
            .map(|(name, &value)| format!("{name} {}", amount::short(value, unit)))
            .collect();
        let words = words.join(", ");
        if values.iter().all(|&value| value == 0) {
            return html! { <span class="quiet" title={words}>{ "\u{2013}" }</span> };
        }
        html! {
            <svg class="trend" width={WIDTH.to_string()} height={HEIGHT.to_string()} viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={words.clone()}>
                <title>{ words }</title>
                <polyline points={points(values)} />
            </svg>
        }
    }
}

/// The corners of a line from zero to the largest value.
fn points(values: &[i64]) -> String {
    let top = values.iter().copied().max().unwrap_or(0).max(0);
    let bottom = values.iter().copied().min().unwrap_or(0).min(0);
    let span = (i64_to_f64(top) - i64_to_f64(bottom)).max(1.0);
    let step = (WIDTH - 4.0) / usize_to_f64(values.len().saturating_sub(1).max(1));
    let point = |(at, &value): (usize, &i64)| {
        let height = (i64_to_f64(value) - i64_to_f64(bottom)) / span;
        format!("{:.1},{:.1}", 2.0 + usize_to_f64(at) * step, HEIGHT - 2.0 - height * (HEIGHT - 4.0))
    };
    values.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_zero_to_the_largest_value() {
        assert_eq!(points(&[0, 50, 100]), "2.0,14.0 32.0,8.0 62.0,2.0");
        assert_eq!(points(&[5, 5]), "2.0,2.0 62.0,2.0");
        assert_eq!(points(&[-10, 10]), "2.0,14.0 62.0,2.0");
        assert_eq!(points(&[7]), "2.0,2.0");
    }
}
