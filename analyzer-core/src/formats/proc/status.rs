//! `/proc/PID/status`: `Key:<tab>value` lines.

use super::{by_content, first_line};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, bad_number, decimal, note_cut, text_lines};
use crate::formats::smaps::kib;
use crate::formats::{Facts, Probe, Sniff};

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &[u8]| memchr::memmem::find(probe.head(), needle).is_some();
    let first = first_line(probe);
    let is_whole = first.starts_with("Name:") && (has(b"\nThreads:") || has(b"\nVmRSS:") || has(b"\nPid:"));
    // People quote the lines that matter.
    let mut lines = text_lines(probe.head()).map(|(_, text)| text.as_bytes());
    let is_quoted =
        is_part(first.as_bytes()) || (first.starts_with("Threads:") && lines.nth(1).is_some_and(is_part));
    by_content(is_whole || is_quoted)
}

/// Lines of it with which people start a quotation.
const PARTS: [&str; 10] = [
    "VmPeak:",
    "VmSize:",
    "VmHWM:",
    "VmRSS:",
    "VmData:",
    "VmSwap:",
    "RssAnon:",
    "RssFile:",
    "RssShmem:",
    "VmPTE:",
];

/// True for a line of memory, as only this file has it: `VmRSS:\t  4096 kB`.
pub fn is_part(line: &[u8]) -> bool {
    let text = std::str::from_utf8(line.get(..128).unwrap_or(line)).unwrap_or("").trim();
    let value = PARTS.iter().find_map(|start| text.strip_prefix(start)).map(str::trim);
    value.is_some_and(|value| kib(value.as_bytes()).is_some())
}

/// Keys whose text is kept.
const TEXTS: [&str; 5] = ["Name", "State", "NSpid", "Cpus_allowed_list", "Mems_allowed_list"];

/// Parses `status`. Sizes become bytes; `Pid`, `Threads` and the like, counts.
/// # Errors
/// `Malformed` if a size is no number of KiB.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    note_cut(input.bytes, facts, "the last lines");
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Process, "status");
    for (line, text) in text_lines(input.bytes) {
        let Some((key, value)) = text.split_once(':') else { continue };
        let value = value.trim();
        if value.ends_with("kB") {
            match kib(value.as_bytes()) {
                Some(bytes) => record.figure(key, bytes, Unit::Bytes, line.position()),
                None => return Err(bad_number(line.position(), "status", value)),
            }
        } else if let Some(count) = decimal(value).filter(|_| is_count(key)) {
            record.figure(key, count, Unit::Count, line.position());
        }
        if TEXTS.contains(&key) {
            record.text(key, value, line.position());
        }
        if key == "Pid"
            && let Ok(pid) = value.parse()
        {
            record.pid(pid);
            facts.pid = Some(pid);
        }
        if key == "NSpid" {
            facts.pid = own_pid(value).or(facts.pid);
        }
    }
    record.finish();
    Ok(())
}

fn is_count(key: &str) -> bool {
    matches!(key, "Pid" | "Tgid" | "PPid" | "Threads" | "FDSize" | "THP_enabled" | "CoreDumping")
}

/// `NSpid` lists the id in each nested namespace; the last is the process's own.
fn own_pid(value: &str) -> Option<u64> {
    value.split_whitespace().last()?.parse().ok()
}
