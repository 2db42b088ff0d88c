//! ```text
//! Attaching to pid 4121, Ctrl+C to quit.
//! [11:16:33] Top 2 stacks with outstanding allocations:
//!         3211264 bytes in 49 allocations from stack
//!                 decode_frame+0x1a [video]
//!                 runtime.asmcgocall.abi0+0x7c [video]
//!         0  [<00007f12ab>] decode_frame+0x1a            libbpf-tools
//! ```

use super::by_line;
use super::columns::clock;
use crate::base::error::ParseError;
use crate::base::limits::PROBE_ROWS;
use crate::base::reader::Line;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::probes::NativeStack;
use crate::formats::bpftrace::{stack, symbol};
use crate::formats::record::{nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

const HEAD: &str = " stacks with outstanding allocations:";

const SAYS: &str = "Allocations with malloc, mmap and similar that were made after memleak attached and are not freed yet: in a Go service, memory of cgo and C libraries. The Go heap does not use malloc and is not included, nor are earlier allocations. A single list does not show a leak; a stack that grows from list to list does.";

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    by_line(probe, |text| block(text).is_some())
}

/// The time of a block's first line.
fn block(text: &str) -> Option<Option<u32>> {
    let head = text.strip_suffix(HEAD)?;
    let (time, top) =
        head.split_once(']').map_or(("", head), |(time, top)| (time.trim_start_matches('['), top));
    top.trim().strip_prefix("Top ")?;
    Some(clock(time))
}

/// `3211264 bytes in 49 allocations from stack`.
fn entry(text: &str) -> Option<(u64, u64)> {
    let (bytes, rest) = text.split_once(" bytes in ")?;
    let count = rest
        .strip_suffix(" allocations from stack")
        .or_else(|| rest.strip_suffix(" allocations from stack:"))?;
    Some((bytes.parse().ok()?, count.parse().ok()?))
}

/// A frame: `sym+0x1a [module]`, or with index and address before it.
fn frame(text: &str) -> Option<&str> {
    let text = match text.split_once("[<") {
        Some((index, rest)) if index.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.split_once(">]")?.1.trim()
        }
        _ => text,
    };
    let is_other = text.starts_with("addr = ") || text.starts_with('[') && text != "[unknown]";
    let name = text.split_once(" [").map_or(text, |(name, _)| name).trim_matches(['<', '>']);
    let name = name.split_once(">+").map_or(name, |(name, _)| name);
    symbol(name).filter(|_| !is_other)
}

/// Parses every block.
/// # Errors
/// `Malformed` without an entry.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut blocks = 0_u32;
    let mut time = None;
    let mut open: Option<(Line<'_>, u64, u64)> = None;
    let mut frames: Vec<&str> = Vec::new();
    let mut rows: Vec<NativeStack> = Vec::new();
    let mut close =
        |open: &mut Option<(Line<'_>, u64, u64)>, frames: &mut Vec<&str>, block: u32, time: Option<u32>| {
            if let Some((line, bytes, count)) = open.take() {
                let stack = stack(frames.drain(..).filter(|name| *name != "[unknown]"), evidence);
                let at = line.position();
                rows.push(NativeStack {
                    source: input.source,
                    at,
                    block,
                    second_of_day: time,
                    bytes,
                    count,
                    stack,
                });
            }
            rows.len()
        };
    for (line, text) in text_lines(input.bytes) {
        if let Some(at) = block(text) {
            close(&mut open, &mut frames, blocks.saturating_sub(1), time);
            (blocks, time) = (blocks.saturating_add(1), at);
        } else if let Some((bytes, count)) = entry(text).filter(|_| blocks > 0) {
            let count_of_rows = close(&mut open, &mut frames, blocks - 1, time);
            if count_of_rows >= PROBE_ROWS {
                facts.is_partial = true;
                facts.notes.data_loss(
                    "rows-left-out",
                    Some(line.position()),
                    "There are too many stacks; the rest is ignored.",
                );
                break;
            }
            open = Some((line, bytes, count));
        } else if let Some(name) = frame(text).filter(|_| open.is_some()) {
            frames.push(name);
        } else if let Some(pid) = text.strip_prefix("Attaching to pid ") {
            facts.pid = pid.split(',').next().and_then(|pid| pid.trim().parse().ok());
        } else if !text.starts_with("addr = ") {
            close(&mut open, &mut frames, blocks.saturating_sub(1), time);
        }
    }
    close(&mut open, &mut frames, blocks.saturating_sub(1), time);
    if rows.is_empty() {
        return Err(nothing_found("memleak", "a stack with bytes and allocations below \"Top N stacks\""));
    }
    facts.kind = Some("memleak".to_owned());
    facts.notes.info("what-it-says", None, SAYS);
    if rows.iter().all(|row| row.block == 0) {
        facts.notes.info("one-list", None, "A single list of outstanding allocations is not enough to detect a leak. Let memleak print at least two (one every 5 s).");
    }
    evidence.probes.native_stacks.extend(rows);
    Ok(())
}
