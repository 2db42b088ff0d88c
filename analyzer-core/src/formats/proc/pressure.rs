//! Pressure stall information: of a control group (`memory.pressure`) or of the
//! machine (`/proc/pressure/memory`). Documentation/accounting/psi.rst.

use super::{by_content, first_line};
use crate::base::convert::clamp_i64;
use crate::base::error::ParseError;
use crate::base::source::{Input, file_name};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, bad_number, decimal, text_lines};
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let first = first_line(probe);
    by_content(first.starts_with("some avg10=") || first.starts_with("full avg10="))
}

/// Parses PSI: averages become hundredths of a percent, totals nanoseconds.
/// # Errors
/// `Malformed` if a value is no number.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let (kind, file) = whose(input.path);
    let mut record = RecordBuilder::new(input, evidence, facts, kind, file);
    for (line, text) in text_lines(input.bytes) {
        let mut fields = text.split(' ');
        let Some(share @ ("some" | "full")) = fields.next() else { continue };
        for field in fields {
            let Some((name, value)) = field.split_once('=') else { continue };
            let key = format!("{share} {name}");
            let bad = || bad_number(line.position(), "pressure", field);
            if name == "total" {
                let micros = decimal(value).ok_or_else(bad)?;
                record.figure(&key, micros.saturating_mul(1000), Unit::Nanoseconds, line.position());
            } else {
                record.figure(&key, basis_points(value).ok_or_else(bad)?, Unit::BasisPoints, line.position());
            }
        }
    }
    record.finish();
    Ok(())
}

/// `25.70` as 2570: the kernel always prints two digits.
fn basis_points(value: &str) -> Option<i64> {
    let (whole, hundredths) = value.split_once('.')?;
    let hundredths = decimal(hundredths).filter(|_| hundredths.len() == 2)?;
    Some(clamp_i64(i128::from(decimal(whole)?) * 100 + i128::from(hundredths)))
}

/// Whose pressure it is, as the name says: control groups have `memory.pressure`,
/// the machine has a file `memory` in a folder `pressure`.
fn whose(path: &str) -> (RecordKind, &'static str) {
    let name = file_name(path);
    for (own, resource) in [
        ("memory.pressure", "memory"),
        ("io.pressure", "io"),
        ("cpu.pressure", "cpu"),
        ("irq.pressure", "irq"),
    ] {
        if name.contains(own) {
            return (RecordKind::Cgroup, own);
        }
        let in_folder = path.ends_with(&format!("pressure/{resource}"));
        if in_folder || (name.contains("pressure") && name.contains(resource)) {
            return (RecordKind::Host, own);
        }
    }
    (RecordKind::Host, "pressure")
}
