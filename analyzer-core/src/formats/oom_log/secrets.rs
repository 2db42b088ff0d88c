//! Of kernel logs, the figures and words of an out-of-memory kill stay, and when
//! it was; hosts, names of processes, paths of control groups and all other lines
//! do not.

use super::event::parts;
use super::line::{Said, caller};
use super::prefix::strip;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::record::{decimal, flat_keyed};
use crate::formats::redaction::{CLOCK, Kind, Marks, OOM, is_kernel_key, is_time};

/// Marks a log.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let text = line.text();
        let (message, _) = strip(text);
        let before = message.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        prefix(text.get(..before).unwrap_or_default(), marks);
        let mut last = message.get(..0).unwrap_or_default();
        for part in parts(message) {
            // The escape between two lines stays.
            let gap = part.as_ptr().addr().saturating_sub(message.as_ptr().addr());
            let end = last.as_ptr().addr().saturating_sub(message.as_ptr().addr()) + last.len();
            marks.keep(message.get(end..gap).unwrap_or_default().as_bytes());
            last = part;
            self::message(part, marks);
        }
    }
    Ok(())
}

/// What a logger puts before a message: times, a level, and the host, which may be an address.
fn prefix(text: &str, marks: &mut Marks<'_>) {
    // `4,559,39423983,-;`
    if let Some(fields) = text.strip_suffix(';') {
        return fields
            .split(',')
            .filter(|field| field.parse::<u64>().is_ok())
            .for_each(|field| marks.keep(field.as_bytes()));
    }
    let mut is_after_month = false;
    for word in text.split([' ', '[', ']', '<', '>']) {
        let bare = word.trim_matches([':', ',', ';']);
        let is_small = bare.len() <= 4 && bare.bytes().all(|byte| byte.is_ascii_digit());
        let is_seconds = || {
            let (whole, part) = bare.split_once('.').unwrap_or_default();
            let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            !whole.is_empty() && whole.len() <= 9 && part.len() == 6 && is_digits(whole) && is_digits(part)
        };
        let is_month = CLOCK.contains(bare.as_bytes());
        let is_thread =
            bare.strip_prefix('T').is_some_and(|digits| digits.len() <= 7 && digits.parse::<u32>().is_ok());
        if is_month
            || is_time(bare.as_bytes())
            || is_seconds()
            || is_thread
            || (is_small && (is_after_month || text.starts_with('<')))
        {
            marks.keep(word.as_bytes());
        } else if is_small && text.contains(':') {
            // The year behind the time of a date.
            if bare.len() == 4 {
                marks.keep(word.as_bytes())
            } else {
                marks.words(word.as_bytes(), Kind::Name)
            }
        } else {
            marks.words(word.as_bytes(), Kind::Name);
        }
        is_after_month = is_month || (is_after_month && bare.is_empty());
    }
}

/// Keeps what of a text is before a part of it, and what is after.
fn around(text: &str, part: &str, marks: &mut Marks<'_>) {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    marks.keep_known(text.get(..start).unwrap_or_default().as_bytes(), &OOM);
    marks.keep_known(text.get(start + part.len()..).unwrap_or_default().as_bytes(), &OOM);
}

