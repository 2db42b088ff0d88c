//! Walks the strings of a JSON document in place.

use std::ops::Range;

/// What a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key of a member.
    Key,
    /// A value.
    Value,
}

/// Takes a string of a document: the keys that lead to it, what it is, and its text.
pub type Visit<'a, 'f> = dyn FnMut(&[&'a [u8]], Part, &'a [u8]) + 'f;

/// Calls `each` with every string of a document, without its quotes, and the
/// keys that lead to it (an array has the key of its member; keys are as they
/// stand, escapes unresolved). A key's own name is not among its keys.
///
/// # Errors
/// A document that is not JSON.
pub fn walk<'a>(bytes: &'a [u8], each: &mut Visit<'a, '_>) -> Result<(), &'static str> {
    // What is not JSON could hide its strings from this simple reading.
    if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err() {
        return Err("broken JSON");
    }
    let mut keys: Vec<&'a [u8]> = Vec::new();
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
                    each(keys.get(..parents).unwrap_or_default(), Part::Key, content);
                    if let Some(last) = keys.last_mut() {
                        *last = content;
                    }
                    expects_key = false;
                } else {
                    each(&keys, Part::Value, content);
                }
            }
            _ => {}
        }
    }
    Ok(())
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
    fn strings_come_with_the_keys_that_lead_to_them() {
        let document = br#"{"a": {"b": ["x", {"c": "y\"z"}], "d": 1}, "e": "w"}"#;
        let mut found = Vec::new();
        walk(document, &mut |keys, part, text| {
            let path: Vec<_> = keys.iter().map(|key| String::from_utf8_lossy(key)).collect();
            found.push(format!("{} {part:?} {}", path.join("."), String::from_utf8_lossy(text)));
        })
        .unwrap();
        let expected = [
            " Key a",
            "a Key b",
            "a.b Value x",
            "a.b Key c",
            r#"a.b.c Value y\"z"#,
            "a Key d",
            " Key e",
            "e Value w",
        ];
        assert_eq!(found, expected);
        assert!(walk(br#"{"a": "open"#, &mut |_, _, _| ()).is_err());
    }
}
