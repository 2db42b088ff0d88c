//! What one line of the kernel's record says, in the words of every version.

use crate::evidence::oom::OomScope;
use crate::formats::record::decimal;

/// A line of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// `api invoked oom-killer: gfp_mask=...`.
    Invoked { command: &'a str },
    /// `Task in A killed as a result of limit of B` (up to 4.20); either part where a printer broke the line.
    Limit { task: Option<&'a str>, limit: Option<&'a str> },
    /// `memory: usage 1kB, limit 2kB, failcnt 3`, in KiB.
    Usage { of: Counter, usage: i64, limit: i64, failcnt: i64 },
    /// `Memory cgroup stats for PATH:`, up to 5.2 with the figures behind it.
    Stats { path: &'a str, figures: &'a str },
    /// The heading of the task table, from `uid` on.
    Columns(&'a str),
    /// A row of the task table.
    Task { pid: u64, cells: &'a str },
    /// `oom-kill:constraint=...` (5.0 and later).
    Constraint(&'a str),
    /// `Kill process 1 (a) score 2 or sacrifice child` (up to 5.0).
    Chosen(Victim<'a>),
    /// `Killed process 1 (a) total-vm:...`.
    Killed(Victim<'a>),
    /// `oom_reaper: reaped process 1 (a)` (4.6 and later).
    Reaped(Victim<'a>),
    /// `Tasks in PATH are going to be killed due to memory.oom.group set` (4.19 and later).
    Group { path: &'a str },
    /// Nothing could be killed; true if the kernel then stopped the machine.
    Unkillable { is_panic: bool },
    /// The tables of the machine's memory begin.
    MachineMemory,
    /// A function of the call trace.
    Frame(&'a str),
    /// None of these.
    Other,
}

/// Which counter a line of usage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    Memory,
    Swap,
    Kmem,
}

/// A process as a line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Victim<'a> {
    pub pid: u64,
    pub name: &'a str,
    /// What stands behind the name.
    pub sizes: &'a str,
    /// Who ran out, as the words before it say.
    pub scope: Option<OomScope>,
}

impl Victim<'_> {
    /// `anon-rss:12kB`, in KiB.
    pub fn kib(&self, key: &str) -> Option<i64> {
        let (_, after) = self.sizes.split_once(key)?;
        decimal(after.split("kB").next()?)
    }
}

const COUNTERS: [(&str, Counter); 4] = [
    ("memory: usage ", Counter::Memory),
    ("memory+swap: usage ", Counter::Swap),
    ("swap: usage ", Counter::Swap),
    ("kmem: usage ", Counter::Kmem),
];

const RESULT: &str = "killed as a result of limit of ";

impl<'a> Said<'a> {
    /// Reads a message without its prefix.
    pub fn of(text: &'a str) -> Self {
        let text = text.trim();
        table(text)
            .or_else(|| words(text))
            .or_else(|| kill(text))
            .or_else(|| frame(text).map(Said::Frame))
            .unwrap_or(Said::Other)
    }
}

fn words(text: &str) -> Option<Said<'_>> {
    if let Some((command, _)) = text.split_once(" invoked oom-killer: ") {
        return Some(Said::Invoked { command: command.trim() });
    }
    if let Some((rest, of)) = COUNTERS.iter().find_map(|(start, of)| Some((text.strip_prefix(start)?, *of))) {
        return usage(rest, of);
    }
    if let Some(rest) = text.strip_prefix("Memory cgroup stats for ") {
        // The names of containers hold colons.
        let (path, figures) = rest.split_once(": ").unwrap_or((rest.trim_end_matches(':'), ""));
        return Some(Said::Stats { path, figures });
    }
    if let Some(rest) = text.strip_prefix("Tasks in ") {
        let (path, _) = rest.split_once(" are going to be killed")?;
        return Some(Said::Group { path });
    }
    if let Some(limit) = text.strip_prefix(RESULT) {
        return Some(Said::Limit { task: None, limit: Some(limit) });
    }
    if let Some(rest) = text.strip_prefix("Task in ").filter(|rest| rest.starts_with('/')) {
        let (task, limit) =
            rest.split_once(RESULT).map_or((rest, None), |(task, limit)| (task, Some(limit.trim())));
        return Some(Said::Limit { task: Some(task.trim()), limit });
    }
    if let Some(fields) = text.strip_prefix("oom-kill:") {
        return Some(Said::Constraint(fields));
    }
    if text.contains("no killable processes") || text.contains("System is deadlocked on memory") {
        return Some(Said::Unkillable { is_panic: text.contains("panic") });
    }
    is_of_tables(text).then_some(Said::MachineMemory)
}

/// What the last lines of these tables count.
const PAGES: [&str; 4] = [" pages RAM", " pages HighMem/MovableOnly", " pages reserved", " pages hwpoisoned"];

/// A line of the tables of the machine's memory (mm/show_mem.c): `Mem-Info:`, `Node 0 active_anon:4kB …`,
/// `lowmem_reserve[]: 0 0`, `1012736 pages RAM`.
fn is_of_tables(text: &str) -> bool {
    let is_pages = || {
        let count = PAGES.iter().find_map(|of| text.strip_suffix(of));
        count.is_some_and(|count| decimal(count).is_some())
    };
    text.starts_with("Mem-Info:")
        || text.starts_with("lowmem_reserve[]:")
        || (text.starts_with("Node ") && text.contains(" active_anon:"))
        || is_pages()
}

/// `184320kB, limit 184320kB, failcnt 63`.
fn usage(text: &str, of: Counter) -> Option<Said<'_>> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(decimal);
    Some(Said::Usage { of, usage: numbers.next()?, limit: numbers.next()?, failcnt: numbers.next()? })
}

fn kill(text: &str) -> Option<Said<'_>> {
    if let Some((_, rest)) = text.split_once("oom_reaper: reaped process ") {
        return victim(rest, None).map(Said::Reaped);
    }
    let at = text.find("Killed process ").or_else(|| text.find("Kill process "))?;
    let (before, rest) = text.split_at_checked(at)?;
    let scope = if before.contains("emory cgroup out of memory") {
        Some(OomScope::Group)
    } else if before.contains("Out of memory") {
        Some(OomScope::Machine)
    } else {
        None
    };
    if let Some(rest) = rest.strip_prefix("Killed process ") {
        return victim(rest, scope).map(Said::Killed);
    }
    let chosen = victim(rest.strip_prefix("Kill process ")?, scope)?;
    // A process that shares the victim's memory is killed with it, and holds none of its own.
    (!chosen.sizes.contains("sharing same memory")).then_some(Said::Chosen(chosen))
}

/// `42 (svc) total-vm:...`, `42, UID 0, (svc) total-vm:...`, `42 ((sd-pam)), UID 0, total-vm:...`:
/// the name may hold brackets itself, so that what follows it is looked for.
fn victim(text: &str, scope: Option<OomScope>) -> Option<Victim<'_>> {
    const AFTER: [&str; 7] =
        [") total-vm:", "), UID ", ") score ", ") sharing same memory", "), now ", ") vsz:", ")"];
    let (before, rest) = text.split_once('(')?;
    let digits = before.find(|c: char| !c.is_ascii_digit()).unwrap_or(before.len());
    let pid = before.get(..digits)?.parse().ok()?;
    let end = AFTER.iter().find_map(|after| rest.rfind(after))?;
    Some(Victim { pid, name: rest.get(..end)?, sizes: rest.get(end + 1..)?, scope })
}

/// `[ pid ] uid ...` and `[ 42] 0 ...`.
fn table(text: &str) -> Option<Said<'_>> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    if inside.trim() == "pid" {
        return Some(Said::Columns(rest));
    }
    Some(Said::Task { pid: inside.trim().parse().ok()?, cells: rest })
}

