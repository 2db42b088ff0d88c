//! Dumps with one block a goroutine: `debug=2`, panic, fatal error, signal.
//!
//! A block ends where the next header starts; blank lines alone do not end it,
//! because logs add and drop them. Lines that fit no part of a block are
//! counted as noise (other goroutines' log lines between those of the dump).

mod crashes;
mod dumps;
mod foreign;
mod requests;
mod thrown;

pub use foreign::{RUNTIME_STACK, says_leaked, says_recovered};

use rustc_hash::{FxHashMap, FxHashSet};

use self::requests::REQUESTS;
use super::crash;
use super::frame;
use super::header::{self, Header};
use super::text::TextLine;
use crate::base::convert::to_u32;
use crate::base::error::Notes;
use crate::base::intern::StrId;
use crate::base::limits::{CALL_ADDRESSES, CALL_ADDRESSES_PER_SOURCE};
use crate::base::source::{Position, SourceId};
use crate::evidence::Evidence;
use crate::evidence::crash::MemoryRequest;
use crate::evidence::goroutines::{
    CallAddress, Goroutine, GoroutineDump, GoroutineFlags, LabelSetId, LabelSets, PreambleLine,
};
use crate::evidence::stacks::{Frame, FrameId};

/// The state of a goroutine whose header is not in the text.
const UNKNOWN_STATE: &str = "not printed";
/// The function of Go's own that a panic calls; every stack of a panic has it.
const PANIC: &str = "panic";
/// The same, and under the name that Go 1.3 and older print.
const PANICS: [&str; 2] = [PANIC, "runtime.panic"];
/// The function by which a program gets its stack as text.
const STACK_WRITER: &str = "runtime/debug.Stack";

/// Calls whose printed arguments are kept, of a goroutine that may have crashed.
const CALLS_WITH_ARGUMENTS: usize = 128;
/// Bytes of printed arguments that are kept: Go prints ten words at most.
const ARGUMENT_BYTES: usize = 256;
/// Addresses of one call that are kept: Go prints ten words at most.
const WORDS_OF_CALL: usize = 6;

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
    /// The line of other code above the header, or on its line, and its number.
    said: Option<(String, u64)>,
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

/// `panic: boom` behind other text.
struct GluedCrash {
    text: Vec<u8>,
    line: u64,
    /// What stands before it is a program's, not a printer's.
    is_logged: bool,
    /// `PANIC: boom`: the program's own line, which the runtime does not write.
    is_capital: bool,
    /// `# panic: boom`: the title of a report, whose first words may stand between.
    is_heading: bool,
}

/// Reads lines into dumps.
pub(super) struct Reader<'e> {
    evidence: &'e mut Evidence,
    notes: &'e mut Notes,
    source: SourceId,
    /// Dumps that are read; the last is open.
    dumps: Vec<GoroutineDump>,
    seen: FxHashSet<u64>,
    block: Option<Block>,
    preamble: Vec<PreambleLine>,
    /// What the runtime asked for on the stacks since the last dump.
    requests: Vec<MemoryRequest>,
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
    /// The first line of a crash behind other text: it is one if the rest of a crash follows.
    glued_crash: Option<GluedCrash>,
    /// A fatal error of the runtime that a sentence quotes, and its line.
    said_fatal: Option<(Vec<u8>, u64)>,
    /// How many more addresses of calls are kept.
    addresses_left: usize,
    /// The last line in which a leak checker says that what follows was left behind.
    leak_line: Option<u64>,
    /// The text has no header: its first call starts a stack.
    lacks_header: bool,
    /// By a function and whether it was inlined: the last file line and its frame. Goroutines of one
    /// kind are in the same calls.
    places: FxHashMap<(StrId, bool), (Vec<u8>, FrameId)>,
}

impl<'e> Reader<'e> {
    pub(super) fn new(evidence: &'e mut Evidence, notes: &'e mut Notes, source: SourceId) -> Self {
        let kept = evidence.goroutines.addresses.len();
        let addresses_left = CALL_ADDRESSES.saturating_sub(kept).min(CALL_ADDRESSES_PER_SOURCE);
        Self {
            evidence,
            notes,
            source,
            dumps: Vec::new(),
            seen: FxHashSet::default(),
            block: None,
            preamble: Vec::new(),
            requests: Vec::new(),
            is_relayed: false,
            noise_before: false,
            in_message: false,
            spare: Vec::new(),
            mark: None,
            foreign: (String::new(), 0),
            foreign_lines: 0,
            glued: None,
            glued_crash: None,
            said_fatal: None,
            addresses_left,
            leak_line: None,
            lacks_header: false,
            places: FxHashMap::default(),
        }
    }

