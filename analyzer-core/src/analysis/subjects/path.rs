//! What a path says: whose capture it is, and of which moment.

use std::cmp::Ordering;

/// Folders that sort files by kind, not by process: they name no subject.
const CATEGORY_FOLDERS: &[&str] = &[
    "proc",
    "cgroup",
    "sys",
    "fs",
    "memory",
    "self",
    "pprof",
    "debug",
    "profile",
    "profiles",
    "goroutine",
    "goroutines",
    "heap",
    "cpu",
    "metrics",
    "log",
    "logs",
    "trace",
    "traces",
    "dump",
    "dumps",
    "k8s",
    "kernel",
];

/// Endings of archives and compressed files, longest first.
const ARCHIVE_ENDINGS: &[&str] = &[".tar.gz", ".tar.zst", ".tgz", ".tar", ".zip", ".gz", ".zst"];

/// The folders of a path, sorted by what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathParts {
    /// Folders that name the process or container, from the outermost.
    pub subject: Vec<String>,
    /// Label of the moment ("t0", "before", a time), if a folder or the file name holds one.
    pub snapshot: Option<String>,
}

/// Reads a path as dropped, archive levels included.
pub(super) fn split(path: &str) -> PathParts {
    let mut subject = Vec::new();
    let mut snapshot = None;
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let file = parts.pop().unwrap_or_default();
    let mut above = "";
    for part in parts {
        let name = without_archive_ending(part);
        // `proc/42` is a process, `task/43` a thread of it: neither is a moment.
        let is_id = matches!(above, "proc" | "task") && is_number(name);
        if is_snapshot_folder(name) && above != "proc" && !is_id {
            snapshot = Some(name.to_owned());
        } else if !is_category(name) && !is_id && !is_of_net(above, name) {
            subject.push(name.to_owned());
        }
        above = name;
    }
    let snapshot = snapshot.or_else(|| snapshot_token(file).map(str::to_owned));
    PathParts { subject, snapshot }
}

fn without_archive_ending(name: &str) -> &str {
    ARCHIVE_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `net`, `task` and what stands below them in `/proc` and `/proc/sys`.
fn is_of_net(above: &str, name: &str) -> bool {
    let is_below = |outer: &[&str]| outer.contains(&above) || is_snapshot_folder(above);
    match name {
        "net" => is_below(&["proc", "sys", "self"]),
        "task" => is_below(&["proc", "self", "task"]),
        "core" | "ipv4" | "ipv6" => above == "net",
        "vm" => above == "sys",
        _ => false,
    }
}

fn is_category(name: &str) -> bool {
    CATEGORY_FOLDERS.iter().any(|category| name.eq_ignore_ascii_case(category))
}

/// "t0", "snap-3", "before", "after_oom", "20261120T1015", "10:15:00", "3".
fn is_snapshot_folder(name: &str) -> bool {
    is_snapshot_token(name) || is_number(name) || moment_word(name).is_some() || looks_like_time(name)
}

/// `t` or a word for "snapshot", then a number.
fn is_snapshot_token(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    let digits = lower.trim_start_matches(|c: char| !c.is_ascii_digit());
    let word = lower.strip_suffix(digits).unwrap_or_default().trim_end_matches(['-', '_', '.']);
    is_number(digits) && matches!(word, "t" | "s" | "snap" | "snapshot" | "round" | "sample")
}

/// The part of a file name that is `t` and a number: `t0.goroutine.txt`, `heap-t1.pb.gz`.
fn snapshot_token(file: &str) -> Option<&str> {
    file.split(['.', '-', '_']).find(|token| {
        let digits = token.strip_prefix(['t', 'T']).unwrap_or_default();
        is_number(digits) && digits.len() <= 3
    })
}

/// Where a word puts its moment: before, amid or after the numbered ones.
fn moment_word(name: &str) -> Option<i8> {
    let lower = name.to_ascii_lowercase();
    let word = lower.split(['-', '_', '.']).next().unwrap_or_default();
    match word {
        "baseline" | "before" | "start" | "initial" | "first" => Some(-1),
        "during" => Some(1),
        "after" | "end" | "final" | "last" => Some(2),
        _ => None,
    }
}

fn looks_like_time(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let rest_is_punctuation = name.bytes().all(|byte| {
        byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b':' | b'.' | b'T' | b'Z' | b'+' | b' ')
    });
    digits >= 6 && rest_is_punctuation
}

