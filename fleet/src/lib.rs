//! The captures of many pods as rows, tables and answers.
//!
//! ```text
//! bundle ─► Report ─► project ─► Row ─┬─► NDJSON, Arrow      `strata rows`, one nested row a bundle
//!                                     └─► tables ─► Parquet  `strata fleet`, flat, by date
//!                                         night ─► rollup ─► summary
//! ```
//!
//! Nothing here starts processes or reads captures; the program does.

pub mod column;
pub mod dataset;
pub mod identity;
pub mod listing;
pub mod night;
pub mod owners;
pub mod project;
pub mod rollup;
pub mod row;
pub mod schema;
pub mod site;
pub mod summary;
pub mod tables;

pub use row::{ErrorKind, Row, Status};
