//! What everything else stands on: ids, strings, units, limits, readers, errors.

pub mod convert;
pub mod error;
pub mod go_symbol;
pub mod index;
pub mod intern;
pub mod limits;
pub mod order;
pub mod packed;
pub mod places;
pub mod reader;
pub mod source;
pub mod units;
