//! Lines between captures in one text: prompts with their commands, `==> file <==`,
//! fences, headings that name a file, the head of an HTTP answer.

use crate::base::source::file_name;
use crate::formats::{cgroup, proc};

/// What a line says of the lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Another text starts, which this file holds if it is named.
    Start(Option<String>),
    /// A text starts or ends in a frame of its own; a heading above names it.
    Fence,
    /// A prompt without a command, which is of no text.
    Prompt,
    /// The texts of several files follow one another.
    Files(Vec<String>),
    /// The head of an HTTP answer starts; it ends with a blank line.
    HttpHead,
}

/// Programs that print captures: what follows a prompt is a command only if it is one of them.
const COMMANDS: [&str; 36] = [
    "cat",
    "head",
    "tail",
    "less",
    "more",
    "grep",
    "egrep",
    "zcat",
    "curl",
    "wget",
    "kubectl",
    "oc",
    "docker",
    "podman",
    "crictl",
    "nerdctl",
    "dmesg",
    "journalctl",
    "go",
    "ps",
    "free",
    "top",
    "pmap",
    "sudo",
    "nsenter",
    "ssh",
    "kill",
    "for",
    "cd",
    "ls",
    "echo",
    "date",
    "uname",
    "strata",
    "exit",
    "watch",
];
/// What stands last in a prompt.
const PROMPT_ENDS: [char; 12] = ['$', '#', '%', '>', '+', '❯', ']', '➜', '✗', '~', '»', 'λ'];
/// How the names of files with one number end.
const NUMBER_ENDS: [&str; 8] =
    [".current", ".max", ".high", ".low", ".min", ".peak", "_in_bytes", ".failcnt"];
/// Bytes of a prompt at most.
const PROMPT_BYTES: usize = 100;

/// What a line marks; `None` if it is one of a text.
pub(super) fn mark(line: &[u8]) -> Option<Mark> {
    let line = std::str::from_utf8(line.get(..512).unwrap_or(line)).ok()?.trim();
    if line.starts_with("HTTP/1.") || line.starts_with("HTTP/2 ") {
        return Some(Mark::HttpHead);
    }
    if line.starts_with("```") || line.starts_with("~~~") {
        return Some(Mark::Fence);
    }
    if let Some(name) = line.strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <==")) {
        return Some(Mark::Start(named(name)));
    }
    command(line).or_else(|| heading(line))
}

/// `$`, `root@host:/#`: a prompt without a command.
fn is_prompt(line: &str) -> bool {
    let ends = line.ends_with(['$', '#']);
    line == "$" || (ends && line.contains('@') && line.contains(':') && !line.contains(' '))
}

/// `user@host:/# cat memory.max`, `$ curl …`, `+ dmesg`.
fn command(line: &str) -> Option<Mark> {
    if let Some(command) = line.strip_prefix("$ ") {
        return Some(read_by(command));
    }
    // A prompt of root that lost its blank.
    if let Some(command) = line.strip_prefix('#')
        && let Some((word, _)) = command.split_once(' ')
        && COMMANDS.contains(&word)
        && command.contains(" -")
    {
        return Some(read_by(command));
    }
    if is_prompt(line) {
        return Some(Mark::Prompt);
    }
    // A command that was pasted without its prompt.
    let mut words = line.split(' ');
    if words.next() == Some("cat") && words.clone().count() > 0 && words.all(|word| word.starts_with('/')) {
        return Some(read_by(line));
    }
    let head = line.get(..line.floor_char_boundary(PROMPT_BYTES))?;
    let starts = head.match_indices(PROMPT_ENDS).map(|(at, end)| at + end.len());
    let command = starts.filter_map(|at| line.get(at..)?.strip_prefix(' ')).find(|rest| {
        let word = rest.split_whitespace().next().unwrap_or_default();
        COMMANDS.contains(&file_name(word))
    })?;
    Some(read_by(command))
}

/// What a command prints: a file, if it is one, or several of one number each.
fn read_by(command: &str) -> Mark {
    let mut words = command.split_whitespace();
    let files: Vec<String> = match words.next() {
        Some("cat") => words.filter(|word| !word.starts_with('-')).map_while(named).collect(),
        _ => Vec::new(),
    };
    match files.split_last() {
        Some((_, before)) if !before.is_empty() && before.iter().all(|name| is_number(name)) => {
            Mark::Files(files)
        }
        _ => Mark::Start(file_of(command)),
    }
}

/// True if a file of a control group holds one number.
fn is_number(name: &str) -> bool {
    cgroup::FILES.contains(&name) && NUMBER_ENDS.iter().any(|end| name.ends_with(end))
}

