//! `debug=1`: stacks with counts (runtime/pprof/pprof.go, printCountProfile).
//!
//! ```text
//! goroutine profile: total 21
//! 3 @ 0x47db6a 0x41516e 0x414cb2 0x4e4505 0x4d9a4c 0x483e61
//! # labels: {"worker":"w1"}
//! #    0x4e4504    main.main.func16+0x24    /srv/apps/fmt/main.go:69
//! ```
//! Leading frames of the runtime are hidden, but their program counters stay.
//! Printed counters point into the call, one below the return address.

use super::super::{Probe, Sniff};
use super::{frame, header, text};
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::reader::{Line, Lines};
use crate::base::source::{Position, SourceId};
use crate::evidence::Evidence;
use crate::evidence::goroutines::{CountedStack, DumpForm, GoroutineDump, LabelSets};
use crate::evidence::stacks::{Frame, FrameId};

const TITLES: [(&str, bool); 2] =
    [("goroutine profile: total ", false), ("goroutineleak profile: total ", true)];

/// Hidden program counters that are kept: goroutines that wait have at most five.
const HIDDEN_KEPT: usize = 8;

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = text::to_utf8(probe.head());
    let first = Lines::new(&head).find(|line| !line.bytes.trim_ascii().is_empty());
    let is_stack = |line: Line<'_>| counted(line.text().trim()).is_some();
    // A title with words behind it may be a sentence about a profile.
    let is_bare = |line: Line<'_>| line.text().trim_end().ends_with(|c: char| c.is_ascii_digit());
    let is_title =
        |line: Line<'_>| title(line.text()).is_some() && (is_bare(line) || Lines::new(&head).any(is_stack));
    let is_first = |line: Line<'_>| is_title(line) || is_stack(line);
    if first.is_some_and(is_first) { Sniff::ByContent } else { Sniff::No }
}

/// The total that a title states, and whether it is that of a leak profile.
fn title(line: &str) -> Option<(u64, bool)> {
    let text = line.trim();
    TITLES.iter().find_map(|(start, is_leak)| {
        // Somebody may have written a word behind it.
        let total = text.strip_prefix(start)?.split(' ').next()?;
        Some((total.parse().ok()?, *is_leak))
    })
}

/// The count and the program counters of `3 @ 0x47db6a 0x41516e`.
fn counted(text: &str) -> Option<(u64, &str)> {
    let (count, pcs) = text.split_once(" @")?;
    let is_list = pcs.is_empty() || pcs.starts_with(" 0x");
    Some((count.trim().parse().ok()?, pcs)).filter(|_| is_list)
}

/// Reads the whole text.
pub(super) fn parse(
    bytes: &[u8],
    source: SourceId,
    evidence: &mut Evidence,
    notes: &mut Notes,
) -> Result<GoroutineDump, ParseError> {
    let mut reader = Reader { evidence, notes, rows: Vec::new(), block: None };
    let mut stated = None;
    for line in Lines::new(bytes) {
        match title(line.text()).filter(|_| stated.is_none()) {
            Some(found) => stated = Some((found, line.number)),
            None => reader.line(line.bytes, line.number),
        }
    }
    let is_in_block = !bytes.is_empty() && !Lines::ends_with_newline(bytes) && reader.block.is_some();
    reader.close();
    if stated.is_none() && reader.rows.is_empty() {
        return Err(ParseError::new(
            ErrorKind::Malformed,
            Position::line(1),
            "goroutine profile",
            "neither \"goroutine profile: total N\" nor \"N @ 0x…\" found",
        ));
    }
    if stated.is_none() {
        reader.notes.info(
            "no-title",
            Some(Position::line(1)),
            "The line with the total is missing; the total is the sum of the listed goroutines.",
        );
    }
    let ((total, is_leak_profile), line) =
        stated.map_or(((None, false), 1), |((total, leak), line)| ((Some(total), leak), line));
    // A paste often lacks the last line end: what has every goroutine is not cut.
    let listed = reader.rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.count));
    let is_cut = is_in_block && total.is_some_and(|total| listed < total);
    Ok(GoroutineDump {
        source,
        ordinal: 0,
        form: DumpForm::Counts,
        is_leak_profile,
        is_cut,
        line,
        captured_at: None,
        stated_total: total,
        preamble: Vec::new(),
        crash: None,
        goroutines: Vec::new(),
        counted: reader.rows,
    })
}

