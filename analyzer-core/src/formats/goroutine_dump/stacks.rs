//! Dumps with one block a goroutine: `debug=2`, panic, fatal error, signal.
//!
//! A block ends where the next header starts; blank lines alone do not end it,
//! because logs add and drop them. Lines that fit no part of a block are
//! counted as noise (other goroutines' log lines between those of the dump).

use super::crash;
use super::frame;
use super::header::{self, Header};
use super::preamble;
use super::text::TextLine;
use crate::base::convert::{to_u32, to_u64};
use crate::base::error::Notes;
use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};
use crate::base::units::Nanos;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{
    DumpForm, Goroutine, GoroutineDump, GoroutineFlags, LabelSetId, PreambleKind, PreambleLine,
};
use crate::evidence::stacks::{Frame, FrameId};

/// Where Go stops writing a `debug=2` dump (runtime/pprof/pprof.go, writeGoroutineStacks).
const GO_DUMP_BYTES: usize = 64 << 20;
/// The function through which the leak endpoint writes a dump.
const LEAK_WRITER: &str = "runtime/pprof.writeGoroutineLeak";

/// The function of Go's own that a panic calls; every stack of a panic has it.
const PANIC: &str = "panic";

/// Bytes of a C symbol at most: longer words of a log are not kept.
const SYMBOL_BYTES: usize = 256;
/// Calls whose printed arguments are kept, of a goroutine that may have crashed.
const CALLS_WITH_ARGUMENTS: usize = 128;
/// Bytes of printed arguments that are kept: Go prints ten words at most.
const ARGUMENT_BYTES: usize = 256;
/// Lines of other code between a message and its goroutines: after more of them
/// they have nothing to do with each other.
const FOREIGN_LINES: u32 = 20;

/// A block that is being read.
#[derive(Debug)]
struct Block {
    goroutine: Goroutine,
    frames: Vec<FrameId>,
    /// A call line whose file line has not come yet.
    pending: Option<Pending>,
    /// True once `created by` was read: what follows is no frame of this stack.
    is_after_creator: bool,
    /// True after noise lines directly before the header.
    follows_noise: bool,
    /// Printed arguments by frame, if the goroutine was running: it may have crashed.
    arguments: Option<Vec<(usize, StrId)>>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    function: StrId,
    is_inlined: bool,
    is_creator: bool,
    /// A line that is a call only if a C frame's place line follows.
    is_foreign: bool,
}

/// Reads lines into dumps.
pub(super) struct Reader<'e> {
    evidence: &'e mut Evidence,
    notes: &'e mut Notes,
    source: SourceId,
    /// Dumps that are read; the last is open.
    dumps: Vec<GoroutineDump>,
    seen: rustc_hash::FxHashSet<u64>,
    block: Option<Block>,
    preamble: Vec<PreambleLine>,
    /// True between `-----` and the end of a crash that other threads print too.
    is_relayed: bool,
    noise_before: bool,
    in_message: bool,
    spare: Vec<FrameId>,
    /// Index in the open dump of the last running goroutine that foreign lines
    /// stand before: the next dump may begin there.
    mark: Option<usize>,
    /// The last foreign line and its number: what a program says before a stack that it logs.
    foreign: (String, u64),
    /// Foreign lines since the preamble.
    foreign_lines: u32,
    /// A line with a header behind other text: it is one if a call follows.
    glued: Option<(Vec<u8>, u64)>,
}

