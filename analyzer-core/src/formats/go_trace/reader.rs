//! A trace as it comes in: pieces of any size go in, ordered events come out,
//! generation by generation.

use super::clock::Clock;
use super::framing::{self, Found, Frame};
use super::generation::{OpenGeneration, Progress};
use super::header::{self, HEADER_BYTES, Version};
use super::order::{Order, Tally};
use super::wire::{self, WireCounts};
use crate::base::convert::{to_u64, to_usize};
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::limits::TRACE_GENERATION_BYTES;
use crate::base::source::Position;
use crate::base::words::one_or_many;
use crate::evidence::trace::event::{EventSink, Generation};
use crate::evidence::trace::names::Names;

/// Reads a trace in pieces. Holds one generation and one piece at most, and
/// copies nothing of a piece that is decoded at once.
#[derive(Debug, Default)]
pub struct TraceReader {
    /// Bytes that came in and are not decoded yet.
    pending: Vec<u8>,
    /// Offset of the first pending byte in the file.
    pending_offset: u64,
    state: Option<State>,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    generations: Vec<Generation>,
    open: Option<OpenGeneration>,
    /// Offset of the byte to look at next.
    at: u64,
    /// Looking for the next batch after damage, from this offset on.
    lost_from: Option<u64>,
    last_number: Option<u64>,
    /// A generation that is left out.
    too_large: Option<u64>,
    experimental_bytes: u64,
}

/// A trace that was read to its end.
#[derive(Debug)]
pub struct Decoded {
    /// Format version.
    pub version: Version,
    /// All names.
    pub names: Names,
    /// Generations, in file order.
    pub generations: Vec<Generation>,
    /// What the file is made of.
    pub wire: WireCounts,
    /// What is lost or odd.
    pub notes: Notes,
}

impl Decoded {
    /// The first batch, in nanoseconds of the trace clock.
    pub fn start_nanos(&self) -> u64 {
        let start = |first: &Generation| Clock::new(first.frequency, 0).span(first.start_ticks);
        self.generations.first().map_or(0, start)
    }
}

impl TraceReader {
    /// A reader that starts at the file's first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, and hands the events of every generation that
    /// they complete to the sink.
    /// # Errors
    /// `Unrecognized` or `Unsupported` if the header says so.
    pub fn push<S: EventSink>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), ParseError> {
        if self.pending.is_empty() {
            let used = self.run(bytes, false, sink)?;
            self.pending.extend_from_slice(bytes.get(used..).unwrap_or_default());
            self.pending_offset += to_u64(used);
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(bytes);
            let used = self.run(&pending, false, sink)?;
            pending.drain(..used);
            self.pending_offset += to_u64(used);
            self.pending = pending;
        }
        Ok(())
    }

    /// There are no more bytes: hands over what is left.
    /// # Errors
    /// As [`Self::push`]; `Truncated` if there was not even a header.
    pub fn finish<S: EventSink>(mut self, sink: &mut S) -> Result<Decoded, ParseError> {
        let pending = std::mem::take(&mut self.pending);
        self.finish_with(&pending, sink)
    }

    /// Reads a whole file that is in memory, without a copy.
    /// # Errors
    /// As [`Self::finish`].
    pub fn read<S: EventSink>(bytes: &[u8], sink: &mut S) -> Result<Decoded, ParseError> {
        Self::new().finish_with(bytes, sink)
    }

    /// A reader that goes on at a generation in the middle of a trace, with the
    /// names that are known already. `file` starts with the trace's header.
    /// # Errors
    /// As [`Self::push`].
    pub(super) fn resume(file: &[u8], offset: u64, clock: Clock, names: Names) -> Result<Self, ParseError> {
        let mut state = State::new(header::version(file)?, offset);
        state.progress.first_clock = Some(clock);
        state.progress.names = names;
        Ok(Self { pending: Vec::new(), pending_offset: offset, state: Some(state) })
    }

    /// Hands over everything in the last bytes.
    /// # Errors
    /// As [`Self::finish`].
    pub(super) fn read_rest<S: EventSink>(self, bytes: &[u8], sink: &mut S) -> Result<Decoded, ParseError> {
        self.finish_with(bytes, sink)
    }

    fn finish_with<S: EventSink>(mut self, bytes: &[u8], sink: &mut S) -> Result<Decoded, ParseError> {
        self.run(bytes, true, sink)?;
        match self.state {
            Some(mut state) => {
                state.close_notes();
                Ok(state.into_decoded())
            }
            None => {
                let end = Position::offset(self.pending_offset + to_u64(bytes.len()));
                Err(ParseError::new(
                    ErrorKind::Truncated,
                    end,
                    "trace header",
                    "the file is shorter than 16 bytes",
                ))
            }
        }
    }

    /// Works through `bytes`, which start at `pending_offset`; how many are not needed any more.
    fn run<S: EventSink>(&mut self, bytes: &[u8], is_last: bool, sink: &mut S) -> Result<usize, ParseError> {
        if self.state.is_none() {
            if bytes.len() < HEADER_BYTES && !is_last {
                return Ok(0);
            }
            self.state = Some(State::new(header::version(bytes)?, to_u64(HEADER_BYTES)));
        }
        let Some(state) = self.state.as_mut() else { return Ok(0) };
        Ok(state.run(bytes, self.pending_offset, is_last, sink))
    }
}

