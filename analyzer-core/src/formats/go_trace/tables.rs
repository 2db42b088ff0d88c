//! The tables of one generation: strings, stacks, CPU samples and clocks.
//! Their ids are the generation's own; here they lead to names of the whole trace.
//! Source: `internal/trace/generation.go`.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::header::Version;
use super::wire::{self, WireCounts};
use crate::base::convert::{to_u64, to_usize};
use crate::base::error::Notes;
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::{TRACE_STACK_FRAMES, TRACE_STRING_BYTES};
use crate::base::order::StableOrder;
use crate::base::source::Position;
use crate::evidence::trace::names::{Names, StackRef, TraceFrame, TraceFrameId};

/// Values by id. The runtime numbers its tables from 1 without gaps; ids far
/// beyond the number of entries (damage) go to a map.
#[derive(Debug)]
pub(super) struct IdTable<T> {
    dense: Vec<Option<T>>,
    entries: usize,
    sparse: FxHashMap<u64, T>,
}

impl<T> Default for IdTable<T> {
    fn default() -> Self {
        Self { dense: Vec::new(), entries: 0, sparse: FxHashMap::default() }
    }
}

impl<T: Copy> IdTable<T> {
    /// Ids up to this far beyond four times the number of entries are stored densely.
    const REACH: usize = 4_096;

    fn insert(&mut self, id: u64, value: T) {
        self.entries += 1;
        let row = to_usize(id).filter(|&row| row < self.entries.saturating_mul(4) + Self::REACH);
        let Some(row) = row else {
            self.sparse.entry(id).or_insert(value);
            return;
        };
        if row >= self.dense.len() {
            self.dense.resize(row + 1, None);
        }
        if let Some(entry) = self.dense.get_mut(row) {
            entry.get_or_insert(value);
        }
    }

    #[inline]
    fn get(&self, id: u64) -> Option<T> {
        match to_usize(id).and_then(|row| self.dense.get(row)) {
            Some(Some(value)) => Some(*value),
            _ if self.sparse.is_empty() => None,
            _ => self.sparse.get(&id).copied(),
        }
    }

    fn is_empty(&self) -> bool {
        self.dense.is_empty() && self.sparse.is_empty()
    }
}

/// One CPU profile sample, unsorted as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuSample {
    /// Absolute ticks.
    pub time: u64,
    /// Thread.
    pub thread: u64,
    /// Processor; `u64::MAX` if none.
    pub proc: u64,
    /// Goroutine; 0 if none.
    pub go: u64,
    /// Stack.
    pub stack: StackRef,
}

/// One reading of all clocks, in raw ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawClock {
    /// Ticks of the trace clock.
    pub ticks: u64,
    /// Monotonic nanoseconds.
    pub mono: u64,
    /// Unix seconds.
    pub seconds: u64,
    /// Nanoseconds of the second.
    pub nanos: u64,
}

/// A batch that holds a table, with its time and its place in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableBatch<'a> {
    /// Its data, with the first byte that tells the kind.
    pub data: &'a [u8],
    /// Its time in ticks.
    pub time: u64,
    /// Where the data starts in the file.
    pub offset: u64,
}

/// All tables of one generation.
#[derive(Debug, Default)]
pub(super) struct Tables {
    strings: IdTable<StrId>,
    stacks: IdTable<StackRef>,
    /// CPU samples, by time.
    pub samples: Vec<CpuSample>,
    /// Ticks in a second.
    pub frequency: Option<u64>,
    /// Clocks.
    pub clock: Option<RawClock>,
}

impl Tables {
    /// Reads the batches of one generation, in file order.
    pub(super) fn read(
        batches: &[TableBatch<'_>],
        version: Version,
        names: &mut Names,
        wire: &mut WireCounts,
        notes: &mut Notes,
    ) -> Self {
        let mut tables = Self::default();
        // Strings come last in the file, and frames refer to them.
        let rank = |batch: &TableBatch<'_>| match batch.data.first() {
            Some(&wire::STRINGS) => 0,
            Some(&wire::STACKS) => 1,
            _ => 2,
        };
        let mut frames = HashMap::default();
        let mut ordered: Vec<_> = batches.iter().collect();
        ordered.order_by_key(|batch| rank(batch));
        for batch in ordered {
            let mut at = 0;
            let whole = match batch.data.first() {
                Some(&wire::STRINGS) => tables.strings(batch.data, &mut at, names, wire),
                Some(&wire::STACKS) => tables.stacks(batch.data, &mut at, &mut frames, names, wire),
                Some(&wire::CPU_SAMPLES) => tables.cpu_samples(batch.data, &mut at, wire),
                _ => tables.sync(batch, &mut at, version, wire),
            };
            if whole.is_none() {
                let position = Position::offset(batch.offset + to_u64(at));
                notes.data_loss("trace-broken-table", Some(position), broken(batch.data));
            }
        }
        tables.samples.order_by_key(|sample| sample.time);
        tables
    }

