//! What other tools counted: the first rows of each table.

use std::fmt::{self, Write as _};

use super::{Out, escape, row, table};
use crate::report::ToolTable;

/// Rows of a table that are shown.
const ROWS: usize = 10;

pub(super) fn print(tables: &[ToolTable], out: &mut Out) -> fmt::Result {
    for shown in tables {
        writeln!(out, "\n### {}\n\n{}", escape::text(&shown.title), escape::text(&shown.says))?;
        let heads: Vec<(&str, bool)> = std::iter::once((shown.of.as_str(), false))
            .chain(shown.columns.iter().map(|column| (column.title.as_str(), true)))
            .collect();
        table(out, &heads)?;
        for line in shown.rows.iter().take(ROWS) {
            let figures = shown.columns.iter().zip(&line.values).map(|(column, value)| column.text(*value));
            let cells: Vec<String> =
                std::iter::once(escape::text(&line.name).to_string()).chain(figures).collect();
            row(out, &cells)?;
        }
    }
    Ok(())
}
