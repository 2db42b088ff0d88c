//! The report as Markdown, for an issue, a merge request or a wiki: verdict,
//! findings, ledger, worst goroutine groups, what is missing. Tables are
//! GitHub's; there is no HTML in it, for wikis that forbid it.
//!
//! Whatever comes from input passes through [`escape`]: it is shown, and does nothing.

mod budget;
mod escape;
mod findings;
mod goroutines;
mod memory;
mod recipe;
mod resources;
mod sources;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use budget::{Part, What};

use super::{Report, SourceRow};
use crate::base::source::SourceId;

/// A `String` takes whatever is written to it; `fmt::Result` is only what `write!` gives.
type Out = String;

impl Report {
    /// The report as Markdown.
    pub fn to_markdown(&self) -> String {
        budget::whole(&parts(self))
    }

    /// The report as Markdown in at most so many characters, or as many as the
    /// verdict has: what tells most comes first, whole findings and tables are
    /// left out, and the last line says which.
    pub fn to_markdown_within(&self, characters: usize) -> String {
        budget::within(&parts(self), characters)
    }

    fn source(&self, id: SourceId) -> Option<&SourceRow> {
        self.sources.iter().find(|row| row.id == id)
    }
}

/// The parts of the text in the order in which they stand.
fn parts(report: &Report) -> Vec<Part> {
    let part = |rank: usize, what: What, print: &dyn Fn(&mut Out) -> fmt::Result| {
        let mut text = Out::new();
        // Never an error, see `Out`.
        let _ = print(&mut text);
        Part { rank, what, text }
    };
    let mut parts = vec![
        part(0, What::Verdict, &|out| {
            writeln!(out, "## Strata report\n\n**{}**", escape::text(&report.verdict))
        }),
        part(4, What::Table("the processes"), &|out| sources::print_subjects(report, out)),
    ];
    parts.extend(report.findings.iter().enumerate().map(|(index, finding)| {
        part(10 + index, What::Finding, &|out| {
            if index == 0 {
                writeln!(out, "\n### Findings")?;
            }
            findings::print_finding(finding, report, out)
        })
    }));
    let rest = 10 + report.findings.len();
    if let Some(memory) = &report.memory {
        parts.push(part(rest + 1, What::Table("the memory ledger"), &|out| {
            memory::print(&memory.latest, report, out)
        }));
    }
    if let Some(goroutines) = &report.goroutines {
        parts
            .push(part(rest, What::Table("the goroutine groups"), &|out| goroutines::print(goroutines, out)));
    }
    if let Some(section) = &report.resources {
        parts.push(part(rest + 1, What::Table("sockets, file descriptors, threads and CPU"), &|out| {
            resources::print(section, out)
        }));
    }
    if let Some(section) = &report.recipe {
        parts.push(part(rest + 1, What::Table("the manifest checks"), &|out| {
            recipe::print(section, report, out)
        }));
    }
    if !report.tables.is_empty() {
        parts.push(part(rest + 1, What::Table("tables of other tools"), &|out| {
            tables::print(&report.tables, out)
        }));
    }
    parts.push(part(rest + 2, What::Table("static analyzer reports"), &|out| {
        findings::print_analyzers(report, out)
    }));
    parts.push(part(rest + 3, What::Table("checks that did not run"), &|out| {
        findings::print_not_run(report, out)
    }));
    // What could not be read comes before any finding: it may be what matters.
    parts.push(part(1, What::Table("unreadable files"), &|out| sources::print_trouble(report, out)));
    parts.push(part(2, What::Foot, &|out| {
        let files = report.sources.len();
        let noun = if files == 1 { "file" } else { "files" };
        writeln!(out, "\n---\n\nStrata {}, from {files} {noun}.", escape::text(&report.engine))
    }));
    parts.retain(|part| !part.text.is_empty());
    parts
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