/// Bytes of a line in which a row of the task table is looked for.
const ROW_BYTES: usize = 512;
/// Numbers of such a row before its name, in the shortest table.
const ROW_NUMBERS: usize = 7;

/// Where a row of the task table starts in a line, whatever a logger put before it: no other text has a
/// process in brackets, and its thread group, which is the same number, behind the user.
pub fn task_row(line: &[u8]) -> Option<usize> {
    let line = line.get(..ROW_BYTES).unwrap_or(line);
    memchr::memchr_iter(b'[', line).find(|&at| {
        let Some(rest) = line.get(at + 1..) else { return false };
        let Some((inside, cells)) = memchr::memchr(b']', rest).and_then(|end| rest.split_at_checked(end))
        else {
            return false;
        };
        let pid = inside.trim_ascii_start();
        let is_number = |word: &[u8]| {
            let digits = word.strip_prefix(b"-").unwrap_or(word);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        };
        let words = cells.get(1..).unwrap_or_default().split(u8::is_ascii_whitespace);
        let mut words = words.filter(|word| !word.is_empty()).peekable();
        let is_of = is_number(pid)
            && words.next().is_some_and(is_number)
            && words.next().is_some_and(|tgid| tgid == pid);
        let mut sizes = 0;
        while is_of && words.peek().is_some_and(|word| is_number(word)) {
            words.next();
            sizes += 1;
        }
        sizes + 2 >= ROW_NUMBERS && words.next().is_some()
    })
}

