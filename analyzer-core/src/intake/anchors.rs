//! Where a line of a capture starts within a line of a log.
//!
//! What stands before it is the log's; see [`super::prefix`].

use memchr::memmem;

use crate::formats::goroutine_dump::lines as dump_line;
use crate::formats::oom_log;

/// Words of the kernel's out-of-memory record that start its lines.
const KERNEL: [&[u8]; 14] = [
    b"memory: usage ",
    b"memory+swap: usage ",
    b"swap: usage ",
    b"kmem: usage ",
    b"oom-kill:constraint=",
    b"Memory cgroup out of memory",
    b"Out of memory: Kill",
    b"Memory cgroup stats for ",
    b"Tasks state (memory values in pages)",
    b"Killed process ",
    b"oom_reaper: ",
    b"Mem-Info:",
    b"Call Trace:",
    b"Task in /",
];

/// Byte at which a capture's own text starts; `None` if the line is none of a capture's.
pub(super) fn find(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    header(line)
        .or_else(|| counted(line))
        .or_else(|| frame(line))
        .or_else(|| creator(line))
        .or_else(|| titled(line))
        .or_else(|| dump_line::race_access(line))
        .or_else(|| section(line))
        .or_else(|| kernel(line))
        .or_else(|| figure(line))
}

/// `goroutine 7 [running]:` up to the line's end.
pub(super) fn header(line: &[u8]) -> Option<usize> {
    if line.last() != Some(&b':') {
        return None;
    }
    memmem::find_iter(line, b"goroutine ")
        .find(|&at| is_word_start(line, at) && dump_line::is_header(line.get(at..).unwrap_or_default()))
}

/// `120 @ 0x43b2ce 0x40a1a5`, and the line of a frame below it.
fn counted(line: &[u8]) -> Option<usize> {
    if let Some(at) = memmem::find(line, b" @ 0x") {
        let before = line.get(..at)?;
        let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b':' | b'[' | b']' | b' ');
        let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let heap = before.iter().rev().take_while(|byte| is_part(byte)).count();
        let length = if before.ends_with(b"]") { heap } else { digits };
        return (length > 0).then_some(at - length);
    }
    let at = memmem::find(line, b"#\t0x")
        .or_else(|| memmem::find(line, b"# 0x"))
        .or_else(|| memmem::find(line, b"# labels: {"))
        .or_else(|| bare_counter(line));
    at.or_else(|| {
        let at = memmem::find(line, b"#  ")?;
        let rest = line.get(at + 1..)?.trim_ascii_start();
        rest.starts_with(b"0x").then_some(at)
    })
}

/// `0x822124\tnet/http.f+0x164\t/…`: the line of a frame without its mark.
fn bare_counter(line: &[u8]) -> Option<usize> {
    let at = memmem::find(line, b"0x").filter(|&at| is_word_start(line, at))?;
    let digits = line.get(at + 2..)?.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = line.get(at + 2 + digits..)?;
    (rest.first() == Some(&b'\t') && memmem::find(rest, b"+0x").is_some()).then_some(at)
}

/// A tab, a path and a line number: `\t/srv/app/main.go:31 +0x1d1`.
fn frame(line: &[u8]) -> Option<usize> {
    let go = memmem::rfind(line, b".go:")?;
    let tab = memchr::memrchr(b'\t', line.get(..go)?)?;
    let place = line.get(tab..)?;
    dump_line::is_file_line(place).then_some(tab)
}

/// `runtime/panic.go:965 +0x1b9` where its tab is lost: what stands before it, up to one
/// blank, is the log's. The indent of a line without a prefix is its own.
pub(super) fn bare_place(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    let go = memmem::rfind(line, b".go:")?;
    let head = line.get(..go)?;
    let start = memchr::memrchr(b' ', head)? + 1;
    let place = line.get(start..)?;
    let blanks = line.get(..start)?.iter().rev().take_while(|byte| **byte == b' ').count();
    let is_place = memmem::find(place, b" +0x").is_some() && dump_line::is_file_line(place);
    (is_place && blanks < start).then(|| start - (blanks - 1))
}

