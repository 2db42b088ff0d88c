//! Where a dump of a text starts and ends, and whether the text was cut.

use super::super::{crash, frame};
use super::{Block, PANICS, Reader};
use crate::base::convert::{to_u32, to_u64};
use crate::base::error::NoteSeverity;
use crate::base::source::Position;
use crate::base::units::Nanos;
use crate::base::words::one_or_many;
use crate::evidence::crash::CrashRecord;
use crate::evidence::goroutines::{DumpForm, Goroutine, GoroutineDump, GoroutineFlags, PreambleLine};

/// Where Go stops writing a `debug=2` dump (runtime/pprof/pprof.go, writeGoroutineStacks).
const GO_DUMP_BYTES: usize = 64 << 20;
/// The function through which the leak endpoint writes a dump.
const LEAK_WRITER: &str = "runtime/pprof.writeGoroutineLeak";

impl Reader<'_> {
    /// A goid that was seen, a new preamble, or the stack of a logged panic start
    /// another dump. Threads that relay a crash print goroutines again: those are
    /// of the same dump.
    pub(super) fn start_dump_if_needed(&mut self, block: &Block, is_panic: bool) {
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

    pub(super) fn push_dump(&mut self, line: u64, preamble: Vec<PreambleLine>, goroutines: Vec<Goroutine>) {
        self.mark = None;
        let requests = std::mem::take(&mut self.requests);
        let crash = crash::record(&preamble).map(|record| CrashRecord { requests, ..record });
        self.dumps.push(GoroutineDump {
            source: self.source,
            ordinal: to_u32(self.dumps.len()),
            form: DumpForm::Stacks,
            is_leak_profile: false,
            is_cut: false,
            line,
            captured_at: None,
            stated_total: None,
            crash,
            preamble,
            goroutines,
            counted: Vec::new(),
        });
    }

    /// Ends the text: gives its dumps.
    pub(in super::super) fn finish(mut self, text: &[u8], captured_at: Option<Nanos>) -> Vec<GoroutineDump> {
        let is_cut = self.is_cut(text);
        if is_cut && let Some(block) = &mut self.block {
            // The last line may be half a name or half a line number; a panic's is whole.
            let strings = &self.evidence.strings;
            block.pending = block.pending.filter(|pending| PANICS.contains(&strings.get(pending.function)));
            block.goroutine.flags = block.goroutine.flags.with(GoroutineFlags::CUT);
        }
        self.close();
        self.end_preamble();
        self.finish_dumps(captured_at);
        if is_cut && let Some(dump) = self.dumps.last_mut() {
            dump.is_cut = true;
            let is_goroutine = |row: &&Goroutine| !row.flags.has(GoroutineFlags::SYSTEM_STACK);
            let listed = dump.goroutines.iter().filter(is_goroutine).count();
            self.notes.add(
                NoteSeverity::DataLoss,
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

fn cut_message(bytes: usize, listed: usize) -> String {
    if bytes >= GO_DUMP_BYTES {
        format!(
            "Go writes at most 64 MiB of a debug=2 dump: the file contains {listed} goroutines and ends inside the last one; the process has more. debug=1 and the protobuf form count all of them."
        )
    } else {
        format!(
            "The text ends inside a goroutine; it contains {}, the last one without its outer frames.",
            one_or_many(listed, "goroutine", "goroutines")
        )
    }
}
