//! `runtime.MemStats` as programs print it: names and amounts in one or several lines, in a log, in a
//! table (InfluxDB's `SHOW STATS`), or JSON that is cut.
//!
//! ```text
//! Alloc = 4778 MiB    TotalAlloc = 4784 MiB    Sys = 4999 MiB
//! [Memory] Sys: 13618802200 , HeapAlloc: 8512172064 , HeapIdle: 4499406848
//! INFO memory stats heapAlloc="2.2 MiB" heapSys="7.2 MiB"
//! {"Alloc":23423919704,"Sys":51983561336,"HeapInuse":35516039168,"PauseNs":[12914625,24
//! ```
//! A name that comes again begins another reading. The last name of a cut text may have half a number,
//! and is left out. Any input is safe: each line is looked at once, readings are bounded.

use super::fields::MEMSTATS;
use crate::base::error::ParseError;
use crate::base::limits::MEMSTATS_READINGS;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, decimal, nothing_found, text_lines};
use crate::formats::redaction::{Kind, Marks};
use crate::formats::tables::{Base, amount};
use crate::formats::{Facts, Probe, Sniff, could_be_of};
use std::collections::VecDeque;

/// Names of sizes that make a text one of these, if so many of them have an amount.
const SIZES: [&str; 9] =
    ["HeapAlloc", "HeapSys", "HeapIdle", "HeapInuse", "HeapReleased", "Alloc", "Sys", "TotalAlloc", "NextGC"];
const SIZES_NEEDED: usize = 3;
/// Lines in which they stand.
const LINES_NEEDED: usize = 8;
/// No runtime takes less than this of the system: smaller numbers are of another unit.
const LEAST_SYS: i64 = 1 << 20;
/// Bytes of a line that are looked at.
const LINE_BYTES: usize = 64 << 10;

/// A field with its amount.
struct Pair<'a> {
    field: &'static str,
    name: &'a str,
    value: i64,
    unit: Unit,
    /// The amount as it is printed.
    printed: &'a str,
}

/// The field that a name is of, however programs write it: `heapAlloc`, `heap_alloc`, `HeapInUse`, `HeapRelease`.
fn field(name: &str) -> Option<(&'static str, Unit)> {
    let letters = || name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase());
    let is = |field: &str| field.chars().map(|c| c.to_ascii_lowercase()).eq(letters());
    let known = |field: &str| is(field) || (field == "HeapReleased" && is("HeapRelease"));
    MEMSTATS.iter().find(|(field, ..)| known(field)).map(|(field, _, unit)| (*field, *unit))
}

/// Every field of a line that an amount follows.
fn pairs(line: &str) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    let mut rest = line;
    if let Some(pairs) = scavenged(line) {
        return pairs;
    }
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let word = rest.get(start..).unwrap_or_default();
        let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(word.len());
        let (name, after) = word.split_at_checked(end).unwrap_or((word, ""));
        rest = after;
        let Some((field, unit)) = field(name) else { continue };
        let value = after.trim_start_matches(['"', ' ', '\t', ':', '=']);
        if value.len() == after.len() {
            continue;
        }
        let Some((printed, left)) = number(value) else { continue };
        let amount = if unit == Unit::Bytes { amount(printed, Base::Binary) } else { decimal(printed) };
        if let Some(value) = amount {
            pairs.push(Pair { field, name, value, unit, printed });
        }
        rest = left;
    }
    pairs
}

/// A number with its unit, and what follows it: `4778 MiB`, `2.2 MiB"`, `13618802200`.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let after = text.get(digits..)?;
    let unit = after.trim_start_matches(' ');
    let letters = unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len());
    let is_unit = matches!(
        unit.get(..letters)?.to_ascii_lowercase().as_str(),
        "b" | "k" | "kb" | "kib" | "m" | "mb" | "mib" | "g" | "gb" | "gib"
    );
    let end = if is_unit { digits + (after.len() - unit.len()) + letters } else { digits };
    (digits > 0).then(|| text.split_at_checked(end))?
}

/// A column of a table: its title, and the field that it is of.
type Column<'a> = (&'a str, Option<(&'static str, Unit)>);

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || c == '|').filter(|word| !word.is_empty())
}

/// The columns of a table whose heading is made of fields.
fn heading(line: &str) -> Option<Vec<Column<'_>>> {
    let columns: Vec<Column<'_>> = cells(line).map(|word| (word, field(word))).collect();
    let known = columns.iter().filter(|(_, field)| field.is_some()).count();
    // A number is of a row, or behind its name.
    let has_number = columns.iter().any(|(word, _)| word.starts_with(|c: char| c.is_ascii_digit()));
    (known > SIZES_NEEDED && columns.len() <= known * 2 && !has_number).then_some(columns)
}