impl<'e> Reader<'e> {
    pub(super) fn new(evidence: &'e mut Evidence, notes: &'e mut Notes, source: SourceId) -> Self {
        Self {
            evidence,
            notes,
            source,
            dumps: Vec::new(),
            seen: rustc_hash::FxHashSet::default(),
            block: None,
            preamble: Vec::new(),
            is_relayed: false,
            noise_before: false,
            in_message: false,
            spare: Vec::new(),
            mark: None,
            foreign: (String::new(), 0),
            foreign_lines: 0,
            glued: None,
        }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: TextLine<'_>) {
        let text = line.bytes;
        if let Some((bytes, number)) = self.glued.take()
            && frame::function(text).is_some()
            && let Some(header) = glued_header(&bytes)
        {
            self.open(&header, number);
        }
        match text.first() {
            None => self.in_message = false,
            Some(b'\t') if self.block.is_some() => self.indented(text),
            Some(b'g') if text.starts_with(header::START) => match header::parse(text) {
                Some(header) => self.open(&header, line.number),
                None => self.other(text, line),
            },
            Some(b'c') if text.starts_with(b"created by ") => self.creator(text),
            Some(b'.') if frame::is_elision(text) => self.elision(text),
            Some(b'[') if text.starts_with(b"[originating from goroutine ") => self.ancestor(),
            _ if self.block.is_some() && !self.in_message => match frame::function(text) {
                Some(name) => self.call(name, text),
                None => self.other(text, line),
            },
            _ => self.other(text, line),
        }
    }

    fn open(&mut self, header: &Header<'_>, line: u64) {
        self.close();
        self.in_message = false;
        let labels = self.labels(&header.labels);
        let goroutine = Goroutine {
            goid: header.goid,
            parent: None,
            state: self.evidence.strings.intern(header.state),
            wait_minutes: header.wait_minutes,
            stack: None,
            creator: None,
            labels,
            arguments: 0,
            line: to_u32_line(line),
            flags: header.flags,
        };
        let frames = std::mem::take(&mut self.spare);
        let may_have_crashed = matches!(header.state, "running" | "syscall");
        self.block = Some(Block {
            goroutine,
            frames,
            pending: None,
            is_after_creator: false,
            follows_noise: std::mem::take(&mut self.noise_before),
            arguments: may_have_crashed.then(Vec::new),
        });
    }

    fn labels(&mut self, labels: &[(String, String)]) -> LabelSetId {
        let strings = &mut self.evidence.strings;
        let pairs = labels.iter().map(|(key, value)| (strings.intern(key), strings.intern(value))).collect();
        self.evidence.goroutines.labels.intern(pairs)
    }

    /// A call line: its frame is complete when the file line comes.
    fn call(&mut self, name: &[u8], text: &[u8]) {
        self.flush_pending();
        let function = self.evidence.strings.intern_lossy(name);
        let is_inlined = frame::is_inlined(text);
        if let Some(block) = self.block.as_mut().filter(|block| !block.is_after_creator) {
            block.pending = Some(Pending { function, is_inlined, is_creator: false, is_foreign: false });
            let printed = text.get(name.len()..).unwrap_or_default();
            block.goroutine.arguments = frame::fingerprint(printed).unwrap_or(block.goroutine.arguments);
            if let Some(kept) = block.arguments.as_mut().filter(|kept| kept.len() < CALLS_WITH_ARGUMENTS) {
                let printed = printed.get(..ARGUMENT_BYTES).unwrap_or(printed);
                kept.push((block.frames.len(), self.evidence.strings.intern_lossy(printed)));
            }
        }
    }

    fn creator(&mut self, text: &[u8]) {
        self.flush_pending();
        let Some((name, parent)) = frame::created_by(text) else { return };
        let Some(block) = self.block.as_mut().filter(|block| !block.is_after_creator) else { return };
        let function = self.evidence.strings.intern_lossy(name);
        block.goroutine.parent = parent;
        block.is_after_creator = true;
        block.pending = Some(Pending { function, is_inlined: false, is_creator: true, is_foreign: false });
    }

    /// The gap in a deep stack is kept as a frame of its own, without its
    /// number: stacks that differ only in depth stay one group.
    fn elision(&mut self, _text: &[u8]) {
        self.flush_pending();
        let function = self.evidence.strings.intern("...frames elided...");
        let frame = self.evidence.stacks.frame(Frame { function, file: None, line: None, inlined: false });
        if let Some(block) = self.block.as_mut().filter(|block| !block.is_after_creator) {
            block.goroutine.flags = block.goroutine.flags.with(GoroutineFlags::ELIDED);
            block.frames.push(frame);
        }
    }