/// The file that a command prints, if it is one.
fn file_of(command: &str) -> Option<String> {
    let command = command.split(['|', ';', '>']).next().unwrap_or_default();
    let words = || command.split_whitespace();
    if words().any(|word| word == "dmesg" || word == "journalctl") {
        return Some("dmesg.txt".to_owned());
    }
    let reads = words().any(|word| {
        ["cat", "head", "tail", "less", "more", "curl", "wget", "zcat"].contains(&file_name(word))
    });
    let last = words().rev().find(|word| !word.starts_with('-'))?;
    reads.then(|| named(last)).flatten()
}

/// `memory.max:`, `### memory.stat`, `**/proc/1/status**`: only of files that have a name of their own.
fn heading(line: &str) -> Option<Mark> {
    let is_frame =
        |c: char| matches!(c, '#' | '*' | '`' | ':' | '-' | '=' | '_' | '[' | ']' | ' ' | '(' | ')');
    let name = line.trim_matches(is_frame);
    let is_framed = name.len() < line.len() || name.starts_with('/');
    let file = file_name(name);
    let is_file = !name.contains(' ')
        && (cgroup::FILES.contains(&file)
            || proc::NAMES.contains(&file)
            || (name.starts_with("/proc/") && name.len() > 7));
    // A key of a manifest.
    let is_key = matches!(line, "status:" | "stat:");
    (is_framed && is_file && !is_key).then(|| Mark::Start(named(name)))
}

/// A file's name within a text: the last part of a path or an address.
fn named(path: &str) -> Option<String> {
    let path = path.trim_matches(['"', '\'', '`']);
    let path = path.split(['?', '&']).next().unwrap_or_default();
    let name = file_name(path.trim_end_matches('/'));
    let is_name = !name.is_empty() && name != "-" && !name.starts_with('.') && name.len() <= 128;
    is_name.then(|| name.to_owned())
}

/// The file and the rest of a line of `grep . *`: `memory.events:oom 2`.
pub(super) fn grepped(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = memchr::memchr(b':', line.get(..256).unwrap_or(line))?;
    let path = std::str::from_utf8(line.get(..colon)?).ok()?;
    let file = file_name(path);
    (cgroup::FILES.contains(&file) && !path.contains(' ')).then_some((path, line.get(colon + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_headings_and_heads_are_told_from_text() {
        let start = |name: &str| Some(Mark::Start(Some(name.to_owned())));
        for (line, expected) in [
            ("$ cat memory.max", start("memory.max")),
            ("/ # cat /proc/1/smaps_rollup", start("smaps_rollup")),
            ("root@pod:/sys/fs/cgroup# head -n 40 memory.stat", start("memory.stat")),
            ("[me@host ~]$ sudo dmesg -T | tail", start("dmesg.txt")),
            ("$ curl -s localhost:6060/debug/pprof/goroutine?debug=2", start("goroutine")),
            ("$ kubectl top pod", Some(Mark::Start(None))),
            ("$ exit", Some(Mark::Start(None))),
            ("#free -h", Some(Mark::Start(None))),
            ("#free memory is low", None),
            ("==> memory.events <==", start("memory.events")),
            ("### memory.stat", start("memory.stat")),
            ("**/proc/1/status**", start("status")),
            ("memory.max:", start("memory.max")),
            ("```text", Some(Mark::Fence)),
            ("cat /sys/fs/cgroup/memory/memory.stat", start("memory.stat")),
            ("cat ate the /sys", None),
            ("$", Some(Mark::Prompt)),
            ("root@pod:/srv#", Some(Mark::Prompt)),
            ("\u{279c}  ~ cat memory.max", start("memory.max")),
            ("status:", None),
            (
                "# cat memory.current memory.stat",
                Some(Mark::Files(vec!["memory.current".to_owned(), "memory.stat".to_owned()])),
            ),
            ("HTTP/1.1 200 OK", Some(Mark::HttpHead)),
            ("# HELP go_goroutines Number of goroutines", None),
            ("# runtime.MemStats", None),
            ("goroutine 1 [running]:", None),
            ("memory: usage 4kB, limit 8kB, failcnt 2", None),
            ("so I ran cat and it was > fine", None),
            ("120 @ 0x43b2ce 0x40a1a5", None),
        ] {
            assert_eq!(mark(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(grepped(b"a/memory.stat:anon 1"), Some(("a/memory.stat", &b"anon 1"[..])));
        assert_eq!(grepped(b"main.go:12"), None);
    }
}
