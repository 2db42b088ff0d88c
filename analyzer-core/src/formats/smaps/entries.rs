//! Reads `smaps` and `maps` entry by entry.

use rustc_hash::FxHashSet;

use super::header::{self, Header};
use crate::base::convert::to_u32;
use crate::base::error::ParseError;
use crate::base::limits::MAPPINGS;
use crate::base::reader::{Line, Lines};
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::evidence::vmas::{VMA_FIELDS, VmaRow, VmaTraits};
use crate::formats::Facts;
use crate::formats::record::{RecordBuilder, nothing_found};

/// No address space holds more: 57 bits with five-level page tables.
const MOST_BYTES: i64 = 1 << 57;

/// Parses `smaps`, one mapping a header line, in file order.
/// # Errors
/// `Malformed` if no whole entry is found.
pub fn parse_smaps(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    Reader::new(evidence, facts).run(input, "smaps")
}

/// Parses `maps`: the same header lines without figures.
/// # Errors
/// `Malformed` if no mapping is found.
pub fn parse_maps(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    Reader::new(evidence, facts).run(input, "maps")
}

/// What a key line says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    /// A figure of this column.
    Column(usize),
    /// `VmFlags`.
    Flags,
    /// Known, and not needed: sizes of pages, eligibility.
    Skipped,
}

struct Reader<'a> {
    evidence: &'a mut Evidence,
    facts: &'a mut Facts,
    first_row: usize,
    open: Option<VmaRow>,
    /// Keys of the entry before, in order: the next entry nearly always has the same.
    layout: Vec<(Vec<u8>, Key)>,
    /// Key lines of the open entry.
    keys: usize,
    /// Key lines of the longest entry.
    most_keys: usize,
    unknown: FxHashSet<Vec<u8>>,
}

impl<'a> Reader<'a> {
    fn new(evidence: &'a mut Evidence, facts: &'a mut Facts) -> Self {
        let first_row = evidence.memory.vmas.len();
        Self {
            evidence,
            facts,
            first_row,
            open: None,
            layout: Vec::new(),
            keys: 0,
            most_keys: 0,
            unknown: FxHashSet::default(),
        }
    }

    fn run(mut self, input: &Input<'_>, file: &'static str) -> Result<(), ParseError> {
        for line in Lines::new(without_cut_line(input.bytes)) {
            if line.bytes.first().is_some_and(u8::is_ascii_uppercase) {
                self.key_line(&line);
            } else if !self.other_line(&line) {
                break;
            }
        }
        self.close_last();
        if self.evidence.memory.vmas.len() == self.first_row {
            return Err(nothing_found(file, "at least one complete mapping"));
        }
        self.store(input, file);
        Ok(())
    }

    /// A header, or something that should not be there. False ends the reading.
    fn other_line(&mut self, line: &Line<'_>) -> bool {
        let bytes = line.bytes.trim_ascii();
        if bytes.is_empty() {
            return true;
        }
        let Some(header) = header::parse(bytes) else {
            if bytes.first().is_some_and(u8::is_ascii_uppercase) {
                self.key_line(&Line { bytes, ..*line });
            } else {
                self.facts.notes.info(
                    "foreign-line",
                    Some(line.position()),
                    "A line is neither a mapping nor a field of a mapping; it was skipped.",
                );
            }
            return true;
        };
        self.close();
        self.open_entry(&header, line)
    }

    fn open_entry(&mut self, header: &Header<'_>, line: &Line<'_>) -> bool {
        let rows = &self.evidence.memory.vmas;
        let before = rows.end.get(self.first_row..).and_then(|ends| ends.last()).copied();
        if before.is_some_and(|end| header.start < end) {
            self.lose(
                "second-process",
                line.position(),
                "The addresses start again, so the rest belongs to another process and is ignored. Save each process to its own file.",
            );
            return false;
        }
        if rows.len() - self.first_row >= MAPPINGS {
            self.lose(
                "too-many-mappings",
                line.position(),
                format!("There are more than {MAPPINGS} mappings; the rest is not included."),
            );
            return false;
        }
        self.open = Some(VmaRow {
            start: header.start,
            end: header.end,
            traits: header.traits,
            name: self.evidence.strings.intern_lossy(header.name),
            line: to_u32(usize::try_from(line.number).unwrap_or(usize::MAX)),
            figures: [0; VMA_FIELDS.len()],
        });
        self.keys = 0;
        true
    }

    fn key_line(&mut self, line: &Line<'_>) {
        let (key, known) = match self.expected_key(line.bytes) {
            Some((key, known)) => (key, Some(known)),
            None => {
                let colon = memchr::memchr(b':', line.bytes);
                let Some(key) = colon.and_then(|colon| line.bytes.get(..colon)) else { return };
                (key, self.other_key(key, line.position()))
            }
        };
        let value = line.bytes.get(key.len() + 1..).unwrap_or_default();
        self.keys += 1;
        let Some(row) = &mut self.open else { return };
        match known {
            Some(Key::Column(column)) => match kib(value) {
                Some(bytes) => {
                    if let Some(figure) = row.figures.get_mut(column) {
                        *figure = bytes;
                    }
                }
                None => self.bad_value(key, line.position()),
            },
            Some(Key::Flags) => read_flags(value, &mut row.traits),
            Some(Key::Skipped) | None => {}
        }
    }

