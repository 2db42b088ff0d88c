//! The line that begins a sample: `COMM PID[/TID] [CPU] TIME: PERIOD EVENT:`, each of them optional but the first two.

use super::frames::Row;
use crate::base::units::Nanos;

/// What the line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head<'a> {
    /// Name of the thread.
    pub comm: &'a [u8],
    /// Process, if it is told apart from the thread.
    pub pid: Option<u32>,
    /// Thread.
    pub tid: Option<u32>,
    /// Since the machine started, the first sample or the one before, as the options say.
    pub time: Option<Nanos>,
    /// What the sample stands for.
    pub period: Option<i64>,
    /// What was counted; empty if not told.
    pub event: &'a [u8],
    /// The only frame, of samples without a call chain.
    pub frame: Option<Row<'a>>,
}

/// Reads the line; `None` if it begins no sample.
pub(super) fn parse(line: &[u8]) -> Option<Head<'_>> {
    if line.first() == Some(&b'\t') {
        return None;
    }
    let (before, time, after) = match time(line) {
        Some((before, time, after)) => (before, Some(time), after),
        None => {
            let (before, event) = untimed(line)?;
            (before, None, event)
        }
    };
    let mut head = Head { time, ..Head::default() };
    thread(before, &mut head)?;
    event(after, &mut head);
    (head.time.is_some() || !head.event.is_empty()).then_some(head)
}

/// What stands before the time, the time, and what stands after.
fn time(line: &[u8]) -> Option<(&[u8], Nanos, &[u8])> {
    for colon in memchr::memchr_iter(b':', line.get(..512).unwrap_or(line)) {
        let before = line.get(..colon)?;
        if !line.get(colon + 1).is_none_or(u8::is_ascii_whitespace) {
            continue;
        }
        let start = before.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
        let word = before.get(start..)?;
        if let Some(time) = seconds(word).filter(|_| start > 0) {
            return Some((before.get(..start)?, time, line.get(colon + 1..)?));
        }
        // The event has come, and no time before it.
        if word.first().is_some_and(|byte| !byte.is_ascii_digit() && *byte != b'+') {
            return None;
        }
    }
    None
}

/// `3274.775640`, with microseconds or nanoseconds, `+` before a difference.
fn seconds(word: &[u8]) -> Option<Nanos> {
    let word = word.strip_prefix(b"+").unwrap_or(word);
    let dot = memchr::memchr(b'.', word)?;
    let (whole, fraction) = (number(word.get(..dot)?)?, word.get(dot + 1..)?);
    let scale = match fraction.len() {
        3 => 1_000_000,
        6 => 1_000,
        9 => 1,
        _ => return None,
    };
    let nanos = number(fraction)?.checked_mul(scale)?;
    whole.checked_mul(1_000_000_000)?.checked_add(nanos).map(Nanos)
}

/// What stands before the event of a line without a time, and the event with its period.
fn untimed(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr_iter(b':', line.get(..512).unwrap_or(line))
        .find(|colon| line.get(colon + 1).is_none_or(u8::is_ascii_whitespace))?;
    let start = line.get(..colon)?.iter().rposition(u8::is_ascii_whitespace)? + 1;
    let before = line.get(..start)?;
    // `COMM PID PERIOD EVENT:` or `COMM PID EVENT:`: of two numbers the last is the period.
    let words = before.trim_ascii_end();
    let last = words.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    let rest = words.get(..last)?.trim_ascii_end();
    let is_number = |word: &[u8]| number(word).is_some();
    let before_last = rest.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    let has_thread =
        rest.get(before_last..).is_some_and(|word| ids(word).is_some() || cpu(word)) && before_last > 0;
    if is_number(words.get(last..)?) && has_thread {
        return Some((rest, line.get(last..)?));
    }
    Some((before, line.get(start..)?))
}

/// `COMM PID/TID [CPU]`.
fn thread<'a>(text: &'a [u8], head: &mut Head<'a>) -> Option<()> {
    let mut rest = text.trim_ascii();
    let mut last = last_word(rest)?;
    // Letters of `-F misc` and of `-F flags` stand there too.
    while cpu(last) || (last.len() <= 2 && last.iter().all(u8::is_ascii_uppercase)) {
        rest = rest.get(..rest.len() - last.len())?.trim_ascii_end();
        last = last_word(rest)?;
    }
    let (pid, tid) = ids(last)?;
    (head.pid, head.tid) = (pid, Some(tid));
    head.comm = rest.get(..rest.len() - last.len())?.trim_ascii();
    (!head.comm.is_empty()).then_some(())
}