impl State {
    fn new(version: Version, at: u64) -> Self {
        let progress = Progress {
            version,
            order: Order::default(),
            clock: None,
            first_clock: None,
            names: Names::default(),
            wire: WireCounts::default(),
            notes: Notes::default(),
        };
        Self {
            progress,
            generations: Vec::new(),
            open: None,
            at,
            lost_from: None,
            last_number: None,
            too_large: None,
            experimental_bytes: 0,
        }
    }

    fn into_decoded(self) -> Decoded {
        Decoded {
            version: self.progress.version,
            names: self.progress.names,
            generations: self.generations,
            wire: self.progress.wire,
            notes: self.progress.notes,
        }
    }

    fn run<S: EventSink>(&mut self, bytes: &[u8], offset: u64, is_last: bool, sink: &mut S) -> usize {
        let index = |at: u64| to_usize(at.saturating_sub(offset)).unwrap_or(bytes.len());
        while !sink.is_satisfied() {
            let at = index(self.at);
            if self.lost_from.is_some() {
                if !self.find_again(bytes, offset, is_last) {
                    break;
                }
                continue;
            }
            match framing::frame(bytes, at) {
                Frame::Batch(batch) if self.too_large == Some(batch.generation) => {
                    self.at = offset + to_u64(batch.end);
                }
                Frame::Batch(batch) => {
                    if self.open.as_ref().is_some_and(|open| open.number != batch.generation) {
                        self.change_generation(batch.generation, bytes, offset, sink);
                    }
                    let (number, start) = (batch.generation, self.at);
                    let open = self.open.get_or_insert_with(|| OpenGeneration::new(number, start));
                    let first = index(open.start_offset);
                    self.progress.wire.count(if batch.is_experimental {
                        wire::EXPERIMENTAL_BATCH
                    } else {
                        wire::EVENT_BATCH
                    });
                    open.add(&batch, bytes, first, self.progress.version);
                    self.at = offset + to_u64(batch.end);
                }
                Frame::EndOfGeneration => {
                    self.at += 1;
                    self.progress.wire.count(wire::END_OF_GENERATION);
                    self.close(bytes, offset, true, sink);
                }
                Frame::Broken(expected) => {
                    let message = format!("expected {expected}; bytes up to the next batch are skipped");
                    self.lose("trace-damaged", message);
                }
                Frame::NeedMore if is_last => {
                    self.end_of_file(bytes, offset, at, sink);
                    break;
                }
                Frame::NeedMore => break,
            }
        }
        if !is_last {
            self.refuse_large_generation();
        }
        let keep_from = self.open.as_ref().map_or(self.at, |open| open.start_offset);
        to_usize(keep_from.saturating_sub(offset)).unwrap_or(bytes.len()).min(bytes.len())
    }

    /// Gives up the open generation if it would fill the memory.
    fn refuse_large_generation(&mut self) {
        let Some(open) = self.open.take_if(|open| self.at - open.start_offset > TRACE_GENERATION_BYTES)
        else {
            return;
        };
        self.too_large = Some(open.number);
        self.progress.notes.data_loss(
            "trace-generation-too-large",
            Some(Position::offset(open.start_offset)),
            format!(
                "generation {} is larger than {} MiB and is omitted",
                open.number,
                TRACE_GENERATION_BYTES >> 20
            ),
        );
    }

    /// A batch of another generation than the open one.
    fn change_generation<S: EventSink>(&mut self, number: u64, bytes: &[u8], offset: u64, sink: &mut S) {
        let Some(open) = self.open.as_ref() else { return };
        let is_next = number == open.number.wrapping_add(1);
        // From Go 1.26 on a mark is due first.
        let is_whole = is_next && !self.progress.version.ends_generations();
        if !is_whole {
            let message = format!("generation {} is incomplete before generation {number}", open.number);
            let at = Some(Position::offset(self.at));
            self.progress.notes.data_loss("trace-generation-unfinished", at, message);
        }
        self.close(bytes, offset, is_whole, sink);
    }

