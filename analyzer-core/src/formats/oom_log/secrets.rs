//! The secrets of kernel logs: the host, names of processes, paths of control
//! groups, and every line that is not of an out-of-memory kill.

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
        for part in message.split("\\x0a") {
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
    if let Some((command, _)) = text.split_once(" invoked oom-killer: ") {
        marks.words(command.as_bytes(), Kind::Name);
    } else if let Some(path) = text.strip_prefix("Memory cgroup stats for ") {
        let (path, rest) = path.split_once(':').unwrap_or((path, ""));
        marks.cgroup_path(path.as_bytes());
        if !is_stat(rest) {
            marks.blank(rest.as_bytes());
        }
    } else if let Some(fields) = text.strip_prefix("oom-kill:") {
        constraint(fields, marks);
    } else if let Some(rest) = text.strip_prefix("Tasks in ") {
        marks.cgroup_path(rest.split(" are going to be killed").next().unwrap_or(rest).as_bytes());
    } else if let Some((_, rest)) = text.split_once(" process ").filter(|(_, rest)| rest.contains(" (")) {
        killed(rest, marks);
    } else if text.trim_start().starts_with('[') {
        task(text, marks);
    } else if let Some((_, rest)) = text.split_once(" Comm: ").filter(|_| text.starts_with("CPU: ")) {
        marks.words(rest.split(' ').next().unwrap_or(rest).as_bytes(), Kind::Name);
    } else if !is_figure(text) {
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

/// `188 (victim) total-vm:1kB, …`.
fn killed(rest: &str, marks: &mut Marks<'_>) {
    let name =
        rest.split_once(" (").and_then(|(_, rest)| rest.split_once(')')).map_or(rest, |(name, _)| name);
    marks.words(name.as_bytes(), Kind::Name);
}

/// A row of the task table: numbers, and the process's name after them.
fn task(text: &str, marks: &mut Marks<'_>) {
    let row = text.trim_start();
    let Some((pid, rest)) = row.strip_prefix('[').and_then(|row| row.split_once(']')) else { return };
    if pid.trim() == "pid" {
        return;
    }
    for word in rest.split_whitespace() {
        if word.trim_start_matches('-').parse::<u64>().is_err() {
            marks.words(word.as_bytes(), Kind::Name);
        }
    }
}

fn is_figure(text: &str) -> bool {
    const STARTS: [&str; 6] = [
        "memory: usage ",
        "swap: usage ",
        "memory+swap: usage ",
        "kmem: usage ",
        "Tasks state ",
        "Out of memory and no",
    ];
    STARTS.iter().any(|start| text.starts_with(start))
        || is_stat(text)
        || text.contains("no killable processes")
}

/// `anon 4096`.
fn is_stat(text: &str) -> bool {
    flat_keyed(text).is_some_and(|(key, value)| {
        decimal(value).is_some()
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
    })
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
}