    /// What follows is the stack of the goroutine that ran the `go` statement.
    fn ancestor(&mut self) {
        self.flush_pending();
        if let Some(block) = &mut self.block {
            block.is_after_creator = true;
        }
    }

    /// A line that starts with a tab: a file line, or what the runtime says instead.
    fn indented(&mut self, text: &[u8]) {
        let Some(block) = &mut self.block else { return };
        if text == b"\tgoroutine running on other thread; stack unavailable" {
            block.goroutine.flags = block.goroutine.flags.with(GoroutineFlags::NO_STACK);
            return;
        }
        let Some(pending) = block.pending else { return };
        if pending.is_foreign && !frame::is_foreign_place(text) {
            block.pending = None;
            return;
        }
        let place = frame::file_line(text);
        if place.is_none() && !pending.is_foreign {
            return;
        }
        block.pending = None;
        let file = place.map(|place| self.evidence.strings.intern_lossy(place.file));
        let frame = Frame {
            function: pending.function,
            file,
            line: place.map(|place| place.line),
            inlined: pending.is_inlined,
        };
        let id = self.evidence.stacks.frame(frame);
        if pending.is_creator {
            block.goroutine.creator = Some(id);
        } else {
            block.frames.push(id);
        }
    }

    /// A call line without a file line: the file line was lost, unless the
    /// call line was noise that looked like one.
    fn flush_pending(&mut self) {
        let Some(block) = &mut self.block else { return };
        let Some(pending) = block.pending.take() else { return };
        let is_call = self.evidence.strings.get(pending.function).contains('.');
        if pending.is_foreign || !is_call {
            return;
        }
        let frame = Frame { function: pending.function, file: None, line: None, inlined: pending.is_inlined };
        let id = self.evidence.stacks.frame(frame);
        if pending.is_creator {
            block.goroutine.creator = Some(id);
        } else {
            block.frames.push(id);
        }
        self.notes.data_loss(
            "frame-without-place",
            Some(Position::line(u64::from(block.goroutine.line))),
            "A frame of this goroutine has no file line.",
        );
    }