    /// The key of a line, if it is the one that stood here in the entry before.
    fn expected_key<'l>(&self, line: &'l [u8]) -> Option<(&'l [u8], Key)> {
        let (expected, known) = self.layout.get(self.keys)?;
        let (key, rest) = line.split_at_checked(expected.len())?;
        (key == expected && rest.first() == Some(&b':')).then_some((key, *known))
    }

    /// Looks a key up by its name.
    fn other_key(&mut self, key: &[u8], at: Position) -> Option<Key> {
        let known = find_key(key);
        if known.is_none() && self.unknown.insert(key.to_vec()) {
            let name = String::from_utf8_lossy(key.get(..40).unwrap_or(key)).into_owned();
            self.facts.notes.info(
                "unknown-key",
                Some(at),
                format!("The key {name} is unknown and is not used."),
            );
        }
        self.layout.truncate(self.keys);
        self.layout.push((key.to_vec(), known.unwrap_or(Key::Skipped)));
        known
    }

    fn bad_value(&mut self, key: &[u8], at: Position) {
        let key = String::from_utf8_lossy(key).into_owned();
        self.lose(
            "impossible-value",
            at,
            format!("{key} is not a valid number of KiB; it is not included in the totals."),
        );
    }

    fn lose(&mut self, code: &'static str, at: Position, message: impl Into<String>) {
        self.facts.is_partial = true;
        self.facts.notes.data_loss(code, Some(at), message);
    }

    fn close(&mut self) {
        if let Some(row) = self.open.take() {
            self.evidence.memory.vmas.push(&row);
            self.most_keys = self.most_keys.max(self.keys);
        }
    }

    /// The last entry counts only if it is whole: every entry of a file has the same keys.
    fn close_last(&mut self) {
        match self.open {
            Some(row) if self.keys < self.most_keys => self.lose(
                "cut",
                Position::line(u64::from(row.line)),
                "The file ends inside this mapping; it is not included.",
            ),
            _ => self.close(),
        }
    }

    fn store(self, input: &Input<'_>, file: &'static str) {
        let first_row = self.first_row;
        let vmas = &self.evidence.memory.vmas;
        let rows = first_row..vmas.len();
        let sums: Vec<_> =
            VMA_FIELDS.iter().map(|&(field, key)| (key, vmas.sum(rows.clone(), field).0)).collect();
        let mut record = RecordBuilder::new(input, self.evidence, self.facts, RecordKind::Process, file);
        let whole = Position::default();
        record.figure(
            "mappings",
            crate::base::convert::clamp_i64(i128::from(to_u32(rows.len()))),
            Unit::Count,
            whole,
        );
        if self.most_keys > 0 {
            for (key, sum) in sums {
                record.figure(key, sum, Unit::Bytes, whole);
            }
        }
        record.finish_with_vmas(to_u32(first_row));
    }
}

/// The text without a last line that ends within a figure. A last line that is
/// whole and only lacks its line end (a shell trimmed it) stays.
fn without_cut_line(bytes: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'\n', bytes).map_or(0, |newline| newline + 1);
    let (whole, last) = bytes.split_at(start);
    let is_figure = last.contains(&b':') && !last.starts_with(b"VmFlags:") && !last.ends_with(b"kB");
    if is_figure && header::parse(last).is_none() { whole } else { bytes }
}

fn find_key(key: &[u8]) -> Option<Key> {
    const SKIPPED: [&[u8]; 9] = [
        b"Size",
        b"KernelPageSize",
        b"MMUPageSize",
        b"Referenced",
        b"FilePmdMapped",
        b"THPeligible",
        b"ProtectionKey",
        b"ShmemHugePages",
        b"FileHugePages",
    ];
    if let Some(column) = VMA_FIELDS.iter().position(|(_, name)| name.as_bytes() == key) {
        return Some(Key::Column(column));
    }
    if key == b"VmFlags" {
        return Some(Key::Flags);
    }
    SKIPPED.contains(&key).then_some(Key::Skipped)
}

/// `     2772 kB` in bytes; `None` for what is no number or does not fit an address space.
pub fn kib(value: &[u8]) -> Option<i64> {
    let digits = value.trim_ascii_end().strip_suffix(b"kB")?.trim_ascii();
    let mut number: i64 = 0;
    for byte in digits {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        // Too much already: the next digit would be no less.
        number = if number <= MOST_BYTES { number * 10 + digit } else { return None };
    }
    number.checked_mul(1024).filter(|&bytes| !digits.is_empty() && bytes <= MOST_BYTES)
}

fn read_flags(value: &[u8], traits: &mut VmaTraits) {
    traits.has_flags = true;
    for flag in value.split(|&b| b == b' ') {
        match flag {
            b"nr" => traits.is_noreserve = true,
            b"nh" => traits.refuses_huge = true,
            b"hg" => traits.asks_huge = true,
            b"lo" => traits.is_locked = true,
            _ => {}
        }
    }
}
