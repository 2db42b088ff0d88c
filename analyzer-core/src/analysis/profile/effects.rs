//! What each filter of a query leaves, so that none works unseen.

use serde::{Deserialize, Serialize};

use super::label_table::Share;
use super::query::{Filters, Query, QueryError};
use super::view::View;
use crate::base::convert::to_u64;
use crate::base::index::Idx;
use crate::evidence::Evidence;

/// The filters of a query one by one, in the order in which pprof applies them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// Without any filter.
    pub whole: Left,
    /// The filters that are set.
    pub steps: Vec<Effect>,
}

/// The effect of one filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its name ("focus").
    pub filter: String,
    /// What it leaves as the only filter.
    pub alone: Left,
    /// What is left after it and all before it.
    pub after: Left,
}

/// What filters leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Samples and their sum.
    pub share: Share,
    /// Distinct nodes: what `hide` and `show` change.
    pub nodes: u64,
}

/// Measures the filters of a query.
/// # Errors
/// As for [`View::new`].
pub fn effects(evidence: &Evidence, query: &Query) -> Result<Effects, QueryError> {
    let measure = |filters: Filters| {
        let view = View::new(evidence, &Query { filters, ..query.clone() })?;
        Ok((left(&view), view.total(), view.unit().to_owned(), view.sample_type().to_owned()))
    };
    let (whole, total, unit, sample_type) = measure(Filters::default())?;
    let mut steps: Vec<Effect> = Vec::new();
    let mut before = Filters::default();
    for (name, pattern) in query.filters.set() {
        let with = |mut filters: Filters| {
            if let Some(place) = filters.get_mut(name) {
                *place = Some(pattern.to_owned());
            }
            filters
        };
        before = with(before);
        let alone = measure(with(Filters::default()))?.0;
        // The first one is alone so far.
        let after = if steps.is_empty() { alone } else { measure(before.clone())?.0 };
        steps.push(Effect { filter: name.to_owned(), alone, after });
    }
    Ok(Effects { sample_type, unit, total, whole, steps })
}

fn left(view: &View<'_>) -> Left {
    let mut share = Share::default();
    let mut is_seen = vec![false; view.key_count()];
    for side in &view.sides {
        side.left_samples().for_each(|(_, value)| share.add(1, value));
        for row in &side.rows {
            side.walk(row, |frame| is_seen[frame.key().index()] = true);
        }
    }
    Left { share, nodes: to_u64(is_seen.into_iter().filter(|&is_seen| is_seen).count()) }
}
