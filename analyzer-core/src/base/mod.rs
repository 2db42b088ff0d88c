//! What everything else stands on: ids, strings, units, limits, readers, errors.

pub mod convert;
pub mod go_symbol;
pub mod order;
pub mod packed;
pub mod source;
pub mod source_map;
pub mod source_tree;
pub mod units;

internal! { error, index, intern, limits, places, reader, words }
