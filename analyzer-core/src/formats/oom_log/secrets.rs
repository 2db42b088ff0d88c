//! The secrets of kernel logs: the host, names of processes, paths of control
//! groups, and every line that is not of an out-of-memory kill.

use super::event::parts;
use super::line::Said;
use super::prefix::strip;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::record::{decimal, flat_keyed};
use crate::formats::redaction::{Kind, Marks};

/// Marks a log.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let text = line.text();
        if text.is_empty() {
            marks.blank(line.bytes);
            continue;
        }
        let (message, _) = strip(text);
        let before = message.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        prefix(text.get(..before).unwrap_or_default(), marks);
        for part in parts(message) {
            self::message(part, marks);
        }
    }
    Ok(())
}

/// What a logger puts before a message: times, a level, and the host.
fn prefix(text: &str, marks: &mut Marks<'_>) {
    const WORDS: [&str; 22] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon", "Tue",
        "Wed", "Thu", "Fri", "Sat", "Sun", "kernel", "T", "Z",
    ];
    let is_of_time = |c: char| c.is_ascii_digit() || "[]<>().,:;+-/TZ".contains(c);
    for word in text.split(' ') {
        let bare = word.trim_matches(['[', ']', ':', ',', ';']);
        let is_flags = text.contains(';');
        if !WORDS.contains(&bare) && !word.chars().all(is_of_time) && !is_flags {
            marks.words(word.as_bytes(), Kind::Name);
        }
    }
}

fn message(text: &str, marks: &mut Marks<'_>) {
    match Said::of(text) {
        Said::Invoked { command } => marks.words(command.as_bytes(), Kind::Name),
        Said::Limit { task, limit } => {
            task.into_iter().chain(limit).for_each(|path| marks.cgroup_path(path.as_bytes()));
        }
        Said::Stats { path, figures } => {
            marks.cgroup_path(path.as_bytes());
            figures
                .split_whitespace()
                .filter(|cell| !is_inline_stat(cell))
                .for_each(|cell| marks.blank(cell.as_bytes()));
        }
        Said::Group { path } => marks.cgroup_path(path.as_bytes()),
        Said::Constraint(fields) => constraint(fields, marks),
        Said::Chosen(victim) | Said::Killed(victim) | Said::Reaped(victim) => {
            marks.words(victim.name.as_bytes(), Kind::Name);
        }
        Said::Task { cells, .. } => task(cells, marks),
        // Names of the kernel's own functions and columns, and plain numbers.
        Said::Usage { .. } | Said::Columns(_) | Said::Frame(_) | Said::MachineMemory => {}
        Said::Unkillable { .. } => {}
        Said::Other => other(text, marks),
    }
}

fn other(text: &str, marks: &mut Marks<'_>) {
    if let Some((_, rest)) = text.split_once(" Comm: ").filter(|_| text.starts_with("CPU: ")) {
        marks.words(rest.split(' ').next().unwrap_or(rest).as_bytes(), Kind::Name);
    } else if !is_stat(text) && !text.starts_with("Tasks state ") {
        marks.blank(text.as_bytes());
    }
}

/// `constraint=…,oom_memcg=/a,task_memcg=/b,task=c,pid=1,uid=0`.
fn constraint(fields: &str, marks: &mut Marks<'_>) {
    for field in fields.split(',') {
        match field.split_once('=') {
            Some(("oom_memcg" | "task_memcg" | "cpuset", path)) => marks.cgroup_path(path.as_bytes()),
            Some(("task", name)) => marks.words(name.as_bytes(), Kind::Name),
            _ => {}
        }
    }
}

/// A row of the task table: numbers, and the process's name after them.
fn task(cells: &str, marks: &mut Marks<'_>) {
    for word in cells.split_whitespace() {
        if word.trim_start_matches('-').parse::<u64>().is_err() {
            marks.words(word.as_bytes(), Kind::Name);
        }
    }
}

fn is_key(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
}

/// `anon 4096`, or a line of `cache:8KB rss:4KB`.
fn is_stat(text: &str) -> bool {
    let text = text.trim();
    flat_keyed(text).is_some_and(|(key, value)| decimal(value).is_some() && is_key(key))
        || (!text.is_empty() && text.split_whitespace().all(is_inline_stat))
}

fn is_inline_stat(cell: &str) -> bool {
    let Some((key, value)) = cell.split_once(':') else { return false };
    is_key(key) && value.strip_suffix("KB").is_some_and(|kib| decimal(kib).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::redaction;

    #[test]
    fn a_kill_keeps_its_figures() {
        let text = "Nov 20 20:10:56 node-1 kernel: [   39.423983] api invoked oom-killer: gfp_mask=0xcc0, order=0\n\
                    [   39.423983] Hardware name: ACME Server\n\
                    [   39.423983] memory: usage 184320kB, limit 184320kB, failcnt 63\n\
                    [   39.423983] Memory cgroup stats for /kubepods/pod1f2e3d4c:\n\
                    [   39.423983] anon 4096\n\
                    [   39.423983] [    188]     0   188   123456 0 api worker\n\
                    [   39.423983] oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a1b2c,task=api,pid=188,uid=0\n\
                    [   39.423983] Memory cgroup out of memory: Killed process 188 (api) total-vm:1kB, anon-rss:2kB\n\
                    [   40.000000] eth0: link is up\n";
        let expected = "Nov 20 20:10:56 ****-* kernel: [   39.423983] *** invoked oom-killer: gfp_mask=0xcc0, order=0\n\
                    [   39.423983] xxxxxxxx xxxx: xxxx xxxxxx\n\
                    [   39.423983] memory: usage 184320kB, limit 184320kB, failcnt 63\n\
                    [   39.423983] Memory cgroup stats for /kubepods/pod********:\n\
                    [   39.423983] anon 4096\n\
                    [   39.423983] [    188]     0   188   123456 0 *** ******\n\
                    [   39.423983] oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/*****,task=***,pid=188,uid=0\n\
                    [   39.423983] Memory cgroup out of memory: Killed process 188 (***) total-vm:1kB, anon-rss:2kB\n\
                    [   40.000000] xxxx: xxxx xx xx\n";
        let shown = redaction::shown(text, b'*', |input, marks| secrets(input, marks).unwrap());
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_words_of_older_kernels_keep_their_figures_too() {
        let text = "Task in /kubepods/a1b2c killed as a result of limit of /kubepods\n\
                    Memory cgroup stats for /kubepods/a1b2c: cache:8KB rss:4KB acme\n\
                     [<ffffffff8177e5da>] dump_header+0x90/0x229\n\
                    Memory cgroup out of memory: Kill process 42 (api) score 1 or sacrifice child\n\
                    Killed process 42 (api), UID 0, total-vm:1kB, anon-rss:2kB\n";
        let expected = "Task in /kubepods/***** killed as a result of limit of /kubepods\n\
                    Memory cgroup stats for /kubepods/*****: cache:8KB rss:4KB xxxx\n\
                    [<ffffffff8177e5da>] dump_header+0x90/0x229\n\
                    Memory cgroup out of memory: Kill process 42 (***) score 1 or sacrifice child\n\
                    Killed process 42 (***), UID 0, total-vm:1kB, anon-rss:2kB\n";
        let shown = redaction::shown(text, b'*', |input, marks| secrets(input, marks).unwrap());
        assert_eq!(shown, expected);
    }
}
