//! From bytes to batches: `01 generation thread time size data[size]`.
//! Source: `readBatch` in `internal/trace/batch.go`.

use super::wire;
use crate::base::convert::to_usize;
use crate::base::limits::TRACE_BATCH_BYTES;

/// Thread number of batches that no thread wrote.
pub(super) const NO_THREAD: u64 = u64::MAX;

/// Longest header: two bytes and four varints.
const HEADER_BYTES: usize = 42;
/// Bytes that the runtime reserves for the size of a batch, whatever it is.
const PADDED_SIZE_BYTES: usize = 10;
/// How far ahead a generation's number may be after damage and still be believed.
const GENERATIONS_SKIPPED: u64 = 1_000_000;

/// One batch; offsets are into the bytes it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// True for the data of an experiment.
    pub is_experimental: bool,
    /// The generation it belongs to.
    pub generation: u64,
    /// The thread that wrote it, or [`NO_THREAD`].
    pub thread: u64,
    /// Time of the batch, in ticks.
    pub time: u64,
    /// First byte of its data.
    pub start: usize,
    /// Byte after its data.
    pub end: usize,
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A whole batch.
    Batch(Batch),
    /// The mark after a generation.
    EndOfGeneration,
    /// The bytes end inside of a batch, or just before one.
    NeedMore,
    /// Nothing that can stand here; what was expected.
    Broken(&'static str),
}

/// Reads what stands at `at`.
pub(super) fn frame(bytes: &[u8], at: usize) -> Frame {
    match bytes.get(at) {
        None => Frame::NeedMore,
        Some(&wire::END_OF_GENERATION) => Frame::EndOfGeneration,
        Some(&wire::EVENT_BATCH | &wire::EXPERIMENTAL_BATCH) => batch(bytes, at),
        Some(_) => Frame::Broken("the start of a batch"),
    }
}

fn batch(bytes: &[u8], at: usize) -> Frame {
    let Some((mut batch, size)) = header(bytes, at) else {
        let is_cut = bytes.len().saturating_sub(at) < HEADER_BYTES;
        return if is_cut { Frame::NeedMore } else { Frame::Broken("a batch header of four numbers") };
    };
    if size > TRACE_BATCH_BYTES {
        return Frame::Broken("a batch of at most 64 KiB");
    }
    if batch.generation == 0 {
        return Frame::Broken("a generation number above zero");
    }
    match to_usize(size).and_then(|size| batch.start.checked_add(size)) {
        Some(end) if end <= bytes.len() => {
            batch.end = end;
            Frame::Batch(batch)
        }
        _ => Frame::NeedMore,
    }
}

/// The generation that a batch at `at` belongs to, even if the batch is cut.
pub(super) fn generation_at(bytes: &[u8], at: usize) -> Option<u64> {
    let is_experimental = match *bytes.get(at)? {
        wire::EVENT_BATCH => false,
        wire::EXPERIMENTAL_BATCH => true,
        _ => return None,
    };
    wire::varint(bytes, &mut (at + 1 + usize::from(is_experimental)))
}

/// The header at `at` and the size of its data; `end` is not set yet.
/// Where the data of the batch at `at` starts, if its header is whole.
pub(super) fn data_start(bytes: &[u8], at: usize) -> Option<usize> {
    header(bytes, at).map(|(batch, _)| batch.start)
}

fn header(bytes: &[u8], at: usize) -> Option<(Batch, u64)> {
    let is_experimental = *bytes.get(at)? == wire::EXPERIMENTAL_BATCH;
    let mut at = at + 1 + usize::from(is_experimental);
    let generation = wire::varint(bytes, &mut at)?;
    let thread = wire::varint(bytes, &mut at)?;
    let time = wire::varint(bytes, &mut at)?;
    let size = wire::varint(bytes, &mut at)?;
    Some((Batch { is_experimental, generation, thread, time, start: at, end: at }, size))
}