/// The heap as the scavenger of Go 1.12 and older printed it with gctrace, in MB:
/// `scvg1: inuse: 4, idle: 58, sys: 63, released: 57, consumed: 5 (MB)`.
fn scavenged(line: &str) -> Option<Vec<Pair<'_>>> {
    const NAMES: [(&str, &str); 4] = [
        ("inuse: ", "HeapInuse"),
        ("idle: ", "HeapIdle"),
        ("sys: ", "HeapSys"),
        ("released: ", "HeapReleased"),
    ];
    let rest = line.get(line.find("scvg")?..)?;
    let pair = |(name, field): (&'static str, &'static str)| {
        let printed = rest.split_once(name)?.1.split([',', ' ']).next()?;
        let value = decimal(printed)?.checked_mul(1 << 20)?;
        Some(Pair { field, name: name.trim_end_matches([':', ' ']), value, unit: Unit::Bytes, printed })
    };
    NAMES.into_iter().map(pair).collect()
}

/// Formats whose lines stand in the logs in which programs print their sizes, and tell more of an end.
const OTHERS_OF_LOGS: [&str; 3] = ["goroutine-dump", "oom-log", "gctrace"];

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_one = has_sizes(probe) && !could_be_of(&OTHERS_OF_LOGS, probe);
    if is_one { Sniff::ByContent } else { Sniff::No }
}

/// True if sizes of the runtime with their amounts stand near one another.
fn has_sizes(probe: &Probe<'_>) -> bool {
    let mut seen: Vec<(usize, &str)> = Vec::new();
    for (index, (_, text)) in text_lines(probe.head_lines()).enumerate() {
        if heading(text).is_some() || scavenged(text).is_some() {
            return true;
        }
        seen.retain(|(at, _)| index - at < LINES_NEEDED);
        for pair in pairs(text).into_iter().filter(|pair| SIZES.contains(&pair.field)) {
            if !seen.iter().any(|(_, field)| *field == pair.field) {
                seen.push((index, pair.field));
            }
        }
        if seen.len() >= SIZES_NEEDED {
            return true;
        }
    }
    // A line that the text ends in has all of a document on it.
    let last = probe.head().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let of_last = pairs(&String::from_utf8_lossy(last.get(..LINE_BYTES).unwrap_or(last)))
        .iter()
        .filter(|pair| SIZES.contains(&pair.field))
        .count();
    of_last >= SIZES_NEEDED
}

/// A figure of a reading: its field, its name as printed, its amount.
type Amount = (&'static str, String, i64, Unit, Position);

/// The amounts that were printed at one moment.
#[derive(Default)]
struct Reading {
    figures: Vec<Amount>,
}

/// The readings of a text as they come: the last ones are kept.
#[derive(Default)]
struct Readings {
    /// The one that is being read.
    open: Reading,
    /// The first, if it is no longer among the kept ones.
    first: Option<Reading>,
    kept: VecDeque<Reading>,
    /// All that could be bytes.
    count: usize,
}

impl Readings {
    /// A name that comes again begins another reading.
    fn add(&mut self, figure: Amount) {
        if self.open.has(figure.0) {
            self.finish();
        }
        self.open.figures.push(figure);
    }

    /// The open reading is complete.
    fn finish(&mut self) {
        let reading = std::mem::take(&mut self.open);
        if !reading.is_of_bytes() {
            return;
        }
        if self.kept.len() == MEMSTATS_READINGS {
            let oldest = self.kept.pop_front();
            self.first = self.first.take().or(oldest);
        }
        self.kept.push_back(reading);
        self.count += 1;
    }

    /// Readings that came before the kept ones.
    fn left_out(&self) -> usize {
        self.count - self.kept.len()
    }
}

/// The part of a line that is looked at.
fn start_of(line: &str) -> &str {
    line.get(..line.floor_char_boundary(LINE_BYTES)).unwrap_or(line)
}

/// Parses every reading.
/// # Errors
/// `Malformed` without one whose unit is known.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut readings = Readings::default();
    let mut columns: Option<Vec<Column<'_>>> = None;
    let mut is_cut = false;
    let mut lines = Lines::new(input.bytes).peekable();
    while let Some(line) = lines.next() {
        let text = start_of(line.text());
        let is_last = lines.peek().is_none() && !Lines::ends_with_newline(input.bytes);
        let is_start = text.len() < line.text().len();
        if let Some(found) = heading(text) {
            columns = Some(found);
            continue;
        }
        if let Some(found) = columns.as_ref().and_then(|columns| row(columns, text, line.position())) {
            readings.finish();
            readings.open = found;
            columns = None;
            continue;
        }
        for pair in pairs(text) {
            // Half a number, or one whose unit is cut off.
            if (is_last || is_start) && text.trim_end().ends_with(pair.printed) {
                is_cut |= is_last;
                continue;
            }
            readings.add((pair.field, pair.name.to_owned(), pair.value, pair.unit, line.position()));
        }
    }
    readings.finish();
    if readings.count == 0 {
        return Err(nothing_found("MemStats", "names such as HeapAlloc with amounts of bytes, KB or MB"));
    }
    // The last counts, unless the text ends within it; those before it are of earlier moments.
    let fields =
        |back: usize| readings.kept.iter().rev().nth(back).map_or(0, |reading| reading.figures.len());
    let main = readings.count.saturating_sub(if fields(0) < fields(1) { 2 } else { 1 });
    for (reading, index) in readings.kept.iter().zip(readings.left_out()..) {
        let moment = if index == main { String::new() } else { format!("{}", index + 1) };
        let parts = NameParts { moment, ..NameParts::of(input.path, "memstats") };
        let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Runtime, "memstats", &parts);
        for (field, name, value, unit, at) in &reading.figures {
            record.named_figure(field, name, *value, *unit, *at);
        }
        record.finish();
    }
    facts.kind = Some("memstats".to_owned());
    if readings.count > 1 {
        facts.notes.info("several-readings", None, course(&readings));
    }
    if readings.left_out() > 0 {
        facts.is_partial = true;
        let message = format!(
            "There are more than {MEMSTATS_READINGS} readings; the {} before the last {MEMSTATS_READINGS} are omitted.",
            readings.left_out()
        );
        facts.notes.data_loss("too-many-readings", None, message);
    }
    if is_cut {
        facts.notes.info("cut", None, "The text ends in the middle of an amount, which is omitted.");
    }
    Ok(())
}

