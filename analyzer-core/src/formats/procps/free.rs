//! ```text
//!                total        used        free      shared  buff/cache   available
//! Mem:         8123456     1234567     4567890       12345     2321000     6543210
//! Swap:              0           0           0
//! ```

use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::tables::{Base, amount, has_header};
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_header(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.starts_with(&["total", "used", "free"])
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let has_row = || has_header(probe, |text| text.starts_with("Mem:"));
    if has_header(probe, is_header) && has_row() { Sniff::ByContent } else { Sniff::No }
}

/// What one column of a row is in `meminfo`'s names.
const COLUMNS: [(&str, &str, &str); 8] = [
    ("Mem:", "total", "MemTotal"),
    ("Mem:", "free", "MemFree"),
    ("Mem:", "available", "MemAvailable"),
    ("Mem:", "used", "MemUsed"),
    ("Mem:", "shared", "Shmem"),
    ("Mem:", "buff/cache", "Cached"),
    ("Swap:", "total", "SwapTotal"),
    ("Swap:", "free", "SwapFree"),
];

/// Parses the first table into what `meminfo` would have.
/// # Errors
/// `Malformed` without an amount.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, "meminfo");
    let mut columns: Vec<&str> = Vec::new();
    let mut unit: Option<Scale> = None;
    for (line, text) in text_lines(input.bytes) {
        if is_header(text) {
            columns = text.split_whitespace().collect();
            continue;
        }
        let cells: Vec<&str> = text.split_whitespace().collect();
        let Some((row, values)) = cells.split_first() else { continue };
        if columns.is_empty() {
            unit = unit.or_else(|| asked(&cells));
            continue;
        }
        if *row == "Mem:" && unit.is_none() {
            unit = values.first().map(|total| guessed(total));
        }
        for (_, column, key) in COLUMNS.iter().filter(|(title, _, _)| title == row) {
            let cell = columns.iter().position(|name| name == column).and_then(|at| values.get(at));
            let is_first = record.value(key).is_none();
            if let Some(bytes) =
                cell.and_then(|cell| unit.and_then(|unit| unit.bytes(cell))).filter(|_| is_first)
            {
                record.named_figure(key, &format!("{row} {column}"), bytes, Unit::Bytes, line.position());
            }
        }
    }
    if record.is_empty() {
        return Err(nothing_found("free", "a row \"Mem:\" with amounts"));
    }
    record.finish();
    let guess = unit.filter(|unit| unit.is_guess).map_or_else(String::new, |unit| {
        format!(" It states no unit; the numbers are assumed to be {}.", unit.name)
    });
    let message =
        format!("This is the memory of the whole machine, even if free ran inside a container.{guess}");
    facts.notes.info("machine-memory", None, message);
    Ok(())
}

/// What a plain number counts.
#[derive(Clone, Copy)]
struct Scale {
    bytes: i64,
    name: &'static str,
    is_guess: bool,
}

const UNITS: [(&str, &str, i64, &str); 4] = [
    ("-b", "--bytes", 1, "bytes"),
    ("-k", "--kibi", 1 << 10, "KiB"),
    ("-m", "--mebi", 1 << 20, "MiB"),
    ("-g", "--gibi", 1 << 30, "GiB"),
];

/// The unit that the command above the table asks for.
fn asked(words: &[&str]) -> Option<Scale> {
    let at = words.iter().position(|word| word.rsplit('/').next() == Some("free"))?;
    let options = words.get(at + 1..)?;
    let known = UNITS.iter().find(|(short, long, _, _)| options.contains(short) || options.contains(long));
    let (_, _, bytes, name) = known.or(if options.is_empty() { UNITS.get(1) } else { None })?;
    Some(Scale { bytes: *bytes, name, is_guess: false })
}

/// The unit that gives a machine between 64 MiB and some TiB; `free` alone counts KiB.
fn guessed(total: &str) -> Scale {
    let digits = total.parse::<u64>().map_or(0, |_| total.len());
    let (bytes, name) = match digits {
        0 => (1, "bytes"),
        1..=3 => (1 << 30, "GiB"),
        4..=5 => (1 << 20, "MiB"),
        6..=9 => (1 << 10, "KiB"),
        _ => (1, "bytes"),
    };
    Scale { bytes, name, is_guess: digits > 0 }
}

impl Scale {
    /// A plain number in this unit; with a suffix it says its own.
    fn bytes(self, cell: &str) -> Option<i64> {
        match cell.parse::<i64>() {
            Ok(number) => number.checked_mul(self.bytes).filter(|bytes| *bytes >= 0),
            Err(_) => amount(cell, Base::Binary),
        }
    }
}
