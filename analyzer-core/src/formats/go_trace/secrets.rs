//! Of an execution trace, figures stay, functions, places in source, and the
//! runtime's own reasons; the names of tasks, regions and categories, the messages
//! of logs, and strings that nothing uses do not.

use rustc_hash::{FxHashMap, FxHashSet};

use super::framing::{self, Frame};
use super::header::{self, HEADER_BYTES};
use super::wire::{self, ev};
use crate::base::convert::to_usize;
use crate::base::limits::TRACE_STACK_FRAMES;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, Vocabulary, all_in};

/// What a damaged trace is not left in for.
const DAMAGED: &str = "a trace that is damaged inside";

/// Strings of one generation, and what they are used as.
#[derive(Default)]
struct Generation<'a> {
    number: u64,
    strings: Vec<(u64, &'a [u8])>,
    /// A function of each source file.
    files: FxHashMap<u64, u64>,
    functions: FxHashSet<u64>,
    /// Why goroutines stop, and what the runtime calls what it does.
    reasons: FxHashSet<u64>,
}

pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    let bytes = input.bytes;
    header::version(bytes).map_err(|_| "a trace of an unknown version")?;
    marks.keep_binary(bytes);
    let mut generation = Generation::default();
    let mut at = HEADER_BYTES;
    while at < bytes.len() {
        match framing::frame(bytes, at) {
            Frame::EndOfGeneration => at += 1,
            Frame::Batch(batch) => {
                if batch.generation != generation.number {
                    generation.mark(marks);
                    generation = Generation { number: batch.generation, ..Generation::default() };
                }
                if !batch.is_experimental {
                    let data = bytes.get(batch.start..batch.end).unwrap_or_default();
                    generation.read(data).ok_or(DAMAGED)?;
                }
                at = batch.end;
            }
            // The batch that the file is cut in is read by nobody.
            Frame::NeedMore => {
                let start = framing::data_start(bytes, at).unwrap_or(bytes.len());
                marks.blank(bytes.get(start..).unwrap_or_default());
                break;
            }
            Frame::Broken(_) => return Err(DAMAGED),
        }
    }
    generation.mark(marks);
    Ok(())
}

/// The words of the runtime's reasons (internal/trace, runtime/traceruntime.go, stwGoReasons).
static REASONS: Vocabulary = Vocabulary::new(|| {
    "unspecified forever network select sync semaphore Cond Wait condition variable mutex chan receive send synctest \
     system goroutine wait preempted runtime Gosched runtime GoSched sleep coroutine coroutines GC background sweeper mark \
     assist worker work idle fractional dedicated stop the world stopping unknown sweep termination write heap dump \
     profile all threads syscall GOMAXPROCS start trace CountPagesInUse test ReadMetricsSlow ReadMemStatsSlow \
     PageCachePagesLeaked ResetDebugLog read mem stats for testing weak to strong limiter until ends timer debug call \
     cleanup finalizer flush proc caches gc block"
        .split_ascii_whitespace()
        .map(str::as_bytes)
        .collect()
});

impl<'a> Generation<'a> {
    /// Reads a batch; `None` if it is damaged.
    fn read(&mut self, data: &'a [u8]) -> Option<()> {
        match data.first() {
            Some(&wire::STRINGS) => self.read_strings(data),
            Some(&wire::STACKS) => self.read_stacks(data),
            Some(&(wire::CPU_SAMPLES | wire::FREQUENCY | wire::SYNC)) | None => Some(()),
            Some(_) => self.read_events(data),
        }
    }

    fn read_strings(&mut self, data: &'a [u8]) -> Option<()> {
        let mut at = 1;
        while at < data.len() {
            at += 1;
            let id = wire::varint(data, &mut at)?;
            let end = to_usize(wire::varint(data, &mut at)?)?.checked_add(at)?;
            self.strings.push((id, data.get(at..end)?));
            at = end;
        }
        Some(())
    }

    fn read_stacks(&mut self, data: &[u8]) -> Option<()> {
        let mut at = 1;
        while at < data.len() {
            at += 1;
            let _id = wire::varint(data, &mut at)?;
            let count = wire::varint(data, &mut at).filter(|&count| count <= TRACE_STACK_FRAMES)?;
            for _ in 0..count {
                let _pc = wire::varint(data, &mut at)?;
                let function = wire::varint(data, &mut at)?;
                let file = wire::varint(data, &mut at)?;
                let _line = wire::varint(data, &mut at)?;
                self.functions.insert(function);
                self.files.entry(file).or_insert(function);
            }
        }
        Some(())
    }

    fn read_events(&mut self, data: &[u8]) -> Option<()> {
        let mut at = 0;
        while at < data.len() {
            let event = wire::event(data, &mut at)?;
            if matches!(event.kind, ev::GO_STOP | ev::GO_BLOCK | ev::STW_BEGIN | ev::GO_LABEL) {
                let [reason, ..] = event.args;
                self.reasons.insert(reason);
            }
        }
        Some(())
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        let by_id: FxHashMap<u64, &[u8]> = self.strings.iter().copied().collect();
        for (id, text) in &self.strings {
            if self.functions.contains(id) {
                continue;
            }
            if let Some(function) = self.files.get(id) {
                marks.source_file(text, by_id.get(function).copied().unwrap_or_default());
            } else if !self.reasons.contains(id) || !all_in(text, &REASONS) {
                marks.words(text, Kind::Label);
            }
        }
    }
}