    /// The string with this id of the generation; empty, and `None`, if the table lacks it.
    #[inline]
    pub(super) fn string(&self, id: u64) -> Option<StrId> {
        if id == 0 { Some(StringTable::EMPTY) } else { self.strings.get(id) }
    }

    /// The stack with this id of the generation; `None` if the table lacks it.
    #[inline]
    pub(super) fn stack(&self, id: u64) -> Option<StackRef> {
        if id == 0 { Some(Names::NO_STACK) } else { self.stacks.get(id) }
    }

    /// True if the generation has no string at all: its tables, which are written last, are cut off.
    pub(super) fn lacks_names(&self) -> bool {
        self.strings.is_empty()
    }

    fn strings(
        &mut self,
        data: &[u8],
        at: &mut usize,
        names: &mut Names,
        wire: &mut WireCounts,
    ) -> Option<()> {
        *at = 1;
        wire.count(wire::STRINGS);
        while *at < data.len() {
            expect(data, at, wire::STRING)?;
            let id = wire::varint(data, at)?;
            let length = wire::varint(data, at).filter(|&length| length <= TRACE_STRING_BYTES)?;
            let end = to_usize(length)?.checked_add(*at)?;
            let text = data.get(*at..end)?;
            *at = end;
            wire.count(wire::STRING);
            self.strings.insert(id, names.strings.intern_lossy(text));
        }
        Some(())
    }

    fn stacks(
        &mut self,
        data: &[u8],
        at: &mut usize,
        by_pc: &mut FxHashMap<u64, TraceFrameId>,
        names: &mut Names,
        wire: &mut WireCounts,
    ) -> Option<()> {
        *at = 1;
        wire.count(wire::STACKS);
        let mut frames = Vec::new();
        while *at < data.len() {
            expect(data, at, wire::STACK)?;
            let id = wire::varint(data, at)?;
            let count = wire::varint(data, at).filter(|&count| count <= TRACE_STACK_FRAMES)?;
            frames.clear();
            for _ in 0..count {
                // The runtime stands in a frame of zeros for a stack that it could not take.
                frames.extend(self.frame(data, at, by_pc, names)?);
            }
            wire.count(wire::STACK);
            let stack = names.stack(&frames);
            self.stacks.insert(id, stack);
        }
        Some(())
    }

    /// A frame is known by its program counter: the first of a generation
    /// counts. The inner `None` is a frame of zeros.
    #[expect(clippy::option_option, reason = "cut data, no frame and a frame are three answers")]
    fn frame(
        &self,
        data: &[u8],
        at: &mut usize,
        by_pc: &mut FxHashMap<u64, TraceFrameId>,
        names: &mut Names,
    ) -> Option<Option<TraceFrameId>> {
        let pc = wire::varint(data, at)?;
        let function = wire::varint(data, at)?;
        let file = wire::varint(data, at)?;
        let line = wire::varint(data, at)?;
        if pc == 0 && function == 0 {
            return Some(None);
        }
        let frame = *by_pc.entry(pc).or_insert_with(|| {
            let text = |id| self.string(id).unwrap_or(StringTable::EMPTY);
            names.frame(TraceFrame { pc, function: text(function), file: text(file), line })
        });
        Some(Some(frame))
    }

    fn cpu_samples(&mut self, data: &[u8], at: &mut usize, wire: &mut WireCounts) -> Option<()> {
        *at = 1;
        wire.count(wire::CPU_SAMPLES);
        while *at < data.len() {
            expect(data, at, wire::CPU_SAMPLE)?;
            let time = wire::varint(data, at)?;
            let thread = wire::varint(data, at)?;
            let proc = wire::varint(data, at)?;
            let go = wire::varint(data, at)?;
            let stack = wire::varint(data, at)?;
            let stack = self.stack(stack).unwrap_or(Names::NO_STACK);
            wire.count(wire::CPU_SAMPLE);
            self.samples.push(CpuSample { time, thread, proc, go, stack });
        }
        Some(())
    }