    /// A line that is no part of a block: preamble, registers, log lines, or a
    /// file line that lost its tab.
    fn other(&mut self, text: &[u8], line: TextLine<'_>) {
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
    fn end_preamble(&mut self) {
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

    /// The open block is complete.
    fn close(&mut self) {
        self.flush_pending();
        let Some(mut block) = self.block.take() else { return };
        block.goroutine.stack = self.evidence.stacks.from_leaf_first(&block.frames);
        let is_panic = self.is_logged_panic(&block);
        self.start_dump_if_needed(&block, is_panic);
        let message = (block.goroutine.line.saturating_sub(1) == to_u32_line(self.foreign.1))
            .then_some((self.foreign.0.as_str(), self.foreign.1));
        let Some(dump) = self.dumps.last_mut() else { return };
        if self.seen.insert(block.goroutine.goid) {
            let index = dump.goroutines.len();
            if is_panic && dump.crash.is_none() {
                dump.crash = Some(crash::logged(message, u64::from(block.goroutine.line)));
            }
            let is_crash = !block.goroutine.flags.has(GoroutineFlags::SYSTEM_STACK);
            if let Some(record) = dump.crash.as_mut().filter(|crash| is_crash && crash.goroutine.is_none())
                && !record.is_deadlock()
                && let Some(arguments) = block.arguments.take()
            {
                record.goroutine = Some(index);
                record.arguments = arguments;
            }
            let is_running = self.evidence.strings.get(block.goroutine.state) == "running";
            if is_running && block.follows_noise && index > 0 {
                self.mark = Some(index);
            }
            dump.goroutines.push(block.goroutine);
        } else if let Some(row) =
            dump.goroutines.iter_mut().find(|row| row.goid == block.goroutine.goid && row.stack.is_none())
        {
            *row = block.goroutine;
        }
        block.frames.clear();
        self.spare = block.frames;
    }

    /// True if the stack is one that a handler printed while it recovered a panic.
    fn is_logged_panic(&self, block: &Block) -> bool {
        let strings = &self.evidence.strings;
        strings.get(block.goroutine.state) == "running"
            && self.preamble.is_empty()
            && strings.find(PANIC).is_some_and(|panic| {
                let frames = self.evidence.stacks.leaf_first(block.goroutine.stack);
                frames.take(CALLS_WITH_ARGUMENTS).any(|frame| frame.function == panic)
            })
    }

    /// A goid that was seen, a new preamble, or the stack of a logged panic start
    /// another dump. Threads that relay a crash print goroutines again: those are
    /// of the same dump.
    fn start_dump_if_needed(&mut self, block: &Block, is_panic: bool) {
        let Some(dump) = self.dumps.last().filter(|dump| !dump.goroutines.is_empty()) else {
            return self.start_dump(block, Vec::new());
        };
        let is_repeat = self.seen.contains(&block.goroutine.goid);
        if self.is_relayed && (is_repeat || self.preamble.is_empty()) {
            return;
        }
        // What stands behind the stack of one logged panic is not of it.
        let is_after_trace = block.follows_noise
            && dump.goroutines.len() == 1
            && dump.crash.as_ref().is_some_and(|crash| crash.is_recovered);
        if !self.preamble.is_empty() || is_panic || is_after_trace {
            return self.start_dump(block, Vec::new());
        }
        if is_repeat {
            let carried = self.carry(block);
            self.start_dump(block, carried);
        }
    }

    /// Takes out of the open dump what is of the one that `block` belongs to: the
    /// goroutine that writes a dump is running and comes first, under an id that may be new.
    fn carry(&mut self, block: &Block) -> Vec<Goroutine> {
        let is_running = |row: &Goroutine| self.evidence.strings.get(row.state) == "running";
        if is_running(&block.goroutine) {
            return Vec::new();
        }
        let rows = self.dumps.last().map(|dump| dump.goroutines.as_slice()).unwrap_or_default();
        let last = rows.len().checked_sub(1).filter(|&last| last > 0 && rows.last().is_some_and(is_running));
        let Some(start) = self.mark.or(last) else { return Vec::new() };
        let is_repeated =
            rows.get(start..).is_some_and(|rows| rows.iter().any(|row| row.goid == block.goroutine.goid));
        match self.dumps.last_mut() {
            Some(dump) if !is_repeated => dump.goroutines.split_off(start),
            _ => Vec::new(),
        }
    }

    fn start_dump(&mut self, block: &Block, carried: Vec<Goroutine>) {
        self.seen.clear();
        self.seen.extend(carried.iter().map(|row| row.goid));
        let line = carried.first().map_or(block.goroutine.line, |row| row.line);
        self.is_relayed = false;
        let preamble = std::mem::take(&mut self.preamble);
        self.push_dump(u64::from(line), preamble, carried);
    }

    fn push_dump(&mut self, line: u64, preamble: Vec<PreambleLine>, goroutines: Vec<Goroutine>) {
        self.mark = None;
        self.dumps.push(GoroutineDump {
            source: self.source,
            ordinal: to_u32(self.dumps.len()),
            form: DumpForm::Stacks,
            is_leak_profile: false,
            is_cut: false,
            line,
            captured_at: None,
            stated_total: None,
            crash: crash::record(&preamble),
            preamble,
            goroutines,
            counted: Vec::new(),
        });
    }

    /// Ends the text: gives its dumps.
    pub(super) fn finish(mut self, text: &[u8], captured_at: Option<Nanos>) -> Vec<GoroutineDump> {
        let is_cut = self.is_cut(text);
        if is_cut && let Some(block) = &mut self.block {
            // The last line may be half a name or half a line number.
            block.pending = None;
            block.goroutine.flags = block.goroutine.flags.with(GoroutineFlags::CUT);
        }
        self.close();
        self.end_preamble();
        self.finish_dumps(captured_at);
        if is_cut && let Some(dump) = self.dumps.last_mut() {
            dump.is_cut = true;
            let listed = dump.goroutines.len();
            self.notes.add(
                crate::base::error::NoteSeverity::DataLoss,
                if to_u64(text.len()) >= to_u64(GO_DUMP_BYTES) { "dump-cut-by-go" } else { "dump-cut" },
                dump.goroutines.last().map(|row| Position::line(u64::from(row.line))),
                cut_message(text.len(), listed),
            );
        }
        self.dumps
    }

    fn finish_dumps(&mut self, captured_at: Option<Nanos>) {
        let (stacks, strings) = (&self.evidence.stacks, &self.evidence.strings);
        for dump in &mut self.dumps {
            dump.captured_at = captured_at;
            let mut running = dump.goroutines.iter().filter(|row| strings.get(row.state) == "running");
            dump.is_leak_profile = strings.find(LEAK_WRITER).is_some_and(|id| {
                running.any(|row| stacks.leaf_first(row.stack).any(|frame| frame.function == id))
            });
            if !dump.preamble.is_empty() || dump.crash.is_some() {
                dump.form = DumpForm::Crash;
            }
        }
    }

    /// True if the text ends inside a block: without a line end, and not
    /// after a whole file line. Text that was pasted often lacks the line end.
    fn is_cut(&self, text: &[u8]) -> bool {
        let last_line =
            memchr::memrchr(b'\n', text).map_or(text, |at| text.get(at + 1..).unwrap_or_default());
        if last_line.trim_ascii().is_empty() {
            // Cut between lines: a call line whose file line never came.
            return self.block.as_ref().is_some_and(|block| block.pending.is_some_and(|p| !p.is_foreign));
        }
        if self.dumps.is_empty() && self.block.is_none() {
            return false;
        }
        let is_whole = frame::file_line(last_line).is_some_and(|place| place.has_offset);
        !is_whole && (text.len() >= GO_DUMP_BYTES || looks_like_dump(last_line))
    }
}

/// True if a line could be the symbol of a C function.
fn is_symbol(line: &[u8]) -> bool {
    line.len() <= SYMBOL_BYTES && !line.contains(&b' ')
}

/// True if a last line without a line end is a piece of a block, not of a log
/// (`FAIL`) or of what the dump stands in (a code fence, a tag).
fn looks_like_dump(line: &[u8]) -> bool {
    let is_name =
        line.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80)
            && !line.iter().all(u8::is_ascii_uppercase)
            && !line.contains(&b' ');
    line.starts_with(b"\t")
        || line.starts_with(b"goroutine ")
        || line.starts_with(b"created by ")
        || (is_name && !line.iter().any(|byte| b"!?,;".contains(byte)))
        || memchr::memchr(b'(', line).is_some()
}

/// The header that stands behind other text on its line (`<pre>`, a log's time).
fn glued_header(line: &[u8]) -> Option<Header<'_>> {
    let at = memchr::memmem::rfind(line, header::START).filter(|&at| at > 0)?;
    header::parse(line.get(at..)?)
}

fn to_u32_line(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn cut_message(bytes: usize, listed: usize) -> String {
    if bytes >= GO_DUMP_BYTES {
        format!(
            "Go writes at most 64 MiB of a debug=2 dump: the file holds {listed} goroutines and ends inside \
             the last one; the process has more. debug=1 and the protobuf form count all of them."
        )
    } else {
        format!(
            "The text ends inside a goroutine; {listed} goroutines are in it, the last one without its outer frames."
        )
    }
}