    /// Reads a stack whose header is not in the text.
    pub(super) const fn without_header(mut self) -> Self {
        self.lacks_header = true;
        self
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: TextLine<'_>) {
        // A terminal pads its lines with blanks.
        let text = line.bytes.trim_ascii_end();
        if let Some((bytes, number)) = self.glued.take()
            && frame::function(text).is_some()
            && let Some(header) = glued_header(&bytes)
        {
            self.open(&header, number);
        }
        if self.lacks_header && self.block.is_none() && frame::function(text).is_some() {
            self.lacks_header = false;
            self.open(&Header::unknown(), line.number);
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
            Some(b' ') if self.block.is_some() && frame::is_stair(text) => {
                let bytes = text.trim_ascii_start();
                // What lost its tab to the column that it was printed in.
                match frame::file_line(bytes).filter(|place| place.has_offset) {
                    Some(_) => self.indented(bytes),
                    None => self.line(TextLine { bytes, ..line }),
                }
            }
            _ if self.block.is_some() && !self.in_message => match frame::function(text) {
                Some(name) => self.call(name, text),
                None => self.other(text, line),
            },
            _ => self.other(text, line),
        }
    }

    /// A leak checker says in this line that the goroutine of it, or of the next, was left behind.
    pub(super) const fn said_leaked(&mut self, line: u64) {
        self.leak_line = Some(line);
    }

    fn open(&mut self, header: &Header<'_>, line: u64) {
        self.close();
        self.in_message = false;
        let labels = self.labels(&header.labels);
        let says_leaked = self.leak_line.is_some_and(|at| at == line || at.saturating_add(1) == line);
        let flags = if says_leaked { header.flags.with(GoroutineFlags::LEFT_BY_TEST) } else { header.flags };
        // What a test left behind does not run while its stack is printed.
        let state = if says_leaked && *header == Header::unknown() { UNKNOWN_STATE } else { header.state };
        let goroutine = Goroutine {
            goid: header.goid,
            parent: None,
            state: self.evidence.strings.intern(state),
            wait_minutes: header.wait_minutes,
            stack: None,
            creator: None,
            labels,
            arguments: 0,
            addresses: (to_u32(self.evidence.goroutines.addresses.len()), 0),
            line: to_u32_line(line),
            flags,
        };
        let frames = std::mem::take(&mut self.spare);
        let may_have_crashed = matches!(header.state, "running" | "syscall");
        self.block = Some(Block {
            goroutine,
            frames,
            pending: None,
            is_after_creator: false,
            follows_noise: std::mem::take(&mut self.noise_before),
            said: self.said_above(line),
            arguments: may_have_crashed.then(Vec::new),
        });
    }

    fn labels(&mut self, labels: &[(String, String)]) -> LabelSetId {
        if labels.is_empty() {
            return LabelSets::EMPTY;
        }
        let strings = &mut self.evidence.strings;
        let pairs = labels.iter().map(|(key, value)| (strings.intern(key), strings.intern(value))).collect();
        self.evidence.goroutines.labels.intern(pairs)
    }

