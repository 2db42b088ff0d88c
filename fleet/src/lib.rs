//! The captures of many pods as rows, tables and answers.
//!
//! ```text
//! bundle ─► Report ─► project ─► Row ─┬─► NDJSON, Arrow      `strata rows`, one nested row a bundle
//!                                     └─► tables ─► Parquet  `strata fleet`, flat, by date
//!                                         night  ─► summary, roll-up
//! ```
//!
//! Nothing here starts processes or reads captures; the program does.

pub mod column;
pub mod identity;
pub mod project;
pub mod row;
pub mod schema;
pub mod site;
pub mod tables;

pub use row::{ErrorKind, Row, Status};
