//! One table over several profiles of the same kind: what each node costs in each.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::query::{Query, QueryError};
use super::top::{Order, Top, top};
use super::view::View;
use crate::base::order::StableOrder;
use crate::base::packed::PackedI64;
use crate::base::source::SourceId;
use crate::evidence::Evidence;

/// Nodes over several profiles as columns, those that grew most from the first
/// profile to the last at the top.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// The profiles, as asked for.
    pub sources: Vec<SourceId>,
    /// What percentages are of, by profile.
    pub total: PackedI64,
    /// The nodes' names, as pprof prints them.
    pub name: Vec<String>,
    /// A source file of each; empty if unknown.
    pub file: Vec<String>,
    /// What each node costs itself: one value a profile, row after row.
    pub flat: PackedI64,
    /// What it costs with all it calls, likewise.
    pub cum: PackedI64,
}

/// Asks every profile the same; the query's own profile and base do not matter.
/// # Errors
/// As for [`View::new`]; `Incomparable` if the profiles do not count in one unit.
pub fn trend(
    evidence: &Evidence,
    query: &Query,
    sources: &[SourceId],
    order: Order,
) -> Result<Trend, QueryError> {
    let tables = tables(evidence, query, sources, order)?;
    let count = sources.len();
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut row_of = HashMap::new();
    for (at, table) in tables.iter().enumerate() {
        for (row, file) in table.rows().zip(&table.file) {
            let index = *row_of.entry(row.name).or_insert_with(|| {
                rows.push(Row { name: row.name, file, flat: vec![0; count], cum: vec![0; count] });
                rows.len() - 1
            });
            let sums = &mut rows[index];
            sums.flat[at] = sums.flat[at].saturating_add(row.flat);
            sums.cum[at] = sums.cum[at].saturating_add(row.cum);
        }
    }
    rows.order_by_key(|row| {
        let (flat, cum) = (growth(&row.flat), growth(&row.cum));
        let (first, second) = if order == Order::Flat { (flat, cum) } else { (cum, flat) };
        (Reverse(first), Reverse(second), row.name)
    });
    let first = tables.first();
    Ok(Trend {
        sample_type: first.map(|table| table.sample_type.clone()).unwrap_or_default(),
        unit: first.map(|table| table.unit.clone()).unwrap_or_default(),
        sources: sources.to_vec(),
        total: PackedI64(tables.iter().map(|table| table.total).collect()),
        name: rows.iter().map(|row| row.name.to_owned()).collect(),
        file: rows.iter().map(|row| row.file.to_owned()).collect(),
        flat: PackedI64(rows.iter().flat_map(|row| row.flat.iter().copied()).collect()),
        cum: PackedI64(rows.iter().flat_map(|row| row.cum.iter().copied()).collect()),
    })
}

struct Row<'t> {
    name: &'t str,
    file: &'t str,
    flat: Vec<i64>,
    cum: Vec<i64>,
}

fn growth(values: &[i64]) -> i64 {
    let ends = values.last().copied().zip(values.first().copied());
    ends.map_or(0, |(last, first)| last.saturating_sub(first))
}

/// The table of each profile, all of the same sample type: that of the first.
fn tables(
    evidence: &Evidence,
    query: &Query,
    sources: &[SourceId],
    order: Order,
) -> Result<Vec<Top>, QueryError> {
    let mut tables: Vec<Top> = Vec::with_capacity(sources.len());
    for &source in sources {
        let known = tables.first().map(|table| table.sample_type.clone());
        let sample_type = known.or_else(|| query.sample_type.clone());
        let view = View::new(evidence, &Query { source, base: None, sample_type, ..query.clone() })?;
        let table = top(&view, order);
        if let Some(first) = tables.first().filter(|first| first.unit != table.unit) {
            let message = format!("one counts in {}, another in {}", first.unit, table.unit);
            return Err(QueryError::Incomparable { message });
        }
        tables.push(table);
    }
    Ok(tables)
}
