//! Tables of processes: `ps` with a column RSS, `top` with RES.

use std::collections::BTreeSet;

use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, text_lines};
use crate::formats::tables::{Base, amount, has_header};
use crate::formats::{Facts, Probe, Sniff};

/// Columns of the resident size, in KiB where no suffix stands behind a number.
const RESIDENT: [&str; 3] = ["RSS", "RES", "RSZ"];
/// Columns of the address space.
const VIRTUAL: [&str; 3] = ["VSZ", "VIRT", "SIZE"];
/// Columns of the command; the last of a row, it may hold blanks.
const COMMAND: [&str; 4] = ["COMMAND", "CMD", "COMM", "ARGS"];

/// The columns, if it is the header of such a table.
pub(super) fn columns(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let is_header = has(&["PID"]) && words.len() >= 2 && words.iter().all(|word| is_title(word));
    (is_header && (has(&COMMAND) || has(&RESIDENT))).then_some(words)
}

/// The columns of `ps aux`, and those of `top`: `grep` leaves the header out.
const PS_AUX: [&str; 11] =
    ["USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND"];
const TOP: [&str; 12] =
    ["PID", "USER", "PR", "NI", "VIRT", "RES", "SHR", "S", "%CPU", "%MEM", "TIME+", "COMMAND"];

/// The columns of a row that stands without its header, by what its cells are.
pub(super) fn bare_columns(text: &str) -> Option<&'static [&'static str]> {
    let cells: Vec<&str> = text.split_whitespace().take(TOP.len()).collect();
    let is = |at: usize, test: fn(&str) -> bool| cells.get(at).is_some_and(|cell| test(cell));
    let is_id = |cell: &str| cell.parse::<u32>().is_ok();
    let is_share = |cell: &str| cell.contains('.') && cell.parse::<f64>().is_ok();
    let is_state =
        |cell: &str| cell.len() <= 5 && cell.bytes().all(|byte| b"RSDZTtXIWlLsN<+".contains(&byte));
    // Where grep left the header out, the terminal is what tells a row from any other line of figures.
    let is_terminal = |cell: &str| {
        let digits = cell.strip_prefix("pts/").or_else(|| cell.strip_prefix("tty"));
        matches!(cell, "?" | "-")
            || digits.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let is_time = |cell: &str| {
        cell.contains(':') && cell.bytes().all(|byte| byte.is_ascii_digit() || b":.-".contains(&byte))
    };
    let is_ps = cells.len() >= PS_AUX.len()
        && is(1, is_id)
        && is(2, is_share)
        && is(3, is_share)
        && is_within(cells.get(5), cells.get(4))
        && is(6, is_terminal)
        && is(7, is_state)
        && is(9, is_time);
    let is_top = cells.len() == TOP.len()
        && is(0, is_id)
        && is_within(cells.get(5), cells.get(4))
        && is(7, is_state)
        && is(8, is_share)
        && is(9, is_share)
        && is(10, is_time);
    match (is_ps, is_top) {
        (true, _) => Some(&PS_AUX),
        (false, true) => Some(&TOP),
        (false, false) => None,
    }
}

/// True if the resident size is not above that of the address space.
fn is_within(resident: Option<&&str>, address_space: Option<&&str>) -> bool {
    let size = |cell: Option<&&str>| cell.and_then(|cell| kib(cell));
    size(resident).zip(size(address_space)).is_some_and(|(resident, whole)| resident <= whole)
}

/// The header of smem: the command is in the middle, and the last four columns are sizes in KiB.
const SMEM: [&str; 7] = ["PID", "User", "Command", "Swap", "USS", "PSS", "RSS"];

fn is_smem(text: &str) -> bool {
    text.split_whitespace().eq(SMEM)
}

/// A row of smem: `985 root /srv/app --port 80    0  97332  97642  100080`.
fn of_smem(text: &str, at: Position, input: &Input<'_>, evidence: &mut Evidence) -> bool {
    let cells: Vec<&str> = text.split_whitespace().collect();
    let (Some(pid), [.., _, _, pss, rss]) =
        (cells.first().and_then(|pid| pid.parse().ok()), cells.as_slice())
    else {
        return false;
    };
    let (Some(pss), Some(rss)) = (kib(pss), kib(rss).filter(|_| cells.len() >= SMEM.len())) else {
        return false;
    };
    let parts =
        NameParts { level: format!("ps.pid{pid}"), pid: Some(pid), ..NameParts::of(input.path, "ps") };
    let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Process, "ps", &parts);
    record.named_figure("Rss", "RSS", rss, Unit::Bytes, at);
    record.named_figure("Pss", "PSS", pss, Unit::Bytes, at);
    if let Some(command) = cells.get(2) {
        record.text("Name", command.rsplit('/').next().unwrap_or(command), at);
    }
    record.finish();
    true
}

/// `%MEM`, `TIME+`, `TTY`: no lower case, no figure.
fn is_title(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase() || b"%+_:-".contains(&byte))
        || matches!(word, "nTH" | "S" | "%wa")
}