/// ` dump_header+0x71/0x285`, ` [<ffffffff8177e5da>] dump_header+0x90/0x229`. Frames with a
/// question mark are what lay on the stack, and prove nothing.
fn frame(text: &str) -> Option<&str> {
    let text = match text.strip_prefix("[<") {
        Some(rest) => rest.split_once(">]")?.1.trim_start(),
        None => text,
    };
    let (name, rest) = text.split_once("+0x")?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b));
    (is_name && rest.contains("/0x")).then_some(name)
}

/// Who ran out if this function called the OOM killer; `None` for those that both have.
pub fn caller(function: &str) -> Option<OomScope> {
    const GROUP: [&str; 6] =
        ["mem_cgroup_", "try_charge", "charge_memcg", "obj_cgroup_charge", "__mem_cgroup_", "__memcg_"];
    const MACHINE: [&str; 3] = ["__alloc_pages", "alloc_pages", "__alloc_frozen_pages"];
    let starts = |list: &[&str]| list.iter().any(|start| function.starts_with(start));
    if starts(&GROUP) {
        Some(OomScope::Group)
    } else if starts(&MACHINE) {
        Some(OomScope::Machine)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_brackets_and_blanks() {
        for (line, pid, name) in [
            ("Killed process 42 (svc) total-vm:1kB, anon-rss:2kB", 42, "svc"),
            ("Killed process 42 ((sd-pam)) total-vm:1kB, anon-rss:2kB", 42, "(sd-pam)"),
            ("Killed process 42 (a) b (c) total-vm:1kB, anon-rss:2kB", 42, "a) b (c"),
            ("Killed process 42 (Web Content), UID 1000, total-vm:1kB, anon-rss:2kB", 42, "Web Content"),
            ("Killed process 42, UID 0, (svc) total-vm:1kB, anon-rss:2kB", 42, "svc"),
            ("Killed process 42 (svc)", 42, "svc"),
        ] {
            let Said::Killed(victim) = Said::of(line) else { panic!("a kill: {line}") };
            assert_eq!((victim.pid, victim.name), (pid, name), "{line}");
            assert_eq!(victim.kib("anon-rss:"), line.contains("rss").then_some(2));
        }
    }

    #[test]
    fn rows_of_the_task_table_are_told_from_other_brackets() {
        let row = "[ 117460]   101 117460    33500     1804   114688     1068           998 nginx";
        assert_eq!(task_row(row.as_bytes()), Some(0));
        assert_eq!(task_row(format!("kern: info: [2024-08-22T17:52:26.3Z]: {row}").as_bytes()), Some(38));
        for line in [
            "[ 117460]   101 117461    33500     1804   114688     1068           998 nginx",
            "[ 117460]   101 117460    33500     1804",
            "[   39.423983] anon 4096",
            "[42] 0 42 listening on 8080",
            "[1] 0 1 2 3 4 5 6",
        ] {
            assert_eq!(task_row(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_path_may_hold_colons() {
        let line = "Memory cgroup stats for /pod.slice:cri-containerd:aa: cache:0KB rss:4KB";
        let expected = Said::Stats { path: "/pod.slice:cri-containerd:aa", figures: "cache:0KB rss:4KB" };
        assert_eq!(Said::of(line), expected);
    }

    #[test]
    fn only_sure_frames_count() {
        assert_eq!(Said::of(" [<ffffffff8177e5da>] dump_header+0x90/0x229"), Said::Frame("dump_header"));
        assert_eq!(Said::of(" ? __alloc_pages_slowpath+0xa90/0xe50"), Said::Other);
    }
}
