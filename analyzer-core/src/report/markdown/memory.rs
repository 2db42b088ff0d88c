//! The ledger of the last snapshot.

use std::fmt::{self, Write as _};

use super::{Out, escape, row, table};
use crate::base::units::Bytes;
use crate::report::number_format::{bytes, range};
use crate::report::{LayerId, LedgerClass, LedgerRow, MemorySnapshot, Report};

pub(super) fn print(memory: &MemorySnapshot, report: &Report, out: &mut Out) -> fmt::Result {
    write!(out, "\n### Memory at {}", escape::text(&memory.snapshot))?;
    let subject = report.subjects.iter().find(|subject| subject.id == memory.subject);
    if let Some(name) =
        subject.and_then(|subject| subject.name.as_ref()).filter(|_| report.subjects.len() > 1)
    {
        write!(out, " of {}", escape::text(name))?;
    }
    writeln!(out, "\n")?;
    writeln!(out, "{}", settings(memory))?;
    if !memory.ledger.is_empty() {
        table(
            out,
            &[
                ("Layer", false),
                ("", false),
                ("Amount", true),
                ("Bytes", true),
                ("Known", false),
                ("How", false),
            ],
        )?;
        memory.ledger.iter().try_for_each(|line| row(out, &cells(line)))?;
    }
    let broken: Vec<_> = memory.checks.iter().filter(|check| !check.holds).collect();
    if !broken.is_empty() {
        writeln!(out, "\nIdentities that do not hold:\n")?;
    }
    for check in broken {
        let (difference, tolerance) = (check.difference_text(), check.tolerance_text());
        write!(out, "- {}: off by {difference}, tolerance {tolerance}", escape::code(&check.identity))?;
        if !check.note.is_empty() {
            write!(out, ". {}", escape::text(&check.note))?;
        }
        writeln!(out)?;
    }
    if !memory.missing.is_empty() {
        writeln!(out, "\nMissing:\n")?;
    }
    memory.missing.iter().try_for_each(|missing| writeln!(out, "- {}", escape::text(missing)))
}

/// Limit and runtime settings in one line. What is unknown is said.
fn settings(memory: &MemorySnapshot) -> String {
    let or_unknown = |amount: Option<Bytes>| amount.map_or_else(|| "unknown".to_owned(), bytes);
    let mut text =
        format!("Limit {}, GOMEMLIMIT {}", or_unknown(memory.limit), or_unknown(memory.gomemlimit));
    let gogc = match memory.gogc {
        Some(..0) => "off".to_owned(),
        Some(percent) => percent.to_string(),
        None => "unknown".to_owned(),
    };
    let _ = write!(text, ", GOGC {gogc}");
    if let Some(working_set) = memory.working_set {
        let _ = write!(text, ", working set {}", bytes(working_set));
    }
    text
}

fn cells(line: &LedgerRow) -> [String; 6] {
    let layer = match line.layer {
        LayerId::Go => "Go",
        LayerId::Process => "process",
        LayerId::Cgroup => "cgroup",
    };
    let known = match (line.class, range(line.low, line.high, bytes)) {
        (LedgerClass::Residual, None) => "residual".to_owned(),
        (LedgerClass::Residual, Some(range)) => format!("residual, {range}"),
        (_, Some(range)) => range,
        (LedgerClass::Exact, None) => "exact".to_owned(),
        (LedgerClass::Bounded, None) => "bounded".to_owned(),
    };
    let bold = |text: String| if line.is_total { format!("**{text}**") } else { text };
    let formula = if line.formula.is_empty() { String::new() } else { escape::code(&line.formula) };
    [
        layer.to_owned(),
        bold(escape::text(&line.label)),
        bold(bytes(line.bytes)),
        line.bytes.0.to_string(),
        known,
        formula,
    ]
}
