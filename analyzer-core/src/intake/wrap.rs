//! Lines of a dump that a terminal or a mail program broke at its width.
//!
//! A piece is joined to the next only if neither is a line of a dump by itself
//! and both together are one.

use memchr::memmem;

use super::text::{Builder, Row, Text};
use crate::base::limits;
use crate::formats::goroutine_dump::lines as dump_line;

/// Narrower texts are not wrapped, they are short.
const LEAST_WIDTH: usize = 40;
/// Wider than any window: the longest line is a whole one.
const MOST_WIDTH: usize = 260;
/// Bytes of the kernel's clock at most.
const CLOCK_BYTES: usize = 24;
/// Pieces of one line at most.
const PIECES: usize = 8;

/// Joins what was broken; `None` if nothing was.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if memmem::find(&text.bytes, b"goroutine ").is_none() {
        return kernel(text);
    }
    let width = text.rows().map(|row| columns(row.bytes)).max()?;
    if !(LEAST_WIDTH..=MOST_WIDTH).contains(&width) {
        return None;
    }
    let rows: Vec<Row<'_>> = text.rows().collect();
    let mut out = Builder::with_capacity(text.bytes.len());
    let mut joined = 0;
    let mut index = 0;
    while let Some(row) = rows.get(index) {
        let rest = rows.get(index..).unwrap_or_default();
        match whole(rest, width) {
            Some((line, pieces)) => {
                out.line(&line, row.place);
                joined += 1;
                index += pieces;
            }
            None => {
                out.row(*row);
                index += 1;
            }
        }
    }
    (joined > 0).then(|| out.finish())
}

/// Lines of a kernel's log that a terminal broke: each begins with the clock, and what
/// does not is the rest of a line that reached the edge.
fn kernel(text: &Text<'_>) -> Option<Text<'static>> {
    if text.bytes.len() > limits::PASTE_BYTES {
        return None;
    }
    memmem::find(&text.bytes, b" limit ").or_else(|| memmem::find(&text.bytes, b"Killed process "))?;
    let rows: Vec<Row<'_>> = text.rows().collect();
    let width = rows.iter().filter(|row| has_clock(row.bytes)).map(|row| columns(row.bytes)).max()?;
    if !(LEAST_WIDTH..=MOST_WIDTH).contains(&width) {
        return None;
    }
    let mut out = Builder::with_capacity(text.bytes.len());
    let (mut joined, mut is_open) = (0, false);
    for (index, row) in rows.iter().enumerate() {
        let next = rows.get(index + 1).map(|row| row.bytes).unwrap_or_default();
        // The first line of a text may have lost its clock, or part of it.
        let lost = width.saturating_sub(columns(row.bytes));
        let is_full = lost == 0 || (index == 0 && lost <= CLOCK_BYTES && !has_clock(row.bytes));
        let is_broken = is_full && (is_open || index == 0 || has_clock(row.bytes));
        out.piece(row.bytes, row.place);
        is_open = is_broken && !next.trim_ascii().is_empty() && !has_clock(next);
        joined += usize::from(is_open);
        if row.is_ended && !is_open {
            out.end();
        }
    }
    (joined > 0).then(|| out.finish())
}

/// `[5193605.506735] `: seconds since boot.
fn has_clock(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"[") else { return false };
    let head = rest.get(..CLOCK_BYTES).unwrap_or(rest);
    let clock = memchr::memchr(b']', head).and_then(|end| head.get(..end)).unwrap_or_default();
    clock.contains(&b'.') && clock.iter().all(|byte| byte.is_ascii_digit() || b". ".contains(byte))
}

