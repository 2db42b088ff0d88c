//! Reports of the race detector (go build -race; runtime/race, ThreadSanitizer's
//! `rtl/tsan_report.cpp` in its Go form).
//!
//! ```text
//! WARNING: DATA RACE
//! Write at 0x00c0001a2018 by goroutine 12:
//!   example.com/shop/cart.(*Cart).Add()
//!       /srv/app/cart/cart.go:51 +0x6f
//!
//! Previous read at 0x00c0001a2018 by main goroutine:
//!   [failed to restore the stack]
//!
//! Goroutine 12 (running) created at:
//!   …
//! ==================
//! ```

use super::super::{Content, Facts, Format, Probe, Sniff};
use super::frame;
use super::text;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position, SourceId};
use crate::evidence::Evidence;
use crate::evidence::races::{RaceAccess, RaceGoroutine, RaceReport};
use crate::evidence::stacks::{Frame, FrameId};

pub(super) const FORMAT: Format = Format {
    name: "race-report",
    label: "Race detector report",
    content: Content::Lines,
    sniff,
    parse,
    secrets: super::secrets::stacks,
};

const TITLE: &[u8] = b"WARNING: DATA RACE";
/// What stands in place of a stack that was forgotten.
const LOST: &[u8] = b"[failed to restore the stack]";
/// Reports that are kept: a test run prints one for each pair of places.
const REPORTS: usize = 1000;
/// Accesses and goroutines of one report that are kept: it has two of each.
const PARTS: usize = 8;
/// Bytes in which a report is looked for whose title is cut off.
const HEAD_BYTES: usize = 64 << 10;

fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_report(probe.bytes) { Sniff::ByContent } else { Sniff::No }
}

/// True if the bytes hold a report.
pub(super) fn has_report(bytes: &[u8]) -> bool {
    if memchr::memmem::find(bytes, TITLE).is_some() {
        return true;
    }
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let mut access = None;
    // Without its title it is one if a stack follows: a sentence may quote the line.
    for line in Lines::new(head).filter(|line| !line.bytes.trim_ascii().is_empty()) {
        if access.and_then(|at| line.bytes.get(at..)).is_some_and(starts_stack) {
            return true;
        }
        access = access_at(line.bytes);
    }
    false
}

/// True for the first line below an access.
fn starts_stack(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    text.starts_with(LOST) || frame::function(text).is_some()
}

/// Where `Write at 0x00c0001a2018 by goroutine 12:` starts in a line: only this tool writes so.
pub(super) fn access_at(line: &[u8]) -> Option<usize> {
    const WORDS: [&[u8]; 4] =
        [b"Previous write at 0x", b"Previous read at 0x", b"Write at 0x", b"Read at 0x"];
    let text = line.trim_ascii_end();
    let is_by =
        || memchr::memmem::find(text, b" by goroutine ").is_some() || text.ends_with(b" by main goroutine:");
    if text.last() != Some(&b':') || !is_by() {
        return None;
    }
    WORDS.iter().find_map(|words| memchr::memmem::find(text, words))
}

fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let bytes = text::to_utf8(input.bytes);
    let before = evidence.races.len();
    read(&bytes, input.source, evidence);
    let added = evidence.races.get(before..).unwrap_or_default();
    if added.iter().all(|race| race.accesses.is_empty()) {
        return Err(ParseError::new(
            ErrorKind::Truncated,
            Position::line(added.first().map_or(1, |race| race.line)),
            "race report",
            "no access follows \"WARNING: DATA RACE\"",
        ));
    }
    facts.kind = Some("race-report".to_owned());
    Ok(())
}

/// True for a line that begins a report or a part of one.
pub(super) fn is_head(text: &[u8]) -> bool {
    let starts: [&[u8]; 9] = [
        TITLE,
        b"Write at ",
        b"Read at ",
        b"Write by ",
        b"Read by ",
        b"Previous ",
        b"Goroutine ",
        LOST,
        b"Found ",
    ];
    starts.iter().any(|start| text.starts_with(start))
}

/// True for a line of a frame, also without its indent.
fn is_frame(text: &str) -> bool {
    frame::function(text.as_bytes()).is_some()
        || frame::file_line(text.as_bytes()).is_some_and(|place| place.has_offset)
}

/// Reads every report of a text.
pub(super) fn read(bytes: &[u8], source: SourceId, evidence: &mut Evidence) {
    let mut reader = Reader {
        evidence,
        source,
        width: 0,
        is_titled: false,
        has_stack: false,
        report: None,
        part: None,
        frames: Vec::new(),
        function: None,
        broken: None,
    };
    for line in Lines::new(bytes) {
        reader.line(line.bytes, line.number);
    }
    reader.close();
}

/// What the frames belong to that are being read.
#[derive(Clone, Copy, Debug)]
enum Part {
    Access,
    Creation,
}