/// The first line of a panic or of a fatal error of the runtime.
pub(super) fn crash(line: &[u8]) -> Option<usize> {
    let words = [&b"panic: "[..], b"fatal error: "];
    words.iter().find_map(|word| memmem::find(line, word)).filter(|&at| is_word_start(line, at))
}

fn creator(line: &[u8]) -> Option<usize> {
    let at = memmem::find(line, b"created by ")?;
    let name = line.get(at + 11..)?;
    let name = memmem::find(name, b" in goroutine ").map_or(name, |end| name.get(..end).unwrap_or(name));
    (!name.is_empty() && !name.contains(&b' ') && name.contains(&b'.')).then_some(at)
}

/// Lines that start a text of their own.
fn titled(line: &[u8]) -> Option<usize> {
    const TITLES: [&[u8]; 9] = [
        b"goroutine profile: total ",
        b"goroutineleak profile: total ",
        b"heap profile: ",
        b"threadcreate profile: total ",
        b"# runtime.MemStats",
        b"# HELP ",
        b"# TYPE ",
        b"[rollup]",
        b"WARNING: DATA RACE",
    ];
    let (at, title) = TITLES.iter().find_map(|title| Some((memmem::find(line, title)?, *title)))?;
    if title == b"[rollup]" {
        // The line starts with two addresses, the first bytes of it.
        let words = line.split(|&byte| byte == b' ').filter(|word| word.contains(&b'-') && word.len() >= 17);
        let first = words.into_iter().next()?;
        return memmem::find(line, first);
    }
    is_word_start(line, at).then_some(at)
}

/// A title without indent of what kubectl prints, which is all of its line.
fn section(line: &[u8]) -> Option<usize> {
    let at = [&b"Containers:"[..], b"Conditions:", b"apiVersion: v1"]
        .iter()
        .find_map(|title| line.ends_with(title).then(|| line.len() - title.len()))?;
    // `- apiVersion: v1` is an entry of a list, and `Init Containers:` a title of its own.
    let before = line.get(..at)?;
    let is_own = before.iter().all(|byte| b" -".contains(byte))
        || before.ends_with(b"Init ")
        || before.ends_with(b"Ephemeral ");
    (!is_own && matches!(before.last(), Some(b' ' | b'\t' | b':'))).then_some(at)
}

/// A line of the kernel's out-of-memory record: where its own words start.
pub(super) fn kernel(line: &[u8]) -> Option<usize> {
    if let Some(at) = memmem::find(line, b" invoked oom-killer: ") {
        let name = line.get(..at)?.iter().rev().take_while(|byte| **byte != b' ' && **byte != b'\t').count();
        return Some(at - name);
    }
    let at = KERNEL.iter().filter_map(|words| memmem::find(line, words)).find(|&at| is_word_start(line, at));
    at.or_else(|| oom_log::task_row(line))
}

/// Keys of `memory.stat` that no other text has at the end of a line before a number.
const FLAT: [&[u8]; 14] = [
    b"anon",
    b"file",
    b"kernel_stack",
    b"pagetables",
    b"shmem",
    b"file_mapped",
    b"file_dirty",
    b"inactive_anon",
    b"active_anon",
    b"inactive_file",
    b"active_file",
    b"unevictable",
    b"slab_reclaimable",
    b"slab_unreclaimable",
];

/// A figure of a file: `anon 4096`, `Rss: 4 kB`, `# HeapSys = 4096`, `go_goroutines 7`, or a mapping.
fn figure(line: &[u8]) -> Option<usize> {
    let last = memchr::memrchr(b' ', line)?;
    let (before, value) = (line.get(..last)?, line.get(last + 1..)?);
    if value == b"kB" {
        let colon = memchr::memrchr(b':', before)?;
        let name =
            line.get(..colon)?.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        return (name > 1).then_some(colon - name);
    }
    if let Some(at) = memmem::find(before, b" = ").and_then(|_| memmem::rfind(before, b"# ")) {
        return Some(at);
    }
    if let Some(at) =
        [&b"go_"[..], b"process_", b"container_"].iter().find_map(|start| memmem::find(line, start))
    {
        let text = std::str::from_utf8(line.get(at..)?).ok()?;
        // `kube_pod_container_…` is a name of its own, and so is `job:container_…` of a recording rule.
        let is_name =
            at.checked_sub(1).and_then(|before| line.get(before)).is_none_or(|b| !b"_:".contains(b));
        let is_start = is_name && is_word_start(line, at);
        return (is_start && crate::formats::memstats::is_sample(text)).then_some(at);
    }
    if value.iter().all(u8::is_ascii_digit) {
        return flat(line, last);
    }
    None
}

