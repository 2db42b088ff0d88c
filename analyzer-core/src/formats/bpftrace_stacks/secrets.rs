//! Of stacks, functions and values stay; names of processes do not.

use super::key::frame;
use super::{by_name, json, text};
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, Part, Verdict, walk_json};

pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    if !json::is_json(input.bytes) {
        printed(input.bytes, marks);
        return Ok(());
    }
    for line in Lines::new(input.bytes).filter(|line| line.bytes.starts_with(b"{")) {
        walk_json(line.bytes, marks, &mut |marks, keys, part, text| match part {
            Part::Number => Verdict::Keep,
            Part::Key
                if matches!(
                    text,
                    b"type" | b"data" | b"probes" | b"min" | b"max" | b"count" | b"average" | b"total"
                ) =>
            {
                Verdict::Keep
            }
            Part::Key if keys.len() == 1 => {
                name(text, marks);
                Verdict::Done
            }
            Part::Key if memchr::memmem::find(text, b"\\n    ").is_some() => {
                key(text, marks);
                Verdict::Done
            }
            Part::Value if keys == [&b"type"[..]] => Verdict::Keep,
            Part::Key | Part::Value => Verdict::Replace(Kind::Name),
        })?;
    }
    Ok(())
}

/// The name of a map stays if it says what is counted.
fn name(name: &[u8], marks: &mut Marks<'_>) {
    let is_known = std::str::from_utf8(name).is_ok_and(|name| name == "@" || by_name(name).is_some());
    if is_known { marks.keep(name) } else { marks.words(name, Kind::Name) }
}

/// A key with escaped line ends.
fn key(key: &[u8], marks: &mut Marks<'_>) {
    let mut at = 0;
    let mut ends: Vec<usize> = memchr::memmem::find_iter(key, b"\\n").collect();
    ends.push(key.len());
    for end in ends {
        let part = key.get(at..end).unwrap_or_default();
        match std::str::from_utf8(part).ok().and_then(frame) {
            Some(_) => marks.keep(part),
            None => marks.quoted(part, Kind::Name),
        }
        marks.keep(key.get(end..(end + 2).min(key.len())).unwrap_or_default());
        at = (end + 2).min(key.len());
    }
}

fn printed(bytes: &[u8], marks: &mut Marks<'_>) {
    for line in Lines::new(bytes) {
        let Ok(whole) = std::str::from_utf8(line.bytes) else { continue };
        if let Some((map, rest)) = text::begins(whole) {
            let (before, after) = line.bytes.split_at_checked(map.len() + 1).unwrap_or((line.bytes, &[]));
            name(before, marks);
            marks.keep(after.get(..1).unwrap_or_default());
            marks.words(rest.as_bytes(), Kind::Name);
        } else if frame(whole).is_some() {
            marks.keep(line.bytes);
        } else if let Some((rest, _)) = text::ends(whole) {
            marks.words(rest.as_bytes(), Kind::Name);
            marks.keep(line.bytes.get(rest.len()..).unwrap_or_default());
        }
    }
}
