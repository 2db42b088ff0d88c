//! What the engine may allocate for an input.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Allocated whatever the input: tables of names, decoders' windows (zstd's
/// may have 8 MiB), histograms of a trace.
const CONSTANT: usize = 24 << 20;

/// Bytes at once for one decoded byte of input. The worst are inputs of
/// nothing but the shortest records: a goroutine of a trace takes six bytes
/// in the file and a row with its histograms in the table.
const FACTOR: usize = 160;

/// The most that may be allocated at once for so much decoded input.
pub const fn ceiling(decoded: usize) -> usize {
    CONSTANT + FACTOR * decoded
}

/// Runs `work`; the most that it had allocated at once, beyond what there was.
pub fn peak(work: impl FnOnce()) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    work();
    ALLOCATOR.peak_usage().saturating_sub(before)
}