/// Where a search for the next batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A batch starts here.
    At(usize),
    /// None before this place; the search goes on there with more bytes.
    NotBefore(usize),
}

/// Looks for a batch after damage, from `at` on. The runtime pads the size of
/// each batch to ten bytes, which makes a header hard to mistake; the batch
/// must also be followed by another, by the mark, or by the end of the file.
pub(super) fn find_batch(bytes: &[u8], at: usize, generation: u64, is_last: bool) -> Found {
    let mut from = at;
    while let Some(rest) = bytes.get(from..) {
        let Some(offset) = memchr::memchr2(wire::EVENT_BATCH, wire::EXPERIMENTAL_BATCH, rest) else { break };
        let candidate = from + offset;
        match judge(bytes, candidate, generation, is_last) {
            Some(true) => return Found::At(candidate),
            Some(false) => from = candidate + 1,
            None => return Found::NotBefore(candidate),
        }
    }
    Found::NotBefore(bytes.len())
}

/// True if a batch starts at `at`; `None` if more bytes are needed to tell.
fn judge(bytes: &[u8], at: usize, generation: u64, is_last: bool) -> Option<bool> {
    let unknown = if is_last { Some(false) } else { None };
    let batch = match frame(bytes, at) {
        Frame::Batch(batch) => batch,
        Frame::NeedMore if has_padded_size(bytes, at, generation) => return unknown,
        Frame::NeedMore if bytes.len() - at < HEADER_BYTES => return unknown,
        _ => return Some(false),
    };
    if !has_padded_size(bytes, at, generation) {
        return Some(false);
    }
    match frame(bytes, batch.end) {
        Frame::Batch(_) | Frame::EndOfGeneration => Some(true),
        Frame::NeedMore => Some(true),
        Frame::Broken(_) => Some(false),
    }
}

fn has_padded_size(bytes: &[u8], at: usize, generation: u64) -> bool {
    let Some((batch, size)) = header(bytes, at) else { return false };
    let is_near = (generation..=generation.saturating_add(GENERATIONS_SKIPPED)).contains(&batch.generation);
    let padding = batch.start.checked_sub(PADDED_SIZE_BYTES).and_then(|start| bytes.get(start..batch.start));
    let is_padded = padding.is_some_and(|size| {
        size.iter().rev().skip(1).all(|byte| byte & 0x80 != 0) && size.last().is_some_and(|byte| *byte == 0)
    });
    is_near && is_padded && size <= TRACE_BATCH_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `01`, generation 3, thread 7, time 9, size 2 in ten bytes, data.
    const BATCH: [u8; 16] = [1, 3, 7, 9, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 17, 0];

    #[test]
    fn a_batch_is_read_whole_or_not_at_all() {
        let Frame::Batch(batch) = frame(&BATCH, 0) else { panic!("no batch") };
        assert_eq!((batch.generation, batch.thread, batch.time), (3, 7, 9));
        assert_eq!((batch.start, batch.end), (14, 16));
        for cut in 0..BATCH.len() {
            assert_eq!(frame(&BATCH[..cut], 0), Frame::NeedMore, "cut at {cut}");
        }
        assert!(matches!(frame(&[9, 9], 0), Frame::Broken(_)));
        assert!(matches!(frame(&[1, 3, 7, 9, 0x81, 0x80, 0x04], 0), Frame::Broken(_)));
    }

    #[test]
    fn after_damage_the_next_batch_of_a_later_generation_is_found() {
        let mut bytes = vec![9, 9, 9, 0xff];
        bytes.extend(BATCH);
        bytes.extend(BATCH);
        assert_eq!(find_batch(&bytes, 0, 3, true), Found::At(4));
        assert_eq!(find_batch(&bytes, 5, 3, true), Found::At(20));
        assert_eq!(find_batch(&bytes, 0, 4, true), Found::NotBefore(bytes.len()));
        assert_eq!(find_batch(&bytes[..10], 0, 3, false), Found::NotBefore(4));
    }
}
