//! Damage to texts: lines, words and numbers, and bytes that are no text.

use std::ops::Range;

use fastrand::Rng;

use super::{number, part};

/// Words that mean something to a parser of Go's and the kernel's texts, or to what prints them.
const WORDS: [&[u8]; 24] = [
    b"goroutine ",
    b" [running]:\n",
    b"created by ",
    b" in goroutine ",
    b"0x",
    b" kB",
    b" minutes",
    b"# ",
    b"\r\n",
    b"\n\n",
    b"\0",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"\x1b[31m",
    b"<script>alert(1)</script>",
    b"\"",
    b"\\",
    b"{",
    b"[",
    b"NaN",
    b"-1",
    b"1e999",
    b"...",
    b"panic: ",
];

pub(super) fn mutate(text: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut output = text.to_vec();
    match random.u8(..9) {
        0 | 1 => replace_number(&mut output, random),
        2 => {
            let line = line(text, random);
            let copies = text[line.clone()].repeat(random.usize(1..20));
            output.splice(line.end..line.end, copies);
        }
        3 => drop(output.drain(line(text, random))),
        4 => {
            let (line, to) = (line(text, random), line(text, random));
            output.splice(to.start..to.start, text[line].iter().copied());
        }
        5 => {
            let (word, with) = (word(text, random), word(text, random));
            output.splice(word, text[with].iter().copied());
        }
        6 => {
            let at = random.usize(..=text.len());
            output.splice(at..at, WORDS[random.usize(..WORDS.len())].iter().copied());
        }
        7 => drop(output.drain(part(text.len(), random))),
        _ => {
            // A line without an end.
            let line = line(text, random);
            let body = text[line.start..line.end.saturating_sub(1).max(line.start)].to_vec();
            output.splice(line.start..line.start, body.repeat(random.usize(1..50)));
        }
    }
    output
}

fn replace_number(text: &mut Vec<u8>, random: &mut Rng) {
    let from = random.usize(..=text.len());
    let Some(start) = text[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let digits = text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = number(random);
    let written = match random.u8(..6) {
        0 => format!("{value:x}"),
        1 => format!("-{value}"),
        2 => format!("{value}{value}"),
        3 => format!("{}.{value}", value % 1000),
        _ => value.to_string(),
    };
    text.splice(start..start + digits, written.into_bytes());
}

fn line(text: &[u8], random: &mut Rng) -> Range<usize> {
    around(text, random, |byte| *byte == b'\n')
}

fn word(text: &[u8], random: &mut Rng) -> Range<usize> {
    around(text, random, |byte| byte.is_ascii_whitespace() || b":=,()[]{}\"".contains(byte))
}

/// What stands between two separators, the second included.
fn around(text: &[u8], random: &mut Rng, is_separator: impl Fn(&u8) -> bool) -> Range<usize> {
    let at = random.usize(..=text.len());
    let start = text[..at].iter().rposition(&is_separator).map_or(0, |at| at + 1);
    let end = text[at..].iter().position(&is_separator).map_or(text.len(), |end| at + end + 1);
    start..end
}
