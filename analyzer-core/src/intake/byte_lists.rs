//! Strings as lists of their bytes: what `journalctl -o json` prints for a message that
//! is no UTF-8, or has a control character in it.

use memchr::memmem;

use super::clean::by_row;
use super::text::Text;
use crate::base::convert::to_u32;

/// Where such a list starts: the message of an entry.
const STARTS: [&[u8]; 2] = [b"\"MESSAGE\":[", b"\"MESSAGE\" : ["];

/// The same entries with the message as a string; `None` if there is no such list.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    STARTS.iter().find_map(|start| memmem::find(&text.bytes, start))?;
    Some(by_row(text, |row, out| {
        let Some((before, message, after)) = taken_apart(row.bytes) else { return out.row(row) };
        let place = row.place.within(to_u32(before.len()).saturating_add(1));
        out.piece(before, place);
        out.piece(message.as_bytes(), place);
        out.piece(after, place);
        if row.is_ended {
            out.end();
        }
    }))
}

/// What stands before the list, the list as a string of JSON, and what follows it.
fn taken_apart(line: &[u8]) -> Option<(&[u8], String, &[u8])> {
    let start = STARTS.iter().find_map(|start| memmem::find(line, start).map(|at| at + start.len()))?;
    let list = line.get(start..)?;
    let length = memchr::memchr(b']', list)?;
    let numbers = list.get(..length)?.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    // An empty line is an empty list.
    let numbers = numbers.filter(|number| !number.is_empty());
    let bytes: Option<Vec<u8>> =
        numbers.map(|number| std::str::from_utf8(number).ok()?.parse::<u8>().ok()).collect();
    let message = serde_json::to_string(&String::from_utf8_lossy(&bytes?)).ok()?;
    Some((line.get(..start - 1)?, message, list.get(length + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_bytes_is_the_string_that_it_spells() {
        let text = "{\"_PID\":\"7\",\"MESSAGE\":[103,111,9,33],\"PRIORITY\":\"6\"}\n{\"MESSAGE\":\"go\"}\n";
        let peeled = peel(&Text::dropped(text.as_bytes())).unwrap();
        let expected = "{\"_PID\":\"7\",\"MESSAGE\":\"go\\t!\",\"PRIORITY\":\"6\"}\n{\"MESSAGE\":\"go\"}\n";
        assert_eq!(String::from_utf8(peeled.bytes.into_owned()).unwrap(), expected);
        assert!(peel(&Text::dropped(b"{\"MESSAGE\":\"go\"}\n")).is_none());
    }
}
