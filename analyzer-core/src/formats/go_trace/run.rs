//! The events of one generation, put in order and handed on.

use super::clock::Clock;
use super::frontier::{Cursor, EventBatch, Frontier, Step as Load};
use super::generation::Progress;
use super::order::{Order, Step};
use super::tables::{CpuSample, Tables};
use super::wire::WireCounts;
use crate::base::convert::{id_to_usize, to_u64};
use crate::base::error::Notes;
use crate::base::source::Position;
use crate::evidence::trace::event::{Event, EventKind, EventSink};
use crate::evidence::trace::names::Names;

/// Threads tried for stuck events, summed over a generation, as a multiple of
/// its events: beyond it the order is by time alone. Real traces hardly ever try.
const TRIES_PER_EVENT: u64 = 32;
/// Tries that even a small generation may take.
const FREE_TRIES: u64 = 1_000_000;

/// The decoding of one generation.
pub(super) struct Run<'a> {
    clock: Clock,
    tables: &'a Tables,
    names: &'a Names,
    order: &'a mut Order,
    wire: &'a mut WireCounts,
    notes: &'a mut Notes,
    cursors: Vec<Cursor>,
    frontier: Frontier,
    tries: u64,
    /// Time of the latest event.
    end: u64,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        clock: Clock,
        tables: &'a Tables,
        cursors: Vec<Cursor>,
        progress: &'a mut Progress,
        start: u64,
    ) -> Self {
        let Progress { order, names, notes, wire, .. } = progress;
        let frontier = Frontier::default();
        Self { clock, tables, names, order, wire, notes, cursors, frontier, tries: FREE_TRIES, end: start }
    }

    /// Time of the latest event, in nanoseconds since the trace's first batch.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Hands over every event. `offset` is where `bytes` start in the file.
    pub(super) fn all<S: EventSink>(
        &mut self,
        offset: u64,
        bytes: &[u8],
        batches: &[EventBatch],
        sink: &mut S,
    ) {
        for index in 0..self.cursors.len() {
            if let Some(ticks) = self.load(index, offset, bytes, batches) {
                self.frontier.push(ticks, index);
            }
        }
        let tables = self.tables;
        let mut samples = tables.samples.iter().peekable();
        while let Some((ticks, _)) = self.frontier.get(0) {
            while let Some(sample) = samples.next_if(|sample| sample.time < ticks) {
                self.sample(sample, sink);
            }
            self.tries = self.tries.saturating_add(TRIES_PER_EVENT);
            let place = self.advance_one(sink);
            let Some((_, index)) = self.frontier.get(place) else { break };
            match self.load(id_to_usize(index), offset, bytes, batches) {
                Some(ticks) => self.frontier.update(place, ticks),
                None => self.frontier.remove(place),
            }
        }
        for sample in samples {
            self.sample(sample, sink);
        }
    }

    /// Loads the next event of a cursor; its time, or `None` if there is none.
    #[inline]
    fn load(&mut self, index: usize, offset: u64, bytes: &[u8], batches: &[EventBatch]) -> Option<u64> {
        let cursor = self.cursors.get_mut(index)?;
        loop {
            match cursor.advance(bytes, batches) {
                Load::Event => {
                    self.wire.count(cursor.event.kind);
                    return Some(cursor.ticks);
                }
                Load::End => return None,
                Load::Broken(at) => {
                    let position = Position::offset(offset + to_u64(at));
                    let message = "no event starts with this byte; the rest of its batch is skipped";
                    self.notes.data_loss("trace-broken-batch", Some(position), message);
                }
            }
        }
    }

    /// Finds the event that can be next, and lets it. The place of its cursor.
    #[inline]
    fn advance_one<S: EventSink>(&mut self, sink: &mut S) -> usize {
        if self.try_place(0, false, sink) {
            return 0;
        }
        let width = to_u64(self.frontier.len());
        if self.tries >= width {
            self.tries -= width;
            self.frontier.sort();
            for place in 1..self.frontier.len() {
                if self.try_place(place, false, sink) {
                    return place;
                }
            }
        }
        self.order.tally.forced += 1;
        self.try_place(0, true, sink);
        0
    }

    #[inline]
    fn try_place<S: EventSink>(&mut self, place: usize, is_forced: bool, sink: &mut S) -> bool {
        let index = self.frontier.get(place).map(|(_, index)| id_to_usize(index));
        let Some(cursor) = index.and_then(|index| self.cursors.get(index)) else { return true };
        let time = self.clock.nanos(cursor.ticks);
        let step = Step {
            raw: &cursor.event,
            time,
            thread: cursor.thread,
            tables: self.tables,
            names: self.names,
            is_forced,
        };
        let is_done = self.order.advance(&step, sink);
        if is_done {
            self.end = self.end.max(time);
        }
        is_done
    }

    fn sample<S: EventSink>(&mut self, sample: &CpuSample, sink: &mut S) {
        let event = Event {
            time: self.clock.nanos(sample.time),
            thread: Some(sample.thread),
            proc: self.order.find_proc(sample.proc),
            go: self.order.find_go(sample.go),
            stack: sample.stack,
            kind: EventKind::CpuSample { proc: sample.proc, go: sample.go },
        };
        sink.event(&event, self.names);
    }
}
