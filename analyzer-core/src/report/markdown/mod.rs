//! The report as Markdown, for an issue, a merge request or a wiki: verdict,
//! findings, ledger, worst goroutine groups, what is missing. Tables are
//! GitHub's; there is no HTML in it, for wikis that forbid it.
//!
//! Whatever comes from input passes through [`escape`]: it is shown, and does nothing.

mod escape;
mod findings;
mod goroutines;
mod memory;
mod sources;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use super::{Report, SourceRow};
use crate::base::source::SourceId;

/// A `String` takes whatever is written to it; `fmt::Result` is only what `write!` gives.
type Out = String;

impl Report {
    /// The report as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = Out::new();
        // Never an error, see `Out`.
        let _ = print(self, &mut out);
        out
    }

    fn source(&self, id: SourceId) -> Option<&SourceRow> {
        self.sources.iter().find(|row| row.id == id)
    }
}

fn print(report: &Report, out: &mut Out) -> fmt::Result {
    writeln!(out, "## Strata report\n")?;
    writeln!(out, "**{}**", escape::text(&report.verdict))?;
    sources::print_subjects(report, out)?;
    findings::print(report, out)?;
    if let Some(memory) = &report.memory {
        memory::print(&memory.latest, report, out)?;
    }
    if let Some(goroutines) = &report.goroutines {
        goroutines::print(goroutines, out)?;
    }
    findings::print_not_run(report, out)?;
    sources::print_trouble(report, out)?;
    let files = report.sources.len();
    let noun = if files == 1 { "file" } else { "files" };
    writeln!(out, "\n---\n\nStrata {}, from {files} {noun}.", escape::text(&report.engine))
}

/// A table's head: names, and `true` for columns of numbers.
fn table(out: &mut Out, columns: &[(&str, bool)]) -> fmt::Result {
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let rules: Vec<_> = columns.iter().map(|&(_, is_number)| if is_number { "--:" } else { "---" }).collect();
    writeln!(out, "\n| {} |\n| {} |", names.join(" | "), rules.join(" | "))
}

fn row(out: &mut Out, cells: &[String]) -> fmt::Result {
    writeln!(out, "| {} |", cells.join(" | "))
}
