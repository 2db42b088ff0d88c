//! Lines that are no part of a goroutine's block: what was said before a dump,
//! what leak checkers say of it, C frames, and other code's lines between.

use super::super::text::TextLine;
use super::super::{crash, frame, header, preamble};
use super::requests::{self, REQUESTS};
use super::thrown::NO_MESSAGE;
use super::{GluedCrash, Pending, Reader, glued_header};
use crate::base::source::Position;
use crate::evidence::goroutines::PreambleKind;
use crate::evidence::stacks::Frame;

/// What stands above the stack of the runtime itself, which is no goroutine's.
pub const RUNTIME_STACK: &[u8] = b"runtime stack:";
/// Bytes of a C symbol at most: longer words of a log are not kept.
const SYMBOL_BYTES: usize = 256;
/// Bytes of a line that are searched for a leak checker's words: a name of a function is in it.
const LEAK_WORDS_BYTES: usize = 1024;
/// Bytes of a log's prefix in which the first line of a crash is looked for.
const PREFIX_BYTES: usize = 512;
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
        if trimmed == RUNTIME_STACK {
            self.in_message = false;
            return self.runtime_stack(line.number);
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
            if let Some(crash) = self.glued_crash.take()
                && kind == PreambleKind::Signal
                && self.preamble.is_empty()
                && crash.line.saturating_add(1) == line.number
            {
                self.push_crash(&crash);
            }
            preamble::push(&mut self.preamble, kind, text, line.number);
            self.foreign_lines = 0;
            return;
        }
        if says_leaked(trimmed) {
            self.leak_line = Some(line.number);
        }
        let is_glued = glued_header(text).is_some();
        if is_glued {
            self.glued = Some((text.to_vec(), line.number));
        }
        if let Some(crash) = glued_crash(text) {
            let is_logged = is_logged(text, crash);
            if crash.starts_with(b"fatal error: ") {
                self.said_fatal = Some((preamble::kept(crash).to_vec(), line.number));
            }
            self.glued_crash = Some(GluedCrash {
                text: crash.to_vec(),
                line: line.number,
                is_logged,
                is_capital: false,
                is_heading: is_heading(text, crash),
            });
        }
        if let Some(value) = text.strip_prefix(b"PANIC: ") {
            let text = [b"panic: ", value].concat();
            self.glued_crash = Some(GluedCrash {
                text,
                line: line.number,
                is_logged: false,
                is_capital: true,
                is_heading: false,
            });
        }
        // A header on the same line is not of what was said.
        let said = if is_glued { memchr::memmem::rfind(trimmed, header::START) } else { None };
        self.foreign(said.and_then(|at| trimmed.get(..at)).unwrap_or(trimmed).trim_ascii_end(), line.number);
        if self.block.is_some() {
            self.noise(trimmed, line);
        }
    }

    /// The runtime prints its own stack only as it ends the program. Its message may stand in a sentence
    /// above, as gopls asks for it, or not be in the text.
    fn runtime_stack(&mut self, number: u64) {
        if !self.preamble.is_empty() || self.block.is_some() || !self.dumps.is_empty() {
            return;
        }
        let said = self.said_fatal.take();
        let text = said.as_ref().map_or(NO_MESSAGE, |(text, _)| text.as_slice());
        let line = said.as_ref().map_or(number, |(_, line)| *line);
        preamble::push(&mut self.preamble, PreambleKind::FatalError, text, line);
        self.foreign_lines = 0;
    }

    /// Remembers a line of other code: it may be the message of a stack that comes.
    fn foreign(&mut self, trimmed: &[u8], number: u64) {
        let is_of_stack = preamble::is_trailer(trimmed)
            || frame::function(trimmed).is_some()
            || frame::file_line(trimmed).is_some_and(|place| place.has_offset);
        if is_of_stack {
            if self.block.is_none() && self.requests.len() < REQUESTS {
                self.requests.extend(requests::request(trimmed));
            }
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
                "Lines that are not part of the dump were skipped.",
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

/// True for what handlers say above the stack of a panic that they caught.
pub fn says_recovered(line: &str) -> bool {
    const WORDS: [&str; 6] = [
        "panic recover",
        "recovered from panic",
        "recovered panic",
        "panic caught",
        "observed a panic",
        "panicked",
    ];
    let line = line.to_ascii_lowercase();
    WORDS.iter().any(|words| line.contains(words))
}

/// True for a line in which the program itself tells what it caught: the words of a runtime error
/// directly above the goroutine, where the runtime prints a blank line, or that it goes on.
pub(super) fn is_own_message(line: &str) -> bool {
    const ERRORS: [&str; 6] = [
        "runtime error: ",
        "index out of range [",
        "slice bounds out of range [",
        "nil pointer dereference",
        "interface conversion: ",
        "closed channel",
    ];
    const GOES_ON: [&str; 4] = ["restarting", "continuing", "continues", "will retry"];
    // Whatever stands before it: a name of a container, a time.
    let is_of_runtime = ["panic: ", "fatal error: "].iter().any(|start| line.contains(start));
    let lower = line.to_ascii_lowercase();
    let is_prose = line.trim_end().ends_with(':');
    let says = |words: &[&str]| words.iter().any(|words| lower.contains(words));
    !is_of_runtime && (says(&GOES_ON) || !is_prose && says(&ERRORS))
}

/// True for a line that begins as a program's log does: with a time, a field, or JSON.
pub(super) fn is_log(line: &str) -> bool {
    let is_klog = line.starts_with(['E', 'W', 'I'])
        && line.get(1..5).is_some_and(|date| date.bytes().all(|byte| byte.is_ascii_digit()));
    let starts = ["time=", "level=", "ts=", "msg=", "{\""];
    let date = line.trim_start_matches('[').get(..8).unwrap_or_default();
    let has_date = date.starts_with(|first: char| first.is_ascii_digit())
        && date.bytes().filter(u8::is_ascii_digit).count() >= 6
        && date.bytes().all(|byte| byte.is_ascii_digit() || b"-/:T.".contains(&byte));
    is_klog || has_date || starts.iter().any(|start| line.starts_with(start))
}

/// True for a line of klog or glog of the level that ends the process: `F1120 20:03:00.123456   1 main.go:40] `.
pub(super) fn is_fatal_log(line: &str) -> bool {
    let is_date = |date: &str| date.len() == 4 && date.bytes().all(|byte| byte.is_ascii_digit());
    line.split_once(' ').is_some_and(|(date, rest)| {
        date.strip_prefix('F').is_some_and(is_date) && rest.contains(".go:") && rest.contains("] ")
    })
}

/// What a line of klog says of a panic, without the words of the log:
/// `E0623 15:24:30.674204  1 runtime.go:78] Observed a panic: "boom" (boom)`.
pub(super) fn message(said: &str) -> String {
    let is_level =
        said.starts_with(['E', 'F', 'W', 'I']) && said.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let head = said
        .find(".go:")
        .filter(|_| is_level)
        .and_then(|at| said.get(at..)?.find("] ").map(|end| at + end + 2));
    let Some(text) = head.and_then(|at| said.get(at..)) else { return said.to_owned() };
    let quoted = |text: &str| Some(text.strip_prefix('"')?.split_once('"')?.0.to_owned());
    if let Some(value) = text.split_once(" panic=").and_then(|(_, value)| quoted(value)) {
        return value;
    }
    for start in
        ["Observed a panic: ", "recovered from panic: ", "Recovered from panic: ", "panic recovered: "]
    {
        let Some(value) = text.strip_prefix(start) else { continue };
        // The value as `%#v` and, in brackets, as `%v`.
        let plain = value.strip_suffix(')').and_then(|value| value.rsplit_once(" ("));
        return plain.map_or_else(|| value.to_owned(), |(_, plain)| plain.to_owned());
    }
    text.to_owned()
}

/// The first line of a crash that stands behind the prefix of a log.
fn glued_crash(line: &[u8]) -> Option<&[u8]> {
    let starts = [&b"panic: "[..], b"fatal error: ", b"SIG"];
    let head = line.get(..PREFIX_BYTES).unwrap_or(line);
    let at = starts.iter().find_map(|start| {
        memchr::memmem::find(head, start)
            .filter(|&at| *start != b"SIG" || line.get(at..).is_some_and(preamble::is_signal))
    })?;
    let before = line.get(..at)?.last()?;
    matches!(before, b' ' | b'\t').then(|| line.get(at..))?
}

/// True if nothing but Markdown's mark of a heading stands before the message.
fn is_heading(line: &[u8], message: &[u8]) -> bool {
    let before = line.get(..line.len().saturating_sub(message.len())).unwrap_or_default().trim_ascii();
    !before.is_empty() && before.iter().all(|&byte| byte == b'#')
}

/// True if a program logged the line itself: its level, or a word of a sentence, stands before the message.
pub(super) fn is_logged(line: &[u8], message: &[u8]) -> bool {
    const LEVELS: [&[u8]; 6] = [b"error", b"err", b"warn", b"warning", b"info", b"debug"];
    let before = line.get(..line.len().saturating_sub(message.len())).unwrap_or_default().trim_ascii_end();
    let word = before.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    // The container runtime's mark of a whole line.
    let is_word = !word.is_empty() && word != b"F" && word.iter().all(u8::is_ascii_alphabetic);
    let letters: Vec<u8> =
        word.iter().filter(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
    is_word || LEVELS.contains(&letters.as_slice())
}

/// True if a line could be the symbol of a C function.
fn is_symbol(line: &[u8]) -> bool {
    line.len() <= SYMBOL_BYTES && !line.contains(&b' ')
}

/// True for the words that leak checkers put before a goroutine: `leaked goroutine: …`
/// (fortytwo2/leaktest and tests of one's own), `Test appears to have leaked a Transport:` (net/http's
/// own, and those made after it), `Goroutine 7 in state select, with main.f on top of the stack:`
/// (uber-go/goleak).
pub fn says_leaked(line: &[u8]) -> bool {
    let line = line.get(..LEAK_WORDS_BYTES).unwrap_or(line);
    let is_goleak = line.strip_prefix(b"[").unwrap_or(line).starts_with(b"Goroutine ")
        && line.ends_with(b" on top of the stack:");
    let has = |words: &[u8]| memchr::memmem::find(line, words).is_some();
    is_goleak || has(b"eaked goroutine") || has(b"appears to have leaked")
}
