//! What other tools counted, as tables: one shape for all of them, so that each way out shows them alike.

use serde::{Deserialize, Serialize};

use super::finding::Citation;
use super::number_format;
use crate::base::source::SourceId;
use crate::base::units::Unit;

/// Rows of a table at most; what is below is in no table, and counted.
pub const TABLE_ROWS: usize = 200;

/// A column of figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TableColumn {
    /// Its head.
    pub title: String,
    /// What its figures count.
    pub unit: Unit,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TableRow {
    /// What the row is of.
    pub name: String,
    /// A figure a column, in base units; `None` where there is none.
    pub values: Vec<Option<i64>>,
    /// Its stack, leaf first, where it is of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// Where it stands first.
    pub citation: Citation,
}

/// What one tool counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToolTable {
    /// The source; the first, if it is made of several.
    pub source: SourceId,
    /// What it shows.
    pub title: String,
    /// What it says of a Go service, and what it does not.
    pub says: String,
    /// Head of the names of its rows.
    pub of: String,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// Its rows, most first.
    pub rows: Vec<TableRow>,
    /// Rows that are not shown.
    #[serde(default)]
    pub rows_left_out: u64,
}

impl TableColumn {
    /// A figure of this column, for people.
    pub fn text(&self, value: Option<i64>) -> String {
        value.map_or_else(|| "–".to_owned(), |value| number_format::quantity(value, self.unit))
    }
}
