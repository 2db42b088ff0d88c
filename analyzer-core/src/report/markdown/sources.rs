//! What the report is of, and what of it could not be read.

use std::fmt::{self, Write as _};

use super::{Out, escape, row, table};
use crate::base::convert::to_u64;
use crate::report::number_format::{counted, time};
use crate::report::{NoteSeverity, Report, Subject};

/// Notes printed; the JSON form has all.
const NOTES: usize = 30;

pub(super) fn print_subjects(report: &Report, out: &mut Out) -> fmt::Result {
    if report.subjects.is_empty() {
        return Ok(());
    }
    table(out, &[("Subject", false), ("Process", true), ("Go", false), ("Snapshots", false)])?;
    report.subjects.iter().try_for_each(|subject| row(out, &cells(subject)))
}

fn cells(subject: &Subject) -> [String; 4] {
    let snapshots: Vec<_> = subject
        .snapshots
        .iter()
        .map(|snapshot| match snapshot.captured_at {
            Some(at) => format!("{} ({})", escape::text(&snapshot.label), time(at)),
            None => escape::text(&snapshot.label),
        })
        .collect();
    [
        subject.name.as_deref().map(escape::text).unwrap_or_default(),
        subject.pid.map(|pid| pid.to_string()).unwrap_or_default(),
        subject.go_version.as_deref().map(escape::text).unwrap_or_default(),
        snapshots.join(", "),
    ]
}

/// Losses and errors: what stands beside the figures and is not in them.
pub(super) fn print_trouble(report: &Report, out: &mut Out) -> fmt::Result {
    let notes: Vec<_> = report
        .sources
        .iter()
        .flat_map(|source| source.notes.iter().map(move |note| (source, note)))
        .filter(|(_, note)| note.severity >= NoteSeverity::DataLoss)
        .collect();
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Files not fully included\n")?;
    for (source, note) in notes.iter().take(NOTES) {
        write!(out, "- {}: {}", escape::code(&source.path), escape::text(&note.message))?;
        match note.count {
            0 | 1 => writeln!(out)?,
            times => writeln!(out, " ({times} times)")?,
        }
    }
    match notes.len().checked_sub(NOTES).filter(|more| *more > 0) {
        Some(more) => writeln!(out, "- and {}", counted(to_u64(more), "more note", "more notes")),
        None => Ok(()),
    }
}
