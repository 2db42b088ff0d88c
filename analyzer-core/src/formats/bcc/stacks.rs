//! ```text
//! Tracing off-CPU time (us) of PID 4121 by user + kernel stack... Hit Ctrl-C to end.
//!
//!     schedule
//!     futex_wait
//!     --
//!     runtime.futex.abi0
//!     runtime.notesleep
//!     -                video (4121)
//!         1023311
//! ```

use super::by_line;
use crate::base::convert::clamp_i64;
use crate::base::error::ParseError;
use crate::base::limits::{GROUP_STACK_FRAMES, PROBE_ROWS};
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::probes::{CountedStack, StackTool};
use crate::formats::bpftrace::{stack, symbol};
use crate::formats::record::nothing_found;
use crate::formats::{Facts, Probe, Sniff};

/// Who counts, as the first line says.
pub(super) fn tool(text: &str) -> Option<StackTool> {
    if text.starts_with("Tracing off-CPU time (us) of ") {
        Some(StackTool::OffCpu)
    } else if text.starts_with("Sampling at ") && text.contains(" by ") && text.contains(" stack") {
        Some(StackTool::OnCpu)
    } else {
        None
    }
}

/// `-                video (4121)`.
pub(super) fn task(text: &str) -> Option<&str> {
    let task = text.trim().strip_prefix("- ")?.trim();
    let pid = task.strip_suffix(')')?.rsplit_once(" (")?.1;
    pid.parse::<u64>().ok().map(|_| task)
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let has_task = || crate::formats::record::text_lines(probe.head()).any(|(_, text)| task(text).is_some());
    if by_line(probe, |text| tool(text).is_some()) == Sniff::ByContent && has_task() {
        Sniff::ByContent
    } else {
        Sniff::No
    }
}

/// Parses every stack with its figure.
/// # Errors
/// `Malformed` without one.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut tool = StackTool::OffCpu;
    let mut frames: Vec<&str> = Vec::new();
    let mut owner: Option<&str> = None;
    let mut found = 0_usize;
    for line in Lines::new(input.bytes) {
        let text = line.text();
        let bare = text.trim();
        if let Some(named) = self::tool(bare) {
            tool = named;
        } else if bare.is_empty() {
            frames.clear();
            owner = None;
        } else if let Some(task) = task(text) {
            owner = Some(task);
        } else if let Some((task, value)) = owner.zip(bare.parse::<u64>().ok()) {
            if found >= PROBE_ROWS {
                facts.is_partial = true;
                facts.notes.data_loss(
                    "rows-left-out",
                    Some(line.position()),
                    "There are too many stacks; the rest is ignored.",
                );
                break;
            }
            let value = if tool == StackTool::OffCpu { i128::from(value) * 1000 } else { i128::from(value) };
            let row = CountedStack {
                source: input.source,
                at: line.position(),
                tool,
                task: evidence.strings.intern(task),
                stack: stack(frames.drain(..), evidence),
                value: clamp_i64(value),
            };
            evidence.probes.counted_stacks.push(row);
            owner = None;
            found += 1;
        } else if text.starts_with([' ', '\t']) && bare != "--" && frames.len() < GROUP_STACK_FRAMES {
            frames.extend(symbol(bare));
        }
    }
    facts.kind = Some(if tool == StackTool::OffCpu { "offcputime" } else { "profile" }.to_owned());
    if found == 0 {
        return Err(nothing_found("stacks", "a stack with its task and figure"));
    }
    let says = match tool {
        StackTool::OffCpu => {
            "Off-CPU time of threads. A blocked goroutine is not a blocked thread: most of this time is idle runtime threads waiting for work. For a Go service, it shows system calls, page faults and cgo."
        }
        StackTool::OnCpu => {
            "On-CPU samples, including kernel time. In folded format (-f), they are shown as a flame graph."
        }
    };
    facts.notes.info("what-it-says", None, says);
    Ok(())
}
