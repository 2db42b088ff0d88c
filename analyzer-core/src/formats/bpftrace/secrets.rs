//! Of maps, their names, figures and symbols stay; the other parts of keys (commands, paths, addresses) and what
//! scripts and programs print do not.

use super::json::{is_line, lines};
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, Part, Verdict, is_number, walk_json};

type Outcome = Result<(), &'static str>;

/// Members and types of bpftrace's lines.
const WORDS: [&[u8]; 19] = [
    b"type",
    b"data",
    b"attached_probes",
    b"probes",
    b"map",
    b"value",
    b"hist",
    b"lhist",
    b"stats",
    b"printf",
    b"time",
    b"lost_events",
    b"events",
    b"min",
    b"max",
    b"count",
    b"average",
    b"total",
    b"syscall",
];

/// What the script of this project prints.
const OURS: [&[u8]; 2] = [b"strata goroutine-life", b"window "];

pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, line) in lines(input.bytes).filter(|(_, line)| is_line(line)) {
        walk_json(line, marks, &mut |marks, _, part, text| match part {
            Part::Number => Verdict::Keep,
            Part::Key | Part::Value
                if WORDS.contains(&text) || OURS.iter().any(|own| text.starts_with(own)) =>
            {
                Verdict::Keep
            }
            Part::Key if text.starts_with(b"@") && !text.contains(&b' ') => Verdict::Keep,
            Part::Key | Part::Value => {
                key(text, marks);
                Verdict::Done
            }
        })?;
    }
    Ok(())
}

/// Frames stand behind an escaped line end; other parts behind commas.
fn key(text: &[u8], marks: &mut Marks<'_>) {
    let mut rest = text;
    let mut is_behind_line = false;
    loop {
        let end = memchr::memmem::find(rest, b"\\n");
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        let name = part.trim_ascii();
        if (is_behind_line && part.starts_with(b"    ") && is_symbol(name)) || is_number(name) || is_go(name)
        {
            marks.keep(part);
        } else {
            marks.quoted(part, Kind::Name);
        }
        let Some((line_end, next)) = after.split_at_checked(2) else { break };
        marks.keep(line_end);
        (rest, is_behind_line) = (next, true);
    }
}

/// A symbol of C or Go, with or without its offset: no blank, no path.
fn is_symbol(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

/// Creator and function of a goroutine, as our script joins them: both have a package.
fn is_go(name: &[u8]) -> bool {
    is_symbol(name)
        && name.split(|&byte| byte == b',').all(|part| part.contains(&b'.') && !part.starts_with(b"/"))
        && name.iter().any(u8::is_ascii_alphabetic)
        && !name.split(|&byte| byte == b'.').all(|part| part.iter().all(u8::is_ascii_digit))
}

pub(super) fn text(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let is_frame = line.bytes.starts_with(b"    ") && is_symbol(text.as_bytes());
        let is_bucket = (text.starts_with('[') || text.starts_with('(')) && text.ends_with('|');
        if is_frame || is_bucket || text.starts_with("Attaching ") {
            marks.keep(text.as_bytes());
        } else if let Some(rest) = text.strip_prefix('@') {
            let end = rest.find(['[', ':']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            marks.keep(name.as_bytes());
            value(rest, marks);
        } else {
            value(text, marks);
        }
    }
    Ok(())
}

/// The rest of a key, and the number behind it.
fn value(text: &str, marks: &mut Marks<'_>) {
    let (key, number) = text.rsplit_once(": ").unwrap_or((text, ""));
    if is_number(number.as_bytes()) {
        marks.keep(number.as_bytes());
        marks.words(key.as_bytes(), Kind::Name);
    } else {
        marks.words(text.as_bytes(), Kind::Name);
    }
}
