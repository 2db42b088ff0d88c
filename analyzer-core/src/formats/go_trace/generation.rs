//! One generation: collected batch by batch, and decoded once it is complete,
//! because names come last.

use rustc_hash::FxHashMap;

use super::clock::{Clock, DEFAULT_FREQUENCY};
use super::framing::{Batch, NO_THREAD};
use super::frontier::{Cursor, EventBatch};
use super::header::Version;
use super::order::Order;
use super::run::Run;
use super::tables::{TableBatch, Tables};
use super::wire::{self, WireCounts};
use crate::base::convert::{clamp_i64, id_to_usize, to_u32, to_u64};
use crate::base::error::Notes;
use crate::base::limits::TRACE_THREADS;
use crate::base::source::Position;
use crate::evidence::trace::event::{ClockSnapshot, EventSink, Generation};
use crate::evidence::trace::names::Names;

/// The batches of a generation that is still coming in. Offsets count from
/// the first byte of the generation.
#[derive(Debug)]
pub(super) struct OpenGeneration {
    /// The runtime's number.
    pub number: u64,
    /// Offset of its first byte in the file.
    pub start_offset: u64,
    /// False once a part of it was damaged.
    pub is_sound: bool,
    /// Bytes of experiments' data, which is not read.
    pub experimental_bytes: u64,
    /// Threads beyond the ceiling.
    pub dropped_threads: u64,
    start_ticks: Option<u64>,
    tables: Vec<(usize, usize, u64)>,
    events: Vec<EventBatch>,
    threads: Vec<ThreadBatches>,
    thread_rows: FxHashMap<u64, u32>,
}

#[derive(Clone, Copy, Debug)]
struct ThreadBatches {
    id: u64,
    first: u32,
    last: u32,
}

/// What is kept from generation to generation.
#[derive(Debug)]
pub(super) struct Progress {
    /// Format version.
    pub version: Version,
    /// State of the order.
    pub order: Order,
    /// Clock of the generation before, if there was one.
    pub clock: Option<Clock>,
    /// Clock of the first generation, where it is not the trace's first.
    pub first_clock: Option<Clock>,
    /// Names of the trace so far.
    pub names: Names,
    /// What the file is made of.
    pub wire: WireCounts,
    /// What to know about the file.
    pub notes: Notes,
}

impl OpenGeneration {
    /// A generation without batches.
    pub(super) fn new(number: u64, start_offset: u64) -> Self {
        Self {
            number,
            start_offset,
            is_sound: true,
            experimental_bytes: 0,
            dropped_threads: 0,
            start_ticks: None,
            tables: Vec::new(),
            events: Vec::new(),
            threads: Vec::new(),
            thread_rows: FxHashMap::default(),
        }
    }

    /// Adds a batch. `start` is where the generation starts in `bytes`.
    pub(super) fn add(&mut self, batch: &Batch, bytes: &[u8], start: usize, version: Version) {
        self.start_ticks = Some(self.start_ticks.map_or(batch.time, |ticks| ticks.min(batch.time)));
        if batch.is_experimental {
            self.experimental_bytes += to_u64(batch.end - batch.start);
            return;
        }
        let Some(&kind) = bytes.get(batch.start..batch.end).and_then(<[u8]>::first) else { return };
        let (from, to) = (batch.start - start, batch.end - start);
        let is_table = match kind {
            wire::STRINGS | wire::STACKS | wire::CPU_SAMPLES => true,
            wire::FREQUENCY => !version.has_sync_batch(),
            wire::SYNC => version.has_sync_batch(),
            _ => false,
        };
        if is_table {
            self.tables.push((from, to, batch.time));
        } else {
            self.add_events(batch.thread, EventBatch { start: from, end: to, time: batch.time, next: None });
        }
    }