fn message(text: &str, marks: &mut Marks<'_>) {
    match Said::of(text) {
        Said::Invoked { command } => {
            marks.words(command.as_bytes(), Kind::Name);
            around(text, command, marks);
        }
        Said::Limit { task, limit } => {
            let first = task.or(limit).unwrap_or_default();
            let last = limit.or(task).unwrap_or_default();
            let (start, end) = (offset(text, first), offset(text, last));
            marks.keep_known(text.get(..start).unwrap_or_default().as_bytes(), &OOM);
            marks.keep_known(text.get(start + first.len()..end).unwrap_or_default().as_bytes(), &OOM);
            task.into_iter().chain(limit).for_each(|path| marks.cgroup_path(path.as_bytes()));
        }
        Said::Stats { path, figures } => {
            marks.keep_known(text.get(..offset(text, path)).unwrap_or_default().as_bytes(), &OOM);
            marks.cgroup_path(path.as_bytes());
            let cells = figures.split_whitespace().filter(|cell| is_inline_stat(cell));
            cells.for_each(|cell| marks.keep(cell.as_bytes()));
        }
        Said::Group { path } => {
            marks.cgroup_path(path.as_bytes());
            around(text, path, marks);
        }
        Said::Constraint(fields) => {
            marks.keep_known(text.get(..offset(text, fields)).unwrap_or_default().as_bytes(), &OOM);
            constraint(fields, marks);
        }
        Said::Chosen(victim) | Said::Killed(victim) | Said::Reaped(victim) => {
            marks.words(victim.name.as_bytes(), Kind::Name);
            around(text, victim.name, marks);
        }
        Said::Task { cells, .. } => {
            marks.keep(text.get(..offset(text, cells)).unwrap_or_default().as_bytes());
            task(cells, marks);
        }
        Said::Usage { .. } | Said::Columns(_) | Said::MachineMemory | Said::Unkillable { .. } => {
            marks.keep_known(text.as_bytes(), &OOM);
        }
        // Of the kernel's functions, those that tell who ran out.
        Said::Frame(name) if caller(name).is_some() || name == "dump_header" => {
            marks.keep(name.as_bytes());
            let rest = text.get(offset(text, name) + name.len()..).unwrap_or_default();
            marks.keep(rest.split(' ').next().unwrap_or_default().as_bytes());
        }
        Said::Frame(_) => {}
        Said::Other if is_stat(text) => marks.keep(text.as_bytes()),
        Said::Other => {
            let is_known = ["CPU: ", "Tasks state ", "Memory cgroup out of memory"]
                .iter()
                .any(|start| text.starts_with(start));
            if is_known {
                let name = text
                    .split_once(" Comm: ")
                    .map_or("", |(_, rest)| rest.split(" Not tainted").next().unwrap_or(rest));
                let name = name.split(" Tainted").next().unwrap_or(name);
                marks.words(name.as_bytes(), Kind::Name);
                let before =
                    if name.is_empty() { text } else { text.get(..offset(text, name)).unwrap_or_default() };
                marks.keep_known(before.as_bytes(), &OOM);
            }
        }
    }
}

fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr()).min(text.len())
}

/// `constraint=…,oom_memcg=/a,task_memcg=/b,task=c,pid=1,uid=0`.
fn constraint(fields: &str, marks: &mut Marks<'_>) {
    for field in fields.split(',') {
        let Some((key, value)) = field.split_once('=') else { continue };
        match key {
            "oom_memcg" | "task_memcg" | "cpuset" => marks.cgroup_path(value.as_bytes()),
            "task" => marks.words(value.as_bytes(), Kind::Name),
            "constraint" | "nodemask" | "mems_allowed" | "pid" | "uid" => {
                marks.keep_known(value.as_bytes(), &OOM);
            }
            _ => continue,
        }
        marks.keep(key.as_bytes());
    }
}

/// A row of the task table: numbers, and the process's name after them.
fn task(cells: &str, marks: &mut Marks<'_>) {
    for word in cells.split_whitespace() {
        if word.trim_start_matches('-').parse::<u64>().is_ok() {
            marks.keep(word.as_bytes());
        } else {
            marks.words(word.as_bytes(), Kind::Name);
        }
    }
}

fn is_key(key: &str) -> bool {
    is_kernel_key(key.as_bytes())
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
    fn what_is_no_field_of_a_constraint_does_not_stay() {
        let text = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/q,r,oom_memcg=/kubepods/xy,zz,task_memcg=/kubepods/xy,task=ab cd,pid=188,uid=0 tail\n";
        let expected = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/*,x,oom_memcg=/kubepods/**,xx,task_memcg=/kubepods/**,task=** **,pid=188,uid=0 xxxx\n";
        let shown = redaction::shown(text, b'*', |input, marks| secrets(input, marks).unwrap());
        assert_eq!(shown, expected);
    }

    #[test]
    fn hosts_that_look_like_times_do_not_stay() {
        let text = "Nov 20 20:10:56 10.9.8.7 kernel: [   39.423983] anon 4096\n";
        let expected = "Nov 20 20:10:56 **.*.*.* kernel: [   39.423983] anon 4096\n";
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
                    [<xxxxxxxxxxxxxxxx>] dump_header+0x90/0x229\n\
                    Memory cgroup out of memory: Kill process 42 (***) score 1 or sacrifice child\n\
                    Killed process 42 (***), UID 0, total-vm:1kB, anon-rss:2kB\n";
        let shown = redaction::shown(text, b'*', |input, marks| secrets(input, marks).unwrap());
        assert_eq!(shown, expected);
    }
}
