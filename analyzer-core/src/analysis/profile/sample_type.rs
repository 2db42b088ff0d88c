//! Which column of values a query is about.

use super::query::QueryError;
use crate::base::convert::{clamp_i64, to_usize};
use crate::base::intern::StringTable;
use crate::evidence::profiles::Profile;

/// A column of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) column: usize,
    /// The column that the file or pprof's rule names, if it is all zero and
    /// another one stands in.
    pub(super) instead_of: Option<usize>,
}

/// The column that a query names, by pprof's rules: a number is an index,
/// `inuse_space` also finds `space`, and nothing means the default.
pub(super) fn find(
    profile: &Profile,
    strings: &StringTable,
    asked: Option<&str>,
) -> Result<Choice, QueryError> {
    let names: Vec<_> = profile.sample_types.iter().map(|value_type| strings.get(value_type.kind)).collect();
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return Ok(default(profile, strings));
    };
    let index = asked.parse().ok().and_then(to_usize).filter(|&index| index < names.len());
    let bare = asked.strip_prefix("inuse_").unwrap_or(asked);
    let named = || names.iter().position(|&name| name == asked || name == bare);
    let column = index.or_else(named).ok_or_else(|| QueryError::UnknownSampleType {
        asked: asked.to_owned(),
        known: names.iter().map(|&name| name.to_owned()).collect(),
    })?;
    Ok(Choice { column, instead_of: None })
}

/// The file's own default, else the last column; if that is all zero, the
/// last one that is not.
pub(super) fn default(profile: &Profile, strings: &StringTable) -> Choice {
    let types = &profile.sample_types;
    let named = profile.default_sample_type.map(|name| strings.get(name));
    let wished = types.iter().position(|value_type| Some(strings.get(value_type.kind)) == named);
    let wished = wished.unwrap_or(types.len().saturating_sub(1));
    let is_empty = |column: usize| profile.column(column).all(|value| value == 0);
    if !is_empty(wished) {
        return Choice { column: wished, instead_of: None };
    }
    match (0..types.len()).rev().find(|&column| !is_empty(column)) {
        Some(column) => Choice { column, instead_of: Some(wished) },
        None => Choice { column: wished, instead_of: None },
    }
}

/// The sum of a column, clamped to 64 bits.
pub(super) fn total(profile: &Profile, column: usize) -> i64 {
    clamp_i64(profile.column(column).map(i128::from).sum())
}
