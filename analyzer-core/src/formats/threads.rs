//! Threads of a process: `/proc/PID/task/TID/{status,stack,wchan,comm}`, `ps -T`, `ps -L`, `top -H`.
//!
//! Spec: proc_pid_task(5), fs/proc/array.c (`Tgid` is the process, `Pid` the thread), fs/proc/base.c
//! (`proc_pid_stack`), procps-ng 4. Threads share the memory of their process: none of these files is
//! read as a process. A file of one word (`wchan`, `comm`) is told by its folder.
//!
//! Any input is safe: texts are read line by line, rows up to [`THREADS`].

use super::record::{decimal, text_lines};
use super::redaction::{Kind, Marks, is_figures};
use super::tables::has_header;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::limits::THREADS;
use crate::base::source::{Input, Position, file_name};
use crate::evidence::Evidence;
use crate::evidence::resources::Thread;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "thread",
        label: "thread of a process",
        content: Content::Document,
        sniff,
        parse,
        secrets,
    },
    Format {
        name: "threads",
        label: "threads (ps -T, ps -L, top -H)",
        content: Content::Document,
        sniff: sniff_table,
        parse: parse_table,
        secrets: secrets_table,
    },
];

/// Files of a thread that say something of it.
const FILES: [&str; 4] = ["status", "stack", "wchan", "comm"];

/// The thread that a path names: `task/43/wchan`, and the process of `proc/42/task/43/wchan`.
fn of_path(path: &str) -> Option<(u64, Option<u64>)> {
    let mut parts = path.rsplit('/').skip(1);
    let tid = parts.next()?.parse().ok()?;
    let is_task = parts.next()?.starts_with("task");
    let pid = parts.next().and_then(|folder| folder.parse().ok());
    is_task.then_some((tid, pid))
}

/// Process and thread of a `status`.
fn of_status(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut texts = text_lines(bytes).map(|(_, text)| text);
    if !texts.next()?.starts_with("Name:") {
        return None;
    }
    let (mut tgid, mut pid) = (None, None);
    for text in texts.take_while(|text| !text.starts_with("Name:")).take(24) {
        let Some((key, value)) = text.split_once(':') else { continue };
        match key {
            "Tgid" => tgid = value.trim().parse().ok(),
            "Pid" => pid = value.trim().parse().ok(),
            _ => {}
        }
    }
    tgid.zip(pid)
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_named = of_path(probe.path).is_some() && FILES.contains(&probe.file_name());
    if !is_named && are_statuses(probe.head()) {
        return Sniff::No;
    }
    let is_text = is_named && std::str::from_utf8(probe.head()).is_ok() && !probe.bytes.contains(&0);
    let is_thread = || of_status(probe.head()).is_some_and(|(tgid, pid)| tgid != pid);
    if is_text || is_thread() { Sniff::ByContent } else { Sniff::No }
}

/// Parses one file of one thread.
/// # Errors
/// None: an empty `wchan` is one that nobody may read.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let stated = of_status(input.bytes);
    let named = of_path(input.path);
    let tid = stated.map(|(_, tid)| tid).or_else(|| named.map(|(tid, _)| tid)).unwrap_or_default();
    let pid = stated.map(|(tgid, _)| tgid).or_else(|| named.and_then(|(_, pid)| pid));
    let file = file_name(input.path);
    let first = text_lines(input.bytes).next();
    let place = first.map_or("", |(_, text)| text);
    let waits_in = match file {
        "stack" => top_of_stack(place).unwrap_or_default(),
        "wchan" if place != "0" => place,
        _ => "",
    };
    let waits_in = evidence.strings.intern(waits_in);
    evidence.resources.threads.push(Thread {
        source: input.source,
        at: Position::line(1),
        pid,
        tid,
        waits_in,
    });
    facts.kind = Some(format!("task {tid} {file}"));
    Ok(())
}

/// `[<0>] anon_pipe_read+0x393/0x440`.
fn top_of_stack(text: &str) -> Option<&str> {
    let call = text.split_once("] ")?.1;
    call.split(['+', ' ']).next()
}

/// Columns of the thread's id.
const THREAD: [&str; 3] = ["SPID", "LWP", "TID"];

fn columns(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_title =
        |word: &&str| word.bytes().all(|byte| byte.is_ascii_uppercase() || b"%+_:-".contains(&byte));
    let is_header = words.contains(&"PID") && words.iter().all(is_title);
    is_header.then_some(words)
}

