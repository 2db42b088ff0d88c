//! The strings of JSON values, with their places: one pass, without a tree.
//!
//! RFC 8259, read loosely: what a log cut or a person shortened still gives
//! the strings that are there, and a key may point with `=>` at its value.

use std::ops::Range;

use crate::base::limits::YAML_DEPTH as DEPTH;

/// A string value under its key; for a string in a list, the list's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub key: Range<usize>,
    /// What stands between the quotes.
    pub raw: Range<usize>,
    /// False if the text ends within the string.
    pub is_whole: bool,
}

/// The strings of one object that is in a list or by itself, in order, or of one
/// list in a list; objects in it that are no list's are part of it.
pub(super) type Record<'r> = &'r [Field];

struct Frame {
    is_object: bool,
    /// The key that it stands under.
    key: Range<usize>,
    /// Its first field.
    first: usize,
}

/// Reads the value that starts at `at`, and gives each record of it; the byte
/// after the value. `None` if it is no JSON; a value that is cut ends with the text.
pub(super) fn records(bytes: &[u8], at: usize, mut each: impl FnMut(Record<'_>)) -> Option<usize> {
    let mut fields: Vec<Field> = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut key = 0..0;
    let mut is_key = false;
    let mut at = at;
    loop {
        at += bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let Some(&byte) = bytes.get(at) else {
            each(&fields);
            return (!frames.is_empty()).then_some(at);
        };
        match byte {
            b'{' | b'[' => {
                if frames.len() >= DEPTH {
                    return None;
                }
                is_key = byte == b'{';
                frames.push(Frame { is_object: is_key, key: key.clone(), first: fields.len() });
                at += 1;
            }
            b'}' | b']' => {
                let frame = frames.pop().filter(|frame| frame.is_object == (byte == b'}'))?;
                at += 1;
                // A list that an object holds is part of it, and so is an object.
                let is_record = frames.last().is_none_or(|outer| !outer.is_object);
                if is_record {
                    each(fields.get(frame.first..).unwrap_or_default());
                    fields.truncate(frame.first);
                }
                key = frame.key;
                if frames.is_empty() {
                    return Some(at);
                }
            }
            b'"' => {
                let (raw, is_whole) = string(bytes, at + 1);
                at = raw.end + usize::from(is_whole);
                if is_key {
                    key = raw;
                } else {
                    fields.push(Field { key: key.clone(), raw, is_whole });
                }
            }
            b':' => {
                is_key = false;
                at += 1;
            }
            // Ruby's hashes, as Fluent Bit prints its records.
            b'=' if bytes.get(at + 1) == Some(&b'>') => {
                is_key = false;
                at += 2;
            }
            b',' => {
                is_key = frames.last()?.is_object;
                at += 1;
            }
            // A key is a string.
            _ if is_key && frames.last().is_some_and(|frame| frame.is_object) => return None,
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let rest = bytes.get(at..)?;
                at += rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
            }
            _ => return None,
        }
        if frames.is_empty() {
            return None;
        }
    }
}

/// A string up to its quote, or up to the end of the text.
fn string(bytes: &[u8], start: usize) -> (Range<usize>, bool) {
    let mut at = start;
    while let Some(length) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += length;
        if bytes.get(at) == Some(&b'"') {
            return (start..at, true);
        }
        at += 2;
    }
    (start..bytes.len(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Vec<String>>, Option<usize>) {
        let mut all = Vec::new();
        let end = records(text.as_bytes(), 0, |record| {
            let shown = |field: &Field| format!("{}={}", &text[field.key.clone()], &text[field.raw.clone()]);
            all.push(record.iter().map(shown).collect());
        });
        (all, end)
    }

    #[test]
    fn each_object_of_a_list_is_a_record_and_objects_in_it_are_part_of_it() {
        let (records, end) = read(r#"[{"a":{"b":"1"},"c":"2"}, {"a":"3","n":4}] x"#);
        assert_eq!(records, [vec!["b=1", "c=2"], vec!["a=3"], vec![]]);
        assert_eq!(end, Some(42));
    }

    #[test]
    fn a_string_that_is_cut_is_kept_and_known_to_be_cut() {
        let mut whole = Vec::new();
        records(br#"{"log":"abc\"d"#, 0, |record| whole.extend(record.iter().map(|field| field.is_whole)));
        assert_eq!(whole, [false]);
        assert_eq!(read(r#"{"log":"abc"#).0, [["log=abc"]]);
    }

    #[test]
    fn other_text_is_none() {
        assert_eq!(read("{0xc0001a2000, 0x5}").1, None);
        assert_eq!(read("[running]").1, None);
        assert_eq!(read(&"[".repeat(200)).1, None);
    }
}
