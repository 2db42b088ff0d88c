//! Of samples, figures stay, functions, events, and the names of the kernel's parts; names of threads and
//! paths of programs do not, nor what the header says of the machine.

use super::frames::{self, Row};
use super::header;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks};

pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    let mut is_in_sample = false;
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes;
        if bytes.is_empty() {
            is_in_sample = false;
        } else if let Some((file, _)) = frames::place(bytes).filter(|_| is_in_sample) {
            marks.source_file(file, b"");
            marks.keep(bytes.get(2 + file.len()..).unwrap_or_default());
        } else if let Some(head) = header::parse(bytes) {
            is_in_sample = true;
            let rest = split_after(bytes, head.comm);
            marks.words(head.comm, Kind::Name);
            let after = match head.event {
                // Of a time, with nothing of an event behind.
                [] => memchr::memchr(b':', rest).and_then(|colon| rest.get(colon + 1..)).unwrap_or_default(),
                event => split_after(rest, event),
            };
            // The arguments of a tracepoint are the program's, and so are the names of probes in it.
            let before = rest.get(..rest.len() - after.len()).unwrap_or_default();
            if head.event.starts_with(b"probe") {
                marks.keep(before.get(..before.len() - head.event.len()).unwrap_or_default());
                marks.words(head.event, Kind::Name);
            } else {
                marks.keep(before);
            }
            if let Some(row) = head.frame {
                frame(after, &row, marks);
            }
        } else if let Some(row) = Row::of(bytes).filter(|_| is_in_sample) {
            frame(bytes, &row, marks);
        }
    }
    Ok(())
}

fn frame(line: &[u8], row: &Row<'_>, marks: &mut Marks<'_>) {
    if row.dso.is_empty() {
        return marks.keep(line);
    }
    let after = split_after(line, row.dso);
    let before = line.len().saturating_sub(after.len() + row.dso.len());
    marks.keep(line.get(..before).unwrap_or_default());
    match row.dso {
        [b'[', ..] => marks.keep(row.dso),
        path => marks.mapping(path),
    }
    marks.keep(after);
}

/// What stands behind a part of a line.
fn split_after<'a>(line: &'a [u8], part: &[u8]) -> &'a [u8] {
    let start = part.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
    let is_part = !part.is_empty() && start.checked_add(part.len()).is_some_and(|end| end <= line.len());
    if is_part { line.get(start + part.len()..).unwrap_or_default() } else { line }
}