/// The line that begins in the first of these rows, and in how many of them it stands.
fn whole(rows: &[Row<'_>], width: usize) -> Option<(Vec<u8>, usize)> {
    let first = rows.first()?.bytes.trim_ascii_end();
    if let Some(next) = rows.get(1).map(|row| row.bytes.trim_ascii_end())
        && next.starts_with(b"+0x")
        && is_place(first)
        && columns(first) + 1 + columns(next) > width
    {
        return Some(([first, b" ", next].concat(), 2));
    }
    if first.is_empty() || is_line(first) {
        return None;
    }
    let mut line = first.to_vec();
    for (number, pair) in (2..=PIECES).zip(rows.windows(2)) {
        let [before, next] = pair else { return None };
        let (before, next) = (before.bytes.trim_ascii_end(), next.bytes.trim_ascii_end());
        let word = next.split(|byte| *byte == b' ').next().unwrap_or_default();
        let is_full = columns(before) == width;
        // The next word did not fit.
        if next.is_empty()
            || (!is_full && columns(before) + 1 + columns(word) <= width)
            || is_line(next) && !is_tail(next)
        {
            return None;
        }
        if !is_full {
            line.push(b' ');
        }
        line.extend_from_slice(next);
        if is_line(&line) {
            return Some((line, number));
        }
    }
    None
}

/// True for a header, a call or the place of one.
fn is_line(line: &[u8]) -> bool {
    let is_balanced = || {
        let count = |wanted: u8| line.iter().filter(|byte| **byte == wanted).count();
        count(b'(') == count(b')') && count(b'{') == count(b'}')
    };
    dump_line::is_header(line) || (dump_line::is_call(line) && is_balanced()) || is_place(line)
}

/// `\t/srv/app/main.go:31 +0x1d1`: a path and nothing before it.
fn is_place(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let is_path = text.starts_with(b"/") || text.get(1) == Some(&b':');
    is_path && dump_line::is_file_line(line) && memmem::find(line, b".go:").is_some()
}

/// True for the end of a place, which could be one by itself.
fn is_tail(line: &[u8]) -> bool {
    !line.starts_with(b"\t") && !line.starts_with(b"/") && dump_line::is_file_line(line)
}

/// Columns of a terminal: characters, with tabs to the next eighth.
fn columns(line: &[u8]) -> usize {
    line.iter().fold(0, |at, byte| match byte {
        b'\t' => at / 8 * 8 + 8,
        0x80..=0xbf => at,
        _ => at + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "goroutine 20 [chan send, 40 minutes]:\nexample.com/shop/hub.(*Hub).Broadcast(0xc0000b4000, {0xc0001a2000, 0x5, 0x5})\n\t/srv/app/hub/some/more/folders/than/usual/hub.go:44 +0xb1\n";

    fn peeled(text: &str) -> Option<String> {
        peel(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    /// Broken at a width, wherever that is.
    fn broken(width: usize) -> String {
        let break_line = |line: &str| {
            let chars: Vec<char> = line.chars().collect();
            let mut out = String::new();
            let mut room = if line.starts_with('\t') { width - 7 } else { width };
            let mut rest = chars.as_slice();
            while rest.len() > room {
                out.extend(rest.iter().take(room));
                out.push('\n');
                rest = &rest[room..];
                room = width;
            }
            out.extend(rest);
            out + "\n"
        };
        DUMP.lines().map(break_line).collect()
    }

    #[test]
    fn lines_that_a_terminal_broke_are_joined() {
        for width in [40, 50, 60, 61, 72] {
            assert_eq!(peeled(&broken(width)).as_deref(), Some(DUMP), "{width}");
        }
    }

    #[test]
    fn lines_that_a_mail_program_broke_at_a_blank_are_joined() {
        let text = DUMP.replace("0xc0000b4000, {0x", "0xc0000b4000,\n{0x");
        assert_eq!(peeled(&text).as_deref(), Some(DUMP));
    }

    #[test]
    fn whole_dumps_and_other_texts_stay() {
        assert_eq!(peeled(DUMP), None);
        assert_eq!(
            peeled("see goroutine 7, which waits for the lock of the hub (and for\nno other)\n"),
            None
        );
        let log = "2026-11-20 20:03:00 goroutine 7 took main.run(0x1, 0x2, 0x3, 0x4,\n2026-11-20 20:03:01 request done)\n";
        assert_eq!(peeled(log), None);
    }
}
