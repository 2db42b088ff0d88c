//! ```text
//! 42:   /srv/app
//! Address           Kbytes     RSS   Dirty Mode  Mapping
//! 000000c000000000   65536   40960   40960 rw---   [ anon ]
//! ---------------- ------- ------- -------
//! total kB         1234567   98304   90112
//! ```
//! `-X` and `-XX` print the columns of `smaps` instead, with their sums in the last row.

use std::ops::Range;

use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, text_lines};
use crate::formats::tables::has_header;
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_header(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.starts_with(&["Address", "Kbytes", "RSS"]) || words.starts_with(&["Address", "Perm", "Offset"])
}

/// `42:   /srv/app`.
pub(super) fn title(text: &str) -> Option<u64> {
    text.split_once(':').filter(|(_, command)| !command.trim().is_empty())?.0.trim().parse().ok()
}

fn is_total(text: &str) -> bool {
    let rest = text.strip_prefix("total").map(str::trim);
    rest.is_some_and(|rest| rest.starts_with("kB") || (rest.ends_with('K') && !rest.contains(' ')))
}

/// A row of `pmap -x`: `000000c000000000   65536   40960   40960 rw---   [ anon ]`.
struct Row {
    /// Size, Rss and Dirty in KiB.
    sizes: [i64; 3],
    is_arena: bool,
}

fn row(text: &str) -> Option<Row> {
    let mut cells = text.split_whitespace();
    let digits =
        cells.next().filter(|cell| cell.len() >= 8 && cell.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let address = u64::from_str_radix(digits, 16).ok()?;
    let mut size = || cells.next()?.parse::<i64>().ok().filter(|kib| *kib >= 0);
    let sizes = [size()?, size()?, size()?];
    let mode = cells.next()?;
    let is_mode = mode.len() == 5 && mode.bytes().all(|byte| b"rwxspR-".contains(&byte));
    let is_anonymous = cells.next() == Some("[") && cells.next() == Some("anon");
    let is_arena = is_anonymous && mode == "rw---" && GO_ARENAS.contains(&address);
    is_mode.then_some(Row { sizes, is_arena })
}

/// Where Go's heap arenas lie on 64-bit Linux; the system's own choices for `mmap` lie above
/// (runtime/malloc.go, `mallocinit`: hints from `0x00c0<<32`, then `0x01c0<<32` and so on up to `0x7fc0<<32`
/// on amd64, of which a process has the first unless something is in the way).
const GO_ARENAS: Range<u64> = 0xc0 << 32..0x1000 << 32;

/// Rows that tell a table without its header.
const ROWS: usize = 2;

fn has_rows(probe: &Probe<'_>) -> bool {
    text_lines(probe.head()).filter(|(_, text)| row(text).is_some()).take(ROWS).count() == ROWS
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_plain = || {
        let has_end =
            text_lines(probe.bytes.get(probe.bytes.len().saturating_sub(200)..).unwrap_or_default())
                .any(|(_, text)| is_total(text));
        has_end && has_header(probe, |text| title(text).is_some())
    };
    if has_header(probe, is_header) || is_plain() || has_rows(probe) { Sniff::ByContent } else { Sniff::No }
}

/// Parses the sums over all mappings.
/// # Errors
/// `Unsupported` without resident sizes (`pmap` without `-x`); `Truncated` without the sums.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "pmap");
    let mut columns: Vec<&str> = Vec::new();
    let mut totals: Option<(Vec<&str>, Position)> = None;
    let mut rows = Rows::default();
    for (line, text) in text_lines(input.bytes) {
        rows.add(text, line.position());
        if is_header(text) {
            columns = text.split_whitespace().collect();
        } else if columns.is_empty()
            && let Some(pid) = title(text)
        {
            record.pid(pid);
        } else if is_total(text) || (!columns.is_empty() && is_sums(text)) {
            totals = Some((text.split_whitespace().collect(), line.position()));
        }
    }
    let error = |kind, message: &str| Err(ParseError::new(kind, Position::line(1), "pmap", message));
    if let Some(at) = rows.first.filter(|_| totals.is_none()) {
        for (name, kib) in ["Size", "Rss", "Dirty"].iter().zip(rows.sums) {
            record.figure(name, kib.saturating_mul(1024), Unit::Bytes, at);
        }
        rows.record_arenas(&mut record);
        record.finish();
        facts.is_partial = true;
        let message = format!(
            "The row with the totals is missing; {} added up, and there may be more.",
            one_or_many(rows.count, "mapping is", "mappings are")
        );
        facts.notes.data_loss("no-sums", Some(at), message);
        return Ok(());
    }
    if columns.is_empty() {
        return error(
            ErrorKind::Unsupported,
            "it has no resident sizes: use pmap -x PID, or better /proc/PID/smaps",
        );
    }
    let Some((cells, at)) = totals else {
        return error(ErrorKind::Truncated, "the text ends before the row with the totals");
    };
    let numbers: Vec<i64> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
    let is_extended = columns.contains(&"Kbytes");
    let names: Vec<&str> = if is_extended {
        vec!["Size", "Rss", "Dirty"]
    } else {
        columns
            .iter()
            .copied()
            .skip(5)
            .filter(|name| !matches!(*name, "Mapping" | "VmFlagsMapping" | "VmFlags"))
            .collect()
    };
    for (name, kib) in names.iter().zip(&numbers) {
        if let Some(bytes) = kib.checked_mul(1024).filter(|bytes| *bytes >= 0) {
            record.figure(name, bytes, Unit::Bytes, at);
        }
    }
    rows.record_arenas(&mut record);
    record.finish();
    Ok(())
}

/// The rows of `pmap -x`, added up.
#[derive(Default)]
struct Rows {
    first: Option<Position>,
    count: u64,
    /// Size, Rss and Dirty in KiB.
    sums: [i64; 3],
    /// The first of Go's arenas, and what is resident of all of them in KiB.
    arenas: Option<(Position, i64)>,
}

impl Rows {
    fn add(&mut self, text: &str, at: Position) {
        let Some(Row { sizes, is_arena }) = row(text) else { return };
        if is_arena {
            let (_, resident) = self.arenas.get_or_insert((at, 0));
            *resident = resident.saturating_add(sizes[1]);
        }
        self.first.get_or_insert(at);
        self.count += 1;
        for (sum, size) in self.sums.iter_mut().zip(sizes) {
            *sum = sum.saturating_add(size);
        }
    }

    fn record_arenas(&self, record: &mut RecordBuilder<'_>) {
        if let Some((at, kib)) = self.arenas {
            record.figure("Go arenas", kib.saturating_mul(1024), Unit::Bytes, at);
        }
    }
}

/// The last row of `-X`: numbers, and nothing but numbers, save `KB` at the end.
fn is_sums(text: &str) -> bool {
    let mut cells = text.split_whitespace().filter(|cell| *cell != "KB").peekable();
    cells.peek().is_some()
        && cells.clone().count() >= 3
        && cells.all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()))
}
