//! Walks the strings and numbers of a JSON document in place.

use std::ops::Range;

use super::{Kind, Marks};

/// What a part of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key of a member.
    Key,
    /// A string that is a value.
    Value,
    /// A number.
    Number,
}

/// What becomes of a part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays.
    Keep,
    /// Its words get pseudonyms; of a number only the length is left.
    Replace(Kind),
    /// Its marks are made.
    Done,
}

/// Judges a part of a document: the keys that lead to it, what it is, and its text.
pub type Visit<'f> = dyn FnMut(&mut Marks<'_>, &[&[u8]], Part, &[u8]) -> Verdict + 'f;

/// Marks a document: every string (without its quotes) and number of it is
/// judged with the keys that lead to it (an array has the key of its member;
/// keys are as they stand, escapes unresolved). A key's own name is not among
/// its keys. `true`, `false` and `null` stay.
///
/// # Errors
/// A document that is not JSON.
pub fn walk(bytes: &[u8], marks: &mut Marks<'_>, judge: &mut Visit<'_>) -> Result<(), &'static str> {
    // What is not JSON could hide its strings from this simple reading.
    if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err() {
        return Err("broken JSON");
    }
    let mut keys: Vec<&[u8]> = Vec::new();
    // For each open bracket, whether it is an object's.
    let mut open: Vec<bool> = Vec::new();
    let mut expects_key = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                open.push(byte == b'{');
                expects_key = byte == b'{';
                if byte == b'{' {
                    keys.push(&[]);
                }
            }
            b'}' => {
                open.pop();
                keys.pop();
            }
            b']' => drop(open.pop()),
            b',' => expects_key = open.last() == Some(&true),
            b'"' => {
                let text = string(bytes, at);
                at = text.end + 1;
                let Some(content) = bytes.get(text) else { break };
                if expects_key {
                    let parents = keys.len().saturating_sub(1);
                    let verdict = judge(marks, keys.get(..parents).unwrap_or_default(), Part::Key, content);
                    settle(marks, Part::Key, content, verdict);
                    if let Some(last) = keys.last_mut() {
                        *last = content;
                    }
                    expects_key = false;
                } else {
                    let verdict = judge(marks, &keys, Part::Value, content);
                    settle(marks, Part::Value, content, verdict);
                }
            }
            b'-' | b'0'..=b'9' => {
                let start = at - 1;
                let is_of_number = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                at += bytes.get(at..).unwrap_or_default().iter().take_while(is_of_number).count();
                let number = bytes.get(start..at).unwrap_or_default();
                let verdict = judge(marks, &keys, Part::Number, number);
                settle(marks, Part::Number, number, verdict);
            }
            b't' | b'f' | b'n' => {
                let start = at - 1;
                at += bytes
                    .get(at..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|byte| byte.is_ascii_lowercase())
                    .count();
                marks.keep(bytes.get(start..at).unwrap_or_default());
            }
            _ => {}
        }
    }
    Ok(())
}

fn settle(marks: &mut Marks<'_>, part: Part, text: &[u8], verdict: Verdict) {
    match (verdict, part) {
        (Verdict::Keep, _) => marks.keep(text),
        (Verdict::Replace(_), Part::Number) => marks.number(text),
        (Verdict::Replace(kind), _) => marks.quoted(text, kind),
        (Verdict::Done, _) => {}
    }
}

/// The string that starts after the quote at `start - 1`.
fn string(bytes: &[u8], start: usize) -> Range<usize> {
    let mut end = start;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    start..end.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_numbers_come_with_the_keys_that_lead_to_them() {
        let document = br#"{"a": {"b": ["x", {"c": "y\"z"}], "d": 1}, "e": -2.5e3}"#;
        let mut found = Vec::new();
        walk(document, &mut Marks::new(document), &mut |_, keys, part, text| {
            let path: Vec<_> = keys.iter().map(|key| String::from_utf8_lossy(key)).collect();
            found.push(format!("{} {part:?} {}", path.join("."), String::from_utf8_lossy(text)));
            Verdict::Keep
        })
        .unwrap();
        let expected = [
            " Key a",
            "a Key b",
            "a.b Value x",
            "a.b Key c",
            r#"a.b.c Value y\"z"#,
            "a Key d",
            "a.d Number 1",
            " Key e",
            "e Number -2.5e3",
        ];
        assert_eq!(found, expected);
        let broken = br#"{"a": "open"#;
        assert!(walk(broken, &mut Marks::new(broken), &mut |_, _, _, _| Verdict::Keep).is_err());
    }

    #[test]
    fn a_marked_document_stays_one() {
        let text = r#"{"k\u0065y": "a\u0026b\n\ud83d\ude00", "n": -0.57e12, "t": true}"#;
        let shown = crate::formats::redaction::shown(text, b'*', |input, marks| {
            walk(input.bytes, marks, &mut |_, _, _, _| Verdict::Replace(Kind::Label)).unwrap();
        });
        assert_eq!(shown, r#"{"*\u0078*": "*\u0026*\n\u0078\u0078", "*": -1.00e00, "*": true}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&shown.replace('*', "x")).is_ok());
    }
}
