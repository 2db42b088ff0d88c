//! What containers are given, beside their captures, and the lines to change.

use std::fmt::{self, Write as _};

use super::{Out, escape, row, table};
use crate::report::{Citation, Recipe, RecipeContainer, Report};

/// Containers that are printed at most; the JSON form has more.
const CONTAINERS: usize = 10;

pub(super) fn print(recipe: &Recipe, report: &Report, out: &mut Out) -> fmt::Result {
    let go: Vec<&RecipeContainer> =
        recipe.containers.iter().filter(|container| container.go.is_some()).collect();
    for container in go.iter().take(CONTAINERS) {
        writeln!(out, "\n### Recipe: {}", escape::text(&container.name))?;
        table(out, &[("What", false), ("Stated", false), ("Captured", false), ("Line", false)])?;
        for fact in &container.facts {
            let captured = fact.captured.as_ref().map_or_else(String::new, |captured| {
                let mark = if captured.differs { " (differs)" } else { "" };
                format!("{}{mark}", escape::text(&captured.text))
            });
            let cells = [
                fact.id.label().to_owned(),
                escape::text(&fact.written).to_string(),
                captured,
                place(report, &fact.citation),
            ];
            row(out, &cells)?;
        }
        for other in &container.others {
            let text = format!("{} {}", other.id.label(), other.written);
            let place = place(report, &other.citation);
            writeln!(out, "- Stated differently elsewhere: {} ({place})", escape::text(&text))?;
        }
        print_fix(container, report, out)?;
    }
    match go.len().saturating_sub(CONTAINERS) {
        0 => Ok(()),
        rest => writeln!(out, "\nAnd {rest} more."),
    }
}

fn print_fix(container: &RecipeContainer, report: &Report, out: &mut Out) -> fmt::Result {
    let Some(fix) = &container.fix else { return Ok(()) };
    if fix.changes.is_empty() {
        writeln!(out, "\nNo changes needed: the manifests match the captures.")?;
    }
    for change in &fix.changes {
        let text = format!("{}: {}", change.text(), change.why);
        writeln!(out, "- {} ({})", escape::text(&text), place(report, &change.citation))?;
    }
    for note in &fix.notes {
        writeln!(out, "- {}", escape::text(note))?;
    }
    if !fix.patch.is_empty() {
        writeln!(out, "\n{}:\n", escape::text(&fix.apply))?;
        // Indented code: no fence that a name could close.
        fix.patch.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(())
}

fn place(report: &Report, citation: &Citation) -> String {
    let path = report.source(citation.source).map_or("?", |source| source.path.as_str());
    match citation.at.and_then(|at| at.line) {
        Some(line) => format!("{}:{line}", escape::text(path)),
        None => escape::text(path).to_string(),
    }
}
