//! Text with its line ends and tabs written as escapes.

/// A piece of an escaped text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Bytes, and the offset of the escaped text at which they stand.
    Text(&'a [u8], usize),
    /// A line end, and the offset of what follows it.
    End(usize),
}

/// Undoes the escapes of JSON, Go (`%q`) and shells, in order.
pub(super) fn unescape(raw: &[u8], mut each: impl FnMut(Part<'_>)) {
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(length) = memchr::memchr2(b'\\', b'\n', rest) else {
            return each(Part::Text(rest, at));
        };
        if length > 0 {
            each(Part::Text(rest.get(..length).unwrap_or_default(), at));
        }
        at += length;
        let escape = rest.get(length..).unwrap_or_default();
        at += one(escape, at, &mut each);
    }
}

/// Gives the meaning of the escape that these bytes start with; its length.
fn one(escape: &[u8], at: usize, each: &mut impl FnMut(Part<'_>)) -> usize {
    match escape {
        [b'\n', ..] => {
            each(Part::End(at + 1));
            1
        }
        [b'\\', b'n', ..] => {
            each(Part::End(at + 2));
            2
        }
        [b'\\', b'r', ..] => 2,
        [b'\\', b't', ..] => {
            each(Part::Text(b"\t", at));
            2
        }
        [b'\\', byte @ (b'"' | b'\\' | b'/' | b'\''), ..] => {
            each(Part::Text(&[*byte], at));
            2
        }
        [b'\\', b'u', rest @ ..] => unicode(rest, at, each),
        [b'\\', b'x', rest @ ..] => match hex(rest, 2).and_then(|code| u8::try_from(code).ok()) {
            Some(byte) => {
                byte_or_end(byte, at, 4, each);
                4
            }
            None => kept(escape, at, each),
        },
        _ => kept(escape, at, each),
    }
}

fn kept(escape: &[u8], at: usize, each: &mut impl FnMut(Part<'_>)) -> usize {
    each(Part::Text(escape.get(..1).unwrap_or_default(), at));
    1
}

fn byte_or_end(byte: u8, at: usize, length: usize, each: &mut impl FnMut(Part<'_>)) {
    match byte {
        b'\n' => each(Part::End(at + length)),
        b'\r' => {}
        _ => each(Part::Text(&[byte], at)),
    }
}

/// `\u2192`, or two halves of a character beyond 16 bits.
fn unicode(rest: &[u8], at: usize, each: &mut impl FnMut(Part<'_>)) -> usize {
    let Some(first) = hex(rest, 4) else { return kept(b"\\", at, each) };
    let second = || hex(rest.get(4..)?.strip_prefix(b"\\u")?, 4);
    let (code, length) = match first {
        0xd800..=0xdbff => match second().filter(|low| (0xdc00..=0xdfff).contains(low)) {
            Some(low) => (0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00), 12),
            None => (0xfffd, 6),
        },
        _ => (first, 6),
    };
    if code == 0x0a {
        each(Part::End(at + length));
    } else if code != 0x0d {
        let mut text = [0; 4];
        let text = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut text);
        each(Part::Text(text.as_bytes(), at));
    }
    length
}

fn hex(text: &[u8], digits: usize) -> Option<u32> {
    let text = text.get(..digits).filter(|text| text.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> (String, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        unescape(raw.as_bytes(), |part| match part {
            Part::Text(text, _) => bytes.extend_from_slice(text),
            Part::End(at) => {
                bytes.push(b'\n');
                ends.push(at);
            }
        });
        (String::from_utf8(bytes).unwrap(), ends)
    }

    #[test]
    fn escapes_become_what_they_stand_for() {
        assert_eq!(text(r"a\n\tb\u000ac\\n"), ("a\n\tb\nc\\n".to_owned(), vec![3, 12]));
        assert_eq!(text(r"\ud83d\ude00 \u00e9 \/ \q \").0, "😀 é / \\q \\");
        assert_eq!(text(r"x\x0ay\xzz").0, "x\ny\\xzz");
    }
}
