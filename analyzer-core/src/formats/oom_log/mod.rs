//! The kernel's log of an out-of-memory kill: dmesg, journal, `/dev/kmsg`, a
//! node's log file.
//!
//! Spec: mm/oom_kill.c (`dump_header`, `dump_tasks`, `__oom_kill_process`) and
//! mm/memcontrol.c (`mem_cgroup_print_oom_info`, `mem_cgroup_print_oom_meminfo`),
//! Linux 3.10 to 6.18, and the words of RHEL 6 and 7. Real logs: 6.1 (statistics in one
//! record: as lines, with `\x0a`, or cut at 1024 bytes by syslog(2)), 6.8, 6.12 and 6.18
//! (a record a line), both cgroup versions; the others are printed by the tests'
//! generator, which names the source of each form.
//!
//! Any input is safe: each line is looked at once, events and tasks are bounded.

mod event;
mod line;
pub mod prefix;
mod secrets;
mod table;

pub use line::task_row;

use super::redaction::free_text;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "oom-log",
        label: "kernel log with an OOM kill",
        content: Content::Lines,
        sniff,
        parse,
        secrets: secrets::secrets,
    },
    Format {
        name: "kernel-log",
        label: "kernel log without an OOM kill",
        content: Content::Lines,
        sniff: sniff_kernel_log,
        parse: parse_kernel_log,
        secrets: free_text,
    },
];

/// What only an out-of-memory record has.
const MARKS: [&[u8]; 12] = [
    b" invoked oom-killer: ",
    b"oom-kill:constraint=",
    b"ut of memory: Kill",
    b"ut of memory (oom_kill_allocating_task): Kill",
    b"ut of memory and no killable processes",
    b"killed as a result of limit of ",
    b"Memory cgroup stats for /",
    b"kB, failcnt ",
    b"due to memory.oom.group set",
    b"oom_reaper: reaped process ",
    b"kB, anon-rss:",
    b"  uid  tgid total_vm      rss ",
];

/// Tables of the machine's memory: the kernel prints them when it kills, and also when an allocation failed.
const TABLES: [&[u8]; 3] = [b"lowmem_reserve[]: ", b" pages RAM\n", b" pages RAM\r\n"];

/// Bytes of a log in which a mark is looked for: kernel logs are long before they get to it.
const SNIFF_BYTES: usize = 64 << 20;

/// Rows of the task table that tell of a record by themselves.
const ROWS_NEEDED: usize = 2;

fn sniff(probe: &Probe<'_>) -> Sniff {
    let bytes = probe.bytes.get(..SNIFF_BYTES).unwrap_or(probe.bytes);
    let has = |mark: &[u8]| memchr::memmem::find(bytes, mark).is_some();
    let has_tables = || TABLES.into_iter().any(has) && !has(FAILURE.as_bytes());
    let found = || MARKS.into_iter().any(has) || has_table(probe) || has_tables();
    let is_text = !probe.head().contains(&0) && !probe.bytes.trim_ascii_start().starts_with(b"{");
    if is_text && found() { Sniff::ByContent } else { Sniff::No }
}

/// True if rows of the task table stand in a text whose beginning is cut off.
fn has_table(probe: &Probe<'_>) -> bool {
    Lines::new(probe.head()).filter(|line| task_row(line.bytes).is_some()).nth(ROWS_NEEDED - 1).is_some()
}

/// Parses every out-of-memory dump of a log.
/// # Errors
/// None for a file that was recognized.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut reader = event::Reader::new(input.source, &mut evidence.strings, facts);
    for line in Lines::new(input.bytes) {
        reader.line(&line);
    }
    let events = reader.finish();
    evidence.oom.extend(events);
    Ok(())
}

/// dmesg's own prefix on several lines, or an allocation that failed.
fn sniff_kernel_log(probe: &Probe<'_>) -> Sniff {
    let has = |word: &str| memchr::memmem::find(probe.head(), word.as_bytes()).is_some();
    let lines = || Lines::new(probe.head()).take(20).filter(|line| !line.bytes.is_empty());
    let with_time = lines().filter(|line| prefix::has_clock(line.text())).count();
    let is_timed = with_time > 0 && with_time * 2 >= lines().count();
    let is_of_server = || lines().any(|line| prefix::is_of_server(line.text()));
    let is_kernels = is_timed && (KERNELS.into_iter().any(has) || !is_of_server());
    if is_kernels || has(FAILURE) { Sniff::ByContent } else { Sniff::No }
}

/// Words of the kernel that tell its log from one of a server with the same date.
const KERNELS: [&str; 4] = ["Call Trace:", "page allocation failure", " cpuset=", "CPU: "];

/// What the kernel says of an allocation that failed, before its size: `api: page allocation failure: order:8, mode:…`.
const FAILURE: &str = ": page allocation failure: order:";

fn parse_kernel_log(input: &Input<'_>, _: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    facts.notes.info("no-oom", None, "The log contains no OOM kill.");
    for line in Lines::new(input.bytes) {
        note_failure(prefix::strip(line.text()).0, line.position(), facts);
    }
    Ok(())
}

/// Bytes of a command's name in the kernel (TASK_COMM_LEN).
const COMMAND_BYTES: usize = 16;

/// Notes an allocation that failed, if a message is of one.
fn note_failure(message: &str, at: Position, facts: &mut Facts) {
    let Some((command, order)) = message.split_once(FAILURE) else { return };
    let mut end = COMMAND_BYTES.min(command.len());
    while !command.is_char_boundary(end) {
        end -= 1;
    }
    let command = command.get(..end).unwrap_or_default();
    let order = order.split(|c: char| !c.is_ascii_digit()).next().and_then(|order| order.parse().ok());
    let what = match order.and_then(|order| Some((order, 1_u64.checked_shl(order)?))) {
        Some((0, _)) => "a single page".to_owned(),
        Some((order, pages)) => format!("{pages} contiguous pages (order {order})"),
        None => "memory".to_owned(),
    };
    let message =
        format!("The kernel could not allocate {what} for {command}. No process was killed for it.");
    facts.notes.info("allocation-failed", Some(at), message);
}

#[cfg(test)]
mod tests;