    fn add_events(&mut self, thread: u64, batch: EventBatch) {
        let index = to_u32(self.events.len());
        match self.thread_rows.get(&thread) {
            Some(&row) => {
                let Some(row) = self.threads.get_mut(id_to_usize(row)) else { return };
                if let Some(last) = self.events.get_mut(id_to_usize(row.last)) {
                    last.next = Some(index);
                }
                row.last = index;
            }
            None if self.threads.len() < TRACE_THREADS => {
                self.thread_rows.insert(thread, to_u32(self.threads.len()));
                self.threads.push(ThreadBatches { id: thread, first: index, last: index });
            }
            None => {
                self.dropped_threads += 1;
                return;
            }
        }
        self.events.push(batch);
    }

    /// True if it has nothing but its clock: the file ends just after a boundary.
    pub(super) fn is_bare(&self) -> bool {
        self.events.is_empty()
    }

    /// Hands its events to the sink, in order. `bytes` are the generation's own.
    pub(super) fn decode<S: EventSink>(
        &self,
        bytes: &[u8],
        is_whole: bool,
        progress: &mut Progress,
        sink: &mut S,
    ) -> Generation {
        let tables = self.read_tables(bytes, progress);
        let start_ticks = self.start_ticks.unwrap_or(0);
        let before = progress.clock.or(progress.first_clock);
        let frequency = tables.frequency.or(before.map(Clock::frequency));
        let frequency = frequency.unwrap_or(DEFAULT_FREQUENCY);
        let clock = match before {
            Some(before) => before.next(frequency, start_ticks),
            None => Clock::new(frequency, start_ticks),
        };
        let is_first = progress.clock.is_none();
        progress.clock = Some(clock);
        progress.order.begin_generation(self.number, is_first);
        let start = clock.nanos(start_ticks);
        sink.generation_begins(self.number, start);

        let before = progress.order.tally;
        let cursors = self.cursors(&mut progress.order);
        let mut run = Run::new(clock, &tables, cursors, progress, start);
        run.all(self.start_offset, bytes, &self.events, sink);
        let end = run.end();
        progress.order.end_generation(is_whole && self.is_sound, end, &progress.names, sink);
        let after = progress.order.tally;
        let missing = after.missing_names - before.missing_names;
        if missing > 0 {
            let why =
                if tables.lacks_names() { "its tables, which come last, are missing" } else { "damage" };
            let message = format!(
                "generation {} refers to stacks or strings that do not exist ({missing} times): {why}",
                self.number
            );
            progress.notes.data_loss(
                "trace-names-missing",
                Some(Position::offset(self.start_offset)),
                message,
            );
        }
        let wall = |seconds: u64, nanos: u64| {
            let wall = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
            clamp_i64(wall)
        };
        let generation = Generation {
            number: self.number,
            start_offset: self.start_offset,
            end_offset: self.start_offset + to_u64(bytes.len()),
            start,
            end,
            frequency,
            start_ticks,
            clock: tables.clock.map(|raw| ClockSnapshot {
                time: clock.nanos(raw.ticks),
                mono: raw.mono,
                wall: wall(raw.seconds, raw.nanos),
            }),
            events: after.emitted - before.emitted + to_u64(tables.samples.len()),
            forced: after.forced - before.forced,
            is_whole: is_whole && self.is_sound,
        };
        sink.generation_ends(&generation, &progress.names);
        generation
    }

    fn read_tables(&self, bytes: &[u8], progress: &mut Progress) -> Tables {
        let batches: Vec<_> = self
            .tables
            .iter()
            .filter_map(|&(start, end, time)| {
                let offset = self.start_offset + to_u64(start);
                Some(TableBatch { data: bytes.get(start..end)?, time, offset })
            })
            .collect();
        Tables::read(&batches, progress.version, &mut progress.names, &mut progress.wire, &mut progress.notes)
    }

    fn cursors(&self, order: &mut Order) -> Vec<Cursor> {
        self.threads
            .iter()
            .map(|thread| {
                let row = if thread.id == NO_THREAD { None } else { order.thread_row(thread.id) };
                Cursor::new(row, thread.first)
            })
            .collect()
    }
}