/// How many readings there are, and how the heap went from the first to the last.
fn course(readings: &Readings) -> String {
    let heap = |reading: &Reading| {
        let of = |name| reading.figures.iter().find(|(field, ..)| *field == name);
        ["HeapAlloc", "Alloc", "HeapInuse"]
            .into_iter()
            .find_map(of)
            .map(|(_, name, value, ..)| (name.clone(), *value))
    };
    let first = readings.first.as_ref().or(readings.kept.front());
    let ends = first.and_then(heap).zip(readings.kept.back().and_then(heap));
    let went =
        ends.filter(|((first, _), (last, _))| first == last).map_or_else(String::new, |(first, last)| {
            format!(": {} went from {} to {} bytes", first.0, first.1, last.1)
        });
    format!("The text contains {} readings; the last complete one is used{went}.", readings.count)
}

impl Reading {
    fn has(&self, field: &str) -> bool {
        self.figures.iter().any(|(known, ..)| *known == field)
    }

    /// True if its numbers can be bytes: no runtime takes less than a mebibyte. What was ever allocated
    /// and what the heap may grow to are no sizes of now, and are larger in any unit.
    fn is_of_bytes(&self) -> bool {
        let sizes = || self.figures.iter().filter(|(field, ..)| SIZES.contains(field));
        let of_now = sizes().filter(|(field, ..)| !matches!(*field, "TotalAlloc" | "NextGC"));
        sizes().count() >= 2 && of_now.map(|(_, _, value, ..)| *value).max() >= Some(LEAST_SYS)
    }
}

/// The figures of a table's row below its heading.
fn row(columns: &[Column<'_>], text: &str, at: Position) -> Option<Reading> {
    let values: Vec<&str> = cells(text).collect();
    let is_row = values.len() == columns.len() && values.iter().any(|cell| decimal(cell).is_some());
    if !is_row {
        return None;
    }
    let mut reading = Reading::default();
    for ((name, field), cell) in columns.iter().zip(&values) {
        if let Some(((field, unit), value)) = field.zip(decimal(cell))
            && !reading.has(field)
        {
            reading.figures.push((field, (*name).to_owned(), value, unit, at));
        }
    }
    Some(reading)
}

/// Names of fields and their amounts stay.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let text = start_of(line.text());
        if heading(text).is_some() {
            // A heading may hold other words than fields.
            cells(text).filter(|word| field(word).is_some()).for_each(|word| marks.keep(word.as_bytes()));
            continue;
        }
        for pair in pairs(text) {
            marks.keep(pair.name.as_bytes());
            marks.keep(pair.printed.as_bytes());
        }
        let is_row = !text.trim().is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_whitespace() || b"|.-".contains(&byte));
        if is_row {
            marks.words(text.as_bytes(), Kind::Label);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