    /// A call line: its frame is complete when the file line comes.
    fn call(&mut self, name: &[u8], text: &[u8]) {
        self.flush_pending();
        let function = self.evidence.strings.intern_lossy(&frame::restored(name));
        let is_inlined = frame::is_inlined(text);
        if let Some(block) = self.block.as_mut().filter(|block| !block.is_after_creator) {
            block.pending = Some(Pending { function, is_inlined, is_creator: false, is_foreign: false });
            if block.arguments.is_some() && self.requests.len() < REQUESTS {
                self.requests.extend(requests::request(text));
            }
            let printed = text.get(name.len()..).unwrap_or_default();
            let mut fingerprint = frame::Fingerprint::default();
            let frame = u16::try_from(block.frames.len()).unwrap_or(u16::MAX);
            for (index, word) in frame::words(printed).enumerate() {
                fingerprint.add(word.digits);
                if index < WORDS_OF_CALL && self.addresses_left > 0 {
                    self.addresses_left -= 1;
                    block.goroutine.addresses.1 += 1;
                    self.evidence.goroutines.addresses.push(CallAddress {
                        address: word.address(),
                        frame,
                        is_first: word.is_first,
                        is_inexact: word.is_inexact,
                    });
                }
            }
            block.goroutine.arguments = fingerprint.value().unwrap_or(block.goroutine.arguments);
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
        let function = self.evidence.strings.intern_lossy(&frame::restored(name));
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
        let Pending { function, is_inlined: inlined, .. } = pending;
        let known = self.places.get(&(function, inlined)).filter(|(known, _)| known == text);
        let id = match known {
            Some(&(_, id)) => id,
            None => {
                let place = frame::file_line(text);
                if place.is_none() && !pending.is_foreign {
                    return;
                }
                let file = place.map(|place| self.evidence.strings.intern_lossy(place.file));
                let line = place.map(|place| place.line);
                let id = self.evidence.stacks.frame(Frame { function, file, line, inlined });
                if place.is_some() {
                    self.places.insert((function, inlined), (text.to_vec(), id));
                }
                id
            }
        };
        block.pending = None;
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
        let name = self.evidence.strings.get(pending.function);
        let is_call = name.contains('.') || PANICS.contains(&name);
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

    /// The open block is complete.
    fn close(&mut self) {
        self.flush_pending();
        let Some(mut block) = self.block.take() else { return };
        block.goroutine.stack = self.evidence.stacks.from_leaf_first(&block.frames);
        self.take_glued_crash(&block);
        self.take_thrown(&block);
        let is_headless = block.goroutine.goid == Header::unknown().goid
            && !block.goroutine.flags.has(GoroutineFlags::SYSTEM_STACK);
        if is_headless && !self.is_own_stack(&block) {
            block.goroutine.state = self.evidence.strings.intern(UNKNOWN_STATE);
        }
        let is_panic = self.is_logged_panic(&block);
        let is_exit = self.is_logged_exit(&block);
        let leaf = self.evidence.stacks.leaf_first(block.goroutine.stack).next();
        // Where a handler prints the stack, its own calls stand above that of the panic.
        let is_innermost =
            leaf.is_some_and(|frame| PANICS.contains(&self.evidence.strings.get(frame.function)));
        let is_logged_on =
            self.foreign.1 > u64::from(block.goroutine.line) && foreign::is_log(&self.foreign.0);
        // A sentence or a code fence above it is of who pasted it.
        let is_logged = |(said, _): &(String, u64)| {
            foreign::is_log(said) || foreign::says_recovered(said) || foreign::is_own_message(said)
        };
        let is_ended = is_panic
            && is_innermost
            && !is_logged_on
            && !block.said.as_ref().is_some_and(is_logged)
            && !self.has_recoverer(&block);
        let is_alarm = self.is_alarm(&block);
        self.start_dump_if_needed(&block, is_panic || is_exit);
        let message = block.said.take();
        let Some(dump) = self.dumps.last_mut() else { return };
        if self.seen.insert(block.goroutine.goid) {
            let index = dump.goroutines.len();
            if is_alarm && dump.crash.is_none() {
                dump.crash = Some(crash::timed_out(u64::from(block.goroutine.line)));
            }
            if (is_panic || is_exit) && dump.crash.is_none() {
                let text = message.map(|(said, line)| (foreign::message(&said), line));
                let text = text.as_ref().map(|(text, line)| (text.as_str(), *line));
                let line = u64::from(block.goroutine.line);
                let record =
                    if is_ended { crash::headless(line) } else { crash::logged(text, line, is_exit) };
                dump.crash = Some(record);
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
}

/// The header that stands behind other text on its line (`<pre>`, a log's time).
fn glued_header(line: &[u8]) -> Option<Header<'_>> {
    let at = memchr::memmem::rfind(line, header::START).filter(|&at| at > 0)?;
    header::parse(line.get(at..)?)
}

fn to_u32_line(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