struct Reader<'e> {
    evidence: &'e mut Evidence,
    source: SourceId,
    /// Bytes that a log put before the title.
    width: usize,
    /// A title was there.
    is_titled: bool,
    /// A stack was there, or what stands in its place.
    has_stack: bool,
    report: Option<RaceReport>,
    part: Option<Part>,
    frames: Vec<FrameId>,
    function: Option<String>,
    /// The start of a head whose end is on the next line.
    broken: Option<String>,
}

impl Reader<'_> {
    fn line(&mut self, line: &[u8], number: u64) {
        if let Some(at) = memchr::memmem::find(line, TITLE) {
            self.close();
            self.width = at;
            self.is_titled = true;
            self.report = Some(self.empty(number));
            return;
        }
        if self.report.is_none() {
            // The title is cut off; what a report that was closed has below it is none.
            let Some(at) = access_at(line).filter(|_| !self.is_titled) else { return };
            self.width = at;
            self.report = Some(self.empty(number));
        }
        let text = line.get(self.width..).unwrap_or(line);
        let text = String::from_utf8_lossy(text);
        let text = text.trim_end();
        // A head that was broken at its last word.
        let joined = self.broken.take().map(|head| format!("{head} {}", text.trim_start()));
        let text = joined.as_deref().unwrap_or(text);
        if text.ends_with(" by goroutine") && !text.starts_with(' ') {
            self.broken = Some(text.to_owned());
            return;
        }
        if text.starts_with("==========") {
            self.close();
        } else if text.is_empty() {
            self.end_part();
        } else if !text.starts_with(' ') && !is_frame(text) {
            self.head(text, number);
        } else {
            self.frame(text.trim_start());
        }
    }

    fn empty(&self, line: u64) -> RaceReport {
        RaceReport { source: self.source, line, accesses: Vec::new(), goroutines: Vec::new() }
    }

    /// `Previous write at 0x00c0 by goroutine 7:`, `Goroutine 7 (running) created at:`.
    fn head(&mut self, text: &str, number: u64) {
        self.end_part();
        let Some(report) = &mut self.report else { return };
        if let Some(rest) = text.strip_prefix("Goroutine ").filter(|rest| rest.ends_with(" created at:")) {
            let goid = rest.split(' ').next().and_then(|digits| digits.parse().ok());
            if let Some(goid) = goid.filter(|_| report.goroutines.len() < PARTS) {
                report.goroutines.push(RaceGoroutine { goid, creator: None });
                self.part = Some(Part::Creation);
            }
            return;
        }
        // Go 1.3 and older print no address.
        let Some((what, by)) = text.split_once(" by ") else { return };
        let (kind, address) = what.split_once(" at 0x").unwrap_or((what, ""));
        let is_access = matches!(kind.rsplit(' ').next(), Some("read" | "write" | "Read" | "Write"));
        if !is_access {
            return;
        }
        if report.accesses.len() >= PARTS {
            return;
        }
        let by = by.trim_end_matches(':');
        let goid = match by.strip_prefix("goroutine ") {
            Some(rest) => rest.split(' ').next().and_then(|digits| digits.parse().ok()),
            None => by.starts_with("main goroutine").then_some(1),
        };
        let kind = kind.to_ascii_lowercase();
        report.accesses.push(RaceAccess {
            kind: kind.strip_prefix("previous ").unwrap_or(&kind).to_owned(),
            address: u64::from_str_radix(address, 16).ok(),
            goid,
            stack: None,
            line: number,
        });
        self.part = Some(Part::Access);
    }

    fn frame(&mut self, text: &str) {
        if self.part.is_none() {
            return;
        }
        self.has_stack |= starts_stack(text.as_bytes());
        if let Some(name) = frame::function(text.as_bytes()) {
            self.function = Some(String::from_utf8_lossy(name).into_owned());
            return;
        }
        let Some(place) = frame::file_line(text.as_bytes()) else { return };
        let Some(function) = self.function.take() else { return };
        let strings = &mut self.evidence.strings;
        let frame = Frame {
            function: strings.intern(&function),
            file: Some(strings.intern_lossy(place.file)),
            line: Some(place.line),
            inlined: false,
        };
        self.frames.push(self.evidence.stacks.frame(frame));
    }

    fn end_part(&mut self) {
        let frames = std::mem::take(&mut self.frames);
        self.function = None;
        let (Some(part), Some(report)) = (self.part.take(), &mut self.report) else { return };
        match part {
            Part::Access => {
                let stack = self.evidence.stacks.from_leaf_first(&frames);
                if let Some(access) = report.accesses.last_mut() {
                    access.stack = stack;
                }
            }
            Part::Creation => {
                if let Some(goroutine) = report.goroutines.last_mut() {
                    goroutine.creator = frames.first().copied();
                }
            }
        }
    }

    fn close(&mut self) {
        self.end_part();
        if let Some(report) = self.report.take()
            && (self.is_titled || self.has_stack)
            && self.evidence.races.len() < REPORTS
        {
            self.evidence.races.push(report);
        }
    }
}
