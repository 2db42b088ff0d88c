//! One cursor a thread, and which of them is the earliest.

use super::wire::{self, RawEvent};
use crate::base::convert::{id_to_usize, to_u32};

/// A batch of one thread: where its data stands, and the tick it starts from.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventBatch {
    /// First byte of the data.
    pub start: usize,
    /// Byte after the data.
    pub end: usize,
    /// Time of the batch, in ticks.
    pub time: u64,
    /// The thread's next batch, as an index into the generation's list.
    pub next: Option<u32>,
}

/// The events of one thread in one generation, one at a time.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// Row of the thread in the order; `None` for batches that no thread wrote.
    pub thread: Option<u32>,
    /// The event to be ordered next.
    pub event: RawEvent,
    /// Its time, in ticks.
    pub ticks: u64,
    at: usize,
    end: usize,
    next: Option<u32>,
}

/// What a cursor finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next event is loaded.
    Event,
    /// The thread has no more events.
    End,
    /// A byte that no event starts with, or a cut number: where. The rest of
    /// the batch is skipped; asking again goes on with the next one.
    Broken(usize),
}

impl Cursor {
    /// A cursor before the first of a thread's batches.
    pub(super) fn new(thread: Option<u32>, first: u32) -> Self {
        Self { thread, event: RawEvent::default(), ticks: 0, at: 0, end: 0, next: Some(first) }
    }

    /// Loads the next event.
    #[inline]
    pub(super) fn advance(&mut self, bytes: &[u8], batches: &[EventBatch]) -> Step {
        while self.at >= self.end {
            let Some(batch) = self.next.and_then(|next| batches.get(id_to_usize(next))) else {
                return Step::End;
            };
            (self.at, self.end, self.next, self.ticks) = (batch.start, batch.end, batch.next, batch.time);
        }
        let data = bytes.get(..self.end).unwrap_or(bytes);
        let start = self.at;
        match wire::event(data, &mut self.at) {
            Some(event) => {
                self.ticks = self.ticks.saturating_add(event.delta);
                self.event = event;
                Step::Event
            }
            None => {
                self.at = self.end;
                Step::Broken(start)
            }
        }
    }
}

/// A binary heap of cursors by time. Not the library's: ties must fall as in
/// `internal/trace/batchcursor.go`, so that the order of events is the same.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    heap: Vec<(u64, u32)>,
}

impl Frontier {
    /// How many cursors have an event.
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Time and index of the cursor at a place of the heap; place 0 is the earliest.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<(u64, u32)> {
        self.heap.get(place).copied()
    }

    /// Adds a cursor.
    pub(super) fn push(&mut self, ticks: u64, cursor: usize) {
        self.heap.push((ticks, to_u32(cursor)));
        self.sift_up(self.heap.len() - 1);
    }

    /// The cursor at `place` has moved on to another time.
    #[inline]
    pub(super) fn update(&mut self, place: usize, ticks: u64) {
        if let Some(entry) = self.heap.get_mut(place) {
            entry.0 = ticks;
            if self.sift_up(place) == place {
                self.sift_down(place);
            }
        }
    }

    /// The cursor at `place` has no more events.
    pub(super) fn remove(&mut self, place: usize) {
        let mut place = place;
        // To the root first, whatever its time, then out.
        while place > 0 {
            let parent = (place - 1) / 2;
            self.heap.swap(parent, place);
            place = parent;
        }
        if !self.heap.is_empty() {
            self.heap.swap_remove(0);
            self.sift_down(0);
        }
    }

    /// Sorts by time, ties as they stand: a sorted heap is still a heap, and
    /// the cursor that was first stays first.
    pub(super) fn sort(&mut self) {
        self.heap.sort_by_key(|&(ticks, _)| ticks);
    }

    fn sift_up(&mut self, place: usize) -> usize {
        let mut place = place;
        while place > 0 {
            let parent = (place - 1) / 2;
            let (Some(above), Some(here)) = (self.heap.get(parent), self.heap.get(place)) else { break };
            if above.0 <= here.0 {
                break;
            }
            self.heap.swap(parent, place);
            place = parent;
        }
        place
    }

    fn sift_down(&mut self, place: usize) {
        let mut place = place;
        while let Some(&(ticks, _)) = self.heap.get(place) {
            let mut least = (ticks, place);
            for child in [2 * place + 1, 2 * place + 2] {
                if let Some(&(ticks, _)) = self.heap.get(child)
                    && ticks < least.0
                {
                    least = (ticks, child);
                }
            }
            if least.1 == place {
                break;
            }
            self.heap.swap(place, least.1);
            place = least.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::go_trace::wire::ev;

    #[test]
    fn the_earliest_cursor_comes_first() {
        let mut frontier = Frontier::default();
        for (cursor, ticks) in [50, 10, 40, 20, 30].into_iter().enumerate() {
            frontier.push(ticks, cursor);
        }
        let mut order = Vec::new();
        while let Some((ticks, _)) = frontier.get(0) {
            order.push(ticks);
            frontier.remove(0);
        }
        assert_eq!(order, [10, 20, 30, 40, 50]);
    }

    #[test]
    fn a_broken_event_costs_the_rest_of_its_batch_only() {
        let bytes = [ev::GO_DESTROY, 1, 0xff, 9, ev::PROC_STOP, 2];
        let batches = [
            EventBatch { start: 0, end: 4, time: 10, next: Some(1) },
            EventBatch { start: 4, end: 6, time: 100, next: None },
        ];
        let mut cursor = Cursor::new(None, 0);
        assert_eq!(cursor.advance(&bytes, &batches), Step::Event);
        assert_eq!(cursor.ticks, 11);
        assert_eq!(cursor.advance(&bytes, &batches), Step::Broken(2));
        assert_eq!(cursor.advance(&bytes, &batches), Step::Event);
        assert_eq!((cursor.event.kind, cursor.ticks), (ev::PROC_STOP, 102));
        assert_eq!(cursor.advance(&bytes, &batches), Step::End);
    }
}