fn is_thread_header(text: &str) -> bool {
    columns(text).is_some_and(|columns| columns.iter().any(|name| THREAD.contains(name)))
}

/// `Threads:  10 total,   0 running` of `top -H`.
fn is_top(text: &str) -> bool {
    text.starts_with("Threads:") && text.contains(" total,")
}

/// The statuses of several threads one after the other, as `cat /proc/PID/task/*/status` prints them.
fn are_statuses(bytes: &[u8]) -> bool {
    let mut names = text_lines(bytes).filter(|(_, text)| text.starts_with("Name:\t"));
    of_status(bytes).is_some() && names.nth(1).is_some()
}

/// What a thread that no other file places is in: the one state that the kernel does not interrupt.
const UNINTERRUPTIBLE: &str = "disk sleep (D)";

fn statuses(input: &Input<'_>, evidence: &mut Evidence) -> Vec<Thread> {
    let mut found: Vec<Thread> = Vec::new();
    let (mut at, mut tgid) = (Position::line(1), None);
    for (line, text) in text_lines(input.bytes) {
        let Some((key, value)) = text.split_once(':') else { continue };
        match key {
            "Name" => (at, tgid) = (line.position(), None),
            "Tgid" => tgid = value.trim().parse().ok(),
            "Pid" if found.len() < THREADS => {
                let Ok(tid) = value.trim().parse() else { continue };
                let waits_in = evidence.strings.intern("");
                found.push(Thread { source: input.source, at, pid: tgid, tid, waits_in });
            }
            _ => {}
        }
    }
    // The state stands before the ids.
    let states = text_lines(input.bytes).filter_map(|(_, text)| text.strip_prefix("State:"));
    for (thread, state) in found.iter_mut().zip(states) {
        if state.trim().starts_with('D') {
            thread.waits_in = evidence.strings.intern(UNINTERRUPTIBLE);
        }
    }
    found
}

fn sniff_table(probe: &Probe<'_>) -> Sniff {
    let is_table = are_statuses(probe.head())
        || has_header(probe, is_thread_header)
        || (has_header(probe, is_top) && has_header(probe, |text| columns(text).is_some()));
    if is_table { Sniff::ByContent } else { Sniff::No }
}

/// Parses a row for each thread of the first table.
/// # Errors
/// None for a text that was recognized.
fn parse_table(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    facts.kind = Some("threads".to_owned());
    if are_statuses(input.bytes) {
        facts.kind = Some("threads (status)".to_owned());
        let found = statuses(input, evidence);
        evidence.resources.threads.extend(found);
        return Ok(());
    }
    let mut header: Option<Vec<&str>> = None;
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        if let Some(columns) = columns(text) {
            if header.is_some() {
                break;
            }
            header = Some(columns);
            continue;
        }
        let Some(columns) = &header else { continue };
        let Some(thread) = row(columns, text, line.position(), input, evidence) else { continue };
        if count == THREADS {
            facts.is_partial = true;
            let message = format!("There are more than {THREADS} threads; the rest is ignored.");
            facts.notes.data_loss("too-many-threads", Some(line.position()), message);
            break;
        }
        count += 1;
        evidence.resources.threads.push(thread);
    }
    Ok(())
}

fn row(
    columns: &[&str],
    text: &str,
    at: Position,
    input: &Input<'_>,
    evidence: &mut Evidence,
) -> Option<Thread> {
    let cells: Vec<&str> = text.split_whitespace().collect();
    let cell =
        |names: &[&str]| columns.iter().position(|name| names.contains(name)).and_then(|at| cells.get(at));
    let number = |names: &[&str]| cell(names).and_then(|cell| cell.parse::<u64>().ok());
    let tid = number(&THREAD);
    let pid = number(&["PID"])?;
    let waits_in = cell(&["WCHAN"]).filter(|place| **place != "-").copied().unwrap_or_default();
    let waits_in = evidence.strings.intern(waits_in);
    // `top -H` has the thread where the process stands otherwise.
    let (pid, tid) = tid.map_or((None, pid), |tid| (Some(pid), tid));
    Some(Thread { source: input.source, at, pid, tid, waits_in })
}