struct Reader<'e> {
    evidence: &'e mut Evidence,
    notes: &'e mut Notes,
    rows: Vec<CountedStack>,
    block: Option<Block>,
}

struct Block {
    row: CountedStack,
    pcs: Vec<u64>,
    frames: Vec<FrameId>,
}

impl Reader<'_> {
    fn line(&mut self, line: &[u8], number: u64) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if text.is_empty() {
            return self.close();
        }
        if let Some(labels) = text.strip_prefix("# labels: {") {
            return self.labels(labels);
        }
        if let Some(rest) = text.strip_prefix('#').filter(|rest| rest.starts_with(['\t', ' '])) {
            return self.frame(rest);
        }
        // Marks at the start of a line are a heading to Markdown, which takes them off.
        let bare = text.trim_start();
        if bare.starts_with("0x") && bare.contains("+0x") && self.block.is_some() {
            return self.frame(bare);
        }
        let Some((count, pcs)) = counted(text) else { return self.unknown(number) };
        self.close();
        let row = CountedStack {
            count,
            stack: None,
            hidden: Vec::new(),
            labels: LabelSets::EMPTY,
            line: u32::try_from(number).unwrap_or(u32::MAX),
        };
        let pcs = pcs.split_ascii_whitespace().filter_map(hex).collect();
        self.block = Some(Block { row, pcs, frames: Vec::new() });
    }

    fn unknown(&mut self, number: u64) {
        self.notes.info("lines-between", Some(Position::line(number)), "A line is not part of the profile.");
    }

    fn labels(&mut self, text: &str) {
        let Some((labels, _)) = header::labels_of(text) else { return };
        let strings = &mut self.evidence.strings;
        let pairs = labels.iter().map(|(key, value)| (strings.intern(key), strings.intern(value))).collect();
        let id = self.evidence.goroutines.labels.intern(pairs);
        if let Some(block) = &mut self.block {
            block.row.labels = id;
        }
    }

    /// `0xPC TAB func+0xOFF TAB… file:line`, or only `0xPC` for an unknown function.
    fn frame(&mut self, text: &str) {
        let Some(block) = &mut self.block else { return };
        let Some(CountedFrame { pc, function, place }) = counted_frame(text) else { return };
        if block.frames.is_empty() {
            let hidden = block.pcs.iter().take_while(|&&at| at != pc && at.checked_sub(1) != Some(pc));
            block.row.hidden = hidden.take(HIDDEN_KEPT).copied().collect();
        }
        let Some(function) = function else { return };
        let strings = &mut self.evidence.strings;
        let frame = Frame {
            function: strings.intern_lossy(&frame::restored(function.as_bytes())),
            file: place.map(|(file, _)| strings.intern(file)),
            line: place.and_then(|(_, line)| line),
            inlined: false,
        };
        let id = self.evidence.stacks.frame(frame);
        block.frames.push(id);
    }

    fn close(&mut self) {
        let Some(mut block) = self.block.take() else { return };
        if block.frames.is_empty() {
            block.row.hidden = block.pcs.into_iter().take(HIDDEN_KEPT).collect();
        }
        block.row.stack = self.evidence.stacks.from_leaf_first(&block.frames);
        self.rows.push(block.row);
    }
}

/// A frame of a counted stack.
pub(in crate::formats) struct CountedFrame<'a> {
    pub pc: u64,
    /// The function, if it is known.
    pub function: Option<&'a str>,
    /// Its file, and its line.
    pub place: Option<(&'a str, Option<u32>)>,
}

/// Reads what stands behind the mark of `#\t0x4e4504\tmain.f+0x24\t/srv/main.go:69`.
pub(in crate::formats) fn counted_frame(text: &str) -> Option<CountedFrame<'_>> {
    // A terminal or a chat makes spaces of tabs.
    let is_wide = text.trim().contains(['\t']) || text.trim().contains("  ");
    let separator = if is_wide { "  " } else { " " };
    let parts = text.split('\t').flat_map(|part| part.split(separator));
    let mut parts = parts.map(str::trim).filter(|part| !part.is_empty());
    let pc = parts.next().and_then(hex)?;
    let function = parts.next();
    let function = function.map(|name| name.rfind("+0x").and_then(|at| name.get(..at)).unwrap_or(name));
    let place = parts.next().and_then(|place| place.rsplit_once(':'));
    let place = place.map(|(file, line)| (file, line.parse().ok()));
    Some(CountedFrame { pc, function, place })
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