fn last_word(text: &[u8]) -> Option<&[u8]> {
    let start = text.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    text.get(start..).filter(|word| !word.is_empty())
}

/// `[003]`.
fn cpu(word: &[u8]) -> bool {
    word.strip_prefix(b"[")
        .and_then(|word| word.strip_suffix(b"]"))
        .is_some_and(|word| number(word).is_some())
}

/// `9487` or `9480/9487`; `-1` is a thread that is gone.
fn ids(word: &[u8]) -> Option<(Option<u32>, u32)> {
    let id = |word: &[u8]| {
        if word == b"-1" { Some(u32::MAX) } else { number(word).and_then(|id| u32::try_from(id).ok()) }
    };
    match memchr::memchr(b'/', word) {
        Some(slash) => Some((Some(id(word.get(..slash)?)?), id(word.get(slash + 1..)?)?)),
        None => Some((None, id(word)?)),
    }
}

/// `PERIOD EVENT:` and what follows.
fn event<'a>(text: &'a [u8], head: &mut Head<'a>) {
    let mut rest = text.trim_ascii();
    let word = |rest: &'a [u8]| {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        rest.split_at_checked(end).unwrap_or((rest, &[]))
    };
    let (first, after) = word(rest);
    if let Some(period) = number(first) {
        head.period = Some(period);
        rest = after.trim_ascii_start();
    }
    let (name, after) = word(rest);
    if name.starts_with(b"PERF_RECORD_") {
        head.event = name;
        return;
    }
    if let Some(name) = name.strip_suffix(b":").filter(|name| is_event(name)) {
        head.event = name;
        rest = after.trim_ascii_start();
    }
    head.frame = Row::of(rest).filter(|row| row.is_named());
}

/// Names of events have no quotes, brackets or escapes: those are of a text in JSON or of other files.
fn is_event(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-:/,.=+@%*~".contains(byte))
}

fn number(word: &[u8]) -> Option<i64> {
    if word.is_empty() || word.len() > 19 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(line: &str) -> (String, Option<u32>, Option<u32>, Option<i64>, Option<i64>, String) {
        let head = parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(head.comm), head.pid, head.tid, head.time.map(|time| time.0), head.period, text(head.event))
    }

    #[test]
    fn all_forms_of_the_line_are_read() {
        let name = |name: &str| name.to_owned();
        let some = Some::<i64>;
        for (line, expected) in [
            (
                "video  9487  3274.775640:   10101010 cpu-clock:ppp: ",
                (
                    name("video"),
                    None,
                    Some(9487),
                    some(3_274_775_640_000),
                    some(10_101_010),
                    name("cpu-clock:ppp"),
                ),
            ),
            (
                "java 12/34 [002] 1.000000001: cycles:u: ",
                (name("java"), Some(12), Some(34), some(1_000_000_001), None, name("cycles:u")),
            ),
            ("Web Content 1 2 [001] 0.5: 7 cpu/cycles/: ", (name("x"), None, None, None, None, name(""))),
            (
                "kworker/0:1-eve    22 [000]    7.000000:     1 sched:sched_switch: prev_comm=a b:c",
                (
                    name("kworker/0:1-eve"),
                    None,
                    Some(22),
                    some(7_000_000_000),
                    some(1),
                    name("sched:sched_switch"),
                ),
            ),
            ("video 9487 cpu-clock: ", (name("video"), None, Some(9487), None, None, name("cpu-clock"))),
            (
                "video 9487 10101010 cpu-clock: ",
                (name("video"), None, Some(9487), None, some(10_101_010), name("cpu-clock")),
            ),
            (
                "go 1.2 x 9487/9488 +0.000123: ",
                (name("go 1.2 x"), Some(9487), Some(9488), some(123_000), None, name("")),
            ),
            (
                ":-1 -1 [000] 3.000000: 1 cycles: ",
                (name(":-1"), None, Some(u32::MAX), some(3_000_000_000), some(1), name("cycles")),
            ),
        ] {
            if line.contains("0.5:") {
                assert!(
                    parse(line.as_bytes()).is_none_or(|head| head.time.is_none()),
                    "a tenth of a second is no time of perf's"
                );
                continue;
            }
            assert_eq!(head(line), expected, "{line}");
        }
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "video",
            "\t 2823c3 main.hash+0x18 (/srv/video)",
            "error: no such file",
            "2024-01-01 12:00:00 started",
            "a: b",
            r#"{"m":"55d0-7ffe ---p 00000000 00:00 0   [rollup]\nRss:  12 kB"}"#,
            "12: x",
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
    }
}
