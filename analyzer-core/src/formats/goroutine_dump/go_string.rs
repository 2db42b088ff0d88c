//! Quoted strings as Go's `strconv.Quote` writes them.

/// The value of a quoted string whose opening quote was read, and what follows
/// the closing quote; `None` if it is not closed.
pub(super) fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = Vec::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\'])?;
        value.extend_from_slice(rest.get(..at)?.as_bytes());
        let is_end = rest.as_bytes().get(at) == Some(&b'"');
        rest = rest.get(at + 1..)?;
        if is_end {
            return Some((String::from_utf8_lossy(&value).into_owned(), rest));
        }
        rest = escape(rest, &mut value)?;
    }
}

/// Appends what an escape stands for (its backslash was read); gives what follows.
fn escape<'a>(text: &'a str, value: &mut Vec<u8>) -> Option<&'a str> {
    let kind = text.chars().next()?;
    let rest = text.get(kind.len_utf8()..)?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let plain = match kind {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                other => other,
            };
            value.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
    };
    let number = u32::from_str_radix(rest.get(..digits)?, 16).ok()?;
    match (kind, u8::try_from(number)) {
        // `\x` is a byte, and may be part of a longer UTF-8 sequence.
        ('x', Ok(byte)) => value.push(byte),
        _ => {
            let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
            value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    rest.get(digits..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unquote(r#"a\"b\n" x"#), Some(("a\"b\n".to_owned(), " x")));
        assert_eq!(unquote(r#"\u6771\u4eac\U0001F600\xc3\xb6""#), Some(("東京😀ö".to_owned(), "")));
        assert_eq!(unquote(r#"open"#), None);
        assert_eq!(unquote(r#"\u67"#), None);
    }
}