    fn sync(
        &mut self,
        batch: &TableBatch<'_>,
        at: &mut usize,
        version: Version,
        wire: &mut WireCounts,
    ) -> Option<()> {
        let data = batch.data;
        if version.has_sync_batch() {
            wire.count(wire::SYNC);
        }
        *at = usize::from(version.has_sync_batch());
        let mut ticks = batch.time;
        while *at < data.len() {
            match *data.get(*at)? {
                wire::FREQUENCY => {
                    *at += 1;
                    let frequency = wire::varint(data, at).filter(|&frequency| frequency > 0)?;
                    wire.count(wire::FREQUENCY);
                    self.frequency.get_or_insert(frequency);
                }
                wire::CLOCK_SNAPSHOT if version.has_sync_batch() => {
                    *at += 1;
                    ticks = ticks.saturating_add(wire::varint(data, at)?);
                    let mono = wire::varint(data, at)?;
                    let seconds = wire::varint(data, at)?;
                    let nanos = wire::varint(data, at)?;
                    wire.count(wire::CLOCK_SNAPSHOT);
                    self.clock.get_or_insert(RawClock { ticks, mono, seconds, nanos });
                }
                _ => return None,
            }
        }
        Some(())
    }
}

fn expect(data: &[u8], at: &mut usize, byte: u8) -> Option<()> {
    let found = *data.get(*at)?;
    *at += 1;
    (found == byte).then_some(())
}

fn broken(data: &[u8]) -> String {
    let table = match data.first() {
        Some(&wire::STRINGS) => "strings",
        Some(&wire::STACKS) => "stacks",
        Some(&wire::CPU_SAMPLES) => "CPU samples",
        _ => "clocks",
    };
    format!("a table of {table} is damaged; its entries from here on are missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(data: &[u8]) -> TableBatch<'_> {
        TableBatch { data, time: 100, offset: 50 }
    }

    #[test]
    fn stacks_find_strings_that_follow_them_in_the_file() {
        let stacks = [wire::STACKS, wire::STACK, 1, 1, 0x40, 1, 2, 7];
        let strings = [wire::STRINGS, wire::STRING, 1, 1, b'f', wire::STRING, 2, 1, b'g'];
        let mut names = Names::default();
        let (mut wire, mut notes) = (WireCounts::default(), Notes::default());
        let batches = [batch(&stacks), batch(&strings)];
        let tables = Tables::read(&batches, Version::Go126, &mut names, &mut wire, &mut notes);
        let stack = tables.stack(1).unwrap();
        assert_eq!(names.functions_of(stack).collect::<Vec<_>>(), ["f"]);
        assert_eq!(tables.stack(9), None);
        assert!(notes.rows().is_empty());
    }

    #[test]
    fn a_damaged_table_keeps_what_stands_before_and_is_noted_with_its_place() {
        let strings = [wire::STRINGS, wire::STRING, 1, 1, b'f', 99];
        let (mut wire, mut notes) = (WireCounts::default(), Notes::default());
        let mut names = Names::default();
        let tables = Tables::read(&[batch(&strings)], Version::Go122, &mut names, &mut wire, &mut notes);
        assert!(tables.string(1).is_some());
        assert_eq!(notes.rows()[0].code, "trace-broken-table");
        assert_eq!(notes.rows()[0].at, Some(Position::offset(56)));
    }

    #[test]
    fn ids_far_apart_cost_no_memory() {
        let mut table = IdTable::default();
        table.insert(u64::MAX, 1);
        table.insert(3, 2);
        assert_eq!((table.get(u64::MAX), table.get(3), table.get(4)), (Some(1), Some(2), None));
        assert!(table.dense.len() < 10);
    }

    #[test]
    fn clocks_are_relative_to_the_batch() {
        let sync = [wire::SYNC, wire::FREQUENCY, 50, wire::CLOCK_SNAPSHOT, 5, 9, 8, 7];
        let (mut names, mut wire, mut notes) = (Names::default(), WireCounts::default(), Notes::default());
        let tables = Tables::read(&[batch(&sync)], Version::Go125, &mut names, &mut wire, &mut notes);
        assert_eq!(tables.frequency, Some(50));
        assert_eq!(tables.clock.map(|clock| (clock.ticks, clock.mono)), Some((105, 9)));
    }
}