/// Where `anon 4096` starts, whose blank is at `blank`; where pairs stand in a row, the first of them.
fn flat(line: &[u8], blank: usize) -> Option<usize> {
    let last_word = |bytes: &'_ [u8]| {
        let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b':' | b'|' | b'"');
        bytes.len() - bytes.iter().rev().take_while(|byte| !is_end(byte)).count()
    };
    let mut found = None;
    let mut blank = blank;
    loop {
        let before = line.get(..blank)?;
        let key = last_word(before);
        let word = before.get(key..)?;
        let is_key = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
        if !(FLAT.contains(&word) || (found.is_some() && !word.is_empty() && word.iter().all(is_key))) {
            return found;
        }
        found = Some(key);
        let Some(before) = line.get(..key)?.strip_suffix(b" ") else { return found };
        let number = last_word(before);
        let is_number = before.get(number..)?.iter().all(u8::is_ascii_digit) && number < before.len();
        match number.checked_sub(1) {
            Some(at) if is_number && line.get(at) == Some(&b' ') => blank = at,
            _ => return found,
        }
    }
}

fn is_word_start(line: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| line.get(before)).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// How well lines follow one another: a header is followed by a call, a call by its place,
/// what the kernel chose by its kill. Streams that a log mixed are taken apart if this rises.
pub(super) fn order(bytes: &[u8]) -> usize {
    let mut fits = 0;
    let mut was_header = false;
    let mut was_call = false;
    let mut chosen: &[u8] = b"";
    for (line, _) in super::text::split_lines(bytes) {
        let is_call = line.ends_with(b")") && dump_line::is_call(line);
        let is_place = line.first() == Some(&b'\t') && dump_line::is_file_line(line);
        let is_frame = line.starts_with(b"#\t");
        fits += usize::from((was_header && (is_call || is_frame)) || (was_call && is_place));
        was_header = line.starts_with(b"goroutine ") || memmem::find(line, b" @ 0x").is_some();
        was_call = is_call || line.starts_with(b"created by ");
        let killed = memmem::find(line, b"Killed process ").and_then(|at| line.get(at + 15..));
        let is_kill = !chosen.is_empty() && killed.is_some_and(|pid| pid.starts_with(chosen));
        fits += usize::from(is_kill);
        chosen = pid_of_choice(line);
    }
    fits
}

/// The process in `oom-kill:constraint=…,pid=42,uid=0`.
fn pid_of_choice(line: &[u8]) -> &[u8] {
    let pid = memmem::find(line, b"oom-kill:constraint=").and_then(|_| memmem::rfind(line, b",pid="));
    let digits = pid.and_then(|at| line.get(at + 5..)).unwrap_or_default();
    digits.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_capture_is_found_behind_what_a_log_put_there() {
        for (line, at) in [
            ("goroutine 1 [running]:", Some(0)),
            ("shop-1  | goroutine 1 [running]:", Some(10)),
            ("Z shop\t\t/srv/app/main.go:31 +0x1d1", Some(7)),
            ("> 120 @ 0x43b2ce 0x40a1a5", Some(2)),
            ("x #\t0x4b0e10\tmain.f+0xb0\t/srv/app/hub/hub.go:44", Some(2)),
            ("x: created by main.main in goroutine 1", Some(3)),
            ("this was created by a person", None),
            ("node: svc invoked oom-killer: gfp_mask=0xcc0", Some(6)),
            ("see goroutine 1 [running]: it hangs", None),
            ("12:00 request done", None),
        ] {
            assert_eq!(find(line.as_bytes()), at, "{line}");
        }
    }
}