/// Of a thread, figures and the kernel's own functions stay; its name does not.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    match file_name(input.path) {
        "comm" => marks.words(input.bytes, Kind::Name),
        "stack" | "wchan" => {
            for (line, text) in text_lines(input.bytes) {
                let is_symbol = |c: char| c.is_ascii_alphanumeric() || "_+/[]<>. ".contains(c);
                if text.chars().all(is_symbol) {
                    marks.keep(line.bytes);
                }
            }
        }
        _ => return super::proc::status_secrets(input, marks),
    }
    Ok(())
}

fn secrets_table(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    if are_statuses(input.bytes) {
        return super::proc::status_secrets(input, marks);
    }
    for (line, text) in text_lines(input.bytes) {
        let is_head = columns(text).is_some() || is_top(text);
        if is_head || is_figures(line.bytes) {
            marks.keep(line.bytes);
            continue;
        }
        for cell in text.split_whitespace() {
            if decimal(cell).is_some() || cell == "?" || cell == "-" {
                marks.keep(cell.as_bytes());
            } else {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::report;

    const STATUS: &str =
        "Name:\tshop\nTgid:\t42\nPid:\t42\nVmRSS:\t  4096 kB\nRssAnon:\t 4096 kB\nThreads:\t2\n";
    const THREAD: &str =
        "Name:\tshop\nTgid:\t42\nPid:\t43\nVmRSS:\t  4096 kB\nRssAnon:\t 4096 kB\nThreads:\t2\n";

    fn formats(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let rows = report(&files).sources;
        rows.into_iter().map(|row| row.format.unwrap_or_default()).collect()
    }

    #[test]
    fn a_thread_is_no_process_and_its_id_no_moment() {
        let files = [
            ("shop/t0/proc/status", STATUS),
            ("shop/t0/proc/task/43/status", THREAD),
            ("shop/t0/proc/task/43/comm", "shop\n"),
            ("shop/t0/proc/task/43/wchan", "futex_do_wait"),
            ("shop/t0/proc/task/43/stack", "[<0>] futex_do_wait+0x1/0x2\n"),
            ("thread", THREAD),
        ];
        assert_eq!(formats(&files), ["status", "thread", "thread", "thread", "thread", "thread"]);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let report = report(files.get(..5).unwrap_or_default());
        let [subject] = report.subjects.as_slice() else { panic!("{:?}", report.subjects) };
        assert_eq!((subject.name.as_deref(), subject.snapshots.len()), (Some("shop"), 1));
        let memory = report.memory.expect("the process's memory");
        assert_eq!(memory.latest.layers.first().map(|layer| layer.bytes.0), Some(4096 << 10));
    }

    #[test]
    fn statuses_of_all_threads_in_one_file_are_threads_and_say_who_cannot_be_interrupted() {
        let status = |tid: u64, state: &str| {
            format!("Name:\tshop\nState:\t{state}\nTgid:\t42\nPid:\t{tid}\nVmRSS:\t 4096 kB\nThreads:\t3\n")
        };
        let all =
            [status(42, "S (sleeping)"), status(43, "D (disk sleep)"), status(44, "D (disk sleep)")].concat();
        let files = [("shop/t0/proc/status", STATUS), ("shop/t0/proc/threads.status", all.as_str())];
        assert_eq!(formats(&files), ["status", "threads"]);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let report = report(&files);
        let resources = report.resources.expect("threads");
        let threads = resources.snapshots[0].threads.as_ref().expect("threads");
        let waits: Vec<_> = threads.waits.iter().map(|wait| (wait.function.as_str(), wait.count)).collect();
        assert_eq!(waits, [("disk sleep (D)", 2)]);
    }

    #[test]
    fn tables_of_threads_are_told_from_tables_of_processes() {
        let tables = [
            ("a", "    PID    SPID TTY          TIME CMD\n      6       7 ?        00:00:00 shop\n"),
            (
                "b",
                "    PID     LWP NLWP STAT WCHAN                    COMMAND\n      6       8  140 Sl   anon_pipe_read           shop\n",
            ),
            (
                "c",
                "top - 17:29:30 up 43 min,  0 user,  load average: 1.00, 1.00, 1.00\nThreads:   2 total,   0 running,   2 sleeping,   0 stopped,   0 zombie\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n      6 root      20   0 1265448  11144   6264 S   0.0   0.0   0:00.09 shop\n",
            ),
            ("d", "    PID NLWP   RSS COMMAND\n      6    9  4096 shop\n"),
        ];
        assert_eq!(formats(&tables), ["threads", "threads", "threads", "ps"]);
    }
}