    /// Decodes the open generation, which ends at `self.at`.
    fn close<S: EventSink>(&mut self, bytes: &[u8], offset: u64, is_whole: bool, sink: &mut S) {
        let Some(open) = self.open.take() else { return };
        if let Some(last) = self.last_number.filter(|last| open.number != last.wrapping_add(1)) {
            let message = format!("generation {} follows generation {last}", open.number);
            let at = Some(Position::offset(open.start_offset));
            self.progress.notes.data_loss("trace-generations-missing", at, message);
        }
        self.last_number = Some(open.number);
        self.experimental_bytes += open.experimental_bytes;
        if open.dropped_threads > 0 {
            self.progress.notes.data_loss(
                "trace-too-many-threads",
                Some(Position::offset(open.start_offset)),
                "more threads in one generation than Go allows; the rest is omitted",
            );
        }
        let start = to_usize(open.start_offset.saturating_sub(offset)).unwrap_or(bytes.len());
        let end = to_usize(self.at.saturating_sub(offset)).unwrap_or(bytes.len());
        let own = bytes.get(start..end).unwrap_or_default();
        let generation = open.decode(own, is_whole, &mut self.progress, sink);
        self.generations.push(generation);
    }

    fn lose(&mut self, code: &'static str, message: String) {
        self.progress.notes.data_loss(code, Some(Position::offset(self.at)), message);
        self.lost_from = Some(self.at);
        self.at += 1;
        if let Some(open) = self.open.as_mut() {
            open.is_sound = false;
        }
    }

    /// Looks for the next batch after damage. False if more bytes are needed.
    fn find_again(&mut self, bytes: &[u8], offset: u64, is_last: bool) -> bool {
        let at = to_usize(self.at.saturating_sub(offset)).unwrap_or(bytes.len());
        let number = self.open.as_ref().map(|open| open.number).or(self.last_number).unwrap_or(1);
        let (place, is_found) = match framing::find_batch(bytes, at, number, is_last) {
            Found::At(place) => (place, true),
            Found::NotBefore(place) => (place, false),
        };
        self.at = offset + to_u64(place);
        if is_found {
            self.lost_from = None;
        }
        is_found || (is_last && self.at < offset + to_u64(bytes.len()))
    }

    /// The file is over; `at` is where the next batch would start.
    fn end_of_file<S: EventSink>(&mut self, bytes: &[u8], offset: u64, at: usize, sink: &mut S) {
        let is_cut = at < bytes.len();
        let next = self.open.as_ref().map(|open| open.number.wrapping_add(1));
        let next_begins = is_cut && framing::generation_at(bytes, at) == next;
        let has_end = !self.progress.version.ends_generations() && (!is_cut || next_begins);
        if is_cut {
            let message =
                format!("the file ends inside a batch, of which {} bytes are present", bytes.len() - at);
            self.progress.notes.data_loss("trace-cut", Some(Position::offset(self.at)), message);
        }
        let Some(open) = self.open.as_ref() else { return };
        let is_bare = open.is_bare();
        if is_bare && !is_cut {
            self.progress.notes.info(
                "trace-not-stopped",
                Some(Position::offset(open.start_offset)),
                "the file ends just after the start of a generation: the program exited without trace.Stop, and unwritten events are lost",
            );
        } else if !has_end && !is_cut {
            self.progress.notes.data_loss(
                "trace-unfinished",
                Some(Position::offset(self.at)),
                format!("the file ends before generation {} does", open.number),
            );
        }
        self.close(bytes, offset, has_end && !is_bare, sink);
    }

    /// Notes on the whole file.
    fn close_notes(&mut self) {
        let Tally { forced, conflicts, unplaced, over_limit, without_proc, .. } = self.progress.order.tally;
        let notes = &mut self.progress.notes;
        if forced > 0 {
            notes.data_loss(
                "trace-order-uncertain",
                None,
                one_or_many(
                    forced,
                    "event does not fit any possible order and was placed by its timestamp",
                    "events do not fit any possible order and were placed by their timestamps",
                ),
            );
        }
        if conflicts > 0 {
            let message = one_or_many(
                conflicts,
                "state differs from the preceding events",
                "states differ from the preceding events",
            );
            notes.data_loss("trace-states-differ", None, message);
        }
        if unplaced > 0 {
            let message = one_or_many(
                unplaced,
                "event of an unknown goroutine or processor is omitted",
                "events of unknown goroutines or processors are omitted",
            );
            notes.data_loss("trace-events-unplaced", None, message);
        }
        if without_proc > 0 {
            let message = one_or_many(
                without_proc,
                "event that needs a processor belongs to a thread without one",
                "events that need a processor belong to threads without one",
            );
            notes.data_loss("trace-no-processor", None, message);
        }
        if over_limit > 0 {
            let message = format!("{over_limit} goroutines, processors or threads exceed the limits");
            notes.data_loss("trace-over-limit", None, message);
        }
        if self.experimental_bytes > 0 {
            let message = format!("{} bytes of experimental data are not shown", self.experimental_bytes);
            notes.info("trace-experiment", None, message);
        }
    }
}