/// Order of snapshot labels: words for "before", numbers by value, words for "after".
pub(super) fn compare_labels(a: &str, b: &str) -> Ordering {
    moment_word(a).unwrap_or(0).cmp(&moment_word(b).unwrap_or(0)).then_with(|| natural(a, b))
}

/// Order of files by their names; a browser's copies (`heap (1).pb.gz`) come
/// after the file that they are named after.
pub(super) fn compare_files(a: &str, b: &str) -> Ordering {
    let ((a, first), (b, second)) = (without_copy_number(a), without_copy_number(b));
    compare_labels(&a, &b).then(first.cmp(&second))
}

/// True if the name of a file says when it was taken among its like: by a word,
/// or by a number other than that of a browser's copy.
pub(super) fn names_an_order(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (name, _) = without_copy_number(name);
    let stem = name.split('.').next().unwrap_or_default();
    moment_word(stem).is_some() || stem.bytes().any(|byte| byte.is_ascii_digit())
}

/// `goroutine (2).txt` and `goroutine(2).txt` as `goroutine.txt` and 2.
fn without_copy_number(path: &str) -> (String, u32) {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let found = path.get(name..).and_then(|file| {
        let open = file.find('(')?;
        let close = open + file.get(open..)?.find(')')?;
        let number = file.get(open + 1..close)?.parse().ok()?;
        let stem = file.get(..open)?.trim_end();
        Some((format!("{}{stem}{}", path.get(..name)?, file.get(close + 1..)?), number))
    });
    found.unwrap_or_else(|| (path.to_owned(), 0))
}

/// Text order in which runs of digits compare by value: `t2` before `t10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        match (left.chars().next(), right.chars().next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (n, rest) = split_number(left);
                let (m, other) = split_number(right);
                match n.len().cmp(&m.len()).then_with(|| n.cmp(m)) {
                    Ordering::Equal => (left, right) = (rest, other),
                    order => return order,
                }
            }
            (Some(x), Some(y)) if x == y => {
                left = left.get(x.len_utf8()..).unwrap_or_default();
                right = right.get(y.len_utf8()..).unwrap_or_default();
            }
            (Some(x), Some(y)) => return x.cmp(&y),
        }
    }
}

/// The number at the start without leading zeros, and what follows it.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> (String, Option<String>) {
        let parts = split(path);
        (parts.subject.join("/"), parts.snapshot)
    }

    #[test]
    fn folders_say_subject_and_moment() {
        let some = |label: &str| Some(label.to_owned());
        assert_eq!(parts("pricing/t0/proc/smaps"), ("pricing".into(), some("t0")));
        assert_eq!(parts("pricing/gctrace.log"), ("pricing".into(), None));
        assert_eq!(parts("pod.tar.gz/t1/heap.pb.gz"), ("pod".into(), some("t1")));
        assert_eq!(parts("before.tgz/heap.pb.gz"), (String::new(), some("before")));
        assert_eq!(parts("case/t0.goroutine.debug2.txt"), ("case".into(), some("t0")));
        assert_eq!(parts("doomed/after_oom/dmesg.txt"), ("doomed".into(), some("after_oom")));
        assert_eq!(parts("x/2026-11-20T10:15:00/smaps"), ("x".into(), some("2026-11-20T10:15:00")));
        assert_eq!(parts("proc/1234/smaps"), (String::new(), None));
        assert_eq!(parts("10b-cgo-malloc/t2/cgroup/memory.stat"), ("10b-cgo-malloc".into(), some("t2")));
        assert_eq!(parts("heap.pb.gz"), (String::new(), None));
    }

    #[test]
    fn labels_are_ordered_by_word_then_number() {
        let mut labels = ["after_oom", "t10", "t2", "before", "t0"];
        labels.sort_by(|a, b| compare_labels(a, b));
        assert_eq!(labels, ["before", "t0", "t2", "t10", "after_oom"]);
    }
}
