//! Lines that are no part of a goroutine's block: what was said before a dump,
//! what leak checkers say of it, C frames, and other code's lines between.

use super::super::text::TextLine;
use super::super::{crash, frame, preamble};
use super::{Pending, Reader, glued_header};
use crate::base::source::Position;
use crate::evidence::goroutines::PreambleKind;
use crate::evidence::stacks::Frame;

/// Bytes of a C symbol at most: longer words of a log are not kept.
const SYMBOL_BYTES: usize = 256;
/// Bytes of a line that are searched for a leak checker's words: a name of a function is in it.
const LEAK_WORDS_BYTES: usize = 1024;
/// Lines of other code between a message and its goroutines: after more of them
/// they have nothing to do with each other.
const FOREIGN_LINES: u32 = 20;

impl Reader<'_> {
    /// A line that is no part of a block: preamble, registers, log lines, or a
    /// file line that lost its tab.
    pub(super) fn other(&mut self, text: &[u8], line: TextLine<'_>) {
        let trimmed = text.trim_ascii();
        if trimmed.is_empty() {
            self.in_message = false;
            return;
        }
        if let Some(block) = &self.block {
            if block.pending.is_some() && frame::file_line(text).is_some() {
                return self.indented(text);
            }
            if !block.is_after_creator && trimmed.starts_with(b"non-Go function at pc=") {
                return self.foreign_frame();
            }
        }
        if trimmed == b"-----" {
            self.is_relayed = true;
            return;
        }
        if let Some(kind) = preamble::kind(text, self.in_message) {
            self.close();
            let is_start = matches!(kind, PreambleKind::Panic | PreambleKind::FatalError)
                && !text.first().is_some_and(u8::is_ascii_whitespace);
            if is_start && self.foreign_lines > 0 {
                self.end_preamble();
            }
            self.in_message = preamble::is_message(kind);
            preamble::push(&mut self.preamble, kind, text, line.number);
            self.foreign_lines = 0;
            return;
        }
        if says_leaked(trimmed) {
            self.leak_line = Some(line.number);
        }
        if glued_header(text).is_some() {
            self.glued = Some((text.to_vec(), line.number));
        }
        self.foreign(trimmed, line.number);
        if self.block.is_some() {
            self.noise(trimmed, line);
        }
    }

    /// Remembers a line of other code: it may be the message of a stack that comes.
    fn foreign(&mut self, trimmed: &[u8], number: u64) {
        let is_of_stack = preamble::is_trailer(trimmed)
            || frame::function(trimmed).is_some()
            || frame::file_line(trimmed).is_some_and(|place| place.has_offset);
        if is_of_stack {
            return;
        }
        self.foreign = (String::from_utf8_lossy(preamble::kept(trimmed)).into_owned(), number);
        if self.block.is_some() {
            return;
        }
        self.foreign_lines = self.foreign_lines.saturating_add(1);
        if self.foreign_lines > FOREIGN_LINES {
            self.end_preamble();
        }
    }

    /// The lines of the preamble belong to no goroutine: GOTRACEBACK=none, or a restart before them.
    pub(super) fn end_preamble(&mut self) {
        let record = crash::record(&self.preamble);
        let preamble = std::mem::take(&mut self.preamble);
        self.foreign_lines = 0;
        if let Some(record) = record {
            self.push_dump(record.line, preamble, Vec::new());
        }
    }

    fn noise(&mut self, trimmed: &[u8], line: TextLine<'_>) {
        if preamble::is_trailer(trimmed) {
            return;
        }
        self.noise_before = true;
        let Some(block) = &mut self.block else { return };
        // A C frame's symbol stands alone on its line, and its place line comes next.
        if block.pending.is_none() && !block.is_after_creator && is_symbol(trimmed) {
            let function = self.evidence.strings.intern_lossy(trimmed);
            block.pending =
                Some(Pending { function, is_inlined: false, is_creator: false, is_foreign: true });
            return;
        }
        if !line.is_last_unended {
            self.notes.info(
                "lines-between",
                Some(Position::line(line.number)),
                "Lines that are no part of the dump stand between its lines; they were skipped.",
            );
        }
    }

    fn foreign_frame(&mut self) {
        self.flush_pending();
        let function = self.evidence.strings.intern("non-Go function");
        let frame = self.evidence.stacks.frame(Frame { function, file: None, line: None, inlined: false });
        if let Some(block) = &mut self.block {
            block.frames.push(frame);
        }
    }
}

/// True if a line could be the symbol of a C function.
fn is_symbol(line: &[u8]) -> bool {
    line.len() <= SYMBOL_BYTES && !line.contains(&b' ')
}

/// True for the words that leak checkers put before a goroutine: `leaked goroutine: …`
/// (fortytwo2/leaktest and tests of one's own), `Goroutine 7 in state select, with main.f
/// on top of the stack:` (uber-go/goleak).
pub fn says_leaked(line: &[u8]) -> bool {
    let line = line.get(..LEAK_WORDS_BYTES).unwrap_or(line);
    let is_goleak = line.strip_prefix(b"[").unwrap_or(line).starts_with(b"Goroutine ")
        && line.ends_with(b" on top of the stack:");
    is_goleak || memchr::memmem::find(line, b"eaked goroutine").is_some()
}