fn is_top(probe: &Probe<'_>) -> bool {
    has_header(probe, |text| {
        text.starts_with("top - ")
            || text.starts_with("KiB Mem")
            || text.starts_with("MiB Mem")
            || text.starts_with("Load average:")
    })
}

pub fn sniff_top(probe: &Probe<'_>) -> Sniff {
    let is_table = is_top(probe) && has_header(probe, |text| columns(text).is_some());
    if is_table { Sniff::ByContent } else { Sniff::No }
}

pub fn sniff_ps(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, |text| columns(text).is_some() || is_smem(text) || bare_columns(text).is_some()) {
        Sniff::ByContent
    } else {
        Sniff::No
    }
}

/// Parses a record for each process.
/// # Errors
/// `Unsupported` if no column tells the resident size; `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut header: Option<Vec<&str>> = None;
    let (mut count, mut tables) = (0, 0);
    let mut in_smem = false;
    // Processes of rows above the first header.
    let mut bare: BTreeSet<&str> = BTreeSet::new();
    for (line, text) in text_lines(input.bytes) {
        // A row that a person marked in Markdown.
        let text = text.trim_matches(['*', '`']).trim();
        in_smem |= is_smem(text);
        if let Some(columns) = columns(text).filter(|_| !in_smem) {
            tables += 1;
            header = Some(columns);
            continue;
        }
        let without_header = bare_columns(text).filter(|_| header.is_none() && !in_smem);
        let own = without_header.map(<[&str]>::to_vec);
        let pid = |columns: &Vec<&str>| {
            let at = columns.iter().position(|name| *name == "PID")?;
            text.split_whitespace().nth(at)
        };
        bare.extend(own.as_ref().and_then(pid));
        // top -b prints a table each time: the first has all that the others have.
        let columns = own.as_ref().or(header.as_ref().filter(|_| tables == 1));
        if own.is_none() && columns.and_then(pid).is_some_and(|pid| bare.contains(pid)) {
            continue;
        }
        if columns.is_none() && !in_smem {
            continue;
        }
        if count == CONTAINERS {
            facts.is_partial = true;
            let message = format!("There are more than {CONTAINERS} processes; the rest is ignored.");
            facts.notes.data_loss("too-many-processes", Some(line.position()), message);
            break;
        }
        count += usize::from(match columns.filter(|_| !in_smem) {
            Some(columns) => process(columns, text, line.position(), input, evidence),
            None => of_smem(text, line.position(), input, evidence),
        });
    }
    facts.kind = Some("processes".to_owned());
    if tables > 1 {
        facts.notes.info(
            "several-tables",
            None,
            format!("It contains {tables} tables; the first one is used."),
        );
    }
    if count > 0 {
        return Ok(());
    }
    let whole = Position::line(1);
    let has_size = header.as_ref().is_none_or(|columns| columns.iter().any(|name| RESIDENT.contains(name)));
    Err(if has_size {
        ParseError::new(
            ErrorKind::Malformed,
            whole,
            "table of processes",
            "no row has a process ID and a size",
        )
    } else {
        let message =
            "no column shows the resident size: use ps -eo pid,rss,vsz,comm, or better /proc/PID/smaps";
        ParseError::new(ErrorKind::Unsupported, whole, "table of processes", message)
    })
}

/// Stores a row; false if it is none.
fn process(columns: &[&str], text: &str, at: Position, input: &Input<'_>, evidence: &mut Evidence) -> bool {
    let cells: Vec<&str> = text.split_whitespace().collect();
    let cell =
        |names: &[&str]| columns.iter().position(|name| names.contains(name)).and_then(|at| cells.get(at));
    let size = |names: &[&str]| cell(names).and_then(|cell| kib(cell));
    let (Some(pid), Some(resident)) =
        (cell(&["PID"]).and_then(|pid| pid.parse::<u64>().ok()), size(&RESIDENT))
    else {
        return false;
    };
    // Threads of the kernel have no memory of their own.
    if resident == 0 {
        return true;
    }
    // A table is of the machine or of a container: which processes are of the
    // subject, only its list of processes can tell.
    let level = format!("ps.pid{pid}");
    let parts = NameParts { level, pid: Some(pid), ..NameParts::of(input.path, "ps") };
    let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Process, "ps", &parts);
    record.named_figure("Rss", "RSS", resident, Unit::Bytes, at);
    if let Some(bytes) = size(&VIRTUAL) {
        record.named_figure("VmSize", "VSZ", bytes, Unit::Bytes, at);
    }
    if let Some(command) = cell(&COMMAND) {
        record.text("Name", command.rsplit('/').next().unwrap_or(command), at);
    }
    record.finish();
    true
}

/// KiB without a suffix.
fn kib(cell: &str) -> Option<i64> {
    match cell.parse::<i64>() {
        Ok(kib) if kib >= 0 => kib.checked_mul(1024),
        Ok(_) => None,
        Err(_) => amount(cell, Base::Binary),
    }
}
